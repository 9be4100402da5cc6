-- `qwen project`: shows the Lua that a project brings along and its hash, and allows exactly that, or forgets it.

local C = { summary = "look at the Lua guards of this project, and allow them", shell = true, args = "[show | allow HASH | forget]" }

local SHORT = 12

function C.complete() return { "show", "allow", "forget" } end

local function list(ctx, files, whole)
  for _, file in ipairs(files) do
    ctx.print(("%s  %s  (%d lines)"):format(qwen.os.sha256(file.source):sub(1, SHORT), file.path, #qwen.text.lines(file.source)))
    if whole then ctx.print(qwen.text.visible(file.source)) end
  end
end

function C.run(ctx, args)
  local files = qwen.projectlua.files(ctx.cwd)
  local hash = qwen.projectlua.hash(files)
  if args[1] == "forget" then
    local ok, e = qwen.projectlua.forget(ctx.cwd)
    if not ok then return nil, e end
    ctx.print "nothing of this project's Lua is allowed"
    return 0
  end
  if #files == 0 then
    ctx.print "this project brings no Lua (.qwen/hooks/*.lua)"
    return 0
  end
  if not ctx.trusted then return nil, qwen.err("denied", "this folder is not trusted; its Lua is neither shown nor run (trust it: --trust-folder)") end
  if args[1] == "allow" then
    if args[2] ~= hash and args[2] ~= hash:sub(1, SHORT) then
      local short = hash:sub(1, SHORT)
      return nil, qwen.err("usage", ("the files are now %s; look at them (qwen project show), then: qwen project allow %s"):format(short, short))
    end
    local ok, e = qwen.projectlua.allow(ctx.cwd, hash)
    if not ok then return nil, e end
    ctx.print "allowed; a changed file is asked about again"
    return 0
  end
  list(ctx, files, args[1] == "show")
  if qwen.projectlua.is_allowed(ctx.cwd, files) then
    ctx.print "they are allowed, as they are now"
  else
    ctx.print(("not allowed. They would run in a process of their own, may block and ask, and see no files. Allow exactly these: qwen project allow %s")
      :format(hash:sub(1, SHORT)))
  end
  return 0
end

return C
