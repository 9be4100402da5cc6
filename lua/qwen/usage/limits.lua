-- Rate limits: which windows hold for a model, waiting for a place in them together with all other processes, and what came of it.
-- The counting is in sys.limit, or in a shared Redis server (redis_limiter.lua); the ledger is in ledger.lua.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local http = require "sys.http"
local paths = require "qwen.util.paths"
local reservation = require "qwen.usage.reservation"
local sys = require "sys.os"
local task = require "sys.task"
local usage_ledger = require "qwen.usage.ledger"
local provider_of = require "qwen.model.provider_of"
local rate_limit = require "qwen.usage.rate_limit"
local translate = require "qwen.util.translate"
local tr, phrase = translate.tr, translate.phrase

local M = {}

local POLL, QUIET, FAILED_TRIES, HOUR = 1, 0.3, 10, 3600
-- Which limit ---------------------------------------------------------------------------------------------------------

local function host_of(model)
  local url = http.parse_url(model.base_url)
  return url and url.origin:gsub("^%a+://", ""):gsub(":443$", ""):gsub(":80$", "") or model.provider
end

local PAUSED = ", paused"

-- The account is named by a digest of what tells keys apart without being one.
local function account_of(model, provider)
  if model.key then return sys.sha256(table.concat({ model.base_url, model.env_key or "", model.key:hmac("sha256", "limits") }, "\0")):sub(1, 8) end
  return provider and provider.auth or "open"
end

local function bare(host)
  return (host:gsub(":%d+$", ""))
end

---The limit of a model: what the settings say of the model, its host, its provider, or all; else what the provider file says.
---@param ctx Ctx
---@param model Model
---@return {key: string, pause_key: string, windows: LimitWindow[], spec: string, from: string, provider: Provider?, host: string}
function M.rule(ctx, model)
  local provider, name = provider_of.of(model), provider_of.name(model)
  local host, rules = host_of(model), ctx.settings:get "limits.rules" or {}
  local key = host .. " " .. account_of(model, provider)
  local pause_key = key .. " " .. model.id .. PAUSED
  local function made(own_key, found, from)
    found = found or {}
    return { key = own_key, pause_key = pause_key, windows = found, spec = rate_limit.spec(found), from = from, provider = provider, host = host }
  end
  for _, at in ipairs { model.id, host, bare(host), name, model.provider, "*" } do
    if rules[at] ~= nil then
      local found, e = rate_limit.read(rules[at])
      if not found then ctx.notice(tr("limits.rules, %s: %s; it is not kept", at, e.message)) end
      return made(at == model.id and key .. " " .. model.id or key, found, "settings, " .. at)
    end
  end
  local found, e = rate_limit.read(provider and provider.limit or {})
  if not found then ctx.notice(tr("the limit of the provider %s: %s; it is not kept", name, e.message)) end
  return made(key, found, provider and provider.limit and "provider " .. name or "nothing")
end

-- The store ------------------------------------------------------------------------------------------------------------

local shared, alone, told = nil, nil, {}

local function once(ctx, text)
  if not told[text] then ctx.notice(text) end
  told[text] = true
end

-- Where the file is. Each machine keeps its own where the home folder is on the network, read-only, full or without locks.
local function file(ctx)
  local home = paths.qwen_home()
  if not home then return nil, err("missing", tr "there is no home folder for the limits; set HOME") end
  local problem = require("qwen.util.home_check").problem(home)
  if not problem and not require("sys.db").on_network(home) then return home .. "/limits.db" end
  local runtime = sys.env "XDG_RUNTIME_DIR" or "/tmp/qwen-" .. sys.uid()
  local ok, e = fs.mkdir(runtime, 448)
  if not ok then return nil, problem or e end
  once(ctx, problem and tr("%s: limits are kept for this machine alone, in %s", problem.message, runtime)
    or tr("%s is a network folder: limits are kept for this machine alone, in %s", paths.short(home), runtime))
  return runtime .. "/qwen-limits.db"
end

---The store that all processes share.
---@param ctx Ctx
---@return Limiter?, Err?
function M.store(ctx)
  if shared then return shared end
  local address = ctx.settings:get "limits.store"
  local problem
  if address then
    shared, problem = require("qwen.usage.redis_limiter").open(address, require("qwen.net.transport").trust(ctx))
    return shared, problem
  end
  local path, e = file(ctx)
  if not path then return nil, e end
  shared, problem = require("sys.limit").open(path)
  return shared, problem
