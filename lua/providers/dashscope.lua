-- Alibaba Cloud Model Studio (DashScope): marks for its cache, who asks, and images in full resolution.
local P = {
  summary = "Alibaba Cloud Model Studio (DashScope)",
  base = "openai",
  match = { hosts = { "dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", "dashscope-us.aliyuncs.com", "maas.aliyuncs.com" } },
}

function P.marks(model)
  return model.config.enableCacheControl ~= false
end

function P.headers(model)
  local platform = qwen.os.platform()
  return {
    ["X-DashScope-CacheControl"] = P.marks(model) and "enable" or nil,
    ["X-DashScope-UserAgent"] = ("qwen/%s (%s; %s)"):format(qwen.version, platform.system, platform.arch),
    ["X-DashScope-AuthType"] = P.auth == "qwen-oauth" and "qwen-oauth" or "openai",
  }
end

local large_images = { "^coder%-model$", "^qwen%-vl", "^qwen3%-vl%-plus", "^qwen3%.5%-plus" }

function P.body(model, view)
  local fields = P.super.body(model, view)
  if view.session then fields.metadata = fields.metadata or { sessionId = view.session, promptId = view.prompt } end
  for _, pattern in ipairs(large_images) do
    if model.id:find(pattern) and fields.vl_high_resolution_images == nil then fields.vl_high_resolution_images = true end
  end
  return fields
end

return P
