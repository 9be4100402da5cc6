-- The index of credentials, ~/.qwen/credentials.json: which store holds each, and what may be shown of it. Never a secret.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local tr = require("qwen.util.translate").tr

local M = {}

local WAIT, LIMIT = 30, 1024 * 1024 -- seconds, bytes

---@return string?, Err?
function M.path()
  local home = paths.qwen_home()
  if home then return home .. "/credentials.json" end
  return nil, err("missing", tr "there is no home folder for credentials; set HOME")
end

---@return table<string, {backend: string, origins: string[], hint: string?, expires: number?, changed: number, version: string}>?, Err?
function M.read()
  local path, e = M.path()
  if not path then return nil, e end
  local text
  text, e = fs.read(path, LIMIT)
  if not text then
    if e.kind == "missing" then return {} end
    return nil, e
  end
  local value = json.decode(text)
  local entries = type(value) == "table" and value.credentials
  if type(entries) == "table" then return entries end
  return nil, err("broken", tr("%s is damaged: it should say which store holds each credential; "
    .. "put it right, or remove it and sign in again", paths.short(path)),
    { path = path })
end

---@return boolean?, Err?
function M.write(entries)
  return fs.write(M.path(), json.encode({ version = 1, credentials = entries }, { indent = 2 }) .. "\n", { mode = 384 })
end

---For one change; held for a moment.
---@return Lock?, Err?
function M.lock()
  local path, e = M.path()
  if not path then return nil, e end
  local ok
  ok, e = fs.mkdir(path:match "^(.*)/", 448)
  if not ok then return nil, e end
  return fs.lock(path .. ".lock", WAIT)
end

return M
