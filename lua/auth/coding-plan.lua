-- Alibaba Cloud Coding Plan: a key of a subscription, its region's address, and the models it may use, written into the user's settings.

local ENV_KEY = "BAILIAN_CODING_PLAN_API_KEY"

local regions = {
  china = { label = "China (Beijing)", url = "https://coding.dashscope.aliyuncs.com/v1", console = "https://bailian.console.aliyun.com" },
  global = { label = "Singapore (International)", url = "https://coding-intl.dashscope.aliyuncs.com/v1",
    console = "https://modelstudio.console.alibabacloud.com" },
}
local older_names = { aliyun = "china", alibabacloud = "global" }

-- id, context window, thinking, media. The first is the one taken.
local plan = {
  { "qwen3.5-plus", 1000000, true, true }, { "qwen3.6-plus", 1000000, true, true }, { "glm-5", 202752, true }, { "kimi-k2.5", 262144, true, true },
  { "MiniMax-M2.5", 196608, true }, { "qwen3-coder-plus", 1000000 }, { "qwen3-coder-next", 262144 }, { "qwen3-max-2026-01-23", 262144, true },
  { "glm-4.7", 202752, true },
}

local A = {
  summary = "Alibaba Cloud Coding Plan - Paid · Up to 6,000 requests/5 hrs · All Alibaba Cloud Coding Plan Models",
  order = 20,
  flags = { region = "china|global", ["base-url"] = "URL", key = "sk-sp-..." },
  terms = { terms = "https://www.alibabacloud.com/terms-of-use", privacy = "https://www.alibabacloud.com/privacy-policy" },
}

local function entries(url)
  local out = qwen.json.array {}
  for i, row in ipairs(plan) do
    local config = { contextWindowSize = row[2] }
    if row[3] then config.extra_body = { enable_thinking = true } end
    if row[4] then config.modalities = { image = true, video = true } end
    out[i] = { id = row[1], name = row[1] .. " (Coding Plan)", baseUrl = url, envKey = ENV_KEY, generationConfig = config }
  end
  return out
end

local function owned(entry)
  if type(entry) ~= "table" or entry.envKey ~= ENV_KEY then return false end
  for _, region in pairs(regions) do
    if entry.baseUrl == region.url then return true end
  end
  return false
end

local function ask_region(ctx)
  local choice = ctx.pick and ctx.pick("Select region for Coding Plan:", { regions.china.label, regions.global.label })
  return choice and ({ "china", "global" })[choice]
end

---Asks for what is missing and writes all of it, or nothing.
---@param ctx Ctx
---@param options {region: string?, key: string?}
function A.login(ctx, options)
  local region = options.region and (older_names[options.region] or options.region) or ask_region(ctx)
  if not region then return nil, qwen.err("usage", "give the region: qwen auth coding-plan --region china|global --key sk-sp-...") end
  local place = regions[region]
  if not place then return nil, qwen.err("usage", ("unknown region '%s'; use china or global"):format(region)) end
  local key = options.key or ctx.line and ctx.line("Enter your Coding Plan API key (" .. place.console .. "):", true)
  if not key or key == "" then return nil, qwen.err("usage", "give the key: qwen auth coding-plan --region " .. region .. " --key sk-sp-...") end
  if not key:match "^sk%-sp%-[%w_-]+$" then
    return nil, qwen.err("usage", "a Coding Plan key begins with sk-sp-; this one does not. Get it at " .. place.console)
  end
  local before, e = qwen.usersettings.read()
  if not before then return nil, e end
  local list, kept = entries(place.url), type(before.modelProviders) == "table" and before.modelProviders.openai
  local version = qwen.os.sha256(qwen.json.encode(list))
  for _, entry in ipairs(type(kept) == "table" and kept or {}) do
    if not owned(entry) then list[#list + 1] = entry end
  end
  local path
  path, e = qwen.usersettings.set {
    { path = { "modelProviders", "openai" }, value = list },
    { path = { "env", ENV_KEY }, value = key },
    { path = { "security", "auth", "selectedType" }, value = "openai" },
    { path = { "model", "name" }, value = plan[1][1] },
    { path = { "codingPlan", "region" }, value = region },
    { path = { "codingPlan", "version" }, value = version },
  }
  if not path then return nil, e end
  if (qwen.os.env(ENV_KEY) or key) ~= key then
    ctx.notice(ENV_KEY .. " is set in the environment to another key, which wins over the new one")
  end
  ctx.print(("signed in to the Coding Plan (%s); %d models, now %s. The key is in %s as plain text."):format(place.label, #plan, plan[1][1], path))
  return true
end

return A
