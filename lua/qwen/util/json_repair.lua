-- Repairs the JSON that models write wrongly, where only one meaning is possible: fences, tokens of the template, values of
-- Python, commas too many, an end that is repeated. What was cut is completed only where the caller allows it.
local json = require "sys.json"

local M = {}

local CLOSERS = { ["{"] = "}", ["["] = "]" }
local WORDS = { None = "null", True = "true", False = "false", undefined = "null", null = "null", ["true"] = "true", ["false"] = "false" }
local ESCAPES = '["\\/bfnrtu]'

-- What may stand around the value without a meaning of its own.
local EDGES = { "^%s+", "^```%w*", "^<|[^|>\n]*|>", "^</?%w+>", "^[}%]]+" }
local ROUNDS = 20 -- of taking something from an edge

local function without_edge(text, brackets)
  for _ = 1, ROUNDS do
    local before = #text
    for i = 1, brackets and #EDGES or #EDGES - 1 do text = text:gsub(EDGES[i], "", 1) end
    if #text == before then break end
  end
  return text
end

-- One string from its quote at `at`: as JSON has it, and where it ends; nil and a reason.
local function string_at(text, at, lenient)
  local quote, out, from = text:sub(at, at), { '"' }, at + 1
  while true do
    local stop = text:find('["\'\\]', from)
    if not stop then return nil, "they end in the middle of a text" end
    out[#out + 1] = text:sub(from, stop - 1)
    local char, next_one = text:sub(stop, stop), text:sub(stop + 1, stop + 1)
    if char == quote then
      out[#out + 1] = '"'
      return table.concat(out), stop
    end
    if char ~= "\\" then
      out[#out + 1] = char == '"' and '\\"' or char
    elseif next_one == "'" then
      out[#out + 1] = "'"
    elseif next_one:find(ESCAPES) then
      out[#out + 1] = char .. next_one
    elseif next_one ~= "" and lenient then
      out[#out + 1] = "\\\\" .. next_one
    elseif next_one ~= "" then
      return nil, ("\\%s is no escape of JSON; a backslash is written \\\\"):format(next_one)
    end
    from = char == "\\" and stop + 2 or stop + 1
  end
end

-- The token at a place as JSON has it, its last byte, and its kind: "text", "word", "number" or a character; nil and a reason.
local function token_at(text, at, lenient)
  local char = text:sub(at, at)
  if char == '"' or char == "'" then
    local word, stop = string_at(text, at, lenient)
    return word, stop, "text"
  end
  local word = text:match("^%a+", at)
  if word then
    if not WORDS[word] then return nil, ("'%s' is no value"):format(word) end
    return WORDS[word], at + #word - 1, "word"
  end
  local number = text:match("^-?%d[%d.eE+-]*", at)
  if number then return number, at + #number - 1, "number" end
  if char:find "[%[%]{}:,]" then return char, at, char end
  return nil, ("'%s' is out of place"):format(char)
end

-- The first value of a text, and where it ends.
local function first_value(text, lenient)
  local out, open, comma, last, at = {}, {}, false, nil, 1
  while true do
    at = text:find("%S", at)
    if not at then break end
    local word, stop, kind = token_at(text, at, lenient)
    if not word then return nil, stop end
    local closes = kind == "}" or kind == "]"
    if comma and not closes then out[#out + 1] = "," end
    comma = kind == ","
    if closes and open[#open] ~= kind then return nil, ("'%s' closes nothing"):format(kind) end
    if closes then open[#open] = nil end
    if CLOSERS[kind] then open[#open + 1] = CLOSERS[kind] end
    if not comma then out[#out + 1] = word end
    last, at = kind, stop + 1
    if #open == 0 then return table.concat(out), at end
  end
  if not lenient or not (last == "text" or last == "word" or last == "}" or last == "]") then return nil, "they end too early" end
  while #open > 0 do out[#out + 1] = table.remove(open) end
  return table.concat(out), #text + 1
end

---The object that was meant; nil, and what is wrong, where that is not sure.
---@param text string
---@param lenient boolean an end that lacks brackets is completed, `\d` is a backslash and a letter
---@return string? object as JSON
---@return string? why
function M.object(text, lenient)
  local _, heavy = json.decode(text, false, true)
  if heavy and heavy.kind == "too_long" then return nil, heavy.message end
  local body = without_edge(text)
  local value, at = first_value(body, lenient)
  if not value then return nil, tostring(at) end
  local rest = without_edge(body:sub(at), true)
  if rest ~= "" then
    local again, stop = first_value(rest, false)
    local same = again == value and without_edge(rest:sub(stop), true) == ""
    if not same then return nil, again and "two values; make a call of its own for each" or "there is something behind the object" end
  end
  local found, e = json.decode(value, false, true)
  if found == json.null and value == "null" then return "{}" end
  if type(found) == "string" and found:find "^%s*{" then return M.object(found, lenient) end -- written as a text
  if type(found) == "table" and #found == 1 and value:find "^%[" and type(found[1]) == "table" then return json.encode(found[1]) end
  if type(found) ~= "table" or found == json.null or value:find "^%[" then return nil, e and e.message or "not an object" end
  return value
end

return M
