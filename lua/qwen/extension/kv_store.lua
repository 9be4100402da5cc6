-- Named stores for what a person's files keep: one JSON file each in ~/.qwen/store/, changed under a lock, so that processes do not fight.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local tr = require("qwen.util.translate").tr

local Store = {}
Store.__index = Store

local M = {}

---@param name string letters, digits, - and _
---@return Kept
function M.open(name)
  if type(name) ~= "string" or not name:find "^[%w_-]+$" then error("a store's name has letters, digits, - and _ only, not '" .. tostring(name) .. "'", 3) end
  local home = paths.qwen_home()
  return setmetatable({ path = home and ("%s/store/%s.json"):format(home, name) }, Store)
end

-- Whole numbers as they were stored: JSON has one kind of number, which comes as a float.
local function whole(value)
  if math.type(value) == "float" then return math.tointeger(value) or value end
  if type(value) == "table" and value ~= json.null then
    for key, item in pairs(value) do value[key] = whole(item) end
  end
  return value
end

local function read(self)
  local text = self.path and fs.read(self.path)
  local value = text and json.decode(text)
  return type(value) == "table" and whole(value) or {}
end

function Store:get(key)
  return read(self)[key]
end

function Store:all()
  return read(self)
end

function Store:update(key, fn)
  if not self.path then return nil, err("missing", tr "there is no home folder for a store; set HOME") end
  local ok, e = fs.mkdir(self.path:match "^(.*)/", 448)
  if not ok then return nil, e end
  local lock <close>, busy = fs.lock(self.path .. ".lock")
  if not lock then return nil, busy end
  local values = read(self)
  local new = fn(values[key])
  values[key] = new
  local encoded, text = pcall(json.encode, values)
  if not encoded then return nil, err("usage", tr("a store keeps what JSON can say: %s", tostring(text))) end
  ok, e = fs.write(self.path, text, { mode = 384, fsync = false })
  if not ok then return nil, e end
  return new
end

function Store:set(key, value)
  local _, e = self:update(key, function() return value end)
  if e then return nil, e end
  return true
end

return M
