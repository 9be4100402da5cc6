-- `/model`: the models that are configured, and taking another one. The choice holds for this session.

local C = { summary = "list the models, or take another one", args = "[ID]" }

local function configured(ctx)
  return (qwen.models.list(ctx.settings, function(name) return qwen.resource.has("providers", name) end))
end

function C.complete(ctx)
  local out = {}
  for _, model in ipairs(configured(ctx)) do out[#out + 1] = model.id end
  return out
end

local function list(ctx)
  ctx.print(("now: %s (%s, %s)"):format(ctx.model.id, ctx.model.provider, ctx.model.base_url))
  local protocol
  for _, model in ipairs(configured(ctx)) do
    if model.provider ~= protocol then
      protocol = model.provider
      ctx.print(protocol)
    end
    local missing = model.env_key and not ctx.settings:env(model.env_key)
    ctx.print(("  %-32s %s%s"):format(model.id, model.name ~= model.id and model.name or "",
      missing and "  (no key: " .. model.env_key .. " is not set)" or ""))
  end
end

function C.run(ctx, args)
  if not args[1] then
    list(ctx)
    return 0
  end
  local model, e = ctx.switch(args[1])
  if not model then return nil, e end
  ctx.print(("now: %s (%s, %s)"):format(model.id, model.provider, model.base_url))
  return 0
end

return C
