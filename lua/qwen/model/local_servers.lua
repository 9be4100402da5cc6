-- Model servers on this machine: asked all at once at their usual ports, what they offer and how much fits. Nothing is sent but these questions.
local http = require "sys.http"
local json = require "sys.json"
local listen = require "sys.listen"
local task = require "sys.task"

local M = {}

-- Seconds. A port without a server refuses at once, so patience costs time only where something listens: a server that loads
-- a model, or computes an answer, takes seconds.
local PATIENCE = 5
local MOST_SHOWN, MOST_BYTES = 40, 4 * 1024 * 1024

-- Where servers listen unless told otherwise; the name is only taken when the answer does not tell who it is.
M.usual = { "http://127.0.0.1:1234", "http://127.0.0.1:11434", "http://127.0.0.1:8080", "http://127.0.0.1:8000" }
local by_port = { [1234] = "LM Studio", [11434] = "Ollama", [8080] = "llama.cpp", [8000] = "vLLM" }
local by_owner = { llamacpp = "llama.cpp", vllm = "vLLM", library = "Ollama", organization_owner = "LM Studio" }

-- A JSON answer within the time that is left; nil for anything else.
local function ask(url, deadline, question)
  local left = deadline - task.now()
  if left <= 0 then return nil end
  local stream <close> = http.open {
    url = url,
    connect_timeout = left,
    first_timeout = left,
    total_timeout = left,
    max_body = MOST_BYTES,
    proxy = "",
    headers = question and { ["Content-Type"] = "application/json" } or nil,
    body = question and json.encode(question) or nil,
  }
  if not stream or stream.status ~= 200 then return nil end
  local text = stream:all(MOST_BYTES)
  local value = text and json.decode(text, false, true)
  return type(value) == "table" and value or nil
end

local function tokens(value)
  local n = type(value) == "number" and math.tointeger(value)
  return n and n > 0 and n or nil
end

-- The room for context that an entry of a model list tells of, in any of the ways in use.
local function context_of(item)
  local meta = type(item.meta) == "table" and item.meta or {}
  for _, value in ipairs { item.loaded_context_length or false, item.max_model_len or false, item.context_length or false, item.context_window or false,
    item.max_context_length or false, item.max_context_tokens or false, meta.n_ctx or false, meta.n_ctx_train or false } do
    if tokens(value) then return tokens(value) end
  end
end

local function list_of(answer, field)
  local list = answer and answer[field]
  return type(list) == "table" and list or {}
end

-- What each kind of server tells beyond the common list.
local richer = {}

richer["LM Studio"] = function(root, server, deadline)
  local known = {}
  for _, item in ipairs(list_of(ask(root .. "/api/v0/models", deadline), "data")) do
    if type(item) == "table" and type(item.id) == "string" then known[item.id] = item end
  end
  for i = #server.models, 1, -1 do
    local item = known[server.models[i].id]
    if item and item.type == "embeddings" then
      table.remove(server.models, i)
    elseif item then
      server.models[i].context, server.models[i].loaded = context_of(item), item.state == "loaded"
      server.models[i].vision = item.type == "vlm" or nil
    end
  end
end

richer.Ollama = function(root, server, deadline)
  for i = 1, math.min(#server.models, MOST_SHOWN) do
    local model = server.models[i]
    local answer = ask(root .. "/api/show", deadline, { model = model.id })
    for name, value in pairs(answer and type(answer.model_info) == "table" and answer.model_info or {}) do
      if type(name) == "string" and name:find "%.context_length$" then model.context = tokens(value) end
    end
  end
end

richer["llama.cpp"] = function(root, server, deadline)
  local answer = ask(root .. "/props", deadline)
  local settings = answer and answer.default_generation_settings
  local n = type(settings) == "table" and tokens(settings.n_ctx)
  if n and server.models[1] then server.models[1].context = n end
end

---What the server at an address offers; nil when none answers in time.
---@param address string with or without a path; it is asked at /v1/models
---@return {name: string, url: string, models: {id: string, context: integer?, loaded: boolean?, vision: boolean?}[]}?
function M.ask(address)
  local port = address:match "^http://127%.0%.0%.1:(%d+)%f[/\0]"
  if port and not listen.taken(tonumber(port)) then return nil end -- without the HTTP part
  local url = http.parse_url(address)
  if not url then return nil end
  local root, now = url.origin, task.now()
  local list = list_of(ask(root .. "/v1/models", now + PATIENCE), "data")
  local server = { name = by_port[url.port] or "a server", url = root .. "/v1", models = {} }
  for _, item in ipairs(list) do
    if type(item) == "table" and type(item.id) == "string" and item.id ~= "" then
      server.name = by_owner[item.owned_by] or server.name
      table.insert(server.models, { id = item.id, context = context_of(item) })
    end
  end
  if #server.models == 0 then return nil end
  if richer[server.name] then richer[server.name](root, server, task.now() + PATIENCE) end
  table.sort(server.models, function(a, b)
    if (a.loaded or false) ~= (b.loaded or false) then return a.loaded or false end
    return a.id < b.id
  end)
  return #server.models > 0 and server or nil
end

---The servers that answer, in the order of the addresses.
---@param addresses string[]? the usual ones when left out
---@return table[]
function M.find(addresses)
  local jobs, out = {}, {}
  for i, address in ipairs(addresses or M.usual) do jobs[i] = task.spawn(M.ask, address) end
  for _, job in ipairs(jobs) do
    local ok, server = job:join()
    if ok and server then out[#out + 1] = server end
  end
  return out
end

return M
