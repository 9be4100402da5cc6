-- Rate limits: which windows hold for a model, waiting for a place in them together with all other processes, and what came of it.
-- The counting is in sys.limit, or in a shared Redis server (redis_limiter.lua); the ledger is in ledger.lua.
local account = require "qwen.usage.account"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local reservation = require "qwen.usage.reservation"
local sys = require "sys.os"
local task = require "sys.task"
local usage_ledger = require "qwen.usage.ledger"
local provider_of = require "qwen.model.provider_of"
local rate_limit = require "qwen.usage.rate_limit"
local tr = require("qwen.util.translate").tr

local M = {}

local HOUR = 3600

-- Which limit ---------------------------------------------------------------------------------------------------------

local PAUSED = ", paused"

local function bare(host)
  return (host:gsub(":%d+$", ""))
end

---The limit of a model: what the settings say of the model, its host, its provider, or all; else what the provider file says.
---@param ctx Ctx
---@param model Model
---@return {key: string, pause_key: string, windows: LimitWindow[], spec: string, from: string, provider: Provider?, host: string}
function M.rule(ctx, model)
  local provider, name = provider_of.of(model), provider_of.name(model)
  local host, rules = account.host(model), ctx.settings:get "limits.rules" or {}
  local key = host .. " " .. account.name(model, provider)
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

local shared

-- Where the file is. Each machine keeps its own where the home folder is on the network, read-only, full or without locks.
local function file(ctx)
  local home = paths.qwen_home()
  if not home then return nil, err("missing", tr "there is no home folder for the limits; set HOME") end
  local problem = require("qwen.util.home_check").problem(home)
  if not problem and not require("sys.db").on_network(home) then return home .. "/limits.db" end
  local runtime = sys.env "XDG_RUNTIME_DIR" or "/tmp/qwen-" .. sys.uid()
  local ok, e = fs.mkdir(runtime, 448)
  if not ok then return nil, problem or e end
  local told = problem and tr("%s: limits are kept for this machine alone, in %s", problem.message, runtime)
    or tr("%s is a network folder: limits are kept for this machine alone, in %s", paths.short(home), runtime)
  require("qwen.usage.limit_wait").once(ctx, told)
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
    shared, problem = require("qwen.usage.redis_limiter").new(address, require("qwen.net.transport").trust(ctx),
      { replicas = ctx.settings:get "limits.replicas" })
    return shared, problem
  end
  local path, e = file(ctx)
  if not path then return nil, e end
  shared, problem = require("sys.limit").open(path)
  return shared, problem
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

local function weight_of(rule, estimate)
  local weighted = false
  for _, w in ipairs(rule.windows) do weighted = weighted or w.weighted end
  if not weighted then return 0 end
  local bytes = 0
  for _, piece in ipairs(estimate.body or {}) do bytes = bytes + (type(piece) == "string" and #piece or 0) end
  return bytes // 4 + (estimate.max_tokens or 0) // 4
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
  local limit_wait = require "qwen.usage.limit_wait" -- here: most runs have no limit
  local ok, e
  reserved.store, e = M.store(ctx)
  if not reserved.store and #rule.windows == 0 then return reserved end
  if not reserved.store then reserved.store, e = limit_wait.without_others(ctx, rule, e) end
  if not reserved.store then return nil, e end
  ok, e = limit_wait.take(ctx, rule, reserved, seed)
  if not ok then return nil, e end
  local warning = reserved.store and reserved.store.remote and reserved.store:warning()
  if warning then limit_wait.once(ctx, warning) end
  local aside = reserved.store and reserved.store.aside and reserved.store:aside()
  if aside then
    limit_wait.once(ctx, ("the limits were damaged; they are now %s, and were made anew from the ledger")
      :format(paths.short(aside)))
  end
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
      local rest = w.per + (w.margin or 0) - (key.lost or math.huge)
      if rest > math.max(row.lost or 0, 0) then row.lost = rest end
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
