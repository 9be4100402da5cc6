-- A model that no entry of `modelProviders` has: its name and address are those of flags, variables and settings. What cannot be put
-- together ends the choice.
local addresses = require "qwen.config.addresses"
local err = require "qwen.util.err"
local find = require("qwen.model.entries").find
local http = require "sys.http"
local protocols = require "qwen.config.protocols"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

-- Why a name that no entry has is not asked for at the default address of its protocol: somebody has written down where models are.
local function stray(settings, opts, list, id, protocol)
  local names, here = {}, false
  for _, model in ipairs(list.models) do
    names[#names + 1], here = model.id, here or find({ model }, nil, protocol) ~= nil or model.id == id
  end
  if id and list.broken[1] then return err("usage", list.broken[1].problem) end
  if not id or not here then return nil end
  local near, row = text.nearest(id, names), settings:explain("model.name")[1]
  local source = opts.model and "" or row and row.source .. " model.name: " or ""
  return err("missing", tr("%sno entry of modelProviders%s is called '%s'%s; there are: %s. For another service give its address: "
    .. "--openai-base-url URL", source, list.wanted and tr(" for %s", list.wanted) or "", id,
    near and near ~= id and tr(" (did you mean %s?)", near) or "", table.concat(names, ", ")))
end

-- What a project says of addresses is refused in its settings, and then the model beside them is as well.
local function refused_project(settings, opts, id)
  if #settings.refused == 0 or opts.model or opts.base_url then return nil end
  local row = id and settings:explain("model.name")[1]
  if row and row.scope ~= "project" then return nil end
  return err("usage", tr("the settings of this project have %s, which a project may not set, so its model is not asked either; "
    .. "copy them to ~/.qwen/settings.json, or choose a model: --model ID", table.concat(settings.refused, ", ")))
end

-- The settings for models without an entry. Headers may hold a credential: none goes to an address that a project names.
local function general_config(settings, project, problems)
  local config = settings:get "model.generationConfig" or {}
  if not project or config.customHeaders == nil then return config end
  local out = {}
  for name, value in pairs(config) do out[name] = value end
  out.customHeaders = nil
  problems[#problems + 1] = tr "model.generationConfig.customHeaders are not sent to an address that a project names"
  return out
end

local function no_model(protocol, address)
  local e = err("usage", tr("no model is named for %s at %s (%s); name one: --model ID; what it offers: qwen models", protocol,
    address.url, address.from))
  e.unnamed = true
  return e
end

---A model without an entry: name and address from flags, variables and settings.
---@param settings Settings
---@param opts table
---@param list {wanted: string?, protocol: string, models: Model[], problems: string[], broken: table[]}
---@param id string?
---@return Model?
---@return Err?
---@return table? address of qwen.config.addresses
function M.model(settings, opts, list, id)
  local known, problems = protocols.get(list.protocol) or {}, list.problems
  local address, e = addresses.of(settings, opts, list.protocol)
  if not address then return nil, e end
  local open = address.place ~= "default" or not protocols.get(list.protocol) or known.only
  e = refused_project(settings, opts, id) or not open and stray(settings, opts, list, id, list.protocol)
  if e then return nil, e end
  if not id and known.default_model and not known.only then
    problems[#problems + 1] = tr("no model is named for %s: %s is asked at %s", list.protocol, known.default_model, address.url)
  end
  id = id or known.default_model or opts.unnamed and ""
  if not id then return nil, no_model(list.protocol, address) end
  if known.only and id ~= known.only then
    problems[#problems + 1] = tr("%s has the model %s only; it is used instead of %s", list.protocol, known.only, id)
    id = known.only
  end
  local base, query = addresses.split(address.url)
  local model = { id = id, name = id, provider = list.protocol, base_url = base, query = query, env_key = known.key,
    config = general_config(settings, address.project, problems), from = address.from, project = address.project }
  local parsed, problem = http.parse_url(model.base_url)
  if model.base_url ~= "" and not parsed then
    return nil, err("usage", tr("the address '%s' of %s (%s) cannot be used: %s", model.base_url, id, model.from, problem.message))
  end
  return model, nil, address
end

return M
