-- What a package says of itself: `package.lua`, a table without code, or `qwen-extension.json`. It reads
-- and checks; a manifest never runs anything, because it is read before the user has said yes.
local config_value = require "qwen.config.value"
local err = require "qwen.util.err"
local foreign_manifest = require "qwen.extension.foreign_manifest"
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local rights = require "qwen.extension.package.rights"
local task = require "sys.task"
local texts = require "qwen.util.text"
local tr = require("qwen.util.translate").tr
local visible = require("sys.text").visible

local M = {}

local MOST_MANIFEST, SECONDS, LONGEST = 256 * 1024, 0.5, 64
local API = 1

-- Names that other systems keep for themselves, or that mean something to us.
local reserved = {}
for name in ("con prn aux nul node_modules packages extensions all mcp shipped user project use"):gmatch "%S+" do
  reserved[name] = true
end

---Why a text cannot name a package; nil when it can.
---@param name any
---@return string?
function M.name_problem(name)
  if type(name) ~= "string" or name == "" then return tr "it has no name" end
  if #name > LONGEST then return tr("its name has more than %d characters", LONGEST) end
  if not name:find "^%w[%w._-]*$" or name:find("..", 1, true) or name:find "%.$"
    or name:find "%.lock$" or name:find "%.json$" then
    return tr("'%s' is no name: letters, digits, '.', '_' and '-', a letter or digit first",
      (require("sys.text").visible(name)))
  end
  local first = name:lower():match "^[^.]*"
  if reserved[name:lower()] or reserved[first] or first:find "^com%d$" or first:find "^lpt%d$" then
    return tr("'%s' is a name that is kept for something else", name)
  end
end

-- The table that a file of data returns. It sees nothing, so it can only be data; what computes ends.
local function from_lua(text)
  local chunk, e = load(text, "=package.lua", "t", {})
  if not chunk then return nil, e end
  local ok, value = task.limited(SECONDS, chunk)
  if not ok then return nil, (tostring(value):gsub("\n.*", "")) end
  if type(value) ~= "table" then return nil, "package.lua: must return a table" end
  local encoded, copy = pcall(json.encode, value) -- what is no data, or holds itself, is refused here
  if not encoded then return nil, "package.lua: it must be data without functions" end
  return json.decode(copy)
end

local function from_json(text)
  local value, e = require("qwen.util.jsonc").parse(text)
  if type(value) == "table" and config_value.is_object(value) then return value end
  return nil, value == nil and e.message or "must be an object { ... }"
end

local function nothing() return {} end

---The files that a manifest may be in, the first that is there counts. `read` makes data of the text;
---`shape` makes our fields of another program's, nil where it is none of it. A lone skill, or a folder of
---them, needs no manifest.
---@type {file: string, read: (fun(text: string): table?, string?), shape: (fun(data: table, dir: string): table?)?, folder: boolean?}[]
M.forms = {
  { file = "package.lua", read = from_lua },
  { file = "qwen-extension.json", read = from_json, shape = foreign_manifest.qwen },
  { file = ".claude-plugin/plugin.json", read = from_json, shape = foreign_manifest.claude },
  { file = "gemini-extension.json", read = from_json, shape = foreign_manifest.gemini },
  { file = ".qoder-plugin/plugin.json", read = from_json, shape = foreign_manifest.qoder },
  { file = "plugin.json", read = from_json, shape = foreign_manifest.portable },
  { file = "SKILL.md", read = nothing, shape = foreign_manifest.skills },
  { file = "skills", read = nothing, shape = foreign_manifest.skills, folder = true },
}

-- A text of a stranger for one line of a question: it adds no lines, and pushes none away.
local function line_of(value, most)
  if type(value) ~= "string" then return nil end
  return visible((texts.head(texts.utf8(value), most):gsub("%s+", " ")))
end

-- The rights that are asked for, as a set; a word that is none is a problem.
local function rights_of(said)
  local out = {}
  if said == nil then return out end
  if type(said) ~= "table" then return nil, tr "'may' is a list of net, exec, files, all" end
  for key, value in pairs(said) do
    local right = math.type(key) and value or value and key
    local known = false
    for _, each in ipairs(rights.names) do known = known or each == right end
    if not known then return nil, tr("'may' has '%s'; it takes net, exec, files, all", line_of(tostring(right), 40)) end
    out[right] = true
  end
  return out
end

-- What is wrong with the settings that it declares.
local function settings_problem(settings)
  if type(settings) ~= "table" then return tr "'settings' is a table by name" end
  for name, option in pairs(settings) do
    if type(name) ~= "string" or not name:find "^[%a_][%w_-]*$" or type(option) ~= "table" then
      return tr "'settings' is a table by name"
    end
    local problem = type(option.text) ~= "string" and "needs a text that says what it is for"
      or option.default ~= nil and config_value.problem(option, option.default)
    if problem then return tr("setting '%s' %s", name, problem) end
    option.text = line_of(option.text, 200)
  end
end

---Checks data as a manifest.
---@param data table
---@param form string name of its file
---@return table? manifest
---@return string? problem
function M.check(data, form)
  local problem = M.name_problem(data.name)
  if problem then return nil, problem end
  local api = math.tointeger(data.api or API)
  if not api or api > API then
    return nil, tr("it is written for API %s; this qwen has API %d", tostring(data.api), API)
  end
  local may
  may, problem = rights_of(data.may)
  if not may then return nil, problem end
  local ours = form == "package.lua" -- settings of other programs have other shapes
  problem = ours and data.settings ~= nil and settings_problem(data.settings)
  if problem then return nil, problem end
  return { name = data.name, version = line_of(data.version, 40) or "0", api = api, may = may,
    description = line_of(data.description, 200) or "", settings = ours and data.settings or {},
    folders = type(data.folders) == "table" and data.folders or {}, form = form, raw = data }
end

---The manifest of a folder.
---@param dir string
---@param called string? its name where the manifest says none
---@return table? manifest {name, version, description, api, may, settings, folders, form, raw}
---@return Err?
function M.read(dir, called)
  for _, form in ipairs(M.forms) do
    local path = dir .. "/" .. form.file
    if fs.exists(path) then
      local text, e = "", nil
      if not form.folder then text, e = fs.read(path, MOST_MANIFEST) end
      if not text then return nil, e end
      local data, problem = form.read(text)
      local other = data and form.shape ~= nil
      if other then data = form.shape(data, dir) end
      local manifest
      if data and data.name == nil then data.name = called or dir:match "^.*/([^/]*)$" end
      if data then manifest, problem = M.check(data, form.file) end
      if manifest then return manifest end
      if data or not other then
        return nil, err("broken", ("%s: %s"):format(paths.short(path), tostring(problem)), { path = path })
      end
    end
  end
  return nil, err("missing", tr("%s is no package: it has neither package.lua nor qwen-extension.json",
    paths.short(dir)))
end

return M
