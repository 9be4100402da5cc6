-- The reference of the Lua API, read from the type files that ship (lua/meta): classes, their fields, types and words. It is what
-- `qwen help lua` prints, and the build into api.md.
local embed = require "sys.embed"
local text = require "qwen.util.text"

local M = {}

local closing = { ["("] = "()", ["{"] = "{}", ["<"] = "<>" }

-- The end of one type in text at `at`: a name, a text, fun(...): results, {...}, (...), with [] ? and | behind.
local function type_end(source, at)
  local char = source:sub(at, at)
  local stop
  if source:find("^fun%(", at) then
    stop = select(2, source:find("^%b()", at + 3))
    if stop and source:sub(stop + 1, stop + 2) == ": " then
      repeat stop = type_end(source, stop + 3) until not stop or source:sub(stop + 1, stop + 2) ~= ", "
    end
  elseif closing[char] then
    stop = select(2, source:find("^%b" .. closing[char], at))
  elseif char == '"' then
    stop = select(2, source:find('^"[^"]*"', at))
  else
    stop = select(2, source:find("^[%w_.]+", at)) or at
    if source:sub(stop + 1, stop + 1) == "<" then stop = select(2, source:find("^%b<>", stop + 1)) end
  end
  if not stop then return nil end
  while source:find("^%[%]", stop + 1) or source:find("^%?", stop + 1) do stop = stop + (source:sub(stop + 1, stop + 1) == "[" and 2 or 1) end
  if source:sub(stop + 1, stop + 1) == "|" then return type_end(source, stop + 2) end
  return stop
end

---A type and the words behind it.
---@param source string
---@return string kind
---@return string words
function M.split(source)
  local stop = type_end(source, 1) or #source
  return source:sub(1, stop), (source:sub(stop + 1):gsub("^%s+", ""))
end

-- A class or an alias of one line, with the comment above it; nil for another line.
local function head(line, comment)
  local name, about = line:match "^%-%-%-@class ([%w_.]+)(.*)$"
  if name then
    local parent, behind = about:match "^: ?([%w_.]+)(.*)$"
    about = (behind or about):gsub("^%s+", ""):gsub("%f[%s]%s+$", "")
    local words = comment == "" and about or about == "" and comment or comment .. ". " .. about
    return { name = name, parent = parent, fields = {}, text = words }
  end
  name, about = line:match "^%-%-%-@alias ([%w_]+) ?(.*)$"
  if name then return { name = name, fields = {}, text = comment, alias = about } end
end

local function read(source, out)
  local words, class, last = {}, nil, nil -- last: the field on the line before
  for line in source:gmatch "([^\n]*)\n?" do
    local new = head(line, table.concat(words, " "))
    local field, rest = line:match "^%-%-%-@field ([%w_]+%??)%s+(.*)$"
    local value, meaning = line:match '^%-%-%-| ("[^"]*") # (.*)$'
    if new then
      class = new
      out[#out + 1], words, last = class, {}, nil
    elseif field then
      local kind, said = M.split(rest)
      last = { name = field:gsub("%?$", ""), type = kind, text = said }
      table.insert(class.fields, last)
    elseif value then -- of an alias
      table.insert(class.fields, { name = value, type = "", text = meaning })
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
---@return {name: string, parent: string?, text: string, alias: string?, fields: {name: string, type: string, text: string}[]}[]
---alias: the type that the name stands for; "" when its values are the fields
function M.classes()
  if not classes then
    classes = {}
    for _, name in ipairs { "qwen", "sys" } do read(M.source(name), classes) end
  end
  return classes
end

---The class of a name: its own, "qwen.fs" or "qwen.x.files" as a file says it, or the last part of that.
---@param name string
---@return table?
function M.find(name)
  local by_name = {}
  for _, class in ipairs(M.classes()) do by_name[class.name] = class end
  if by_name[name] and not name:find "^sys%." then return by_name[name] end
  local short = name:gsub("^qwen%.", ""):gsub("^x%.", "")
  for _, tier in ipairs { "qwen", "qwen.x" } do
    for _, field in ipairs(by_name[tier].fields) do
      local full = tier .. "." .. field.name
      if field.name == short and (name == full or not name:find "^qwen%.") then
        return by_name[field.type] or { name = full, text = field.text, fields = { field } }
      end
    end
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
    if class.name == "qwen" or class.name == "qwen.x" then
      for _, field in ipairs(class.fields) do
        out[#out + 1] = class.name .. "." .. field.name
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

---The name most like one that is not there, compared without its tier.
---@param name string "qwen.flies"
---@return string? name "qwen.x.files"
function M.nearest(name)
  local bare, full = {}, {}
  for _, known in ipairs(M.names()) do
    local last = known:gsub("^.*%.", "")
    if not full[last] then bare[#bare + 1] = last end
    full[last] = full[last] or known
  end
  return full[text.nearest(name:gsub("^.*%.", ""), bare)]
end

local function cell(words) return (words:gsub("|", "\\|"):gsub("\n", " ")) end

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
    if class.alias and class.alias ~= "" then out[#out + 1] = ("`%s`\n"):format(class.alias) end
    if #class.fields > 0 then
      out[#out + 1] = class.alias and "| value | | |\n| --- | --- | --- |" or "| name | type | |\n| --- | --- | --- |"
      for _, field in ipairs(class.fields) do
        local kind = field.type ~= "" and "`" .. cell(field.type) .. "`" or ""
        out[#out + 1] = ("| `%s` | %s | %s |"):format(field.name, kind, cell(field.text))
      end
    end
  end
  return table.concat(out, "\n")
end

return M
