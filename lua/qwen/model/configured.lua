-- Whether anything says which model to ask, and the words for when nothing does: what every start asks before it begins.
local err = require "qwen.util.err"
local protocols = require "qwen.config.protocols"
local translate = require "qwen.util.translate"

local tr, phrase = translate.tr, translate.phrase

local M = {}

---Whether anything says which model to ask: a flag, a variable, the settings.
---@param settings Settings
---@param opts table
---@return boolean
function M.configured(settings, opts)
  if opts.model or opts.base_url or opts.api_key or opts.auth_type or opts.replay then return true end
  for _, key in ipairs { "security.auth.selectedType", "security.auth.apiKey", "security.auth.baseUrl", "model.name" } do
    if settings:get(key) then return true end
  end
  for _, list in pairs(settings:get "modelProviders" or {}) do
    if type(list) ~= "table" or next(list) then return true end
  end
  if next(settings.dotenv.addresses) or settings.fatal[1] or settings.refused[1] then return true end -- choosing tells what it means
  local function env(name) return settings:env(name) end
  for _, name in ipairs(protocols.names) do
    local known = protocols.get(name)
    if protocols.first(env, { known.key, known.url }) or protocols.first(env, known.models) then return true end
  end
  return false
end

---What to say when the settings have models of several protocols and nothing says which of them is meant.
---@param settings Settings
---@param opts table
---@return Err?
function M.undecided(settings, opts)
  if opts.model or opts.base_url or opts.auth_type or opts.replay or settings:get "model.name" or settings:get "security.auth.selectedType" then return nil end
  local names = {}
  for name, list in pairs(settings:get "modelProviders" or {}) do
    if type(list) == "table" and next(list) then names[#names + 1] = tostring(name) end
  end
  if #names < 2 then return nil end
  table.sort(names)
  return err("auth", tr("modelProviders has models of %s, and nothing says which are meant: run "
    .. "qwen auth, or set security.auth.selectedType, "
    .. "or give --model ID", table.concat(names, tr " and ")))
end

---Whether a model can be asked: one is configured, or a server on this machine answers. Its first model is
---then asked in this run, as the flags would name it.
---@param settings Settings
---@param opts table
---@return boolean
---@return LocalServer? server when it is asked because nothing is configured
function M.reachable(settings, opts)
  if M.configured(settings, opts) then return true end
  local server = require("qwen.model.local_servers").find(settings:get "local.servers")[1]
  if not server then return false end
  opts.model, opts.base_url = server.models[1].id, server.url
  opts.base_url_from = phrase("%s answers on this machine and nothing is configured", server.name)
  return true, server
end

---What to do when nothing is configured and nobody can be asked.
---@return Err
function M.nothing()
  return err("auth", tr("no model is configured and no local server answers; run: qwen auth, or "
    .. "set OPENAI_API_KEY (and OPENAI_BASE_URL, OPENAI_MODEL for other services than OpenAI), or "
    .. "start LM Studio, Ollama, llama.cpp or vLLM"))
end

return M
