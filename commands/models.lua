-- `qwen models`: what the configured services offer, from the cache or asked anew.

local tr = qwen.tr

local C = { summary = "what the configured services offer", args = "[--refresh] [--json]", shell = true }

local function has_provider(name)
  return qwen.x.registry.has("providers", name)
end

-- One model for each service that is configured: all models there share address and key.
local function services(ctx)
  local out, seen = {}, {}
  local function add(model)
    local key = model and model.provider .. " " .. model.base_url
    if model and not seen[key] then
      seen[key] = true
      out[#out + 1] = model
    end
  end
  local any = setmetatable({ unnamed = true }, { __index = ctx.opts })
  if qwen.x.login.reachable(ctx.settings, ctx.opts) then add((qwen.models.choose(ctx.settings, any, has_provider))) end
  for _, entry in ipairs((qwen.models.list(ctx.settings, has_provider))) do
    add((qwen.models.take(ctx.settings, ctx.opts, entry.id, entry.provider, has_provider, entry.base_url)))
  end
  return out
end

local function age(time)
  local seconds = qwen.task.time() - time
  if seconds < 60 then return tr "just now" end
  return seconds < 7200 and tr("%d min ago", seconds // 60) or tr("%d h ago", seconds // 3600)
end

local function show(ctx, model, answer, problem)
  ctx.print(("%s (%s)%s"):format(model.base_url, model.provider, answer and tr(", asked %s", age(answer.time)) or ""))
  if not answer then return ctx.print("  " .. problem.message) end
  for _, item in ipairs(answer.models) do
    local sizes = (item.context and tr("%9d tokens", item.context) or "")
      .. (item.max_output and tr(", %d an answer", item.max_output) or "")
    ctx.print(("  %-44s %s%s"):format(item.id, sizes, item.loaded and "  " .. tr "loaded" or ""))
  end
  if #answer.models == 0 then ctx.print("  " .. tr "none") end
end

function C.run(ctx, args)
  local refresh, as_json = false, false
  for _, word in ipairs(args) do
    if word == "--refresh" then refresh = true elseif word == "--json" then as_json = true else
      return nil, qwen.err("usage", tr("unknown argument '%s'; usage: qwen models [--refresh] [--json]", word))
    end
  end
  local list = services(ctx)
  if #list == 0 then return nil, qwen.x.login.nothing() end
  local out, failed = qwen.json.array {}, 0
  for i, model in ipairs(list) do
    local answer, problem = qwen.x.remote_models.get(ctx, model, refresh)
    if not answer then failed = failed + 1 end
    out[i] = { base_url = model.base_url, protocol = model.provider, time = answer and answer.time, models = answer and qwen.json.array(answer.models),
      error = problem and problem.message }
    if not as_json then show(ctx, model, answer, problem) end
  end
  if as_json then ctx.print(qwen.json.encode(out)) end
  return failed == #list and 1 or 0
end

return C
