-- Tool calls on the screen: one line each. While it runs the line stands below the scrollback with its time and the end of its output;
-- when it has ended the line is written with its result.
local ansi = require "qwen.ui.render.ansi"
local json = require "sys.json"
local registry = require "qwen.extension.registry"
local style = require "qwen.ui.render.style"
local task = require "sys.task"
local term = require "sys.term"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = { folder = "" } -- folder: the project's

local SHOWN, KEPT = 5, 4096 -- lines of output shown, bytes of it kept
local running = {}

local function one_line(words_of_it)
  return (text.clean(words_of_it or ""):gsub("%s+", " "))
end

local function label_of(call, args)
  local tool = registry.get("tools", call.name)
  if not tool or not tool.label then return "" end
  args = args or json.decode(call.args)
  local ok, label = pcall(tool.label, args)
  if not ok or not label then return "" end
  local inside = M.folder .. "/" -- paths of the project as one would type them
  if label:sub(1, #inside) == inside then label = label:sub(#inside + 1) end
  return one_line(label)
end

-- "● name label" in at most so many columns, and the columns it takes.
local function head(name, label, columns, sign, look)
  if style.reader() then sign = words.say(sign == "✗" and "failed" or "call") .. ":" end
  local start = sign .. " " .. name
  local rest = label ~= "" and " " .. wrap.cut(label, math.max(columns - term.width(start) - 1, 8)) or ""
  return style.paint(look, sign) .. " " .. name .. style.paint("dim", rest), term.width(start .. rest)
end

---A call begins.
---@param call CallPart
---@param args table
function M.start(call, args)
  running[#running + 1] = { id = call.id, name = one_line(call.name), label = label_of(call, args), since = task.now(), task = task.current(), tail = "" }
end

---Output of the call that the present task carries out.
---@param chunk string
function M.progress(chunk)
  local mine = task.current()
  local entry = running[#running]
  for _, one in ipairs(running) do
    if one.task == mine then entry = one end
  end
  if not entry then return end
  entry.tail = (entry.tail .. chunk):sub(-KEPT)
end

---Whether a call runs.
---@return boolean
function M.any()
  return #running > 0
end

---All calls are over, ended or not.
function M.clear()
  running = {}
end

---A call has ended: what goes into the scrollback.
---@param call CallPart
---@param part ResultPart
---@param columns integer
---@return string[]
function M.ended(call, part, columns)
  local entry
  for i, one in ipairs(running) do
    if one.id == call.id then entry = table.remove(running, i) break end
  end
  local label = entry and entry.label or label_of(call)
  local start, used = head(one_line(call.name), label, columns, part.error and "✗" or "●", part.error and "bad" or "accent")
  local took = entry and task.now() - entry.since or 0
  local result = one_line(part.display or words.say "done")
  if result == label then result = words.say "done" end
  result = result .. (took >= 1 and " · " .. words.span(took) or "")
  local arrow = style.reader() and words.say "result" .. ": " or "→ "
  result = style.paint(part.error and "bad" or "dim", wrap.cut(arrow .. result, math.max(columns - 2, 16)))
  if used + 1 + ansi.width(result) <= columns then return { start .. " " .. result } end
  return { start, "  " .. result }
end

local function last_lines(tail)
  local lines = {}
  for line in text.clean((tail:gsub("\r\n?", "\n"))):gmatch "[^\n]+" do lines[#lines + 1] = (line:gsub("\t", "    ")) end
  return table.move(lines, math.max(1, #lines - SHOWN + 1), #lines, 1, {})
end

---The calls that run, with the end of their output.
---@param columns integer
---@return string[]
function M.rows(columns)
  local rows = {}
  for _, entry in ipairs(running) do
    local took = task.now() - entry.since
    local time = took >= 1 and not style.reader() and " · " .. words.span(took, true) or ""
    local start = head(entry.name, entry.label, columns - #time, "●", "warn")
    rows[#rows + 1] = start .. style.paint("dim", time)
    for _, line in ipairs(last_lines(entry.tail)) do rows[#rows + 1] = "  " .. style.paint("dim", wrap.cut(line, columns - 2)) end
  end
  return rows
end

return M
