-- `/model`: the models that are configured, and what the service in use offers beside them; taking one keeps it for later sessions.

local tr = qwen.tr

local C = { summary = "list the models, or take another one", args = "[ID | ID@HOST]" }

local function has_provider(name)
  return qwen.x.registry.has("providers", name)
end

local function configured(ctx)
  return (qwen.models.list(ctx.settings, has_provider))
end

function C.complete(ctx, _, before)
  if before[1] then return {} end
  local out, list = {}, configured(ctx)
  for i, model in ipairs(list) do
    out[i] = #qwen.models.named(list, model.id) > 1 and model.id .. "@" .. qwen.models.place(model) or model.id
  end
  return out
end

local function same(a, b)
  return a.id == b.id and a.provider == b.provider and a.base_url == b.base_url
end

local function size(context)
  if not context then return nil end
  return context >= 1000000 and tr("%.3gM tokens", context / 1000000) or tr("%.0fK tokens", context / 1000)
end

-- Why a model cannot be asked; nil when it can.
local function missing(ctx, model)
  if qwen.models.keyless(model.base_url) or qwen.models.has_key(ctx.settings, model) then return nil end
  local provider = qwen.models.provider(model)
  local auth = provider and provider.auth and qwen.x.registry.get("auth", provider.auth)
  if auth and auth.status then
    return not auth.status(ctx, model).key and tr("not signed in: qwen auth %s", provider.auth)
      or nil
  end
  return model.env_key and tr("no key: %s is not set", model.env_key) or tr "no key: its entry has no envKey"
end

