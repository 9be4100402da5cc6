-- The texts that people read, found in our Lua sources: what is printed, told, asked and refused. Knows nothing of languages.
local M = {}

---Names, strings and signs of a Lua text, without comments.
local function tokens(text)
  local out, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then return out end
    local _, last = text:find("^%-%-%[%[.-%]%]", at)
    if not last then _, last = text:find("^%-%-[^\n]*", at) end
    if last then
      at = last + 1
    else
      local kind, value = "sign", nil
      local quote = text:match("^[\"']", at)
      if quote then
        last = at
        repeat
          last = last + (text:sub(last, last) == "\\" and last > at and 2 or 1)
        until text:sub(last, last) == quote
        kind, value = "string", assert(load("return " .. text:sub(at, last)))()
      elseif text:find("^%[=*%[", at) then
        local level = #text:match("^%[(=*)%[", at)
        local close = "]" .. ("="):rep(level) .. "]"
        _, last = text:find(close, at, true)
        kind, value = "string", text:sub(at + level + 2, last - level - 2)
      else
        _, last = text:find("^[%a_][%w_]*", at)
        if last then kind = "name" end
        if not last then _, last = text:find("^%d[%w.]*", at) end
        if not last then _, last = text:find("^%.%.+", at) end
        last = last or at
      end
      out[#out + 1] = { kind = kind, value = value or text:sub(at, last) }
      at = last + 1
    end
  end
end

local opens, closes = { ["("] = true, ["{"] = true, ["["] = true, ["function"] = true, ["if"] = true, ["do"] = true },
  { [")"] = true, ["}"] = true, ["]"] = true, ["end"] = true }
local statements = { ["if"] = true, ["return"] = true, ["local"] = true, ["for"] = true, ["while"] = true, ["then"] = true, ["else"] = true, ["elseif"] = true }

-- Where the expression ends that begins at a token: before a comma, a bracket that was not opened in it, or what begins a statement.
local function expression_end(list, at)
  local depth = 0
  local before
  while list[at] do
    local token = list[at]
    local sign = token.kind ~= "string" and token.value
    if sign and opens[sign] then depth = depth + 1 end
    if sign and closes[sign] then
      if depth == 0 then return at - 1 end
      depth = depth - 1
    end
    if depth == 0 and (sign == "," or sign == ";" or statements[sign]) then return at - 1 end
    local ends = before and depth == 0 and (before.kind ~= "sign" or closes[before.value])
    if ends and token.kind == "name" and not ({ ["and"] = 1, ["or"] = 1, ["not"] = 1 })[sign]
      and not ({ ["and"] = 1, ["or"] = 1, ["not"] = 1 })[before.value] then return at - 1 end
    before, at = token, at + 1
  end
  return at - 1
end

local of_expression

-- The parts of a run of tokens between a sign, where no bracket is open.
local function split(list, from, to, sign)
  local parts, depth, start = {}, 0, from
  for i = from, to do
    local token = list[i]
    local value = token.kind ~= "string" and token.value
    if opens[value] then depth = depth + 1 end
    if closes[value] then depth = depth - 1 end
    if depth == 0 and value == sign then
      parts[#parts + 1] = { start, i - 1 }
      start = i + 1
    end
  end
  parts[#parts + 1] = { start, to }
  return parts
end

-- What one operand of `..` can be: texts with %s for what is not known. Texts inside brackets are texts of their own.
local function operand(list, from, to, found)
  local first = list[from]
  if not first then return { "%s" } end
  if first.kind == "string" and from == to then return { first.value } end
  if first.value == "(" and first.kind == "sign" then
    local depth, close = 0, from
    for i = from, to do
      local value = list[i].kind ~= "string" and list[i].value
      if opens[value] then depth = depth + 1 end
      if closes[value] then depth = depth - 1 end
      if depth == 0 then close = i break end
    end
    if list[close + 1] and close + 1 <= to and list[close + 1].value == ":" and list[close + 2].value == "format" then
      for _, part in ipairs(split(list, close + 4, to - 1, ",")) do of_expression(list, part[1], part[2], found) end
      return of_expression(list, from + 1, close - 1, nil)
    end
    if close == to then of_expression(list, from + 1, close - 1, found) end
  end
  return { "%s" }
end

---The texts of an expression; those in its brackets go to `found`.
function of_expression(list, from, to, found)
  local out = {}
  for _, alternative in ipairs(split(list, from, to, "or")) do
    local parts = split(list, alternative[1], alternative[2], "and")
    for k, part in ipairs(parts) do
      local pieces = { "" }
      for _, one in ipairs(split(list, part[1], part[2], "..")) do
        local longer = {}
        for _, tail in ipairs(operand(list, one[1], one[2], found)) do
          for _, head in ipairs(pieces) do longer[#longer + 1] = head .. tail end
        end
        pieces = longer
      end
      if k == #parts then table.move(pieces, 1, #pieces, #out + 1, out) end
    end
  end
  if found then
    for _, text in ipairs(out) do found[#found + 1] = text end
  end
  return out
end

-- Calls by the last names of the function, with the numbers of the arguments that are read.
local calls = { ["ctx.print"] = { 1 }, ["ctx.notice"] = { 1 }, ["ctx.pick"] = { 1 }, ["ctx.line"] = { 1 }, ["ctx.status"] = { 1 }, ["qwen.err"] = { 2 },
  ["err"] = { 2 }, ["report.title"] = { 1 }, ["report.ok"] = { 1 }, ["report.warn"] = { 1, 2 }, ["report.bad"] = { 1, 2 }, ["row"] = { 1, 2 } }
local fields = { summary = true, label = true, detail = true, disabled = true, hint = true, group = true, title = true, reason = true, words = true, text = true,
  advice = true, terms = true, because = true }

---The texts in a Lua source: templates with %s and the like where something stands that is known only later.
---@param text string
---@param returned boolean? whether sentences that a function returns are texts too
---@return string[]
function M.of(text, returned)
  local list, found = tokens(text), {}
  for i, token in ipairs(list) do
    local next_one = list[i + 1]
    if returned and token.kind == "name" and token.value == "return" then
      local at = i + 1
      repeat
        local last, sentences = expression_end(list, at), {}
        of_expression(list, at, last, sentences)
        for _, one in ipairs(sentences) do
          if one:find "%l %l" then found[#found + 1] = one end
        end
        at = last + 2
      until not list[last + 1] or list[last + 1].value ~= ","
    elseif token.kind == "name" and next_one then
      local dotted = i > 2 and list[i - 1].value == "." and list[i - 2].value .. "." .. token.value or token.value
      local wanted = calls[dotted]
      if wanted and next_one.kind == "string" then
        of_expression(list, i + 1, i + 1, found)
      elseif wanted and next_one.value == "(" and next_one.kind == "sign" and list[i - 1].value ~= "function" then
        for _, argument in ipairs(wanted) do
          local at = i + 2
          for _ = 2, argument do at = expression_end(list, at) + 2 end
          of_expression(list, at, expression_end(list, at), found)
        end
      elseif fields[token.value] and next_one.value == "=" and next_one.kind == "sign" and list[i + 2] then
        of_expression(list, i + 2, expression_end(list, i + 2), found)
      end
    elseif token.value == "]" and next_one and next_one.value == "=" and list[i - 1].value == "1" and list[i - 2].value == "+" then -- list[#list + 1] = text
      of_expression(list, i + 2, expression_end(list, i + 2), found)
    end
  end
  return found
end

return M
