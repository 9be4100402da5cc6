-- What happens in a session, as `session/update`: words, thoughts, calls, the plan, the mode, what
-- the window holds; and an earlier conversation, told again.
local aliases = require "qwen.extension.aliases"
local calls = require "qwen.ui.acp.calls"
local choices = require "qwen.ui.acp.choices"
local clean = require("sys.text").clean
local content = require "qwen.ui.acp.content"
local json = require "sys.json"
local usage_ledger = require "qwen.usage.ledger"
local message = require "qwen.session.message"
local summary = require "qwen.session.summary"
local translate = require "qwen.util.translate"
local window = require "qwen.agent.window"

local M = {}

local Updates = {}
Updates.__index = Updates

---@param ctx Ctx
---@param tell fun(update: table) sends one update of the session
---@param can table what the client can
---@return table
function M.new(ctx, tell, can)
  local self = setmetatable({ ctx = ctx, send = tell, can = can }, Updates)
  self.calls = calls.new(ctx, tell)
  return self
end

local function chunk(kind, block, id)
  return { sessionUpdate = kind, content = block, messageId = id }
end

---@param words string
function Updates:say(words)
  if words ~= "" then self.send(chunk("agent_message_chunk", content.text(words))) end
end

---@param list {content: string, status: string}[]
function Updates:plan(list)
  local entries = json.array {}
  for i, item in ipairs(list) do
    entries[i] = { content = tostring(item.content), priority = "medium", status = item.status }
  end
  self.send { sessionUpdate = "plan", entries = entries }
end

local SCREEN = {} -- commands for a screen, and those that choose another session: the editor does that
for name in ("clear new resume branch rewind exit quit theme vim keys editor copy cd"):gmatch "%a+" do
  SCREEN[name] = true
end

---Whether a command is for a screen of ours.
---@param name string
---@return boolean
function M.for_screen(name) return SCREEN[name] == true end

function Updates:commands()
  local list = json.array {}
  for _, entry in ipairs(aliases.listed(self.ctx, function(name) return not SCREEN[name] end)) do
    local value = entry.value
    if value then
      local about = entry.summary or entry.name
      local args = type(value.args) == "string" and value.args ~= "" and value.args
      list[#list + 1] = { name = entry.name, description = clean(entry.declared and translate.tr(about)
        or tostring(about)), input = args and { hint = args } or nil }
    end
  end
  self.send { sessionUpdate = "available_commands_update", availableCommands = list }
end

---Tells what has changed without the client: the mode, the model, the effort.
function Updates:settle()
  local ctx = self.ctx
  local now = table.concat({ ctx.mode, ctx.model.id, ctx.model.base_url, tostring(ctx.model.effort_told) }, "\0")
  if self.told == now then return end
  if self.told and self.mode ~= ctx.mode then
    self.send { sessionUpdate = "current_mode_update", currentModeId = ctx.mode }
  end
  if self.told then
    self.send { sessionUpdate = "config_option_update", configOptions = choices.options(ctx) }
  end
  self.told, self.mode = now, ctx.mode
end

---What the client was told in an answer.
function Updates:known() self.told = nil; self:settle() end

---Tells the title of the session, where it has a new one.
function Updates:title()
  local session = self.ctx.session
  local title = session.title or session.path and summary.of(session.path).title
  if not title or title == self.titled then return end
  self.titled = title
  self.send { sessionUpdate = "session_info_update", title = title }
end

-- What the requests cost, where prices are known.
local function add_cost(self, request)
  local prices = request.prices
  local cost = usage_ledger.cost(request.usage or {}, prices)
  if not cost then return end
  local before = self.cost or { amount = 0, currency = type(prices.currency) == "string" and prices.currency or "USD" }
  self.cost = { amount = before.amount + cost, currency = before.currency }
end

local function usage(self, m)
  local used = m.usage
  if not used then return end
  self.send { sessionUpdate = "usage_update", size = window.size(self.ctx.model), cost = self.cost,
    used = (used.input or 0) + (used.output or 0) }
end

-- What is said to people beside the answers.
local function attach_words(self)
  local ctx = self.ctx
  local notice = ctx.notice
  function ctx.print(words) self:say(clean(tostring(words)) .. "\n") end
  function ctx.print_markdown(words) self:say(words .. "\n") end
  function ctx.print_diff(diff) self:say("```diff\n" .. clean(diff) .. "\n```\n") end
  function ctx.hint() end
  function ctx.notice(words)
    words = clean(tostring(words))
    if self.commanding then return self:say(words .. "\n") end
    if not self.can.notices then return notice(words) end
    self.send { sessionUpdate = "notice", severity = "warning", title = words }
  end
end

---Fills in what a ctx shows.
function Updates:attach()
  local ctx = self.ctx
  attach_words(self)
  ctx.shows = { text = true, think = true }
  function ctx.show(delta)
    if delta.type == "note" then return ctx.notice(delta.text) end
    if delta.text == nil or delta.text == "" then return end
    if delta.type == "text" then self:say(delta.text) end
    if delta.type == "think" then
      self.send(chunk("agent_thought_chunk", content.text(delta.text)))
    end
  end
  ctx.watch = {
    before_tool = function(call) self.calls:wait_for(call) end,
    tool_started = function(call, args) self.calls:start(call, args) end,
    tool_ended = function(call, part)
      self.calls:finish(call, part)
      self:settle()
    end,
    todos_changed = function(list) self:plan(list) end,
    message_added = function(m) usage(self, m) end,
    request_ended = function(request) add_cost(self, request) end,
    model_switched = function() if self.told then self:settle() end end,
  }
end

local function media(part)
  if part.type == "image" and type(part.data) == "string" then
    return { type = "image", mimeType = part.mime, data = part.data }
  end
end

local tell = {}

function tell.user(self, m)
  for _, part in ipairs(m.parts) do
    local words = part.type == "text" and not message.is_note(m, part) and part.text
    local block = words and words ~= "" and content.text(words) or media(part)
    if block then self.send(chunk("user_message_chunk", block, m.id)) end
  end
end

function tell.assistant(self, m)
  for _, part in ipairs(m.parts) do
    local kind = ({ text = "agent_message_chunk", think = "agent_thought_chunk" })[part.type]
    if kind and part.text ~= "" then self.send(chunk(kind, content.text(part.text), m.id)) end
    if part.type == "call" then self.past[part.id] = part end
  end
end

function tell.tool(self, m)
  for _, part in ipairs(m.parts) do
    local call = part.type == "result" and self.past[part.id]
    if call then self.calls:finish(call, part) end
  end
end

---Tells what was said so far.
function Updates:replay()
  self.past = {}
  for m in self.ctx.session:history() do tell[m.role](self, m) end
  self.past = nil
  local todos = require("qwen.agent.kept").todos(self.ctx.session.messages)
  if todos and todos[1] then self:plan(todos) end
end

return M
