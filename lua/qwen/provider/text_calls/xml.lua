-- Calls in marks like those of XML: <function=NAME> with <parameter=KEY>, <invoke name="NAME">, GLM's <arg_key>.
local json = require "sys.json"
local values = require "qwen.provider.text_calls.values"

local M = {}

local NAME, MOST_NAME, MOST_HEAD = "%w_.:/-", 128, 200

-- The text of a parameter: up to its end, of which only the one before another parameter or the end of the call counts.
local function parameter(r, close, follows)
  local pieces = {}
  while true do
    local piece = r:upto(close)
    if not piece then return nil end
    pieces[#pieces + 1] = piece
    local blank = r:word("%s", MOST_HEAD) or ""
    for _, text in ipairs(follows) do
      if r:sees(text) then return (table.concat(pieces):gsub("^\n", "", 1):gsub("\n$", "", 1)) end
    end
    pieces[#pieces + 1] = close .. blank
  end
end

-- Behind <function=NAME>: parameters, or a JSON object, and the end.
local function function_body(r, names, raw, calls)
  local args, close = {}, "</function>"
  r:skip "%s"
  if r:is "{" then
    local text = r:balanced '"'
    r:skip "%s"
    return text ~= nil and r:take(close) and values.add_named(names, raw, text, calls)
  end
  while not r:take(close) do
    if not r:take "<parameter=" then return false end
    local key = r:upto(">", MOST_NAME)
    local value = key and parameter(r, "</parameter>", { "<parameter=", close })
    if not value then return false end
    args[key] = value
  end
  return values.add_named(names, raw, args, calls)
end

---Behind <function=
function M.one_function(r, names, calls)
  local raw = r:word(NAME, MOST_NAME)
  return raw ~= nil and values.offered(names, raw) ~= nil and r:take ">" and function_body(r, names, raw, calls)
end

---Such a call alone; the end of a group may stand behind it whose beginning is missing.
function M.lone_function(r, names, calls)
  if not M.one_function(r, names, calls) then return false end
  r:take_one { "</tool_call>", "\n</tool_call>" }
  return true
end

---Behind <function name=": as some templates write it.
function M.named_function(r, names, calls)
  local raw = r:upto('"', MOST_NAME)
  return raw ~= nil and values.offered(names, raw) ~= nil and r:take ">" and function_body(r, names, raw, calls)
end

---Behind <PREFIXinvoke name=": parameters and the end.
function M.invoke(prefix)
  local open, close, end_parameter = ("<%sparameter name=\""):format(prefix), ("</%sinvoke>"):format(prefix), ("</%sparameter>"):format(prefix)
  return function(r, names, calls)
    local raw, args = r:upto('"', MOST_NAME), {}
    if not raw or not values.offered(names, raw) or not r:take ">" then return false end
    r:skip "%s"
    while not r:take(close) do
      if not r:take(open) then return false end
      local key = r:upto('"', MOST_NAME)
      local rest = key and r:upto(">", MOST_NAME)
      local value = rest and parameter(r, end_parameter, { open, close })
      if not value then return false end
      if rest:find 'string="false"' then value = json.decode(value, false, true) end
      args[key] = value
    end
    return values.add_named(names, raw, args, calls)
  end
end

---Several of such calls between a beginning and an end; the end may be missing behind the last.
function M.group(items, ends)
  return function(r, names, calls)
    local count = 0
    while true do
      r:skip "%s"
      local found
      for _, item in ipairs(items) do
        if not found and r:take(item[1]) then
          found = true
          if not item[2](r, names, calls) then return false end
        end
      end
      if found then
        count = count + 1
      else
        return (r:take_one(ends) ~= nil or count > 0) and count > 0
      end
    end
  end
end

---<tool_call>NAME<arg_key>..</arg_key><arg_value>..</arg_value></tool_call>
function M.glm(r, names, calls)
  local raw, args, close = r:word(NAME, MOST_NAME), {}, "</tool_call>"
  if not raw or not values.offered(names, raw) then return false end
  r:skip "%s"
  while not r:take(close) do
    if not r:take "<arg_key>" then return false end
    local key = r:upto("</arg_key>", MOST_NAME)
    r:skip "%s"
    if not key or not r:take "<arg_value>" then return false end
    local value = parameter(r, "</arg_value>", { "<arg_key>", close })
    if not value then return false end
    args[key] = value
  end
  return values.add_named(names, raw, args, calls)
end

return M
