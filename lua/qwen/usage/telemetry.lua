-- Telemetry to the user's own collector or file, as OTLP in JSON: logs of what happened and sums of it. Off unless turned on; no prompts, no
-- arguments, no answers unless logPrompts. What is recorded is decided in lua/hooks/statistics.lua.
local embed = require "sys.embed"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST, EVERY, TIMEOUT, LONGEST = 1000, 5, 3, 8192

local function is_on(text) return text == "1" or text == "true" end

---What is set. The environment is the real one: a project's .env has no say in where telemetry goes.
---@param ctx Ctx
---@return {enabled: boolean, endpoint: string?, outfile: string?, log_prompts: boolean}
function M.config(ctx)
  local function get(key, variable)
    local value = sys.env("QWEN_TELEMETRY_" .. variable)
    if value and value ~= "" then return value end
    return ctx.settings:get("telemetry." .. key)
  end
  local function flag(key, variable)
    local value = get(key, variable)
    return value == true or type(value) == "string" and is_on(value:lower())
  end
  local endpoint, outfile = get("otlpEndpoint", "OTLP_ENDPOINT") or sys.env "OTEL_EXPORTER_OTLP_ENDPOINT", get("outfile", "OUTFILE")
  local enabled = flag("enabled", "ENABLED") and (endpoint or outfile) ~= nil
  return { enabled = enabled, endpoint = not outfile and endpoint or nil, outfile = outfile, log_prompts = flag("logPrompts", "LOG_PROMPTS"),
    protocol = get("otlpProtocol", "OTLP_PROTOCOL") }
end

local state -- of this run: config, logs, sums, since, trouble

local function value_of(value)
  if math.type(value) == "integer" then return { intValue = tostring(value) } end
  if type(value) == "number" then return { doubleValue = value } end
  if type(value) == "boolean" then return { boolValue = value } end
  return { stringValue = tostring(value):sub(1, LONGEST) }
end

local function attributes(fields)
  local out = json.array {}
  for key, value in pairs(fields) do out[#out + 1] = { key = key, value = value_of(value) } end
  table.sort(out, function(a, b) return a.key < b.key end)
  return out
end

local function nanoseconds(time) return ("%.0f"):format(time * 1e6) .. "000" end

local function resource_of(ctx)
  return { attributes = attributes { ["service.name"] = "qwen-code", ["service.version"] = embed.version, ["os.type"] = sys.platform().system,
    ["session.id"] = ctx.session and ctx.session.id or "none" } }
end

---Whether anything is to be recorded.
---@param ctx Ctx
---@return boolean
function M.wanted(ctx)
  if not state then
    state = { config = M.config(ctx), logs = {}, sums = {}, since = task.time() }
    if state.config.enabled and state.config.protocol == "grpc" then
      ctx.notice(tr "telemetry speaks OTLP as JSON over HTTP, not grpc")
    end
  end
  return state.config.enabled
end

---Whether prompts and arguments may be in it.
---@return boolean
function M.may_quote()
  return state.config.log_prompts
end

local SCOPE = { name = "qwen" }

local function logs_body(ctx, logs)
  local scope = { scope = SCOPE, logRecords = json.array(logs) }
  return json.encode { resourceLogs = json.array { { resource = resource_of(ctx), scopeLogs = json.array { scope } } } }
end

local function sums_body(ctx, sums, since)
  local metrics, names = json.array {}, {}
  for name in pairs(sums) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local points = json.array {}
    for _, point in pairs(sums[name]) do
      points[#points + 1] = { attributes = attributes(point.fields), startTimeUnixNano = nanoseconds(since), timeUnixNano = nanoseconds(task.time()),
        asInt = tostring(point.sum) }
    end
    metrics[#metrics + 1] = { name = name, sum = { dataPoints = points, aggregationTemporality = 1, isMonotonic = true } }
  end
  local scope = { scope = SCOPE, metrics = metrics }
  return json.encode { resourceMetrics = json.array { { resource = resource_of(ctx), scopeMetrics = json.array { scope } } } }
end

local function to_file(path, line)
  local file, e = fs.append(path)
  if not file then return nil, e end
  local ok
  ok, e = file:write(line .. "\n")
  file:close()
  return ok, e
end

local function to_collector(endpoint, path, body)
  local stream, e = require("qwen.net.redirect").open(require("sys.http").open, { url = endpoint:gsub("%f[/]/+$", "") .. path,
    method = "POST", body = body, connect_timeout = TIMEOUT, total_timeout = TIMEOUT, headers = { ["content-type"] = "application/json" } })
  if not stream then return nil, e end
  local _ <close> = stream
  if stream.status >= 300 then return nil, err("protocol", tr("the collector answered %d", stream.status)) end
  return true
end

---Sends what was recorded since the last time. What could not be sent is dropped, and said once.
---@param ctx Ctx
function M.flush(ctx)
  if not state or #state.logs == 0 and not next(state.sums) then return end
  local logs, sums, since, config = state.logs, state.sums, state.since, state.config
  state.logs, state.sums, state.since = {}, {}, task.time()
  local ok, e
  local bodies = {}
  if #logs > 0 then bodies[1] = { path = "/v1/logs", text = logs_body(ctx, logs) } end
  if next(sums) then bodies[#bodies + 1] = { path = "/v1/metrics", text = sums_body(ctx, sums, since) } end
  for _, body in ipairs(bodies) do
    if config.outfile then ok, e = to_file(config.outfile, body.text) else ok, e = to_collector(config.endpoint, body.path, body.text) end
    if not ok then break end
  end
  if not ok and not state.trouble then
    state.trouble = true
    ctx.notice(tr("telemetry could not be written to %s%s", config.outfile or config.endpoint, e
      and ": " .. e.message or ""))
  end
end

-- A job of the session sends every few seconds while there is something.
local function send_later(ctx)
  if state.pending then return end
  state.pending = true
  ctx.background(function()
    task.sleep(EVERY)
    state.pending = false
    M.flush(ctx)
  end)
end

---Records an event.
---@param ctx Ctx
---@param name string
---@param fields table<string, string|number|boolean>
function M.log(ctx, name, fields)
  if not M.wanted(ctx) or #state.logs >= MOST then return end
  fields["event.name"] = name
  state.logs[#state.logs + 1] = { timeUnixNano = nanoseconds(task.time()), severityNumber = 9, severityText = "INFO", body = { stringValue = name },
    attributes = attributes(fields) }
  send_later(ctx)
end

---Adds to a sum.
---@param ctx Ctx
---@param name string
---@param n integer
---@param fields table<string, string>
function M.add(ctx, name, n, fields)
  if not M.wanted(ctx) then return end
  local key = {}
  for _, field in ipairs { "model", "type", "name", "outcome" } do key[#key + 1] = fields[field] or "" end
  local points = state.sums[name] or {}
  state.sums[name] = points
  local id = table.concat(key, "\0")
  points[id] = points[id] or { fields = fields, sum = 0 }
  points[id].sum = points[id].sum + (math.tointeger(n) or math.floor(n))
  send_later(ctx)
end

return M
