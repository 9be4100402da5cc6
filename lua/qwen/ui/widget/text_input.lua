-- A question that is answered by a line of text, shown as dots when it is a secret.
local Dialog = require "qwen.ui.widget.dialog"
local ansi = require "qwen.ui.render.ansi"
local editor = require "qwen.ui.editor.editor"
local style = require "qwen.ui.render.style"
local text = require "qwen.util.text"
local texts = require "qwen.util.text"
local words = require "qwen.ui.render.words"

local Entry = Dialog.class({
  list_accept = function(self) return texts.trim(text.clean(editor.text(self.line))) end,
  list_cancel = function() return false end,
}, "list", "prompt")

local MOST_DOTS, SAID_DOTS = 40, 8 -- what stays in the scrollback tells no length

---@param title string
---@param hidden boolean? shown as dots
---@return table
function Entry.new(title, hidden)
  return Entry.make { title = (text.clean(title):gsub("%s+", " ")), hidden = hidden, line = editor.new {} }
end

local function dots(typed)
  return ("•"):rep(math.min(utf8.len(typed) or #typed, MOST_DOTS))
end

function Entry:rows(columns)
  local line = self.line
  local before, after = line.text:sub(1, line.cursor), line.text:sub(line.cursor + 1)
  if self.hidden then before, after = dots(editor.text(self.line)), "" end
  local lead = style.paint("bold", self.title) .. " "
  local rows = ansi.wrap(lead .. before:gsub("\n", " "), columns - 1)
  local cursor = { row = #rows, column = ansi.width(rows[#rows]) }
  return after == "" and rows or ansi.wrap(lead .. (before .. after):gsub("\n", " "), columns - 1), cursor
end

function Entry:said(answer)
  local said = answer
  if not answer then said = words.say "left" elseif self.hidden and answer ~= "" then said = ("•"):rep(SAID_DOTS) end
  return Dialog.told(self.title, said)
end

return Entry
