-- Changes one value in a JSON file with comments and keeps everything else byte for byte: order, comments, indentation, line ends.
local err = require "qwen.err"
local json = require "sys.json"
local jsonc = require "qwen.jsonc"

local M = {}

local function indent_at(text, at)
  return text:sub(1, at - 1):match "([ \t]*)$" or ""
end

-- The indentation of one level, from the first member of the file.
local function unit_of(text, spans)
  local root = spans[""]
  local first = root and root.members[1] and spans[root.members[1]]
  local unit = first and text:sub(1, first.key_at - 1):match "\n([ \t]+)$"
  return unit or "  "
end

local function encoded(value, indent, unit)
  if type(value) ~= "table" then return json.encode(value) end
  local width = unit:find "\t" and 1 or #unit
  local text = json.encode(value, { indent = width })
  if unit:find "\t" then text = text:gsub("\n( +)", function(spaces) return "\n" .. ("\t"):rep(#spaces) end) end
  return (text:gsub("\n", "\n" .. indent))
end

local function splice(text, from, to, new)
  return text:sub(1, from - 1) .. new .. text:sub(to + 1)
end

-- Adds a member behind the last one, in the form the object has.
local function add_member(text, spans, path, key, value)
  local span, unit = spans[path], unit_of(text, spans)
  local last = span.members[#span.members] and spans[span.members[#span.members]]
  local name = json.encode(key) .. ": "
  if not last then
    local line = text:sub(1, span.from - 1):match "[^\n]*$"
    local outer = line:match "^[ \t]*"
    local inner = outer .. unit
    local kept = text:sub(span.from + 1, span.to - 1):match "^(.-)%s*$" -- a comment in an empty object stays
    return splice(text, span.from, span.to, ("{%s\n%s%s%s\n%s}"):format(kept, inner, name, encoded(value, inner, unit), outer))
  end
  local first = spans[span.members[1]]
  local lead = text:sub(1, first.key_at - 1):match "\n([ \t]*)$"
  local at = span.trailing or last.to
  local member = lead and "\n" .. lead .. name .. encoded(value, lead, unit) or " " .. name .. json.encode(value)
  if lead then -- behind a comment on the last member's own line
    local comment = text:match("^[ \t]*//[^\n]*()", at + 1)
    if comment then
      local before = text:sub(at + 1, comment - 1):gsub("\r$", "")
      local tail = text:sub(at + 1 + #before)
      return text:sub(1, at) .. (span.trailing and "" or ",") .. before .. member .. (span.trailing and "," or "") .. tail
    end
  end
  return splice(text, at + 1, at, (span.trailing and "" or ",") .. member .. (span.trailing and "," or ""))
end

-- Takes a member away together with the comma and the line that were only there for it.
local function remove_member(text, spans, parent, path)
  local span, members = spans[path], spans[parent].members
  local index
  for i, member in ipairs(members) do
    if member == path then index = i end
  end
  local from, to = span.key_at, span.to
  local comma = text:match("^%s*()%,", to + 1)
  if comma then
    to = comma
  elseif index > 1 then
    from = spans[members[index - 1]].to + 1
    return splice(text, from, to, "")
  end
  local line_start = text:sub(1, from - 1):match "()[ \t]*$"
  local rest = text:match("^[ \t]*\r?\n()", to + 1)
  if rest and (line_start == 1 or text:sub(line_start - 1, line_start - 1) == "\n") then return splice(text, line_start, rest - 1, "") end
  return splice(text, from, to, "")
end

---Sets a value, or takes it away.
---@param text string the file
---@param path string[] names from the outside in
---@param value any nil takes the member away
---@return string? text
---@return Err?
function M.edit(text, path, value)
  if not text:find "%S" then text = "{}\n" end
  local bom, crlf = text:match "^\xef\xbb\xbf" or "", text:find("\r\n", 1, true) ~= nil
  text = text:sub(#bom + 1)
  if crlf then text = text:gsub("\r\n", "\n") end
  local root, problem, _, spans = jsonc.parse(text)
  if root == nil then return nil, problem end
  local known, depth = "", 0
  while depth < #path do
    local child = known == "" and path[depth + 1] or known .. "." .. path[depth + 1]
    if not spans[child] or spans[known].kind ~= "object" then break end
    known, depth = child, depth + 1
  end
  local out
  if depth == #path then
    local parent = table.concat(path, ".", 1, #path - 1)
    if value == nil then
      out = remove_member(text, spans, parent, known)
    else
      local span = spans[known]
      local line = text:sub(1, span.key_at - 1):match "\n([ \t]*)$"
      out = splice(text, span.from, span.to, encoded(value, line or indent_at(text, span.key_at), unit_of(text, spans)))
    end
  elseif value == nil then
    out = text
  elseif spans[known].kind ~= "object" then
    return nil, err("usage", ("'%s' is not an object, so '%s' cannot be set in it"):format(known ~= "" and known or "the file", path[depth + 1]))
  else
    for i = #path, depth + 2, -1 do value = { [path[i]] = value } end
    out = add_member(text, spans, known, path[depth + 1], value)
  end
  if crlf then out = out:gsub("\n", "\r\n") end
  return bom .. out
end

return M
