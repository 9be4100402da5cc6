-- `qwen test`: runs the tests of a person's own files. A test file is DIR/NAME_test.lua and returns a table of functions by name; each gets
-- `t` with a scripted model, a clock that moves when told and a folder of its own (docs/extending.md).

local tr = qwen.tr

local C = { summary = "run the tests of your own Lua files", shell = true, repl = false, args = "[PACKAGE, DIR or FILE]" }

local function find(path, out)
  local stat = qwen.fs.stat(path)
  if not stat then return nil, qwen.err("missing", tr("there is no %s; write DIR/NAME_test.lua", path)) end
  if stat.type ~= "dir" then
    out[#out + 1] = path
    return out
  end
  for _, entry in ipairs(qwen.fs.list(path) or {}) do
    if entry.name:find "_test%.lua$" then out[#out + 1] = path .. "/" .. entry.name end
    if entry.type == "dir" and entry.name:sub(1, 1) ~= "." then find(path .. "/" .. entry.name, out) end
  end
  return out
end

-- The tests of an added package, of a folder that is tried as one, or of a path.
local function place(ctx, word)
  local path = word or (qwen.paths.qwen_home() or ".") .. "/tests"
  if path:sub(1, 1) ~= "/" then path = ctx.cwd .. "/" .. path end
  path = qwen.x.files.normal(path)
  local package = word and not qwen.fs.exists(path) and qwen.x.packages.find(word, ctx)
  if package then return package.dir .. "/tests" end
  if word and qwen.fs.exists(path .. "/package.lua") then
    local problems = qwen.x.registry.scan { use = ctx.opts.use, trial = path }
    for _, problem in ipairs(problems) do ctx.notice(problem) end
    return path .. "/tests"
  end
  return path
end

function C.run(ctx, args)
  if not qwen.x.test_home.inside() then return qwen.x.test_home.run(args, ctx) end
  local path = place(ctx, args[1])
  local files, missing = find(path, {})
  if not files then return nil, missing end
  local passed, failed = 0, 0
  for _, file in ipairs(files) do
    ctx.print(qwen.paths.short(file))
    local e = qwen.x.testing.run(file, ctx, function(name, ok, words)
      if ok then passed = passed + 1 else failed = failed + 1 end
      ctx.print(("  %s %s%s"):format(qwen.text.pad(ok and tr "ok" or tr "FAILED", 6), name, ok
        and "" or "\n         " .. words))
    end)
    if e then
      failed = failed + 1
      ctx.print("  " .. tr "FAILED" .. " " .. e.message)
    end
  end
  ctx.print(tr("%d passed, %d failed", passed, failed))
  if passed + failed == 0 then
    return nil, qwen.err("missing", tr("there is no test in %s; write NAME_test.lua", path))
  end
  return failed > 0 and 1 or 0
end

return C
