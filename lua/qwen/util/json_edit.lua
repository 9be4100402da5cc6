-- Changes one value in a JSON file with comments and keeps everything else byte for byte: order, comments, indentation, line ends.
local err = require "qwen.util.err"
local json = require "sys.json"
local jsonc = require "qwen.util.jsonc"
local tr = require("qwen.util.translate").tr
local texts = require "qwen.util.text"

local M = {}

-- The indentation of a place that begins its line; nil when something else stands before it.
local function own_indent(text, at)
  return at == 1 and "" or text:sub(1, at - 1):match "\n([ \t]*)$"
end

-- How this file is written: its line end, and the indentation of one level as the first member has it.
local function style_of(text, root)
  local first = root.members[1]
  local unit = first and own_indent(text, first.at) or ""
  return { eol = text:match "\r?\n" or "\n", unit = unit ~= "" and unit or "  " }
end

-- A value as text: on one line where indent is nil, else as lines under that indentation.
local function encoded(value, indent, style)
  if type(value) ~= "table" or not indent then return json.encode(value) end
  local tabs = style.unit:find "\t" ~= nil
  local text = json.encode(value, { indent = tabs and 1 or #style.unit })
  if tabs then text = text:gsub("\n( +)", function(spaces) return "\n" .. ("\t"):rep(#spaces) end) end
  return (text:gsub("\n", style.eol .. indent))
end

local function splice(text, from, to, new)
  return text:sub(1, from - 1) .. new .. text:sub(to + 1)
end

-- Where the comments end that follow on the same line.
local function after_comments(text, at)
  while true do
    local next_at = text:match("^[ \t]*//[^\r\n]*()", at)
    if next_at then return next_at end
    local comment
    comment, next_at = text:match("^[ \t]*(/%*.-%*/)()", at)
    if not comment or comment:find "\n" then return at end
    at = next_at
  end
end

local function add_member(text, object, name, value, style)
  local last = object.members[#object.members]
  if not last then
    local outer = texts.last_line(text:sub(1, object.from - 1)):match "^[ \t]*"
    local inner = outer .. style.unit
    local kept = texts.trim_end(text:sub(object.from + 1, object.to - 1)) -- a comment in an empty object stays
    return splice(text, object.from, object.to, ("{%s%s%s: %s%s}"):format(kept, style.eol .. inner, json.encode(name),
      encoded(value, inner, style), style.eol .. outer))
  end
  local indent = own_indent(text, last.at)
  local member = ("%s%s: %s%s"):format(indent and style.eol .. indent or " ", json.encode(name), encoded(value, indent, style), last.comma and "," or "")
  local at = (last.comma or last.span.to) + 1
  if indent then at = after_comments(text, at) end
  text = splice(text, at, at - 1, member)
  return last.comma and text or splice(text, last.span.to + 1, last.span.to, ",")
end

-- Takes a member away together with its comma and the line that was only there for it; comments outside the value stay.
local function remove_member(text, object, index)
  local member, before = object.members[index], object.members[index - 1]
  local from, to = member.at, member.comma or member.span.to
  local indent = own_indent(text, from)
  if indent and text:match("^[ \t]*\r?\n", to + 1) then
    from, to = from - #indent, text:match("^[ \t]*\r?\n()", to + 1) - 1
  elseif indent or member.comma then
    to = text:match("^[ \t]*()", to + 1) - 1
  elseif before and text:sub(before.comma + 1, from - 1):match "^[ \t]*$" then
    from = before.comma + 1
  end
  text = splice(text, from, to, "")
  if before and not member.comma then text = splice(text, before.comma, before.comma, "") end
  return text
end

local function find(object, name)
  for i = #object.members, 1, -1 do
    if object.members[i].name == name then return i end
  end
end

local function edit_once(text, root, path, value)
  local style, object = style_of(text, root), root
  for depth, name in ipairs(path) do
    local index = find(object, name)
    local member = object.members[index]
    if not member then
      if value == nil then return text end
      for i = #path, depth + 1, -1 do value = { [path[i]] = value } end
      return add_member(text, object, name, value, style)
    end
    if depth == #path then
      if value == nil then return remove_member(text, object, index) end
      return splice(text, member.span.from, member.span.to, encoded(value, own_indent(text, member.at), style))
    end
    object = member.span
    if not object.members then
      if value == nil then return text end
      return nil, err("usage", tr("'%s' is not an object, so '%s' cannot be set in it",
        table.concat(path, ".", 1, depth), path[depth + 1]))
    end
  end
end

---Sets a value, or takes it away.
---@param text string the file
---@param path string[] names from the outside in
---@param value any nil takes the member away
---@return string? text
---@return Err?
function M.edit(text, path, value)
  local bom = text:match "^\xef\xbb\xbf" or ""
  text = text:sub(#bom + 1)
  if not text:find "%S" then text = value == nil and text or "{}\n" end
  while true do
    local root, problem, _, span = jsonc.parse(text)
    if root == nil then return nil, problem end
    if not span then -- nothing but comments
      if value == nil then return bom .. text end
      text = text:gsub("[^\n]$", "%0\n") .. "{}\n"
    elseif not span.members then
      return nil, err("usage", tr "the file holds no object { ... }, so nothing can be set in it")
    else
      local out, e = edit_once(text, span, path, value)
      if not out then return nil, e end
      if value ~= nil or out == text then return bom .. out end
      text = out -- a name that is there twice has to go twice
    end
  end
end

return M
