-- The answers of a question as rows: each with its number, its mark and what is said of it, and of
-- many those that have room.
local live = require "qwen.ui.screen.live"
local style = require "qwen.ui.render.style"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local say = words.say

---The letter that answers at once: none for what lasts.
---@param choice QuestionChoice
---@return string?
function M.letter(choice)
  return not choice.lasting and choice.key:find "^%a$" and choice.key or nil
end

-- Whether a choice among several is marked.
local function box(choice)
  if choice.marked == nil then return "" end
  if style.reader() then return choice.marked and say "marked" .. ": " or "" end
  return choice.marked and "[x] " or "[ ] "
end

-- One choice in as many rows as it needs.
local function choice_rows(choice, number, chosen, columns)
  local key = M.letter(choice)
  local label = number .. box(choice) .. text.clean(choice.label)
    .. (key and " (" .. key .. ")" or "")
  local width, hang = math.max(columns - 5 - #number, 8), (" "):rep(4 + #number)
  local rows = wrap.rows({ text = wrap.untab(label), spans = {} }, width, "")
  for n, row in ipairs(rows) do
    row = chosen and style.paint("bold", row) or row
    local lead = n > 1 and hang or chosen and style.paint("accent", "  ❯ ") or "    "
    rows[n] = lead .. row
  end
  local detail = choice.detail and { text = wrap.untab(text.clean(choice.detail)), spans = {} }
  for _, row in ipairs(detail and wrap.rows(detail, width, "dim") or {}) do
    rows[#rows + 1] = hang .. row
  end
  return rows
end

-- The choices that have room: the marked one, those after it, those before it.
local function near(blocks, at, most)
  local first, last, size = at, at, #blocks[at]
  while true do
    local after, before = blocks[last + 1], blocks[first - 1]
    if after and size + #after <= most then
      last, size = last + 1, size + #after
    elseif before and size + #before <= most then
      first, size = first - 1, size + #before
    else
      return first, last
    end
  end
end

-- As many rows of a choice as there are. What allows something is never cut.
local function within(rows, most, prose)
  if not prose or #rows <= most then return rows end
  local out = table.move(rows, 1, math.max(most, 1), 1, {})
  if most > 1 then out[most] = "    …" end
  return out
end

---Rows of the choices, and where the marked one begins.
---@param question {choices: QuestionChoice[], digits: boolean, asked: Question}
---@param at integer? the marked one
---@param columns integer
---@param most number of rows
---@return string[]
---@return integer?
function M.rows(question, at, columns, most)
  local blocks, list, row = {}, {}, nil
  for i, choice in ipairs(question.choices) do
    local number = question.digits and ("%d. "):format(i) or ""
    local rows = choice_rows(choice, number, i == (at or live.dumb() and 1), columns)
    blocks[i] = within(rows, most, question.asked.markdown)
  end
  local first, last = near(blocks, at or 1, most)
  for i = first, last do
    if i == at then row = #list + 1 end
    table.move(blocks[i], 1, #blocks[i], #list + 1, list)
  end
  return list, row
end

return M
