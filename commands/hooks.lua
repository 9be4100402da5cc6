-- `/hooks`: the hooks of settings.json by event, with their matchers, and what is wrong with them.

local tr = qwen.tr

local C = { summary = "list the hooks of your settings, by event" }

function C.run(ctx)
  local all, count = ctx.settings:get "hooks", 0
  if ctx.settings:get "disableAllHooks" == true then ctx.print(tr "all hooks are off (disableAllHooks)") end
  local events = {}
  for event in pairs(type(all) == "table" and all or {}) do events[#events + 1] = tostring(event) end
  table.sort(events)
  for _, event in ipairs(events) do
    for _, group in ipairs(type(all[event]) == "table" and all[event] or {}) do
      for _, hook in ipairs(type(group) == "table" and type(group.hooks) == "table" and group.hooks or {}) do
        local target = type(hook) == "table" and (hook.command or hook.url or hook.prompt) or hook
        count = count + 1
        ctx.print(("%-20s %-24s %s"):format(event, tostring(group.matcher or "*"), qwen.text.visible(tostring(target))))
      end
    end
  end
  if count == 0 then ctx.print(tr "no hook in your settings (docs/extending.md)") end
  for _, wrong in ipairs(qwen.x.settings_hooks.problems(all)) do ctx.notice(tr("%s %s (your settings)", wrong.key, wrong.text)) end
  return 0
end

return C
