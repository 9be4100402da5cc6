-- The server's end of the Model Context Protocol, message by message: what comes back, and in what form.
local t = dofile "tests/check.lua"
local json, task = require "sys.json", require "sys.task"
require "qwen.api"

local META = "io.modelcontextprotocol/"
local GREET = '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"%s",'
  .. '"capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}}'

local function request(id, method, params)
  return json.encode { jsonrpc = "2.0", id = id, method = method, params = params }
end

-- A request of the revision without a greeting.
local function alone(id, method, params, meta)
  params = params or {}
  params._meta = meta or {}
  params._meta[META .. "protocolVersion"] = params._meta[META .. "protocolVersion"] or "2026-07-28"
  params._meta[META .. "clientCapabilities"] = params._meta[META .. "clientCapabilities"] or { elicitation = {} }
  return request(id, method, params)
end

local ended = 0
local function offer()
  return {
    name = "n", logs = true, changes = true,
    tools = function() return { { name = "ask" }, { name = "wait" }, { name = "fail" }, { name = "raise" } } end,
    call = function(name, _, asked)
      if name == "fail" then return nil, qwen.err("broken", "as it says") end
      if name == "raise" then error "a mistake" end
      if name == "wait" then
        local _ <close> = qwen.cleanup(function() ended = ended + 1 end)
        asked:progress(1, 2, "half")
        asked:log("warning", "slow")
        task.sleep(600)
      end
      local answer, e = asked:ask("elicitation/create", { message = "m", requestedSchema = {} })
      if e and e.data then return nil, e end
      return { content = { { type = "text", text = answer and answer.action or e.message } } }
    end,
    resources = function() return {} end, read = function() return nil end,
    complete = function() return { "a" } end,
  }
end

