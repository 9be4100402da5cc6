-- A tool server (MCP) as a child process: one JSON message a line, both ways. It sees only the variables it is given and a few harmless ones.
local err = require "qwen.util.err"
local proc = require "qwen.util.process"
local texts = require "qwen.util.text"
local phrase = require("qwen.util.translate").phrase

local M = {}

local INHERITED = { "HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER" }
local LINE_MAX, ERRORS_KEPT = 32 * 1024 * 1024, 2000

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
  local link, pieces, size, said = {}, {}, 0, ""

  function link.send(text)
    return child:write(text .. "\n")
  end

  -- The next line; what it says on standard error is kept for the message when it ends.
  local queued = {}
  function link.read()
    while not queued[1] do
      local chunk, from = child:read()
      if not chunk then
        return nil, err("broken", phrase("the program ended%s",
          (said:find "%S" and ": " .. texts.trim_end(said) or "")))
      end
      if from == "err" then
        said = (said .. chunk):sub(-ERRORS_KEPT)
      else
        pieces[#pieces + 1], size = chunk, size + #chunk
        if size > LINE_MAX then return nil, err("too_long", phrase "a message is larger than 32 MB") end
        if chunk:find("\n", 1, true) then
          local rest = table.concat(pieces)
          local behind = texts.last_line(rest)
          for line in rest:sub(1, #rest - #behind):gmatch "([^\n]*)\n?" do queued[#queued + 1] = line end
          rest = behind
          pieces, size = { rest }, #rest
        end
      end
    end
    return table.remove(queued, 1)
  end

  function link.close() child:close() end
  return link
end

return M
