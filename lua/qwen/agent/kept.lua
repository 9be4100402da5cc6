-- What the model wrote down for itself, found in the conversation: its list of steps and its plan. A
-- shortening keeps both as parts of the message that stands for what was before (notes.lua).
local json = require "sys.json"

local M = {}

---How the message begins that stands for the shortened part of a conversation.
M.HEAD = "The conversation before this point was shortened. What I asked for, in my own words, "
  .. "oldest first:"
M.TODOS = "Your todo list:\n"
M.PLAN, M.APPROVED = "Your plan, which I did not approve yet:\n", "The plan that I approved:\n"

---What exit_plan_mode says first of a plan that was approved, and of a mode that is not on.
M.YES, M.OFF = "The user approved the plan.", "Plan mode is off."
---What stands before a plan that the user changed, at the end of what it says.
M.CHANGED = "\nThe user changed it. The plan is now:\n"

local STATUS = { pending = true, in_progress = true, completed = true }

---Whether a message stands for the shortened part of a conversation.
---@param message Message
---@return boolean
function M.is_head(message)
  return message.role == "user" and message.parts[1] ~= nil and message.parts[1].text == M.HEAD
end

local function begins(words, with)
  return words:sub(1, #with) == with and words:sub(#with + 1) or nil
end

-- The newest thing that `of` finds in a part; a head has no part that is not kept.
local function newest(messages, of)
  for i = #messages, 1, -1 do
    for at = #messages[i].parts, 1, -1 do
      local found, more = of(messages[i].parts[at], M.is_head(messages[i]))
      if found ~= nil then return found, more end
    end
  end
end

local function args_of(part, name)
  local args = part.type == "call" and part.name == name and json.decode(part.args, false, true)
  return type(args) == "table" and args ~= json.null and args or nil
end

---The list as lines.
---@param list {content: string, status: string}[]
---@return string
function M.lines(list)
  local out = {}
  for i, item in ipairs(list) do
    out[i] = ("- %s: %s"):format(item.status, (item.content:gsub("%s+", " ")))
  end
  return table.concat(out, "\n")
end

-- A list as a call or as lines gave it; what is no step is left out.
local function add(list, status, content)
  if STATUS[status] and type(content) == "string" then
    list[#list + 1] = { status = status, content = content }
  end
end

---The list of steps as it is now; nil where there is none.
---@param messages Message[]
---@return {content: string, status: string}[]?
function M.todos(messages)
  return newest(messages, function(part, head)
    local args = args_of(part, "todo_write")
    local words = head and part.text and begins(part.text, M.TODOS)
    if not words and not (args and type(args.todos) == "table") then return nil end
    local list = {}
    for _, item in ipairs(args and args.todos or {}) do
      if type(item) == "table" then add(list, item.status, item.content) end
    end
    for status, content in (words or ""):gmatch "%- ([%w_]+): ([^\n]*)" do
      add(list, status, content)
    end
    return list
  end)
end

---The plan as the user changed it, by the result of its call; nil where it is as it was.
---@param said string?
---@return string?
function M.changed(said)
  local _, stop = (said or ""):find(M.CHANGED, 1, true)
  return stop and said:sub(stop + 1)
end

---The newest plan, and whether the user approved it; nil where there is none.
---@param messages Message[]
---@return string?
---@return boolean? approved
function M.plan(messages)
  local results = {} -- they come after their calls
  return newest(messages, function(part, head)
    if part.type == "result" then results[part.id] = part.text end
    local plan = args_of(part, "exit_plan_mode")
    local said = part.id and results[part.id] or ""
    if plan and type(plan.plan) == "string" and plan.plan:find "%S" and not begins(said, M.OFF) then
      return M.changed(said) or plan.plan, begins(said, M.YES) ~= nil
    end
    if not head or not part.text then return nil end
    if begins(part.text, M.APPROVED) then return begins(part.text, M.APPROVED), true end
    if begins(part.text, M.PLAN) then return begins(part.text, M.PLAN), false end
  end)
end

return M
