-- Where vi's motions lead and what its text objects hold. Each takes a state of the editor and gives positions; nothing is changed here.
local layout = require "qwen.ui.editor.layout"
local cursor_motions = require "qwen.ui.editor.cursor"

local M = {}

local function at(state, position)
  return setmetatable({ cursor = position }, { __index = state })
end

local function class(text, position, big)
  local c = text:sub(position + 1, position + 1)
  if c == "" then return "end" end
  if c:find "%s" then return "blank" end
  if big or c:find "[%w_\x80-\xff]" then return "word" end
  return "mark"
end

local function next_word(state, position, big)
  local text, kind = state.text, class(state.text, position, big)
  while position < #text and class(text, position, big) == kind and kind ~= "blank" do position = layout.after(text, position) end
  while position < #text and class(text, position, big) == "blank" do position = position + 1 end
  return position
end

local function word_end(state, position, big)
  local text = state.text
  position = layout.after(text, position)
  while position < #text and class(text, position, big) == "blank" do position = position + 1 end
  local kind = class(text, position, big)
  while position < #text and class(text, layout.after(text, position), big) == kind do position = layout.after(text, position) end
  return math.min(position, layout.before(text, #text))
end

local function word_before(state, position, big)
  local text = state.text
  position = layout.before(text, position)
  while position > 0 and class(text, position, big) == "blank" do position = position - 1 end
  local kind = class(text, position, big)
  while position > 0 and class(text, layout.before(text, position), big) == kind do position = layout.before(text, position) end
  return position
end

local function times(fn, big, kind)
  return function(state, count)
    local position = state.cursor
    for _ = 1, math.min(count, #state.text + 1) do position = fn(state, position, big) end
    return position, kind
  end
end

---The first character of the line that is no blank.
function M.first_word(state)
  local first = cursor_motions.line_start(state)
  return first + #state.text:match("^[ \t]*", first + 1)
end

---A position so many lines below, or in the last line.
function M.lines_down(state, count)
  local position = state.cursor
  for _ = 1, count do
    local newline = state.text:find("\n", position + 1, true)
    if not newline then break end
    position = newline
  end
  return position
end

local function lines_up(state, count)
  local position = cursor_motions.line_start(state)
  for _ = 1, count do
    if position == 0 then break end
    position = cursor_motions.line_start(at(state, position - 1))
  end
  return position
end

M.keys = {
  h = function(state, count)
    local first, position = cursor_motions.line_start(state), state.cursor
    for _ = 1, count do position = position > first and cursor_motions.left(at(state, position)) or position end
    return position
  end,
  l = function(state, count)
    local last, position = cursor_motions.line_end(state), state.cursor
    for _ = 1, count do position = position < last and cursor_motions.right(at(state, position)) or position end
    return position
  end,
  [" "] = function(state) return cursor_motions.right(state) end,
  w = times(next_word, false), W = times(next_word, true), b = times(word_before, false), B = times(word_before, true),
  e = times(word_end, false, "inclusive"), E = times(word_end, true, "inclusive"),
  ["0"] = function(state) return cursor_motions.line_start(state) end,
  ["^"] = function(state) return M.first_word(state) end,
  ["$"] = function(state) return cursor_motions.line_end(state) end,
  gg = function() return 0, "line" end,
  G = function(state) return cursor_motions.line_start(at(state, #state.text)), "line" end,
  j = function(state, count) return M.lines_down(state, count), "line" end,
  k = function(state, count) return lines_up(state, count), "line" end,
}

---f, F, t and T: the count-th place of a letter in the line.
function M.find(state, finder, letter, count)
  local text, first, last = state.text, cursor_motions.line_start(state), cursor_motions.line_end(state)
  local position = state.cursor
  local forward = finder == "f" or finder == "t"
  for _ = 1, count do
    repeat
      if forward and position >= last or not forward and position <= first then return nil end
      position = forward and layout.after(text, position) or layout.before(text, position)
    until text:sub(position + 1, position + #letter) == letter and (not forward or position < last)
  end
  if finder == "t" then position = layout.before(text, position) end
  if finder == "T" then position = layout.after(text, position) end
  return position, forward and "inclusive" or nil
end

---As `find`, once more: what t and T stand before already is passed.
function M.find_again(state, finder, letter, count)
  local from = state.cursor
  if finder == "t" then from = layout.after(state.text, from) end
  if finder == "T" then from = math.max(layout.before(state.text, from), cursor_motions.line_start(state)) end
  return M.find(at(state, from), finder, letter, count)
end

local pairs_of = { ["("] = "()", [")"] = "()", b = "()", ["["] = "[]", ["]"] = "[]", ["{"] = "{}", ["}"] = "{}", B = "{}", ["<"] = "<>", [">"] = "<>" }

local function brackets(state, both, around)
  local text, open, close = state.text, both:sub(1, 1), both:sub(2)
  local depth, from = 0, nil
  for i = state.cursor + 1, 1, -1 do
    local c = text:sub(i, i)
    if c == close and i <= state.cursor then depth = depth + 1 end
    if c == open then
      if depth == 0 then from = i break end
      depth = depth - 1
    end
  end
  if not from then return nil end
  local _, to = text:find("%b" .. both, from)
  if not to then return nil end
  if around then return from - 1, to end
  return from, to - 1
end

local function quotes(state, quote, around)
  local first, last = cursor_motions.line_start(state), cursor_motions.line_end(state)
  local from
  for i = first + 1, last do
    if state.text:sub(i, i) == quote then
      if from and i > state.cursor then
        if around then return from - 1, i end
        return from, i - 1
      end
      from = not from and i or nil
    end
  end
end

local function word(state, big, around)
  local text = state.text
  local kind = class(text, state.cursor, big)
  if kind == "end" then return nil end
  local from, to = state.cursor, state.cursor
  while from > 0 and class(text, layout.before(text, from), big) == kind do from = layout.before(text, from) end
  while to < #text and class(text, to, big) == kind do to = layout.after(text, to) end
  if around then
    local blank = #text:match("^[ \t]*", to + 1)
    if blank > 0 then return from, to + blank end
    from = #(text:sub(1, from):match "^.*[^ \t]" or "")
  end
  return from, to
end

---What a text object holds: bytes after `from` up to `to`; nil when the cursor is in none.
---@param state Editor
---@param keys string "iw", "a("
---@return integer? from
---@return integer? to
function M.object(state, keys)
  local around, kind = keys:sub(1, 1) == "a", keys:sub(2)
  if kind == "w" or kind == "W" then return word(state, kind == "W", around) end
  if pairs_of[kind] then return brackets(state, pairs_of[kind], around) end
  if kind == '"' or kind == "'" or kind == "`" then return quotes(state, kind, around) end
end

return M
