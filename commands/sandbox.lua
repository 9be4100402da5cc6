-- `/sandbox` and `qwen sandbox`: the sandbox around commands of the model as it is configured; `verify` tries to get out of it.

local tr = qwen.tr

local C = { summary = "show the sandbox around commands, or verify it by trying to escape", shell = true }

local function verify(ctx)
  local rows, e = qwen.x.sandbox_check.verify(ctx)
  if not rows then return nil, e end
  local open = 0
  for _, row in ipairs(rows) do
    if row.ok == false then open = open + 1 end
    local state = row.ok and tr "refused" or row.ok == nil and tr "untried" or tr "ESCAPED"
    ctx.print(("%s %s%s"):format(qwen.text.pad(state, 9), row.name, row.detail and ": " .. row.detail or ""))
  end
  if open == 0 then
    ctx.print(tr "the sandbox holds what was tried")
    return 0
  end
  return nil, qwen.err("broken", tr("%d of %d attempts got out of the sandbox: do not rely on it "
    .. "here, and report it (/bug)", open, #rows))
end

C.subcommands = {
  verify = { summary = "try to get out of it", run = verify },
  attempt = { summary = "one of the attempts of verify, from the inside", args = "NAME", run = function(ctx, args)
    ctx.print(qwen.x.sandbox_check.attempt(args[1]))
    return 0
  end },
}

function C.run(ctx, args)
  if args[1] == "--verify" and not args[2] then return verify(ctx) end
  if args[1] then return false end
  local state, e = qwen.x.sandbox.state(ctx)
  if not state then return nil, e end
  ctx.print(tr("commands of the model run in: %s", (state.backend == "none" and tr "no sandbox (turn it on: --sandbox, or tools.executionSandbox.backend)"
    or qwen.x.sandbox.words(ctx))))
  for _, path in ipairs(state.read) do ctx.print(tr("may read   %s", qwen.paths.short(path))) end
  for _, path in ipairs(state.write) do ctx.print(tr("may write  %s", qwen.paths.short(path))) end
  return 0
end

return C
