-- Runs one hook of settings.json, a program, an address or a prompt, and reads what it says. Which
-- hooks run for an event, and what becomes of their words, is in lua/hooks/programs.lua.
local http = require "sys.http"
local json = require "sys.json"
local one_shot = require "qwen.agent.one_shot"
local proc = require "qwen.util.process"
local redaction = require "qwen.net.redact"
local settings_hooks = require "qwen.extension.settings_hooks"
local sys = require "sys.os"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local SECONDS, HTTP_SECONDS, PROMPT_SECONDS, MOST_OUTPUT = 60, 600, 30, 1024 * 1024

local JUDGE = 'Judge the event. Answer with JSON alone: {"ok": true} or {"ok": false, '
  .. '"reason": "..."}; "additionalContext": "..." may be added for the conversation.'

local function with_variables(words, allowed)
  local may = {}
  for _, name in ipairs(type(allowed) == "table" and allowed or {}) do may[name] = true end
  local function value(name) return may[name] and sys.env(name) or "" end
  return (words:gsub("%${([%a_][%w_]*)}", value):gsub("%$([%a_][%w_]*)", value))
end

local function run_command(ctx, hook, input)
  local env = proc.own_env(ctx.trusted)
  for name, value in pairs(type(hook.env) == "table" and hook.env or {}) do
    env[name] = tostring(value)
  end
  env.QWEN_PROJECT_DIR, env.CLAUDE_PROJECT_DIR, env.GEMINI_PROJECT_DIR = ctx.cwd, ctx.cwd, ctx.cwd
  local shell = hook.shell == "bash" and "bash" or "/bin/sh"
  local result, e = proc.run { argv = { shell, "-c", hook.command }, cwd = ctx.cwd, env = env,
    input = input, timeout = settings_hooks.seconds(hook, SECONDS), limit = MOST_OUTPUT }
  if not result then return { warning = e.message } end
  if result.timed_out then return { warning = "it did not end in time" } end
  if result.code == 0 then return { out = result.out } end
  local said = text.trim(result.err)
  if result.code == 2 then
    return { block = said ~= "" and said or "blocked by " .. hook.command }
  end
  return { warning = ("it ended with %s: %s"):format(result.code and tr("exit code %s", result.code)
    or tr "a signal", said) }
end

-- Whether the settings let an http hook send there.
local function may_send(ctx, url)
  local allowed = ctx.settings:get "security.allowedHttpHookUrls" or {}
  for _, pattern in ipairs(allowed) do
    local lua = "^" .. tostring(pattern):gsub("%p", "%%%0"):gsub("%%%*", ".*") .. "$"
    if url:find(lua) then return true end
  end
  return #allowed == 0
end

-- Whether an address is of a private network, which the settings close to http hooks. This machine
-- is not one.
local function is_closed(ctx, url)
  local closes = ctx.settings:get "security.allowPrivateNetworkHooks" == false
  local parsed = closes and http.parse_url(url)
  return parsed and parsed.private and not parsed.loopback or false
end

local function run_http(ctx, hook, input)
  local url = tostring(hook.url)
  if is_closed(ctx, url) then
    return { warning = tr("%s is not asked: security.allowPrivateNetworkHooks is false", url) }
  end
  if not may_send(ctx, url) then
    return { warning = tr("%s is not asked: security.allowedHttpHookUrls has no such address", url) }
  end
  local headers = { ["Content-Type"] = "application/json" }
  for name, value in pairs(type(hook.headers) == "table" and hook.headers or {}) do
    headers[name] = with_variables(tostring(value), hook.allowedEnvVars)
  end
  local stream <close>, e = http.open { url = hook.url, method = "POST", headers = headers,
    body = input, total_timeout = settings_hooks.seconds(hook, HTTP_SECONDS) }
  if not stream then return { warning = e.message } end
  local body
  body, e = stream:all(MOST_OUTPUT)
  if not body then return { warning = e.message } end
  if stream.status < 200 or stream.status > 299 then
    local said = ("%s answered %d"):format(redaction.url(url), stream.status)
    local target = stream.headers.location
    return { warning = target and tr("%s and sends on to %s", said, redaction.url(target)) or said }
  end
  return { out = body }
