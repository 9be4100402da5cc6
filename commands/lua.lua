-- `qwen lua FILE` runs a Lua file in a task of its own; `/lua EXPRESSION` looks into the live session and prints what it finds.

local tr = qwen.tr

local C = { summary = "run a Lua file, or an expression on the live session", args = "FILE [ARGS...] | EXPRESSION", shell = true }

local globals -- of all expressions of this session

local function run_file(ctx, path, args)
  local source, e = qwen.fs.read(path)
  if not source then return nil, e end
  source = source:gsub("^#[^\n]*", "")
  local chunk, problem = load(source, "@" .. path, "t")
  if not chunk then return nil, qwen.err("usage", problem) end
  local ok, code = qwen.try(chunk, ctx, table.unpack(args, 2))
  if not ok then
    qwen.os.err(code .. "\n")
    return 1
  end
  return math.type(code) == "integer" and code or 0
end

-- The globals are kept from one expression to the next; `_` is the last result.
local function run_expression(ctx, text)
  globals = globals or qwen.x.environment()
  globals.ctx = ctx
  local chunk = load("return " .. text, "=/lua", "t", globals)
  local problem
  if not chunk then chunk, problem = load(text, "=/lua", "t", globals) end
  if not chunk then return nil, qwen.err("usage", problem) end
  local results = table.pack(qwen.try(chunk))
  if not results[1] then return nil, qwen.err("usage", (results[2]:gsub("\nstack traceback:.*", ""))) end
  globals._ = results[2]
  for i = 2, results.n do ctx.print(qwen.inspect(results[i]), true) end
  return 0
end

function C.run(ctx, args, rest)
  local path = args[1]
  if not path then
    return nil, qwen.err("usage",
      tr("usage: %s", "qwen lua FILE [ARGS...], or /lua EXPRESSION such as /lua ctx.model.id"))
  end
  if not ctx.session and (path:find "%.lua$" or qwen.fs.stat(path)) then return run_file(ctx, path, args) end
  return run_expression(ctx, rest)
end

return C
