-- `qwen lua FILE`: runs a Lua file with the API of commands and hooks, in a task of its own.

local C = { summary = "run a Lua file", args = "FILE [ARGS...]", shell = true }

function C.run(ctx, args)
  local path = args[1]
  if not path then return nil, qwen.err("usage", "usage: qwen lua FILE [ARGS...]") end
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

return C
