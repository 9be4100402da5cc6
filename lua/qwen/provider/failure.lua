-- Reads an error answer of a model service into one of our kinds: by the vendor's code where it says more than the status, by status,
-- and for length only by words.
local err = require "qwen.util.err"
local json = require "sys.json"
local redact = require("sys.secret").redact
local rate_limit_headers = require "qwen.usage.rate_limit_headers"
local task = require "sys.task"

local MOST_PAGE = 16 * 1024 -- bytes of an error page that are read for its words

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
local NO_QUOTA = { "limit" } -- its words depend on what the service says
local WAIT = { "limit", "too many requests; wait and try again" }
local BUSY = { "overloaded", "the service is overloaded; try again later" }
local FAILED = { "overloaded", "the service failed; try again later" }
local KEY = { "auth", "check the key: qwen auth status" }
local MODEL = { "missing", "check the model name; see: /model" }

local by_code = {
  rate_limit_exceeded = WAIT, rate_limit_error = WAIT, RESOURCE_EXHAUSTED = WAIT, ["1302"] = WAIT, ["1305"] = WAIT, limit_requests = WAIT,
  insufficient_quota = NO_QUOTA, exceeded_current_quota_error = NO_QUOTA, billing_hard_limit_reached = NO_QUOTA, usage_limit_reached = NO_QUOTA,
  ["AllocationQuota.FreeTierOnly"] = NO_QUOTA, Arrearage = NO_QUOTA, ["1113"] = NO_QUOTA, insufficient_balance = NO_QUOTA,
  overloaded_error = BUSY, UNAVAILABLE = BUSY, server_error = FAILED, api_error = FAILED, internal_server_error = FAILED,
  invalid_api_key = KEY, authentication_error = KEY, model_not_found = MODEL,
}

-- Quotas that hide behind the code of a burst; by words, because there is nothing else.
local quota_words = { "quota exceeded", "free%-models%-per%-day", "credit balance is too low", "insufficient balance", "insufficient credits",
  "exceeded your current quota", "per ?day" }

local by_status = {
  [401] = KEY,
  [402] = NO_QUOTA,
  [403] = { "auth", "the key may not use this model or region" },
  [404] = { "missing", "check the model name and the base URL; is /v1 missing?" },
  [407] = { "auth", "the proxy wants a name and a password: http://NAME:PASSWORD@HOST:PORT in the proxy setting" },
  [408] = { "timeout", "try again" },
  [413] = SHORTER,
  [429] = WAIT,
  [529] = BUSY,
}

local function says_quota(text, e)
  for _, detail in ipairs(type(e.details) == "table" and e.details or {}) do -- as Gemini says it
    for _, violation in ipairs(type(detail) == "table" and type(detail.violations) == "table" and detail.violations or {}) do
      text = text .. " " .. tostring(type(violation) == "table" and violation.quotaId)
      if tostring(violation.quotaId):find "PerMinute" then return false end
    end
  end
  text = text:lower()
  for _, words in ipairs(quota_words) do
    if text:find(words) then return true end
  end
  return false
end

local function rule_of(status, code, text, e)
  if is_too_long(code, text) then return SHORTER end
  local rule = by_code[code]
  if (status == 429 or status == 403 or rule == WAIT) and says_quota(text, e) then rule = NO_QUOTA end
  if status == 400 and text:lower():find "balance is too low" then rule = NO_QUOTA end
  if rule and (rule == NO_QUOTA or rule == MODEL or status == 0) then return rule end -- a status says what is to be done
  return by_status[status] or rule or status >= 500 and FAILED or { "protocol", "the service refused the request" }
end

local function text_or(...)
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if type(value) == "string" and value ~= "" then return value end
  end
end

-- The words and the code of an error body, and its error object: JSON of several shapes, or anything. HTML loses its tags.
local function words_of(body)
  local value = json.decode(body)
  if type(value) == "table" and type(value[1]) == "table" then value = value[1] end -- Gemini may wrap it in a list
  if type(value) == "string" then return value, nil, {} end
  local e = type(value) == "table" and (type(value.error) == "table" and value.error or value) or nil
  if e then
    local detail = type(e.detail) == "table" and type(e.detail[1]) == "table" and e.detail[1].msg -- as FastAPI writes it
    local code = math.type(e.code) and ("%.0f"):format(e.code) or e.code
    return text_or(e.message, e.error, e.detail, detail, e.msg) or body:sub(1, 200), text_or(code, e.type, e.status), e
  end
  local plain = body:sub(1, MOST_PAGE):gsub("<[sS][tT][yY][lL][eE].-</[sS][tT][yY][lL][eE]>", "")
  plain = plain:gsub("<[sS][cC][rR][iI][pP][tT].-</[sS][cC][rR][iI][pP][tT]>", "")
  plain = plain:gsub("<[^<>]*>", " "):gsub("%s+", " "):match("^ ?(.*)$"):sub(1, 200):gsub(" $", "")
  return plain ~= "" and plain or "no explanation was given", nil, {}
end

local FREE = "the free quota of Qwen OAuth is used up%s; others: OpenRouter https://openrouter.ai, Fireworks AI https://app.fireworks.ai, "
  .. "Alibaba Cloud ModelStudio https://modelstudio.console.alibabacloud.com; sign in with /auth"
local LONG = 300 -- a wait of which the end is said as a time
local USED_UP = "the %s used up%s; take another model (/model, --fallback-model) or another account (qwen auth)"

-- The moment in so many seconds, as people say it.
local function moment(wait)
  return os.date(wait < 86400 and "%H:%M" or "%Y-%m-%d %H:%M", math.floor(task.time() + wait))
end

-- Which quota, until when, and what else there is.
local function quota_words_of(status, text, wait, window)
  local when = wait and " until " .. moment(wait) or "; waiting does not help"
  if text:lower():find "free allocated quota exceeded" then return FREE:format(when) end
  local what = status == 402 and "balance of the account is" or window and ("quota of %s is"):format(window) or "quota is"
  return USED_UP:format(what, when)
end

---@param status integer 0 when the error came inside a stream
---@param headers table<string, string>
---@param body string
---@return Err
return function(status, headers, body)
  local text, code, e = words_of(body)
  text = redact(text) -- some repeat the key they do not know
  local rule = rule_of(status, code, text, e)
  local wait, window = rate_limit_headers.read(headers, e, text)
  local quota = rule == NO_QUOTA or nil
  local advice = quota and quota_words_of(status, text, wait, window) or rule[2]
  if wait and wait >= LONG and not quota then advice = ("%s; it asks to wait until %s"):format(advice, moment(wait)) end
  if status == 402 then code = "insufficient_quota" end
  local message = status > 0 and ("%d %s (%s)"):format(status, text, advice) or ("%s (%s)"):format(text, advice)
  return err(rule[1], message, { status = status > 0 and status or nil, code = code, retry_after = wait, quota = quota, window = window })
end
