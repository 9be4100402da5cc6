-- A board: lines that are made anew every second while the person looks; Esc, q or Enter leaves it. It gives rows and takes keys; who shows it
-- is tty.lua or ask.lua.
local style = require "qwen.ui.render.style"
local text = require "sys.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local Board = { every = 1 }
Board.__index = Board

---@param make fun(): string[]?, Err?
---@return table?, Err?
function Board.new(make)
  local lines, e = make()
  return lines and setmetatable({ make = make, lines = lines }, Board), e
end

---Makes the lines anew; what was there stays when that fails.
function Board:tick()
  self.lines = self.make() or self.lines
end

function Board:rows(columns, height)
  local out = {}
  for i, line in ipairs(self.lines) do
    if i < height - 1 then out[i] = (wrap.cut(words.lines(text.clean(line)), math.max(columns - 1, 1))) end
  end
  out[#out + 1] = style.paint("dim", words.say "board_keys")
  return out, { row = #out, column = 0 }
end

---@param event KeyEvent
---@return false? false when the person leaves
function Board.key(_, event)
  local key = event.type == "key" and event.key
  if key == "esc" or key == "q" or key == "enter" or key == "ctrl-c" or key == "ctrl-d" then return false end
end

---@return string
function Board:said()
  return words.lines(text.clean(table.concat(self.lines, "\n")))
end

return Board
