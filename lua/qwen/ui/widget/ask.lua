-- Questions of a command in the shell: one of several, or a line of text. The same pickers as in a session, in a region of their own.
local Entry = require "qwen.ui.widget.text_input"
local live = require "qwen.ui.screen.live"
local Pick = require "qwen.ui.widget.picker"
local sys = require "sys.os"
local term = require "sys.term"
local text = require "qwen.util.text"

local M = {}

---Whether somebody can be asked.
function M.possible()
  return sys.isatty(0) and sys.isatty(1)
end

-- Shows it until it is answered; nil when the person leaves.
local function ask(question)
  local ok, e = term.open()
  if not ok then return nil, e end
  question.repaint = live.paint
  local _ <close> = setmetatable({}, { __close = function()
    if question.close then question:close() end
    live.close()
    term.close()
  end })
  live.open(live.dumb())
  local answer
  repeat
    live.set("input", function(columns, height) return question:rows(columns, height) end)
    live.paint()
    local event = term.key(question.every)
    answer = false
    if event then
      answer = question:key(event)
    elseif question.every then -- the time of a view
      question:tick()
      answer = nil
    end
  until answer ~= nil
  live.set "input"
  live.write(question:said(answer) .. "\n")
  return answer or nil
end

---One of several; nil when the person leaves.
---@param title string
---@param choices (string|table)[]
---@param options table?
---@return integer?
function M.pick(title, choices, options)
  return ask(Pick.new(title, choices, options))
end

---Lines that are made anew every second, until the person leaves.
---@param make fun(): string[]?, Err?
---@return integer? code
---@return Err?
function M.live(make)
  local view, e = require("qwen.ui.widget.watch_view").new(make)
  if not view then return nil, e end
  ask(view)
  return 0
end

---One line that stands while something is waited for; without words it goes away. A terminal that cannot take a line back shows none.
---@param words string?
function M.status(words)
  if live.dumb() then return end
  local _, columns = term.size()
  sys.out("\r" .. (words and (term.cut(text.clean(words), columns - 1)) or "") .. "\27[K")
end

---A line of text; nil when the person leaves.
---@param title string
---@param hidden boolean? show dots
---@return string?
function M.line(title, hidden)
  return ask(Entry.new(title, hidden))
end

return M
