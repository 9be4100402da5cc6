-- line stands below the scrollback with its time and the end of its output; when it has ended it is
-- written with its result.
local json = require "sys.json"
local patch = require "qwen.ui.render.patch"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local own_rows = require("qwen.ui.transcript.shown").rows
local style = require "qwen.ui.render.style"
local task = require "sys.task"
local term = require "sys.term"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = { folder = "" } -- folder: the project's; line_of: the row of an agent, by the id of its call

local KEPT = 4096 -- bytes of output kept for the screen
local MOST_DIFF, MOST_SHOWN = 60, 60 -- lines of a change, and of what a tool shows itself
local TOLD = 16 -- bytes by which a line is known in a result
local SHOWN, SHOWN_FAILED = 3, 5 -- lines of output under a call that ended
local MOST_COMMAND = 3 -- rows of a long command that nobody was asked about
local running = {}
local held = {} -- calls that only looked and ended, one after the other: verb, label, rows

local function one_line(words_of_it)
  return (text.clean(words_of_it or ""):gsub("%s+", " "))
end

local function label_of(call, args)
  local tool = registry.get("tools", call.name)
  if not tool or not tool.label then return "" end
  args = args or json.decode(call.args, false, true)
  local ok, label = pcall(tool.label, args)
  if not ok or not label then return "" end
  return one_line(paths.short(label, M.folder))
end

-- What a call does, in a word; a tool without one is named.
local function verb_of(name, form)
  local tool = registry.get("tools", name)
  return tool and tool.verbs and tr(tool.verbs[form]) or one_line(name)
end

-- The command that a call runs, clean.
local function command_of(name, args)
  local tool = registry.get("tools", name)
  if not tool or not tool.command then return nil end
  local ok, command = pcall(tool.command, args)
  return ok and type(command) == "string" and text.clean(command) or nil
end

local LEAST_LABEL = 24 -- columns of what a call is about, before its result gets a row of its own

-- "● verb label" in at most so many columns.
local function head(verb, label, columns, sign, look)
  if style.reader() then sign = words.say(sign == "✗" and "failed" or "call") .. ":" end
  local start = sign .. " " .. verb
  local rest = label ~= "" and " " .. wrap.cut(label, math.max(columns - term.width(start) - 1, 8)) or ""
  return style.paint(look, sign) .. " " .. style.paint("bold", verb) .. rest
end

---What a call does and to what, in a row.
---@param call CallPart
---@param result ResultPart? none while it waits or runs
---@param columns integer
---@return string
function M.title(call, result, columns)
  local failed, done = result and result.error, result and not result.error
  return head(verb_of(call.name, done and "done" or "ask"), label_of(call), columns,
    failed and "✗" or "●", failed and "bad" or done and "accent" or "warn")
end

---A call in a few words, without a sign.
---@param call CallPart
---@param args table
---@return string
function M.brief(call, args)
  local label = label_of(call, args)
  return verb_of(call.name, "ask") .. (label ~= "" and " " .. label or "")
end

---What a call that runs has printed so far, the end of it.
---@param id string
---@return string
function M.so_far(id)
  for _, one in ipairs(running) do
    if one.id == id then return one.tail end
  end
  return ""
end

---Whether a question of its own stands in the place of a call that runs.
---@param call CallPart
---@return boolean?
function M.asks(call)
  local tool = registry.get("tools", call.name)
  return tool and tool.asks
end

---A call begins.
---@param call CallPart
---@param args table
---@param about {diff: string?, command: string?, read: boolean?} the change that it makes, or the
---command that was asked about, both clean; `read`: it stands in the scrollback, above the answer
function M.start(call, args, about)
  running[#running + 1] = { id = call.id, name = call.name, label = label_of(call, args),
    call = call, args = args, asks = M.asks(call),
    diff = about.diff, command = about.command or command_of(call.name, args),
    most = not about.command and MOST_COMMAND or math.huge, alone = about.read and #running == 0,
    since = task.now(), task = task.current(), tail = "", lines = 0 }
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
  entry.lines = entry.lines + select(2, chunk:gsub("\n", ""))
end

---What the calls that run are about has been written into the scrollback.
function M.told()
  for _, one in ipairs(running) do one.alone = true end
end

---Whether a call runs.
---@return boolean
function M.any()
  return #running > 0
end