-- What there is to choose from: entries by protocol, then what the service in use offers and nobody wrote down.
local function rows(ctx)
  local out, here = {}, {}
  local function add(model, note)
    local details = {}
    if model.name ~= model.id then details[1] = model.name end
    details[#details + 1] = size(model.context)
    details[#details + 1] = note
    out[#out + 1] = { model = model, label = model.id, group = model.provider, detail = table.concat(details, " · "),
      disabled = missing(ctx, model) }
    here[model.id] = here[model.id] or model.base_url == ctx.model.base_url
  end
  for _, model in ipairs(configured(ctx)) do add(model) end
  local now = ctx.model
  if not here[now.id] then add(now) end
  if now.provider ~= "qwen-oauth" and qwen.credentials.has "qwen-oauth" then -- signed in: its one model is no entry
    local model = qwen.models.take(ctx.settings, ctx.opts, "coder-model", "qwen-oauth", has_provider)
    if model and not here[model.id] then add(model) end
  end
  local url = qwen.http.parse_url(now.base_url)
  local offered = url and url.loopback and qwen.x.remote_models.get(ctx, now) or qwen.x.remote_models.known(now)
  for _, item in ipairs(offered and offered.models or {}) do
    if not here[item.id] then
      local model = { id = item.id, name = item.name or item.id, context = item.context or false, offered = true }
      add(setmetatable(model, { __index = now }), tr "offered by the service")
    end
  end
  return out
end

local function list(ctx, choices)
  ctx.print(tr("now: %s (%s, %s)", ctx.model.id, ctx.model.provider, (qwen.x.login.asked_at(ctx, ctx.model))))
  local group
  for _, row in ipairs(choices) do
    if row.group ~= group then ctx.print(row.group) end
    group = row.group
    ctx.print(("  %-32s %s%s"):format(row.label, row.detail, row.disabled and "  (" .. row.disabled .. ")" or ""))
  end
end

-- A model that only the service knows becomes an entry beside the one in use, if that one is an entry.
local function write_entry(ctx, model)
  local now
  for _, entry in ipairs(configured(ctx)) do now = now or same(entry, ctx.model) and entry end
  if not now then return true end
  local config = model.context and { contextWindowSize = model.context } or nil
  return qwen.x.login.install(ctx, { protocol = now.provider, model = model.id,
    entries = { { id = model.id, name = model.name, baseUrl = now.base_url, envKey = now.env_key, generationConfig = config } } })
end

local function take(ctx, model)
  local ok, e = true, nil
  if model.offered then
    ok, e = write_entry(ctx, model)
    if ok then ok, e = ctx.settings:reload() end
  end
  local taken
  if ok then taken, e = ctx.switch(model.id, model.provider, not model.offered and model.base_url or nil) end
  if not taken then return nil, e end
  ctx.print(tr("now: %s (%s, %s)", taken.id, taken.provider, (qwen.x.login.asked_at(ctx, taken))))
  if taken.effort_chosen then ctx.print(qwen.x.effort.words(taken)) end
  return qwen.x.login.keep(ctx, taken)
end

-- The row that a name means: one that can be used, and of several the one that the person points at.
local function row_of(ctx, choices, name)
  local models, rows_of, usable = {}, {}, {}
  for i, row in ipairs(choices) do models[i], rows_of[row.model] = row.model, row end
  local meant = qwen.models.named(models, name)
  for _, model in ipairs(meant) do
    if not rows_of[model].disabled then usable[#usable + 1] = rows_of[model] end
  end
  if #usable == 0 and meant[1] then
    return nil, qwen.err("auth", tr("%s: %s; sign in with /auth", meant[1].id, rows_of[meant[1]].disabled))
  end
  if #usable < 2 then return usable[1] end
  local words = {}
  for i, row in ipairs(usable) do words[i] = row.label .. "@" .. qwen.models.place(row.model) end
  if not ctx.pick then
    return nil, qwen.err("usage", tr("there are several %s; say which: %s", name,
      table.concat(words, ", ")))
  end
  for i, row in ipairs(usable) do words[i] = { label = words[i], detail = row.detail } end
  local index = ctx.pick(tr("Which %s?", name), words)
  return index and usable[index] or nil, not index and qwen.err("cancelled", tr "nothing was chosen") or nil
end

-- A name that nobody wrote down: the service in use is asked whether it has it. A slip of the pen is not saved.
local function from_service(ctx, choices, name)
  local offered, ids = qwen.x.remote_models.get(ctx, ctx.model, true), {}
  for _, item in ipairs(offered and offered.models or {}) do
    if item.id == name then
      local model = { id = name, name = item.name or name, context = item.context or false, offered = true }
      return setmetatable(model, { __index = ctx.model })
    end
    ids[#ids + 1] = item.id
  end
  for _, row in ipairs(choices) do ids[#ids + 1] = row.label end
  local near, place = qwen.text.nearest(name, ids), qwen.models.place(ctx.model)
  local hint = near and tr("; did you mean %s?", near) or tr "; see /model"
  if offered then return nil, qwen.err("missing", tr("no entry is called '%s', and %s does not offer it%s", name, place, hint)) end
  local silent = tr("no entry is called '%s', and %s does not list its models%s", name, place, hint)
  if not ctx.pick then return nil, qwen.err("missing", silent) end
  local index = ctx.pick(silent,
    { tr "keep the model in use", tr("ask %s for %s all the same", place, name) })
  if index ~= 2 then return nil, qwen.err("cancelled", tr "nothing was chosen") end
  return setmetatable({ id = name, name = name, offered = true, context = false }, { __index = ctx.model })
end

function C.run(ctx, args)
  if not ctx.model then -- a run that is nothing but this command
    local model, e = qwen.models.choose(ctx.settings, ctx.opts, has_provider)
    if not model then return nil, e end
    ctx.model = model
  end
  local choices = rows(ctx)
  if args[2] then return nil, qwen.err("usage", tr("usage: %s", "/model " .. C.args)) end
  if args[1] then
    local row, e = row_of(ctx, choices, args[1])
    if row then return take(ctx, row.model) end
    if e then return nil, e end
    local model
    model, e = from_service(ctx, choices, args[1])
    if not model then return nil, e end
    return take(ctx, model)
  end
  if not ctx.pick then
    list(ctx, choices)
    return 0
  end
  local at
  for i, row in ipairs(choices) do at = at or same(row.model, ctx.model) and i end
  local index = ctx.pick(tr "Select a model:", choices, { at = at, search = true })
  if not index then return 0 end
  return take(ctx, choices[index].model)
end

return C
