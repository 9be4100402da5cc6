-- Commands in a terminal of the editor, where it has them: the user sees them run. The environment,
-- the judgement and the limits are those of the runner; what a sandbox confines runs there, not here.
local err = require "qwen.util.err"
local json = require "sys.json"
local task = require "sys.task"
local phrase = require("qwen.util.translate").phrase

local M = {}

local LIMIT = 16 * 1024 * 1024
local SIGNALS = { SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGABRT = 6, SIGKILL = 9, SIGSEGV = 11, SIGTERM = 15 }

-- As words of `env`, so that nothing of the editor's own environment comes along.
local function command_of(options)
  local words = { "-i" }
  local names = {}
  for name in pairs(options.env) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do words[#words + 1] = name .. "=" .. options.env[name] end
  return "/usr/bin/env", json.array(table.move(options.argv, 1, #options.argv, #words + 1, words))
end

---@param self table the session
---@return fun(options: ProcOptions, command: string): table?, Err?
function M.new(self)
  local connection = self.connection
  local function ask(method, terminal)
    return connection:ask("terminal/" .. method, { sessionId = self.id, terminalId = terminal })
  end
  return function(options, command)
    local program, args = command_of(options)
    local made, e = connection:ask("terminal/create", { sessionId = self.id, command = program, args = args,
      cwd = options.cwd, outputByteLimit = math.min(options.limit or LIMIT, LIMIT) })
    local id = made and made.terminalId
    if type(id) ~= "string" then return nil, e or err("broken", phrase "the editor opened no terminal") end
    local call, ended = self.updates.calls:running(command), false
    if call then self.updates.calls:show_terminal(call, id) end
    local _ <close> = setmetatable({}, { __close = function()
      local params = { sessionId = self.id, terminalId = id }
      if not ended then connection:command("terminal/kill", params) end
      connection:command("terminal/release", params)
    end })
    local waiter = task.spawn(ask, "wait_for_exit", id)
    local _, status, problem = waiter:join(options.timeout)
    local timed_out = not waiter:done()
    if timed_out then
      ask("kill", id)
      _, status, problem = waiter:join()
    end
    ended = true
    if not status then return nil, problem end
    local shown, failure = ask("output", id)
    if not shown then return nil, failure end
    local code, signal = math.tointeger(status.exitCode), SIGNALS[status.signal]
    return { out = tostring(shown.output or ""), err = "", code = not signal and (code or 1) or nil,
      signal = signal, timed_out = timed_out, truncated = shown.truncated == true }
  end
end

return M
