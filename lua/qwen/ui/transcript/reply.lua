-- The answer that is being written: finished blocks go to the scrollback, the open one stands in the region below until it is finished.
local Blocks = require "qwen.ui.render.blocks"
local live = require "qwen.ui.screen.live"
local term = require "sys.term"
local text = require "qwen.util.text"

local M = {}

local blocks, through

local function columns()
  local _, width = term.size()
  return width
end

local function write_finished()
  local rows = blocks:take()
  if #rows > 0 then live.write(table.concat(rows, "\n") .. "\n") end
end

-- Never more than half of the screen: all of the region must fit.
local function tail(_, height)
  if not blocks then return {} end
  local rows = blocks:open(math.max(height // 2, 3))
  write_finished()
  return rows
end

---The next piece of the answer, as the model wrote it.
---@param piece string
function M.add(piece)
  if not blocks then blocks, through = Blocks.new(columns), text.cleaner() end
  blocks:add(through(piece))
  write_finished()
  live.set("tail", tail)
end

---Whether an answer is being written.
---@return boolean
function M.open()
  return blocks ~= nil
end

---The answer is at its end: all of it is in the scrollback.
function M.finish()
  if not blocks then return end
  blocks:add(through(nil))
  blocks:finish()
  write_finished()
  blocks = nil
  live.set("tail", nil)
end

---The rows of a whole text in Markdown.
---@param said string
---@param width integer? columns; without it those of the terminal
---@return string[]
function M.rows(said, width)
  local all = Blocks.new(width and function() return width end or columns)
  all:add(text.clean(said))
  all:finish()
  return all:take()
end

---A whole text in Markdown goes to the scrollback.
---@param said string
function M.whole(said)
  live.write(table.concat(M.rows(said), "\n") .. "\n")
end

return M
