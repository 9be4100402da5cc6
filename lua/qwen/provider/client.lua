-- The one place where requests leave: credential, hooks, retry. Gives deltas to whoever pulls; a failure is a delta too.
local err = require "qwen.util.err"
local delta_hooks = require "qwen.provider.delta_hooks"
local answer_size = require "qwen.provider.answer_size"
local budget = require "qwen.usage.budget"
local limiter = require "qwen.usage.limits"
local outgoing = require "qwen.provider.outgoing"
local registry = require "qwen.extension.registry"
local task = require "sys.task"
local provider_of = require "qwen.model.provider_of"

local M = {}
local WAITED = 1 -- seconds; a wait for a place in the limits that counts
local AT_ONCE = 64 -- events, however many have come: then keys, Ctrl-C and all else have their turn

-- A signed request and its place in the limits. A credential that is missing is said before the wait for
-- the place; after a long one it is fetched again, since the first may have ended meanwhile.
local function ready(ctx, provider, model, view)
  local built, e = outgoing.build(ctx, provider, model, view)
  if not built then return nil, e end
  local request, reservation
  request, e = outgoing.sign(ctx, provider, model, built)
  if not request then return nil, e end
  local purpose, asked = view.purpose or ctx.agent and "agent" or nil, task.now()
  reservation, e = limiter.acquire(ctx, model, { body = request.body, max_tokens = view.max_tokens, purpose = purpose })
  if not reservation then return nil, e end
  if task.now() - asked < WAITED then return request, reservation end
  request, e = outgoing.sign(ctx, provider, model, built)
  if request then return request, reservation end
  reservation:cancel(e)
  return nil, e
end

-- One attempt: a stream with a good status, or an error of ours. state.reservation is its place in the limits.
local function attempt_open(ctx, provider, model, view, state)
  local stream, e
  local request, reservation = ready(ctx, provider, model, view)
  if not request then return nil, reservation end
  state.reservation, state.usage = reservation, nil
  stream, e = ctx.transport(request)
  if stream and stream.headers.location then stream, e = require("qwen.net.redirect").follow(ctx.transport, request, stream) end
  if not stream then
    reservation:cancel(e)
    return nil, outgoing.in_settings_words(e)
  end
  ctx.emit("response_started", { status = stream.status, headers = stream.headers })
  reservation:learn(stream.headers, stream.status, stream.sent)
  if stream.status >= 200 and stream.status < 300 then return stream end
  local status, fields, body, unread = stream.status, stream.headers, stream:all(1024 * 1024)
  body = body or unread.message -- why there is no whole explanation
  stream:close()
  local read, odd = outgoing.called("providers", model.provider, "table", provider.failure or require "qwen.provider.failure", status, fields, body)
  e = err.is(read) and read or odd or outgoing.wrong("providers", model.provider, "failure gave back no qwen.err")
  e = require("qwen.credential.keys").name_source(ctx.settings, model, e)
  reservation:settle(nil, e)
  return nil, e
end

-- Waits in steps of a second, so that whoever watches can count down; leaving by any way ends what is shown.
local function pause(ctx, clock, e, wait, attempt)
  local _ <close> = setmetatable({}, { __close = function() ctx.waiting(nil) end })
  local finish = clock.now() + wait
  local left = wait
  repeat
    ctx.waiting(e, left, attempt)
    if left > 0 then clock.sleep(left - math.ceil(left - 1.001)) end
    left = finish - clock.now()
  until left <= 0
end

-- What was saved since the last request counts from now on.
local function refresh(ctx)
  for _, kind in ipairs { "providers", "auth" } do
    for _, problem in ipairs(require("qwen.extension.reload").kind(kind)) do ctx.notice(problem) end
  end
end

-- What the hooks and the rules say about a failed attempt: seconds to wait, or nil and the error to report.
local function judge(ctx, model, provider, e, state, options)
  if e.status == 401 and not state.renewed then -- once: a credential may have ended before its time
    state.renewed = true
    local auth = registry.get("auth", provider.auth or "api-key")
    if auth and auth.refused and outgoing.called("auth", provider.auth or "api-key", nil, auth.refused, ctx, model) then return 0, e, true end
  end
  local retry = require "qwen.provider.retry"
  local failure = { err = e, class = retry.class(e), attempt = state.attempt, shown = state.shown, model = model.id }
  failure = ctx.emit("request_failed", failure) or { err = e, wait = false }
  e = err.is(failure.err) and failure.err or e
  e.switch = type(failure.switch) == "string" and failure.switch or nil
  if e.switch then return nil, e end
  local final = e.unsaid and options.in_words or state.shown and not e.unsaid
  if final or failure.wait == false then return nil, e end
  local asked = tonumber(failure.wait)
  if asked and asked >= 0 and asked < math.huge then return asked, e end
  return retry.wait(e, failure.class, state, model, options), e
end

-- A service tells its figures piece by piece; the last of each name counts.
local function count(state, usage)
  state.usage = state.usage or {}
  for name, value in pairs(usage) do state.usage[name] = value end
end

