-- Headless output as JSON: one array at the end, or one object a line as things happen. Shapes as Qwen Code writes them.
local err = require "qwen.util.err"
local exit = require "qwen.util.exit"
local json = require "sys.json"
local redact = require("sys.secret").redact
local messages = require "qwen.session.message"
local started = require "qwen.ui.headless.started"
local stats = require "qwen.ui.headless.stats"
local sys = require "sys.os"
local task = require "sys.task"
local phrase = require("qwen.util.translate").phrase

local M = {}

local lost -- fn() for when nobody can read what is written

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

---Writes a line at once. A reader that is gone ends the run: nobody would see what it costs.
---@param line string
function M.write(line)
  sys.out(line)
  if not sys.flush() and lost then lost() end
end

---What ends the run when its output cannot be written any more.
---@param child Task
function M.on_lost(child)
  lost = function() child:cancel() end
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
---@param write fun(line: string)? where lines go, if not to standard output
function M.attach(ctx, opts, write)
  write = write or M.write
  local self = { all = {}, started = task.now(), api = 0, usage = {}, opts = opts }
  ctx.json, ctx.watch = self, {}
  ctx.shows = opts.partial and { text = true, think = true, call = true } or {}

  local function event(value, id)
    value.uuid, value.session_id = id or sys.uuid(), ctx.session.id
    if opts.output == "stream-json" then
      write(M.line(value))
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
  if opts.output == "json" then
    self.stats = stats.new()
    stats.attach(self.stats, ctx)
  end
  if opts.partial then require("qwen.ui.headless.partial")(ctx, event) end
end

---The first event, once the session and the model are there.
function M.start(ctx)
  started.await(ctx)
  if ctx.json.stats then ctx.json.edits = stats.edits(ctx) end
  ctx.json.event(started.event(ctx))
end

---Another prompt of the same session: its result tells of it alone.
---@param ctx Ctx
function M.again(ctx)
  ctx.json.started, ctx.json.api, ctx.json.usage, ctx.denials = task.now(), 0, {}, {}
end

-- The fields of a result that tell of a failure. `errors` is for the Claude Agent SDK.
local function failed_with(e)
  return { message = e.message, type = e.kind, code = e.status }, json.array { tostring(e) }
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
  local denials = json.array(ctx.denials)
  local structured = not failed and ctx.structured or nil
  local result = {
    type = "result", subtype = failure and limits[failure.budget] or subtypes[answer.stop] or "success",
    is_error = failed and true or false, duration_ms = math.floor((task.now() - self.started) * 1000),
    duration_api_ms = math.floor(self.api * 1000), num_turns = turns,
    structured_result = structured and structured.value, structured_output = structured and structured.value,
    result = structured and json.encode(structured.value) or not failed and messages.text_of(answer) or nil,
    usage = usage_out(self.usage), permission_denials = denials, stats = self.stats,
  }
  if failure then result.error, result.errors = failed_with(failure) end
  if failed and not failure then result.errors = json.array { "the limit of turns is reached" } end
  if self.stats then stats.count_lines(ctx, self.stats, self.edits or 0) end
  self.event(result)
  if self.opts.output == "json" then M.write(M.line(json.array(self.all))) end
  if failure then
    sys.err(M.line { error = { type = failure.kind, message = failure.message, code = failure.status or 1 } })
    return failure.exit or exit.failed
  end
  return answer.stop == "turns" and exit.turns or exit.done
end

---The last event of a run that a signal ends.
---@param ctx Ctx
function M.cancelled(ctx)
  local e = err("cancelled", phrase "the run was interrupted")
  M.finish(ctx, messages.assistant({}, { model = ctx.model.id, stop = "error", err = e }), 0)
end

---The last event of a run whose prompt a hook blocks, and the exit code.
---@param ctx Ctx
---@param reason string?
---@return integer
function M.blocked(ctx, reason)
  local e = err("denied", phrase("the prompt was blocked: %s", tostring(reason)))
  return M.finish(ctx, messages.assistant({}, { model = ctx.model.id, stop = "error", err = e }), 0)
end

---What a run says that cannot begin: a result, and nothing else.
---@param output "json"|"stream-json"
---@param e Err|string
---@param code integer exit code
---@param session string? the id that it would have had
function M.failed(output, e, code, session)
  e = err.is(e) and e or err(code == exit.usage and "usage" or "broken", tostring(e))
  local result = { type = "result", subtype = subtypes.error, is_error = true, duration_ms = 0,
    duration_api_ms = 0, num_turns = 0, usage = usage_out(), permission_denials = json.array {},
    uuid = sys.uuid(), session_id = session or "" }
  result.error, result.errors = failed_with(e)
  M.write(M.line(output == "json" and json.array { result } or result))
end

return M
