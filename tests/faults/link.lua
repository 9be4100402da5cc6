-- An impaired link (tests/fake/link.py) before each service: what becomes of each fault there. The
-- table of fault and place is printed, and stands in docs/reliability.md.
require "qwen.api"
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local links = dofile "tests/fake/link.lua"
local Reply = require "qwen.agent.reply"
local client = require "qwen.provider.client"
local fs = require "sys.fs"
local http = require "sys.http"
local mcp = require "qwen.extension.mcp.client"
local oauth = require "qwen.auth.oauth"
local os = require "sys.os"
local proc = require "sys.proc"
local remote_list = require "qwen.model.remote_list"
local task = require "sys.task"

require("qwen.extension.registry").scan { safe = true }

local LIMIT = 2 -- seconds without a byte, in place of minutes
local PAUSE = os.env "QWEN_LONG" and "30" or "0.5"
local PIECES = { "alpha ", "beta ", "gamma ", "omega" }
local SECRET = "sk-0123456789abcdef"

local BEHIND = "\\r\\n\\r\\n" -- the head

-- A fault, and what of the answer has come before; the words are those of the table.
local FAULTS = {
  { "lost", "", "reset, and the request did not arrive" },
  { "reset", "", "reset before the answer" },
  { "reset", "HTTP/1.1 2", "reset in the head" },
  { "reset", BEHIND, "reset behind the head" },
  { "reset", "MARK", "reset in the body" },
  { "hang-up", "", "closed before the answer" },
  { "hang-up", "HTTP/1.1 2", "closed in the head" },
  { "hang-up", BEHIND, "closed behind the head" },
  { "hang-up", "MARK", "closed in the body (a chunk that is cut)" },
  { "silence", "", "half-open before the answer" },
  { "silence", "HTTP/1.1 2", "half-open in the head" },
  { "silence", BEHIND, "half-open behind the head" },
  { "silence", "MARK", "half-open in the body" },
  { "pause", "MARK", "dead for 30 s in the body" },
  { "pause", "HTTP/1.1 2", "dead for 30 s in the head" },
  { "slow", "", "20 kB/s" },
  { "drip", "", "a byte at a time" },
  { "late", "", "the end of the connection never comes" },
}

-- What a user's limits of minutes are here: `limit` seconds without a byte.
local function context(limit)
  local function send(request)
    request.first_timeout, request.idle_timeout = limit, limit
    if (request.total_timeout or 0) > 0 then request.total_timeout = limit end
    return http.open(request)
  end
  local at = 0
  local clock = { now = function() return at end, sleep = function(seconds) at = at + seconds end }
  local function nothing() end
  return { opts = { replay = "played" }, transport = send, user_agent = "test", fallbacks = {},
    shows = { text = true }, clock = clock, settings = { env = nothing, get = nothing },
    waiting = nothing, notice = nothing, listens = function() return false end,
    emit = function(_, value) return value end, background = task.spawn }
end

local function model_of(link, provider)
  return { id = "m", name = "m", provider = provider, base_url = link.url .. "/v1", from = "here",
    config = {}, key = qwen.secret.new("k", SECRET, { link.url }) }
end

-- Places: `ask` gives what came and an error, after `prepare` where it needs that. `mark` stands in
-- the middle of the answer, `text` in the request that is meant.
local places = {}

