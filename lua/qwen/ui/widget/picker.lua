-- A picker: one of several choices by arrows, number or search. It gives rows and takes keys; who shows it is tty.lua or ask.lua.
local style = require "qwen.ui.render.style"
local term = require "sys.term"
local text = require "sys.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local Pick = {}
Pick.__index = Pick

local FEW = 9 -- up to here a digit chooses; with more, letters search

local say = words.say

local function one_line(label)
  return (text.clean(tostring(label)):gsub("%s+", " "))
end

-- What the caller says of a choice; a single word may be a name of something.
local function translated(label)
  label = one_line(label)
  return label:find " " and words.translate(label) or label
end

---@param title string
---@param choices (string|{label: string, detail: string?, group: string?, disabled: string?})[]
---@param options {at: integer?, search: boolean?, hint: string?, preview: (fun(i: integer): string?)?}? the one to begin with; whether letters search, by
---default when there are many; preview: the one that is marked now, and Markdown to be shown below
---@return table
function Pick.new(title, choices, options)
  options = options or {}
  local self = setmetatable({ title = words.translate(one_line(title)), choices = {}, query = "", preview = options.preview }, Pick)
  self.hint = options.hint and words.translate(options.hint)
  for i, choice in ipairs(choices) do
    if type(choice) ~= "table" then choice = { label = choice } end
    local said = { label = translated(choice.label) }
    for _, name in ipairs { "detail", "group", "disabled" } do said[name] = choice[name] and words.translate(one_line(choice[name])) end
    said.hay = table.concat({ said.group or "", said.label, said.detail or "" }, " "):lower()
    self.choices[i] = said
  end
  self.search = options.search
  if self.search == nil then self.search = #choices > FEW end
  self:filter()
  self.at = options.at and math.max(1, math.min(options.at, #self.found)) or self.at
  return self
end

-- The choices that hold every word of the query, in their order.
function Pick:filter()
  self.found, self.at = {}, 1
  for i, choice in ipairs(self.choices) do
    local holds = true
    for word in self.query:lower():gmatch "%S+" do holds = holds and choice.hay:find(word, 1, true) ~= nil end
    if holds then self.found[#self.found + 1] = i end
  end
  if #self.found > 0 and self.choices[self.found[1]].disabled then self:move(1) end
end

-- To the next one that can be chosen, round the end.
function Pick:move(step)
  for _ = 1, #self.found do
    self.at = (self.at - 1 + step) % #self.found + 1
    if not self.choices[self.found[self.at]].disabled then return end
  end
end

-- One row a choice, with a heading where the group changes; and the row of the chosen one.
local function list(self, columns)
  local rows, chosen, group = {}, 1, nil
  for n, i in ipairs(self.found) do
    local choice = self.choices[i]
    if choice.group ~= group then
      group = choice.group
      if group then rows[#rows + 1] = style.paint("dim", (wrap.cut(group, columns - 1))) end
    end
    local number = not self.search and ("%d. "):format(i) or ""
    local label = wrap.cut(number .. choice.label, math.max(columns - 3, 1))
    local rest = columns - 3 - term.width(label) - 2
    local more = choice.disabled and "(" .. choice.disabled .. ")" or choice.detail
    local behind = more and rest > 3 and "  " .. style.paint("dim", (wrap.cut(more, rest))) or ""
    if n == self.at then chosen = #rows + 1 end
    label = choice.disabled and style.paint("dim", label) or n == self.at and style.paint("bold", label) or label
    rows[#rows + 1] = (n == self.at and style.paint("accent", "> ") or "  ") .. label .. behind
  end
  return rows, chosen
end

-- What the preview says of the one that is marked; asked once for each.
local function preview(self, columns)
  local at = self.found[self.at]
  if not self.preview or not at then return {} end
  if self.previewed ~= at then self.previewed, self.sample = at, self.preview(at) end
  if not self.sample then return {} end
  local rows = require("qwen.ui.render.markdown").rows(self.sample, columns - 1)
  table.insert(rows, 1, "")
  return rows
end

---@param columns integer
---@param height integer
---@return string[] rows
---@return {row: integer, column: integer} cursor
function Pick:rows(columns, height)
  local below = preview(self, columns)
  local out = { style.paint("bold", (wrap.cut(self.title, math.max(columns - 1, 1)))) }
  if self.search then out[2] = style.paint("dim", say "search") .. " " .. wrap.cut(self.query, math.max(columns - 10, 1)) end
  local head = #out
  local rows, chosen = list(self, columns)
  local most = math.max(1, math.min(#rows, height - head - 2 - #below))
  local first = math.max(1, math.min(chosen - most // 2, #rows - most + 1))
  table.move(rows, first, first + most - 1, #out + 1, out)
  if #self.found == 0 then out[#out + 1] = style.paint("dim", "  " .. say "nothing_fits") end
  local more = #rows > most and say("of", self.at, #self.found) .. "; " or ""
  local hint = self.hint or say(self.search and "search_keys" or "number_keys")
  out[#out + 1] = style.paint("dim", (wrap.cut("(" .. more .. hint .. ")", columns - 1)))
  table.move(below, 1, #below, #out + 1, out)
  if self.search then return out, { row = 2, column = term.width(say "search") + 1 + term.width(self.query) } end
  return out, { row = head + chosen - first + 1, column = 0 }
end

---@param event KeyEvent
---@return integer|false|nil number of the choice; false when the person leaves; nil to go on
function Pick:key(event)
  local key = event.key
  if event.type == "paste" and self.search then
    self.query = self.query .. one_line(event.text)
    self:filter()
  elseif event.type ~= "key" then
    return nil
  elseif key == "esc" or key == "ctrl-c" or key == "ctrl-d" then
    return false
  elseif key == "enter" then
    local i = self.found[self.at]
    if i and not self.choices[i].disabled then return i end
  elseif key == "up" or key == "ctrl-p" or key == "shift-tab" then
    self:move(-1)
  elseif key == "down" or key == "ctrl-n" or key == "tab" then
    self:move(1)
  elseif key == "backspace" or key == "ctrl-h" then
    self.query = self.query:sub(1, (utf8.offset(self.query, -1) or 1) - 1)
    self:filter()
  elseif key == "ctrl-u" then
    self.query = ""
    self:filter()
  elseif not self.search then
    local choice = self.choices[math.tointeger(tonumber(key)) or 0]
    if choice and not choice.disabled then return math.tointeger(tonumber(key)) end
  elseif event.text then
    self.query = self.query .. event.text
    self:filter()
  end
end

---What stands in the scrollback afterwards.
---@param answer integer|false
---@return string
function Pick:said(answer)
  local chosen = answer and self.choices[answer].label or say "left"
  return style.paint("bold", self.title) .. " " .. chosen
end

return Pick
