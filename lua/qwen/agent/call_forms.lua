-- Calls of other programs' tools that stand for several of ours, or for a command: patches, lists of edits, files or calls. They are
-- split before the answer is kept, so that each part is judged, shown and answered as a call by itself.
local call_names = require "qwen.agent.call_names"
local json = require "sys.json"
local json_repair = require "qwen.util.json_repair"
local patch_text = require "qwen.util.patch_text"
local text = require "qwen.util.text"

local M = {}

local MOST_CALLS, DEEP = 50, 3 -- of one call; lists of lists

local squeezed = call_names.squeezed

local function is_list(value) return type(value) == "table" and value ~= json.null and (value[1] ~= nil or next(value) == nil) end

-- The value of the first of some names that an object has, whatever the form of its names.
local function first_of(args, names)
  local by_name = {}
  for name, value in pairs(args) do
    if type(name) == "string" and value ~= json.null then by_name[squeezed(name)] = value end
  end
  for name in names:gmatch "%S+" do
    if by_name[name] ~= nil then return by_name[name] end
  end
end

local FILE = "filepath path absolutepath file filename targetfile relativepath uri"

-- A list that was given as one, as a text of JSON, or as one object.
local function listed(value)
  if type(value) == "string" then value = json.decode(value, false, true) end
  if type(value) ~= "table" or value == json.null then return nil end
  return is_list(value) and value or { value }
end