local function stream_place(name, provider, framing)
  local place = { name = name, kind = "stream", mark = "gamma" }
  place.answers = { { text = PIECES, times = 0, framing = framing } }
  function place.ask(link, limit)
    local reply, model = Reply.new "m", model_of(link, provider)
    local view = { system = "", messages = {}, tools = {} }
    local answer <close> = client.open(context(limit), model, view)
    for delta in answer.next do reply:add(delta) end
    local m = reply:message()
    local text = m.parts[1] and m.parts[1].text or ""
    return text == table.concat(PIECES) and "whole" or text ~= "" and "a part", m.err
  end
  places[#places + 1] = place
end
for _, name in ipairs { "openai", "anthropic", "gemini", "openai-responses" } do
  stream_place(name, name)
end
stream_place("without a length", "openai", "close")

local MODELS = { data = { { id = "a" }, { id = "b" }, { id = "c" } } }
places[#places + 1] = { name = "list", mark = '"b"', answers = { { json = MODELS, times = 0 } },
  ask = function(link, limit)
    local list, e = remote_list.ask(context(limit), model_of(link, "openai"),
      { failure = function() end }, { url = link.url .. "/v1/models",
        list = function(answer) return answer.data end, item = function(item) return item end })
    return list and #list == 3 and "whole" or list and "a part", e
  end }

places[#places + 1] = { name = "tool", mark = "content", text = "tools/call",
  server = { "tests/fake/mcp.py", "--http" },
  prepare = function(link, limit)
    return assert(mcp.connect(context(limit), "s", { httpUrl = link.url .. "/mcp",
      timeout = limit * 1000, discoveryTimeoutMs = 60000,
      headers = { Authorization = "Bearer mcp-secret-value" } }))
  end,
  ask = function(_, _, server)
    local result, e = server:call("echo", { text = "x" })
    return result and "whole", e
  end }

places[#places + 1] = { name = "renewal", mark = "access_token", text = "refresh_token=",
  server = { "tests/fake/tokens.py" },
  ask = function(link, limit, _, spent)
    local refresh = ("rt-%d-0123456789abcdef"):format(spent)
    local old = { refresh = qwen.secret.new("t", refresh, { link.url }) }
    local method = { ctx = context(limit), title = "T", name = "t", client_id = "c",
      token_url = link.url .. "/token" }
    local record, e = oauth.refresh(method, old)
    return record and "whole", e
  end }

local function start(place)
  if place.answers then return fake.start(place.answers) end
  local argv = { "python3", table.unpack(place.server) }
  local process = assert(proc.open { argv = argv, stdin = "pipe", stderr = "null" })
  local port = tonumber((process:read() or ""):match "PORT (%d+)")
  return setmetatable({ port = port }, { __close = function() process:close() end })
end

-- All faults at one place, one after the other, as words.
local function play(place)
  local out, spent = {}, 0
  local server <close> = start(place)
  local link <close> = links.start(server.port, { LINK_PAUSE = PAUSE, PATH = os.env "PATH" })
  for i, fault in ipairs(FAULTS) do
    local limit = fault[1] == "pause" and 60 or LIMIT
    local ready = place.prepare and place.prepare(link, limit)
    link:fault(fault[1], fault[2] == "MARK" and place.mark or fault[2], place.text)
    local what, e = place.ask(link, limit, ready, spent)
    local asked = link:count()
    spent = spent + asked
    local words = { what or nil }
    if asked > 1 then words[#words + 1] = ("sent %d times"):format(asked) end
    if e then words[#words + 1] = ("error `%s`"):format(e.kind) end
    out[i] = table.concat(words, ", ")
  end
  return out
end

local work, found = {}, {}
for i, place in ipairs(places) do work[i] = task.spawn(play, place) end
for i, one in ipairs(work) do
  local ok, out = one:join()
  t.ok(ok, ("%s: %s"):format(places[i].name, tostring(out)))
  found[places[i].name] = ok and out or {}
end

-- The table of the documentation, made of what was found.
local doc = assert(fs.read "docs/reliability.md")
for i, fault in ipairs(FAULTS) do
  for _, place in ipairs(places) do
    local same = place.kind ~= "stream" or found[place.name][i] == found.openai[i]
    t.ok(same, place.name .. ": " .. fault[3])
  end
  local row = ("| %s | %s | %s | %s | %s |"):format(fault[3], found.openai[i], found.list[i],
    found.tool[i], found.renewal[i])
  io.write(row, "\n")
  t.ok(doc:find(row, 1, true), "docs/reliability.md has this row: " .. row)
end
t.done()
