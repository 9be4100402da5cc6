-- What happened, for those who turned it on: counters on this machine (usage statistics) and telemetry to the user's own collector. Names,
-- numbers and outcomes; never a prompt, an answer, an argument or a path. Names that are not shipped are counted as "own".

local tr = qwen.tr
local counters = {}

local function count(kind, name, ok, seconds)
  local key = kind .. " " .. name
  local row = counters[key] or { kind = kind, name = name, count = 0, failed = 0, seconds = 0.0 }
  counters[key] = row
  row.count, row.failed, row.seconds = row.count + 1, row.failed + (ok and 0 or 1), row.seconds + (seconds or 0)
end

local function counting(ctx) return ctx.settings:get "privacy.usageStatisticsEnabled" == true end

local function flush(ctx)
  local rows = {}
  for _, row in pairs(counters) do rows[#rows + 1] = row end
  counters = {}
  if #rows == 0 then return end
  local ok, e = qwen.x.ledger.count(rows)
  if not ok then ctx.notice(tr("usage statistics could not be written: %s", e.message)) end
end

-- Only names that ship are told.
local function shipped(kind, name)
  return qwen.x.registry.source(kind .. "/" .. name) and name or "own"
end

local wanted
local function telemetry(ctx)
  if wanted == nil then
    wanted = qwen.os.env "QWEN_TELEMETRY_ENABLED" ~= nil or ctx.settings:get "telemetry.enabled" == true
  end
  return wanted and qwen.x.telemetry.wanted(ctx) and qwen.x.telemetry or nil
end

local SESSIONS, QUIET = 3, 60 -- seconds of a session without the question
-- When a session began in which it was not asked. No timer: an idle prompt wakes up for nothing.
local begun

local function now(ctx) return (ctx.clock and ctx.clock.now or qwen.task.now)() end

-- Asked once, from the third session in a folder on, after a turn that ends later than its first minute.
-- Leaving the question says no.
local function ask_once(ctx)
  local _, source = qwen.x.privacy.statistics(ctx)
  if source or not begun or now(ctx) - begun < QUIET or #qwen.sessions.list(ctx.cwd) < SESSIONS then return end
  begun = nil
  ctx.background(function()
    local answer = ctx.ask { title = tr "May qwen keep usage statistics on this machine?",
      detail = table.concat({ tr "Names of commands and tools, counts, times and kinds of errors;",
        tr "no prompts, answers, code, paths or keys. They are sent nowhere.",
          tr "See it and change it at any time: /privacy" }, "\n"),
      choices = { { key = "n", label = tr "no", lasting = true },
        { key = "y", label = tr "yes", lasting = true } } }
    local ok, e = qwen.x.privacy.set(ctx, answer == "y")
    if not ok then ctx.notice(e.message) end
  end)
end

return {
  summary = "usage statistics and telemetry, for those who turned them on",

  session_started = function(ctx)
    begun = ctx.interactive and now(ctx) or nil
    if counting(ctx) then count("session", ctx.interactive and "interactive" or "headless", true) end
    local to = telemetry(ctx)
    if to then
      to.log(ctx, "qwen-code.config", { model = ctx.model and ctx.model.id or "none", approval_mode = ctx.mode, interactive = ctx.interactive })
      to.add(ctx, "qwen-code.session.count", 1, {})
    end
  end,

  turn_ended = function(ctx)
    if ctx.interactive and ctx.ask then ask_once(ctx) end
  end,

  prompt_submitted = function(ctx, prompt)
    local to = telemetry(ctx)
    if not to then return end
    to.log(ctx, "qwen-code.user_prompt", { prompt_length = utf8.len(prompt.text) or #prompt.text, prompt = to.may_quote() and prompt.text or nil })
  end,

  tool_ended = function(ctx, call, part, seconds)
    local to, counted = telemetry(ctx), counting(ctx)
    if not to and not counted then return end
    local name, ok = shipped("tools", call.name), not part.error
    if counted then count("tool", name, ok, seconds) end
    if not to then return end
    to.log(ctx, "qwen-code.tool_call", { function_name = name, success = ok, duration_ms = math.floor(seconds * 1000),
      function_args = to.may_quote() and call.args or nil })
    to.add(ctx, "qwen-code.tool.call.count", 1, { name = name, outcome = ok and "ok" or "failed" })
  end,

  request_ended = function(ctx, request)
    local ok, usage = request.outcome == "ok", request.usage or {}
    if counting(ctx) then
      count("request", request.model, ok, request.seconds)
      if not ok then count("error", request.outcome, false) end
    end
    local to = telemetry(ctx)
    if not to then return end
    to.log(ctx, ok and "qwen-code.api_response" or "qwen-code.api_error", { model = request.model, duration_ms = math.floor(request.seconds * 1000),
      purpose = request.purpose, outcome = request.outcome, status_code = request.status, input_token_count = usage.input, output_token_count = usage.output,
      cached_content_token_count = usage.cached, thoughts_token_count = usage.reasoning })
    to.add(ctx, "qwen-code.api.request.count", 1, { model = request.model, outcome = request.outcome })
    for kind, n in pairs(usage) do
      if math.type(n) or type(n) == "number" then to.add(ctx, "qwen-code.token.usage", n, { model = request.model, type = kind }) end
    end
  end,

  command_ended = function(ctx, command)
    local to, counted = telemetry(ctx), counting(ctx)
    if not to and not counted then return end
    local name = shipped("commands", command.name)
    if counted then
      count("command", name, command.ok, command.seconds)
      if not ctx.session then flush(ctx) end
    end
    if to then
      to.log(ctx, "qwen-code.slash_command", { command = name, success = command.ok })
      if not ctx.session then to.flush(ctx) end
    end
  end,

  session_ended = function(ctx)
    if counting(ctx) then flush(ctx) end
    local to = telemetry(ctx)
    if to then to.flush(ctx) end
  end,
}
