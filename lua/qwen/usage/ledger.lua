-- The ledger: one row for every request to a model, in ~/.qwen/usage.db, and sums of it. It stays on this machine.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local M = {}

local VERSION = 1
local SCHEMA = [[
CREATE TABLE requests (
  id INTEGER PRIMARY KEY, time REAL NOT NULL, purpose TEXT NOT NULL, service TEXT NOT NULL, account TEXT NOT NULL, model TEXT NOT NULL,
  project TEXT NOT NULL, session TEXT, outcome TEXT NOT NULL, input INTEGER, output INTEGER, cached INTEGER, cache_write INTEGER,
  reasoning INTEGER, cost REAL, currency TEXT, seconds REAL NOT NULL
);
CREATE INDEX requests_time ON requests (time);
]]

local opened, told

local function store()
  if opened then return opened end
  local home = paths.qwen_home()
  if not home then return nil, err("missing", tr "there is no home folder for the usage ledger; set HOME") end
  local ok, e = fs.mkdir(home, 448)
  if ok then opened, e = require("sys.db").open(home .. "/usage.db", SCHEMA, VERSION) end
  return opened, e
end

local function run(...)
  local s, e = store()
  if not s then return nil, e end
  return s:run(...)
end

---The prices of a model where they are known: of its entry, else of its provider.
---@param model Model
---@param provider Provider?
---@return table?
function M.prices(model, provider)
  return model.prices or provider and provider.prices and provider.prices[model.id]
end

---The price of a request, where prices are known: per million tokens, `{input, output, cached, cache_write, currency}`.
---@param usage Usage
---@param prices table?
---@return number?
function M.cost(usage, prices)
  if type(prices) ~= "table" then return nil end
  local input, output = tonumber(prices.input), tonumber(prices.output)
  if not (input and output and usage.input) then return nil end
  local cached, written = usage.cached or 0, usage.cache_write or 0
  local plain = math.max(usage.input - cached - written, 0)
  return (plain * input + cached * (tonumber(prices.cached) or input) + written * (tonumber(prices.cache_write) or input)
    + (usage.output or 0) * output) / 1e6
end

---Writes one request. A ledger that cannot be written is told once and never keeps a request from being made.
---@param ctx Ctx
---@param row {purpose: string, service: string, account: string, model: string, outcome: string, usage: Usage?, prices: table?, seconds: number}
function M.add(ctx, row)
  if ctx.settings:get "usage.record" == false then return end
  local usage, hides = row.usage or {}, ctx.session and ctx.session.in_memory -- nothing says where
  local cost = M.cost(usage, row.prices)
  local ok, e = run("INSERT INTO requests VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", task.time(), row.purpose, row.service, row.account,
    row.model, hides and "" or ctx.cwd, not hides and ctx.session and ctx.session.id or nil,
    row.outcome, usage.input, usage.output, usage.cached, usage.cache_write, usage.reasoning,
    cost, cost and (type(row.prices.currency) == "string" and row.prices.currency or "USD") or nil, row.seconds)
  if not ok and not told then
    told = true
    ctx.notice(tr("usage is not recorded: %s", e.message))
  end
  local aside = opened and opened:aside()
  if aside and aside ~= told then
    told = aside
    ctx.notice(tr("the usage ledger was damaged; it is now %s, and a new one was begun", paths.short(aside)))
  end
end

local groups = {
  day = "strftime('%Y-%m-%d', time, 'unixepoch', 'localtime')", hour = "strftime('%Y-%m-%d %H:00', time, 'unixepoch', 'localtime')",
  month = "strftime('%Y-%m', time, 'unixepoch', 'localtime')", model = "model", project = "project", service = "service", purpose = "purpose",
  outcome = "outcome", session = "session",
}

---Sums of requests, by what they are grouped by: day, hour, month, model, project, service, purpose, outcome, session. Sums of money of
---different currencies stay apart.
---@param by string[]
---@param where {since: number?, before: number?, session: string?, project: string?, model: string?}?
---@return table[]? rows {<by>, requests, errors, input, output, cached, reasoning, cost, currency, unpriced, seconds}
---@return Err?
function M.sum(by, where)
  where = where or {}
  local names, columns = {}, {}
  for i, name in ipairs(by) do
    if not groups[name] then return nil, err("usage", tr("usage cannot be grouped by '%s'", name)) end
    names[i], columns[i] = groups[name], groups[name] .. " AS \"" .. name .. "\""
  end
  columns[#columns + 1] = "count(*) AS requests, sum(outcome <> 'ok') AS errors, total(input) AS input, total(output) AS output, "
    .. "total(cached) AS cached, total(reasoning) AS reasoning, total(cost) AS cost, currency, sum(cost IS NULL AND outcome = 'ok') AS unpriced, "
    .. "total(seconds) AS seconds"
  names[#names + 1] = "currency"
  local rows, e = run(("SELECT %s FROM requests WHERE time >= ? AND time < ? AND (?3 IS NULL OR session = ?3) AND (?4 IS NULL OR project = ?4) "
    .. "AND (?5 IS NULL OR model = ?5) GROUP BY %s ORDER BY %s"):format(table.concat(columns, ", "), table.concat(names, ", "), table.concat(names, ", ")),
    where.since or 0, where.before or 1e15, where.session, where.project, where.model)
  return rows, e
end

---The requests that reached a service for an account, oldest first: what a limiter that knows nothing starts with.
---@param account string
---@param seconds number how far back
---@return {age: number, weight: number}[]
function M.recent(account, seconds)
  local now = task.time()
  return run("SELECT ?1 - time AS age, coalesce(input, 0) + coalesce(output, 0) AS weight FROM requests "
    .. "WHERE account = ?2 AND time > ?1 - ?3 AND outcome <> 'network' ORDER BY time", now, account, seconds) or {}
end

---Forgets requests that are older.
---@param before number seconds since 1970
---@return integer? count
---@return Err?
function M.forget(before)
  local rows, e = run("DELETE FROM requests WHERE time < ? RETURNING 1 AS gone", before)
  return rows and #rows, e
end

-- Counters: usage statistics, for those who turned them on. Names and numbers only. ------------------------------------

local COUNTERS = "CREATE TABLE IF NOT EXISTS counters (day TEXT, kind TEXT, name TEXT, count INTEGER, failed INTEGER, seconds REAL, "
  .. "PRIMARY KEY (day, kind, name))"

---Adds to the counters of today.
---@param rows {kind: string, name: string, count: integer, failed: integer, seconds: number}[]
---@return boolean?, Err?
function M.count(rows)
  local ok, e = run(COUNTERS)
  for _, row in ipairs(ok and rows or {}) do
    if ok then
      ok, e = run("INSERT INTO counters VALUES (date('now', 'localtime'), ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count, "
        .. "failed = failed + excluded.failed, seconds = seconds + excluded.seconds", row.kind, row.name, row.count, row.failed, row.seconds)
    end
  end
  return ok and true or nil, e
end

---What was counted, by day, kind and name.
---@return table[]
function M.counters()
  if not M.path() or not fs.stat(M.path()) or not run(COUNTERS) then return {} end
  return run "SELECT day, kind, name, count, failed, round(seconds, 3) AS seconds FROM counters ORDER BY day, kind, name" or {}
end

---Forgets all counters.
function M.uncount()
  if M.path() and fs.stat(M.path()) then run "DROP TABLE IF EXISTS counters" end
end

---The file.
---@return string?
function M.path()
  local home = paths.qwen_home()
  return home and home .. "/usage.db" or nil
end

return M
