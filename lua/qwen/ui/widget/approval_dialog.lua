-- A question about an effect: the whole command or change (approval_text.lua), and a list of
-- answers. One about a call stands on the screen until it is answered, and what is longer than its
-- room scrolls; any other, and one for somebody who listens, stands in the scrollback. What an
-- answer means is the business of who asks.
local Dialog = require "qwen.ui.widget.dialog"
local Entry = require "qwen.ui.widget.text_input"
local KeyReader = require "qwen.ui.editor.key_reader"
local style = require "qwen.ui.render.style"
local ansi = require "qwen.ui.render.ansi"
local choice_list = require "qwen.ui.widget.choice_list"
local live = require "qwen.ui.screen.live"
local shown = require "qwen.ui.widget.approval_text"
local term = require "sys.term"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local say = words.say

-- The place that Enter takes: where the person moved to, else the first or the one that the question
-- names, but not beside a text.
local function marked(self)
  return self.at or self.armed and not self.typing and (self.asked.at or 1) or nil
end

-- To a place in the list, round its end.
local function go(self, at) self.at = (at - 1) % #self.choices + 1 end

-- Another part of what is asked about; rows() keeps it within its ends.
local function scroll(self, pages)
  self.top = (self.top or 0) + pages * math.max((self.room or 1) - 1, 1)
end

-- Takes a choice, or asks for the words that go with it.
local function take(self, at)
  local choice = at and self.choices[at]
  if not choice then return nil end
  if not choice.words then return { key = choice.key, label = choice.label } end
  self.chosen, self.entry = choice, Entry.new(choice.words)
end

