-- What leaves this machine and what is kept on it: whose terms apply and why, usage statistics (counters, here and nowhere else), telemetry.
local http = require "sys.http"
local login = require "qwen.auth.login"
local registry = require "qwen.extension.registry"
local services = require "qwen.model.services"
local telemetry = require "qwen.usage.telemetry"
local usage_ledger = require "qwen.usage.ledger"
local settings_writer = require "qwen.config.writer"
local provider_of = require "qwen.model.provider_of"
local tr = require("qwen.util.translate").tr

local M = {}

local KEY = "privacy.usageStatisticsEnabled"

---Whether statistics are on, and what says so; nil when nobody has said anything.
---@param ctx Ctx
---@return boolean on
---@return string? source
function M.statistics(ctx)
  for _, row in ipairs(ctx.settings:explain(KEY)) do
    if row.scope ~= "default" and row.used then return row.value == true, row.source .. (row.line and ":" .. row.line or "") end
  end
  return false, nil
end

---Turns statistics on or off in the user's settings; off also forgets what was counted.
---@param ctx Ctx
---@param on boolean
---@return string? path
---@return Err?
function M.set(ctx, on)
  local path, e = settings_writer.set { { path = { "privacy", "usageStatisticsEnabled" }, value = on } }
  if not path then return nil, e end
  ctx.settings:reload()
  if not on then usage_ledger.uncount() end
  return path
end

-- Whose words hold for requests to a model, and why.
local function terms_of(ctx, model)
  local provider, terms = provider_of.of(model), services.terms(model)
  local auth = provider and provider.auth and registry.has("auth", provider.auth) and registry.get("auth", provider.auth)
  local address, from = login.asked_at(ctx, model)
  local url = http.parse_url(address)
  local host = url and url.host or address
  if auth and auth.terms then terms = auth.terms end
  return { method = services.method_of(ctx, model), model = model.id, host = host, ["local"] = url ~= nil and url.loopback, terms = terms.terms,
    privacy = terms.privacy, because = tr("%s is asked at %s (%s)", model.id, host, from) }
end

---Everything there is to say.
---@param ctx Ctx
---@param model Model?
---@return table
function M.state(ctx, model)
  local on, source = M.statistics(ctx)
  local config = telemetry.config(ctx)
  return {
    service = model and terms_of(ctx, model) or nil,
    statistics = { on = on, source = source, counters = on and usage_ledger.counters() or nil },
    telemetry = { on = config.enabled, endpoint = config.endpoint, outfile = config.outfile, log_prompts = config.log_prompts },
    ledger = { on = ctx.settings:get "usage.record" ~= false, path = usage_ledger.path() },
  }
end

return M
