-- Markdown as rows for a screen of a given width, in the styles of the theme. Pure. How an answer is cut into blocks is in blocks.lua.
-- Everything that comes out has been cleaned: an entity can name a control character that the source does not hold.
local clean = require("sys.text").clean
local highlight = require "qwen.ui.render.highlight"
local parser = require "sys.markdown"
local style = require "qwen.ui.render.style"
local term = require "sys.term"
local table_rows = require "qwen.ui.render.table"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local LEAST = 4 -- columns: however deep a list goes, something of it can be seen

local entities = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'", nbsp = " ", hellip = "…", mdash = "—", ndash = "–", copy = "©", reg = "®",
  trade = "™", larr = "←", rarr = "→", uarr = "↑", darr = "↓", times = "×", middot = "·", bull = "•", laquo = "«", raquo = "»", le = "≤", ge = "≥", ne = "≠" }

local function entity(source)
  local number = tonumber(source:match "^&#(%d+);$") or tonumber(source:match "^&#[xX](%x+);$" or "", 16)
  if number then return number > 0 and number < 0x110000 and utf8.char(number) or "\u{FFFD}" end
  return entities[source:sub(2, -2)] or source
end

local function attribute(source)
  return (clean(source:gsub("&#?%w+;", entity)):gsub("[\n\t]", " "))
end

-- The reader goes through the events; `first` and `rest` are what stands before the next row and those after it, `width` what is left.
local Reader = {}
Reader.__index = Reader

