-- From what a model wrote to calls: names that were offered, JSON of several shapes, calls as Python writes them, Gemma's own notation.
-- Strict: what could be a definition, a file or an example of something else makes no call.
local json = require "sys.json"
local texts = require "qwen.util.text"

local M = {}

-- The name that was offered, without what templates put around it ("functions.f:0"); nil for any other.
local function offered(names, raw)
  if type(raw) ~= "string" then return nil end
  local name = texts.trim(raw)
  for _, candidate in ipairs { name, (name:gsub("^functions[.:]", ""):gsub(":%d+$", "")) } do
    if names and names[candidate] or not names and candidate:find "^[%w_.:/-]+$" then return candidate end
  end
end

M.offered = offered

local name_fields, argument_fields = { "name", "tool_name", "tool", "function_name", "recipient_name" }, { "arguments", "parameters", "args", "input" }
local others = { id = true, type = true, index = true, tool_call_id = true, call_id = true }
local known = { ["function"] = true, thought = true, thoughts = true }
for _, list in ipairs { name_fields, argument_fields } do
  for _, field in ipairs(list) do known[field] = true end
end
for field in pairs(others) do known[field] = true end

---Whether an object that is a call can have this field first.
---@param names table<string, any>?
---@param key string
---@return boolean
function M.is_first(names, key)
  return known[key] or names ~= nil and names[key] ~= nil
end

-- A schema in the place of arguments: the definition of a tool.
local function is_schema(args)
  return args.type == "object" and (type(args.properties) == "table" or args.required ~= nil)
end

