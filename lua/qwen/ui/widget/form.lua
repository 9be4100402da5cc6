-- Several questions of the model as one dialog: a page each with its choices and a line for an own
-- answer, a way back, and an overview before they are sent. A page is a question as any other
-- (approval_dialog.lua); here is what holds them together.
local KeyReader = require "qwen.ui.editor.key_reader"
local Question = require "qwen.ui.widget.approval_dialog"
local keymap = require "qwen.ui.editor.keymap"
local live = require "qwen.ui.screen.live"
local style = require "qwen.ui.render.style"
local term = require "sys.term"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local Form = {}
Form.__index = Form

local MOST_LABEL, MOST_DETAIL, MOST_HEADER = 200, 500, 12 -- columns
local LEAST_HEIGHT = 12 -- rows of a screen that has one for the names of the pages
local OTHER, ON, SEND = "other", "on", "send" -- choices beside those of the model

local function one_line(words_of_it, most)
  return (wrap.cut((text.clean(words_of_it):gsub("%s+", " ")), most))
end

---@param asked FormQuestion[]
---@return table
function Form.new(asked)
  local self = setmetatable({ asked = asked, turn = true, pages = {}, given = {},
    keys = KeyReader.new "form" }, Form)
  for i in ipairs(asked) do self.given[i] = { marked = {} } end
  self:go(1)
  self.stands = self.page.stands
  return self
end

