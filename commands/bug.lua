-- `/bug`: a report to attach to an issue: what `/about` says, the settings that differ, the last error. Nothing is sent; no prompt, code or key is in it.

local tr = qwen.tr

local C = { summary = "write a report of a problem to a file", aliases = { "feedback" }, args = "[TITLE]", shell = true }

local function facts(ctx)
  local out, show = {}, ctx.print
  ctx.print = function(line) out[#out + 1] = line end
  local command = qwen.x.registry.get("commands", "about")
  local ok, problem = qwen.try(command.run, ctx)
  ctx.print = show
  if not ok then out[#out + 1] = problem end
  return table.concat(out, "\n")
end

-- Keys only: a value may be anything.
local function changed(ctx)
  local out = {}
  for _, key in ipairs(ctx.settings.keys()) do
    local row = ctx.settings:explain(key)[1]
    if row and row.source ~= "default" then out[#out + 1] = ("%s (%s)"):format(key, row.scope) end
  end
  return #out > 0 and table.concat(out, "\n") or tr "none"
end

local function files()
  local out = {}
  for _, kind in ipairs(qwen.x.registry.kinds) do
    for _, entry in ipairs(qwen.x.registry.list(kind)) do
      if entry.tier ~= "shipped" then
        out[#out + 1] = ("%s/%s (%s)%s"):format(kind, entry.name, entry.tier, entry.problem
          and tr " out of order" or "")
      end
    end
  end
  return #out > 0 and table.concat(out, "\n") or tr "none"
end

local function last_error(ctx)
  local messages = ctx.session and ctx.session.messages or {}
  for i = #messages, 1, -1 do
    local e = messages[i].err
    if e then return ("%s: %s"):format(e.kind, e.message) end
  end
  return tr "none in this session"
end

function C.run(ctx, _, rest)
  local home = qwen.paths.qwen_home()
  if not home then
    return nil, qwen.err("missing",
      tr "there is no home folder to write the report to; set HOME or QWEN_HOME")
  end
  local path = ("%s/tmp/report-%s.md"):format(home, os.date "%Y%m%d-%H%M%S")
  local report = ("# %s\n\n## What happened\n\n## What was expected\n\n## Facts\n\n```\n%s\n```\n\n## Settings that are set\n\n```\n%s\n```\n\n"
    .. "## Own files\n\n```\n%s\n```\n\n## Last error\n\n```\n%s\n```\n")
    :format(rest:find "%S" and rest or "Title", facts(ctx), changed(ctx), files(), last_error(ctx))
  local ok, e = qwen.fs.mkdir(home .. "/tmp", 448)
  if not ok then return nil, e end
  ok, e = qwen.fs.write(path, qwen.secret.redact(report))
  if not ok then return nil, e end
  ctx.print(tr("written: %s", qwen.paths.short(path)))
  ctx.print(tr "nothing was sent: read it, fill in what happened, and attach it where you report")
  return 0
end

return C