end

-- A model that cannot be asked, or answers with something else, forbids nothing, as in Qwen Code.
local function run_prompt(ctx, hook, input)
  local prompt = hook.prompt:gsub("%$ARGUMENTS", function() return input end)
  local said, e = one_shot.ask(ctx, { prompt = prompt, model = hook.model, purpose = "hook",
    seconds = settings_hooks.seconds(hook, PROMPT_SECONDS), system = JUDGE })
  if not said then return { warning = e.message } end
  local value = json.decode(said:match("^%b{}", said:find("{", 1, true)) or "")
  if type(value) ~= "table" or type(value.ok) ~= "boolean" then
    return { warning = tr "the model gave no JSON with a verdict" }
  end
  local context = type(value.additionalContext) == "string" and value.additionalContext or nil
  local reason = type(value.reason) == "string" and value.reason or tr "refused by the model"
  return { block = not value.ok and reason or nil, context = context }
end

-- A function of the program that leads the session; it answers with what a hook prints.
local function run_callback(ctx, hook, input)
  if not ctx.client then
    return { warning = tr "no program leads this session, which a hook of type callback needs" }
  end
  local value = json.decode(input)
  local reply, e = ctx.client.ask({ subtype = "hook_callback", callback_id = hook.callback_id,
    input = json.raw(input), tool_use_id = value.tool_use_id or json.null },
    settings_hooks.seconds(hook, SECONDS))
  if not reply then return { warning = tostring(e) } end
  return { out = json.encode(reply) }
end

local runners = { command = run_command, http = run_http, prompt = run_prompt,
  callback = run_callback }

local speaks_plainly = { SessionStart = true, UserPromptSubmit = true, UserPromptExpansion = true }

local function table_or_nil(value) return type(value) == "table" and value or nil end

-- What one hook said, as one table: block, ask, allow, input, context.
local function read_output(event, said)
  local value = said.out and said.out:find "^%s*{" and json.decode(said.out)
  if type(value) ~= "table" then
    local plain = said.out and text.trim(said.out) or ""
    if plain ~= "" and speaks_plainly[event] then said.context = plain end
    return said
  end
  local own = table_or_nil(value.hookSpecificOutput) or {}
  local answer = table_or_nil(own.decision) or {}
  local decision = own.permissionDecision or answer.behavior or value.decision
  local reason = own.permissionDecisionReason or answer.message or value.reason
  local ends = event == "Stop" or event == "SubagentStop" -- there `continue: false` ends the turn
  if value.continue == false and not ends then
    said.block = tostring(value.stopReason or reason or "stopped by a hook")
  end
  if decision == "deny" or decision == "block" then
    said.block = tostring(reason or "blocked by a hook")
  end
  if decision == "ask" then said.ask = tostring(reason or "a hook asks") end
  said.allow = decision == "allow" or decision == "approve"
  if ends and value.continue == false then said.block = nil end
  said.input = table_or_nil(own.updatedInput) or table_or_nil(answer.updatedInput)
  said.context = type(own.additionalContext) == "string" and own.additionalContext or nil
  said.message = type(value.systemMessage) == "string" and value.systemMessage or nil
  return said
end

local done_once = {}

---Runs one hook of the settings.
---@param ctx Ctx
---@param event string
---@param hook table as it is written
---@param input string the event as JSON
---@return HookWords
function M.run(ctx, event, hook, input)
  local run = runners[hook.type or "command"]
  local target = hook.command or hook.url or hook.prompt or hook.callback_id
  if not run or type(target) ~= "string" then
    return { warning = "its type is not known or its command is missing" }
  end
  if hook.once and done_once[hook] then return {} end
  done_once[hook] = true
  if hook.async then
    ctx.background(function() run(ctx, hook, input) end)
    return {}
  end
  return read_output(event, run(ctx, hook, input))
end

return M
