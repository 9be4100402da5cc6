-- What one request holds: its place in the limits and its line in the ledger. limits.lua makes reservations; the sender settles, leaves or cancels them.
local budget = require "qwen.usage.budget"
local err = require "qwen.util.err"
local http = require "sys.http"
local task = require "sys.task"
local usage_ledger = require "qwen.usage.ledger"
local tr = require("qwen.util.translate").tr

local LONGEST_SHUT, PATIENCE = 3600, 10
local LONG = 60 -- seconds; a longer pause is not about how fast one asks, but about one model's quota

local Reservation = {}
Reservation.__index = Reservation

local function record(self, used, e)
  if self.recorded then return end
  self.recorded = true
  local rule, model = self.rule, self.model
  local prices = usage_ledger.prices(model, rule.provider)
  local row = { purpose = self.purpose, service = rule.host, account = rule.key, model = model.id, outcome = e and e.kind or "ok", usage = used,
    prices = prices, seconds = task.now() - self.started, status = e and e.status }
  usage_ledger.add(self.ctx, row)
  budget.count(self.ctx, row)
  self.ctx.emit("request_ended", row)
end

---The request has ended: what it used, and the error if it failed. It is written into the ledger once.
---@param used Usage?
---@param e Err?
function Reservation:settle(used, e)
  if self.recorded or self.offline then return end
  if self.grant and self.weight > 0 and used then
    self.store:settle(self.rule.key, self.grant, (used.input or 0) + (used.output or 0))
  end
  record(self, used, e)
end

---The request was left before its end: as settle, where nothing can be waited for.
---@param used Usage?
function Reservation:leave(used)
  if not self.recorded then pcall(self.settle, self, used, err("cancelled", tr "stopped")) end
end

---The request failed without an answer: where it never left, its place is given back.
---@param e Err? why it could not
function Reservation:cancel(e)
  if self.recorded or self.offline then return end
  if self.grant and not (e and e.sent) then self.store:undo(self.rule.key, self.grant) end
  self.grant = nil
  if e then record(self, nil, e) end
  self.recorded = true
end

-- The configured window that a header speaks of: of the same size, else the shortest that reaches as far.
local function window_for(list, weighted, n, seconds)
  local best
  for _, w in ipairs(list) do
    if w.weighted == weighted and not w.day then
      if w.n == n then return w end
      if w.per >= seconds and (not best or w.per < best.per) then best = w end
    end
  end
  return best
end

-- "remaining" headers may only tighten: other machines may use the same account.
local function tighten(self, headers, rate_limit_headers)
  for name, value in pairs(headers) do
    local left = name:find("ratelimit", 1, true) and name:find("remaining", 1, true) and tonumber(value)
    local seconds = left and left >= 0 and rate_limit_headers.seconds(headers[name:gsub("remaining", "reset")])
    local w = seconds and seconds > 0 and window_for(self.rule.windows, name:find("token", 1, true) ~= nil, tonumber(headers[name:gsub("remaining", "limit")]),
      seconds)
    if w and left <= w.n / 2 and seconds <= w.per * 1.1 then self.store:tighten(self.rule.key, self.grant, w, left, seconds) end
  end
end

-- A machine that is busy sends long after the grant, and the service counts from there; the margin of a window covers the rest of the way.
local function tell_late(self, sent)
  local late, margin = sent - self.asked, math.huge
  for _, w in ipairs(self.rule.windows) do margin = math.min(margin, w.margin or 0) end
  if late > margin / 2 then self.store:sent(self.rule.key, self.grant, late) end
end

-- The service's own date, where the store has no confirmed one.
local function learn_date(self, headers, rate_limit_headers)
  local seconds = rate_limit_headers.seconds(headers.date)
  if seconds then self.store:date(task.time() + seconds) end
end

---Asks the service for its date, without a key: a window that is full sends nothing from which it could be learned.
function Reservation:ask_date()
  local url = http.parse_url(self.model.base_url)
  local stream = url and self.ctx.transport { url = url.origin .. "/", method = "HEAD", first_timeout = PATIENCE,
    headers = { ["User-Agent"] = self.ctx.user_agent } }
  if not stream then return end
  learn_date(self, stream.headers, require "qwen.usage.rate_limit_headers")
  stream:close()
end

---What the headers of an answer say. 429 pauses all processes: of the account, or of this model when it is for long.
---@param headers table<string, string>
---@param status integer
---@param sent number? task.now() when the request had left
function Reservation:learn(headers, status, sent)
  if sent and self.grant and #self.rule.windows > 0 then tell_late(self, sent) end
  if self.offline or status ~= 429 and not (self.grant and #self.rule.windows > 0) then return end
  local rate_limit_headers = require "qwen.usage.rate_limit_headers"
  if status == 429 then
    local store = self.store or self.open(self.ctx)
    local asked = rate_limit_headers.read(headers, {}, "")
    if asked and asked > LONGEST_SHUT then
      self.ctx.notice(tr("the service asks for a pause of %.0f minutes; requests are held back for "
        .. "an hour, then it is asked again", asked / 60))
    end
    local pause = asked and asked + math.random() * math.min(asked * 0.1, 5) -- not all at the same moment
    if store then store:shut(asked and asked > LONG and self.rule.pause_key or self.rule.key, pause) end
  else
    tighten(self, headers, rate_limit_headers)
  end
  if self.undated and self.store then learn_date(self, headers, rate_limit_headers) end
end

---@param fields {ctx: Ctx, model: Model, purpose: string, open: fun(ctx: Ctx): Limiter?}
---@return Reservation
return function(fields)
  fields.started, fields.weight = task.now(), 0
  return setmetatable(fields, Reservation)
end
