-- What a question shows of the call that it is about, with nothing hidden in it: a title, the whole
-- command or change, and why it is asked.
local Blocks = require "qwen.ui.render.blocks"
local ansi = require "qwen.ui.render.ansi"
local lookalike = require "qwen.ui.render.lookalike"
local patch = require "qwen.ui.render.patch"
local style = require "qwen.ui.render.style"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local MANY_SPACES, MANY_LINES = 24, 3

-- Blanks that a terminal shows as it shows a space.
local blanks = { "\u{A0}", "\u{1680}", "\xe2\x80[\x80-\x8a\xaf]", "\u{205F}", "\u{2800}", "\u{3000}" }

---A detail with everything in it shown: what has no picture as its code, what could push the rest out of sight as a count.
---@param detail string
---@param prose boolean? it is the text of a file
---@return string
function M.visible(detail, prose)
  local shown = lookalike.marked(text.visible(detail), prose)
  for _, blank in ipairs(blanks) do
    shown = shown:gsub(blank, function(found) return ("\\u%04x"):format(utf8.codepoint(found)) end)
  end
  shown = shown:gsub("([^ \t\n])([ \t]+)", function(before, gap)
    if #gap >= MANY_SPACES then return ("%s [%d blanks] "):format(before, #gap) end
  end)
  shown = shown:gsub("\n[ \t\n]*\n", function(gap)
    local _, lines = gap:gsub("\n", "")
    if lines > MANY_LINES then return ("\n[%d empty lines]\n"):format(lines - 1) end
  end)
  return (shown:gsub("%f[ \t]([ \t]+)%f[\n\0]", function(gap) return ("·"):rep(#gap) end))
end

-- A question in prose is broken between words.
local function prose_title(title, columns)
  local rows = wrap.rows({ text = text.clean(title), spans = {} }, math.max(columns - 3, 8), "bold")
  for i, row in ipairs(rows) do rows[i] = (i == 1 and style.paint("warn", "? ") or "  ") .. row end
  return rows
end

---What is asked.
---@param asked table as of approval_dialog
---@param columns integer
---@return string[] rows
function M.title(asked, columns)
  local title = asked.title:gsub("%s+", " ")
  if asked.markdown then return prose_title(title, columns) end
  title = M.visible(title)
  local count = asked.diff and patch.is_diff(asked.detail or "") and patch.count(asked.detail)
  title = style.paint("warn", "? ") .. style.paint("bold", title)
  return ansi.wrap(title .. (count and "  " .. style.paint("dim", count) or ""), columns - 1)
end

-- The model's prose as an answer would show it; rows of code are broken, too.
local function prose_rows(detail, columns)
  local out = {}
  for _, row in ipairs(Blocks.rows(text.clean(detail), columns)) do
    local rows = ansi.wrap(row, columns)
    table.move(rows, 1, #rows, #out + 1, out)
  end
  return out
end

-- Of a change what each line holds is made visible after the marks are read.
local function detail_rows(asked, columns)
  local detail = asked.detail or ""
  if asked.markdown then return detail:find "%S" and prose_rows(detail, columns) or {} end
  if asked.diff and patch.is_diff(detail) then
    return patch.rows(detail, columns, nil, function(line) return M.visible(line, true) end)
  end
  if detail == "" then return {} end
  local content = wrap.untab(M.visible(detail, asked.diff):gsub("\n$", ""))
  return (wrap.rows({ text = content, spans = {} }, columns))
end

local function indented(rows)
  for i, row in ipairs(rows) do rows[i] = row ~= "" and "  " .. row or row end
  return rows
end

---What is asked about.
---@param asked table
---@param columns integer
---@return string[]
function M.rows(asked, columns) return indented(detail_rows(asked, columns - 2)) end

---Why it is asked.
---@param asked table
---@param columns integer
---@return string[]
function M.reasons(asked, columns)
  if not asked.reason then return {} end
  local because = words.say("because", lookalike.marked(text.clean(asked.reason)))
  return indented((wrap.rows({ text = wrap.untab(because), spans = {} }, columns - 2, "dim")))
end

return M
