-- A request that is about to leave: built by its provider, seen by the hooks, and signed, so that no hook sees a credential.
local err = require "qwen.util.err"
local headers = require "qwen.net.headers"
local registry = require "qwen.extension.registry"
local tr, phrase = require("qwen.util.translate").tr, require("qwen.util.translate").phrase

local M = {}

-- Limits of time: in milliseconds in a model's generationConfig, 0 for none; the environment speaks for those that say nothing.
local limits = {
  { field = "connect_timeout", name = "connectTimeout" },
  { field = "first_timeout", name = "timeout", env = "QWEN_CODE_API_TIMEOUT_MS" },
  { field = "idle_timeout", name = "streamIdleTimeoutMs", env = "QWEN_STREAM_IDLE_TIMEOUT_MS", default = 240000 },
  { field = "total_timeout", name = "totalTimeout" },
}

local function set_limits(ctx, model, request)
  for _, limit in ipairs(limits) do
    local value, from = model.config[limit.name], ("generationConfig.%s of %s (%s)"):format(limit.name, model.id, model.from)
    if value == nil and limit.env then value, from = ctx.settings:env(limit.env), limit.env end
    if value == nil or value == "" then value = limit.default end
    local ms = tonumber(value)
    if value ~= nil and not (ms and ms >= 0 and ms < 1e12) then
      return nil, err("usage", phrase("%s must be a number of milliseconds, not '%s'", from, tostring(value)))
    end
    if request[limit.field] == nil then request[limit.field] = ms and ms / 1000 end -- a provider or a hook may know better
  end
  return request
end

---Names the setting of a limit of time that was exceeded; other requests than a model's have none.
---@param e Err
---@return Err
function M.in_settings_words(e)
  for _, limit in ipairs(limits) do
    if e.code == limit.field then
      e.message = e.message:gsub("try again$", "%0 or raise generationConfig." .. limit.name)
    end
  end
  return e
end

---A provider or auth file that is wrong, with what it takes the place of.
---@param kind "auth"|"providers"
---@param name string
---@param why string
---@return Err
function M.wrong(kind, name, why)
  return err("broken", registry.blamed(tr(kind == "auth" and "the sign-in %s is wrong: %s" or "the provider %s is wrong: %s", name, why), kind, name))
end

---Calls a function of a provider or auth file. One that is wrong fails like a service that does.
---@param kind "auth"|"providers"
---@param name string
---@param gives string? the type of what it must give back when it has no error of its own
---@param fn function
---@return any value
---@return any e
function M.called(kind, name, gives, fn, ...)
  local ok, value, e = pcall(fn, ...)
  if ok and (not gives or type(value) == gives) then return value, e end
  if ok and value == nil and err.is(e) then return nil, e end
  local why = not ok and tostring(value) or value == nil and type(e) == "string" and e or ("it gave back a %s, not a %s"):format(type(value), gives)
  return nil, M.wrong(kind, name, why)
end

---The request as provider and hooks make it, without a credential.
---@param ctx Ctx
---@param provider Provider
---@param model Model
---@param view View
---@return Request?, Err?
function M.build(ctx, provider, model, view)
  local request, e = M.called("providers", model.provider, "table", provider.request, model, view)
  if not request then return nil, e end
  if type(request.url) ~= "string" then
    return nil, M.wrong("providers", model.provider, "its request has no url")
  end
  local built, reason = ctx.emit("request_built", request, model)
  if not built then
    return nil, err("denied", phrase("the request was blocked: %s", tostring(reason)))
  end
  return set_limits(ctx, model, built)
end

---A copy of a built request, with the credential as it is now.
---@param ctx Ctx
---@param provider Provider
---@param model Model
---@param built Request
---@return Request?, Err?
function M.sign(ctx, provider, model, built)
  local name = provider.auth or "api-key"
  local auth, e = registry.get("auth", name)
  if not auth then return nil, e end
  local request = {}
  for key, value in pairs(built) do request[key] = value end
  local credential
  credential, e = M.called("auth", name, "table", auth.headers, ctx, model, request)
  if not credential then return nil, e end
  for own in pairs(model.config.customHeaders or {}) do -- what the entry sets itself stays
    credential = headers.without(credential, own)
  end
  local plain = headers.merge({ ["User-Agent"] = ctx.user_agent }, request.headers)
  request.headers = headers.merge(plain, credential)
  return request
end

return M
