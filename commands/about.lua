-- `/about` and `qwen about`: version, machine, model and places; what belongs into a report.

local C = { summary = "show version, machine, model and places", aliases = { "status", "version" }, shell = true }

function C.run(ctx)
  local platform, memory = qwen.os.platform(), qwen.os.memory()
  local function row(name, value) ctx.print(("%-10s %s"):format(name, value)) end
  row("qwen", ("%s (API %d, %s)"):format(qwen.version, qwen.api, _VERSION))
  row("system", ("%s %s, %s"):format(platform.system, platform.release, platform.arch))
  row("terminal", ("%s%s"):format(qwen.os.env "TERM" or "none", qwen.os.env "TMUX" and " in tmux" or qwen.os.env "SSH_CONNECTION" and " over SSH" or ""))
  row("memory", ("%s (Lua %s)"):format(qwen.text.human_bytes(memory.rss), qwen.text.human_bytes(memory.lua)))
  if ctx.model then row("model", ("%s by %s at %s"):format(ctx.model.id, ctx.model.provider, ctx.model.base_url)) end
  if ctx.session then row("session", ("%s, %d messages"):format(ctx.session.id, #ctx.session.messages)) end
  row("folder", (ctx.trusted and "%s (trusted)" or "%s (not trusted)"):format(qwen.paths.short(ctx.cwd)))
  row("sandbox", qwen.x.sandbox.words(ctx))
  row("settings", qwen.paths.short(qwen.paths.qwen_home() or "no home folder"))
  return 0
end

return C
