-- A question about an effect: the whole command or change (approval_text.lua), and a list of
-- answers. One about a call stands on the screen until it is answered, and what is longer than its
-- room scrolls; any other, and one for somebody who listens, stands in the scrollback. What an
-- answer means is the business of who asks.
local Dialog = require "qwen.ui.widget.dialog"
local Entry = require "qwen.ui.widget.text_input"
local KeyReader = require "qwen.ui.editor.key_reader"
local style = require "qwen.ui.render.style"
local ansi = require "qwen.ui.render.ansi"
local live = require "qwen.ui.screen.live"
local shown = require "qwen.ui.widget.approval_text"
local term = require "sys.term"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local say = words.say

-- The place that Enter takes: where the person moved to, else the first, but not beside a text.
local function marked(self) return self.at or self.armed and not self.typing and 1 or nil end

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
  list_up = function(self) go(self, (self.at or 1) - 1) end,
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

---@param asked {title: string, detail: string?, diff: boolean?, reason: string?, id: string?, stands: boolean?, choices: QuestionChoice[]}
---diff: the detail is a change that we made out; a command that only looks like one is shown whole
---id: of the call that it is about; stands: the scrollback needs none of it either
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
  local out = table.move(rows, 1, first, 2, { shown.head(asked) })
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

-- The letter that answers at once: none for what lasts.
local function letter(choice)
  return not choice.lasting and choice.key:find "^%a$" and choice.key or nil
end

-- One choice, with its mark, in as many rows as it needs.
local function choice_rows(self, i, chosen, columns)
  local choice = self.choices[i]
  local number = self.digits and ("%d. "):format(i) or ""
  local key = letter(choice)
  local label = number .. text.clean(choice.label) .. (key and " (" .. key .. ")" or "")
  local width = math.max(columns - 5 - #number, 8)
  local rows = wrap.rows({ text = wrap.untab(label), spans = {} }, width, "")
  for n, row in ipairs(rows) do
    row = chosen and style.paint("bold", row) or row
    local lead = n > 1 and (" "):rep(4 + #number) or chosen and style.paint("accent", "  ❯ ") or "    "
    rows[n] = lead .. row
  end
  return rows
end

-- How it is answered, once it can be; an empty row before, so that nothing moves.
local function hint(self, columns)
  if not self.armed then return "" end
  local later, id = self.typing and not self.at, self.digits and "answer_keys" or "answer_keys_arrows"
  if later then id = self.digits and "answer_later" or "answer_later_arrows" end
  local up, down, accept, cancel = KeyReader.labels("list_up", "list_down", "list_accept", "list_cancel")
  local said = say(id, up, down, accept, cancel, say(self.asked.turn and "stops_turn" or "leaves_it"))
  if self.rest then said = said .. ", v: " .. say "show_rest" end
  return "    " .. style.paint("dim", (wrap.cut(said, math.max(columns - 5, 8))))
end

local AROUND = 2 -- rows above and below a question that are not its own

-- What is asked about in so many columns; of a title that is longer than a row the rest scrolls.
local function lay_out(self, columns)
  if self.columns == columns then return end
  local title = ansi.wrap(shown.head(self.asked), columns - 1)
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

-- Rows of the choices, and where the marked one begins.
local function choices(self, columns, most)
  local at = marked(self)
  local blocks, list, row = {}, {}, nil
  for i in ipairs(self.choices) do
    blocks[i] = choice_rows(self, i, i == (at or live.dumb() and 1), columns)
  end
  local first, last = near(blocks, at or 1, most)
  for i = first, last do
    if i == at then row = #list + 1 end
    table.move(blocks[i], 1, #blocks[i], #list + 1, list)
  end
  return list, row
end

---What is asked about is seen on the smallest screen, too: there nothing is left empty, and the
---choices that have no room come when one moves to them.
---@param columns integer
---@param height integer
---@param armed boolean? keys answer it now
---@param typing boolean? a text stands below it: no choice is marked by itself
---@return string[] rows
---@return {row: integer, column: integer} cursor
function Question:rows(columns, height, armed, typing)
  if self.entry then return self.entry:rows(columns, height) end
  self.armed, self.typing = armed, typing
  local list, row = choices(self, columns, math.huge)
  local out, last = {}, hint(self, columns)
  if self.stands then
    lay_out(self, columns)
    local room = height - AROUND - #list - 4 -- two empty rows, the title, the hint
    if room > LEAST_ROOM or room >= #self.body + #self.reasons then
      out = above(self, room)
      table.insert(out, 1, "")
      out[#out + 1] = ""
    else
      list, row = choices(self, columns, height - AROUND - LEAST_ROOM)
      out, last = above(self, height - AROUND - #list), nil
    end
  end
  row = row and #out + row
  table.move(list, 1, #list, #out + 1, out)
  out[#out + 1] = last
  return out, { row = row or #out, column = row and 2 or math.min(ansi.width(out[#out]), columns - 1) }
end

function Question:types() return self.entry ~= nil end

-- The choice that a character takes.
local function named(self, event)
  if not event.text then return nil end
  for i, choice in ipairs(self.choices) do
    local digit = self.digits and event.text == tostring(i)
    if digit or letter(choice) == event.text then return i end
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
