-- Signing requests with an API key from the environment, a .env file, the settings or a flag. The key is bound to the model's own origin
-- when the model is chosen (qwen.models); here it becomes a header in the form of the model's provider.

local A = { summary = "API key" }

local function missing(ctx, model)
  local url = qwen.http.parse_url(model.base_url)
  local what = ("no API key for %s at %s"):format(model.id, url and url.host or "'" .. model.base_url .. "'")
  if not model.env_key then
    return qwen.err("auth", ('%s: its entry (%s) needs "envKey", the name of the variable that holds the key'):format(what, model.from))
  end
  local ids = {}
  for _, entry in ipairs((qwen.models.list(ctx.settings, function(name) return qwen.resource.has("providers", name) end))) do ids[#ids + 1] = entry.id end
  local near = qwen.text.nearest(model.id, ids)
  return qwen.err("auth", ("%s: set %s in the environment, in ~/.qwen/.env or under env in ~/.qwen/settings.json; or sign in: qwen auth%s")
    :format(what, model.env_key, near and near ~= model.id and " (or did you mean --model " .. near .. "?)" or ""))
end

---Headers for a model; none for a blank key on this machine or a private network.
---@param ctx Ctx
---@param model Model
---@param request Request
---@return table<string, HeaderValue>?, Err?
function A.headers(ctx, model, request)
  if model.key then
    local provider, e = qwen.models.provider(model)
    if not provider then return nil, e end
    if provider.sign then return provider.sign(model, model.key, request) end
    return { Authorization = { "Bearer ", model.key } }
  end
  if qwen.models.keyless(model.base_url) then return {} end
  return nil, missing(ctx, model)
end

return A
