-- JSON with comments and trailing commas, as people keep it in settings files: values, and where each of them stands.
-- Strict JSON from the network goes through sys.json; this reader is for small files whose errors must name a line.
local err = require "qwen.util.err"
local json = require "sys.json"
local phrase = require("qwen.util.translate").phrase
local visible = require("sys.text").visible

local M = {}

local MAX_DEPTH = 128

local function fail(state, at, message)
  local line, start = 1, 1
  for newline in state.text:sub(1, at - 1):gmatch "()\n" do line, start = line + 1, newline + 1 end
  local before = state.text:sub(start, at - 1)
  local column = (utf8.len(before) or #before) + 1
  error({ jsonc = true, message = ("line %d, column %d: %s"):format(line, column, message), line = line, column = column }, 0)
end

-- The line of a place; places are asked for in rising order, so each byte is counted once.
local function line_of(state, at)
  while true do
    local newline = state.text:find("\n", state.counted, true)
    if not newline or newline >= at then return state.line end
    state.counted, state.line = newline + 1, state.line + 1
  end
end

local function skip(state)
  local text, at = state.text, state.at
  while true do
    at = text:find("[^ \t\r\n]", at) or #text + 1
    if text:sub(at, at + 1) == "//" then
      at = text:find("\n", at, true) or #text + 1
    elseif text:sub(at, at + 1) == "/*" then
      local _, last = text:find("*/", at + 2, true)
      if not last then fail(state, at, "this comment is never closed; it needs */") end
      at = last + 1
    else
      break
    end
  end
  state.at = at
  return text:sub(at, at)
end

-- What stands there, in words that are safe to print.
local function found(state)
  local c = state.text:match("^[%g\x80-\xff]", state.at)
  if state.at > #state.text then return "the end of the file" end
  local word = state.text:match("^[%w_$.+-]+", state.at) or c and state.text:match("^" .. utf8.charpattern, state.at)
  return word and utf8.len(word) and ("'%s'"):format(visible(word:sub(1, 40))) or ("byte %d"):format(state.text:byte(state.at))
end

local function quoted(key)
  return visible(json.encode(key))
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
  if not value then fail(state, start, "this text holds an escape that JSON does not know; a backslash is written \\\\") end
  state.at = at + 1
  return value[1]
end

local read_value

local function child_path(path, name)
  return path == "" and name or path .. "." .. name
end

local function read_object(state, span, path, depth)
  local object = {}
  while true do
    local c = skip(state)
    if c == "}" then return object end
    if c ~= '"' then
      if c == "" then fail(state, span.from, "this object is never closed; it needs }") end
      fail(state, state.at, "expected a name in quotes or }, found " .. found(state))
    end
    local at = state.at
    local key = read_string(state)
    if skip(state) ~= ":" then fail(state, state.at, ("expected : after %s, found %s"):format(quoted(key), found(state))) end
    state.at = state.at + 1
    local child, line = child_path(path, key), line_of(state, at)
    if object[key] ~= nil then
      state.problems[#state.problems + 1] = phrase("line %d: %s is there twice; the last one counts", line, quoted(child))
    end
    state.lines[child] = line
    local member = { name = key, at = at }
    span.members[#span.members + 1] = member
    object[key], member.span = read_value(state, child, depth)
    c = skip(state)
    if c == "," then
      member.comma = state.at
      state.at = state.at + 1
    elseif c ~= "}" then
      if c == "" then fail(state, span.from, "this object is never closed; it needs }") end
      fail(state, state.at, ("expected , or } after the value of %s, found %s"):format(quoted(key), found(state)))
    end
  end
end

local function read_array(state, span, path, depth)
  local array = json.array {}
  while true do
    local c = skip(state)
    if c == "]" then return array end
    if c == "" then fail(state, span.from, "this list is never closed; it needs ]") end
    local child = child_path(path, tostring(#array))
    state.lines[child] = line_of(state, state.at)
    array[#array + 1] = read_value(state, child, depth)
    c = skip(state)
    if c == "," then
      state.at = state.at + 1
    elseif c ~= "]" then
      if c == "" then fail(state, span.from, "this list is never closed; it needs ]") end
      fail(state, state.at, "expected , or ] in this list, found " .. found(state))
    end
  end
end

local literals = { ["true"] = true, ["false"] = false, ["null"] = json.null }

local function read_word(state)
  local word = state.text:match("^[%w_$.+-]+", state.at) or ""
  local value = literals[word]
  if value == nil then
    local whole, fraction, exponent = word:match "^%-?(%d+)%f[%D](%.?%d*)%f[%D]([eE]?[+-]?%d*)$"
    local grammar = whole and (whole == "0" or whole:sub(1, 1) ~= "0") and (fraction == "" or #fraction > 1)
      and (exponent == "" or exponent:match "^[eE][+-]?%d+$")
    value = grammar and tonumber(word) or nil
    if value and math.abs(value) == math.huge then fail(state, state.at, ("the number '%s' is too large"):format(word:sub(1, 40))) end
    value = value and math.tointeger(value) or value
  end
  if value == nil then fail(state, state.at, "expected a value, found " .. found(state) .. (word ~= "" and "; texts need quotes" or "")) end
  state.at = state.at + #word
  return value
end

-- The value at hand and its span: from and to are its first and last byte; an object's span has the members in order, each with
-- name, at (first byte of the name), span, and comma (the byte of the comma behind it).
function read_value(state, path, depth)
  local c = skip(state)
  local span = { from = state.at }
  local value
  if c == "{" or c == "[" then
    if depth >= MAX_DEPTH then fail(state, state.at, ("nested deeper than %d levels"):format(MAX_DEPTH)) end
    span.members = c == "{" and {} or nil
    state.at = state.at + 1
    value = (c == "{" and read_object or read_array)(state, span, path, depth + 1)
    state.at = state.at + 1
  elseif c == '"' then
    value = read_string(state)
  else
    value = read_word(state)
  end
  span.to = state.at - 1
  return value, span
end

---Reads a text.
---@param text string
---@return any value
---@return table<string, integer>|Err lines line of each dotted path, list items counted from 0
---@return string[]? problems sentences about what was read all the same
---@return table? span of the whole value, for jsonedit.lua; nil for an empty text
function M.parse(text)
  if text:match "^\xff\xfe" or text:match "^\xfe\xff" then
    return nil, err("usage", phrase "line 1, column 1: the file is UTF-16; save it as UTF-8",
      { line = 1 })
  end
  if text:sub(1, 3) == "\xef\xbb\xbf" then text = text:sub(4) end
  local state = { text = text, at = 1, lines = {}, problems = {}, line = 1, counted = 1 }
  local ok, value, span = pcall(function()
    if skip(state) == "" then return {} end
    local v, whole = read_value(state, "", 0)
    if skip(state) ~= "" then fail(state, state.at, "expected nothing more after the value, found " .. found(state)) end
    return v, whole
  end)
  if ok then return value, state.lines, state.problems, span end
  if type(value) == "table" and value.jsonc then return nil, err("usage", value.message, { line = value.line, column = value.column }) end
  error(value, 0)
end

return M
