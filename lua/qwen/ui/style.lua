-- Colours by what they mean, or none: NO_COLOR, TERM=dumb and pipes get plain text. Only this file writes SGR sequences.
local sys = require "sys.os"

local M = {}

local codes = { bold = "1", dim = "2", accent = "36", good = "32", bad = "31", added = "32", removed = "31", warn = "33" }

local enabled = sys.isatty(1) and (sys.env "NO_COLOR" or "") == "" and sys.env "TERM" ~= "dumb"

---Text in a style; the text must be clean already.
---@param name string
---@param text string
---@return string
function M.paint(name, text)
  if not enabled or text == "" then return text end
  return ("\27[%sm%s\27[0m"):format(codes[name], text)
end

---A diff or other detail with its added and removed lines coloured.
---@param text string clean
---@return string
function M.diff(text)
  if not enabled then return text end
  return (text:gsub("[^\n]+", function(line)
    local first = line:sub(1, 1)
    if first == "+" then return M.paint("added", line) end
    if first == "-" then return M.paint("removed", line) end
    return first == "@" and M.paint("dim", line) or line
  end))
end

return M
