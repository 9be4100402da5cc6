-- QR codes drawn in the terminal: byte mode, correction level L, versions 1 to 10, as ISO/IEC 18004 says. For addresses that a telephone opens.

local M = {}

-- By version: all codewords, check words a block, blocks of the first size, centres of alignment patterns.
local versions = {
  { 26, 7, 1, {} }, { 44, 10, 1, { 6, 18 } }, { 70, 15, 1, { 6, 22 } }, { 100, 20, 1, { 6, 26 } }, { 134, 26, 1, { 6, 30 } },
  { 172, 18, 2, { 6, 34 } }, { 196, 20, 2, { 6, 22, 38 } }, { 242, 24, 2, { 6, 24, 42 } }, { 292, 30, 2, { 6, 26, 46 } }, { 346, 18, 4, { 6, 28, 50 } },
}

-- Powers of two in the field of 256 elements, and back.
local exp, log = {}, {}
do
  local x = 1
  for i = 0, 254 do
    exp[i], log[x] = x, i
    x = x << 1
    if x > 255 then x = x ~ 0x11d end
  end
end

local function times(a, b)
  if a == 0 or b == 0 then return 0 end
  return exp[(log[a] + log[b]) % 255]
end

-- The check words of a block: the remainder of its polynomial.
local function check_words(block, count)
  local divisor = { 1 }
  for i = 0, count - 1 do
    divisor[#divisor + 1] = 0
    for k = #divisor, 2, -1 do divisor[k] = divisor[k] ~ times(divisor[k - 1], exp[i]) end
  end
  local rest = table.move(block, 1, #block, 1, {})
  for _ = 1, count do rest[#rest + 1] = 0 end
  for i = 1, #block do
    local factor = rest[i]
    for k = 1, #divisor do rest[i + k - 1] = rest[i + k - 1] ~ times(divisor[k], factor) end
  end
  return table.move(rest, #block + 1, #rest, 1, {})
end

-- The text as codewords of a version, filled up.
local function data_words(text, version, capacity)
  local bits = {}
  local function add(value, n)
    for i = n - 1, 0, -1 do bits[#bits + 1] = (value >> i) & 1 end
  end
  add(4, 4)
  add(#text, version < 10 and 8 or 16)
  for i = 1, #text do add(text:byte(i), 8) end
  add(0, math.min(4, capacity * 8 - #bits))
  while #bits % 8 ~= 0 do bits[#bits + 1] = 0 end
  local words = {}
  for i = 1, #bits, 8 do
    local word = 0
    for k = 0, 7 do word = word << 1 | bits[i + k] end
    words[#words + 1] = word
  end
  local filler = 0xec
  while #words < capacity do
    words[#words + 1] = filler
    filler = filler ~ (0xec ~ 0x11)
  end
  return words
end

-- All codewords in the order in which they are laid out: the blocks interleaved.
local function codewords(text, version)
  local total, check, blocks = table.unpack(versions[version])
  local capacity = total - check * blocks
  local words, out, parts, checks, at = data_words(text, version, capacity), {}, {}, {}, 1
  for i = 1, blocks do
    local size = capacity // blocks + (i > blocks - capacity % blocks and 1 or 0)
    parts[i] = table.move(words, at, at + size - 1, 1, {})
    checks[i] = check_words(parts[i], check)
    at = at + size
  end
  for _, lists in ipairs { parts, checks } do
    for k = 1, #lists[blocks] do
      for i = 1, blocks do out[#out + 1] = lists[i][k] end
    end
  end
  return out
end

-- The patterns that every code of a version has; `fixed` says where nothing else may stand.
local function frame(version)
  local size, dark, fixed = version * 4 + 17, {}, {}
  for y = 0, size - 1 do dark[y], fixed[y] = {}, {} end
  local function set(x, y, value)
    if x >= 0 and y >= 0 and x < size and y < size then dark[y][x], fixed[y][x] = value, true end
  end
  for i = 0, size - 1 do
    set(i, 6, i % 2 == 0)
    set(6, i, i % 2 == 0)
  end
  local function square(cx, cy, radius, light)
    for dy = -radius, radius do
      for dx = -radius, radius do
        local ring = math.max(math.abs(dx), math.abs(dy))
        set(cx + dx, cy + dy, ring ~= light and ring ~= 4)
      end
    end
  end
  local centres = versions[version][4]
  for _, cy in ipairs(centres) do
    for _, cx in ipairs(centres) do
      local corner = cx == 6 and cy == 6 or cx == 6 and cy == size - 7 or cx == size - 7 and cy == 6
      if not corner then square(cx, cy, 2, 1) end
    end
  end
  square(3, 3, 4, 2)
  square(size - 4, 3, 4, 2)
  square(3, size - 4, 4, 2)
  return size, dark, fixed, set
end

local function remainder(value, polynomial, bits)
  local rest = value << bits
  for i = 31, bits, -1 do
    if rest >> i & 1 == 1 then rest = rest ~ polynomial << (i - bits) end
  end
  return value << bits | rest
end

local function add_format(size, set, mask)
  local bits = remainder(1 << 3 | mask, 0x537, 10) ~ 0x5412 -- level L is 1
  for i = 0, 14 do
    local value = bits >> i & 1 == 1
    if i < 6 then set(8, i, value) elseif i < 8 then set(8, i + 1, value) elseif i == 8 then set(7, 8, value) else set(14 - i, 8, value) end
    if i < 8 then set(size - 1 - i, 8, value) else set(8, size - 15 + i, value) end
  end
  set(8, size - 8, true)
end

local function add_version(size, set, version)
  if version < 7 then return end
  local bits = remainder(version, 0x1f25, 12)
  for i = 0, 17 do
    local value, a, b = bits >> i & 1 == 1, size - 11 + i % 3, i // 3
    set(a, b, value)
    set(b, a, value)
  end
end

local masks = {
  [0] = function(x, y) return (x + y) % 2 == 0 end, function(_, y) return y % 2 == 0 end, function(x) return x % 3 == 0 end,
  function(x, y) return (x + y) % 3 == 0 end, function(x, y) return (x // 3 + y // 2) % 2 == 0 end, function(x, y) return x * y % 2 + x * y % 3 == 0 end,
  function(x, y) return (x * y % 2 + x * y % 3) % 2 == 0 end, function(x, y) return ((x + y) % 2 + x * y % 3) % 2 == 0 end,
}

-- Lays the codewords in their zigzag from the lower right corner.
local function add_data(size, dark, fixed, words, mask)
  local bit, right = 0, size - 1
  while right >= 1 do
    if right == 6 then right = 5 end
    local up = (right + 1) & 2 == 0
    for step = 0, size - 1 do
      local y = up and size - 1 - step or step
      for x = right, right - 1, -1 do
        if not fixed[y][x] then
          local word = words[(bit >> 3) + 1]
          local value = word ~= nil and word >> (7 - (bit & 7)) & 1 == 1
          dark[y][x] = value ~= masks[mask](x, y)
          bit = bit + 1
        end
      end
    end
    right = right - 2
  end
end

-- How hard a code is to read: long runs, blocks, what looks like a corner, too much of one colour.
local function penalty(size, dark)
  local sum, count = 0, 0
  local function line(get)
    local text, run = {}, 0
    for i = 0, size - 1 do
      text[i + 1] = get(i) and "1" or "0"
      run = i > 0 and text[i] == text[i + 1] and run + 1 or 1
      if run == 5 then sum = sum + 3 elseif run > 5 then sum = sum + 1 end
    end
    local whole = table.concat(text)
    for _, corner in ipairs { "10111010000", "00001011101" } do
      local at = whole:find(corner, 1, true)
      while at do
        sum = sum + 40
        at = whole:find(corner, at + 1, true)
      end
    end
  end
  for a = 0, size - 1 do
    line(function(i) return dark[a][i] end)
    line(function(i) return dark[i][a] end)
    for x = 0, size - 1 do
      if dark[a][x] then count = count + 1 end
      local below = dark[a + 1]
      if below and x + 1 < size and dark[a][x] == dark[a][x + 1] and dark[a][x] == below[x] and dark[a][x] == below[x + 1] then sum = sum + 3 end
    end
  end
  return sum + math.abs(count * 20 - size * size * 10) // (size * size) * 10
end

---The code of a text as rows of booleans, true is dark; nil when the text is too long (271 bytes).
---@param text string
---@return boolean[][]?
function M.encode(text)
  local version = 1
  while versions[version] do
    local total, check, blocks = table.unpack(versions[version])
    if #text + (version < 10 and 2 or 3) <= total - check * blocks then break end
    version = version + 1
  end
  if not versions[version] then return nil end
  local words, best, least = codewords(text, version), nil, nil
  for mask = 0, 7 do
    local size, dark, fixed, set = frame(version)
    add_format(size, set, mask)
    add_version(size, set, version)
    add_data(size, dark, fixed, words, mask)
    local score = penalty(size, dark)
    if not least or score < least then best, least = { size = size, dark = dark }, score end
  end
  local rows = {}
  for y = 0, best.size - 1 do
    rows[y + 1] = {}
    for x = 0, best.size - 1 do rows[y + 1][x + 1] = best.dark[y][x] end
  end
  return rows
end

---The code as lines for a terminal, two rows in one, with the light border that a camera needs; readable on dark and on light screens,
---because readers take inverted codes as well. nil when the text is too long or the lines are wider than the screen.
---@param text string
---@param columns integer
---@return string[]?
function M.lines(text, columns)
  local rows = M.encode(text)
  if not rows or #rows + 4 > columns then return nil end
  local function light(y, x) return not (rows[y] and rows[y][x]) end
  local out, blocks = {}, { [0] = " ", "▄", "▀", "█" }
  for y = -1, #rows + 2, 2 do
    local line = {}
    for x = -1, #rows + 2 do
      line[#line + 1] = blocks[(light(y, x) and 2 or 0) + (y + 1 <= #rows + 2 and light(y + 1, x) and 1 or 0)]
    end
    out[#out + 1] = table.concat(line)
  end
  return out
end

return M
