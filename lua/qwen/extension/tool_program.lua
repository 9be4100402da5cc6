-- A tool that is a program: tools/NAME.json says what the model reads, and the program beside it gets the arguments as JSON on its
-- standard input. What it prints is the result; another exit code than 0 makes it a failure.
local err = require "qwen.util.err"
local json = require "sys.json"
local config_value = require "qwen.config.value"
local text = require "qwen.util.text"

local M = {}

local SECONDS, MOST_OUTPUT = 120, 1024 * 1024

local function words(value)
  if not config_value.is_list(value) or #value == 0 then return nil end
  for _, word in ipairs(value) do
    if type(word) ~= "string" then return nil end
  end
  return value
end

local function shell_words(argv)
  local out = {}
  for i, word in ipairs(argv) do out[i] = text.shell_word(word) end
  return table.concat(out, " ")
end

---A tool made of such a file: {"summary", "schema", "effect", "run": ["./program", ...], "seconds"}. Without `run`, the file NAME beside it.
---@param entry {name: string, path: string}
---@param source string
---@return Tool?, string?
function M.tool(entry, source)
  local value, e = json.decode(source)
  if not config_value.is_object(value) then return nil, e and e.message or "must be an object { ... }" end
  local folder = entry.path:match "^(.*)/"
  local argv = value.run == nil and { folder .. "/" .. entry.name } or words(value.run)
  if not argv then return nil, "field 'run' must be a list of words" end
  if argv[1]:sub(1, 2) == "./" then argv = table.move(argv, 2, #argv, 2, { folder .. argv[1]:sub(2) }) end
  local seconds = tonumber(value.seconds) or SECONDS
  local T = { summary = value.summary or value.description, schema = value.schema or value.parameters or { type = "object" }, effect = value.effect or "run" }
  for name in pairs(value) do
    if not ({ summary = 1, description = 1, schema = 1, parameters = 1, effect = 1, run = 1, seconds = 1 })[name] then
      return nil, ("unknown field '%s'; known are summary, schema, effect, run, seconds"):format(name)
    end
  end
  function T.command() return shell_words(argv) end
  function T.label() return (argv[1]:gsub("^.*/", "")) end
  function T.run(ctx, args)
    local result, problem = require("qwen.util.process").run { argv = argv, cwd = ctx.cwd,
      env = require("qwen.util.child_env").for_own(ctx.trusted), input = json.encode(args), timeout = seconds, limit = MOST_OUTPUT }
    if not result then return nil, problem end
    if result.timed_out then return nil, err("timeout", ("%s did not end within %g s"):format(argv[1], seconds)) end
    if result.code == 0 then return result.out end
    local said = result.err:find "%S" and result.err or result.out
    return nil, err("broken", ("%s ended with %s: %s"):format(argv[1], result.code and "exit code " .. result.code or "a signal", said))
  end
  return T
end

return M