local function add(calls, name, args)
  if type(args) == "string" and type(json.decode(args, false, true)) ~= "table" then return false end
  local ok, text = true, args
  if type(args) == "table" then ok, text = pcall(json.encode, args) end
  calls[#calls + 1] = ok and { type = "call", name = name, args = text } or nil
  return ok
end

-- { "name": ..., "arguments": ... } and its kin; { "f": { ... } } where f was offered. `strict`: a name alone makes no call.
local function add_object(names, object, calls, strict)
  local inner = type(object["function"]) == "table" and object["function"] or object
  for key in pairs(inner) do
    if not known[key] then
      local only = names and names[key] and next(inner) == key and next(inner, key) == nil and type(inner[key]) == "table"
      return only and not is_schema(inner[key]) and add(calls, key, inner[key])
    end
  end
  local raw, args = type(object["function"]) == "string" and object["function"] or nil, nil
  for _, field in ipairs(name_fields) do raw = raw or inner[field] end
  for _, field in ipairs(argument_fields) do
    if args == nil then args = inner[field] end
  end
  if args == json.null then args = {} end
  local name = offered(names, raw)
  if not name or args == nil and strict or type(args) == "table" and is_schema(args) then return false end
  if args ~= nil and type(args) ~= "table" and type(args) ~= "string" then return false end
  return add(calls, name, args == "" and {} or args or {})
end

---Adds the calls that a JSON text is, one or a list of them.
---@param names table<string, any>? the offered ones; nil for any
---@param text string
---@param calls Delta[]
---@param strict boolean? a name without arguments makes no call
---@return boolean
function M.add_json(names, text, calls, strict)
  local value = json.decode(text, false, true)
  if type(value) ~= "table" then return false end
  if text:find "^%s*{" then return add_object(names, value, calls, strict) end
  for _, item in ipairs(value) do
    if type(item) ~= "table" or not add_object(names, item, calls, strict) then return false end
  end
  return #value > 0
end

---Adds a call whose arguments are a JSON object.
---@param names table<string, any>?
---@param raw string
---@param args string|table
---@param calls Delta[]
---@return boolean
function M.add_named(names, raw, args, calls)
  local name = offered(names, raw)
  if not name or type(args) == "string" and not args:find "^%s*{" then return false end
  return add(calls, name, args)
end

-- Python --------------------------------------------------------------------------------------------------------------

local words = { True = true, ["true"] = true, False = false, ["false"] = false, None = json.null, null = json.null }
local escapes = { n = "\n", t = "\t", r = "\r", ["\n"] = "" }

local function space(s, at) return s:match("^%s*()", at) end

local python

local function python_string(s, at)
  local quote = s:match("^[\"']", at)
  local long = quote and s:sub(at, at + 2) == quote:rep(3)
  local from, pieces = at + (long and 3 or 1), {}
  local stop = long and quote:rep(3) or quote
  while quote do
    local found = s:find("[\\" .. quote .. "]", from)
    if not found then return nil end
    pieces[#pieces + 1] = s:sub(from, found - 1)
    if s:sub(found, found) == "\\" then
      local c = s:sub(found + 1, found + 1)
      pieces[#pieces + 1] = escapes[c] or (c == "\\" or c == '"' or c == "'") and c or "\\" .. c
      from = found + 2
    elseif s:sub(found, found + #stop - 1) == stop then
      return table.concat(pieces), found + #stop
    else
      pieces[#pieces + 1], from = quote, found + 1
    end
  end
end

-- Items up to a closing bracket; `read` takes one at a place and gives the place behind it.
local function items(s, at, close, read)
  at = space(s, at)
  while s:sub(at, at) ~= close do
    at = read(at)
    at = at and space(s, at)
    local mark = at and s:sub(at, at)
    if mark == "," then at = space(s, at + 1) elseif mark ~= close then return nil end
  end
  return at + 1
end

-- The value at a place, and the place behind it; nil, nil where none is.
function python(s, at, depth)
  local c = s:sub(at, at)
  if depth > 60 then return nil end
  if c:find "[\"']" then return python_string(s, at) end
  if c == "[" or c == "(" then
    local list = json.array {}
    local after = items(s, at + 1, c == "[" and "]" or ")", function(from)
      local value, to = python(s, from, depth + 1)
      list[#list + 1] = value
      return to
    end)
    return list, after
  end
  if c == "{" then
    local object = {}
    local after = items(s, at + 1, "}", function(from)
      local key, to = python_string(s, from)
      to = to and s:match("^%s*:%s*()", to)
      local value
      if to then value, to = python(s, to, depth + 1) end
      if to then object[key] = value end
      return to
    end)
    return object, after
  end
  local word, after = s:match("^([%w_.+-]+)()", at)
  local value = words[word]
  if value == nil then value = tonumber(word) end
  return value, value ~= nil and after or nil
end

-- One call f(a=1, b="x"); gives the place behind it.
local function python_call(names, s, at, calls)
  local raw, open = s:match("^([%a_][%w_.-]*)%s*%(()", at)
  local name, args = offered(names, raw) or raw and offered(names, (raw:gsub("%.call$", ""))), {}
  if not name then return nil end
  local after = items(s, open, ")", function(from)
    local key, to = s:match("^([%a_][%w_]*)%s*=%s*()", from)
    local value
    if to then value, to = python(s, to, 1) end
    if to then args[key] = value end
    return to
  end)
  return after and add(calls, name, args) and after or nil
end

---Adds the calls of a text such as `[f(a=1), g()]`, or calls on lines of their own.
---@param names table<string, any>?
---@param text string
---@param calls Delta[]
---@return boolean
function M.add_python(names, text, calls)
  local at, before = space(text, 1), #calls
  if text:sub(at, at) == "[" then
    at = items(text, at + 1, "]", function(from) return python_call(names, text, from, calls) end)
    return at ~= nil and space(text, at) > #text and #calls > before
  end
  while at and at <= #text do
    at = python_call(names, text, at, calls)
    at = at and text:match("^[%s;,]*()", at)
  end
  return at ~= nil and #calls > before
end

-- Gemma ---------------------------------------------------------------------------------------------------------------

-- call:f{key:<escape>text<escape>,n:1,list:[...]}: its strings become JSON's, its keys get quotes.
local function gemma_json(text)
  local out, quoted = {}, false
  for piece, mark in (text .. "<escape>"):gsub('<|"|>', "<escape>"):gmatch "(.-)(<escape>)" do
    if quoted then
      out[#out + 1] = json.encode(piece)
    elseif mark then
      out[#out + 1] = piece:gsub("([{,]%s*)([%a_][%w_-]*)%s*:", '%1"%2":')
    end
    quoted = not quoted
  end
  return table.concat(out)
end

---Adds a call in the notation of Gemma.
---@param names table<string, any>?
---@param text string
---@param calls Delta[]
---@return boolean
function M.add_gemma(names, text, calls)
  local raw, args = text:match "^%s*call:([%w_.:-]+)%s*(%b{})%s*$"
  if not raw then raw, args = text:match "^%s*call:([%w_.-]+)%s*({.*})%s*$" end
  return raw ~= nil and M.add_named(names, raw, gemma_json(args), calls)
end

return M