local function emit(self, row)
  self.rows[#self.rows + 1] = ((self.first or self.rest) .. row):gsub("^ +$", "")
  self.first = nil
end

local function emit_all(self, rows)
  for _, row in ipairs(rows) do emit(self, row) end
end

local children

-- The children of a block with more standing before each row; there is at least one row.
local function inside(self, first, rest, columns, ending)
  local outer_rest, outer_width = self.rest, self.width
  self.first = (self.first or self.rest) .. first
  self.rest, self.width = self.rest .. rest, math.max(self.width - columns, LEAST)
  children(self, ending)
  if self.first then emit(self, "") end
  self.rest, self.width = outer_rest, outer_width
end

local function next_event(self)
  local name, detail = self.events[self.at], self.events[self.at + 1]
  self.at = self.at + 2
  return name, detail
end

local span_styles = { em = "em", strong = "strong", del = "del", tt = "tt", a = "link", img = "link" }

-- The target of a link, when its text does not say it already.
local function target(said, source)
  local href = attribute(source)
  if href == "" or said == href or said == href:gsub("^mailto:", "") or said == href:gsub("^https?://", "") then return "" end
  return " (" .. href .. ")"
end

-- What each inline event adds to the text at hand.
local pieces = {}

local function add(content, text, names)
  if text == "" then return end
  content.out[#content.out + 1] = text
  if names ~= "" then content.spans[#content.spans + 1] = { from = content.size + 1, to = content.size + #text, names = names } end
  content.size = content.size + #text
end

local function add_clean(content, text)
  add(content, (wrap.untab(clean(text)):gsub("\n", " ")), content.names)
end

function pieces.text(content, detail) add_clean(content, detail) end
function pieces.entity(content, detail) add_clean(content, entity(detail)) end
function pieces.null(content) add(content, "\u{FFFD}", content.names) end
function pieces.br(content) add(content, "\n", "") end
pieces.soft = pieces.br

for name, look in pairs(span_styles) do
  pieces[name] = function(content, detail)
    if name == "tt" and not style.enabled() then add(content, "`", "") end
    if name == "img" then add(content, "image: ", "dim") end
    content.open[#content.open + 1] = { names = content.names, detail = detail, from = #content.out }
    content.names = content.names == "" and look or content.names .. " " .. look
  end
  pieces["/" .. name] = function(content)
    local span = table.remove(content.open)
    content.names = span.names
    if name == "tt" and not style.enabled() then add(content, "`", "") end
    if name == "a" or name == "img" then add(content, target(table.concat(content.out, "", span.from + 1), span.detail), "dim") end
  end
end

-- Spans and texts up to the next event of a block: one text, and the styles of its parts.
local function inline(self)
  local content = { out = {}, size = 0, spans = {}, open = {}, names = "" }
  local events, at = self.events, self.at
  while pieces[events[at]] do
    pieces[events[at]](content, events[at + 1])
    at = at + 2
  end
  self.at = at
  return { text = table.concat(content.out), spans = content.spans }
end

local blocks = {}

-- Children up to the end of their parent; texts that stand bare in an item of a list are a paragraph.
function children(self, ending)
  while self.events[self.at] do
    local name = self.events[self.at]
    if pieces[name] then
      blocks.p(self)
    else
      self.at = self.at + 2
      if name == ending then return end
      if blocks[name] then blocks[name](self, self.events[self.at - 1]) end
    end
  end
end

function blocks.p(self)
  emit_all(self, (wrap.rows(inline(self), self.width)))
end

function blocks.h(self, level)
  local title = inline(self)
  local rows = wrap.rows(title, self.width, "heading")
  if not style.enabled() then rows[1] = ("#"):rep(tonumber(level)) .. " " .. rows[1] end
  emit_all(self, rows)
end

function blocks.rule(self)
  emit(self, style.reader() and "---" or style.paint("rule", ("─"):rep(math.min(self.width, 40))))
end

function blocks.quote(self)
  local bar = style.paint("rule", style.reader() and ">" or "│") .. " "
  inside(self, bar, bar, 2, "/quote")
end

---The row above a block of code, and with nil the one below: its lines stand at the edge, so that they can be copied as they are.
---@param language string?
---@return string
function M.fence(language)
  local named = term.cut(clean(language or ""), 20)
  if style.reader() or not style.enabled() then return "```" .. named end
  return style.paint("rule", "──") .. (named ~= "" and " " .. style.paint("dim", named) or "")
end

function blocks.code(self, language)
  local parts = {}
  for name, detail in next_event, self do
    if name == "/code" then break end
    parts[#parts + 1] = detail
  end
  language = attribute(language)
  local paint = highlight.new(language)
  local text = clean(table.concat(parts)):gsub("\n$", "")
  emit(self, M.fence(language))
  for line in (text .. "\n"):gmatch "(.-)\n" do emit(self, paint(wrap.untab(line))) end
  emit(self, M.fence())
end

-- Boxes of tasks, for those who listen and for those who look.
local marks = { [true] = { [false] = "[ ]", [true] = "[x]" }, [false] = { [false] = "☐", [true] = "☑" } }

-- The items of a list, with numbers from `number` or without.
local function list(self, ending, number)
  for name, task in next_event, self do
    if name == ending then return end
    if name == "li" then
      local mark = number and number .. "." or style.reader() and "-" or "•"
      if task ~= "" then mark = marks[style.reader()][task ~= " "] end
      local columns = term.width(mark) + 1
      inside(self, style.paint("accent", mark) .. " ", (" "):rep(columns), columns, "/li")
      number = number and number + 1
    end
  end
end

function blocks.ul(self) list(self, "/ul") end
function blocks.ol(self, first) list(self, "/ol", math.tointeger(tonumber(first))) end

blocks["table"] = function(self)
  local rows = {}
  for name, detail in next_event, self do
    if name == "/table" then break end
    if name == "tr" then rows[#rows + 1] = {} end
    if name == "th" or name == "td" then
      local cell = inline(self)
      cell.align = detail
      table.insert(rows[#rows], cell)
    end
  end
  emit_all(self, table_rows(rows, self.width))
end

function blocks.doc(self) children(self, "/doc") end

---The rows of a text. Rows of code are as long as they are; all others fit.
---@param text string
---@param width integer
---@return string[]
function M.rows(text, width)
  local events = parser.parse(text)
  if not events then return (wrap.rows({ text = wrap.untab(clean(text):gsub("\n$", "")), spans = {} }, width)) end -- no library: the text as it is
  local self = setmetatable({ events = events, at = 1, rows = {}, rest = "", width = math.max(width, LEAST) }, Reader)
  children(self)
  return self.rows
end

return M
