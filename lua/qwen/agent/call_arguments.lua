-- The arguments of a call as a model means them: names, values and paths of other programs, where only one meaning is possible.
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local json = require "sys.json"
local squeezed = require("qwen.agent.call_names").squeezed
local text = require "qwen.util.text"
local tool_names = require "qwen.permission.tool_names"

local M = {}

local LONGEST_TAIL = 24 -- bytes of the lines behind a path
local MOST_SECONDS = 600 -- of a timeout; it is in milliseconds, and up to here meant in seconds

-- Other names of an argument, without the letter case, `_` and `-` in which they are written.
local ARGUMENTS = {
  file_path = "path filepath absolutepath file filename targetfile relativepath relativeworkspacepath uri notebookpath imagepath targetfilepath",
  notebook_path = "path filepath file targetnotebook notebook",
  cell_id = "cell cellid id", new_source = "source content newcontent code", edit_mode = "mode action operation",
  path = "dir dirpath directory folder absolutepath relativepath filepath searchpath targetdirectory searchdirectory root directorypath includedirectory",
  old_string = "oldstr oldtext old oldcontent search find oldcode original searchtext",
  new_string = "newstr newtext new newcontent newcode replace replacement updated replacetext",
  content = "contents text filetext filecontent filecontents codecontent body step task title description",
  command = "cmd shellcommand script commandline bashcommand cmdline",
  directory = "cwd workdir workingdirectory workingdir dir dirpath cd",
  is_background = "background runinbackground",
  timeout = "timeoutms timeoutmilliseconds",
  pattern = "query regex regexp search searchterm searchpattern globpattern q searchquery filename name glob",
  glob = "include includepattern filepattern filter fileglob",
  mode = "outputmode",
  limit = "maxresults headlimit maxlines numlines nlines linecount maxcount",
  offset = "startline line linestart firstline lineoffset",
  context = "contextlines c",
  todos = "todolist items list plan tasks",
  skill = "name skillname",
  subagent_type = "agent agenttype agentname subagentname",
  prompt = "task instructions objective",
  task_id = "bashid shellid id agentid jobid taskname",
  run_in_background = "background isbackground",
  plan = "response content steps markdown",
}

-- Other words for a value that a schema lists.
local VALUES = { content = "lines", fileswithmatches = "files", done = "completed", complete = "completed", todo = "pending",
  notstarted = "pending", doing = "in_progress", active = "in_progress", inprogress = "in_progress" }

local properties_called = {}
for property, words in pairs(ARGUMENTS) do
  properties_called[property] = {}
  for word in words:gmatch "%S+" do properties_called[property][word] = true end
end

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
    for _, name in ipairs(names) do -- beside it there may be a description
      if squeezed(name) == "title" then names = { name } end
    end
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
  for i, word in ipairs(list) do words[i] = text.shell_word(word) end
  args.command = table.concat(words, " ")
  return true
end

local function is_true(value) return value == true or value == "true" end
local function is_false(value) return value == false or value == "false" end

-- What other searches take as an argument and ours says in the pattern, or always does.
local SEARCH = {
  i = function(args, value) if is_true(value) then args.pattern = "(?i)" .. args.pattern end end,
  casesensitive = function(args, value) if is_false(value) then args.pattern = "(?i)" .. args.pattern end end,
  isregexp = function(args, value) if is_false(value) then args.pattern = args.pattern:gsub("[][\\(){}.*+?^$|]", "\\%0") end end,
  n = function() end,
}
SEARCH.ignorecase, SEARCH.caseinsensitive, SEARCH.isregex = SEARCH.i, SEARCH.i, SEARCH.isregexp
function SEARCH.a(args, value) args.context = math.max(tonumber(value) or 0, tonumber(args.context) or 0) end
SEARCH.b = SEARCH.a

local function search_flags(args)
  local names = {}
  for name in pairs(type(args.pattern) == "string" and args or {}) do
    if SEARCH[squeezed(tostring(name))] then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    SEARCH[squeezed(name)](args, args[name])
    args[name] = nil
  end
  return #names > 0
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
  if not path:find "[\"'`<:]" then return path end -- most
  local inner = path:match '^%s*"([^"]+)"%s*$' or path:match "^%s*'([^']+)'%s*$" or path:match "^%s*`([^`]+)`%s*$"
  inner = inner or path:match "^%s*<([^<>]+)>%s*$" or path
  return inner:find "^file://" and from_uri(inner) or inner
end

-- A line behind a path, a mark before it and blanks around it are taken away only where that names something that is there.
local function path_meant(ctx, given)
  local function there(path)
    local full = path ~= "" and files.resolve(ctx, path)
    return full and fs.exists(full)
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
  for _, name in ipairs { "file_path", "notebook_path", "path", "directory" } do
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

local WRAPPERS = { arguments = true, parameters = true, args = true, input = true, params = true, kwargs = true }

-- The arguments out of an object that holds them and nothing else but the name.
local function unwrapped(tool, args)
  local inner, more = nil, 0
  for name, value in pairs(args) do
    local wraps = WRAPPERS[name] and not (tool.schema.properties or {})[name]
    if wraps and not inner then
      inner = type(value) == "string" and json.decode(value, false, true) or value
    elseif not (name == "name" or name == "type" or name == "id") then
      more = more + 1
    end
  end
  if more == 0 and type(inner) == "table" and inner ~= json.null then return inner, true end
  return args, false
end

---The arguments as they are meant; the table itself may be changed.
---@param ctx Ctx
---@param tool Tool
---@param name string
---@param args table
---@return table
---@return boolean changed
function M.mend(ctx, tool, name, args)
  if not is_ours(name) then return args, lacks(tool.schema, args) and rename(tool.schema, args) or false end
  local properties = tool.schema.properties or {}
  local meant, changed = unwrapped(tool, args)
  args = meant
  changed = by_schema(tool.schema, args) or changed
  changed = lines_asked(properties, args) or changed
  changed = properties.command and one_command(args) or changed
  changed = name == "grep_search" and search_flags(args) or changed
  local seconds = properties.timeout and tonumber(args.timeout)
  if seconds and seconds > 0 and seconds <= MOST_SECONDS then args.timeout, changed = seconds * 1000, true end
  return args, mend_paths(ctx, properties, args) or changed
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

return M
