-- TOML as prompt commands have it: texts by key at the top. Tables, and values that are no texts, are passed over.
local M = {}

-- A TOML string at `at`: its value and where it ends.
local function toml_string(source, at)
  for _, quote in ipairs { '"""', "'''" } do
    if source:sub(at, at + 2) == quote then
      local stop = source:find(quote, at + 3, true)
      if not stop then return nil end
      local value = source:sub(at + 3, stop - 1):gsub("^\r?\n", "")
      return value, stop + 3, quote == '"""'
    end
  end
  local quote = source:sub(at, at)
  if quote == "'" then
    local value, stop = source:match("^'([^'\n]*)'()", at)
    return value, stop, false
  end
  local i = at + 1
  while i <= #source and source:sub(i, i) ~= '"' do
    if source:sub(i, i) == "\n" then return nil end
    i = i + (source:sub(i, i) == "\\" and 2 or 1)
  end
  if i > #source then return nil end
  return source:sub(at + 1, i - 1), i + 1, true
end

local escapes = { n = "\n", t = "\t", r = "\r", ['"'] = '"', ["\\"] = "\\", b = "\b", f = "\f" }

local function unescape(value)
  value = value:gsub("\\\r?\n%s*", "")
  return (value:gsub("\\(.)(%x*)", function(char, hex)
    local digits = ({ u = 4, U = 8 })[char]
    if digits and #hex >= digits then return utf8.char(tonumber(hex:sub(1, digits), 16) & 0x7fffffff) .. hex:sub(digits + 1) end
    return (escapes[char] or "\\" .. char) .. hex
  end))
end

---The texts of a TOML file by key; nil and words when it is none.
---@param source string
---@return table<string, string>?, string?
function M.texts(source)
  local out, at, line = {}, 1, 1
  while true do
    local blank = source:match("^[%s]*", at)
    line = line + select(2, blank:gsub("\n", ""))
    at = at + #blank
    if at > #source then return out end
    if source:sub(at, at) == "#" or source:sub(at, at) == "[" then
      at = source:find("\n", at, true) or #source + 1
    else
      local key, stop = source:match("^([%w_-]+)%s*=%s*()", at)
      if not key then return nil, ("line %d: KEY = \"text\" is expected"):format(line) end
      if source:sub(stop, stop):find "[\"']" then
        local value, after, escaped = toml_string(source, stop)
        if not value then return nil, ("line %d: the text of '%s' has no end"):format(line, key) end
        out[key] = escaped and unescape(value) or value
        line = line + select(2, source:sub(stop, after - 1):gsub("\n", ""))
        at = after
      else
        at = source:find("\n", stop, true) or #source + 1
      end
    end
  end
end

return M
