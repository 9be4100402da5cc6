-- A terminal that knows no escape sequence (TERM=dumb): lines as they come, and behind them the input, echoed as it grows.
local ansi = require "qwen.ui.render.ansi"
local sys = require "sys.os"
local term = require "sys.term"

local M = {}

local paper = { echoed = "", at_start = true }

---@param bytes string clean
function M.write(bytes)
  if bytes == "" then return end
  local echoed = paper.echoed
  paper.echoed = ""
  if echoed ~= "" then bytes = bytes:sub(1, #echoed + 1) == echoed .. "\n" and bytes:sub(#echoed + 1) or "\n" .. bytes end
  sys.out(bytes)
  paper.at_start = bytes:sub(-1) == "\n"
end

---Shows what the input is now: what was added, or what was taken away at its end; anything else on a new line.
---@param rows string[]
function M.echo(rows)
  local words, old = ansi.plain(table.concat(rows, "\n")), paper.echoed
  if not paper.at_start or words == old then return end
  local gone = old:sub(1, #words) == words and old:sub(#words + 1)
  if words:sub(1, #old) == old then
    sys.out(words:sub(#old + 1))
  elseif gone and not gone:find "[\n\t]" then
    sys.out(("\b \b"):rep(term.width(gone)))
  else
    sys.out("\n" .. words)
  end
  paper.echoed = words
end

---The line of the input is left.
function M.leave()
  if paper.echoed ~= "" then sys.out "\n" end
  paper.echoed = ""
end

return M
