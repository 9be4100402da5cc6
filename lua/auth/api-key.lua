-- Signing requests with an API key from the environment, a .env file, the settings or a flag. The key is sent to the model's own origin only.

local A = { summary = "API key" }

local function is_private(host)
  if host == "localhost" or host:match("%.localhost$") or host:match("%.local$") or host == "::1" or host == "[::1]" then return true end
  local a, b = host:match("^(%d+)%.(%d+)%.%d+%.%d+$")
  a, b = tonumber(a), tonumber(b)
  return a ~= nil and (a == 127 or a == 10 or a == 192 and b == 168 or a == 172 and b >= 16 and b <= 31 or a == 169 and b == 254)
end

local forms = {
  openai = function(secret) return { Authorization = { "Bearer ", secret } } end,
  anthropic = function(secret) return { ["x-api-key"] = { secret } } end,
  gemini = function(secret) return { ["x-goog-api-key"] = { secret } } end,
}

---Headers for a model; none for a blank key on this machine or a private network.
---@param _ Ctx
---@param model Model
---@return table<string, HeaderValue>?, Err?
function A.headers(_, model)
  local url, e = qwen.http.parse_url(model.base_url)
  if not url then
    return nil, qwen.err("usage", ("the base URL '%s' (%s) is not an address: %s"):format(model.base_url, model.from, e.message))
  end
  if not model.key or model.key == "" then
    if is_private(url.host) then return {} end
    local name = model.env_key or "OPENAI_API_KEY"
    return nil, qwen.err("auth", ("no API key for %s at %s: set %s in the environment, in ~/.qwen/.env or under env in ~/.qwen/settings.json")
      :format(model.id, url.host, name))
  end
  local secret
  secret, e = qwen.secret.new(model.env_key or model.provider, model.key, { url.origin })
  if not secret then return nil, qwen.err("auth", ("the key from %s cannot be used: %s"):format(model.key_source, e.message)) end
  local form = forms[model.protocol or model.provider] or forms.openai
  return form(secret)
end

return A
