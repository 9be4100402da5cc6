-- What is asked of the user, as `session/request_permission`: our answers are the options.
local budget = require "qwen.usage.budget"
local calls = require "qwen.ui.acp.calls"
local connection = require "qwen.ui.acp.connection"
local content = require "qwen.ui.acp.content"
local json = require "sys.json"
local sys = require "sys.os"
local tr = require("qwen.util.translate").tr

local M = {}

local NO = { n = true, no = true }

local function kind_of(choice)
  if NO[choice.key] then return "reject_once" end
  return (choice.key == "a" or choice.key == "A") and "allow_always" or "allow_once"
end

-- Asks, and waits; nil where there is no answer, and whether the user left the question.
local function ask(self, call, options)
  if not self.told then return nil end -- the client does not know the session yet
  local _ <close> = budget.hold(self.ctx)
  local reply = self.connection:ask("session/request_permission",
    { sessionId = self.id, toolCall = call, options = options })
  local outcome = connection.object(reply and reply.outcome)
  for _, option in ipairs(outcome.outcome == "selected" and options or {}) do
    if option.optionId == outcome.optionId then return option.optionId end
  end
  return nil, outcome.outcome == "cancelled"
end

local function shown(words) return { type = "content", content = content.text(words) } end

-- The call that a question is about, as far as it is known, with the reason and what it would do.
local function call_of(self, asked)
  local one = asked.id and self.updates.calls.open[asked.id]
  local call = { toolCallId = asked.id or sys.uuid(), status = "pending", title = asked.title, kind = "other" }
  local about = json.array {}
  if asked.reason then about[1] = shown(asked.reason) end
  if one then
    call.title, call.kind, call.locations, call.rawInput = one.title, one.kind, one.locations, one.rawInput
  end
  local diffs = one and asked.diff and calls.diffs(self.ctx, one.name, one.rawInput or {})
  if diffs then table.move(diffs, 1, #diffs, #about + 1, about) end
  if not diffs and asked.detail then
    local plain = asked.markdown and asked.detail or ("```\n%s\n```"):format(asked.detail)
    about[#about + 1] = shown(plain)
  end
  call.content = about
  return call
end

-- The questions of the model as one form; false: the client has none.
local function ask_form(self, list)
  local form = self.client.elicitation
  if type(form) ~= "table" or type(form.form) ~= "table" then return false end
  local properties, names = {}, json.array {}
  for i, one in ipairs(list) do
    local labels, name = json.array {}, ("%d. %s"):format(i, one.header)
    for k, option in ipairs(one.options) do
      labels[k] = { const = option.label, title = option.label, description = option.description }
    end
    properties[name] = one.multiple and { type = "array", title = one.question, items = { anyOf = labels } }
      or { type = "string", title = one.question, oneOf = labels }
    names[i] = name
  end
  local _ <close> = budget.hold(self.ctx)
  local reply = self.connection:ask("elicitation/create", { sessionId = self.id, mode = "form",
    message = list[2] and tr "The model asks" or list[1].question,
    requestedSchema = { type = "object", properties = properties } })
  if not reply or reply.action ~= "accept" or type(reply.content) ~= "table" then return nil end
  local answers = {}
  for i, name in ipairs(names) do
    local value = reply.content[name]
    answers[i] = type(value) == "string" and { value } or type(value) == "table" and value or false
  end
  return answers
end

-- One question of the model, with the labels as options.
local function ask_one(self, one)
  local options = json.array {}
  for i, option in ipairs(one.options) do
    local about = option.description and ("%s (%s)"):format(option.label, option.description)
    options[i] = { optionId = tostring(i), name = about or option.label, kind = "allow_once" }
  end
  options[#options + 1] = { optionId = "none", name = tr "None of these", kind = "reject_once" }
  local call = { toolCallId = sys.uuid(), title = one.question, kind = "other", status = "pending" }
  local answer = ask(self, call, options)
  local option = answer and one.options[tonumber(answer)]
  return answer and { option and option.label }
end

---Fills in what a ctx asks of the user.
---@param self table the session
function M.attach(self)
  local ctx = self.ctx
  ctx.interactive = true
  function ctx.ask(asked)
    local options = json.array {}
    for _, choice in ipairs(asked.choices) do
      if choice.key ~= "e" then
        options[#options + 1] = { optionId = choice.key, name = choice.label, kind = kind_of(choice) }
      end
    end
    local key, left = ask(self, call_of(self, asked), options)
    if key or not left then return key end
    if asked.leave then asked.leave() elseif asked.turn and self.turn then self.turn:cancel() end
  end
  function ctx.questions(list)
    local answers = ask_form(self, list)
    if answers ~= false then return answers end
    answers = {}
    for i, one in ipairs(list) do
      answers[i] = ask_one(self, one)
      if not answers[i] then return nil end
    end
    return answers
  end
end

return M