local Question = Dialog.class({
  list_cancel = function() return false end,
  list_up = function(self) go(self, (self.at or self.asked.at or 1) - 1) end,
  list_down = function(self) go(self, (marked(self) or 0) + 1) end,
  list_first = function(self) go(self, 1) end,
  list_last = function(self) go(self, #self.choices) end,
  list_page_up = function(self) scroll(self, -1) end,
  list_page_down = function(self) scroll(self, 1) end,
  list_accept = function(self) return take(self, marked(self)) end,
}, "list")

local FEW = 9 -- up to here a digit chooses
local MOST_DIFF = 200 -- rows of a change that the scrollback gets at once
local LEAST_ROOM = 2 -- rows for what is asked about, however small the screen is

---@param asked Question
---diff: the detail is a change that we made out; a command that only looks like one is shown whole
---markdown: what is asked is the model's prose, and no effect of it
---id: of the call that it is about; stands: the scrollback needs none of it either
---at: the choice that Enter takes at first; keys: more keys for the hint; leaves: what Esc does
function Question.new(asked)
  local once = false -- a question whose every answer lasts is not answered by a character that begins a prompt
  for _, choice in ipairs(asked.choices) do once = once or not choice.lasting end
  return Question.make { asked = asked, choices = asked.choices, digits = once and #asked.choices <= FEW,
    stands = (asked.id ~= nil or asked.stands) and not live.dumb() and not style.reader() }
end

---What goes into the scrollback before the answer: everything that is asked about, but of a long change the beginning; a key shows the rest.
---@return string
function Question:lines()
  local asked = self.asked
  local columns = select(2, term.size())
  local rows = shown.rows(asked, columns)
  local first = asked.diff and #rows > MOST_DIFF and MOST_DIFF - MOST_DIFF // 4 or #rows
  local out = shown.title(asked, columns)
  table.move(rows, 1, first, #out + 1, out)
  if first < #rows then
    self.rest = table.move(rows, first + 1, #rows, 1, {})
    out[#out + 1] = "  " .. style.paint("warn", words.plural("more_lines", #self.rest))
  end
  local reasons = shown.reasons(asked, columns)
  table.move(reasons, 1, #reasons, #out + 1, out)
  return table.concat(out, "\n") .. "\n"
end

-- The part of what is asked about that has room, and which part it is.
local function part(self, rows, room)
  self.room = math.max(room, LEAST_ROOM)
  if #rows <= self.room then
    self.top = 0
    return rows
  end
  local last = #rows - self.room + 1
  self.top = math.max(0, math.min(self.top or 0, last))
  local out = table.move(rows, self.top + 1, self.top + self.room - 1, 1, {})
  local up, down = KeyReader.labels("list_page_up", "list_page_down")
  local said = say("part_of", self.top + 1, self.top + self.room - 1, #rows, up, down)
  out[#out + 1] = "  " .. style.paint("warn", (wrap.cut(said, math.max(self.columns - 3, 8))))
  return out
end

-- How it is answered, once it can be; an empty row before, so that nothing moves.
local function hint(self, columns)
  if not self.armed then return "" end
  local later, id = self.typing and not self.at, self.digits and "answer_keys" or "answer_keys_arrows"
  if later then id = self.digits and "answer_later" or "answer_later_arrows" end
  local up, down, accept, cancel = KeyReader.labels("list_up", "list_down", "list_accept", "list_cancel")
  local leaves = self.asked.leaves or self.asked.turn and "stops_turn" or "leaves_it"
  local said = say(id, up, down, accept, cancel, say(leaves))
  if self.asked.keys and not self.typing then said = say("more_keys", said, self.asked.keys) end
  if self.rest then said = said .. ", v: " .. say "show_rest" end
  return "    " .. style.paint("dim", (wrap.cut(said, math.max(columns - 5, 8))))
end

local AROUND = 2 -- rows above and below a question that are not its own

-- What is asked about in so many columns; of a title that is longer than a row the rest scrolls.
local function lay_out(self, columns)
  if self.columns == columns then return end
  local title = shown.title(self.asked, columns)
  local rows = shown.rows(self.asked, columns)
  self.columns, self.title = columns, title[1]
  self.body = table.move(rows, 1, #rows, #title, table.move(title, 2, #title, 1, {}))
  self.reasons = shown.reasons(self.asked, columns)
end

-- All that stands above the choices, in the room that they leave; where that is little the reason
-- scrolls with what is asked about.
local function above(self, room)
  local rows, reasons = self.body, self.reasons
  if room - #reasons < math.min(#rows, LEAST_ROOM + 1) then
    rows, reasons = table.move(rows, 1, #rows, 1, {}), {}
    table.move(self.reasons, 1, #self.reasons, #rows + 1, rows)
  end
  local out = { self.title }
  rows = part(self, rows, room - #reasons)
  table.move(rows, 1, #rows, 2, out)
  return table.move(reasons, 1, #reasons, #out + 1, out)
end

-- The line that is being typed in the place of the choices, around its cursor, and where that is.
local function typed(self, columns, most)
  local lead = self.stands and "    " or ""
  local rows, cursor = self.entry:rows(columns - #lead)
  local first = math.max(1, math.min(cursor.row - most // 2, #rows - most + 1))
  local out = {}
  for i = first, math.min(#rows, first + most - 1) do out[#out + 1] = lead .. rows[i] end
  return out, { row = cursor.row - first + 1, column = cursor.column + #lead }
end

---What is asked about is seen on the smallest screen, too: there nothing is left empty, and the
---choices that have no room come when one moves to them. It stays while words are typed.
---@param columns integer
---@param height integer
---@param armed boolean? keys answer it now
---@param typing boolean? a text stands below it: no choice is marked by itself
---@return string[] rows
---@return {row: integer, column: integer} cursor
function Question:rows(columns, height, armed, typing)
  self.armed, self.typing = armed, typing
  local list, row, cursor
  if self.entry then
    list, cursor = typed(self, columns, math.max(height // 3, 1))
  else
    list, row = choice_list.rows(self, marked(self), columns, math.huge)
  end
  local out, last = {}, not self.entry and hint(self, columns) or nil
  if self.stands then
    lay_out(self, columns)
    local room = height - AROUND - #list - 4 -- two empty rows, the title, the hint
    if room > LEAST_ROOM or room >= #self.body + #self.reasons then
      out = above(self, room)
      table.insert(out, 1, "")
      out[#out + 1] = ""
    else
      local most = height - AROUND - LEAST_ROOM
      if not cursor then list, row = choice_list.rows(self, marked(self), columns, most) end
      out, last = above(self, height - AROUND - #list), nil
    end
  end
  if cursor then cursor.row = #out + cursor.row end
  row = row and #out + row
  table.move(list, 1, #list, #out + 1, out)
  out[#out + 1] = last
  return out, cursor or { row = row or #out,
    column = row and 2 or math.min(ansi.width(out[#out]), columns - 1) }
end

---The choice that Enter would take, taken.
function Question:marked() return take(self, marked(self)) end

function Question:types() return self.entry ~= nil end

-- The choice that a character takes.
local function named(self, event)
  if not event.text then return nil end
  for i, choice in ipairs(self.choices) do
    local digit = self.digits and event.text == tostring(i)
    if digit or choice_list.letter(choice) == event.text then return i end
  end
end

function Question:wants(event)
  return event.text == "v" and self.rest ~= nil or named(self, event) ~= nil or Dialog.wants(self, event)
end

---@param event KeyEvent
---@return {key: string, label: string, words: string?}|false|nil
function Question:key(event)
  if self.entry then
    local said = self.entry:key(event)
    if said == false then
      self.entry = nil
    elseif said then
      return { key = self.chosen.key, label = self.chosen.label, words = said }
    end
    return nil
  end
  if event.type ~= "key" then return nil end
  if event.text == "v" and self.rest then
    live.write(table.concat(self.rest, "\n") .. "\n")
    self.rest = nil
    return nil
  end
  local at = named(self, event)
  if at then return take(self, at) end
  return Dialog.key(self, event)
end

---What the scrollback keeps of the answer; nothing where the call that it is about says it.
---@param answer {key: string, label: string, words: string?}|false|nil
---@return string?
function Question:said(answer)
  local lasting = false
  for _, choice in ipairs(self.choices) do
    lasting = lasting or answer and choice.key == answer.key and choice.lasting
  end
  if self.stands and not lasting then return nil end
  local sign = style.paint("dim", style.reader() and "" or "→ ")
  return "  " .. sign .. (answer and text.clean(answer.label)
    .. ((answer.words or "") ~= "" and ": " .. text.clean(answer.words) or "") or say "left")
end

return Question
