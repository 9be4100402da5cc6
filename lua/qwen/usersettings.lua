-- Writing the user's settings.json: several values at once, under a lock, on what is in the file now, all or nothing.
local err = require "qwen.err"
local fs = require "sys.fs"
local jsonc = require "qwen.jsonc"
local jsonedit = require "qwen.jsonedit"
local paths = require "qwen.paths"

local M = {}

---The values in the user's file alone.
---@return table?, Err?
function M.read()
  local home = paths.qwen_home()
  local text, e = home and fs.read(home .. "/settings.json") or nil, nil
  if not text then return {}, e end
  local value, problem = jsonc.parse(text)
  if type(value) ~= "table" then return nil, problem end
  return value
end

---Sets values; nil takes one away. Nothing is written unless all of it can be.
---@param changes {path: string[], value: any}[]
---@return string? path of the file
---@return Err?
function M.set(changes)
  local home = paths.qwen_home()
  if not home then return nil, err("missing", "there is no home folder for settings; set HOME") end
  local ok, e = fs.mkdir(home, 448)
  if not ok then return nil, e end
  local path = home .. "/settings.json"
  local lock <close>, problem = fs.lock(path .. ".lock")
  if not lock then return nil, problem end
  local text
  text, e = fs.read(path)
  if not text then
    if e.kind ~= "missing" then return nil, e end
    text = ""
  end
  for _, change in ipairs(changes) do
    text, e = jsonedit.edit(text, change.path, change.value)
    if not text then return nil, err("usage", ("%s: %s; nothing was written"):format(paths.short(path), e.message)) end
  end
  ok, e = fs.write(path, text, { mode = 384 })
  if not ok then return nil, e end
  return path
end

return M
