-- What models write wrongly in a call, put right where only one meaning is possible: names of tools and arguments from other
-- programs, broken JSON, ids that are there twice. It changes the answer before it is kept, so hooks, rules, permission,
-- the session and the model itself see the call as it is carried out.
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local call_ids = require "qwen.agent.call_ids"
local json = require "sys.json"
local json_repair = require "qwen.util.json_repair"
local message = require "qwen.session.message"
local registry = require "qwen.extension.registry"
local text = require "qwen.util.text"
local tool_names = require "qwen.permission.tool_names"

local M = {}

local MOST_NAME, LONGEST_TAIL = 200, 24 -- bytes of a tool's name, and of the lines behind a path, that are looked at

-- Other names of an argument, without the letter case, `_` and `-` in which they are written.
local ARGUMENTS = {
  file_path = "path filepath absolutepath file filename targetfile relativepath relativeworkspacepath uri",
  path = "dir dirpath directory folder absolutepath relativepath filepath searchpath targetdirectory searchdirectory root",
  old_string = "oldstr oldtext old oldcontent search find",
  new_string = "newstr newtext new newcontent replace replacement",
  content = "contents text filetext filecontent filecontents body step task title",
  command = "cmd shellcommand script",
  directory = "cwd workdir workingdirectory workingdir dir",
  is_background = "background runinbackground",
  timeout = "timeoutms timeoutmilliseconds",
  pattern = "query regex regexp search searchterm searchpattern globpattern q",
  glob = "include includepattern filepattern filter fileglob",
  mode = "outputmode",
  limit = "maxresults headlimit maxlines numlines linecount",
  offset = "startline line linestart firstline lineoffset",
  context = "contextlines c",
  todos = "todolist items list plan tasks",
  skill = "name skillname",
  subagent_type = "agent agenttype agentname",
  prompt = "task instructions",
}

-- Other words for a value that a schema lists.
local VALUES = { content = "lines", fileswithmatches = "files", done = "completed", complete = "completed", todo = "pending",
  notstarted = "pending", doing = "in_progress", active = "in_progress", inprogress = "in_progress" }

local function squeezed(name) return (name:gsub("[_%-. ]", ""):lower()) end

local properties_called, tools_called = {}, {}
for property, words in pairs(ARGUMENTS) do
  properties_called[property] = {}
  for word in words:gmatch "%S+" do properties_called[property][word] = true end
end
for _, list in ipairs { tool_names.others, tool_names.called } do
  for tool, names in pairs(list) do
    tools_called[squeezed(tool)] = tool
    for _, name in ipairs(names) do tools_called[squeezed(name)] = tool end
  end
end

-- Names

-- A name without what stands around it in the formats that models were trained on: `functions.read_file:0<|channel|>`.
local function bare(name)
  name = text.trim((name:sub(1, MOST_NAME):gsub("<|.*$", ""))):gsub("%(%)$", ""):gsub("%f[:%d]:%d+$", "")
  return (name:gsub("^functions?[.:]", ""):gsub("^default_api[.:]", ""):gsub("^tools?[.:]", ""))
end

---The tool that a model means by a name; nil when none is offered that it can mean.
---@param name string
---@param offered table<string, boolean>
---@param args table? of the call, where they are known
---@return string?
function M.tool(name, offered, args)
  if offered[name] then return name end
  local plain = bare(name)
  if offered[plain] then return plain end
  local low, fits = squeezed(plain), nil
  for _, known in ipairs(registry.names "tools") do
    -- a tool that is there and not offered, as one that a rule refuses, is not another one
    if not offered[known] and (known == name or squeezed(known) == low) then return nil end
  end
  for known in pairs(offered) do
    if squeezed(known) == low then
      if fits then return nil end
      fits = known
    end
  end
  local by_command = tool_names.by_command[low]
  fits = fits or by_command and args and by_command[args.command] or tools_called[low]
  return offered[fits] and fits or nil
end

-- Arguments

-- Gives an object the names of its schema. A name that could mean two, or that would be given twice, stays.
local function rename(schema, value)
  local properties, wanted, changed = schema.properties or {}, {}, false
  local function want(property, name)
    wanted[property] = wanted[property] or {}
    table.insert(wanted[property], name)
  end
  for name in pairs(value) do
    local low, exact = type(name) == "string" and not properties[name] and squeezed(name), nil
    for property in pairs(low and properties or {}) do exact = exact or squeezed(property) == low and property end
    if exact and value[exact] == nil then want(exact, name) end
    for property in pairs(low and not exact and properties or {}) do
      local called = properties_called[property]
      if value[property] == nil and called and called[low] then want(property, name) end
    end
  end
  for property, names in pairs(wanted) do
    local clear = #names == 1
    for other, list in pairs(clear and wanted or {}) do clear = clear and (other == property or list[1] ~= names[1]) end
    if clear then value[property], value[names[1]], changed = value[names[1]], nil, true end
  end
  return changed
end

-- Lines by their first and last, as others ask for them.
local function lines_asked(properties, args)
  if not (properties.offset and properties.limit) then return false end
  local range = args.view_range
  if type(range) == "table" and #range == 2 then args.offset, args.end_line, args.view_range = range[1], range[2], nil end
  local last = nil
  for _, name in ipairs { "end_line", "endLine", "line_end", "last_line" } do last = last or args[name] and name end
  local first, stop = math.tointeger(tonumber(args.offset)) or 1, last and math.tointeger(tonumber(args[last]))
  if not stop or args.limit then return range ~= nil and args.view_range == nil end
  args[last] = nil
  if stop >= first then args.limit = stop - first + 1 end
  return true
