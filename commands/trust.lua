-- `/trust` and `qwen trust`: whether this folder's own settings, variables and instructions are read, and changing it for good.

local tr = qwen.tr

local C = { summary = "show whether this folder is trusted, or decide it", shell = true }

local function show(ctx)
  local state, reason = qwen.x.trust.state(ctx.cwd, ctx.opts.trust_folder, ctx.settings:get "security.folderTrust.enabled")
  ctx.print(tr("%s: %s (%s)", qwen.paths.short(ctx.cwd), state == "trusted" and tr "trusted" or tr "not trusted", reason))
  local files = qwen.x.project_files.list(ctx.cwd, ctx.settings:get "context.fileName")
  for _, name in ipairs(files) do ctx.print(("  %-28s %s"):format(name, state == "trusted" and tr "read" or tr "not read")) end
  for _, file in ipairs(qwen.x.project_files.never(ctx.cwd)) do
    ctx.print(("  %-28s %s"):format(file.name,
      tr("never read; add its servers yourself: %s", file.instead)))
  end
  return 0
end

-- Remembers a decision. A session keeps what it has read until the next start.
local function decide(word, said)
  return function(ctx)
    local ok, e = qwen.x.trust.set(ctx.cwd, word)
    if not ok then return nil, e end
    ctx.print(("%s: %s"):format(qwen.paths.short(ctx.cwd), tr(said)))
    if ctx.session then ctx.print(tr "it counts from the next start on") end
    return 0
  end
end

function C.run(ctx)
  show(ctx)
  if not ctx.pick then return 0 end
  local i = ctx.pick(tr "What is to be remembered for this folder?", { tr "nothing", tr "trust it", tr "trust its parent folder, with all in it",
    tr "do not trust it" }, { search = true })
  local run = ({ false, C.subcommands.yes.run, C.subcommands.parent.run, C.subcommands.no.run })[i or 1]
  return run and run(ctx) or 0
end

C.subcommands = {
  show = { summary = "the state, and the files it is about", run = show },
  yes = { summary = "trust this folder", run = decide("TRUST_FOLDER", qwen.phrase "trusted from now on") },
  parent = { summary = "trust the folder above, with all in it", run = decide("TRUST_PARENT", qwen.phrase "trusted with its parent from now on") },
  no = { summary = "do not trust this folder", run = decide("DO_NOT_TRUST", qwen.phrase "not trusted from now on") },
}

return C
