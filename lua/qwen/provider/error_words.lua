-- What only the words of an error tell: that the conversation is too long, and the window; which quota ended; that tools are not taken.
-- Services have no codes for these, or each its own; the lists hold what about forty of them write.

local phrase = require("qwen.util.translate").phrase

local M = {}

-- Parts of sentences in lower case, and codes.
local too_long = {
  "context_length_exceeded", "exceed_context_size", "contextwindowexceeded", "model_max_prompt_tokens_exceeded", "request_too_large",
  "maximum context length", "max context length", "context length exceeded", "context window", "context limit", "context overflow",
  "context the overflows", "available context size", "context size has been exceeded", "exceeds the context length",
  "exceeds maximum context", "exceeds the maximum context", "longer than the model's context length", "longer than the context",
  "greater than the context length", "reached context length", "loaded with context length", "max_seq_len", "maximum model length",
  "maximum prompt length", "maximum input length", "max message tokens", "maximum number of tokens allowed", "model token limit",
  "model only supports up to", "input tokens exceed", "input token length", "token length exceed", "tokens exceed limit",
  "prompt token count", "too many tokens", "prompt is too long", "prompt too long", "input is too long", "inputs is too long",
  "prompt exceeds max length", "prompt length exceeds", "range of input length", "input length should be", "prompt is longer than",
  "reduce the length of the messages", "tokens in the prompt cannot exceed", "`max_new_tokens` must be <=", "`inputs` must have less than",
  "tokens to keep from the initial prompt", "prompt is too big", "input is larger than the max", "length of prompt_tokens",
  "oversizetext", "exceeds the maximum length", "exceeded max context", "reduce your prompt", "too long for requested model",
  "超长", "输入过长", "内容过长", "文本过长", "上下文长度", "上下文窗口", "超过最大长度", "超过模型最大", "超出最大长度",
}

---Whether an error says that the conversation is too long.
---@param codes string[]
---@param text string in lower case
---@return boolean
function M.is_too_long(codes, text)
  for _, word in ipairs(too_long) do
    if text:find(word, 1, true) then return true end
    for _, code in ipairs(codes) do
      if code:lower():find(word, 1, true) then return true end
    end
  end
  return false
end

-- Where the window stands in such a sentence, in lower case and without commas in numbers; the number is the capture.
local window_patterns = {
  "range of input length should be %[%d+, ?(%d+)%]", "should be %[1, ?(%d+)%]", "available context size %((%d+)", "n_ctx[\"':= ]+(%d+)",
  "max[imu]* context length[ ofis:]* (%d+)", "context length is only (%d+)", "context length of only (%d+)", "context length %((%d+)",
  "context length of (%d+)", "(%d+) maximum context length", "maximum model length of (%d+)", "max_seq_len[ ofis:(]*(%d+)",
  "maximum prompt length is (%d+)", "model token limit: (%d+)", "number of tokens allowed[: (]+(%d+)", "only supports up to (%d+)",
  "must be <= (%d+)", "must have less than (%d+)", "cannot exceed (%d+)", "exceeds the limit of (%d+)", "exceed limit[: ]+(%d+)",
  "exceed model limit (%d+)", "configured limit of (%d+)", "context window limit %((%d+)", "maximum input length[ ofis:]* (%d+)",
  "exceeds the maximum length (%d+)", "context limit: %d+ %+ %d+ > (%d+)", "> (%d+) maximum", "while limit is (%d+)",
  "context window[ ofis:]+(%d+)", "最大长度[^%d]*(%d+)",
}

local LEAST_WINDOW = 256 -- tokens; smaller numbers are of something else

---The model's window, where an error that says "too long" tells it.
---@param text string in lower case
---@param object table of the error
---@return integer? tokens
function M.window(text, object)
  local n = math.tointeger(tonumber(object.n_ctx))
  text = text:gsub("(%d),(%d%d%d)", "%1%2"):gsub("(%d),(%d%d%d)", "%1%2")
  for _, pattern in ipairs(window_patterns) do
    n = n or math.tointeger(tonumber(text:match(pattern)))
    if n and n >= LEAST_WINDOW then return n end
    n = nil
  end
