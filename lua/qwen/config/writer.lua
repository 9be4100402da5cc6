-- Writing a settings.json, the user's or a project's: several values at once, under a lock, on what is in the file now, all or nothing.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local jsonc = require "qwen.util.jsonc"
local json_edit = require "qwen.util.json_edit"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local tr = require("qwen.util.translate").tr
local when_free = require "qwen.util.when_free"

local M = {}

local function file_in(project)
  local folder = project or paths.qwen_home()
  if not folder then return nil, err("missing", tr "there is no home folder for settings; set HOME") end
  return folder .. "/settings.json"
end

-- The text of the file; nothing when there is none yet.
local function text_of(path)
  local text, e = fs.read(path)
  if text or e.kind ~= "missing" then return text, e end
  return ""
end

---The values in the file alone.
---@param project string? the .qwen folder of a project; nil is the user's own
---@return table?, Err?
function M.read(project)
  local path = file_in(project)
  if not path then return {} end
  local text, e = text_of(path)
  if not text then return nil, e end
  local value, problem = jsonc.parse(text)
  if type(value) == "table" then return value end
  return nil, value == nil and problem
    or err("usage", tr("%s holds no object { ... }", paths.short(path)), { path = path })
end

-- The first version of the settings had the model as a text where a group is today: it becomes that group before one of its values is set.
local function with_room(changes, text)
  local values = jsonc.parse(text)
  local old = type(values) == "table" and values.model
  for _, change in ipairs(type(old) == "string" and changes or {}) do
    if change.path[1] == "model" and change.path[2] then
      return table.move(changes, 1, #changes, 2, { { path = { "model" }, value = { name = old } } })
    end
  end
  return changes
end

-- The text of the file with the changes; another program that does not know the lock may write it meanwhile.
local function change_file(path, changes, project)
  local text, e = fs.read(path)
  if not text and e.kind ~= "missing" then return nil, e end
  local expect = text and { hash = sys.sha256(text) } or false
  text = text or ""
  for _, change in ipairs(with_room(changes, text)) do
    text, e = json_edit.edit(text, change.path, change.value)
    if not text then return nil, err("usage", tr("%s: %s; nothing was written", paths.short(path), e.message)) end
  end
  return when_free(fs.write, path, text, { mode = project and 420 or 384, expect = expect })
end

local TRIES = 20

---Sets values; nil takes one away. Nothing is written unless all of it can be.
---@param changes {path: string[], value: any}[]
---@param project string? the .qwen folder of a project; nil is the user's own
---@return string? path of the file
---@return Err?
function M.set(changes, project)
  local path, missing = file_in(project)
  if not path then return nil, missing end
  local home = paths.qwen_home()
  local ok, e = fs.mkdir(path:match "^(.*)/", project and 493 or 448)
  if ok and home then ok, e = fs.mkdir(home, 448) end
  if not ok then return nil, e end
  -- One lock for all files, so that none is left in a repository.
  local lock <close>, problem = fs.lock((home and home .. "/settings.json" or path) .. ".lock")
  if not lock then return nil, problem end
  for _ = 1, TRIES do
    ok, e = change_file(path, changes, project)
    if ok then return path end
    if e.code ~= "ESTALE" and e.code ~= "EEXIST" and e.code ~= "ENOENT" then break end
  end
  return nil, e
end

return M
