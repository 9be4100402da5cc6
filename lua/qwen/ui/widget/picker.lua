-- A picker: one of several choices by arrows, number or search.
local Dialog = require "qwen.ui.widget.dialog"
local KeyReader = require "qwen.ui.editor.key_reader"
local editor = require "qwen.ui.editor.editor"
local style = require "qwen.ui.render.style"
local task = require "sys.task"
local term = require "sys.term"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local QUIET = 0.15 -- seconds without a key, after which texts are searched
local FEW = 9 -- up to here a digit chooses; with more, letters search
local GAP = 2 -- columns between the columns of a row
local NARROW = 16 -- columns that a label keeps beside its columns

local function leave() return false end

local Pick = Dialog.class({
  list_cancel = leave, delete_or_leave = leave,
  list_up = function(self) self:go(self.at - 1, -1) end,
  list_down = function(self) self:go(self.at + 1, 1) end,
  list_page_up = function(self) self:go(math.max(self.at - self.page, 1), 1) end,
  list_page_down = function(self) self:go(math.min(self.at + self.page, #self.found), -1) end,
  list_first = function(self) self:go(1, 1) end,
  list_last = function(self) self:go(#self.found, -1) end,
  list_accept = function(self)
    local i = self.found[self.at]
    if i and not self.choices[i].disabled then return i end
  end,
}, "list", "prompt")

local say = words.say

local function one_line(label)
  return (text.clean(tostring(label)):gsub("%s+", " "))
end

-- What stands behind a label as one text, its parts below each other in all rows.
local function align(choices)
  local widths, right = {}, {}
  for _, choice in ipairs(choices) do
    for i, cell in ipairs(choice.columns or {}) do
      widths[i] = math.max(widths[i] or 0, term.width(cell))
    end
  end
  for _, choice in ipairs(choices) do
    local cells = {}
    for i, cell in ipairs(choice.columns or {}) do
      cells[#cells + 1] = widths[i] > 0 and text.pad(cell, widths[i]) or nil
    end
    if choice.columns then choice.detail = table.concat(cells, (" "):rep(GAP)) end
    right[choice] = choice.columns and term.width(choice.detail) or nil
  end
  return right
end

-- A choice as it is shown, each text on one line.
local function as_shown(choice)
  if type(choice) ~= "table" then choice = { label = choice } end
  local said = { label = one_line(choice.label) }
  for _, name in ipairs { "detail", "group", "disabled" } do said[name] = choice[name] and one_line(choice[name]) end
  for n, cell in ipairs(choice.columns or {}) do
    said.columns = said.columns or {}
    said.columns[n] = one_line(cell)
  end
  return said
end

-- Puts the columns of all choices below each other.
local function arrange(self)
  self.right, self.label_width = align(self.choices), 0
  for _, said in ipairs(self.choices) do
    said.hay = table.concat({ said.group or "", said.label, said.detail or "" }, " "):lower()
    if said.columns then self.label_width = math.max(self.label_width, term.width(said.label)) end
  end
end

---@param title string
---@param choices (string|{label: string, detail: string?, columns: string[]?, group: string?, disabled: string?})[]
---@param options {at: integer?, search: boolean?, hint: string?, preview: (fun(i: integer, said: string?): string?)?,
--- texts: fun(query: string, hit: fun(choice: integer|table, said: string))?}? at: the one to begin with; search: whether letters search, by default when
--- there are many; preview: the one that is marked now, and Markdown to be shown below; texts: what is not in the rows is searched, too: each choice that
--- fits is given to hit, by its number or as one more, with what fits
---@return table
function Pick.new(title, choices, options)
  options = options or {}
  local self = Pick.make { title = one_line(title), choices = {}, preview = options.preview, page = 1 }
  self.hint, self.texts = options.hint, options.texts
  for i, choice in ipairs(choices) do self.choices[i] = as_shown(choice) end
  arrange(self)
  local search = options.search
  if search == nil then search = #choices > FEW end
  self.line = search and editor.new {} or nil
  self:changed()
  self.at = options.at and math.max(1, math.min(options.at, #self.found)) or self.at
  return self
end

-- What is searched for.
local function query(self)
  return self.line and one_line(editor.text(self.line)) or ""
end

-- Finds the choices that hold every word of the query, in their order; one that is called exactly so is marked.
local function find(self)
  self.found, self.at = {}, 1
  local exact
  local wanted = query(self):lower()
  for i, choice in ipairs(self.choices) do
    local holds = true
    for word in wanted:gmatch "%S+" do holds = holds and choice.hay:find(word, 1, true) ~= nil end
    if holds or self.fits[i] then self.found[#self.found + 1] = i end
    if holds and choice.label:lower() == wanted then exact = #self.found end
  end
  self:go(exact or 1, 1)
end

-- A choice whose text fits; the one that is marked stays so.
local function hit(self, choice, said)
  local marked = self.found[self.at]
  if type(choice) == "table" then
    self.choices[#self.choices + 1] = as_shown(choice)
    arrange(self)
    choice = #self.choices
  end
  self.fits[choice], self.previewed = said, nil
  find(self)
  for at, i in ipairs(self.found) do
    if i == marked then self.at = at end
  end
  if self.repaint then self.repaint() end
end

---Looks for no more; to be called when nobody looks at it any longer.
function Pick:close()
  if self.looking then self.looking:cancel() end
  self.looking = nil
end

function Pick:changed()
  self:close()
  self.fits, self.previewed = {}, nil -- what fits in the text of a choice
  find(self)
  local wanted = query(self)
  if not self.texts or not wanted:find "%S" then return end
  self.looking = task.spawn(function()
    task.sleep(QUIET)
    self.texts(wanted, function(choice, said) hit(self, choice, said) end)
    self.looking = nil
    if self.repaint then self.repaint() end
  end)
end

-- To a place in the list, or the nearest one in that direction that can be chosen, round the end.
function Pick:go(at, step)
  for _ = 1, #self.found do
    at = (at - 1) % #self.found + 1
    if not self.choices[self.found[at]].disabled then
      self.at = at
      return
    end
    at = at + step
  end
end

-- One row a choice, with a heading where the group changes; and the row of the chosen one.
local function list(self, columns)
  local rows, chosen, group = {}, 1, nil
  for n, i in ipairs(self.found) do
    local choice = self.choices[i]
    if choice.group ~= group then
      group = choice.group
      if group then rows[#rows + 1] = style.paint("dim", (wrap.cut(group, columns - 1))) end
    end
    local number = not self.line and ("%d. "):format(i) or ""
    local label = number .. choice.label
    local room = self.right[choice] and columns - 3 - self.right[choice] - GAP
    if room and room >= NARROW then
      room = math.min(room, self.label_width + #number)
      label = text.pad(wrap.cut(label, room), room)
    end
    label = wrap.cut(label, math.max(columns - 3, 1))
    local rest = columns - 3 - term.width(label) - 2
    local more = choice.disabled and "(" .. choice.disabled .. ")" or choice.detail
    local behind = more and rest > 3 and "  " .. style.paint("dim", (wrap.cut(more, rest))) or ""
    if n == self.at then chosen = #rows + 1 end
    label = choice.disabled and style.paint("dim", label) or n == self.at and style.paint("bold", label) or label
    rows[#rows + 1] = (n == self.at and style.paint("accent", "> ") or "  ") .. label .. behind
  end
  return rows, chosen
end

-- What the preview says of the one that is marked; asked once for each.
local function preview(self, columns, height)
  local at = self.found[self.at]
  if not self.preview or not at then return {} end
  if self.previewed ~= at then self.previewed, self.sample = at, self.preview(at, self.fits[at]) end
  if not self.sample then return {} end
  local rows = require("qwen.ui.render.markdown").rows(self.sample, columns - 1)
  table.insert(rows, 1, "")
  return table.move(rows, 1, math.min(#rows, height // 2), 1, {})
end

-- How it is answered, by the keys that count.
local function hint(self)
  if self.hint then return self.hint end
  local id = self.line and "search_keys" or "number_keys"
  return say(id, KeyReader.labels("list_up", "list_down", "list_accept", "list_cancel"))
end

---@param columns integer
---@param height integer
---@return string[] rows
---@return {row: integer, column: integer} cursor
function Pick:rows(columns, height)
  local below = preview(self, columns, height)
  local out = { style.paint("bold", (wrap.cut(self.title, math.max(columns - 1, 1)))) }
  if self.line then
    out[2] = style.paint("dim", say "search") .. " " .. wrap.cut(query(self), math.max(columns - 10, 1))
  end
  local head = #out
  local rows, chosen = list(self, columns)
  local most = math.max(1, math.min(#rows, height - head - 2 - #below))
  local first = math.max(1, math.min(chosen - most // 2, #rows - most + 1))
  self.page = most
  table.move(rows, first, first + most - 1, #out + 1, out)
  if #self.found == 0 then
    out[#out + 1] = style.paint("dim", "  " .. say(self.looking and "reading" or "nothing_fits"))
  end
  local more = #rows > most and say("of", self.at, #self.found) .. "; " or ""
  if self.looking and self.found[1] then more = say "reading" .. "; " .. more end
  out[#out + 1] = style.paint("dim", (wrap.cut("(" .. more .. hint(self) .. ")", columns - 1)))
  table.move(below, 1, #below, #out + 1, out)
  if not self.line then return out, { row = head + chosen - first + 1, column = 0 } end
  local typed = one_line(self.line.text:sub(1, self.line.cursor))
  local column = term.width(say "search") + 1 + term.width(typed)
  return out, { row = 2, column = math.min(column, columns - 1) }
end

-- The choice that a digit takes.
local function numbered(self, event)
  local number = not self.line and math.tointeger(tonumber(event.text)) -- as it stands before each
  return number, number and self.choices[number]
end

function Pick:wants(event)
  return numbered(self, event) ~= nil or Dialog.wants(self, event)
end

---@param event KeyEvent
---@return integer|false|nil number of the choice; false when the person leaves; nil to go on
function Pick:key(event)
  local number, choice = numbered(self, event)
  if not number then return Dialog.key(self, event) end
  if choice and not choice.disabled then return number end
end

---What stands in the scrollback afterwards.
---@param answer integer|false
---@return string
function Pick:said(answer)
  local chosen = answer and self.choices[answer].label or say "left"
  return Dialog.told(self.title, chosen)
end

return Pick
