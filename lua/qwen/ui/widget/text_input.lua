-- A question that is answered by a line of text, shown as dots when it is a secret. It gives rows and takes keys.
local ansi = require "qwen.ui.render.ansi"
local editor = require "qwen.ui.editor.editor"
local style = require "qwen.ui.render.style"
local text = require "sys.text"
local texts = require "qwen.util.text"
local words = require "qwen.ui.render.words"

local Entry = {}
Entry.__index = Entry

local MOST_DOTS, SAID_DOTS = 40, 8 -- what stays in the scrollback tells no length

---@param title string
---@param hidden boolean? shown as dots
---@return table
function Entry.new(title, hidden)
  return setmetatable({ title = words.translate((text.clean(title):gsub("%s+", " "))), hidden = hidden, state = editor.new {} }, Entry)
end

local function dots(typed)
  return ("•"):rep(math.min(utf8.len(typed) or #typed, MOST_DOTS))
end

function Entry:rows(columns)
  local before, after = self.state.text:sub(1, self.state.cursor), self.state.text:sub(self.state.cursor + 1)
  if self.hidden then before, after = dots(editor.text(self.state)), "" end
  local lead = style.paint("bold", self.title) .. " "
  local rows = ansi.wrap(lead .. before:gsub("\n", " "), columns - 1)
  local cursor = { row = #rows, column = ansi.width(rows[#rows]) }
  return after == "" and rows or ansi.wrap(lead .. (before .. after):gsub("\n", " "), columns - 1), cursor
end

---@param event KeyEvent
---@return string|false|nil what was typed; false when the person leaves; nil to go on
function Entry:key(event)
  if event.type == "key" and (event.key == "esc" or event.key == "ctrl-c" or event.key == "ctrl-d" and self.state.text == "") then return false end
  local action
  self.state, action = editor.key(self.state, event)
  if action == "submit" then return texts.trim(text.clean(editor.text(self.state))) end
end

function Entry:said(answer)
  local said = answer
  if not answer then said = words.say "left" elseif self.hidden and answer ~= "" then said = ("•"):rep(SAID_DOTS) end
  return style.paint("bold", self.title) .. " " .. said
end

return Entry
