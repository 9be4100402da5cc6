-- `qwen privacy` and `/privacy`: whose terms apply and why, what is collected, and the one switch.

local tr = qwen.tr

local C = { summary = "whose terms apply, what is collected; on or off", shell = true, args = "[--json]" }

local function model_of(ctx)
  if ctx.model or not qwen.x.login.reachable(ctx.settings, ctx.opts) then return ctx.model end
  return (qwen.models.choose(ctx.settings, ctx.opts, function(name) return qwen.x.registry.has("providers", name) end))
end

local function on_or_off(on) return on and tr "on" or tr "off" end

local function service_lines(service, out)
  if not service then
    out[#out + 1] = tr "No model is configured, so no service is asked: qwen auth"
    return
  end
  out[#out + 1] = tr("Signed in by: %s", tr(service.method))
  for _, row in ipairs { { tr "terms", service.terms }, { tr "privacy", service.privacy },
    { tr "because", service.because } } do
    out[#out + 1] = "  " .. qwen.text.pad(row[1], 8) .. " " .. tr("%s", row[2])
  end
  if service["local"] then
    out[#out + 1] = "  " .. tr("Prompts and code go to that program on this machine and nowhere "
      .. "else, unless it passes them on.")
  else
    out[#out + 1] = "  "
      .. tr("Prompts, code and answers go to %s. Whether they are kept or used for training, its "
        .. "privacy notice says.", service.host)
  end
end

local function show(state)
  local out = {}
  service_lines(state.service, out)
  local s, t = state.statistics, state.telemetry
  out[#out + 1] = tr("Usage statistics: %s%s", on_or_off(s.on), s.source and tr(" (%s)", s.source)
    or tr ", as nobody turned them on")
  out[#out + 1] = "  " .. tr("When on: names of commands and tools, models, counts, times, kinds "
    .. "of errors; counted on this machine and sent nowhere.")
  out[#out + 1] = "  " .. tr "Never: prompts, answers, code, arguments, paths, keys, anything about you."
  out[#out + 1] = tr("qwen trains nothing on your prompts, code or answers. None of these switches "
    .. "changes what a service sees, keeps or logs.")
  if s.counters then out[#out + 1] = "  " .. tr("So far %d counters; all of them: qwen privacy --json", #s.counters) end
  local where = t.outfile or t.endpoint
  local quoted = t.log_prompts and tr "with prompts and arguments (telemetry.logPrompts)" or tr "without prompts"
  out[#out + 1] = t.on and tr("Telemetry: on, to %s, %s", where, quoted)
    or tr "Telemetry: off; it would go to a collector or a file of your own (telemetry.enabled, otlpEndpoint, outfile)"
  if state.ledger.path then
    out[#out + 1] = tr("Ledger of requests: %s, in %s (qwen usage); never sent",
      on_or_off(state.ledger.on), qwen.paths.short(state.ledger.path))
  end
  out[#out + 1] = tr("Change: /privacy %s, or \"privacy\": {\"usageStatisticsEnabled\": %s} in "
    .. "~/.qwen/settings.json", s.on and "off" or "on", not s.on)
  return table.concat(out, "\n")
end

local function set(ctx, on)
  local path, e = qwen.x.privacy.set(ctx, on)
  if not path then return nil, e end
  local now, source = qwen.x.privacy.statistics(ctx)
  ctx.print(tr("usage statistics are %s (%s)%s", on_or_off(now), qwen.paths.short(path), now and ""
    or tr "; what was counted is forgotten"))
  if now ~= on then ctx.notice(tr("%s says otherwise and is stronger", source or tr "another source")) end
  return 0
end

C.subcommands = {
  on = { summary = "count what is used, on this machine", run = function(ctx) return set(ctx, true) end },
  off = { summary = "count nothing, and forget what was counted", run = function(ctx) return set(ctx, false) end },
}

function C.complete() return { "--json" } end

function C.run(ctx, args)
  if args[2] or args[1] and args[1] ~= "--json" then return false end
  local state = qwen.x.privacy.state(ctx, model_of(ctx))
  if args[1] then
    if state.statistics.counters then qwen.json.array(state.statistics.counters) end
    ctx.print(qwen.json.encode(state))
  else
    ctx.print(show(state))
  end
  return 0
end

return C
