-- JSON with comments and trailing commas, as people keep it in settings files: values, and the line each value stands on.
-- Strict JSON from the network goes through sys.json; this reader is for small files whose errors must name a line.
local err = require "qwen.err"
local json = require "sys.json"

local M = {}

local MAX_DEPTH = 128

local function position(text, at)
  local line, start = 1, 1
  for newline in text:sub(1, at - 1):gmatch("()\n") do line, start = line + 1, newline + 1 end
  return line, at - start + 1
end

local function fail(state, at, message)
  local line, column = position(state.text, at)
  error({ jsonc = true, message = ("line %d, column %d: %s"):format(line, column, message), line = line }, 0)
end

local function skip(state)
  local text, at = state.text, state.at
  while true do
    at = text:find("[^ \t\r\n]", at) or #text + 1
    if text:sub(at, at + 1) == "//" then
      at = text:find("\n", at, true) or #text + 1
    elseif text:sub(at, at + 1) == "/*" then
      local _, last = text:find("*/", at + 2, true)
      if not last then fail(state, at, "this comment is never closed") end
      at = last + 1
    else
      break
    end
  end
  state.at = at
  return text:sub(at, at)
end

local function read_string(state)
  local start = state.at
  local at = start + 1
  while true do
    at = state.text:find('[\\"\n]', at)
    local c = at and state.text:sub(at, at)
    if not at or c == "\n" then fail(state, start, "this text is never closed with a quote") end
    if c == '"' then break end
    at = at + 2
  end
  local value = json.decode("[" .. state.text:sub(start, at) .. "]")
  if not value then fail(state, start, "this text holds an escape that JSON does not know") end
  state.at = at + 1
  return value[1]
end

local literals = { ["true"] = true, ["false"] = false, ["null"] = json.null }

local read_value

-- Where a value stands: from and to are its first and last byte; for objects the members in order and what follows the last one.
local function open_span(state, path, kind)
  local span = { from = state.at, kind = kind, members = {} }
  state.spans[path] = span
  return span
end

local function read_object(state, path, depth)
  local object, first = {}, state.at
  local span = open_span(state, path, "object")
  state.at = state.at + 1
  while true do
    local c = skip(state)
    if c == "}" then break end
    if c ~= '"' then fail(state, state.at, c == "" and "the object that began here is never closed" or "expected a name in quotes or }") end
    local key_at = state.at
    local key = read_string(state)
    if skip(state) ~= ":" then fail(state, state.at, "expected : after \"" .. key .. "\"") end
    state.at = state.at + 1
    local child = path == "" and key or path .. "." .. key
    if object[key] ~= nil then
      state.problems[#state.problems + 1] = ("line %d: \"%s\" is there twice; the last one counts"):format(position(state.text, key_at), child)
    end
    state.lines[child] = position(state.text, key_at)
    span.members[#span.members + 1] = child
    object[key] = read_value(state, child, depth)
    state.spans[child].key_at = key_at
    span.trailing = nil
    c = skip(state)
    if c == "," then
      span.trailing = state.at
      state.at = state.at + 1
    elseif c ~= "}" then
      fail(state, c == "" and first or state.at, c == "" and "this object is never closed" or "expected , or } after \"" .. key .. "\"")
    end
  end
  span.to = state.at
  state.at = state.at + 1
  return object
end

local function read_array(state, path, depth)
  local array, first = json.array {}, state.at
  local span = open_span(state, path, "array")
  state.at = state.at + 1
  while true do
    local c = skip(state)
    if c == "]" then break end
    local child = path .. "." .. #array
    state.lines[child] = position(state.text, state.at)
    array[#array + 1] = read_value(state, child, depth)
    c = skip(state)
    if c == "," then
      state.at = state.at + 1
    elseif c ~= "]" then
      fail(state, c == "" and first or state.at, c == "" and "this list is never closed" or "expected , or ]")
    end
  end
  span.to = state.at
  state.at = state.at + 1
  return array
end

function read_value(state, path, depth)
  local c = skip(state)
  if depth > MAX_DEPTH then fail(state, state.at, "nested too deep") end
  if c == "{" then return read_object(state, path, depth + 1) end
  if c == "[" then return read_array(state, path, depth + 1) end
  local span = open_span(state, path, "value")
  if c == '"' then
    local value = read_string(state)
    span.to = state.at - 1
    return value
  end
  local word = state.text:match("^[%w+.-]+", state.at) or ""
  local value = literals[word]
  if value == nil and word:match("^%-?%d") then
    local decoded = json.decode("[" .. word .. "]")
    value = decoded and decoded[1]
    if value and math.tointeger(value) then value = math.tointeger(value) end
  end
  if value == nil then
    fail(state, state.at, c:find "^[%]},:]?$" and "a value is missing" or ("'%s' is not a value; texts need quotes"):format(word ~= "" and word or c))
  end
  state.at = state.at + #word
  span.to = state.at - 1
  return value
end

---Reads a text.
---@param text string
---@return any value
---@return table<string, integer>|Err lines line of each dotted path, list items counted from 0
---@return string[]? problems sentences about what was read all the same
---@return table? spans by path: where each value stands, for jsonedit.lua
function M.parse(text)
  if text:sub(1, 3) == "\xef\xbb\xbf" then text = text:sub(4) end
  local state = { text = text, at = 1, lines = {}, problems = {}, spans = {} }
  local ok, value = pcall(function()
    if skip(state) == "" then return {} end
    local v = read_value(state, "", 0)
    if skip(state) ~= "" then fail(state, state.at, "expected nothing more after the value") end
    return v
  end)
  if ok then return value, state.lines, state.problems, state.spans end
  if type(value) == "table" and value.jsonc then return nil, err("usage", value.message, { line = value.line }) end
  error(value, 0)
end

return M
