-- A session that a program leads: prompts come as JSON on standard input, one a line, and what
-- happens goes out as JSON; questions about calls go to the program. --input-format stream-json.
local commands = require "qwen.extension.commands"
local control = require "qwen.ui.headless.control"
local err = require "qwen.util.err"
local exit = require "qwen.util.exit"
local json = require "sys.json"
local message = require "qwen.session.message"
local make_handlers = require "qwen.ui.headless.requests"
local output = require "qwen.ui.headless.json"
local sys = require "sys.os"
local task = require "sys.task"
local translate = require "qwen.util.translate"
local tr, phrase = translate.tr, translate.phrase

local M = {}

local ANSWERS = 5 -- seconds for what was asked before the end
local GO_ON = "The turn was interrupted before it was done. Go on with it; repeat nothing that was done."

-- The text and the images of a message of the user.
local function read_message(content)
  if type(content) == "string" then return content, {} end
  local texts, parts = {}, {}
  for _, block in ipairs(type(content) == "table" and content or {}) do
    local source = type(block) == "table" and type(block.source) == "table" and block.source or {}
    if type(block) ~= "table" then break end
    if block.type == "image" and type(source.data) == "string" then
      parts[#parts + 1] = { type = "image", mime = tostring(source.media_type or "image/png"), data = source.data }
    else -- what is of no known kind goes along as it is written
      texts[#texts + 1] = block.type == "text" and tostring(block.text) or json.encode(block)
    end
  end
  return table.concat(texts, "\n"), parts
end

-- A slash command: what it prints is the answer.
local function slash(ctx, lead, text)
  local name, rest = commands.split(text)
  if not name or name == "" then return nil end
  local lines, print_ = {}, ctx.print
  function ctx.print(line) lines[#lines + 1] = line end
  local _ <close> = setmetatable({}, { __close = function() ctx.print = print_ end })
  local code = lead.command(ctx, name, rest)
  if type(code) == "table" then return nil, code.prompt end
  local said = table.concat(lines, "\n")
  if code == 0 then return message.assistant({ { type = "text", text = said } }, { model = ctx.model.id, stop = "end" }) end
  local why = said ~= "" and said or tr("the command /%s failed", name)
  return message.assistant({}, { model = ctx.model.id, stop = "error", err = err("usage", why) })
end

-- Answers one message of the user.
local function answer(ctx, lead, content)
  local text, parts = read_message(content)
  local done, prompt = nil, nil
  if text:find "^/" then done, prompt = slash(ctx, lead, text) end
  if done then return done, 0 end
  local submitted, reason = ctx.emit("prompt_submitted", { text = prompt or text, typed = text })
  if not submitted then
    local e = err("denied", phrase("the prompt was blocked: %s", tostring(reason)))
    return message.assistant({}, { model = ctx.model.id, stop = "error", err = e }), 0
  end
  return lead.answer(ctx, submitted.text, parts)
end

local CANCELLED = err("cancelled", phrase "the turn was interrupted")

-- The message as the program wrote it, for one that wants to see when its turn comes.
local function replay(self, value)
  local event = { type = "user", message = value.message, isReplay = true,
    parent_tool_use_id = value.parent_tool_use_id or json.null }
  self.ctx.json.event(event, type(value.uuid) == "string" and value.uuid or nil)
end

local function stop(ctx)
  output.finish(ctx, { stop = "error", err = CANCELLED, parts = {} }, 0)
end

-- One prompt in a task of its own, which an interrupt ends. Without a message the last one goes on.
local function turn(self, value)
  local ctx = self.ctx
  output.again(ctx)
  self.begun = self.begun + 1
  if self.stopped and self.stopped >= self.begun then return stop(ctx) end
  self.turn = task.spawn(function()
    if not self.started then output.start(ctx) end
    self.started = true
    if value and self.opts.replay_users then replay(self, value) end
    if value then return answer(ctx, self.lead, value.message.content) end
    return require("qwen.agent.loop").run(ctx, message.told(GO_ON))
  end)
  local ok, last, turns = self.turn:join()
  self.turn = nil
  if not ok and not (err.is(last) and last.kind == "cancelled") then error(last, 0) end
  if not ok then return stop(ctx) end
  output.finish(ctx, last, turns)
end

-- What the program says about a call that is asked about.
local function decide(self)
  return function(call, tool, args)
    local shown = tool.label and tool.label(args) or call.name
    local reply, e = self.channel:ask({ subtype = "can_use_tool", tool_name = call.name,
      tool_use_id = call.id, input = args, blocked_path = json.null,
      permission_suggestions = json.array { { type = "allow", label = shown } } }, self.ask_seconds)
    if not reply then return false, "Refused: " .. err.english(e) end
    if reply.behavior ~= "allow" then
      if reply.interrupt == true and self.turn then self.turn:cancel() end
      local why = type(reply.message) == "string" and reply.message or "the program refused it"
      return false, "Refused: " .. why, nil, nil, why
    end
    local changed = type(reply.updatedInput) == "table" and reply.updatedInput ~= json.null and reply.updatedInput
    if changed and json.encode(changed) ~= json.encode(args) then return false, nil, changed end
    return true
  end
end

-- Opens the session; an error when that cannot be.
local function open(self)
  local front, code, e = self.lead.prepare(self.ctx, self.opts)
  if not front then
    self.code = code
    return nil, e
  end
  self.ctx.decide, self.first_model = decide(self), self.ctx.model.id
  self.lead.begin(self.ctx)
  self.ctx.tools = require("qwen.agent.view").tools(self.ctx)
  return true
end

-- Opens it once; who comes meanwhile waits, and gets the same.
local function begin(self)
  if self.opening then self.opening:get() end
  if not self.opened then
    self.opening = task.queue()
    self.opened = table.pack(open(self))
    self.opening:close()
  end
  return table.unpack(self.opened, 1, self.opened.n)
end

local MOST_NAMED = 10 -- lines that are left out

local function left_out(self, n)
  self.unread = self.unread + 1
  if self.unread > MOST_NAMED then return end
  self.ctx.notice(tr("line %d of standard input is no message and was left out", n))
  if self.unread == MOST_NAMED then self.ctx.notice(tr "more such lines are not named") end
end

-- Reads until the program closes its end.
local function read_all(self)
  local input, n = sys.stdin_lines(), 0
  while true do
    local line, e = input:line()
    if e then
      self.ctx.notice(e.message)
      self.code = exit.failed
    end
    if not line then break end
    n = n + 1
    local value = line:find "%S" and json.decode(line, false, true)
    local kind = type(value) == "table" and value.type
    local content = kind == "user" and type(value.message) == "table" and value.message.content
    local said, images = read_message(content)
    if kind == "user" and (said:find "%S" or images[1]) then
      self.read = self.read + 1
      self.prompts:put(value)
    elseif kind == "control_request" and type(value.request) == "table" then
      local first = value.request.subtype == "initialize" and not (self.gate or self.read > 0 or self.opening)
      if first then -- what comes behind it finds the session as it says
        self.gate = task.queue()
        self.prompts:put(value)
      elseif value.request.subtype == "interrupt" then -- of what was read before it, and nothing else
        self.channel:serve(value, self.handlers)
      else
        self.requests:put(value)
      end
    elseif kind == "control_response" then
      self.channel:answered(value)
    elseif kind ~= "control_cancel_request" and line:find "%S" then
      left_out(self, n)
    end
  end
  self.channel:close()
  self.requests:close()
  self.prompts:close()
end

-- Answers what the program asks for, each in a task of its own; ends when all are answered.
local function serve_all(self)
  local serving = {}
  for value in function() return self.requests:get() end do
    local one = {}
    serving[one] = task.spawn(function()
      if self.gate then self.gate:get() end
      self.channel:serve(value, self.handlers)
      serving[one] = nil
    end)
  end
  for _, one in pairs(serving) do one:join() end
end

---Answers prompts until standard input ends.
---@param ctx Ctx
---@param opts table flags
---@param lead table what the main task can: `prepare` opens the session, `answer`, `begin`,
---`command` and `until_signal` are those of run.lua
---@return integer exit code
function M.run(ctx, opts, lead)
  if opts.output ~= "stream-json" then
    ctx.notice(tr "--input-format stream-json goes with --output-format stream-json")
    return exit.usage
  end
  local self = { ctx = ctx, opts = opts, lead = lead, begin = begin, prompts = task.queue(),
    requests = task.queue(), code = exit.done, read = 0, begun = 0, unread = 0 }
  self.channel = control.new(function(value) output.write(output.line(value)) end)
  self.handlers = make_handlers(self)
  function self.go_on()
    self.waits, self.read = true, self.read + 1
    self.prompts:put(false)
  end
  function ctx.quit() self.prompts:close() end
  ctx.client = { ask = function(...) return self.channel:ask(...) end }
  local done, stopped = lead.until_signal(function()
    output.on_lost(task.current())
    task.spawn(read_all, self)
    local server = task.spawn(serve_all, self)
    while true do
      local value = self.prompts:get()
      if value == nil then break end
      if value and value.type == "control_request" then
        self.channel:serve(value, self.handlers)
        self.gate:close()
      elseif self:begin() then
        self.waits = self.waits and value ~= false
        turn(self, value)
      else
        break -- it was told
      end
    end
    self.requests:close()
    server:join(ANSWERS)
  end)
  if ctx.session then
    ctx.emit("session_ended", { reason = done and "done" or "interrupted" })
    ctx.session:close()
  end
  if done then return self.code end
  return sys.flush() and stopped or exit.failed
end

return M
