-- Regular expressions as JavaScript writes them, for short names: alternation, groups, classes, anchors, repetition, look-ahead.
-- It tells whether one is found in a text; captures and back references are not for this.
local M = {}

local MOST_STEPS = 20000

local escapes = { n = "\n", r = "\r", t = "\t", f = "\f", v = "\v", ["0"] = "\0" }
local sets = { d = "^%d$", w = "^[%w_]$", s = "^%s$" }

-- A test of one byte for `\d` and the like; nil for another letter.
local function class_of(letter)
  local pattern = sets[letter:lower()]
  if not pattern then return nil end
  local wanted = letter == letter:lower()
  return function(char) return (char:find(pattern) ~= nil) == wanted end
end

-- The character at a place, whole where it is UTF-8.
local function char_at(text, at)
  local byte = text:byte(at)
  return byte and byte >= 0xC2 and text:match("^.[\x80-\xbf]+", at) or text:sub(at, at)
end

-- Matchers are functions (text, at, go_on, state): true when the rest fits. `state` counts steps.
local function one(test)
  return function(text, at, go_on, state)
    state.steps = state.steps + 1
    if state.steps > MOST_STEPS then error(state, 0) end
    local char = char_at(text, at)
    return at <= #text and test(char) and go_on(at + #char)
  end
end

local function empty(_, at, go_on) return go_on(at) end

local function sequence(first, second)
  return function(text, at, go_on, state)
    return first(text, at, function(next_at) return second(text, next_at, go_on, state) end, state)
  end
end

local function repeated(item, least, most, lazy)
  return function(text, at, go_on, state)
    local function try(count, here)
      state.steps = state.steps + 1
      if state.steps > MOST_STEPS then error(state, 0) end
      local function more()
        return count < most and item(text, here, function(next_at)
          return (next_at > here or count < least) and try(count + 1, next_at)
        end, state)
      end
      if count < least then return more() end
      if lazy then return go_on(here) or more() end
      return more() or go_on(here)
    end
    return try(0, at)
  end
end

local function is_word(text, at) return text:sub(at, at):find "^[%w_]$" ~= nil end

local function boundary(wanted)
  return function(text, at, go_on)
    local here = (at > 1 and is_word(text, at - 1)) ~= is_word(text, at)
    return here == wanted and go_on(at)
  end
end

local function fail(message) error({ regex = message }, 0) end

-- The character of `\x41`, `\u0041` or `\u{1F600}`, by what stands behind the letter, and the place behind it.
local function by_number(source, letter, at)
  local hex, behind
  if letter == "x" then hex, behind = source:match("^(%x%x)()", at) end
  if letter == "u" then hex, behind = source:match("^(%x%x%x%x)()", at) end
  if letter == "u" and not hex then hex, behind = source:match("^{(%x%x?%x?%x?%x?%x?)}()", at) end
  local code = hex and tonumber(hex, 16)
  if not code or code > 0x10FFFF or code >= 0xD800 and code <= 0xDFFF then fail("\\" .. letter .. " is not understood") end
  return utf8.char(code), behind
end

