-- What services say they offer: asked through their provider file, kept with the time in ~/.qwen/cache/models.json, by protocol and address.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local http = require "sys.http"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr
local with_query = require("qwen.config.addresses").with_query

local M = {}

local AGE, MOST_BYTES, MOST_PAGES, PRIVATE = 24 * 3600, 16 * 1024 * 1024, 20, 448

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

-- A number of tokens, however a service writes it; 0 says that it does not know.
local function tokens(value)
  local n = math.tointeger(tonumber(value))
  return n and n > 0 and n or nil
end

-- An entry of the cache in the form we wrote it, or nothing.
local function checked(entry)
  if type(entry) ~= "table" or type(entry.time) ~= "number" or type(entry.models) ~= "table" then return nil end
  for _, model in ipairs(entry.models) do
    if type(model) ~= "table" or type(model.id) ~= "string" then return nil end
    model.context, model.max_output = tokens(model.context), tokens(model.max_output)
  end
  return entry
end

-- One page of a list, and the fields that ask for the next one.
local function page(ctx, model, provider, o, url)
  local merge = require("qwen.net.headers").merge -- here: most runs ask for no list
  local headers = merge({ ["User-Agent"] = ctx.user_agent }, o.headers)
  local request = { method = "GET", url = with_query(url, model.query), headers = merge(headers, model.config and model.config.customHeaders) }
  local auth = registry.get("auth", provider.auth or "api-key")
  local signed, e = {}, nil
  if auth then signed, e = auth.headers(ctx, model, request) end
  if not signed then return nil, e end
  for name, value in pairs(signed) do request.headers[name] = value end
  require("qwen.net.transport").show_certificate(ctx, request, model)
  local stream <close>, problem = require("qwen.net.redirect").open(ctx.transport, request)
  if not stream then return nil, problem end
  local text
  text, e = stream:all(MOST_BYTES)
  if not text then return nil, e end
  if stream.status ~= 200 then
    local failure = provider.failure(stream.status, stream.headers, text)
    return nil, require("qwen.credential.keys").name_source(ctx.settings, model, failure)
  end
  local answer, odd = json.decode(text, false, true)
  if odd and odd.kind == "too_long" then return nil, err("protocol", odd.message) end
  local list = type(answer) == "table" and o.list(answer)
  if type(list) == "table" then return list, nil, o.next and o.next(answer) end
  return nil, err("protocol", tr("%s answered with something else than a list of models: %s",
    url:match "^[^?]*", text:sub(1, 120)))
end

---Asks a service for its list, page after page, signed as its provider signs.
---@param ctx Ctx
---@param model Model
---@param provider Provider
---@param o {url: string, headers: table?, list: (fun(answer: table): any), item: (fun(item: table): table), next: (fun(answer: table): table?)?}
---list: where the models stand in an answer; item: one of them in our words; next: the fields that a URL with a query needs for the next page
---@return {id: string, name: string?, context: integer?, max_output: integer?}[]?, Err?
function M.ask(ctx, model, provider, o)
  local out, url = {}, o.url
  for _ = 1, MOST_PAGES do
    local list, e, more = page(ctx, model, provider, o, url)
    if not list then return nil, e end
    for _, item in ipairs(list) do
      local said = type(item) == "table" and o.item(item) or {}
      if type(said.id) == "string" and said.id ~= "" then
        out[#out + 1] = { id = said.id, name = type(said.name) == "string" and said.name or nil, context = tokens(said.context),
          max_output = tokens(said.max_output) }
      end
    end
    if not more then break end
    url = o.url .. "&" .. table.concat(require("qwen.net.body").form(more))
  end
  table.sort(out, function(a, b) return a.id < b.id end)
  return out
end

---What is known without asking.
---@param model Model any model of the service
---@return {time: number, models: {id: string, name: string?, context: integer?, max_output: integer?}[]}?
function M.known(model)
  return checked(read()[key_of(model)])
end

---What a service offers: from the cache while it is fresh, else asked. A server on this machine that wants no key is always asked.
---@param ctx Ctx
---@param model Model any model of the service: its address and key are used
---@param refresh boolean? ask in any case
---@return {time: number, models: {id: string, name: string?, context: integer?, max_output: integer?, loaded: boolean?}[]}?, Err?
function M.get(ctx, model, refresh)
  local url = http.parse_url(model.base_url)
  if url and url.loopback and not model.key and model.base_url == url.origin .. "/v1" then
    local server = require("qwen.model.local_servers").ask(model.base_url)
    if server then return { time = task.time(), models = server.models } end
  end
  local known = M.known(model)
  if known and not refresh and task.time() - known.time < AGE and known.time <= task.time() then return known end
  local provider, e = require("qwen.model.provider_of").of(model)
  if not provider then return nil, e end
  if not provider.models then
    return nil, err("missing", tr("the protocol %s has no list of models", model.provider))
  end
  local list
  list, e = provider.models(ctx, model)
  if not list then return nil, e end
  local entry = { time = task.time(), models = json.array(list) }
  write(key_of(model), entry)
  return entry
end

return M
