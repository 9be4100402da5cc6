-- What services say they offer: asked through their provider file, kept with the time in ~/.qwen/cache/models.json, by protocol and address.
local discover = require "qwen.discover"
local err = require "qwen.err"
local fs = require "sys.fs"
local http = require "sys.http"
local json = require "sys.json"
local paths = require "qwen.paths"
local task = require "sys.task"

local M = {}

local AGE, MOST_BYTES, PRIVATE = 24 * 3600, 16 * 1024 * 1024, 448

local function path()
  local home = paths.qwen_home()
  return home and home .. "/cache/models.json"
end

local function key_of(model)
  return model.provider .. " " .. model.base_url
end

-- The whole cache; what cannot be understood is as good as nothing.
local function read()
  local text = path() and fs.read(path(), MOST_BYTES)
  local value = text and json.decode(text)
  return type(value) == "table" and value or {}
end

local function write(key, entry)
  local file = path()
  if not file or not fs.mkdir(file:match "^(.*)/", PRIVATE) then return end
  local lock <close> = fs.lock(file .. ".lock", 2)
  if not lock then return end
  local all = read()
  all[key] = entry
  fs.write(file, json.encode(all) .. "\n", { fsync = false })
end

-- An entry of the cache in the form we wrote it, or nothing.
local function checked(entry)
  if type(entry) ~= "table" or type(entry.time) ~= "number" or type(entry.models) ~= "table" then return nil end
  for _, model in ipairs(entry.models) do
    if type(model) ~= "table" or type(model.id) ~= "string" then return nil end
    model.context = type(model.context) == "number" and math.tointeger(model.context) or nil
  end
  return entry
end

---What is known without asking.
---@param model Model any model of the service
---@return {time: number, models: {id: string, name: string?, context: integer?}[]}?
function M.known(model)
  return checked(read()[key_of(model)])
end

---What a service offers: from the cache while it is fresh, else asked. A server on this machine that wants no key is always asked.
---@param ctx Ctx
---@param model Model any model of the service: its address and key are used
---@param refresh boolean? ask in any case
---@return {time: number, models: {id: string, name: string?, context: integer?, loaded: boolean?}[]}?, Err?
function M.get(ctx, model, refresh)
  local url = http.parse_url(model.base_url)
  if url and url.loopback and not model.key and model.base_url == url.origin .. "/v1" then
    local server = discover.ask(model.base_url)
    if server then return { time = task.time(), models = server.models } end
  end
  local known = M.known(model)
  if known and not refresh and task.time() - known.time < AGE and known.time <= task.time() then return known end
  local provider, e = require("qwen.vendors").of(model)
  if not provider then return nil, e end
  if not provider.models then
    return nil, err("missing", ("the protocol %s has no list of models"):format(model.provider))
  end
  local list
  list, e = provider.models(ctx, model)
  if not list then return nil, e end
  local entry = { time = task.time(), models = json.array(list) }
  write(key_of(model), entry)
  return entry
end

return M