-- What a page has been answered with, as texts; nil where it has not been.
local function answer_of(self, i)
  local given, out = self.given[i], {}
  if not (given.done or given.own or next(given.marked)) then return nil end
  for n, option in ipairs(self.asked[i].options) do
    if given.marked[n] then out[#out + 1] = option.label end
  end
  out[#out + 1] = given.own
  return out
end

local function in_words(self, i)
  local answer = answer_of(self, i)
  if not answer then return tr "(no answer)" end
  return answer[1] and table.concat(answer, ", ") or tr "(none of these)"
end

-- The keys that only a page of several has, or one where several choices can be marked.
local function hint_of(self, several)
  local back, on, mark_key = KeyReader.labels("form_back", "form_next", "form_mark")
  local out = { several and words.say("marks", mark_key) or nil }
  if #self.asked > 1 then out[#out + 1] = words.say("other_questions", back, on) end
  return out[2] and words.say("more_keys", out[1], out[2]) or out[1]
end

-- The choices as they stand now: marks, and the own answer.
local function mark(self, i)
  local page, given = self.pages[i], self.given[i]
  for n, choice in ipairs(page.choices) do
    local own = choice.key == OTHER and given.own
    if choice.marked ~= nil then choice.marked = (given.marked[n] or own) and true or false end
    if choice.key == OTHER then
      choice.label = own and tr("Something else: %s", one_line(own, MOST_LABEL)) or tr "Something else"
    end
  end
end

-- The page of a question.
local function page_of(self, i)
  local one, choices = self.asked[i], {}
  local several
  if one.multiple then several = false end
  for n, option in ipairs(one.options) do
    choices[n] = { key = tostring(n), label = one_line(option.label, MOST_LABEL), marked = several,
      detail = option.description and one_line(option.description, MOST_DETAIL) }
  end
  choices[#choices + 1] = { key = OTHER, label = "", marked = several, words = tr "Your answer:" }
  if one.multiple then
    local label = #self.asked > 1 and tr "Go on" or tr "Send the answer"
    choices[#choices + 1] = { key = ON, label = label }
  end
  local question, rest = one.question:match "^%s*([^\n]+)%s*(.*)$"
  return Question.new { title = question, detail = rest, markdown = true, stands = true,
    choices = choices, keys = hint_of(self, one.multiple), leaves = "declines" }
end

-- All answers, to be sent.
local function overview(self)
  local choices = {}
  for i, one in ipairs(self.asked) do
    local label = one_line(one.header .. ": " .. in_words(self, i), MOST_LABEL)
    choices[i] = { key = tostring(i), label = label }
  end
  choices[#choices + 1] = { key = SEND, label = tr "Send the answers" }
  return Question.new { title = tr "Send these answers?", markdown = true, stands = true,
    choices = choices, at = #choices, keys = hint_of(self), leaves = "declines" }
end

---To a page; behind the last one is the overview.
---@param at integer
function Form:go(at)
  local last = #self.asked > 1 and #self.asked + 1 or 1
  at = math.max(1, math.min(at, last))
  if at == self.at then return end
  self.at = at
  if self.at > #self.asked then
    self.page = overview(self)
  else
    self.pages[self.at] = self.pages[self.at] or page_of(self, self.at)
    self.page = self.pages[self.at]
    mark(self, self.at)
  end
  if self.stands == false then live.write(self:lines()) end -- of the first one, who shows it does
end

---What goes into the scrollback of the page, where the screen keeps no dialog.
---@return string
function Form:lines()
  local one, name = self.asked[self.at], ""
  if one and #self.asked > 1 then
    name = words.say("of", self.at, #self.asked) .. ": " .. text.clean(one.header) .. "\n"
  end
  return name .. self.page:lines()
end

-- The names of the pages in a row, or where that is too long the place of this one.
local function names(self, columns)
  if #self.asked == 1 or style.reader() or live.dumb() then return nil end
  local plain, out = {}, {}
  for i = 1, #self.asked + 1 do
    local one = self.asked[i]
    local sign = not one and "" or answer_of(self, i) and "☑ " or "☐ "
    plain[i] = sign .. (one and one_line(one.header, MOST_HEADER) or tr "Send")
    out[i] = style.paint(i == self.at and "chosen" or "dim", " " .. plain[i] .. " ")
  end
  if term.width(table.concat(plain, "  ")) + 4 <= columns then return "  " .. table.concat(out) end
  local here = words.say("of", self.at, #self.asked + 1) .. " " .. plain[self.at]
  return "  " .. style.paint("dim", (wrap.cut(here, math.max(columns - 3, 1))))
end

---@param columns integer
---@param height integer
---@param armed boolean?
---@param typing boolean?
---@return string[] rows
---@return {row: integer, column: integer} cursor
function Form:rows(columns, height, armed, typing)
  local head = height >= LEAST_HEIGHT and names(self, columns)
  local rows, cursor = self.page:rows(columns, head and height - 2 or height, armed, typing)
  if not head then return rows, cursor end
  local out = table.move(rows, 1, #rows, 3, { "", head })
  return out, { row = cursor.row + 2, column = cursor.column }
end

function Form:types() return self.page:types() end

-- What a key does with the pages; "form_mark" only where several choices can be marked. Beside a
-- text that is being typed they are that text's.
local function action_of(self, event)
  if self.page:types() or self.page.typing or event.type ~= "key" then return nil end
  local action = keymap.action(event.key, "form")
  local several = self.asked[self.at] and self.asked[self.at].multiple
  if action == "form_mark" then return several and action or nil end
  return #self.asked > 1 and action or nil
end

function Form:wants(event) return action_of(self, event) ~= nil or self.page:wants(event) end

-- Every answer, in the order of the questions; false where there is none.
local function all(self)
  local out = {}
  for i in ipairs(self.asked) do out[i] = answer_of(self, i) or false end
  return out
end

-- The page is answered: the next one that is not, else the overview; the end of a single one.
local function answered(self)
  self.given[self.at].done = true
  if #self.asked == 1 then return all(self) end
  local at = self.at + 1
  while self.asked[at] and answer_of(self, at) do at = at + 1 end
  self:go(at)
end

-- A choice of a page.
local function take(self, value)
  local given, several = self.given[self.at], self.asked[self.at].multiple
  if value.key == ON then return answered(self) end
  self.page.entry = nil
  local n = math.tointeger(tonumber(value.key))
  if not n and not several and value.words == "" then return nil end
  if not several then given.marked, given.own = {}, nil end
  if n then given.marked[n] = not given.marked[n] or nil end
  if not n then given.own = value.words ~= "" and value.words or nil end
  mark(self, self.at)
  self.page.at = n or #self.asked[self.at].options + 1
  if not several and (n or given.own) then return answered(self) end
end

---@param event KeyEvent
---@return (string[]|false)[]|false|nil answers; false when the user declines; nil to go on
function Form:key(event)
  local action = action_of(self, event)
  if action == "form_back" then return self:go(self.at - 1) end
  if action == "form_next" then return self:go(self.at + 1) end
  local value
  if action == "form_mark" then value = self.page:marked() else value = self.page:key(event) end
  if not value then return value end
  if self.asked[self.at] then return take(self, value) end
  if value.key == SEND then return all(self) end
  self:go(math.tointeger(tonumber(value.key)))
end

---The call tells what was answered.
function Form.said() end

return Form
