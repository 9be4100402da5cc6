-- What a tool server that nobody here wrote asks and tells, on each of its transports: forms, pages,
-- folders, requests to the model, tasks, progress, structured answers, texts that change.
require "qwen.api"
local t = dofile "tests/check.lua"
local peers = dofile "tests/peers/peers.lua"
local fs, http, json, task = require "sys.fs", require "sys.http", require "sys.json", require "sys.task"
local proc = require "qwen.util.process"
local wait = dofile "tests/wait.lua"

local installed, reason = peers.has "@modelcontextprotocol/server-everything"
if not installed then
  t.skip("a tool server of other people: " .. reason)
  return t.done()
end
local index = assert(fs.realpath(peers.modules
  .. "@modelcontextprotocol/server-everything/dist/index.js"))

local jobs = task.queue()
local runner = task.spawn(function()
  while true do task.spawn(jobs:get()) end
end)

-- A session with one person, whose answers are in `say`, by the header of the question.
local asked, reports, told, say = {}, {}, {}, {}
local function new_ctx(entry, person)
  local ctx = { cwd = fs.cwd(), folders = { "/tmp/other folder" }, transport = http.open,
    notice = function(words) told[#told + 1] = words end, interactive = person,
    background = function(fn) jobs:put(fn) end,
    tell_next = function(words) told[#told + 1] = words end,
    progress = function(words) reports[#reports + 1] = words end,
    settings = { get = function(_, key) return key == "mcpServers" and { it = entry } or nil end,
      env = function() end } }
  if not person then return ctx end
  function ctx.questions(pages)
    local answers = {}
    for i, page in ipairs(pages) do
      asked[#asked + 1] = page.question
      answers[i] = say[page.header] ~= nil and { say[page.header] } or false
    end
    if say.leave then return nil end
    return answers
  end
  function ctx.ask(question)
    asked[#asked + 1] = question.title .. "\n" .. question.detail
    return say.model or "n"
  end
  return ctx
end

local hook = dofile "lua/hooks/mcp.lua"
local function session(entry, person)
  asked, reports, told, say = {}, {}, {}, {}
  local ctx = new_ctx(entry, person ~= false)
  qwen.x.registry.scan { safe = true }
  hook.session_started(ctx)
  ctx.starting[1]:get()
  return ctx, ctx.servers.it
end

local function call(ctx, name, args, answers)
  asked, reports, say = {}, {}, answers or {}
  local tool = assert(qwen.x.registry.get("tools", "mcp__it__" .. name))
  local result, e = tool.run(ctx, args or {})
  return result and result.text or tostring(e)
end

local PAGE = { url = "https://example.org/a?b=c", message = "[here](https://evil.test)" }
local DONE = "I have opened it and am done"

local function play(how, entry)
  local ctx, server = session(entry)
  if not t.eq({ server.state, server.problem }, { "ready" }, how .. ": started") then return end
  t.match(server.instructions, "its words, not the user's", how .. ": instructions are marked")

  local text = call(ctx, "trigger-elicitation-request", nil, { String = "Ada" })
  t.match(text, "Ada", how .. ": an answer arrives")
  t.match(text, "It was a dark and stormy night", how .. ": so do defaults")
  t.ok(#asked > 5, how .. ": each field is a page")
  text = call(ctx, "trigger-elicitation-request", nil, { leave = true })
  t.match(text, "decline", how .. ": it can be left")

  text = call(ctx, "trigger-url-elicitation", PAGE, { it = DONE })
  t.match(text, "accept", how .. ": a page")
  t.match(asked[1], "a page of example%.org in your browser", how .. ": its host")
  t.match(asked[1], "````\nhttps://example%.org/a%?b=c\n````", how .. ": its address, as it is")
  text = call(ctx, "trigger-url-elicitation", PAGE, { it = "Decline" })
  t.match(text, "decline", how .. ": a page that is not opened")
  t.match(call(ctx, "trigger-url-elicitation", { url = "javascript:alert(1)", message = "x" },
    { it = DONE }), "decline", how .. ": what is no page")
  t.eq(asked, {}, how .. ": is not asked")
  local first = { url = PAGE.url, message = "first", errorPath = true, elicitationId = how }
  call(ctx, "trigger-url-elicitation", first, { it = DONE })
  t.ok(#asked >= 1, how .. ": a page that is wanted by an error")

  text = call(ctx, "get-roots-list")
  t.match(text, "file://.*file:///tmp/other%%20folder", how .. ": folders")

  text = call(ctx, "trigger-sampling-request", { prompt = "how many?", maxTokens = 10 })
  t.match(asked[1], "wants to ask the model.*how many%?", how .. ": a request to the model")
  t.match(text, "declined", how .. ": which the user declines")

  text = call(ctx, "simulate-research-query", { topic = "python", ambiguous = true },
    { Clarification = "Programming language" })
  t.match(text, "python", how .. ": the result of a task")
  t.ok(#reports > 0, how .. ": what a task is at")

  call(ctx, "trigger-long-running-operation", { duration = 0.4, steps = 4 })
  t.eq(reports, { "25%\n", "50%\n", "75%\n", "100%\n" }, how .. ": progress")
  t.match(call(ctx, "get-structured-content", { location = "Chicago" }), "Light rain",
    how .. ": a structured answer")

  t.ok(#server.client:resources() > 1 and #server.client:templates() > 1, how .. ": texts")
  local values = server.client:complete({ type = "ref/prompt", name = "completable-prompt" },
    "department", "E")
  t.eq(values, { "Engineering" }, how .. ": completion")
  local uri = server.client:resources()[1].uri
  server.client:subscribe(uri)
  call(ctx, "toggle-subscriber-updates")
  t.ok(wait.until_true(function()
    for _, words in ipairs(told) do if words:find(uri, 1, true) then return true end end
  end), how .. ": a text that changes")
  call(ctx, "toggle-subscriber-updates")
  hook.session_ended(ctx)
end

play("stdio", { command = peers.node, args = json.array { index, "stdio" } })

-- Gives fn the address of the server by HTTP.
local function far(kind, path)
  local listener = assert(require("sys.listen").open { ports = { 0 }, path = "/" })
  local port = listener:port()
  listener:close()
  local server <close> = assert(proc.open { argv = { peers.node, index, kind },
    env = { PATH = os.getenv "PATH", PORT = tostring(port) }, stdin = "pipe" })
  local said = ""
  while not said:find "listening on port" and not said:find "is running on port" do
    local chunk = server:read()
    if not chunk then break end
    said = said .. chunk
  end
  play(kind, { type = kind == "sse" and "sse" or "http",
    url = ("http://127.0.0.1:%d/%s"):format(port, path), discoveryTimeoutMs = 30000 })
  while kind == "streamableHttp" and not said:find "session termination request" do
    local chunk = server:read()
    if not t.ok(chunk, "the session is ended at the server") then break end
    said = said .. chunk
  end
end
far("streamableHttp", "mcp")
far("sse", "sse")

-- Where nobody can answer nothing is asked of anybody.
do
  local ctx, server = session({ command = peers.node, args = json.array { index, "stdio" } }, false)
  local names = table.concat(server.tools, " ")
  t.match(names, "mcp__it__get%-roots%-list", "without a person: what needs none is offered")
  t.ok(not names:find "elicitation" and not names:find "sampling", "what needs one is not")
  hook.session_ended(ctx)
end

runner:cancel()
t.done()
