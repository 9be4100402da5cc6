-- `qwen auth` and `/auth`: signing in by any auth file, shipped or the user's own, signing out, and what is in force now.

local tr = qwen.tr

local C = { summary = "sign in, or show how you are signed in", aliases = { "login", "connect", logout = "logout" },
  args = "[NAME [--FLAG VALUE...]]", shell = true }

local short_flags = { k = "key", r = "region", u = "base-url" }

local function has_provider(name)
  return qwen.x.registry.has("providers", name)
end

local function method_names()
  local out = {}
  for _, method in ipairs(qwen.x.login.methods()) do out[#out + 1] = method.name end
  return out
end

C.complete = method_names

-- What is in force, as data.
local function state(ctx)
  if not qwen.x.login.reachable(ctx.settings, ctx.opts) then return { method = qwen.json.null, configured = false } end
  local model, e = qwen.models.choose(ctx.settings, ctx.opts, has_provider)
  if not model then return nil, e end
  local terms = qwen.x.login.terms(model)
  local out = { configured = true, method = qwen.x.login.method_of(ctx, model), protocol = model.provider, model = model.id, base_url = model.base_url,
    configured_by = model.from, key = model.key ~= nil, key_hint = model.key and model.key:hint() or nil, key_source = model.key_source,
    env_key = model.env_key, key_needed = not (qwen.models.keyless(model.base_url) or qwen.models.signs(model)), terms = terms.terms, privacy = terms.privacy,
    region = ctx.settings:get "codingPlan.region" }
  local program = not model.key and model.env_key and qwen.x.key_command.of(ctx.settings, model.env_key)
  if program then out.key, out.key_source = true, qwen.phrase("the program %s", program[1]) end
  local version = ctx.settings:get "codingPlan.version"
  out.version = type(version) == "string" and version or nil
  local provider = has_provider(model.provider) and qwen.models.provider(model)
  local auth = provider and qwen.x.registry.get("auth", provider.auth or "api-key")
  if auth and auth.status then
    for name, value in pairs(auth.status(ctx, model)) do out[name] = value end
  end
  return out
end

local function key_words(s)
  if s.key then
    return tr("present, from %s%s", s.key_source, (s.key_hint or "") ~= "" and " (" .. s.key_hint
      .. ")" or "")
  end
  if not s.key_needed then return tr "not needed" end
  return s.env_key and tr("missing: set %s, or run qwen auth", s.env_key) or tr "missing: run qwen auth"
end

local function status(ctx, args)
  if args[1] and args[1] ~= "--json" or args[2] then
    return nil, qwen.err("usage", tr("usage: %s", "qwen auth status [--json]"))
  end
  local s, e = state(ctx)
  if not s then return nil, e end
  if args[1] then
    ctx.print(qwen.json.encode(s))
    return 0
  end
  if not s.configured then
    ctx.print(tr "No authentication method is configured. Run one of:")
    for _, method in ipairs(qwen.x.login.advised(ctx)) do ctx.print(("  qwen auth %-13s %s"):format(method.name, method.label)) end
    return 0
  end
  local function row(name, value) ctx.print(qwen.text.pad(name, 9) .. " " .. value) end
  row(tr "method", tr(s.method) .. (s.protocol ~= "openai" and " (" .. s.protocol .. ")" or ""))
  row(tr "model", s.model)
  row(tr "address", tr("%s (%s)", s.base_url, s.configured_by))
  row(tr "key", key_words(s))
  if qwen.x.login.name_of(s) == "coding-plan" then
    row(tr "plan", tr("region %s, list %s", s.region or tr "unknown", s.version
      and s.version:sub(1, 8) or tr "unknown"))
  end
  for _, line in ipairs(s.lines or {}) do ctx.print(line) end
  row(tr "terms", tr("%s", s.terms))
  row(tr "privacy", tr("%s", s.privacy))
  return 0
end

-- A word of the command line as a message may repeat it: not what looks like a key that slipped into the wrong place.
local function quoted(word)
  return #word > 8 and word:find "%d" and tr "what stands there (not shown, it may be a key)" or "'" .. word .. "'"
end

local function long(word)
  return (word:gsub("^%-(%a)%f[=%z]", function(letter) return "--" .. (short_flags[letter] or letter) end))
end

local function unknown_flag(name, method, known)
  local list = {}
  for flag in pairs(known) do list[#list + 1] = flag end
  table.sort(list)
  local near = qwen.text.nearest(name, list)
  for k, flag in ipairs(list) do list[k] = "--" .. flag .. (known[flag] == true and "" or " " .. known[flag]) end
  return qwen.err("usage", tr("unknown argument --%s%s; qwen auth %s takes %s", name, near
    and tr(" (did you mean --%s?)", near) or "", method,
    #list > 0 and table.concat(list, ", ") or tr "no flags"))
end

-- `--flag value`, `--flag=value` and the short forms as a table, each once; only those that the file names, if it names any.
local function flags(args, known)
  local out, i = {}, 2
  while args[i] do
    local given, following = args[i], args[i + 1]
    local name, value = long(given):match "^%-%-([%w-]+)=(.*)$"
    if not name then
      name = long(given):match "^%-%-([%w-]+)$"
      if name and known and known[name] == true then value = true
      elseif name and following and not long(following):find "^%-%-" then value, i = following, i + 1 end
    end
    if name and known and not known[name] then return nil, unknown_flag(name, args[1], known) end
    if not name or value == nil then
      return nil, qwen.err("usage",
        tr("%s is no flag with a value; usage: qwen auth %s --FLAG VALUE", quoted(given), args[1]))
    end
    local field = name:gsub("%-", "_")
    if out[field] ~= nil then return nil, qwen.err("usage", tr("--%s is given twice; give one", name)) end
    out[field], i = value, i + 1
  end
  return out
end

local function unknown(name)
  local names = method_names()
  for i, verb in ipairs { "status", "list", "move", "passphrase", "logout" } do table.insert(names, i, verb) end
  local near = qwen.text.nearest(name, names)
  return qwen.err("usage", tr("unknown argument %s%s; usage: qwen auth %s", quoted(name), near
    and tr("; did you mean %s?", near) or "",
    table.concat(names, " | ")))
end

-- What was signed in to is used at once, also in the middle of a session.
local function take_effect(ctx)
  local ok, e = ctx.settings:reload()
  if not ok then return nil, e end
  if not ctx.session then return true end
  local id, protocol = ctx.settings:get "model.name", ctx.settings:get "security.auth.selectedType"
  local model
  model, e = ctx.switch(id or ctx.model.id, protocol or ctx.model.provider)
  if not model then return nil, e end
  ctx.print(tr("now: %s (%s, %s)", model.id, model.provider, (qwen.x.login.asked_at(ctx, model))))
  return true
end

local function login(ctx, args)
  local auth, e = qwen.x.registry.get("auth", args[1])
  if not auth or not auth.login then
    if auth then return nil, qwen.err("usage", tr("'%s' needs no signing in", args[1])) end
    return nil, e.kind == "broken" and e or unknown(args[1])
  end
  local options, problem = flags(args, auth.flags)
  if not options then return nil, problem end
  local key
  key, problem = qwen.x.login.given_key(options.key)
  if problem then return nil, problem end
  options.key = key
  local ok
  ok, problem = auth.login(ctx, options)
  if ok then ok, problem = take_effect(ctx) end
  if not ok then return nil, problem end
  return 0
end

-- By the name of the method, or of the variable that a key is kept under; without a name: what is in force now.
local function logout(ctx, args)
  local name = args[1]
  if args[2] then return nil, qwen.err("usage", tr("usage: %s", "qwen auth logout [NAME | VARIABLE]")) end
  if not name then
    local out = {}
    for _, method in ipairs(qwen.x.login.methods()) do
      if method.auth.logout then out[#out + 1] = method.name end
    end
    local model = qwen.x.login.configured(ctx.settings, ctx.opts) and qwen.models.choose(ctx.settings, ctx.opts, has_provider)
    name = model and (qwen.x.login.name_of(model) or model.env_key)
    if not name then return nil, qwen.err("usage", tr("say which: qwen auth logout %s", table.concat(out, "|"))) end
  end
  local auth, e = qwen.x.registry.get("auth", name)
  local variable = not auth and name:find "^[%u_][%u%d_]*$" and name
  if variable then auth, e = qwen.x.registry.get("auth", "api-key") end
  if not auth then return nil, e.kind == "broken" and e or unknown(name) end
  if not auth.logout then return nil, qwen.err("usage", tr("'%s' keeps nothing that could be taken away", name)) end
  local ok
  ok, e = auth.logout(ctx, variable or nil)
  if ok then ok, e = ctx.settings:reload() end
  if not ok then return nil, e end
  return 0
end

local function menu(ctx)
  if ctx.pick then
    local list, at = qwen.x.login.offers(ctx)
    local labels = {}
    for i, method in ipairs(list) do labels[i] = { label = method.label, disabled = method.problem and tr("%s", method.problem) } end
    local choice = ctx.pick(tr "Select authentication method:", labels, { at = at, search = true,
      hint = tr "Use ↑ ↓ arrows to navigate, Enter to select, Ctrl+C to exit" })
    if not choice then return nil, qwen.err("cancelled", tr "nothing was chosen") end
    return login(ctx, { list[choice].name })
  end
  ctx.print(tr "Ways to sign in (there is no terminal to choose in: qwen auth NAME):")
  for i, method in ipairs(qwen.x.login.advised(ctx)) do ctx.print(("%3d. %-14s %s"):format(i, method.name, method.label)) end
  ctx.print(tr("Or set a key in the environment: OPENAI_API_KEY, with OPENAI_BASE_URL and "
    .. "OPENAI_MODEL for other services."))
  return 0
end

-- What is kept and where; never a key.
local function list(ctx, args)
  if args[1] and args[1] ~= "--json" or args[2] then
    return nil, qwen.err("usage", tr("usage: %s", "qwen auth list [--json]"))
  end
  local rows, e = qwen.credentials.list()
  if not rows then return nil, e end
  if args[1] then
    for _, row in ipairs(rows) do row.origins = qwen.json.array(row.origins) end
    ctx.print(qwen.json.encode(qwen.json.array(rows)))
    return 0
  end
  if #rows == 0 then ctx.print(tr "No credential is kept. Sign in with: qwen auth") end
  for _, row in ipairs(rows) do
    local past = row.expires and row.expires < qwen.task.time()
    local time = row.expires and row.expires < 1e11 and os.date((past and "ended" or "ends") .. " %Y-%m-%d %H:%M", row.expires // 1) or ""
    ctx.print(("%-28s %-14s %s"):format(row.name, row.backend, row.hint .. (row.hint ~= "" and time ~= "" and ", " or "") .. time))
    if #row.origins > 0 then ctx.print(tr("  for %s", table.concat(row.origins, ", "))) end
  end
  return 0
end

local function move(ctx, args)
  local to, name, i = nil, nil, 1
  while args[i] do
    local value = args[i]:match "^%-%-to=(.+)$"
    if args[i] == "--to" and not to then to, i = args[i + 1], i + 1 elseif value and not to then to = value
    elseif name or args[i]:find "^%-" then to, i = nil, #args else name = args[i] end
    i = i + 1
  end
  if not to then
    return nil, qwen.err("usage", tr("usage: %s", "qwen auth move --to "
      .. table.concat(qwen.credentials.stores, "|") .. " [NAME]"))
  end
  local moved, e = qwen.credentials.move(to, name)
  if not moved then return nil, e end
  ctx.print(#moved > 0 and tr("moved to %s: %s", to, table.concat(moved, ", "))
    or tr "nothing to move: all is there already")
  return 0
end

-- For the vault, now and as long as it is there.
local function passphrase(ctx, args)
  local remove = args[1] == "--remove"
  if args[1] and not remove or args[2] then
    return nil, qwen.err("usage",
      tr("usage: %s", "qwen auth passphrase [--remove]; it is asked for, not typed here"))
  end
  local ok, e = qwen.credentials.passphrase(remove)
  if not ok then return nil, e end
  ctx.print(remove and tr "the vault has no passphrase any more; a key file on this machine opens it"
    or tr("the vault has this passphrase now; it is asked for when a credential is needed, and "
      .. "then not for 12 hours where the kernel may keep the key"))
  return 0
end

-- Whatever goes wrong here ends with 1.
local function told(run)
  return function(ctx, args)
    local code, e = run(ctx, args)
    if code then return code end
    ctx.notice(tostring(e))
    return 1
  end
end

local function stores(_, _, before)
  return not before[1] and { "--to" } or before[1] == "--to" and not before[2] and qwen.credentials.stores or {}
end

C.subcommands = {
  status = { summary = "how you are signed in now", args = "[--json]", run = told(status) },
  list = { summary = "what is kept and where; never a key", args = "[--json]", run = told(list) },
  move = { summary = "keep credentials in another store", args = "--to STORE [NAME]", complete = stores, run = told(move) },
  passphrase = { summary = "give the vault a passphrase, change it or take it away", args = "[--remove]", run = told(passphrase) },
  logout = { summary = "forget a credential", args = "[NAME | VARIABLE]", complete = method_names, run = told(logout) },
}

C.run = told(function(ctx, args) return (args[1] and login or menu)(ctx, args) end)

return C
