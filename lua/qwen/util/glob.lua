-- Name patterns as people write them: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any number of folders. Matching takes no more than
-- length times length steps whatever the pattern; reading folders is not done here.

local M = {}

local STAR, ONE = {}, {}
local MOST_ALTERNATIVES = 64

-- Characters, not bytes; a broken byte stands for itself.
local function chars(text)
  local out = {}
  for char in text:gmatch ".[\x80-\xBF]*" do out[#out + 1] = char end
  return out
end

local function class(body)
  local negated = body:find "^[!^]" ~= nil
  local set, list, i = {}, chars(negated and body:sub(2) or body), 1
  while i <= #list do
    if list[i + 1] == "-" and list[i + 2] then
      set[#set + 1] = { list[i], list[i + 2] }
      i = i + 3
    else
      set[#set + 1] = { list[i], list[i] }
      i = i + 1
    end
  end
  return { negated = negated, set = set }
end

-- One path segment as a list: a character, STAR, ONE, or a class.
local function compile(segment)
  local out, at = {}, 1
  while at <= #segment do
    local char = segment:match(".[\x80-\xBF]*", at)
    local body = char == "[" and segment:match("^%[([!^]?.[^%]]*)%]", at)
    if body then
      out[#out + 1] = class(body)
      at = at + #body + 2
    else
      local token = char == "*" and STAR or char == "?" and ONE or char
      if token ~= STAR or out[#out] ~= STAR then out[#out + 1] = token end
      at = at + #char
    end
  end
  return out
end

local function fits(token, char)
  if token == char or token == ONE then return true end
  if type(token) ~= "table" or token == STAR then return false end
  local inside = false
  for _, range in ipairs(token.set) do inside = inside or range[1] <= char and char <= range[2] end
  return inside ~= token.negated
end

-- Whether the tokens fit all items, where a STAR stands for any number of them (and with below the end of the tokens does, too).
-- Goes back only to the last star: an earlier one never has to give anything back.
local function walk(tokens, items, fit, below)
  local i, k, star, mark = 1, 1, nil, nil
  while k <= #items do
    if tokens[i] == STAR then
      star, mark = i, k
      i = i + 1
    elseif tokens[i] and fit(tokens[i], items[k]) then
      i, k = i + 1, k + 1
    elseif below and i > #tokens then
      return true
    elseif star then
      mark = mark + 1
      i, k = star + 1, mark
    else
      return false
    end
  end
  while tokens[i] == STAR do i = i + 1 end
  return i > #tokens
end

local function fits_segment(tokens, name) return tokens.text == name.text or walk(tokens, name, fits) end

local function segments(path)
  local out = {}
  for part in path:gmatch "[^/]+" do out[#out + 1] = part end
  return out
end

-- `a{b,c}d` is `abd` and `acd`.
local function alternatives(pattern, out)
  local before, body, after = pattern:match "^([^{]*)(%b{})(.*)$"
  if not body or not body:find(",", 1, true) then
    if #out < MOST_ALTERNATIVES then out[#out + 1] = pattern end
    return out
  end
  local depth, from = 0, 2
  for at = 2, #body do
    local c = body:sub(at, at)
    if depth == 0 and (c == "," or at == #body) then
      alternatives(before .. body:sub(from, at - 1) .. after, out)
      from = at + 1
    end
    depth = depth + (c == "{" and 1 or c == "}" and -1 or 0)
  end
  return out
end

---A function that tells whether a path fits the whole pattern.
---@param pattern string
---@param below boolean? everything below what fits also fits
---@param literal boolean? a name that is written as a part of the pattern fits that, too: `[id]`
---@return fun(path: string): boolean
function M.matcher(pattern, below, literal)
  local compiled = {}
  for i, one in ipairs(alternatives(pattern, {})) do
    local list = {}
    for _, segment in ipairs(segments(one)) do
      list[#list + 1] = segment == "**" and STAR or compile(segment)
      if segment ~= "**" then list[#list].text = literal and segment or false end
    end
    compiled[i] = list
  end
  return function(path)
    local names = segments(path)
    for i, name in ipairs(names) do
      names[i] = chars(name)
      names[i].text = name
    end
    for _, wanted in ipairs(compiled) do
      if walk(wanted, names, fits_segment, below) then return true end
    end
    return false
  end
end

return M
