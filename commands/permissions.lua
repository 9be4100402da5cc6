-- `/permissions` and `qwen permissions test COMMAND`: the rules in force, and the verdict on a command with its reason.

local tr = qwen.tr

local C = { summary = "show permission rules, or test a command", aliases = { "allowed-tools" }, shell = true }

local function test(ctx, args, rest)
  local command = args[2] and rest or args[1] -- one word is a command in quotes
  local tool, e = qwen.x.registry.get("tools", "run_shell_command")
  if not tool then return nil, e end
  local verdict, reason, rule = qwen.x.policy.judge(ctx, "run_shell_command", tool, { command = command })
  ctx.print(tr("%s: %s (mode %s)", tr(verdict), reason, ctx.mode))
  if rule and verdict == "ask" then ctx.print(tr("would be allowed by: %s", rule)) end
  return 0
end

C.subcommands = { test = { summary = "the verdict on a command, and why", args = "'COMMAND'", run = test } }

function C.run(ctx)
  ctx.print(tr("mode: %s", ctx.mode))
  ctx.print(tr("sandbox: %s", qwen.x.sandbox.words(ctx)))
  for _, kind in ipairs { "deny", "ask", "allow" } do
    for _, rule in ipairs(ctx.settings:get("permissions." .. kind) or {}) do
      ctx.print(("%s  %s"):format(tr(kind), tostring(rule)))
    end
  end
  return 0
end

return C
