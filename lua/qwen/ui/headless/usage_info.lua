-- What the ledger of requests says of a time, with the field names of Qwen Code's usage dashboard.
-- What we do not count (calls of tools, lines of code) is left out.
local err = require "qwen.util.err"
local json = require "sys.json"
local phrase = require("qwen.util.translate").phrase
local task = require "sys.task"
local usage_ledger = require "qwen.usage.ledger"

local DAYS = { today = 0, week = 7, month = 30, all = false }

-- The beginning of a time, counted from midnight here.
local function since(days)
  if days == false then return 0 end
  local day = os.date("*t", math.floor(task.time()))
  return os.time { year = day.year, month = day.month, day = day.day - days, hour = 0 }
end

local function tokens(row) return math.floor(row.input + row.output) end

---@param range string? today, week, month or all
---@return table? answer
---@return Err?
return function(range)
  if range == nil or range == json.null then range = "today" end
  local days = DAYS[range]
  if days == nil then return nil, err("usage", phrase("there is no range '%s'", tostring(range))) end
  local where = { since = since(days) }
  local rows, e = usage_ledger.sum({ "model" }, where)
  local by_day = rows and usage_ledger.sum({ "day" }, where)
  local sessions = rows and usage_ledger.sum({ "session" }, where)
  if not (rows and by_day and sessions) then return nil, e end
  local all = { totalTokens = 0, inputTokens = 0, outputTokens = 0, cachedTokens = 0, thoughtsTokens = 0,
    requests = 0, sessions = #sessions }
  for _, row in ipairs(rows) do
    all.totalTokens = all.totalTokens + tokens(row)
    all.inputTokens = all.inputTokens + math.floor(row.input)
    all.outputTokens = all.outputTokens + math.floor(row.output)
    all.cachedTokens = all.cachedTokens + math.floor(row.cached)
    all.thoughtsTokens = all.thoughtsTokens + math.floor(row.reasoning)
    all.requests = all.requests + row.requests
  end
  all.cacheReadRate = all.inputTokens > 0 and all.cachedTokens / all.inputTokens or 0
  local models, daily = json.array {}, json.array {}
  for i, row in ipairs(rows) do
    models[i] = { model = row.model, totalTokens = tokens(row),
      cacheReadRate = row.input > 0 and row.cached / row.input or 0,
      share = all.totalTokens > 0 and tokens(row) / all.totalTokens or 0 }
  end
  for i, row in ipairs(by_day) do daily[i] = { date = row.day, tokens = tokens(row) } end
  return { subtype = "get_usage_info", range = range, summary = all, models = models, daily = daily,
    generatedAt = os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(task.time())) }
end
