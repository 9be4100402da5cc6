-- Alibaba Cloud Model Studio (DashScope): marks for its cache, who asks, images in full resolution, and thinking as a switch with a budget.
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

-- What can be told of thinking, by the first pattern that fits: the newest models take a word, the others a switch and a budget.
local efforts = {
  { "^qwen3%.8%-max", "none low medium high xhigh" }, { "thinking", "low medium high" }, { "^qwq", "low medium high" },
  { "instruct", "" }, { "coder%-%d", "" }, { "^qwen3%-coder", "" }, { "^qwen2", "" }, { "^qwen", "none low medium high" },
  { "^coder%-model", "none low medium high" }, { "^deepseek%-v3%.[1-9]", "none low medium high" }, { "^glm%-", "none low medium high" },
  { "^kimi%-k2%.[5-9]", "none high" },
}
local budgets = { low = 4096, medium = 16384 } -- high: as far as the model goes

function P.efforts(model)
  local name = model.id:lower():gsub("^.*/", "")
  for _, row in ipairs(efforts) do
    if name:find(row[1]) then return row[2] end
  end
  return ""
end

function P.reason(fields, model, reasoning)
  local effort = reasoning and reasoning.effort
  if P.efforts(model):find "xhigh" then
    fields.reasoning_effort = effort or not reasoning and "none" or nil
  elseif P.efforts(model) == "" then
    P.super.reason(fields, model, reasoning)
  else
    fields.enable_thinking = reasoning and true or false
    fields.thinking_budget = reasoning and (qwen.wire.integer(reasoning.budget_tokens) or budgets[effort]) or nil
  end
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
