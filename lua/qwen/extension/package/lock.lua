-- The lock file ~/.qwen/packages.lock.json: which packages the user approved, where each comes from, the hash
-- of every file, what it may do, and where it is switched off.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local manifest = require "qwen.extension.package.manifest"
local paths = require "qwen.util.paths"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST, VERSION, PATIENCE = 16 << 20, 1, 10

local function place()
  local home = paths.qwen_home()
  if not home then return nil, err("missing", tr "there is no home folder for packages; set HOME") end
  return home .. "/packages.lock.json"
end

local function texts(value)
  if type(value) ~= "table" then return nil end
  for key, item in pairs(value) do
    if type(key) ~= "string" or type(item) ~= "string" then return nil end
  end
  return value
end

local function flags(value)
  local out = {}
  for key, item in pairs(type(value) == "table" and value or {}) do
    if type(key) == "string" and type(item) == "boolean" then out[key] = item end
  end
  return out
end

-- An entry as we wrote it; nil for anything else.
local function checked(name, entry)
  if manifest.name_problem(name) or type(entry) ~= "table" then return nil end
  local files = texts(entry.files)
  if not files or type(entry.source) ~= "string" then return nil end
  local text = function(key) return type(entry[key]) == "string" and entry[key] or nil end
  return { source = entry.source, version = text "version" or "", resolved = text "resolved",
    integrity = text "integrity", link = text "link", files = files, may = flags(entry.may),
    enabled = entry.enabled ~= false, workspaces = flags(entry.workspaces) }
end

-- The entries of a text, and what is wrong with it in words.
local function parse(text, path)
  local value = json.decode(text)
  if type(value) ~= "table" or value.version ~= VERSION or type(value.packages) ~= "table" then
    return {}, tr("%s cannot be understood: no package counts; remove it and approve each anew: "
      .. "qwen package approve NAME", paths.short(path))
  end
  local out, odd = {}, 0
  for name, entry in pairs(value.packages) do
    out[name] = checked(name, entry)
    if not out[name] then odd = odd + 1 end
  end
  return out, odd > 0 and tr("%s: entries that cannot be understood: %d", paths.short(path), odd) or nil
end

---The entries by name. One that cannot be understood approves nothing.
---@return table<string, table> entries
---@return string? problem
function M.read()
  local path = place()
  local text, e = nil, nil
  if path then text, e = fs.read(path, MOST) end
  if not text then return {}, e and e.kind ~= "missing" and e.message or nil end
  local stat = fs.stat(path)
  if stat and stat.mode & 18 ~= 0 then
    return {}, tr("%s can be written by others and does not count; chmod go-w %s", paths.short(path), path)
  end
  return parse(text, path)
end

---What changes whenever an entry does.
---@return string?
function M.stamp()
  local path = place()
  return path and fs.stamp(path)
end

---Holds the lock of the store until the value is closed.
---@return Lock?, Err?
function M.hold()
  local path, e = place()
  if not path then return nil, e end
  local ok
  ok, e = fs.mkdir(path:match "^(.*)/", 448)
  if not ok then return nil, e end
  return fs.lock(path .. ".lock", PATIENCE)
end

---Changes the entries; the caller holds the lock.
---@param fn fun(entries: table<string, table>)
---@return boolean?, Err?
function M.change(fn)
  local path, e = place()
  if not path then return nil, e end
  local entries, problem = M.read()
  if problem and next(entries) == nil then return nil, err("broken", problem, { path = path }) end
  fn(entries)
  local text = json.encode({ version = VERSION, packages = entries }, { indent = 2 })
  return fs.write(path, text .. "\n", { mode = 384 })
end

return M
