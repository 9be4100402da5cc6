-- `/permissions` and `qwen permissions test COMMAND`: the rules in force, and the verdict on a command with its reason.

local C = { summary = "show permission rules, or test a command", args = "[test COMMAND]", shell = true }

local function test(ctx, command)
  local tool, e = qwen.resource.get("tools", "run_shell_command")
  if not tool then return nil, e end
  local verdict, reason, rule = qwen.permit.judge(ctx, "run_shell_command", tool, { command = command })
  ctx.print(("%s: %s (mode %s)"):format(verdict, reason, ctx.mode))
  if rule and verdict == "ask" then ctx.print("would be allowed by: " .. rule) end
  return 0
end

function C.run(ctx, args, rest)
  if args[1] == "test" then
    local command = #args > 2 and rest:match "^%s*test%s+(.*)$" or args[2]
    if not command then return nil, qwen.err("usage", "usage: qwen permissions test 'COMMAND'") end
    return test(ctx, command)
  end
  if args[1] then return nil, qwen.err("usage", "usage: qwen permissions [test 'COMMAND']") end
  ctx.print("mode: " .. ctx.mode)
  ctx.print("sandbox: " .. qwen.sandbox.words(ctx))
  for _, kind in ipairs { "deny", "ask", "allow" } do
    for _, rule in ipairs(ctx.settings:get("permissions." .. kind) or {}) do ctx.print(("%s  %s"):format(kind, tostring(rule))) end
  end
  return 0
end

return C
