-- `qwen auth`: signing in by any auth file, shipped or the user's own, and what is in force now.

local C = { summary = "sign in, or show how you are signed in", args = "[NAME [--FLAG VALUE...] | status [--json]]", shell = true }

local function methods()
  local out = {}
  for _, entry in ipairs(qwen.resource.list "auth") do
    if entry.value and entry.value.login then out[#out + 1] = entry end
  end
  return out
end

function C.complete()
  local out = { "status" }
  for _, entry in ipairs(methods()) do out[#out + 1] = entry.name end
  return out
end

local function state(ctx)
  local model, e = qwen.models.choose(ctx.settings, ctx.opts, function(name) return qwen.resource.has("providers", name) end)
  if not model then return nil, e end
  local url = qwen.http.parse_url(model.base_url)
  local host = url and url.host or ""
  local terms = host:find "aliyuncs%.com$" and "https://www.alibabacloud.com/terms-of-use" or host:find "openai%.com$" and "https://openai.com/terms/"
    or url and url.loopback and "your own; requests stay on this machine" or "those of " .. host
  return { method = model.provider, model = model.id, base_url = model.base_url, configured_by = model.from,
    key = model.key ~= nil and model.key ~= "", key_source = model.key_source, env_key = model.env_key,
    key_needed = not (url and url.loopback), terms = terms, region = ctx.settings:get "codingPlan.region" }
end

local function status(ctx, args)
  local s, e = state(ctx)
  if not s then return nil, e end
  if args[2] == "--json" then
    ctx.print(qwen.json.encode(s))
    return 0
  end
  ctx.print("method    " .. s.method .. (s.region and " (Coding Plan, " .. s.region .. ")" or ""))
  ctx.print("model     " .. s.model)
  ctx.print(("address   %s (%s)"):format(s.base_url, s.configured_by))
  local missing = s.key_needed and "missing: set " .. s.env_key .. ", or run qwen auth" or "not needed"
  ctx.print("key       " .. (s.key and "present, from " .. s.key_source or missing))
  ctx.print("terms     " .. s.terms)
  return 0
end

-- `--flag value` and `--flag=value` as a table.
local function flags(args)
  local out, i = {}, 2
  while args[i] do
    local name, value = args[i]:match "^%-%-([%w-]+)=(.*)$"
    if not name then
      name, value = args[i]:match "^%-%-([%w-]+)$", args[i + 1]
      i = i + 1
    end
    if not name or value == nil then
      return nil, qwen.err("usage", ("'%s' is no flag with a value; usage: qwen auth %s --FLAG VALUE"):format(args[i] or args[i - 1], args[1]))
    end
    out[name] = value
    i = i + 1
  end
  return out
end

local function login(ctx, args)
  local auth, e = qwen.resource.get("auth", args[1])
  if not auth or not auth.login then
    if auth then return nil, qwen.err("usage", ("'%s' needs no signing in"):format(args[1])) end
    if e.kind == "broken" then return nil, e end
    local near = qwen.text.nearest(args[1], C.complete())
    return nil, qwen.err("usage", ("there is no way to sign in called '%s'%s"):format(args[1], near and "; did you mean " .. near .. "?" or ""))
  end
  local options, problem = flags(args)
  if not options then return nil, problem end
  local ok
  ok, problem = auth.login(ctx, options)
  if not ok then return nil, problem end
  if ctx.session then ctx.print "It is used from the next start of qwen on." end
  return 0
end

function C.run(ctx, args)
  if args[1] == "status" then return status(ctx, args) end
  if args[1] then
    local code, e = login(ctx, args)
    if code == nil then
      ctx.notice(tostring(e))
      return 1
    end
    return code
  end
  local list, labels = methods(), {}
  for i, entry in ipairs(list) do labels[i] = entry.summary end
  local choice = ctx.pick and ctx.pick("Select authentication method:", labels)
  if choice then return C.run(ctx, { list[choice].name }) end
  if ctx.pick then return 1 end
  ctx.print "Ways to sign in (qwen auth NAME):"
  for _, entry in ipairs(list) do ctx.print(("  %-14s %s"):format(entry.name, entry.summary)) end
  ctx.print "Or set a key in the environment: OPENAI_API_KEY, with OPENAI_BASE_URL and OPENAI_MODEL for other services."
  return 0
end

return C
