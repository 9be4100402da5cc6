-- The reference of the Lua API, read from the type files that ship (lua/meta): classes, their fields, types and words. It is what
-- `qwen help lua` prints, and the build into api.md.
local embed = require "sys.embed"

local M = {}

local closing = { ["("] = "()", ["{"] = "{}", ["<"] = "<>" }

-- The end of one type in text at `at`: a name, a text, fun(...): results, {...}, (...), with [] ? and | behind.
local function type_end(text, at)
  local char = text:sub(at, at)
  local stop
  if text:find("^fun%(", at) then
    stop = select(2, text:find("^%b()", at + 3))
    if stop and text:sub(stop + 1, stop + 2) == ": " then
      repeat stop = type_end(text, stop + 3) until not stop or text:sub(stop + 1, stop + 2) ~= ", "
    end
  elseif closing[char] then
    stop = select(2, text:find("^%b" .. closing[char], at))
  elseif char == '"' then
    stop = select(2, text:find('^"[^"]*"', at))
  else
    stop = select(2, text:find("^[%w_.]+", at)) or at
    if text:sub(stop + 1, stop + 1) == "<" then stop = select(2, text:find("^%b<>", stop + 1)) end
  end
  if not stop then return nil end
  while text:find("^%[%]", stop + 1) or text:find("^%?", stop + 1) do stop = stop + (text:sub(stop + 1, stop + 1) == "[" and 2 or 1) end
  if text:sub(stop + 1, stop + 1) == "|" then return type_end(text, stop + 2) end
  return stop
end

---A type and the words behind it.
---@param text string
---@return string kind
---@return string words
function M.split(text)
  local stop = type_end(text, 1) or #text
  return text:sub(1, stop), (text:sub(stop + 1):gsub("^%s+", ""))
end

local function read(text, out)
  local words, class, last = {}, nil, nil -- last: the field on the line before
  for line in text:gmatch "([^\n]*)\n" do
    local name, about = line:match "^%-%-%-@class ([%w_.]+)(.*)$"
    local field, rest = line:match "^%-%-%-@field ([%w_]+%??)%s+(.*)$"
    if name then
      local parent, behind = about:match "^: ?([%w_.]+)(.*)$"
      class = { name = name, parent = parent, fields = {}, text = table.concat(words, " ") }
      about = (behind or about):gsub("^%s+", ""):gsub("%s+$", "")
      if about ~= "" then class.text = class.text == "" and about or class.text .. ". " .. about end
      out[#out + 1], words, last = class, {}, nil
    elseif field then
      local kind, said = M.split(rest)
      last = { name = field:gsub("%?$", ""), type = kind, text = said }
      table.insert(class.fields, last)
    elseif line:find "^%-%-%-[^@]" then
      local more = line:gsub("^%-%-%-%s*", "")
      if last then last.text = (last.text .. " " .. more):gsub("^ ", "") else words[#words + 1] = more end
    else
      words, last = {}, nil
    end
  end
end

local classes

---Every class, in the order of the files.
---@return {name: string, parent: string?, text: string, fields: {name: string, type: string, text: string}[]}[]
function M.classes()
  if not classes then
    classes = {}
    for _, name in ipairs { "qwen", "sys" } do read(M.source(name), classes) end
  end
  return classes
end

---The class of a name: its own, "qwen.fs" as a file says it, or the last part of it.
---@param name string
---@return table?
function M.find(name)
  local by_name = {}
  for _, class in ipairs(M.classes()) do by_name[class.name] = class end
  if by_name[name] and not name:find "^sys%." then return by_name[name] end
  local short = name:gsub("^qwen%.", "")
  for _, field in ipairs(by_name.qwen.fields) do
    if field.name == short then return by_name[field.type] or { name = "qwen." .. short, text = field.text, fields = { field } } end
  end
  for _, class in ipairs(M.classes()) do
    if class.name:lower() == name:lower() then return class end
  end
end

---The text of a type file.
---@param name "qwen"|"sys"
---@return string
function M.source(name)
  return assert(embed.source(("lua/meta/%s.lua"):format(name)))
end

---Every name that can be asked for.
---@return string[]
function M.names()
  local out, api = {}, {}
  for _, class in ipairs(M.classes()) do
    if class.name == "qwen" then
      for _, field in ipairs(class.fields) do
        out[#out + 1] = "qwen." .. field.name
        api[field.type] = true
      end
    end
  end
  for _, class in ipairs(M.classes()) do
    if not class.name:find "%." and not api[class.name] then out[#out + 1] = class.name end
  end
  table.sort(out)
  return out
end

local function cell(text) return (text:gsub("|", "\\|"):gsub("\n", " ")) end

---The whole reference as one page of Markdown.
---@return string
function M.markdown()
  local out = { "# The Lua API", "",
    ("Version %d of the API, made from `lua/meta/` by `qwen help lua --markdown`. One page of it: `qwen help lua NAME`."):format(qwen.api) }
  for _, name in ipairs(M.names()) do
    local class = M.find(name)
    out[#out + 1] = "\n## " .. name .. "\n"
    if class.text ~= "" then out[#out + 1] = class.text .. (class.text:find "[.:]$" and "" or ".") .. "\n" end
    if class.parent then out[#out + 1] = ("All of `%s`, and:\n"):format(class.parent) end
    if #class.fields > 0 then
      out[#out + 1] = "| name | type | |\n| --- | --- | --- |"
      for _, field in ipairs(class.fields) do
        out[#out + 1] = ("| `%s` | `%s` | %s |"):format(field.name, cell(field.type), cell(field.text))
      end
    end
  end
  return table.concat(out, "\n")
end

return M
