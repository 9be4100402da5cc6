-- Versions of packages as npm writes them: comparing two, and whether one fits a range. Tags are not here.
local M = {}

local function numbers(text)
  local a, b, c, rest = text:match "^v?(%d+)%.(%d+)%.(%d+)(.*)$"
  if not a or #text > 256 then return nil end
  local pre = rest:match "^%-([%w.-]+)" or ""
  if rest:gsub("^%-[%w.-]+", ""):gsub("^%+[%w.-]+$", "") ~= "" then return nil end
  return { tonumber(a), tonumber(b), tonumber(c), pre = pre }
end

-- Two parts of what stands behind the dash: numbers before words, numbers by their size.
local function compare_part(a, b)
  local x, y = math.tointeger(tonumber(a)), math.tointeger(tonumber(b))
  if x and y then return x - y end
  if x or y then return x and -1 or 1 end
  return a == b and 0 or a < b and -1 or 1
end

local function parts_of(pre)
  local out = {}
  for part in pre:gmatch "[^.]+" do out[#out + 1] = part end
  return out
end

local function compare(a, b)
  for i = 1, 3 do
    if a[i] ~= b[i] then return a[i] - b[i] end
  end
  if a.pre == b.pre then return 0 end
  if a.pre == "" or b.pre == "" then return a.pre == "" and 1 or -1 end
  local x, y = parts_of(a.pre), parts_of(b.pre)
  for i = 1, math.max(#x, #y) do
    if not x[i] or not y[i] then return x[i] and 1 or -1 end
    local order = compare_part(x[i], y[i])
    if order ~= 0 then return order end
  end
  return 0
end

---Whether a text is a version.
---@param text string
---@return boolean
function M.valid(text) return numbers(text) ~= nil end

---Less than 0 when a is older than b, 0 when they are the same, else more.
---@param a string
---@param b string
---@return number
function M.compare(a, b)
  return compare(assert(numbers(a), "not a version"), assert(numbers(b), "not a version"))
end

-- A version with parts left out: {1, 2} of "1.2.x"; nil when it is none.
local function partial(text)
  local core, pre = text:match "^v?([%dxX*.]*)(.*)$"
  if pre ~= "" and not numbers(text) then return nil end
  local out = { pre = numbers(text) and numbers(text).pre or "" }
  for part in core:gmatch "[^.]+" do
    local n = math.tointeger(tonumber(part))
    if not n and not part:find "^[xX*]$" then return nil end
    if not n then break end
    out[#out + 1] = n
  end
  return #out <= 3 and out or nil
end

local function filled(p) return { p[1] or 0, p[2] or 0, p[3] or 0, pre = p.pre } end

-- The first version behind all that begin with the first `count` parts.
local function behind(p, count)
  local out = { p[1] or 0, p[2] or 0, p[3] or 0, pre = "0" }
  if count == 0 then return nil end
  out[count] = out[count] + 1
  for i = count + 1, 3 do out[i] = 0 end
  return out
end

local makers = {}
makers["="] = function(p)
  if #p == 3 then return filled(p), nil, filled(p) end
  return filled(p), behind(p, #p)
end
makers[""] = makers["="]
makers["~"] = function(p) return filled(p), behind(p, math.min(#p, 2)) end
makers["^"] = function(p)
  local at = 1
  while at < #p and p[at] == 0 do at = at + 1 end
  return filled(p), behind(p, math.min(at, #p))
end
makers[">="] = function(p) return filled(p) end
makers["<"] = function(p) return nil, filled(p) end
makers[">"] = function(p)
  if #p < 3 then return behind(p, #p) end
  return nil, nil, nil, filled(p)
end
makers["<="] = function(p)
  if #p < 3 then return nil, behind(p, #p) end
  return nil, nil, nil, nil, filled(p)
end

-- Whether a version passes one comparison; nil when the words are none.
local function passes(v, operator, text)
  local p = partial(text)
  if not p or not makers[operator] then return nil end
  local from, below, exact, above, to = makers[operator](p)
  local inside = (not from or compare(v, from) >= 0) and (not below or compare(v, below) < 0)
    and (not exact or compare(v, exact) == 0) and (not above or compare(v, above) > 0)
    and (not to or compare(v, to) <= 0)
  local same = p.pre ~= "" and v[1] == p[1] and v[2] == p[2] and v[3] == p[3]
  return inside, same
end

-- The comparisons of a range; an operator may stand apart from its version, and `1 - 2` is two of them.
local function comparisons(words)
  local out, operator = {}, ""
  for word in words:gmatch "%S+" do
    if word:find "^[<>=~^]+$" then
      operator = word
    elseif word == "-" and #out > 0 then
      out[#out], operator = ">=" .. out[#out], "<="
    else
      out[#out + 1], operator = operator .. word, ""
    end
  end
  return out
end

-- A version before a release is only meant where the range names one of the same numbers.
local function fits_all(v, words)
  local inside, named = true, v.pre == ""
  for _, word in ipairs(comparisons(words)) do
    local operator, text = word:match "^([<>=~^]*)(.*)$"
    local ok, same = passes(v, operator, text)
    if ok == nil then return nil end
    inside, named = inside and ok, named or same
  end
  return inside and named
end

---Whether a version fits a range: `1.2.3`, `^1.2`, `~1`, `>=1 <3`, `1.x`, `1 - 2`, `a || b`, `*` or nothing.
---@param version string
---@param range string
---@return boolean? nil when the range is none
function M.fits(version, range)
  local v = numbers(version)
  if not v or #range > 256 then return nil end
  local any = false
  for words in range:gsub("||", "\n"):gmatch "[^\n]+" do
    local fits = fits_all(v, words)
    if fits == nil then return nil end
    any = any or fits
  end
  return any or range == ""
end

return M
