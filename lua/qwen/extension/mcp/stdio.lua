-- A tool server (MCP) as a child process: one JSON message a line, both ways. It sees only the variables it is given and a few harmless ones.
local err = require "qwen.util.err"
local lines = require "qwen.util.child_lines"
local proc = require "qwen.util.process"
local texts = require "qwen.util.text"
local phrase = require("qwen.util.translate").phrase

local M = {}

local INHERITED = { "HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER" }
local ERRORS_KEPT = 2000

local function environment(given, trusted)
  local out, ours = {}, proc.own_env(trusted)
  for _, name in ipairs(INHERITED) do out[name] = ours[name] end
  for name, value in pairs(type(given) == "table" and given or {}) do out[name] = tostring(value) end
  return out
end

---Starts the server.
---@param config {command: string, args: string[]?, env: table?, cwd: string?}
---@param ctx Ctx
---@return table? link {send, read, close}
---@return Err?
function M.open(config, ctx)
  local argv = { config.command }
  for _, arg in ipairs(type(config.args) == "table" and config.args or {}) do argv[#argv + 1] = tostring(arg) end
  local child, e = proc.open { argv = argv, cwd = type(config.cwd) == "string" and config.cwd or ctx.cwd,
    env = environment(config.env, ctx.trusted), stdin = "pipe" }
  if not child then return nil, e end
  local link, said, closed = {}, "", false

  function link.send(text)
    if closed then return nil, err("broken", phrase "the connection was closed") end
    return child:write(text .. "\n")
  end

  -- What it says on standard error is kept for the message when it ends.
  local next_line = lines.of(child, function(chunk) said = (said .. chunk):sub(-ERRORS_KEPT) end)
  function link.read()
    if closed then return nil, err("broken", phrase "the connection was closed") end
    local line, problem = next_line()
    if line then return line end
    return nil, problem or err("broken", phrase("the program ended%s",
      (said:find "%S" and ": " .. texts.trim_end(said) or "")))
  end

  function link.close()
    closed = true
    child:close()
  end
  return link
end

return M