local function class(source, at)
  local tests, negated = {}, source:sub(at, at) == "^"
  if negated then at = at + 1 end
  local function item()
    local char = char_at(source, at)
    if char == "" then fail "a class is not closed" end
    at = at + #char
    if char ~= "\\" then return char end
    local letter = char_at(source, at)
    at = at + #letter
    if letter == "x" or letter == "u" then
      char, at = by_number(source, letter, at)
      return char
    end
    if letter:find "[pPkc]" then fail("\\" .. letter .. " is not understood") end
    return escapes[letter] or not class_of(letter) and letter or nil, class_of(letter)
  end
  while source:sub(at, at) ~= "]" do
    local low, kind = item()
    local high = low
    if low and source:find("^%-[^%]]", at) then
      at = at + 1
      high = item() or fail "a range ends in a class"
    end
    tests[#tests + 1] = kind or function(char) return char >= low and char <= high end
  end
  return one(function(char)
    for _, test in ipairs(tests) do
      if test(char) then return not negated end
    end
    return negated
  end), at + 1
end

local alternatives

local function group(source, at)
  local kind = source:match("^%?[:=!]", at)
  local named = not kind and source:match("^%?<[%a_][%w_]*>()", at)
  if named then at = named end
  if not kind and not named and source:sub(at, at) == "?" then fail "a group of this kind is not understood" end
  local inner
  inner, at = alternatives(source, at + (kind and 2 or 0))
  if source:sub(at, at) ~= ")" then fail "a group is not closed" end
  if kind == "?=" or kind == "?!" then
    return function(text, here, go_on, state)
      local ahead = inner(text, here, function() return true end, state) or false
      return ahead == (kind == "?=") and go_on(here)
    end, at + 1
  end
  return inner, at + 1
end

local function atom(source, at)
  local char = char_at(source, at)
  if char == "(" then return group(source, at + 1) end
  if char == "[" then return class(source, at + 1) end
  if char == "." then return one(function(c) return c ~= "\n" end), at + 1 end
  if char == "^" then return function(_, here, go_on) return here == 1 and go_on(here) end, at + 1 end
  if char == "$" then return function(text, here, go_on) return here == #text + 1 and go_on(here) end, at + 1 end
  if char:find "[*+?]" then fail("nothing is before " .. char) end
  if char ~= "\\" then return one(function(c) return c == char end), at + #char end
  local letter = char_at(source, at + 1)
  if letter == "" then fail "a backslash is at the end" end
  if letter == "b" or letter == "B" then return boundary(letter == "b"), at + 2 end
  if letter == "x" or letter == "u" then
    local wanted, behind = by_number(source, letter, at + 2)
    return one(function(c) return c == wanted end), behind
  end
  if letter:find "[1-9kpPc]" then fail("\\" .. letter .. " is not understood") end
  local literal = escapes[letter] or letter
  return one(class_of(letter) or function(c) return c == literal end), at + 1 + #letter
end

local function quantified(source, at)
  local item
  item, at = atom(source, at)
  local char = source:sub(at, at)
  local least = source:match("^{(%d+)}", at)
  local most = least
  if not least then least, most = source:match("^{(%d+),(%d*)}", at) end
  if char == "*" then least, most = 0, math.huge
  elseif char == "+" then least, most = 1, math.huge
  elseif char == "?" then least, most = 0, 1
  elseif least then at = source:find("}", at, true)
  else return item, at end
  at = at + 1
  local lazy = source:sub(at, at) == "?"
  return repeated(item, tonumber(least), tonumber(most) or math.huge, lazy), lazy and at + 1 or at
end

function alternatives(source, at)
  local branches, current = {}, empty
  while at <= #source and source:sub(at, at) ~= ")" do
    if source:sub(at, at) == "|" then
      branches[#branches + 1], current, at = current, empty, at + 1
    else
      local item
      item, at = quantified(source, at)
      current = sequence(current, item)
    end
  end
  branches[#branches + 1] = current
  return function(text, here, go_on, state)
    for _, branch in ipairs(branches) do
      if branch(text, here, go_on, state) then return true end
    end
    return false
  end, at
end

local function never() return false end

---A regular expression ready for use.
---@param source string
---@return (fun(text: string, whole: boolean?): boolean?)? found whether it is found in a text, or fits the whole; nil: it takes too long
---@return string? problem
function M.compile(source)
  local ok, matcher, at = pcall(alternatives, source, 1)
  if not ok and not (type(matcher) == "table" and matcher.regex) then error(matcher, 0) end
  if not ok then return nil, matcher.regex end
  if at <= #source then return nil, "a group is not open" end
  return function(text, whole)
    local state = { steps = 0 }
    for start = 1, whole and 1 or #text + 1 do
      local inside = text:find("^[\x80-\xbf]", start) -- of a character
      local done, found = pcall(inside and never or matcher, text, start, function(here) return not whole or here == #text + 1 end, state)
      if not done and found ~= state then error(found, 0) end
      if not done then return nil end
      if found then return true end
    end
    return false
  end
end

return M
