-- `/hooks`: the hooks of settings.json by event, with their matchers, and what is wrong with them.

local tr = qwen.tr

local C = { summary = "list the hooks of your settings, by event" }

-- All hooks in the order of their events: event, matcher, what is started, and the whole of it.
local function listed(all)
  local events, out = {}, {}
  local function list(value) return ipairs(type(value) == "table" and value or {}) end
  for event in pairs(type(all) == "table" and all or {}) do events[#events + 1] = tostring(event) end
  table.sort(events)
  for _, event in ipairs(events) do
    for _, group in list(all[event]) do
      for _, hook in list(type(group) == "table" and group.hooks) do
        local target = type(hook) == "table" and (hook.command or hook.url or hook.prompt) or hook
        out[#out + 1] = { event = event, matcher = tostring(group.matcher or "*"), hook = hook,
          target = qwen.text.visible(tostring(target)) }
      end
    end
  end
  return out
end

-- The list at the prompt: under each event, what is started and for which tools; the marked one whole.
local function look(ctx, hooks)
  local rows = {}
  for i, hook in ipairs(hooks) do
    rows[i] = { label = hook.target:gsub("%s+", " "), detail = hook.matcher, group = hook.event }
  end
  ctx.pick(tr "Hooks of your settings", rows, { search = true, preview = function(i)
    return "```json\n" .. qwen.json.encode(hooks[i].hook, { indent = 2 }) .. "\n```"
  end })
end

function C.run(ctx)
  local all = ctx.settings:get "hooks"
  if ctx.settings:get "disableAllHooks" == true then ctx.print(tr "all hooks are off (disableAllHooks)") end
  for _, wrong in ipairs(qwen.x.settings_hooks.problems(all)) do
    ctx.notice(tr("%s %s (your settings)", wrong.key, wrong.text))
  end
  local hooks = listed(all)
  if not hooks[1] then ctx.print(tr "no hook in your settings (docs/extending.md)") end
  if hooks[1] and ctx.pick then
    look(ctx, hooks)
    return 0
  end
  for _, hook in ipairs(hooks) do
    ctx.print(("%-20s %-24s %s"):format(hook.event, hook.matcher, hook.target))
  end
  return 0
end

return C
