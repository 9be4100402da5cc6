-- Reads text that is still coming: each method waits (by a coroutine) until it can tell, and gives nil or false where what is wanted is not
-- there. Every byte is looked at once, however the text is cut. Knows nothing of calls.
local Reader = {}
Reader.__index = Reader

---A reader that waits inside of a coroutine, which is resumed with each piece and with nil at the end.
---@param text string what has come so far
---@return table
function Reader.new(text)
  return setmetatable({ text = text, at = 1, ended = false }, Reader)
end

-- Waits for more; false at the end.
local function more(self)
  if self.ended then return false end
  local text = coroutine.yield()
  if text then self.text, self.at = self.text:sub(self.at) .. text, 1 else self.ended = true end
  return text ~= nil
end

---Waits for more text; false when none comes.
---@return boolean
function Reader:pause()
  return more(self)
end

---What was not taken.
---@return string
function Reader:rest()
  return self.text:sub(self.at)
end

---Whether nothing comes any more.
---@return boolean
function Reader:at_end()
  while self.at > #self.text do
    if not more(self) then return true end
  end
  return false
end

---Skips bytes of a class, such as "%s".
---@param class string
function Reader:skip(class)
  repeat
    self.at = self.text:match("^[" .. class .. "]*()", self.at)
  until self.at <= #self.text or not more(self)
end

---Whether the next byte is of a class.
---@param class string
---@return boolean
function Reader:is(class)
  return not self:at_end() and self.text:find("^[" .. class .. "]", self.at) ~= nil
end

---Whether a text comes next; it is not taken.
---@param text string
---@return boolean
function Reader:sees(text)
  while true do
    local have = self.text:sub(self.at, self.at + #text - 1)
    if #have == #text or have ~= text:sub(1, #have) then return have == text end
    if not more(self) then return false end
  end
end

---Takes a text if it comes next.
---@param text string
---@return boolean
function Reader:take(text)
  local sees = self:sees(text)
  if sees then self.at = self.at + #text end
  return sees
end

---Takes the first of some texts that comes next.
---@param texts string[]
---@return string?
function Reader:take_one(texts)
  for _, text in ipairs(texts) do
    if self:take(text) then return text end
  end
end

---Takes all up to a text, and that text.
---@param stop string
---@param most integer? bytes; nil when there are more
---@return string?
function Reader:upto(stop, most)
  local pieces, size = {}, 0
  while true do
    local found = self.text:find(stop, self.at, true)
    local last = found and found - 1 or math.max(self.at - 1, #self.text - #stop + 1)
    size = size + last - self.at + 1
    if most and size > most then return nil end
    pieces[#pieces + 1], self.at = self.text:sub(self.at, last), last + 1
    if found then
      self.at = self.at + #stop
      return table.concat(pieces)
    end
    if not more(self) then return nil end
  end
end

---Takes bytes of a class.
---@param class string
---@param most integer
---@return string? nil for none or too many
function Reader:word(class, most)
  local out = ""
  repeat
    local word = self.text:match("^[" .. class .. "]*", self.at)
    out, self.at = out .. word, self.at + #word
  until self.at <= #self.text or #out > most or not more(self)
  return out ~= "" and #out <= most and out or nil
end

---Takes a text with balanced brackets: JSON, or the like of it. What is in it is not judged.
---@param quotes string the quotes that hide brackets: '"', or '"\''
---@return string? nil where the brackets do not close
function Reader:balanced(quotes)
  local pieces, depth, quote, at = {}, 0, nil, self.at
  local outside = "([][(){}" .. quotes .. "])"
  while true do
    local found, _, mark = self.text:find(quote and "([\\" .. quote .. "])" or outside, at)
    if not found or mark == "\\" and found == #self.text then
      local last = found and found - 1 or #self.text
      pieces[#pieces + 1], self.at = self.text:sub(self.at, last), last + 1
      if not more(self) then return nil end
      at = self.at
    else
      at = found + (mark == "\\" and 2 or 1)
      if mark == quote then
        quote = nil
      elseif not quote and quotes:find(mark, 1, true) then
        quote = mark
      elseif not quote then
        depth = depth + (mark:find "[%[({]" and 1 or -1)
        if depth <= 0 then
          pieces[#pieces + 1], self.at = self.text:sub(self.at, found), found + 1
          return table.concat(pieces)
        end
      end
    end
  end
end

return Reader
