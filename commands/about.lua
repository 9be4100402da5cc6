-- `/about` and `qwen about`: version, machine, model and places; what belongs into a report.

local tr = qwen.tr

local C = { summary = "show version, machine, model and places", aliases = { "status", "version" }, shell = true }

function C.run(ctx)
  local platform, memory = qwen.os.platform(), qwen.os.memory()
  local function row(name, value) ctx.print(qwen.text.pad(name, 10) .. " " .. value) end
  row("qwen", ("%s (API %d, %s)"):format(qwen.version, qwen.api, _VERSION))
  row(tr "system", ("%s %s, %s"):format(platform.system, platform.release, platform.arch))
  row(tr "terminal", tr(qwen.os.env "TMUX" and "%s in tmux" or qwen.os.env "SSH_CONNECTION"
    and "%s over SSH" or "%s", qwen.os.env "TERM" or tr "none"))
  row(tr "memory", ("%s (Lua %s)"):format(qwen.text.human_bytes(memory.rss), qwen.text.human_bytes(memory.lua)))
  if ctx.model then row(tr "model", tr("%s by %s at %s", ctx.model.id, ctx.model.provider, ctx.model.base_url)) end
  if ctx.session then row(tr "session", tr("%s, %d messages", ctx.session.id, #ctx.session.messages)) end
  row(tr "folder", tr(ctx.trusted and "%s (trusted)" or "%s (not trusted)", qwen.paths.short(ctx.cwd)))
  row(tr "sandbox", qwen.x.sandbox.words(ctx))
  row(tr "settings", qwen.paths.qwen_home() and qwen.paths.short(qwen.paths.qwen_home()) or tr "no home folder")
  return 0
end

return C