local function quoted(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- Edits

local NO_EDITS = "edits is empty. Call edit with file_path, old_string and new_string for each change"

local OLD = "oldstring oldstr oldtext old oldcontent search find oldcode original searchtext"
local NEW = "newstring newstr newtext new newcontent newcode replace replacement updated replacetext"

-- One change in the names of `edit`, with the file that it is of.
local function one_edit(item, file)
  return { file_path = first_of(item, FILE) or file, old_string = first_of(item, OLD),
    new_string = first_of(item, NEW), replace_all = first_of(item, "replaceall") }
end

-- Changes as calls: those of one file that follow each other are one, all or none.
local function grouped(list)
  local out = {}
  for _, one in ipairs(list) do
    local last = out[#out] and out[#out][2]
    if last and last.file_path == one.file_path then
      last.edits = last.edits or {}
      one.file_path = nil
      table.insert(last.edits, one)
    else
      out[#out + 1] = { "edit", one }
    end
  end
  return out
end

-- Whether a call is already as `edit` takes it.
local function is_plain(args, list)
  local plain = type(args.file_path) == "string" and type(args.old_string) == "string"
  for _, item in ipairs(list) do
    plain = plain and type(item) == "table" and type(item.old_string) == "string" and type(item.new_string) == "string"
      and first_of(item, FILE) == nil
  end
  return plain
end

local function edits(args)
  local list = listed(first_of(args, "edits replacements edit"))
  if not list then return nil end
  local file, own = first_of(args, FILE), first_of(args, OLD) ~= nil
  if #list == 0 and own then return nil end
  if #list == 0 then return nil, NO_EDITS end
  if is_list(args.edits) and is_plain(args, list) then return nil end
  local out = { own and one_edit(args, file) or nil }
  for _, item in ipairs(list) do
    if type(item) ~= "table" or item == json.null then return nil end
    out[#out + 1] = one_edit(item, file)
  end
  return grouped(out)
end

-- Blocks of SEARCH and REPLACE, in whatever argument they stand.
local function blocks(args)
  local words, file = first_of(args, "diff content blocks patch"), first_of(args, FILE)
  if type(words) ~= "string" then return nil end
  local list, why = patch_text.blocks(words)
  if not list then return nil, why end
  local out = {}
  for i, one in ipairs(list) do
    out[i] = { file_path = file, old_string = one.old, new_string = one.new }
  end
  return grouped(out)
end

local function in_folder(folder, path)
  return folder and not path:find "^[/~]" and folder .. "/" .. path or path
end

local UNREADABLE = "The patch cannot be read: %s. Call edit or write_file instead"

-- The changes that a patch makes in one file.
local function hunks(file, path)
  local list = {}
  for i, hunk in ipairs(file.hunks) do
    local one, why = patch_text.edit_of(hunk)
    if not one then return nil, UNREADABLE:format(why) end
    list[i] = { file_path = path, old_string = one.old, new_string = one.new }
  end
  return grouped(list)
end

-- A patch is one call where the model is offered that, else the calls that it stands for.
local function patch(words, offered, folder)
  local files, why = patch_text.files(words)
  if not files then return nil, why and UNREADABLE:format(why) end
  if offered.apply_patch and not folder then return { { "apply_patch", { input = words } } } end
  local out = {}
  local function add(name, args) out[#out + 1] = { name, args } end
  for _, file in ipairs(files) do
    local path = in_folder(folder, file.path)
    if file.kind == "add" then
      add("write_file", { file_path = path, content = #file.lines > 0 and table.concat(file.lines, "\n") .. "\n" or "" })
    elseif file.kind == "delete" then
      add("run_shell_command", { command = "rm -- " .. quoted(path) })
    end
    local list, problem = hunks(file, path)
    if not list then return nil, problem end
    table.move(list, 1, #list, #out + 1, out)
    local to = file.to and in_folder(folder, file.to)
    if to then add("run_shell_command", { command = ("mv -n -- %s %s"):format(quoted(path), quoted(to)) }) end
  end
  return out
end

local NO_PROGRAM = "apply_patch is no program here. Call edit for each change, write_file for a new file, or give the whole command as "
  .. "apply_patch <<'EOF', the patch, EOF"

-- A patch given to a command of the shell: the whole command, with a folder before it or not.
local function patch_in_command(args, _, offered)
  local command, folder = first_of(args, "command cmd script"), first_of(args, "directory workdir cwd workingdirectory")
  local list = is_list(command) and command
  if list and list[1] == "apply_patch" and type(list[2]) == "string" then return patch(list[2], offered, folder) end
  if list and #list == 3 and tostring(list[1]):find "sh$" then command = list[3] end
  if type(command) ~= "string" or not command:find("apply_patch", 1, true) or not command:find("*** Begin Patch", 1, true) then return nil end
  local before, rest = command:match "^(.-)apply_patch%s*(<<.*)$"
  local mark, body = (rest or ""):match "^<<%-?%s*['\"]?([%w_]+)['\"]?%s*\n(.*)$"
  local stop = mark and ("\n" .. body .. "\n"):find("\n" .. mark .. "\n", 1, true)
  local clean = stop and not body:sub(stop + #mark):find "%S"
  before = before and text.trim(before)
  local into = before and before:match "^cd%s+([^%s;&|]+)%s*[&;]+$"
  if not clean or before ~= "" and not into then return nil, NO_PROGRAM end
  into = into and into:gsub("^['\"](.*)['\"]$", "%1")
  return patch(body:sub(1, stop - 1), offered, into and in_folder(folder, into) or folder)
end

local function patch_call(args, raw, offered)
  local words = args and first_of(args, "input patch patchtext diff content text") or raw
  if type(words) ~= "string" then return nil end
  local out, why = patch(words, offered)
  if out or why then return out, why end
  return args and blocks(args)
end

-- Files and folders

local WILD = "read_file takes one path without wildcards: find the names with glob, then read them, all in one turn"

local function many_files(args)
  local list = first_of(args, "paths files include filepaths filepath path")
  if not is_list(list) or #list == 0 then return nil end
  local out = {}
  for i, item in ipairs(list) do
    if type(item) == "string" and item:find "[*?]" then return nil, WILD end
    out[i] = { "read_file", type(item) == "table" and item or { file_path = item } }
  end
  return out
end

-- A command of the shell about one or two paths.
local function path_command(words, names, more)
  return function(args)
    local path, other = first_of(args, names), more and first_of(args, more)
    if type(path) ~= "string" or path == "" or more and type(other) ~= "string" then return nil end
    return { { "run_shell_command", { command = words .. " -- " .. quoted(path) .. (more and " " .. quoted(other) or "") } } }
  end
end

local NO_APPEND = "write_file writes the whole file and adds to none. Add with edit: old_string is the last line, new_string that line and yours"

local function written(args)
  local mode = first_of(args, "mode")
  if mode == "append" or mode == "a" or first_of(args, "append") == true then return nil, NO_APPEND end
end

-- Calls

local function calls(args)
  local list = first_of(args, "tooluses toolcalls calls invocations")
  if not is_list(list) or #list == 0 then return nil end
  local out = {}
  for i, item in ipairs(list) do
    local name = type(item) == "table" and first_of(item, "recipientname toolname tool name")
    if type(name) ~= "string" then return nil end
    out[i] = { name, first_of(item, "parameters arguments args input") or {} }
  end
  return out
end

local by_tool = {
  edit = function(args)
    local out, why = edits(args)
    if out or why then return out, why end
    return blocks(args)
  end,
  read_file = many_files, write_file = written, run_shell_command = patch_in_command,
}

local by_name = {}
for names, form in pairs {
  ["applypatch patch applydiff gitapply"] = patch_call,
  ["multitooluseparallel multitoolparallel parallel batch"] = calls,
  ["readmanyfiles readfiles readmultiplefiles batchread viewfiles"] = many_files,
  ["multireplacestringinfile"] = edits,
  ["deletefile removefile deletepath"] = path_command("rm", FILE),
  ["createdirectory makedirectory mkdir createfolder makedir createdir"] = path_command("mkdir -p", "path dirpath directory directorypath folder"),
  ["movefile renamefile mv"] = path_command("mv -n", "source sourcepath from oldpath src", "destination destinationpath to newpath dest target"),
} do
  for name in names:gmatch "%S+" do by_name[name] = form end
end

-- The calls that one stands for, with arguments as tables or texts; nil and a reason where it cannot be read.
local function of(call, offered)
  local value = call.args ~= "" and json.decode(call.args, false, true)
  local args = type(value) == "table" and value ~= json.null and not is_list(value) and value or nil
  local tool = call_names.tool(call.name, offered, args)
  local form = not offered[call.name] and by_name[call_names.key(call.name)] or by_tool[tool]
  if not form then return nil end
  if not args and call.args ~= "" and not call.args:find("*** Begin Patch", 1, true) then
    local repaired = json_repair.object(call.args, tool == "read_file")
    args = repaired and json.decode(repaired, false, true)
  end
  if not args and form ~= patch_call then return nil end
  local out, why = form(args, call.args, offered)
  if out and #out > MOST_CALLS then return nil, ("%d calls in one are too many; %d at most"):format(#out, MOST_CALLS) end
  return out, why
end

-- Puts what a call stands for at the end of a list of parts.
local function add(parts, call, offered, problems, depth)
  local list, why = nil, nil
  if depth > 0 then list, why = of(call, offered) end
  if why then problems[call] = why end
  if not list then
    parts[#parts + 1] = call
    return
  end
  for i, one in ipairs(list) do
    local args = type(one[2]) == "string" and one[2] or json.encode(one[2])
    local part = i == 1 and call or { type = "call", id = call.id } -- the first keeps what a service wants back
    part.name, part.args = one[1], args
    add(parts, part, offered, problems, depth - 1)
  end
end

---Puts in the place of each call of an answer the calls that it stands for. Those that follow the first have its id.
---@param answer Message
---@param offered table<string, boolean>
---@return table<CallPart, string> problems why a call cannot be read
function M.split(answer, offered)
  local parts, problems = {}, {}
  for _, part in ipairs(answer.parts) do
    if part.type == "call" then add(parts, part, offered, problems, DEEP) else parts[#parts + 1] = part end
  end
  answer.parts = parts
  return problems
end

return M