-- Gives a server lines; what it wrote, once everything that can go on has.
local function conversation(lines, more)
  local out, told = {}, {}
  local server = qwen.x.mcp_server.new(more or offer(), function(text) out[#out + 1] = assert(json.decode(text)) end,
    function(_, words) told[#told + 1] = words end)
  for _, line in ipairs(lines) do
    if type(line) == "function" then line = line(out, server) end
    if line then server:receive(line) end
    task.sleep(0)
  end
  return out, told, server
end

local function code(message) return message.error and message.error.code or message.result and "result" or message.method end

-- One line, and the codes of what comes back.
for _, row in ipairs {
  { "garbage", { -32700 } }, { "[]", {} }, { "7", { -32700 } }, { '"x"', { -32700 } }, { "{", { -32700 } },
  { '{"jsonrpc":"2.0","id":null,"method":"ping"}', { -32600 } },
  { '{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}', { -32600 } },
  { '{"jsonrpc":"2.0","id":true,"method":"ping"}', { -32600 } },
  { '{"jsonrpc":"2.0","id":1,"method":7}', { -32600 } },
  { '{"jsonrpc":"2.0","method":"nothing"}', {} }, -- a notification has no answer
  { '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}', {} },
  { '{"jsonrpc":"2.0","id":9,"result":{}}', {} }, -- nobody had asked
  { request(1, "ping"), { "result" } },
  { request(1, "tools/list"), { -32602 } }, -- before the greeting
  { request(1, "no/such"), { -32601 } },
  { alone(1, "prompts/list"), { -32601 } }, -- it offers none
  { request(1, "initialize", {}), { -32602 } },
  { request(1, "server/discover"), { -32602 } }, { alone(1, "initialize"), { -32601 } },
  { "[" .. request(1, "ping") .. "," .. request(2, "ping") .. "]", { "result", "result" } },
  -- Without a greeting.
  { alone(1, "server/discover"), { "result" } }, { alone(1, "tools/list"), { "result" } },
  { alone(1, "ping"), { -32601 } }, { alone(1, "logging/setLevel", { level = "debug" }), { -32601 } },
  { alone(1, "tools/list", nil, { [META .. "protocolVersion"] = "1900-01-01" }), { -32022 } },
  { alone(1, "tools/list", nil, { [META .. "protocolVersion"] = 5 }), { -32022 } },
  { alone(1, "tools/list", nil, { [META .. "clientCapabilities"] = "all" }), { -32602 } },
  { alone(1, "tools/list", nil, { [META .. "logLevel"] = "loud" }), { -32602 } },
  { alone(1, "tools/list", { cursor = "x" }), { -32602 } },
  { alone(1, "tools/call", { name = "none" }), { -32602 } }, { alone(1, "tools/call", {}), { -32602 } },
  { alone(1, "tools/call", { name = "fail", arguments = "x" }), { -32602 } },
  { alone(1, "tools/call", { name = "fail", arguments = json.null }), { "result" } },
  { alone(1, "tools/call", { name = "raise" }), { -32603 } },
  { alone(1, "resources/read", { uri = "x:y" }), { -32602 } }, { alone(1, "resources/read", {}), { -32602 } },
  { alone(1, "completion/complete", {}), { -32602 } },
  { alone(1, "completion/complete", { ref = { type = "ref/prompt" }, argument = { name = "a" } }), { "result" } },
  { alone(1, "subscriptions/listen", {}), { "notifications/subscriptions/acknowledged" } },
} do
  local out = conversation { row[1] }
  local codes = {}
  for i, message in ipairs(out) do codes[i] = code(message) end
  t.eq(codes, row[2], row[1])
end

-- The revision that both have; ours where the client's is unknown. What is behind the greeting may be in the same line.
for _, row in ipairs { { "2024-11-05", "2024-11-05" }, { "2025-03-26", "2025-03-26" }, { "2025-11-25", "2025-11-25" },
  { "2026-07-28", "2025-11-25" }, { "x", "2025-11-25" } } do
  local out = conversation { GREET:format(row[1]), request(1, "tools/list"), request(2, "resources/read", { uri = "x:y" }),
    request(3, "logging/setLevel", { level = "loud" }) }
  t.eq(out[1].result.protocolVersion, row[2], row[1])
  t.eq({ code(out[2]), code(out[3]), code(out[4]) }, { "result", -32002, -32602 }, "after it")
  t.eq(out[2].result.resultType, nil, "fields of the other revision are not sent")
end

-- A name that is in use; a call that is stopped has no answer, and ends.
do
  local wait = request(1, "tools/call", { name = "wait", _meta = { progressToken = "p" } })
  local out = conversation { GREET:format "2025-11-25", wait, request(1, "ping"),
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}', request(1, "ping") }
  local codes = {}
  for i, message in ipairs(out) do codes[i] = code(message) end
  t.eq(codes, { "result", "notifications/progress", "notifications/message", -32600, "result" }, "stopped")
  t.eq(out[2].params, { progressToken = "p", progress = 1, total = 2, message = "half" }, "progress")
  t.eq(ended, 1, "it ended")
end

-- A question to the client: by a request of ours, or by an answer that wants more.
for _, row in ipairs {
  { '"result":{"action":"accept"}', "accept" }, { '"error":{"code":-1,"message":"no"}', "no" },
  { '"result":7', "no result" },
} do
  local out = conversation { GREET:format "2025-06-18", request(5, "tools/call", { name = "ask" }), function(out)
    return ('{"jsonrpc":"2.0","id":%d,%s}'):format(out[2].id, row[1])
  end }
  t.eq({ out[2].method, out[3].id, out[3].result.content[1].text }, { "elicitation/create", 5, row[2] }, row[1])
end
do
  local function again(out, more)
    local params = { name = "ask", requestState = out[1].result.requestState }
    for key, value in pairs(more) do params[key] = value end
    return alone(6, "tools/call", params)
  end
  local ask = alone(5, "tools/call", { name = "ask" })
  local out = conversation { ask, function(sent)
    return again(sent, { inputResponses = { answer = { action = "decline" } } })
  end }
  t.eq({ out[1].id, out[1].result.resultType, out[1].result.inputRequests.answer.method },
    { 5, "input_required", "elicitation/create" }, "wants more")
  t.eq({ out[2].id, out[2].result.resultType, out[2].result.content[1].text }, { 6, "complete", "decline" }, "goes on")
  -- What is missing is asked for again; a state is good once, and for its own method.
  for _, more in ipairs { {}, { inputResponses = {} }, { inputResponses = "x" }, { inputResponses = { answer = 7 } },
    { inputResponses = { other = { action = "accept" } } } } do
    out = conversation { ask, function(sent) return again(sent, more) end, function(sent) return again(sent, {}) end }
    t.eq({ out[2].id, out[2].result.resultType, code(out[3]) }, { 6, "input_required", -32602 }, json.encode(more))
  end
  for _, state in ipairs { "x", 7, true } do
    out = conversation { alone(5, "tools/call", { name = "ask", requestState = state }) }
    t.eq(code(out[1]), -32602, tostring(state))
  end
  -- A client is asked only for what it said that it can.
  out = conversation { alone(5, "tools/call", { name = "ask" }, { [META .. "clientCapabilities"] = { roots = {} } }) }
  t.eq({ code(out[1]), out[1].error.data.requiredCapabilities.elicitation }, { -32021, {} }, "not what it cannot")
end

-- Changes are told to those who asked for them, with the name of their subscription.
do
  local out = conversation { alone(8, "subscriptions/listen", { notifications = { toolsListChanged = true,
    promptsListChanged = true, resourceSubscriptions = json.array { "x:y" } } }), function(_, server)
      server:changed "tools"
      server:changed "x:y"
      server:changed "x:z"
      server:changed "resources"
    end }
  local got = {}
  for i, message in ipairs(out) do
    got[i] = { message.method, message.params._meta[META .. "subscriptionId"], message.params.uri }
  end
  t.eq(got, { { "notifications/subscriptions/acknowledged", 8 }, { "notifications/tools/list_changed", 8 },
    { "notifications/resources/updated", 8, "x:y" } }, "subscriptions")
  t.eq(out[1].params.notifications.promptsListChanged, nil, "there are no prompts")
  out = conversation { GREET:format "2025-11-25", request(1, "resources/subscribe", { uri = "x:y" }), function(_, server)
    server:changed "x:y"
    server:changed "x:z"
    server:changed "tools"
  end, request(2, "resources/unsubscribe", { uri = "x:y" }), function(_, server) server:changed "x:y" end }
  local methods = {}
  for i, message in ipairs(out) do methods[i] = code(message) end
  t.eq(methods, { "result", "result", "notifications/resources/updated", "notifications/tools/list_changed", "result" },
    "of a greeted client")
end

local _, told = conversation { alone(1, "tools/call", { name = "raise" }) }
t.match(told[1], "a mistake", "the author hears of it")
t.done()
