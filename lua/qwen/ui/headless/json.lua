-- Headless output as JSON: one array at the end, or one object a line as things happen. Shapes as Qwen Code writes them.
local aliases = require "qwen.extension.aliases"
local embed = require "sys.embed"
local json = require "sys.json"
local redact = require("sys.secret").redact
local messages = require "qwen.session.message"
local sys = require "sys.os"
local task = require "sys.task"

local M = {}

local CONTENT_LIMIT = 65536

local subtypes = { error = "error_during_execution", turns = "error_max_turns", loop = "error_loop_detected" }
local limits = { calls = "error_max_tool_calls", seconds = "error_max_wall_time", tokens = "error_max_tokens", cost = "error_max_cost",
  schema = "error_max_structured_output_retries" }

local function escaped(char)
  local code = utf8.codepoint(char)
  if code < 0x10000 then return ("\\u%04x"):format(code) end
  code = code - 0x10000
  return ("\\u%04x\\u%04x"):format(0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))
end

-- What a terminal or the eye would follow: C1 and DEL, marks of direction, line separators, tags.
local marks = { "\x7f", "\xc2[\x80-\x9f]", "\xd8\x9c", "\xe2\x80[\x8e\x8f\xa8-\xae]", "\xe2\x81[\xa6-\xa9]", "\xf3\xa0[\x80\x81][\x80-\xbf]" }

---A value as one line in which those are written as their numbers: the data is the same.
---@param value any
---@return string
function M.line(value)
  local out = redact(json.encode(value))
  for _, mark in ipairs(marks) do out = out:gsub(mark, escaped) end
  return out .. "\n"
end

local function usage_out(usage)
  usage = usage or {}
  local input, output = usage.input or 0, usage.output or 0
  return { input_tokens = input, output_tokens = output, cache_read_input_tokens = usage.cached or 0, total_tokens = input + output }
end

local function block_of(part)
  if part.type == "text" then return { type = "text", text = part.text } end
  if part.type == "think" then return { type = "thinking", thinking = part.text, signature = part.signature or "" } end
  if part.type == "call" then
    local valid = part.args ~= "" and json.decode(part.args, false, true)
    return { type = "tool_use", id = part.id, name = part.name, input = valid and json.raw(part.args) or {} }
  end
end

---@param ctx Ctx
---@param opts {output: "json"|"stream-json", partial: boolean?}
function M.attach(ctx, opts)
  local self = { all = {}, started = task.now(), api = 0, usage = {}, opts = opts }
  ctx.json = self
  ctx.shows = opts.partial and { text = true, think = true, call = true } or {}

  local function event(value)
    value.uuid, value.session_id = sys.uuid(), ctx.session.id
    if opts.output == "stream-json" then
      sys.out(M.line(value))
    else
      self.all[#self.all + 1] = value
    end
  end
  self.event = event

  local function assistant(m, block)
    event { type = "assistant", parent_tool_use_id = json.null, message = {
      id = m.id, type = "message", role = "assistant", model = m.model, content = json.array { block },
      stop_reason = block.type == "tool_use" and "tool_use" or json.null, usage = usage_out(m.usage),
    } }
  end

  local function result(m)
    for _, part in ipairs(m.parts) do
      if part.type == "result" then
        local content = (part.display or part.text):sub(1, CONTENT_LIMIT)
        event { type = "user", parent_tool_use_id = json.null, message = { role = "user", content = json.array {
          { type = "tool_result", tool_use_id = part.id, is_error = part.error or false, content = content },
        } } }
      end
    end
  end

  ctx.watch = {
    turn_started = function() self.asked = task.now() end,
    turn_ended = function() self.api = self.api + task.now() - self.asked end,
    message_added = function(m)
      if m.role == "tool" then return result(m) end
      if m.role ~= "assistant" then return end
      for key, n in pairs(m.usage or {}) do self.usage[key] = (self.usage[key] or 0) + n end
      for _, part in ipairs(m.parts) do
        local block = block_of(part)
        if block then assistant(m, block) end
      end
    end,
  }
  if opts.partial then require("qwen.ui.headless.partial")(ctx, event) end
end

---The first event, once the session and the model are there.
function M.start(ctx)
  local tools, commands = json.array {}, json.array {}
  for i, tool in ipairs(ctx.tools) do tools[i] = tool.name end
  for i, name in ipairs(aliases.names(ctx)) do commands[i] = name end
  ctx.json.event { type = "system", subtype = "init", cwd = ctx.cwd, tools = tools, mcp_servers = json.array {}, model = ctx.model.id,
    permission_mode = ctx.mode, slash_commands = commands, qwen_code_version = embed.version, agents = json.array {} }
end

---Another prompt of the same session: its result tells of it alone.
---@param ctx Ctx
function M.again(ctx)
  ctx.json.started, ctx.json.api, ctx.json.usage, ctx.denials = task.now(), 0, {}, {}
end

---The last event, and the exit code.
---@param ctx Ctx
---@param answer Message
---@param turns integer
---@return integer
function M.finish(ctx, answer, turns)
  local self = ctx.json
  local failure = (answer.stop == "error" or answer.stop == "loop") and answer.err
  local failed = failure or answer.stop == "turns"
  local denials = json.array {}
  for i, denial in ipairs(ctx.denials) do denials[i] = denial end
  local structured = not failed and ctx.structured or nil
  self.event {
    type = "result", subtype = failure and limits[failure.budget] or subtypes[answer.stop] or "success",
    is_error = failed and true or false, duration_ms = math.floor((task.now() - self.started) * 1000), duration_api_ms = math.floor(self.api * 1000),
    num_turns = turns, structured_result = structured and structured.value,
    result = structured and json.encode(structured.value) or not failed and messages.text_of(answer) or nil,
    usage = usage_out(self.usage), permission_denials = denials,
    error = failure and { message = failure.message, type = failure.kind, code = failure.status } or nil,
  }
  if self.opts.output == "json" then sys.out(M.line(json.array(self.all))) end
  if failure then
    sys.err(M.line { error = { type = failure.kind, message = failure.message, code = failure.status or 1 } })
    return failure.exit or 1
  end
  return answer.stop == "turns" and 53 or 0
end

return M