-- Long because the life of one request reads top to bottom.
---Asks a model. `next` gives one delta after the other and waits as needed; close it in any case.
---@param ctx Ctx
---@param model Model
---@param view View
---@return {next: fun(): Delta?}
function M.open(ctx, model, view)
  refresh(ctx)
  local provider, problem = provider_of.of(model)
  problem = problem or budget.before_request(ctx, model, provider)
  local clock = ctx.clock or task
  local flag = ctx.settings:env "QWEN_CODE_UNATTENDED_RETRY"
  local options = { unattended = flag == "1" or flag == "true", fallback = #ctx.fallbacks > 0, in_words = view.in_words }
  local state = { attempt = 0, waited = 0, shown = false }
  local stream, next_event, decode, run, ended
  local out, at, begun, hooks, events, said = {}, 0, false, delta_hooks(ctx), 0, 0

  -- After a failed attempt: true to go on, or nil and the error that is the end.
  local function again(e)
    if stream then
      stream:close()
      state.reservation:settle(state.usage, e)
    end
    stream = nil
    local wait, silent
    wait, e, silent = judge(ctx, model, provider, e, state, options)
    if not wait then return nil, e end
    if wait > (budget.left(ctx) or math.huge) then return nil, budget.no_time(ctx, e) end
    if not silent then pause(ctx, clock, e, wait, state.attempt) end
    state.waited = state.waited + wait
    return true
  end

  local function connect()
    while true do
      local e
      state.attempt = state.attempt + 1
      stream, e = attempt_open(ctx, provider, model, view, state)
      if stream then
        local name, read = model.provider
        decode, run = outgoing.called("providers", name, "function", provider.decoder, model, view)
        if not decode then return nil, run end
        next_event = stream.event
        if not provider.events then return next_event end
        read, e = outgoing.called("providers", name, "function", provider.events, stream)
        if not read then return nil, e end
        next_event = function() -- an event is text, and so is its name; else an error
          local data, kind = outgoing.called("providers", name, nil, read)
          local odd = data ~= nil and type(data) ~= "string" and type(data) or data == nil and kind ~= nil and not err.is(kind) and "wrong end"
          if odd then return nil, outgoing.wrong("providers", name, ("events gave a %s, not a text, or nil and a qwen.err"):format(odd)) end
          return data, kind
        end
        return next_event
      end
      local more, why = again(e)
      if not more then return nil, why end
    end
  end

  local function fail(e)
    ended = true
    if state.shown then e.message = e.message .. "; what came of the answer is kept" end
    return { type = "error", err = e }
  end

  -- An event that must be decoded, or the end.
  local function take(data, event)
    local ok, why = true, nil
    if data then
      ok, why = pcall(decode, data, event, out)
      said = said + answer_size.of(data, out)
      if said > answer_size.MOST then out = { answer_size.endless(stream) } end
    elseif event and not (run and run.whole) then -- an error of the connection, before the answer said that it ends
      out[#out + 1] = { type = "error", err = outgoing.in_settings_words(event) }
    else
      ended = true
    end
    if run and run.over then -- what follows does not count, and is not waited for
      ended = true
      stream:close(true)
    end
    if ok and ended then ok, why = pcall(decode, nil, nil, out) end
    if not ok then out[#out + 1] = { type = "error", err = outgoing.wrong("providers", model.provider, tostring(why)) } end
  end

  -- A failed attempt: what is told about it, or nil where another one begins.
  local function failed(e)
    local more, why = again(e)
    local rest = hooks and hooks:text_end() -- of an answer that is asked for anew it is dropped
    if more then
      out, at, ended, said = {}, 0, false, 0
      local anew = begun
      begun = false
      return anew and { type = "restart" } or nil
    end
    if not rest then return fail(why) end
    out, at = { { type = "error", err = why } }, 0
    function again() return nil, why end
    return rest
  end

  -- A piece of the answer as handlers leave it.
  local function piece(delta)
    local given, first = delta, false
    if hooks then delta, first = hooks:pass(given) end
    if first then out[at], at = given, at - 1
    elseif given.type == "usage" then count(state, given.usage) end
    if not delta then return nil end
    begun = true
    state.shown = state.shown or ctx.shows[delta.type] and delta.text ~= ""
    return delta
  end

  local function next_delta()
    while true do
      at = at + 1
      local delta = out[at]
      if delta then
        out[at] = nil
        if delta.type == "error" then delta = failed(delta.err) else delta = piece(delta) end
        if delta then return delta end
      elseif ended then
        local rest = hooks and hooks:text_end()
        if rest then return rest end
        if state.reservation then state.reservation:settle(state.usage) end
        return nil
      else
        at = 0
        if problem then return fail(problem) end
        if not stream then
          local ok, e = connect()
          if not ok then return fail(e) end
        end
        local known = run and run.delta
        events = events + 1
        if events % AT_ONCE == 0 then
          task.sleep(0)
          if answer_size.beyond(said, run) then
            out[1] = answer_size.endless(stream)
            goto continue
          end
        end
        local template = known and run.template
        local data, event = next_event(stream, template)
        if not known or event ~= template then
          take(data, event)
        else -- one more of a run: the way of nearly all
          known.text = data
          if not hooks then
            if not (begun and state.shown) then begun, state.shown = true, state.shown or ctx.shows[known.type] end
            return known
          end
          out[1] = known
        end
      end
      ::continue::
    end
  end

  return setmetatable({ next = next_delta }, { __close = function()
    if stream then stream:close() end
    if state.reservation then state.reservation:leave(state.usage) end
  end })
end

return M
