-- Any value as text for people: tables with sorted keys and indents, repeated tables named once, long ones cut.
local M = {}

local MOST_ITEMS, MOST_DEPTH, MOST_TEXT = 200, 8, 4000

local function key_text(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" then return key end
  return "[" .. (type(key) == "string" and ("%q"):format(key) or tostring(key)) .. "]"
end

local function keys_of(t)
  local out = {}
  for key in next, t do
    if not (math.type(key) == "integer" and key >= 1 and key <= #t) then out[#out + 1] = key end
  end
  table.sort(out, function(a, b)
    if type(a) == type(b) and (type(a) == "string" or type(a) == "number") then return a < b end
    return type(a) < type(b)
  end)
  return out
end

local write

local function table_text(t, indent, seen)
  if seen[t] then return "<shown above>" end
  if #indent / 2 >= MOST_DEPTH then return "{...}" end
  local meta = getmetatable(t)
  if type(meta) == "table" and rawget(meta, "__tostring") then return tostring(t) end
  seen[t] = true
  local parts, inner, count = {}, indent .. "  ", 0
  local function add(text)
    count = count + 1
    if count <= MOST_ITEMS then parts[count] = text end
  end
  for i = 1, #t do add(write(rawget(t, i), inner, seen)) end
  for _, key in ipairs(keys_of(t)) do add(key_text(key) .. " = " .. write(rawget(t, key), inner, seen)) end
  if count > MOST_ITEMS then parts[MOST_ITEMS + 1] = ("... %d more"):format(count - MOST_ITEMS) end
  if count == 0 then return "{}" end
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #line + #indent <= 100 and not line:find "\n" then return line end
  return "{\n" .. inner .. table.concat(parts, ",\n" .. inner) .. ",\n" .. indent .. "}"
end

function write(value, indent, seen)
  if type(value) == "table" then return table_text(value, indent, seen) end
  if type(value) == "string" then
    local text = #value > MOST_TEXT and value:sub(1, MOST_TEXT) or value
    return (("%q"):format(text):gsub("\\\n", "\\n")) .. (#value > MOST_TEXT and (" ... %d bytes"):format(#value) or "")
  end
  if type(value) == "function" then
    local info = debug.getinfo(value, "S")
    return info.what == "C" and "<C function>" or ("<function %s:%d>"):format(info.short_src, info.linedefined)
  end
  return tostring(value)
end

---@param value any
---@return string
function M.text(value)
  return write(value, "", {})
end

return M
