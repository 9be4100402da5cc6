-- An answer that is still being written, cut into blocks: a finished block becomes rows once, only the open one is rendered again.
-- Lines of fenced code and items of a list count as blocks of their own, so that the open part stays small. CPU is linear in the text.
local ansi = require "qwen.ui.render.ansi"
local clean = require("sys.text").clean
local highlight = require "qwen.ui.render.highlight"
local markdown = require "qwen.ui.render.markdown"
local wrap = require "qwen.ui.render.wrap"

local Blocks = {}
Blocks.__index = Blocks

local MOST = 16 * 1024 -- bytes of an open block; what is longer is cut at a line, so that nothing is rendered for ever

---A new answer.
---@param width fun(): integer columns of the screen
function Blocks.new(width)
  return setmetatable({ width = width, part = {}, lines = {}, size = 0, written = 0, done = {} }, Blocks)
end

local function starts_block(line)
  return line:find "^ ? ? ?#+ " or line:find "^ ? ? ?#+$" or line:find "^ ? ? ?>" or line:find "^ ? ? ?```" or line:find "^ ? ? ?~~~"
end

local function is_rule(line)
  if not line:find "^ ? ? ?[-*_]" then return false end
  local marks = line:gsub(" ", "")
  return #marks >= 3 and marks:find("^%" .. marks:sub(1, 1) .. "*$") ~= nil
end

-- Where the mark of an item stands and where its text begins; nil when the line begins no item.
local function item_of(line)
  if is_rule(line) then return nil end
  local indent, mark, space = line:match "^( *)([-*+])( *)%f[^ ]"
  if not indent then indent, mark, space = line:match "^( *)(%d+[.)])( *)%f[^ ]" end
  if not indent or #mark > 10 or space == "" and #indent + #mark < #line then return nil end
  return #indent, #indent + #mark + math.max(math.min(#space, 4), 1)
end

