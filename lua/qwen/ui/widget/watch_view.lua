-- A view of lines that are made anew every second while the person looks; the keys that accept or
-- leave a list close it, and q.
local Dialog = require "qwen.ui.widget.dialog"
local KeyReader = require "qwen.ui.editor.key_reader"
local style = require "qwen.ui.render.style"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local function leave() return false end

local WatchView = Dialog.class({
  list_accept = leave, list_cancel = leave, view_close = leave, delete_or_leave = leave,
}, "view", "list", "prompt")
WatchView.every = 1

---@param make fun(): string[]?, Err?
---@return table?, Err?
function WatchView.new(make)
  local lines, e = make()
  return lines and WatchView.make { make_lines = make, lines = lines }, e
end

---Makes the lines anew; what was there stays when that fails.
function WatchView:tick()
  self.lines = self.make_lines() or self.lines
end

function WatchView:rows(columns, height)
  local out = {}
  for i, line in ipairs(self.lines) do
    if i < height - 1 then out[i] = (wrap.cut(text.clean(line), math.max(columns - 1, 1))) end
  end
  out[#out + 1] = style.paint("dim", words.say("board_keys", (KeyReader.labels "view_close")))
  return out, { row = #out, column = 0 }
end

---@return string
function WatchView:said()
  return text.clean(table.concat(self.lines, "\n"))
end

return WatchView
