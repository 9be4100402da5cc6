-- Whose mistake an error is: one that our API raises about what it was given is its caller's, and gets
-- the line of that call, what was expected there and what was given. Everything else stays as it is.
local api_reference = require "qwen.extension.api_reference"
local limited = require("sys.task").limited
local ships = require("qwen.extension.user_modules").ships

local M = {}

local NEAR = 4 -- frames between the call and where the error was raised; deeper ones are our own

local basic = {
  any = function() return true end,
  string = function(v) return type(v) == "string" or type(v) == "number" end,
  integer = function(v) return type(v) == "number" and math.tointeger(v) ~= nil end,
  number = function(v) return type(v) == "number" end,
  boolean = function(v) return type(v) == "boolean" end,
  table = function(v) return type(v) == "table" end,
  ["function"] = function(v) return type(v) == "function" end,
  ["nil"] = function(v) return v == nil end,
}

-- The alternatives of a type, cut at each | that is in no brackets.
local function alternatives(kind)
  local out, rest = {}, kind
  while rest ~= "" do
    local depth, stop = 0, #rest
    for at, char in rest:gmatch "()([(){}<>|])" do
      if char == "|" and depth == 0 then
        stop = at - 1
        break
      end
      depth = depth + (char:find "[({<]" and 1 or char:find "[)}>]" and -1 or 0)
    end
    out[#out + 1] = rest:sub(1, stop)
    rest = rest:sub(stop + 2)
  end
  return out
end

local function fits(kind, value)
  if kind:sub(-1) == "?" then
    if value == nil then return true end
    kind = kind:sub(1, -2)
  end
  if kind:find "^%(.*%)$" then kind = kind:sub(2, -2) end
  local list = alternatives(kind)
  for i = 1, #list > 1 and #list or 0 do
    if fits(list[i], value) then return true end
  end
  if #list > 1 then return false end
  if basic[kind] then return basic[kind](value) end
  if kind:find '^"' then return value == kind:sub(2, -2) end
  if kind:find "^fun%(" then return type(value) == "function" end
  local class = kind:find "^[%w_.]+$" and api_reference.find(kind)
  if class and class.alias then return true end
  return type(value) == "table" or type(value) == "userdata"
end

local function kind_of(value)
  if value == nil then return "nothing" end
  local kind = type(value)
  return kind == "table" and value[1] ~= nil and "a list" or "a " .. kind
end

-- Names and types of what a function takes, from its declared type.
local function parameters(kind)
  local inner = kind:match "^fun(%b())"
  local out, rest = {}, inner and inner:sub(2, -2) or ""
  while rest ~= "" do
    local name, optional, behind = rest:match "^([%w_.]+)(%??):?%s*(.*)$"
    if not name then break end
    local want, more = api_reference.split(behind)
    out[#out + 1] = { name = name, kind = want .. (optional == "?" and "?" or "") }
    rest = more:match "^,%s*(.*)$" or ""
  end
  return out
end

-- A type as short words: of a long one its first alternative.
local function short(kind)
  local first = #kind > 60 and alternatives(kind)[1] or kind
  local class = first:find "^[%u][%w]+%??$" and api_reference.find((first:gsub("%?$", "")))
  return class and not class.alias and ("a table (%s)"):format(first) or first
end

-- What does not fit of a table with declared fields.
local function wrong_field(kind, value)
  if type(value) ~= "table" or getmetatable(value) then return nil end
  for _, one in ipairs(alternatives(kind)) do
    local class = one:find "^[%w_.]+%??$" and api_reference.find((one:gsub("%?$", "")))
    for _, field in ipairs(class and not class.alias and class.fields or {}) do
      local found = rawget(value, field.name)
      if found ~= nil and not fits(field.type, found) then
        return ("%s must be %s, not %s"):format(field.name, short(field.type), kind_of(found))
      end
    end
  end
end

-- The first argument that does not fit the declared type, in words.
local function wrong_argument(declared, values)
  for i, parameter in ipairs(parameters(declared)) do
    local value = values[i]
    if parameter.name ~= "..." and parameter.name ~= "self" then
      if not fits(parameter.kind, value) then
        return ("%s must be %s, not %s"):format(parameter.name, short(parameter.kind), kind_of(value))
      end
      local inside = wrong_field(parameter.kind, value)
      if inside then return inside end
    end
  end
end

-- Levels are those of `find` below, which `refused` is called from through pcall.
local DEEPER = 3

-- What was passed: of a function of C, too, whose arguments stand first on its stack; and whether it
-- is a method.
local function passed(level, info)
  local values, first = {}, nil
  for i = 1, info.what == "C" and 8 or info.nparams do
    local name, value = debug.getlocal(level + DEEPER, i)
    if not name then break end
    first, values[i] = first or name, value
  end
  return values, first == "self"
end

-- The variable of the caller that has the function as a field.
local function owner(level, name, fn)
  for i = 1, 250 do
    local variable, value = debug.getlocal(level + DEEPER, i)
    if not variable then break end
    if variable:find "^[%a_]" and type(value) == "table" and rawget(value, name) == fn then return variable, value end
  end
end

-- A function of the API: its name, and its declared type.
local function declared(name, fn)
  for _, full in ipairs(api_reference.names()) do
    local class = api_reference.find(full)
    for _, field in ipairs(class.fields) do
      if field.name == name and field.type:find "^fun%(" then
        local tier, module = full:match "^qwen%.(x?)%.?([%w_]+)$"
        local ok, value = pcall(function() return (tier == "x" and qwen.x or qwen)[module] end)
        if ok and type(value) == "table" and rawget(value, name) == fn then return full .. "." .. name, field.type end
      end
    end
  end
end

local function field_of(class, name)
  for _, field in ipairs(api_reference.find(class).fields) do
    if field.name == name and field.type:find "fun%(" then return field.type:match "^%((fun.*)%)%??$" or field.type end
  end
end

-- The words of a call that our API refused.
local function refused(e, level, callee, caller)
  local name = callee.name or "this call"
  local variable, object = owner(level + 1, name, callee.func)
  local full, kind = declared(name, callee.func)
  if not full and variable then full, kind = variable .. "." .. name, field_of("Ctx", name) end
  local values, of_object = passed(level, callee)
  local words = kind and wrong_argument(kind, values)
  if object and callee.namewhat == "method" and rawequal(values[1], object) and not of_object then
    words = ("write %s.%s(...), not %s:%s(...)"):format(variable, name, variable, name)
  elseif of_object and callee.namewhat ~= "method" and type(values[1]) ~= "table" then
    words = ("write a colon before %s, not a dot"):format(name)
  end
  local said = e:gsub("^[^\n]-:%d+: ", "")
  return ("%s:%d: %s: %s"):format(caller.short_src, caller.currentline, full or name, words or said)
end

-- The files of the caller's own on the way to a place, up to where we have called them.
local function way(level)
  local out, last = {}, nil
  for at = level + 1, level + 40 do
    local info = debug.getinfo(at, "Slf")
    if not info or info.func == limited then break end
    if not ships(info.short_src) and info.currentline > 0 then
      local place = ("%s:%d"):format(info.short_src, info.currentline)
      if place ~= last then out[#out + 1] = "\n  from " .. place end
      last = place
    end
  end
  return table.concat(out)
end

-- Looks from the place of an error on for the first call of a file that did not ship.
local function find(e, start)
  local plain = type(e) == "table" and getmetatable(e) == nil
  if type(e) ~= "string" and not plain then return e end
  local callee
  for level = start, start + 200 do
    local info = debug.getinfo(level, "Slnfu")
    if not info then return e end
    if not ships(info.short_src) then
      local place = ("%s:%d: "):format(info.short_src, info.currentline)
      if plain then return place .. "it raised a table; error takes a text, or what qwen.err gives" .. way(level + 1) end
      local near = callee and level - start <= NEAR and e:sub(1, #place) ~= place
      if not near then return e .. way(level + 1) end
      local ok, words = pcall(refused, e, level - 1, callee, info)
      return ok and words .. way(level + 1) or e
    end
    callee = info
  end
  return e
end

---An error as its author is to read it; a message handler for xpcall.
---@param e any
---@return any a text of its own where the caller is to blame, else what came
function M.words(e)
  local words = find(e, 3)
  return words
end

---The same behind the message handler of task.limited.
---@param e any
---@return any
function M.raised(e)
  local words = find(e, 5)
  return words
end

return M
