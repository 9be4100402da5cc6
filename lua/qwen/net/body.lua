-- Bodies of requests that may hold secrets: a form or JSON as a list of pieces, which C joins as the last step.
local json = require "sys.json"

local M = {}

local function sorted(fields)
  local names = {}
  for name in pairs(fields) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- Adds a piece; texts that meet become one.
local function add(out, piece)
  local last = #out
  if type(piece) == "string" and type(out[last]) == "string" then out[last] = out[last] .. piece else out[last + 1] = piece end
end

local function url_text(text)
  return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

---The body of a form (application/x-www-form-urlencoded), in the order of the names.
---@param fields table<string, string|number|boolean|Secret>
---@return (string|Secret)[]
function M.form(fields)
  local out = {}
  for i, name in ipairs(sorted(fields)) do
    local value = fields[name]
    add(out, (i > 1 and "&" or "") .. url_text(name) .. "=")
    add(out, type(value) == "userdata" and assert(value:encoded "form") or url_text(tostring(value)))
  end
  return out
end

local function add_json(out, value)
  if type(value) == "userdata" and value ~= json.null then
    add(out, '"')
    add(out, assert(value:encoded "json"))
    add(out, '"')
  elseif type(value) == "table" and getmetatable(value) == nil and not value[1] and next(value) ~= nil then
    for i, name in ipairs(sorted(value)) do
      add(out, (i > 1 and "," or "{") .. json.encode(name) .. ":")
      add_json(out, value[name])
    end
    add(out, "}")
  else
    add(out, json.encode(value))
  end
end

---A JSON object; secrets may stand in it and in objects below it, but not in lists.
---@param fields table
---@return (string|Secret)[]
function M.json(fields)
  local out = {}
  add_json(out, fields)
  return out
end

return M