local function put(self, rows)
  if #rows == 0 then return end
  if self.gap then self.done[#self.done + 1] = "" end
  self.gap, self.some = nil, true
  table.move(rows, 1, #rows, #self.done + 1, self.done)
end

local function is_table(lines)
  return lines[2] and lines[1]:find("|", 1, true) and lines[2]:find "^[ |:-]+$"
end

-- What the parser gets. The line below the head of a table may have short dashes. A definition of a link would vanish, because the links
-- of other blocks cannot see it: it stays as it was written.
local function source_of(lines)
  if is_table(lines) then
    lines = table.move(lines, 1, #lines, 1, {})
    lines[2] = lines[2]:gsub("%-+", "---")
  end
  local text = table.concat(lines, "\n")
  if not text:find "^ ? ? ?%[" and not text:find "\n ? ? ?%[" then return text end
  return (("\n" .. text):gsub("(\n ? ? ?)(%[[^%]\n]+%]:)", "%1\\%2"):sub(2))
end

-- The first rows of a block that outgrew the screen are written before its end. They are counted by their letters, which no width changes:
-- the bar of a quote, in each of its rows, is none.
local function letters(row)
  return #ansi.plain(row):gsub("[%s>]", ""):gsub("│", "")
end

-- The row without so many letters at its beginning; its colours, its indentation and its bar stay.
local function without(row, count)
  local kept, at, begun = {}, 1, false
  while count > 0 and at <= #row do
    local stop = ansi.sequence(row, at)
    local piece = row:sub(at, stop or utf8.offset(row, 2, at) - 1)
    local n = stop and 0 or letters(piece)
    begun = begun or n > 0
    if stop or not begun then kept[#kept + 1] = piece end
    count, at = count - n, at + #piece
  end
  return table.concat(kept) .. row:sub(at):gsub("^ +", "")
end

local function not_yet_written(self, rows)
  if self.written == 0 then return rows end
  local skip, left = 0, self.written
  while left > 0 and rows[skip + 1] do
    skip = skip + 1
    left = left - letters(rows[skip])
  end
  local rest = table.move(rows, skip + 1, #rows, 1, {})
  if left < 0 then table.insert(rest, 1, without(rows[skip], left + letters(rows[skip]))) end
  return rest
end

local function close(self)
  if #self.lines > 0 then put(self, not_yet_written(self, markdown.rows(source_of(self.lines), self.width()))) end
  self.lines, self.size, self.written, self.item, self.inner, self.late = {}, 0, 0, nil, nil, nil
end

local function open_fence(line)
  local indent, fence, info = line:match "^( ? ? ?)(```+)([^`]*)$"
  if not indent then indent, fence, info = line:match "^( ? ? ?)(~~~+)(.*)$" end
  local language = indent and info:match "%S+"
  return indent and { indent = #indent, fence = fence, language = language, paint = highlight.new(language) }
end

local function code_row(self, line, peek)
  local fence = self.fence
  local text = line:gsub("^" .. (" ?"):rep(fence.indent), "")
  return fence.paint(wrap.untab(clean(text)), peek)
end

-- A fence inside an item or quote: what looks like a mark in there is code.
local function follow_inner(self, line)
  local fence = line:match "^[%s>]*(```+)" or line:match "^[%s>]*(~~~+)" or line:match "^ *[-*+] +(```+)" or line:match "^ *%d+[.)] +(```+)"
  if not fence then return end
  if not self.inner then
    self.inner = fence
  elseif fence:sub(1, #self.inner) == self.inner and line:find "^[%s>]*[`~]+%s*$" then
    self.inner = nil
  end
end

local function keep(self, line)
  if self.size + #line > MOST then close(self) end
  self.lines[#self.lines + 1] = line
  self.size = self.size + #line + 1
  follow_inner(self, line)
end

local function blank_line(self)
  if self.inner then return keep(self, "") end
  if self.item then
    self.late = true -- the item may go on after it
  else
    close(self)
  end
end

-- Whether the line goes on with the open item of a list.
local function in_item(self, line)
  if self.inner then return true end
  local indent = item_of(line)
  if indent then return indent >= self.item end
  local spaces = #line:match "^ *"
  if spaces >= math.min(self.item, 2) and spaces > 0 then return true end
  return not self.late and not starts_block(line) and not is_rule(line)
end

-- Whether a line ends the open block.
local function ends_block(self, line)
  local first = self.lines[1]
  if not first or self.inner then return false end
  if self.item then return not in_item(self, line) end
  return starts_block(line) and not (line:find "^ ? ? ?>" and first:find "^ ? ? ?>") or item_of(line) ~= nil
end

local function end_block(self)
  local late = self.late
  close(self)
  self.gap = self.gap or late
end

-- Whether the beginning of a line says already what its whole will say to ends_block: paragraphs are often one long line.
local function is_telling(part)
  return part:find "^ *[^%s%d#>`~*+-]" or part:find "^ *[*+-] *[^%s*+-]" or part:find "^ *%d+[^%d.)]" or part:find "^ *%d+[.)] *[^%s.)]"
    or part:find "^ *%*%*[^%s*]" or part:find "^ *#+[^#]" or part:find "^ *>" or part:find "^ *```" or part:find "^ *~~~"
end

local function whole_line(self, line)
  local fence = self.fence
  if fence then
    local mark = line:match "^ ? ? ?([`~]+)%s*$"
    if mark and mark:sub(1, #fence.fence) == fence.fence then
      self.fence = nil
      put(self, { markdown.fence() })
    else
      put(self, { code_row(self, line) })
    end
    return
  end
  if not line:find "%S" then
    blank_line(self)
    if self.some and not self.inner then self.gap = self.gap or #self.lines == 0 end
    return
  end
  if ends_block(self, line) then end_block(self) end
  if self.item or self.inner then
    if self.late then keep(self, "") end
    self.late = nil
    return keep(self, line)
  end
  self.fence = #self.lines == 0 and open_fence(line) or nil
  if self.fence then return put(self, { markdown.fence(self.fence.language) }) end
  local _, column = item_of(line)
  self.item = column
  keep(self, line)
  if #self.lines == 1 and (line:find "^ ? ? ?#+ " or is_rule(line)) then close(self) end
end

---The next piece of the answer.
---@param text string
function Blocks:add(text)
  local from = 1
  while true do
    local newline = text:find("\n", from, true)
    if not newline then break end
    self.part[#self.part + 1] = text:sub(from, newline - 1)
    whole_line(self, (table.concat(self.part):gsub("\r$", "")))
    self.part, self.told, from = {}, false, newline + 1
  end
  if from <= #text then
    self.part[#self.part + 1] = text:sub(from)
    if self.told or self.fence then return end
    local part = table.concat(self.part)
    self.told = is_telling(part) ~= nil
    if self.told and ends_block(self, part) then end_block(self) end
  end
end

---The answer is at its end.
function Blocks:finish()
  if #self.part > 0 then whole_line(self, table.concat(self.part)) end
  self.part, self.fence = {}, nil
  close(self)
  self.gap = nil
end

---The rows of the blocks that were finished since the last time.
---@return string[]
function Blocks:take()
  local done = self.done
  self.done = {}
  return done
end

local function open_rows(self)
  local part = table.concat(self.part)
  if #part > MOST then part = part:sub(-MOST) end
  if self.fence then return part ~= "" and { code_row(self, part, true) } or {} end
  local lines = self.lines
  if #lines == 0 and open_fence(part) then return {} end
  if part ~= "" then
    lines = table.move(lines, 1, #lines, 1, {})
    if self.late then lines[#lines + 1] = "" end
    lines[#lines + 1] = part
  end
  return #lines > 0 and not_yet_written(self, markdown.rows(source_of(lines), self.width())) or {}
end

---The rows of the open block, as it is now; all of them fit the width.
---@param most integer? what is more goes to the finished rows, but for a table, whose columns may still move
---@return string[]
function Blocks:open(most)
  local rows, width = {}, self.width()
  for _, row in ipairs(open_rows(self)) do
    for _, piece in ipairs(#row > width and ansi.wrap(row, width) or { row }) do rows[#rows + 1] = piece end
  end
  local over = most and #rows - most or 0
  if over > 0 then
    if not self.fence and not is_table(self.lines) and (self.told or #self.part == 0 or #self.lines == 0) then
      local early = table.move(rows, 1, over, 1, {})
      for _, row in ipairs(early) do self.written = self.written + letters(row) end
      put(self, early)
    end
    rows = table.move(rows, over + 1, #rows, 1, {})
  end
  if #rows > 0 and self.gap then table.insert(rows, 1, "") end
  return rows
end

---The rows of a whole answer.
---@param text string clean
---@param columns integer
---@return string[]
function Blocks.rows(text, columns)
  local blocks = Blocks.new(function() return columns end)
  blocks:add(text)
  blocks:finish()
  return blocks:take()
end

return Blocks