end

-- A command as a list of words: the line that such a list runs.
local function one_command(args)
  local list = args.command
  if type(list) ~= "table" or #list == 0 then return false end
  for _, word in ipairs(list) do
    if type(word) ~= "string" then return false end
  end
  if #list == 3 and list[1]:find "sh$" and list[2]:find "^%-l?i?c$" then
    args.command = list[3]
    return true
  end
  local words = {}
  for i, word in ipairs(list) do words[i] = word:find "^[%w_./=:@%%+,-]+$" and word or "'" .. word:gsub("'", "'\\''") .. "'" end
  args.command = table.concat(words, " ")
  return true
end

local function listed_value(schema, value)
  for _, item in ipairs(schema.enum) do
    if item == value then return value end
  end
  local low = squeezed(value)
  for _, item in ipairs(schema.enum) do
    if type(item) == "string" and (squeezed(item) == low or VALUES[low] == item) then return item end
  end
  return value
end

-- The names and listed values of an object and of the objects in its lists.
local function by_schema(schema, value)
  if type(value) ~= "table" or value == json.null then return false end
  local changed = schema.properties and rename(schema, value) or false
  for name, child in pairs(schema.properties or {}) do
    if child.enum and type(value[name]) == "string" then
      local word = listed_value(child, value[name])
      value[name], changed = word, changed or word ~= value[name]
    elseif child.items then
      for _, item in ipairs(type(value[name]) == "table" and value[name] or {}) do changed = by_schema(child.items, item) or changed end
    end
  end
  return changed
end

local function from_uri(path)
  return (path:gsub("^file://localhost/", "/"):gsub("^file://", ""):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- A path without quotes around it, and as a path where it is an address.
local function plain_path(path)
  local inner = path:match '^%s*"([^"]+)"%s*$' or path:match "^%s*'([^']+)'%s*$" or path:match "^%s*`([^`]+)`%s*$"
  inner = inner or path:match "^%s*<([^<>]+)>%s*$" or path
  return inner:find "^file://" and from_uri(inner) or inner
end

-- A line behind a path, a mark before it and blanks around it are taken away only where that names something that is there.
local function path_meant(ctx, given)
  local function there(path)
    local full = path ~= "" and files.resolve(ctx, path)
    return full and fs.stat(full) ~= nil
  end
  local path = plain_path(given)
  if path:find("\0", 1, true) or there(path) then return path end
  local plain, before, line = text.trim(path), nil, nil
  local tail, at = plain:sub(-LONGEST_TAIL), 0
  repeat at = tail:find("[:#]", at + 1) until not at or tail:find("^[:#]L?%d[-:L%d]*$", at)
  if at then before, line = plain:sub(1, #plain - #tail + at - 1), tail:match("%d+", at) end
  for _, other in ipairs { plain, plain:match "^@(.+)$" or plain, before or plain } do
    if there(other) then return other, other == before and math.tointeger(tonumber(line)) or nil end
  end
  return path
end

local function mend_paths(ctx, properties, args)
  local changed = false
  for _, name in ipairs { "file_path", "path", "directory" } do
    local given = properties[name] and args[name]
    if type(given) == "string" then
      local path, line = path_meant(ctx, given)
      if line and properties.offset and args.offset == nil then args.offset = line end
      args[name], changed = path, changed or path ~= given
    end
  end
  return changed
end

-- A tool of the user or of a server may take what it does not list: there only what is missing is looked for.
local function lacks(schema, args)
  for _, name in ipairs(schema.required or {}) do
    if args[name] == nil then return true end
  end
  return false
end

local function is_ours(name) return tool_names.others[name] ~= nil end

local function mend_arguments(ctx, tool, name, args)
  if not is_ours(name) then return lacks(tool.schema, args) and rename(tool.schema, args) end
  local properties = tool.schema.properties or {}
  local changed = by_schema(tool.schema, args)
  changed = lines_asked(properties, args) or changed
  changed = properties.command and one_command(args) or changed
  return mend_paths(ctx, properties, args) or changed
end

---The arguments of a call of a tool of ours that its schema does not have.
---@param tool Tool
---@param name string
---@param args table
---@return string[]
function M.unknown(tool, name, args)
  local out = {}
  for key in pairs(is_ours(name) and args or {}) do
    if not (tool.schema.properties or {})[key] then out[#out + 1] = tostring(key) end
  end
  table.sort(out)
  return out
end

-- Calls

local function object_of(words)
  local value = words ~= "" and json.decode(words, false, true)
  return type(value) == "table" and value ~= json.null and value or nil
end

local function mend_call(ctx, call, offered)
  local args = object_of(call.args)
  local name = M.tool(call.name, offered, args)
  local tool = name and registry.get("tools", name)
  if not tool then return end
  if args and tool_names.by_command[squeezed(bare(call.name))] and not tool.command then args.command = nil end
  call.name = name
  if not args and call.args ~= "" then
    local lenient = tool.effect == "read" or tool.effect == "none"
    local repaired = json_repair.object(call.args, lenient)
    if not repaired then return end
    call.args, args = repaired, object_of(repaired)
  end
  if args and mend_arguments(ctx, tool, name, args) then call.args = json.encode(args) end
end

---Puts the calls of an answer right.
---@param ctx Ctx
---@param answer Message
function M.mend(ctx, answer)
  local calls = message.calls_of(answer)
  if #calls == 0 then return end
  call_ids.own(ctx.session.messages, calls)
  local offered = {}
  for _, tool in ipairs(ctx.tools) do offered[tool.name] = true end
  for _, call in ipairs(calls) do mend_call(ctx, call, offered) end
end

return M
