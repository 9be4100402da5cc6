-- What models write wrongly in a call, put right where only one meaning is possible: names of tools and arguments from other
-- programs, broken JSON, ids that are there twice. It changes the answer before it is kept, so hooks, rules, permission,
-- the session and the model itself see the call as it is carried out.
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local call_arguments = require "qwen.agent.call_arguments"
local call_forms = require "qwen.agent.call_forms"
local call_hints = require "qwen.agent.call_hints"
local call_ids = require "qwen.agent.call_ids"
local call_names = require "qwen.agent.call_names"
local json = require "sys.json"
local json_repair = require "qwen.util.json_repair"
local message = require "qwen.session.message"
local registry = require "qwen.extension.registry"
local tool_names = require "qwen.permission.tool_names"

local M = {}

local function object_of(words)
  local value = words ~= "" and json.decode(words, false, true)
  return type(value) == "table" and value ~= json.null and value or nil
end

-- Whoever reads a folder wants to see what is in it.
local function folder_read(ctx, call, args, offered)
  local path = call.name == "read_file" and offered.list_directory and type(args.file_path) == "string" and files.resolve(ctx, args.file_path)
  local stat = path and not path:find("\0", 1, true) and fs.stat(path)
  if stat and stat.type == "dir" then call.name, call.args = "list_directory", json.encode { path = args.file_path } end
end

local function mend_call(ctx, call, offered)
  local args = object_of(call.args)
  local name = call_names.tool(call.name, offered, args)
  local tool = name and registry.get("tools", name)
  if not tool then return end
  if args and tool_names.by_command[call_names.key(call.name)] and not tool.command then args.command = nil end
  call.name = name
  if not args and call.args ~= "" then
    local lenient = tool.effect == "read" or tool.effect == "none"
    local repaired = json_repair.object(call.args, lenient)
    if not repaired then return end
    call.args, args = repaired, object_of(repaired)
  end
  if not args then return end
  local changed
  args, changed = call_arguments.mend(ctx, tool, name, args)
  if changed then call.args = json.encode(args) end
  folder_read(ctx, call, args, offered)
end

-- A call alone that only carries words: they are the answer.
local function said(ctx, answer, calls, offered)
  local words = #calls == 1 and not call_names.tool(calls[1].name, offered)
    and call_hints.words(ctx, calls[1])
  if not words then return false end
  if message.text_of(answer) ~= "" then words = "\n\n" .. words end
  for i, part in ipairs(answer.parts) do
    if part == calls[1] then answer.parts[i] = { type = "text", text = words } end
  end
  answer.stop = "end"
  ctx.show { type = "text", text = words }
  return true
end

local problems = setmetatable({}, { __mode = "k" }) -- by call

---Why a call cannot be carried out that stands for several, in words for the model.
---@param call CallPart
---@return string?
function M.problem(call) return problems[call] end

---Puts the calls of an answer right.
---@param ctx Ctx
---@param answer Message
function M.mend(ctx, answer)
  local calls, offered = message.calls_of(answer), {}
  if #calls == 0 then return end
  for _, tool in ipairs(ctx.tools) do offered[tool.name] = true end
  for _, call in ipairs(calls) do
    if not offered[call.name] then
      for _, tool in ipairs(require("qwen.agent.view").waiting(ctx)) do offered[tool.name] = true end
      break
    end
  end
  if said(ctx, answer, calls, offered) then return end
  for call, why in pairs(call_forms.split(answer, offered)) do problems[call] = why end
  calls = message.calls_of(answer)
  call_ids.own(ctx.session.messages, calls)
  for _, call in ipairs(calls) do
    if not problems[call] then mend_call(ctx, call, offered) end
  end
end

return M
