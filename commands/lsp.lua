-- `/lsp` and `qwen lsp`: the language servers: which run, which are found, which are missing, and
-- what they wrote; stopping one and starting it anew.

local tr = qwen.tr

local C = { summary = "language servers: list, restart or stop them, show what they wrote",
  shell = true }

local LOG = 4000 -- bytes that are shown

local states = { starting = qwen.phrase "starting", ready = qwen.phrase "running",
  ended = qwen.phrase "ended, starts again", off = qwen.phrase "off",
  stopped = qwen.phrase "stopped", found = qwen.phrase "found, not started" }

local function print_row(ctx, name, state, about)
  ctx.print(("%-14s %s %s"):format(name, qwen.text.pad(state, 18), about))
end

local function list(ctx)
  if ctx.settings:get "lsp.enabled" == false then
    ctx.print(tr "language servers are off: lsp.enabled is false")
  elseif not ctx.trusted then
    ctx.print(tr "no language server starts here, because the folder is not trusted: /trust")
  end
  local seen = {}
  for _, entry in ipairs(qwen.x.lsp.started()) do
    seen[entry.name] = true
    print_row(ctx, entry.name, tr(states[entry.state]), qwen.paths.short(entry.root))
    if entry.problem and entry.state ~= "stopped" then
      ctx.print("  " .. qwen.text.clean(entry.problem))
    end
  end
  local known, problems = qwen.x.lsp.known(ctx)
  for _, server in ipairs(known) do
    if not seen[server.name] then
      local path, problem = qwen.proc.which(server.command)
      local state = server.disabled and tr "off" or path and tr(states.found) or tr "missing"
      print_row(ctx, server.name, state, path and qwen.paths.short(path)
        or problem and tr("%s", problem) or server.package or server.command)
    end
  end
  for _, problem in ipairs(problems) do ctx.print(tr("%s", problem)) end
  return 0
end

local function running()
  local out = {}
  for _, entry in ipairs(qwen.x.lsp.started()) do out[#out + 1] = entry.name end
  return out
end

local function each(act, words)
  return function(ctx, args)
    if args[2] then return false end
    local count = act(args[1])
    if count == 0 then
      return nil, qwen.err("missing", args[1] and tr("no language server %s runs", args[1])
        or tr "no language server runs")
    end
    ctx.print(tr(words))
    return 0
  end
end

local function log(ctx, args)
  if not args[1] or args[2] then return false end
  local found
  for _, entry in ipairs(qwen.x.lsp.started()) do
    if entry.name == args[1] then
      found = true
      local words = entry.said and entry.said.log or ""
      words = qwen.text.trim(qwen.text.plain(qwen.text.utf8(words)))
      ctx.print(words ~= "" and qwen.text.tail(words, LOG) or tr("%s wrote nothing", entry.name))
    end
  end
  if found then return 0 end
  return nil, qwen.err("missing", tr("no language server %s runs", args[1]))
end

C.run = list
C.subcommands = {
  list = { summary = "servers and their state", run = list },
  restart = { summary = "stop a server, or all; the next edit starts it anew", args = "[NAME]",
    complete = running, run = each(function(name) return qwen.x.lsp.restart(name) end,
      qwen.phrase "stopped; it starts when it is needed next") },
  stop = { summary = "stop a server, or all, for this session", args = "[NAME]", complete = running,
    run = each(function(name) return qwen.x.lsp.stop(name) end,
      qwen.phrase "stopped; start it again: /lsp restart") },
  log = { summary = "what a server wrote on standard error", args = "NAME", complete = running,
    run = log },
}

return C
