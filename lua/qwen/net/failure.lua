-- Reads an error answer of a model service into one of our kinds: by the vendor's code where it says more than the status, by status,
-- and for length only by words.
local date = require "qwen.date"
local err = require "qwen.err"
local json = require "sys.json"
local task = require "sys.task"

local too_long = {
  "context_length_exceeded", "maximum context length", "context window", "too many tokens", "prompt is too long", "input is too long",
}

local function is_too_long(code, text)
  text = text:lower()
  for _, word in ipairs(too_long) do
    if code == word or text:find(word, 1, true) then return true end
  end
  return false
end

local SHORTER = { "too_long", "make the conversation shorter: /compact" }
local NO_QUOTA = { "limit", "the quota is used up; waiting does not help" }
local WAIT = { "limit", "too many requests; wait and try again" }
local BUSY = { "overloaded", "the service is overloaded; try again later" }
local FAILED = { "overloaded", "the service failed; try again later" }
local KEY = { "auth", "check the key: qwen auth status" }
local MODEL = { "missing", "check the model name; see: /model" }

local by_code = {
  insufficient_quota = NO_QUOTA, rate_limit_exceeded = WAIT, rate_limit_error = WAIT, overloaded_error = BUSY, server_error = FAILED,
  api_error = FAILED, internal_server_error = FAILED, invalid_api_key = KEY, authentication_error = KEY, model_not_found = MODEL,
  RESOURCE_EXHAUSTED = WAIT, UNAVAILABLE = BUSY,
}

local by_status = {
  [401] = KEY,
  [402] = { "limit", "the balance of the account is used up" },
  [403] = { "auth", "the key may not use this model or region" },
  [404] = { "missing", "check the model name and the base URL; is /v1 missing?" },
  [408] = { "timeout", "try again" },
  [413] = SHORTER,
  [429] = WAIT,
  [529] = BUSY,
}

local function rule_of(status, code, text)
  if is_too_long(code, text) then return SHORTER end
  local rule = by_code[code]
  if rule and (rule == NO_QUOTA or rule == MODEL or status == 0) then return rule end -- a status says what is to be done
  return by_status[status] or rule or status >= 500 and FAILED or { "protocol", "the service refused the request" }
end

local function text_or(...)
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if type(value) == "string" and value ~= "" then return value end
  end
end

-- The words and the code of an error body: JSON of several shapes, or anything. HTML loses its tags.
local function words_of(body)
  local value = json.decode(body)
  if type(value) == "table" and type(value[1]) == "table" then value = value[1] end -- Gemini may wrap it in a list
  if type(value) == "string" then return value end
  local e = type(value) == "table" and (type(value.error) == "table" and value.error or value) or nil
  if e then
    local detail = type(e.detail) == "table" and type(e.detail[1]) == "table" and e.detail[1].msg -- as FastAPI writes it
    local code = math.type(e.code) and ("%.0f"):format(e.code) or e.code
    return text_or(e.message, e.error, e.detail, detail, e.msg) or body:sub(1, 200), text_or(code, e.type, e.status)
  end
  local plain = body:gsub("<[sS][tT][yY][lL][eE].-</[sS][tT][yY][lL][eE]>", ""):gsub("<[sS][cC][rR][iI][pP][tT].-</[sS][cC][rR][iI][pP][tT]>", "")
  plain = plain:gsub("<[^>]*>", " "):gsub("%s+", " "):match("^%s*(.-)%s*$"):sub(1, 200)
  return plain ~= "" and plain or "no explanation was given"
end

local months = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

local function http_date(text)
  local day, month, year, h, m, s = text:match "(%d+) (%a%a%a) (%d%d%d%d) (%d+):(%d+):(%d+)"
  return months[month] and date.utc(year, months[month], day, h, m, s)
end

local units = { ms = 0.001, s = 1, m = 60, h = 3600, d = 86400 }
local EPOCH = 1e9 -- larger numbers are moments, not lengths

-- Seconds from now that a header says: a length ("7", "6m0s", "12ms"), a moment since 1970, or a date.
local function seconds(text)
  if not text then return nil end
  local plain = tonumber(text)
  if plain then return plain >= 1e12 and plain / 1000 - task.time() or plain > EPOCH and plain - task.time() or plain end
  local sum, rest = 0, text:gsub("%s+", "")
  local left = rest:gsub("([%d.]+)(%a+)", function(n, unit)
    if not (tonumber(n) and units[unit]) then return nil end
    sum = sum + tonumber(n) * units[unit]
    return ""
  end)
  if left == "" and rest ~= "" then return sum end
  local moment = http_date(text)
  return moment and moment - task.time() or nil
end

-- How long the service asks to wait. Its windows count only where they are used up.
local function retry_after(headers)
  local ms = tonumber(headers["retry-after-ms"])
  local wait = ms and ms / 1000 or seconds(headers["retry-after"])
  for _, what in ipairs(wait and {} or { "requests", "tokens" }) do
    local used_up = tonumber(headers["x-ratelimit-remaining-" .. what]) == 0
    local reset = used_up and seconds(headers["x-ratelimit-reset-" .. what])
    if reset then wait = math.max(wait or 0, reset) end
  end
  return wait and math.max(wait, 0)
end

---@param status integer 0 when the error came inside a stream
---@param headers table<string, string>
---@param body string
---@return Err
return function(status, headers, body)
  local text, code = words_of(body)
  local rule = rule_of(status, code, text)
  if status == 402 then code = "insufficient_quota" end
  local message = status > 0 and ("%d %s (%s)"):format(status, text, rule[2]) or ("%s (%s)"):format(text, rule[2])
  return err(rule[1], message, { status = status > 0 and status or nil, code = code, retry_after = retry_after(headers) })
end
