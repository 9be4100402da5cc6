-- Ways to sign in that differ only in their data: a service with regions, a key and a list of models, written into the user's settings.
local err = require "qwen.util.err"
local json = require "sys.json"
local sys = require "sys.os"
local login = require "qwen.auth.login"
local settings_writer = require "qwen.config.writer"
local tr = require("qwen.util.translate").tr

local M = {}

-- The label in the middle of a sentence.
local function short(o)
  return (tr(o.label):gsub("^Alibaba Cloud ", ""))
end

local function region_names(o)
  local names = {}
  for i, region in ipairs(o.regions) do names[i] = region.name end
  return table.concat(names, "|")
end

-- What else the regions are called in documents, on consoles and by older versions.
local other_names = {
  china = { "cn", "beijing", "cn-beijing", "aliyun" },
  global = { "intl", "international", "singapore", "ap-southeast-1", "alibabacloud" },
}

-- A region by one of its names in any case, or by its address.
local function find_region(o, name, url)
  url, name = url and url:gsub("%f[/]/+$", ""), name and name:lower()
  for _, region in ipairs(o.regions) do
    if name and region.name == name or url and region.url == url then return region end
    for _, other in ipairs(name and other_names[region.name] or {}) do
      if other == name then return region end
    end
  end
end

local function usage(o, with)
  return ("qwen auth %s%s --key %s%s"):format(o.name, #o.regions > 1 and " --region " .. with or "", o.key_form, o.models and "" or " --model ID")
end

-- The region that the flags name, or the person.
local function region_for(ctx, o, options)
  local wanted, url = options.region, options.base_url
  if wanted and url and find_region(o, wanted) ~= find_region(o, nil, url) then
    return nil, err("usage", tr("--region %s and --base-url %s contradict each other; give one", wanted, url))
  end
  if wanted or url then
    local region = find_region(o, wanted, url)
    if region then return region end
    local urls = {}
    for i, known in ipairs(o.regions) do urls[i] = known.url end
    if url then
      return nil, err("usage", tr("%s is no address of %s; use %s", url, tr(o.label),
        table.concat(urls, " or ")))
    end
    return nil, err("usage", tr("unknown region '%s'; use %s", wanted, (region_names(o):gsub("|", " or "))))
  end
  if #o.regions == 1 then return o.regions[1] end
  if not ctx.pick then return nil, err("usage", tr("give the region: %s", usage(o, region_names(o)))) end
  local choices = {}
  for i, region in ipairs(o.regions) do choices[i] = { label = tr(region.label), detail = region.url } end
  local index = ctx.pick(tr("Select region for %s:", short(o)), choices)
  if not index then return nil, err("cancelled", tr "nothing was chosen and nothing is written") end
  return o.regions[index]
end

local function key_for(ctx, o, options, region)
  local typed = options.key
  if not typed and ctx.line then
    typed = ctx.line(tr("Enter your %s API key (%s):", short(o), region.console or o.console), true)
  end
  if not typed or typed == "" then return nil, err("usage", tr("give the key: %s", usage(o, region.name))) end
  local key, wrong = login.clean_key(typed)
  if not key or o.key_pattern and not key:find(o.key_pattern) then
    local why = not key and tr("this cannot be a key: %s", wrong) or tr("a %s key begins with %s; this one does not", short(o),
      (o.key_form:gsub("%.%.%.$", "")))
    return nil, err("usage", tr("%s. Get it at %s", why, region.console or o.console))
  end
  return key
end

local function entries(o, region, models)
  local out = json.array {}
  for i, model in ipairs(models or o.models) do
    local config = { contextWindowSize = model.context }
    if model.thinking then config.extra_body = { enable_thinking = true } end
    if model.media then config.modalities = { image = true, video = true } end
    out[i] = { id = model.id, name = ("%s (%s)"):format(model.name or model.id, short(o)), baseUrl = region.url, envKey = o.env_key,
      generationConfig = next(config) and config or nil }
  end
  return out
end

local function owns(o)
  return function(entry)
    if entry.envKey ~= o.env_key then return false end
    for _, region in ipairs(o.regions) do
      if entry.baseUrl == region.url then return true end
    end
    return false
  end
end

-- What marks the list that was written, so that a newer one can be offered.
local function version_of(o, region)
  return sys.sha256(json.encode(entries(o, region)))
end

local function install(ctx, o, region, key, model, models, store)
  local more
  if o.mark then
    more = { { path = { o.mark, "region" }, value = region.name }, { path = { o.mark, "version" }, value = version_of(o, region) } }
  end
  models = models or o.models
  return login.install(ctx, { protocol = o.protocol, entries = entries(o, region, models), owns = owns(o), env_key = o.env_key, key = key,
    store = store, url = region.url, model = model or models[1].id, more = more })
end

---The difference between the list of models that was written and ours; nil when there is none or the person skipped it.
---@param ctx Ctx
---@param o table
---@return {region: table, version: string, added: string[], removed: string[]}?
local function newer(ctx, o)
  local region = o.mark and find_region(o, ctx.settings:get(o.mark .. ".region"))
  local version = region and ctx.settings:get(o.mark .. ".version")
  if not version then return nil end
  local now = version_of(o, region)
  if now == version or ctx.settings:get(o.mark .. ".ignoredVersion") == now then return nil end
  local had, have, mine = {}, {}, owns(o)
  local providers = settings_writer.read()
  local list = providers and type(providers.modelProviders) == "table" and providers.modelProviders[o.protocol or "openai"]
  for _, entry in ipairs(type(list) == "table" and list or {}) do
    if type(entry) == "table" and type(entry.id) == "string" and mine(entry) then had[entry.id] = true end
  end
  local out = { region = region, version = now, added = {}, removed = {} }
  for _, model in ipairs(o.models) do
    have[model.id] = true
    if not had[model.id] then table.insert(out.added, model.id) end
  end
  for id in pairs(had) do
    if not have[id] then table.insert(out.removed, id) end
  end
  table.sort(out.removed)
  return out
end

-- Takes the newer list, or says that this one is not wanted. The key stays as it is.
local function update(ctx, o, options)
  local found = newer(ctx, o)
  if not found then
    ctx.print(tr("the models of %s are up to date", tr(o.label)))
    return true
  end
  if options.skip_update then return settings_writer.set { { path = { o.mark, "ignoredVersion" }, value = found.version } } end
  local now, keep = ctx.settings:get "model.name", nil
  for _, model in ipairs(o.models) do keep = keep or model.id == now and now or nil end
  local gone = now and table.concat(found.removed, "\n"):find(now, 1, true)
  local path, e = install(ctx, o, found.region, nil, keep or not gone and now or nil)
  if not path then return nil, e end
  ctx.print(tr("the models of %s are those of this version of qwen now: %d new, %d gone",
    tr(o.label), #found.added, #found.removed))
  return true
end

---A way to sign in made of data.
---@param o ServiceData
---@return Auth
function M.new(o)
  local A = { summary = o.summary, order = o.order, terms = o.terms, flags = { key = o.key_form, ["base-url"] = "URL", store = "STORE" } }
  if #o.regions > 1 then A.flags.region = region_names(o) end
  if not o.models then A.flags.model = "ID" end
  if o.mark then A.flags.update, A.flags["skip-update"] = true, true end

  function A.login(ctx, options)
    if options.update or options.skip_update then return update(ctx, o, options) end
    local region, key, e, path
    local models = o.models
    region, e = region_for(ctx, o, options)
    if not region then return nil, e end
    key, e = key_for(ctx, o, options, region)
    if not key then return nil, e end
    if not models then
      models, e = login.models_for(ctx, { protocol = o.protocol, url = region.url, key = key, label = o.label }, options.model)
      if not models then return nil, e end
    end
    path, e = install(ctx, o, region, key, nil, models, options.store)
    if not path then return nil, e end
    local where = #o.regions > 1 and " (" .. tr(region.label) .. ")" or ""
    ctx.print(tr("signed in to %s%s; %d model%s, now %s. %s", tr(o.label), where, #models,
      #models == 1 and "" or "s", models[1].id, path))
    return true
  end

  function A.news(ctx)
    local found = newer(ctx, o)
    if not found then return nil end
    local words = {}
    for _, id in ipairs(found.added) do words[#words + 1] = "+" .. id end
    for _, id in ipairs(found.removed) do words[#words + 1] = "-" .. id end
    return tr("%s has another list of models%s; take it with: qwen auth %s --update (or --skip-update)", tr(o.label),
      #words > 0 and " (" .. table.concat(words, " ") .. ")" or "", o.name)
  end

  function A.logout(ctx)
    return login.remove(ctx, { owns = owns(o), env_key = o.env_key, mark = o.mark, label = o.label })
  end

  return A
end

return M
