-- Trying a person's files without network, clock or account: what a test of `qwen test` gets as `t`. A model that says what the test
-- wrote down, a clock that moves when told, secrets that are none, a folder of its own.
local context = require "qwen.agent.view"
local fs = require "sys.fs"
local package_environment = require "qwen.extension.package.environment"
local user_modules = require "qwen.extension.user_modules"
local head_tail = require("qwen.util.text").head_tail
local inspect = require "qwen.util.inspect"
local json = require "sys.json"
local make_ctx = require "qwen.ctx"
local make_stream = require "qwen.net.stream"
local registry = require "qwen.extension.registry"
local Settings = require "qwen.config.settings"
local task = require "sys.task"
local test_world = require "qwen.extension.test_world"

local M = {}

local MOST_SHOWN = 300 -- bytes of what did not match
local TIMER_SECONDS = 1 -- of computing between two waits, as ctx.background has it
local MODEL_URL = "http://model.test/v1"

local function same(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function check(holds, name, detail)
  if not holds then error((name and name .. ": " or "") .. detail, 3) end
end

-- Little enough of a value that what is said before it stays in sight; of a request's text the end tells most.
local function piece_of(value)
  if type(value) == "string" then return inspect.text((head_tail(value, MOST_SHOWN))) end
  return (head_tail(inspect.text(value), MOST_SHOWN))
end

-- What a chat service would send for an answer of a test: {text=}, {calls={{name=, arguments=}}}, {status=, body=}.
local function events_of(answer)
  local out = {}
  local function put(delta, more)
    local choice = { index = 0, delta = delta }
    for key, value in pairs(more or {}) do choice[key] = value end
    out[#out + 1] = "data: " .. json.encode { id = "t", object = "chat.completion.chunk", choices = json.array { choice } } .. "\n\n"
  end
  for _, piece in ipairs(type(answer.text) == "table" and answer.text or { answer.text }) do put { content = piece } end
  for i, call in ipairs(answer.calls or {}) do
    put { tool_calls = json.array { { index = i - 1, id = call.id or "call_" .. i, type = "function",
      ["function"] = { name = call.name, arguments = type(call.arguments) == "string" and call.arguments or json.encode(call.arguments or {}) } } } }
  end
  put({}, { finish_reason = answer.calls and "tool_calls" or "stop" })
  out[#out + 1] = "data: [DONE]\n\n"
  return out
end

local function stream_of(answer, url)
  local status = answer.status or 200
  local pieces = status == 200 and not answer.body and events_of(answer) or { answer.body or json.encode { error = { message = "refused" } } }
  local at = 0
  local headers = answer.headers or { ["content-type"] = status == 200 and "text/event-stream" or "application/json" }
  return make_stream { status = status, headers = headers, url = url,
    read = function()
      at = at + 1
      return pieces[at]
    end,
    close = function() end }
end

local function clock()
  local now, timers, moving = 1700000000, {}, false
  local C = {}

  local function first_due(before)
    local first
    for timer in pairs(timers) do
      if timer.due <= before and (not first or timer.due < first.due or timer.due == first.due and timer.n < first.n) then first = timer end
    end
    return first
  end

  ---Moves the time on; the timers that are due by then run, in their order.
  function C.advance(seconds)
    local finish = now + seconds
    while not moving do
      local timer = first_due(finish)
      if not timer then break end
      now = math.max(now, timer.due)
      moving = true
      local ok, again = task.limited(TIMER_SECONDS, timer.run)
      moving = false
      if not ok then timer.ctx.notice("a timer failed: " .. user_modules.words(again)) end
      timer.due = now + timer.seconds
      if not ok or not again then timers[timer] = nil end
    end
    now = math.max(now, finish)
  end

  local made = 0
  ---What ctx.after and ctx.every are made of here.
  function C.timer(ctx, seconds, run)
    made = made + 1
    local timer = { ctx = ctx, due = now + seconds, seconds = seconds, run = run, n = made }
    timers[timer] = true
    return function() timers[timer] = nil end
  end

  function C.no_timers() timers, moving = {}, false end
  function C.now() return now end
  C.time = C.now
  function C.sleep(seconds)
    C.advance(seconds)
    task.sleep(0)
  end
  return C
end

-- Every request is noted before it is answered.
local function noting(asked, answer)
  return function(request)
    local body = type(request.body) == "table" and table.concat(request.body) or request.body or ""
    asked[#asked + 1] = { method = request.method or "POST", url = request.url, headers = request.headers, text = body, body = json.decode(body) }
    return answer(request)
  end
end

-- The network of a test: answers in order.
local function scripted(answers)
  return function(request)
    local answer = table.remove(answers, 1)
    if not answer then return stream_of({ status = 500, body = '{"error":{"message":"the test has no answer for this request"}}' }, request.url) end
    return stream_of(answer, request.url)
  end
end

-- A recording by `--record` that lies beside the test. The model stands where it was recorded, unless the test says where.
local function recorded(self, name)
  local recording, e = require("qwen.net.replay").open(name:sub(1, 1) == "/" and name or self.beside .. "/" .. name)
  if not recording then error(e.message, 3) end
  local first = recording.exchanges[1] and recording.exchanges[1].request
  local base = first and first.url:match "^(.*)/chat/completions"
  if base and self.model.base_url == MODEL_URL then self.model.base_url = base end
  return function(request) return recording:play(request) end
end

local T = {}
T.__index = T

function T:eq(got, want, name) check(same(got, want), name, ("got %s, want %s"):format(inspect.text(got), inspect.text(want))) end
function T:ok(value, name) check(value, name, "is not so") end
function T:match(text, pattern, name)
  check(type(text) == "string" and text:find(pattern), name, ("no %s in %s"):format(inspect.text(pattern), piece_of(text)))
end
function T:fails(fn, pattern, name)
  local ok, e = pcall(fn)
  check(not ok and user_modules.words(e):find(pattern), name, ok and "raised nothing" or "raised " .. user_modules.words(e))
end

---Writes a file into the test's folder; gives its path.
function T:write(name, text)
  local path = self.dir .. "/" .. name
  assert(fs.mkdir(path:match "^(.*)/"))
  assert(fs.write(path, text, { fsync = false }))
  return path
end

function T:read(name) return (fs.read(self.dir .. "/" .. name)) end

---A secret that is none, for these origins.
function T:secret(name, origins) return assert(require("sys.secret").new(name, "not-a-real-secret-" .. name, origins or { "http://model.test" })) end

---Runs a command of that name; what it printed and said is in the result.
function T:command(name, ...)
  local command = assert(registry.get("commands", name))
  local from, args = #self.out + 1, { ... }
  local code, e = command.run(self.ctx, args, table.concat(args, " "))
  return { code = code, err = e, out = table.concat(self.out, "\n", from) }
end

---Runs a tool of that name after its arguments were checked.
function T:tool(name, args)
  local tool = assert(registry.get("tools", name))
  local ok, problem = require("qwen.util.json_schema").check(tool.schema, args)
  if not ok then error("the arguments do not fit: " .. problem, 2) end
  local result, e = tool.run(self.ctx, args)
  return type(result) == "string" and { text = result } or result, e
end

---Runs the handlers of an event.
function T:emit(event, ...) return self.ctx.emit(event, ...) end

---The request that a provider makes of a prompt, its body as a table.
function T:request(provider, prompt, model)
  local made = { id = "m", name = "m", provider = provider, base_url = MODEL_URL, config = {} }
  for key, value in pairs(model or {}) do made[key] = value end
  local view = { system = "system", messages = { require("qwen.session.message").user(prompt) }, tools = {} }
  local request = assert(registry.get("providers", provider)).request(made, view)
  request.text = table.concat(request.body)
  request.body = json.decode(request.text)
  return request
end

---Asks the agent; the model answers what is written down, one answer a request, or what a recording has. Tools run, what is not allowed is refused.
function T:ask(prompt, answers, mode)
  local ctx = self.ctx
  ctx.mode = mode or "yolo"
  ctx.transport = noting(self.asked, type(answers) == "string" and recorded(self, answers) or scripted(answers))
  ctx.model = self.model
  ctx.session = assert(require("qwen.session.session").create(ctx.cwd))
  ctx.tools, ctx.system = context.tools(ctx), require("qwen.agent.system_prompt").system(ctx, {})
  ctx.emit("session_started", { source = "startup", model = ctx.model.id })
  local submitted, reason = ctx.emit("prompt_submitted", { text = prompt })
  if not submitted then return { blocked = reason, requests = self.asked, notices = self.notices, messages = {} } end
  local answer, turns = require("qwen.agent.loop").run(ctx, require("qwen.session.message").user(submitted.text))
  ctx.emit("session_ended", { reason = "done" })
  ctx.session:close()
  return { text = require("qwen.session.message").text_of(answer), stop = answer.stop, err = answer.err, turns = turns, messages = ctx.session.messages,
    requests = self.asked, notices = self.notices }
end

local world -- of the test that runs

-- A test's own ctx; nobody watches and nobody can be asked.
local function new(path, settings, fake)
  local dir = assert(fs.realpath(assert(fs.mkdtemp((require("sys.os").env "TMPDIR" or "/tmp") .. "/qwen-test-"))))
  local self = setmetatable({ dir = dir, beside = path:match "^(.*)/" or ".", out = {}, notices = {}, asked = {}, clock = fake,
    model = { id = "test", name = "test", provider = "openai", base_url = MODEL_URL, config = {}, from = "the test" } }, T)
  local own = setmetatable({ given = {} }, { __index = settings })
  function own.get(_, key)
    if self.set and self.set[key] ~= nil then return self.set[key] end
    return settings:get(key)
  end
  local ctx = make_ctx.new { cwd = dir, trusted = false, settings = own, opts = {} }
  ctx.clock, self.ctx, self.set = fake, ctx, {}
  world = test_world.new()
  self.http, self.programs = world.http, world.programs
  fake.no_timers()
  function ctx.print(text) self.out[#self.out + 1] = text end
  function ctx.notice(text) self.notices[#self.notices + 1] = text end
  ctx.watch = {}
  require("qwen.extension.hooks").attach_notices(ctx)
  registry.use_settings(own)
  self.model.key = self:secret "model"
  return self
end

local function run_one(path, fn, settings, fake)
  local t = new(path, settings, fake)
  require("qwen.extension.hooks").on_problem(function(words) t.ctx.notice(words) end)
  local child = task.spawn(fn, t)
  local ok, e = child:join(60)
  if not ok and not child:done() then child:cancel() end
  fs.remove_tree(t.dir)
  return ok, not ok and user_modules.words(e):gsub("\nstack traceback:.*", "") or nil
end

---Runs the tests of one file, a table of functions by name.
---@param path string
---@param ctx Ctx
---@param told fun(name: string, ok: boolean, e: string?)
---@return Err?
function M.run(path, ctx, told)
  local fake = clock()
  user_modules.instead = test_world.modules(function() return world end, stream_of)
  user_modules.instead.task = setmetatable(fake, { __index = task })
  local _ <close> = setmetatable({}, { __close = function()
    user_modules.instead = nil
    require("qwen.extension.reload").all()
    registry.use_settings(ctx.settings)
  end })
  require("qwen.extension.reload").all()
  local settings = assert(Settings.load { cwd = ctx.cwd, trusted = false, opts = {} })
  local chunk, problem = package_environment.load_test(path, require("qwen.extension.catalogue").state.packages,
    function() return settings end)
  if not chunk then return require "qwen.util.err"("usage", problem) end
  local ok, tests = task.limited(5, chunk)
  if not ok then return require "qwen.util.err"("usage", user_modules.words(tests)) end
  if type(tests) ~= "table" then return require "qwen.util.err"("usage", path .. ": a test file returns a table of functions by name") end
  local names = {}
  for name, fn in pairs(tests) do
    if type(fn) == "function" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do told(name, run_one(path, tests[name], settings, fake)) end
end

return M
