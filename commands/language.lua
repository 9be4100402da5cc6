-- `/language`: the language of the screen (`ui`) and of the answers (`output`), for now and for
-- later sessions.

local tr = qwen.tr

local C = { summary = "choose the language of the screen or of the answers" }

-- Writes a setting; what counts now is read anew.
local function set(ctx, key, value)
  local ok, e = qwen.x.settings_writer.set { { path = { "general", key }, value = value } }
  if not ok then return nil, e end
  ok, e = ctx.settings:reload()
  if not ok then return nil, e end
  local now = ctx.settings:get("general." .. key)
  if now ~= value then
    ctx.notice(tr("%s overrides it", tr(ctx.settings:explain("general." .. key)[1].source)))
  end
  return 0
end

local function names()
  local out = qwen.x.registry.names "languages"
  table.insert(out, 1, "auto")
  return out
end

local function ui(ctx, args)
  local name, known = args[1]:gsub("_", "-"), false
  for _, one in ipairs(names()) do known = known or one == name or one == name:match "^%a+" end
  if not known then
    return nil, qwen.err("usage", tr("there is no language '%s'; there are %s", args[1],
      table.concat(names(), ", ")))
  end
  local code, e = set(ctx, "language", name)
  if code then
    ctx.print(tr("language of the screen: %s; it counts from the next start on", args[1]))
  end
  return code, e
end

local function output(ctx, _, rest)
  local code, e = set(ctx, "outputLanguage", rest)
  if not code then return nil, e end
  if ctx.session then qwen.x.system_prompt.renew(ctx) end
  ctx.print(tr("language of the answers: %s", rest))
  return 0
end

function C.run(ctx)
  ctx.print(tr("language of the screen: %s", ctx.settings:get "general.language"))
  ctx.print(tr("language of the answers: %s", ctx.settings:get "general.outputLanguage" or "auto"))
  return 0
end

C.subcommands = {
  ui = { summary = "the language of the screen", args = "NAME", run = ui, complete = names },
  output = { summary = "the language of the answers: auto or any name", args = "NAME",
    run = output },
}

return C