end

-- Quotas that hide behind the code of a burst.
local quota_patterns = {
  "quota exceeded", "free%-models%-per%-day", "credit balance is too low", "insufficient balance", "insufficient credits",
  "exceeded your current quota", "per ?day", "usage limit", "weekly limit", "monthly limit", "daily limit", "5%-hour limit", "使用上限",
  "余额不足", "额度已用", "套餐已到期",
}

-- "Allocated quota exceeded" alone is a burst, in spite of its words; with a span before it, it is a plan's.
local function is_burst(text)
  return text:find("allocated quota exceeded", 1, true) ~= nil and not text:find "%a allocated quota exceeded"
end

---Whether an error speaks of a quota that waiting a little does not bring back.
---@param text string
---@param object table of the error
---@return boolean
function M.says_quota(text, object)
  for _, detail in ipairs(type(object.details) == "table" and object.details or {}) do -- as Gemini says it
    for _, violation in ipairs(type(detail) == "table" and type(detail.violations) == "table" and detail.violations or {}) do
      text = text .. " " .. tostring(type(violation) == "table" and violation.quotaId)
      if tostring(type(violation) == "table" and violation.quotaId):find "PerMinute" then return false end
    end
  end
  text = text:lower()
  if is_burst(text) then return false end
  for _, pattern in ipairs(quota_patterns) do
    if text:find(pattern) then return true end
  end
  return false
end

-- What a server that takes no tools says, and what helps.
local JINJA = phrase "start llama-server with --jinja: without it this server takes no tools"
local PARSER = phrase "start the server with --enable-auto-tool-choice and --tool-call-parser NAME: without them it takes no tools"
local NO_TOOLS = phrase "this model, or its server, takes no tools: choose another model (/model)"
local tools = {
  { "--jinja", JINJA }, { "enable-auto-tool-choice", PARSER }, { "tool-call-parser", PARSER }, { "does not support tool", NO_TOOLS },
  { "does not support function", NO_TOOLS }, { "doesn't support tool", NO_TOOLS }, { "not support tool", NO_TOOLS },
  { "support tool use", NO_TOOLS }, { "tool use is not supported", NO_TOOLS }, { "tool calling is not supported", NO_TOOLS },
  { "tools is not supported", NO_TOOLS }, { "tools are not supported", NO_TOOLS }, { "function calling is not enabled", NO_TOOLS },
  { "function calling is not supported", NO_TOOLS }, { "不支持工具", NO_TOOLS }, { "不支持函数", NO_TOOLS },
}

---What to do where a model or its server takes no tools; nil where the error says nothing of that.
---@param text string in lower case
---@return string?
function M.about_tools(text)
  for _, rule in ipairs(tools) do
    if text:find(rule[1], 1, true) then return rule[2] end
  end
end

local function finder(list)
  return function(text)
    for _, words in ipairs(list) do
      if text:find(words, 1, true) then return true end
    end
    return false
  end
end

---Whether an error that has another status or code is about the key.
---@type fun(text: string): boolean
M.about_key = finder {
  "api_key_invalid", "api key not valid", "incorrect api key", "invalid api key", "invalid api-key", "invalid_api_key", "invalid token",
  "api key is invalid", "api key expired", "expired api key", "api key not found", "无效的api", "apikey无效",
}

local names_model = finder {
  "model not exist", "model_not_found", "model not found", "model_not_supported", "unknown model", "invalid model", "not a valid model",
  "unsupported model", "no such model", "model does not exist", "requested model is not supported", "try pulling it first", "模型不存在",
  "is not found for api version",
}

---Whether it is about the name of the model.
---@param text string in lower case
---@return boolean
function M.about_model(text)
  return names_model(text) or text:find "model [^ ]+ does not exist" ~= nil
end

return M
