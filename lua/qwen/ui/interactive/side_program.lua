-- A program beside a session at the prompt: what happens goes to it as JSON (--json-fd, --json-file),
-- and it sends prompts and answers to questions about calls (--input-file). The events are those of
-- headless runs, the names of both sides those of Qwen Code.
local embed = require "sys.embed"
local fs = require "sys.fs"
local json = require "sys.json"
local output = require "qwen.ui.headless.json"
local paths = require "qwen.util.paths"
local questions = require "qwen.ui.interactive.questions"
local side_out = require "sys.side_out"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr
local turn = require "qwen.ui.interactive.turn"

local M = {}

local PAUSE = 0.5 -- seconds between two looks at the file
local MOST = 32 * 1024 * 1024
local VERSION = 2 -- of the protocol, as Qwen Code numbers it
local EVENTS = { "system", "user", "assistant", "stream_event", "control_request", "control_response" }

-- Watches beside the screen.
local function add_watch(ctx, event, fn)
  local before = ctx.watch[event]
  ctx.watch[event] = function(...)
    if before then before(...) end
    fn(...)
  end
end

-- The person's prompt as an event.
local function prompt_event(m)
  local blocks = json.array {}
  for _, part in ipairs(m.parts) do
    if part.type == "text" then blocks[#blocks + 1] = { type = "text", text = part.text } end
  end
  return { type = "user", parent_tool_use_id = json.null, message = { role = "user", content = blocks } }
end

-- Questions about calls and what became of them; `asked` is by the id of the call.
local function watch_questions(ctx, write, asked)
  add_watch(ctx, "permission_asked", function(question)
    if question.verdict or question.kind == "asks" then return end
    asked[question.id] = sys.uuid()
    write { type = "control_request", request_id = asked[question.id], request = {
      subtype = "can_use_tool", tool_name = question.name, tool_use_id = question.id, input = question.args,
      permission_suggestions = json.null, blocked_path = json.null } }
  end)
  local function answered(id, allowed)
    if not asked[id] then return end
    write { type = "control_response", response = { subtype = "success", request_id = asked[id],
      response = { allowed = allowed } } }
    asked[id] = nil
  end
  add_watch(ctx, "tool_started", function(call) answered(call.id, true) end)
  add_watch(ctx, "permission_denied", function(call) answered(call.id, false) end)
end

-- What happens, to a descriptor or a file. Gives the way to write one object, and its end.
local function attach_output(self, asked)
  local ctx = self.ctx
  local path = ctx.settings:get "dualOutput.jsonFile"
  local target = ctx.opts.json_fd or path and path ~= "" and paths.expand(path)
  if not target then return function() end, function() end end
  local out, e = side_out.open(target)
  if not out then
    ctx.notice(tr("no events are written: %s", e.message))
    return function() end, function() end
  end
  local side = setmetatable({ watch = {} }, { __index = ctx })
  output.attach(side, { output = "stream-json", partial = true }, function(line) out:write(line) end)
  for event, fn in pairs(side.watch) do add_watch(ctx, event, fn) end
  add_watch(ctx, "message_added", function(m)
    if m.role == "user" then side.json.event(prompt_event(m)) end
  end)
  local show, partial = ctx.show, rawget(side, "show")
  function ctx.show(delta)
    show(delta)
    partial(delta)
  end
  local function write(value) out:write(output.line(value)) end
  watch_questions(ctx, write, asked)
  local function tell(subtype, data)
    data.session_id = ctx.session.id
    side.json.event { type = "system", subtype = subtype, parent_tool_use_id = json.null, data = data }
  end
  tell("session_start", { cwd = ctx.cwd, protocol_version = VERSION, version = embed.version,
    supported_events = json.array(EVENTS) })
  return write, function()
    tell("session_end", {})
    out:close()
  end
end

-- The question about the call that a request is of.
local function question_of(self, asked, request)
  for _, question in ipairs(self.questions) do
    local id = question.asked and question.asked.id
    if id and asked[id] == request then return question end
  end
end

-- Does what one line of the program says.
local function take(self, asked, write, value)
  if value.type == "submit" and type(value.text) == "string" and value.text:find "%S" then
    turn.send(self, value.text)
    return
  end
  if value.type ~= "confirmation_response" or type(value.allowed) ~= "boolean" then return end
  local question = question_of(self, asked, value.request_id)
  if question then return questions.give(self, question, { key = value.allowed and "y" or "n" }) end
  write { type = "control_response", response = { subtype = "error", request_id = value.request_id,
    error = "there is no such question" } }
end

-- The lines that came behind a place of the file, and the place behind them.
local function read_from(path, from)
  local stat = fs.stat(path)
  if not stat then return {}, 0 end
  if stat.size < from then from = 0 end -- it was written anew
  if stat.size == from then return {}, from end
  local text = fs.read(path, MOST)
  local lines, last = {}, from
  for stop in (text or ""):gmatch("()\n", from + 1) do
    lines[#lines + 1] = text:sub(last + 1, stop - 1)
    last = stop
  end
  return lines, last
end

local function attach_input(self, asked, write)
  local path = self.ctx.settings:get "dualOutput.inputFile"
  if not path or path == "" then return end
  path = paths.expand(path)
  local stat = fs.stat(path)
  local at = stat and stat.size or 0 -- what is there already is of an earlier session
  task.spawn(function()
    while true do
      task.sleep(PAUSE)
      local lines
      lines, at = read_from(path, at)
      for _, line in ipairs(lines) do
        local value = line:find "%S" and json.decode(line, false, true)
        if type(value) == "table" then
          self.events:put { type = "sent", run = function() take(self, asked, write, value) end }
        elseif line:find "%S" then
          self.ctx.notice(tr("a line of %s is no JSON and was left out", paths.short(path)))
        end
      end
    end
  end)
end

---Attaches what flags and settings name.
---@param self TtySession with a session
---@return fun() leave for the end of the session
function M.attach(self)
  local asked = {}
  local write, leave = attach_output(self, asked)
  attach_input(self, asked, write)
  return leave
end

return M
