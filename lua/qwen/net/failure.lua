-- Reads an error answer of a model service into one of our kinds, by status, vendor code and, for length only, by words.
local err = require "qwen.err"
local json = require "sys.json"

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

local by_status = {
  [401] = { "auth", "check the key: qwen auth status" },
  [402] = { "limit", "the balance of the account is used up" },
  [403] = { "auth", "the key may not use this model or region" },
  [404] = { "missing", "check the model name and the base URL; is /v1 missing?" },
  [408] = { "timeout", "try again" },
  [413] = { "too_long", "make the conversation shorter: /compact" },
  [429] = { "limit", "too many requests; wait and try again" },
  [529] = { "overloaded", "the service is overloaded; try again later" },
}

local function text_or(...)
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if type(value) == "string" and value ~= "" then return value end
  end
end

---The service's own words and code in an error body: JSON of several shapes, or anything.
---@param body string
---@return string text
---@return string? code
local function words_of(body)
  local value = json.decode(body)
  if type(value) == "table" and type(value[1]) == "table" then value = value[1] end -- Gemini may wrap it in a list
  local e = type(value) == "table" and (value.error or value) or nil
  if type(e) == "string" then return e end
  if type(e) == "table" and e ~= json.null then
    return text_or(e.message, e.detail, e.msg) or body:sub(1, 200), text_or(e.code, e.type, e.status)
  end
  local plain = body:gsub("<[^>]*>", " "):gsub("%s+", " "):sub(1, 200)
  return plain ~= "" and plain or "no explanation was given"
end

---@param status integer 0 when the error came inside a stream
---@param headers table<string, string>
---@param body string
---@return Err
return function(status, headers, body)
  local text, code = words_of(body)
  local rule = by_status[status] or status >= 500 and { "overloaded", "the service failed; try again later" }
    or { "protocol", "the service refused the request" }
  local kind, hint = rule[1], rule[2]
  if is_too_long(code, text) then
    kind, hint = "too_long", "make the conversation shorter: /compact"
  elseif code == "insufficient_quota" then
    kind, hint = "limit", "the quota is used up; waiting does not help"
  end
  local message = status > 0 and ("%d %s (%s)"):format(status, text, hint) or ("%s (%s)"):format(text, hint)
  return err(kind, message, { status = status > 0 and status or nil, code = code, retry_after = tonumber(headers["retry-after"]) })
end