end

-- A quarter of every window, kept by this process alone, when the others cannot be reached and a person is there to see it.
local function without_others(ctx, rule, e)
  local stays = ctx.settings:get "limits.onFailure" or (ctx.interactive and "local" or "stop")
  if stays == "stop" then
    return nil, err("limit", phrase("the limit %s cannot be kept: %s; set limits.onFailure to "
      .. "\"local\" to go on with a quarter of it", rule.spec, err.phrase(e)), { retries = 0 })
  end
  once(ctx, tr("the shared limits cannot be used (%s); this process keeps a quarter of each by itself", e.message))
  alone = alone or assert(require("sys.limit").open ":memory:")
  local quarter = {}
  for i, w in ipairs(rule.windows) do
    quarter[i] = { n = math.max(w.n // 4, 1), per = w.per, margin = w.margin, weighted = w.weighted, day = w.day }
  end
  return alone, quarter
end

-- A pause may have been asked of another process although nothing limits us: only then the file was written within the hour.
local function pause_possible(ctx)
  if shared or ctx.settings:get "limits.store" then return true end
  local home = paths.qwen_home()
  local log = home and fs.stat(home .. "/limits.db-wal")
  return log ~= nil and task.time() - log.mtime < HOUR
end

-- Nothing is known of this key: the ledger is asked.
local function seed(store, rule)
  local longest = 0
  for _, w in ipairs(rule.windows) do longest = math.max(longest, w.per + (w.margin or 0)) end
  return store:seed(rule.key, longest > 0 and usage_ledger.recent(rule.key, longest) or {})
end

-- Waiting --------------------------------------------------------------------------------------------------------------

local function clock_words(seconds)
  return tostring(os.date(seconds < 20 * 3600 and "%H:%M:%S" or "%Y-%m-%d %H:%M", math.floor(task.time() + seconds)))
end

-- What one waits for, as an error value: it is shown while waiting, and is the answer when that would take too long.
local function reason(rule, answer)
  local queue = answer.ahead > 0 and phrase(" (%d ahead)", answer.ahead) or ""
  if answer.why == "pause" then return err("limit", phrase("the service asked for a pause%s", queue)) end
  if answer.why == "server" then return err("limit", phrase("the service says that its limit is used up%s", queue)) end
  return err("limit", phrase("the limit of %s is used up%s", rate_limit.words(rule.windows[answer.window]), queue))
end

local function too_long(rule, answer)
  local why, more = err.phrase(reason(rule, answer)), rule.provider and rule.provider.instead
  local advice = more and phrase("%s; see: qwen limits", more()) or phrase "see: qwen limits"
  return err("limit", phrase("%s until %s; %s", why, clock_words(answer.wait), advice),
    { retry_after = answer.wait, quota = true })
end

local function weight_of(rule, estimate)
  local weighted = false
  for _, w in ipairs(rule.windows) do weighted = weighted or w.weighted end
  if not weighted then return 0 end
  local bytes = 0
  for _, piece in ipairs(estimate.body or {}) do bytes = bytes + (type(piece) == "string" and #piece or 0) end
  return bytes // 4 + (estimate.max_tokens or 0) // 4
end

-- Seconds until the pause of this one model is over.
local function pause_left(store, pause_key)
  for _, key in ipairs(store:keys() or {}) do
    if key.name == pause_key then return key.shut end
  end
  return 0
end

-- Takes a place in all windows, waiting as long as it needs and may. Leaving by any way gives the place up.
local function take(ctx, rule, reserved)
  local clock = ctx.clock or task
  local store, list = reserved.store, rule.windows
  local longest, failed = ctx.settings:get "limits.maxWait" or 600, 0
  local ticket, waited
  local _ <close> = setmetatable({}, { __close = function()
    if ticket then pcall(store.leave, store, ticket) end -- a busy file cannot be waited for here; the place lapses by itself
    if waited then ctx.waiting(nil) end
  end })
  local shut = { why = "pause", ahead = 0, wait = pause_left(store, rule.pause_key) }
  while shut.wait > 0 do
    if shut.wait > longest then return nil, too_long(rule, shut) end
    waited = true
    ctx.waiting(reason(rule, shut), shut.wait)
    clock.sleep(math.min(shut.wait, POLL))
    shut.wait = pause_left(store, rule.pause_key)
  end
  while true do
    local answer, e = store:take(rule.key, list, reserved.weight, ticket, rule.spec, reserved.background)
    if answer and answer.first then
      answer, e = seed(store, rule)
    elseif answer and answer.grant then
      reserved.grant, reserved.leapt, ticket = answer.grant, answer.leapt, nil
      return true
    elseif answer then
      ticket = answer.ticket
      if answer.wait > longest then return nil, too_long(rule, answer) end
      if waited or answer.wait > QUIET then
        waited = true
        ctx.waiting(reason(rule, answer), answer.wait)
      end
      clock.sleep(math.min(answer.wait, POLL))
    end
    if not answer and store == alone then return nil, e end
    if not answer then -- a busy file is tried again for a while; each try has waited for its lock already
      failed = failed + 1
      if e.kind ~= "timeout" or failed > FAILED_TRIES then
        ticket = nil
        store, list = without_others(ctx, rule, e)
        if not store then return nil, list end
        reserved.store = store
      end
    end
  end
end

---Waits for a place for one request, visibly when it takes a while.
---@param ctx Ctx
---@param model Model
---@param estimate {body: string[]?, max_tokens: integer?, purpose: string?} what the request is about to cost
---@return Reservation?, Err?
function M.acquire(ctx, model, estimate)
  local reserved = reservation { ctx = ctx, model = model, purpose = estimate.purpose or "turn", open = M.store, offline = ctx.opts.replay ~= nil }
  if reserved.offline then return reserved end
  local rule = M.rule(ctx, model)
  reserved.rule = rule
  reserved.background = not ctx.interactive or reserved.purpose ~= "turn" -- a person who waits at the prompt goes first
  if #rule.windows == 0 and not pause_possible(ctx) then return reserved end
  reserved.weight = weight_of(rule, estimate)
  local e, quarter
  reserved.store, e = M.store(ctx)
  if not reserved.store then
    if #rule.windows == 0 then return reserved end
    reserved.store, quarter = without_others(ctx, rule, e)
    if not reserved.store then return nil, quarter end
    rule.windows = quarter
  end
  local ok
  ok, e = take(ctx, rule, reserved)
  if not ok then return nil, e end
  local aside = reserved.store.aside and reserved.store:aside()
  if aside then once(ctx, ("the limits were damaged; they are now %s, and were made anew from the ledger"):format(paths.short(aside))) end
  reserved.started = task.now()
  return reserved
end

-- Looking and setting ----------------------------------------------------------------------------------------------------

---Everything that is limited: of the model at hand, and what the store knows.
---@param ctx Ctx
---@return LimitState[]?
---@return Err?
function M.state(ctx)
  local rule = ctx.model and M.rule(ctx, ctx.model)
  local store, e = M.store(ctx)
  if not store then return nil, e end
  local keys
  keys, e = store:keys()
  if not keys then return nil, e end
  local out, seen = {}, false
  local function add(key, list, current)
    local used, problem = store:usage(key.name, list)
    if not used then return nil, problem end
    local row = { key = key.name, spec = rate_limit.spec(list), current = current, shut = key.shut, waiting = key.waiting,
      background = key.background, windows = {} }
    for i, w in ipairs(list) do
      row.windows[i] = { words = rate_limit.words(w), n = w.n, used = used[i].used, next = used[i].next, all = used[i].all }
    end
    out[#out + 1] = row
    return true
  end
  for _, key in ipairs(keys) do
    local current = rule ~= nil and key.name == rule.key
    local list = current and rule.windows or rate_limit.read(key.spec) or {}
    seen = seen or current
    local ok = key.shut == 0 and key.name:find(PAUSED, 1, true) -- a pause that is over
    if not ok then ok, e = add(key, list, current) end
    if not ok then return nil, e end
  end
  if rule and not seen and #rule.windows > 0 then add({ name = rule.key, shut = 0, waiting = 0, background = 0 }, rule.windows, true) end
  return out
end

---Sets the limit of a model, host, provider, or all ("*") in the user's settings.
---@param name string
---@param text string? "60/min, 100/day", "off"; nil takes the rule away
---@return string? words what is now kept
---@return Err?
function M.set(name, text)
  local list, e = {}, nil
  if text then list, e = rate_limit.read(text) end
  if not list then return nil, e end
  local words = text and (#list > 0 and rate_limit.spec(list) or "off") or nil
  local path, problem = require("qwen.config.writer").set { { path = { "limits", "rules", name }, value = words } }
  return path and (words or ""), problem
end

return M