local function last_lines(tail, most)
  local lines = {}
  for line in text.clean((tail:gsub("\r\n?", "\n"))):gmatch "[^\n]+" do
    lines[#lines + 1] = (line:gsub("\t", "    "))
  end
  return table.move(lines, math.max(1, #lines - most + 1), #lines, 1, {})
end

-- What a result says, without the last line of the output when that stands below.
local function without_last(result, entry)
  local last = one_line(last_lines(entry.tail, 1)[1])
  if last == "" or result:sub(-#last) ~= last then return result end
  result = text.trim_end(result:sub(1, -#last - 1)):gsub(":$", "")
  return result ~= "" and result or words.say "done"
end

-- The end of what a command printed, when that is more than the line of the call says; that of one
-- that was stopped says nothing of it.
local function output_rows(entry, result, failed, columns)
  local lines = last_lines(entry.tail, failed and SHOWN_FAILED or SHOWN)
  local told = not failed or result:find(one_line(lines[1]):sub(1, TOLD), 1, true)
  if told and #lines < 2 and entry.lines < 2 then return {} end
  local rows, hidden = {}, entry.lines - #lines
  for i, line in ipairs(lines) do rows[i] = "    " .. style.paint("dim", wrap.cut(line, columns - 4)) end
  if hidden > 0 then
    table.insert(rows, 1, "    " .. style.paint("dim", words.plural("more_lines", hidden)))
  end
  return rows
end

-- The line of a call that ended, in two rows where one is too short; and whether all of the label
-- is in it.
local function line_rows(verb, label, result, failed, columns)
  local sign, look = failed and "✗" or "●", failed and "bad" or "accent"
  if result == "" then return { head(verb, label, columns, sign, look) }, true end
  local lead = style.reader() and words.say "result" .. ": " or "· "
  local shown, width = wrap.cut(lead .. result, math.max(columns - 2, 16))
  shown = style.paint(failed and "bad" or "dim", shown)
  local beside, least = columns - width - 1, math.min(term.width(label), LEAST_LABEL)
  local own_row = beside < term.width(verb) + 3 + least
  local start = head(verb, label, own_row and columns or beside, sign, look)
  local whole = term.width(verb) + 3 + term.width(label) <= (own_row and columns or beside)
  local below = not style.reader() and shown:gsub("· ", "  ", 1) or shown
  return own_row and { start, "  " .. below } or { start .. " " .. shown }, whole
end

-- The first rows, and how many more there are.
local function folded(rows, most)
  if #rows <= most then return rows end
  local out = table.move(rows, 1, most, 1, {})
  out[most + 1] = style.paint("dim", words.plural("more_lines", #rows - most))
  return out
end

-- A call with its result in a word, what it changed or was, and the end of what it printed.
local function block(entry, result, failed, columns, more)
  local label, diff = entry.alone and "" or entry.label, not failed and entry.diff
  local took = entry.asks and 0 or task.now() - entry.since
  local below = output_rows(entry, result, failed, columns)
  if diff then result = patch.count(diff) end
  if below[1] then result = without_last(result, entry) end
  local time = took >= 1 and words.span(took) or ""
  if result == entry.label then result = time elseif time ~= "" then result = result .. " · " .. time end
  local verb = verb_of(entry.name, failed and "ask" or "done")
  local rows, whole = line_rows(verb, label, result, failed, columns)
  local about = diff and patch.rows(diff, columns - 4, MOST_DIFF) or {}
  if entry.command and (not whole or entry.command:find "\n.") then -- it stands once, and whole
    rows = line_rows(verb, "", result, failed, columns)
    about = wrap.rows({ text = wrap.untab(text.trim_end(entry.command)), spans = {} }, columns - 4)
    about = folded(about, entry.most)
  end
  if not about[1] and not entry.alone then
    about = folded(own_rows(entry.call, entry.args, entry.result, columns - 4), MOST_SHOWN)
  end
  for _, row in ipairs(about) do rows[#rows + 1] = row ~= "" and "    " .. row or row end
  table.move(below, 1, #below, #rows + 1, rows)
  for _, line in ipairs(more or {}) do -- what a hook has to say of it
    rows[#rows + 1] = "    " .. style.paint("warn", wrap.cut(one_line(line), columns - 4))
  end
  return rows
end

local function looks(name)
  local tool = registry.get("tools", name)
  return tool and tool.effect == "read"
end

---The calls that only looked and ended: what goes into the scrollback before anything else does,
---those of a kind in one line.
---@param columns integer
---@return string[]
function M.together(columns)
  local rows, labels, order = {}, {}, {}
  for _, one in ipairs(held) do
    if not labels[one.verb] then labels[one.verb], order[#order + 1] = {}, one end
    table.insert(labels[one.verb], one.label)
  end
  held = {}
  for _, one in ipairs(order) do
    local list = labels[one.verb]
    rows[#rows + 1] = list[2] and head(one.verb, table.concat(list, ", "), columns, "●", "accent")
      or one.rows[1]
  end
  return rows
end

---A call has ended: what goes into the scrollback.
---@param call CallPart
---@param part ResultPart
---@param columns integer
---@param read boolean? it has not begun, and stands in the question above
---@return string[]
function M.ended(call, part, columns, read)
  local entry = { name = call.name, label = label_of(call), alone = read, tail = "", lines = 0,
    since = task.now(), call = call }
  for i, one in ipairs(running) do
    if one.id == call.id then entry = table.remove(running, i) break end
  end
  entry.result = part.text
  local said = one_line(part.display or part.error and part.text or words.say "done")
  local rows = block(entry, said, part.error, columns, part.below)
  if not looks(entry.name) or part.error or #rows > 1 or style.reader() then
    local before = M.together(columns)
    return table.move(rows, 1, #rows, #before + 1, before)
  end
  held[#held + 1] = { verb = verb_of(entry.name, "done"), label = entry.label, rows = rows }
  return {}
end

---The calls that will not end: what goes into the scrollback.
---@param columns integer
---@return string[]
function M.cut(columns)
  local rows = M.together(columns)
  for _, entry in ipairs(running) do
    local own = block(entry, words.say "cut", true, columns)
    table.move(own, 1, #own, #rows + 1, rows)
  end
  running = {}
  return rows
end

---The calls that run, with the end of their output.
---@param columns integer
---@return string[]
function M.rows(columns)
  local rows = {}
  for i, one in ipairs(held) do rows[i] = one.rows[1] end
  for _, entry in ipairs(running) do
    if entry.asks then goto continue end -- the question stands there
    local took = task.now() - entry.since
    local time = took >= 1 and not style.reader() and " · " .. words.span(took, true) or ""
    local own = M.line_of and M.line_of(entry.id, columns)
    local start = own or head(verb_of(entry.name, "ask"), entry.label, columns - #time, "●", "warn")
    rows[#rows + 1] = own or start .. style.paint("dim", time)
    for _, line in ipairs(last_lines(entry.tail, SHOWN_FAILED)) do rows[#rows + 1] = "  " .. style.paint("dim", wrap.cut(line, columns - 2)) end
    ::continue::
  end
  return rows
end

return M
