-- Reads an error answer of a model service into one of our kinds: by the vendor's code where it says more than the status, by status,
-- and by its words where there is nothing else.
local err = require "qwen.util.err"
local error_body = require "qwen.provider.error_body"
local error_words = require "qwen.provider.error_words"
local phrase = require("qwen.util.translate").phrase
local redact = require("sys.secret").redact
local rate_limit_headers = require "qwen.usage.rate_limit_headers"
local task = require "sys.task"
local utf8_of = require("sys.text").utf8

local MOST_WORDS = 2000 -- bytes of the words of an error; some repeat the whole request

local SHORTER = { "too_long", phrase "make the conversation shorter: /compact" }
local NO_QUOTA = { "limit" } -- its words depend on what the service says
local WAIT = { "limit", phrase "too many requests; wait and try again" }
local BUSY = { "overloaded", phrase "the service is overloaded; try again later" }
local FAILED = { "overloaded", phrase "the service failed; try again later" }
local KEY = { "auth", phrase "check the key: qwen auth status" }
local MODEL = { "missing", phrase "check the model name; see: /model" }
local FILTER = { "protocol", phrase "the service's content filter refused this" }
local REFUSED = { "protocol", phrase "the service refused the request" }

-- By code: the first names of a line share its rule.
local by_code = {}
for rule, names in pairs {
  [WAIT] = "rate_limit_exceeded rate_limit_error rate_limit_reached_error RESOURCE_EXHAUSTED 1302 1303 1305 limit_requests base_resp.1002 "
    .. "Throttling Throttling.RateQuota Throttling.BurstRate Throttling.AllocationQuota limit_burst_rate",
  [NO_QUOTA] = "insufficient_quota exceeded_current_quota_error billing_hard_limit_reached usage_limit_reached AllocationQuota.FreeTierOnly "
    .. "Arrearage 1113 1304 1308 1309 1310 insufficient_balance base_resp.1008 base_resp.2056 quota_exceeded",
  [BUSY] = "overloaded_error engine_overloaded_error UNAVAILABLE insufficient_system_resource base_resp.1001 base_resp.1041",
  [FAILED] = "server_error api_error internal_server_error InternalError base_resp.1000 base_resp.1013 base_resp.1024",
  [KEY] = "invalid_api_key authentication_error invalid_authentication_error InvalidApiKey base_resp.1004 base_resp.2049",
  [MODEL] = "model_not_found ModelNotFound 1211 model_not_supported DeploymentNotFound",
  [SHORTER] = "1261 base_resp.1039",
  [FILTER] = "1301 data_inspection_failed DataInspectionFailed base_resp.1026 base_resp.1027",
} do
  for name in names:gmatch "%S+" do by_code[name] = rule end
end

local by_status = {
  [401] = KEY,
  [402] = NO_QUOTA,
  [403] = { "auth", phrase "the key may not use this model or region" },
  [404] = { "missing", phrase "check the model name (/model) and the base URL; is /v1 missing?" },
  [407] = { "auth", phrase "the proxy wants a name and a password: http://NAME:PASSWORD@HOST:PORT in the proxy setting" },
  [408] = { "timeout", phrase "try again" },
  [413] = SHORTER,
  [429] = WAIT,
  [529] = BUSY,
}

local function rule_by_code(codes)
  for _, code in ipairs(codes) do
    if by_code[code] then return by_code[code] end
  end
end

-- A refusal stays one, whatever type of failure it names beside it: asking again brings the same.
local function is_refusal(status)
  return status >= 400 and status < 500 and status ~= 408 and status ~= 409 and status ~= 425 and status ~= 429
end

-- The rule for an error; what to do about tools comes as a second value.
local function rule_of(status, codes, text, object)
  local rule, low = rule_by_code(codes), text:lower()
  local advice = error_words.about_tools(low)
  if advice then return { "protocol", advice } end
  if not (by_status[status] and by_status[status] ~= SHORTER) and (rule == SHORTER or error_words.is_too_long(codes, low)) then return SHORTER end
  if (status == 429 or status == 403 or rule == WAIT) and error_words.says_quota(text, object) then rule = NO_QUOTA end
  if status == 400 and low:find "balance is too low" then rule = NO_QUOTA end
  if rule == NO_QUOTA or rule == MODEL then return rule end
  if is_refusal(status) or status == 0 then
    if rule == BUSY or rule == FAILED then rule = status == 0 and rule or nil end
    if status ~= 401 and error_words.about_key(low) then return KEY end
    if status ~= 401 and error_words.about_model(low) then return MODEL end
  end
  if rule and status == 0 then return rule end -- a status says what is to be done
  return by_status[status] or rule or status >= 500 and FAILED or REFUSED
end

local LONG = 300 -- a wait of which the end is said as a time

-- The moment in so many seconds, as people say it.
local function moment(wait)
  return os.date(wait < 86400 and "%H:%M" or "%Y-%m-%d %H:%M", math.floor(task.time() + wait))
end

-- Which quota, until when, and what else there is.
local function quota_words_of(status, text, wait, window, written)
  local when = wait and phrase(" until %s", written or moment(wait)) or phrase "; waiting does not help"
  if text:lower():find "free allocated quota exceeded" then
    return phrase("the free quota of Qwen OAuth is used up%s; others: OpenRouter https://openrouter.ai, Fireworks AI "
      .. "https://app.fireworks.ai, Alibaba Cloud ModelStudio https://modelstudio.console.alibabacloud.com; sign in with /auth", when)
  end
  local what = status == 402 and phrase "balance of the account is" or window and phrase("quota of %s is", window) or phrase "quota is"
  return phrase("the %s used up%s; take another model (/model, --fallback-model) or another account (qwen auth)", what, when)
end

---@param status integer 0 when the error came inside a stream
---@param headers table<string, string>
---@param body string
---@return Err
return function(status, headers, body)
  local found = error_body.read(body)
  local text, object, codes = redact(found.text or "no explanation was given"), found.object, found.codes -- some repeat the key
  if #text > MOST_WORDS then text = utf8_of(text:sub(1, MOST_WORDS)) end
  local rule = rule_of(status, codes, text, object)
  local wait, window, written = rate_limit_headers.read(headers, object, text)
  local quota = rule == NO_QUOTA or nil
  local advice = quota and quota_words_of(status, text, wait, window, written) or rule[2]
  if wait and wait >= LONG and not quota then advice = phrase("%s; it asks to wait until %s", advice, moment(wait)) end
  local code = status == 402 and "insufficient_quota" or codes[1]
  local message = status > 0 and phrase("%d %s (%s)", status, text, advice) or phrase("%s (%s)", text, advice)
  return err(rule[1], message, { status = status > 0 and status or nil, code = code, retry_after = wait, quota = quota, window = window,
    context = rule == SHORTER and error_words.window(text:lower(), object) or nil })
end
