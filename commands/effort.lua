-- `/effort`: how much the model thinks, for this session; `save` keeps it as model.reasoningEffort.

local tr = qwen.tr

local C = {
  summary = "choose how much the model thinks",
  args = "[none|low|medium|high|xhigh|max|default] [save]",
  session = true,
}

-- The levels, as the model in use can be told them.
local function levels(ctx)
  local list = ctx.model and qwen.x.effort.known(ctx.model) or {}
  list[#list + 1] = "default"
  return list
end

function C.complete(ctx, _, before)
  if #before == 0 then return levels(ctx) end
  return #before == 1 and { "save" } or {}
end

local function save(ctx, level)
  local path, e = qwen.x.settings_writer.set { { path = { "model", "reasoningEffort" },
    value = level ~= "default" and level or nil } }
  if path then path, e = ctx.settings:reload() end
  if not path then return nil, e end
  ctx.print(tr("saved: model.reasoningEffort is %s", level))
  return 0
end

local function take(ctx, level, keep)
  qwen.x.effort.set(ctx, level)
  ctx.print(qwen.x.effort.words(ctx.model))
  return not keep and 0 or save(ctx, level)
end

-- What a level changes in the request, so that one sees what one chooses.
local function rows_of(ctx, list)
  local rows, at = {}, #list
  for i, level in ipairs(list) do
    local sent = level ~= "default" and qwen.x.effort.sent(ctx.model, level)
    rows[i] = { label = level, detail = sent and (sent ~= "" and sent or tr "nothing is asked for")
      or tr "as the model's entry and its service have it" }
    if level == ctx.model.effort_told then at = i end
  end
  return rows, at
end

function C.run(ctx, args)
  local level, keep = args[1], args[2] == "save"
  if args[3] or args[2] and not keep then return false end
  if not ctx.model then return nil, qwen.err("missing", tr "no model is chosen") end
  if level then
    local known = level == "default"
    for _, name in ipairs(qwen.x.effort.levels) do known = known or name == level end
    if known then return take(ctx, level, keep) end
    local names = table.concat(qwen.x.effort.levels, ", ") .. ", default"
    return nil, qwen.err("usage", tr("there is no effort '%s'; use %s", level, names))
  end
  local list = levels(ctx)
  ctx.print(qwen.x.effort.words(ctx.model))
  if not list[2] then
    ctx.print(tr("%s cannot be told how much to think", ctx.model.id))
    return 0
  end
  local rows, at = rows_of(ctx, list)
  local i = ctx.pick and ctx.pick(tr("How much should %s think?", ctx.model.id), rows, { at = at })
  return i and take(ctx, list[i]) or 0
end

return C
