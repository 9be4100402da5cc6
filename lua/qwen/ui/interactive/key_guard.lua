-- Whose a key is while a question stands on the screen: the question's, or the text's that is
-- being typed. What is typed never answers: a key counts only after a pause, and a character
-- waits a moment to see whether it begins a word. Time is the caller's, so that tests have one.
local M = {}

local PAUSE = 0.5 -- seconds without a typed key before digits, Enter and arrows are for the question
local QUIET = 1 -- and before a letter is
local HOLD = 0.3 -- seconds that a character waits for the next one

local Guard = {}
Guard.__index = Guard

---@class KeyGuard
---@field since number when the last key went to the text, or the question came up unasked
---@field held KeyEvent? a character that waits
---@field taken boolean? the question has had a key

---@param since number? seconds on the clock of `now` below; nil where nobody types
---@return KeyGuard
function M.new(since)
  return setmetatable({ since = since or -math.huge }, Guard)
end

---Whether the first pause is over: the list may show that it waits for an answer.
---@param now number
---@return boolean
function Guard:armed(now)
  return self.taken or now - self.since >= PAUSE
end

local function to_text(self, now, ...)
  self.since, self.taken = now, nil
  local out = {}
  for i, event in ipairs { ... } do out[i] = { to = "text", event = event } end
  return out
end

local function to_question(self, event)
  self.taken = true
  return { { to = "question", event = event } }
end

---Who gets a key, and what waited before it, in order.
---@param event KeyEvent
---@param now number
---@param question table whose types() says that text goes to it, and wants(event) that a key means
---something in it
---@return {to: "text"|"question", event: KeyEvent}[]
function Guard:sort(event, now, question)
  local held = self.held
  self.held = nil
  if held and event.key == "enter" then return to_question(self, held) end
  if held then return to_text(self, now, held, event) end
  local need = PAUSE
  if event.text and not event.text:find "^%d$" then need = QUIET end
  if question:types() then
    if self:armed(now) then return to_question(self, event) end
  elseif event.type == "key" and question:wants(event) and now - self.since >= need then
    if not event.text then return to_question(self, event) end
    self.held, self.held_at = event, now
    return {}
  end
  return to_text(self, now, event)
end

---The character that has waited long enough without another one: it is for the question.
---@param now number
---@return KeyEvent?
function Guard:due(now)
  if not self.held or now - self.held_at < HOLD then return nil end
  local held = self.held
  self.held, self.taken = nil, true
  return held
end

---Seconds until something changes without a key: a character has waited, or the pause is over.
---@param now number
---@return number?
function Guard:timer(now)
  if self.held then return math.max(self.held_at + HOLD - now, 0) end
  if not self:armed(now) then return self.since + PAUSE - now end
end

return M
