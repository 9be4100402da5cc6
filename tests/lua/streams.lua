-- Answers as services really send them (tests/cases/streams): each protocol, each form of error, wrong content types, junk behind the end.
-- Every case is asked for whole and byte by byte; its first answer is decoded cut in two at every byte, which must not matter.
require "qwen.api"
local t = dofile "tests/check.lua"
local Reply = require "qwen.agent.reply"
local client = require "qwen.provider.client"
local fs = require "sys.fs"
local make_stream = require "qwen.net.stream"
local vendors = require "qwen.model.provider_of"

require("qwen.extension.registry").scan { safe = true }

local URL = "https://api.test/v1"

-- The pieces of a body: "whole", "bytes", or the number of bytes of the first of two.
local function pieces_of(body, cut)
  if cut == "whole" then return { body } end
  if cut ~= "bytes" then return { body:sub(1, cut), body:sub(cut + 1) } end
  local out = {}
  for c in body:gmatch "." do out[#out + 1] = c end
  return out
end

local function stream_of(answer, cut, url)
  local pieces, at = pieces_of(answer.body, cut), 0
  return make_stream { status = answer.status, headers = { ["content-type"] = answer.type }, url = url, close = function() end,
    read = function()
      at = at + 1
      while pieces[at] == "" do at = at + 1 end
      return pieces[at]
    end }
end

local function model_and_view(case)
  local tools = {}
  for name in (case.tools or ""):gmatch "[^,]+" do tools[#tools + 1] = { name = name, description = name, schema = '{"type":"object"}' } end
  return { id = case.model or "m", name = "m", provider = case.protocol, base_url = case.url or URL, from = "here",
    config = { textToolCalls = case.calls, thinkTags = case.tags }, key = qwen.secret.new("k", "sk-0123456789abcdef", { "https://api.test" }) },
    { system = "", messages = {}, tools = tools }
end

-- Asks as the program does: an answer that fails may be asked for again.
local function ask(case, cut)
  local asked = 0
  local function transport(request)
    asked = asked + 1
    return stream_of(case.answers[asked] or { body = "", status = 500 }, cut, request.url)
  end
  local at = 0
  local clock = { now = function() return at end, sleep = function(seconds) at = at + seconds end }
  local ctx = { opts = { replay = "played" }, transport = transport, clock = clock, user_agent = "test", fallbacks = {}, shows = { text = true, think = true },
    settings = { env = function() end }, waiting = function() end, listens = function() return false end, emit = function(_, value) return value end }
  local reply, model, view = Reply.new "m", model_and_view(case)
  local stream <close> = client.open(ctx, model, view)
  for delta in stream.next do reply:add(delta) end
  return reply:message(), asked
end

-- Decodes the first answer.
local function decode(case, cut)
  local reply, out, model, view = Reply.new "m", {}, model_and_view(case)
  local stream = stream_of(case.answers[1], cut, URL)
  local read, run = vendors.of(model).decoder(model, view)
  local function take(...)
    read(...)
    for i = 1, #out do
      reply:add(out[i])
      out[i] = nil
    end
  end
  repeat
    local data, name = stream:event()
    if not data and name then reply:add { type = "error", err = name } break end
    take(data, name, out)
    if data and run.over then take(nil, nil, out) end
  until not data or run.over
  return reply:message(), 1
end

-- What came of it, a line each.
local function lines_of(m, asked)
  local out = {}
  for _, part in ipairs(m.parts) do
    out[#out + 1] = part.type == "call" and ("call %s %s"):format(part.name, part.args) or part.type .. " " .. part.text:gsub("\n", "\\n")
  end
  out[#out + 1] = m.err and ("error %s %s"):format(m.err.kind, m.err.code or "-") or ("stop %s %s"):format(m.stop, m.word or "-")
  if m.usage then out[#out + 1] = ("usage %s %s"):format(m.usage.input or "-", m.usage.output or "-") end
  if asked > 1 then out[#out + 1] = "asked " .. asked end
  return table.concat(out, "\n") .. "\n"
end

-- A case: a line "PROTOCOL name=value ...", then bodies; a line "=== name=value ..." begins the next answer.
local function read_case(text)
  local first, rest = text:match "^([^\n]*)\n(.*)$"
  local case = { protocol = first:match "^%S+", answers = {} }
  for name, value in first:gmatch "(%w+)=(%S+)" do case[name] = value end
  for _, name in ipairs { "calls", "tags" } do
    if case[name] then case[name] = case[name] == "yes" end
  end
  for part in (rest .. "\n==="):gmatch "(.-)\n===" do
    local options, body = part:match "^ ([^\n]*)\n(.*)$"
    local answer = { body = body or part, type = case.type or "text/event-stream", status = tonumber(case.status) or 200 }
    for name, value in (options or ""):gmatch "(%w+)=(%S+)" do answer[name] = name == "status" and tonumber(value) or value end
    if answer.type == "none" then answer.type = nil end
    case.answers[#case.answers + 1] = answer
  end
  return case
end

local folder, seen, MOST_CUTS = "tests/cases/streams", 0, 1500
for _, entry in ipairs(assert(fs.list(folder))) do
  local name = entry.name:match "^(.*)%.in$"
  if name then
    seen = seen + 1
    local case, want = read_case(assert(fs.read(folder .. "/" .. entry.name))), fs.read(folder .. "/" .. name .. ".want")
    if t.eq(lines_of(ask(case, "whole")), want, name) and t.eq(lines_of(ask(case, "bytes")), want, name .. ", byte by byte") then
      local whole = lines_of(decode(case, "whole"))
      for cut = 1, math.min(#case.answers[1].body, MOST_CUTS) do
        if not t.eq(lines_of(decode(case, cut)), whole, ("%s, cut at %d"):format(name, cut)) then break end
      end
    end
  end
end
t.ok(seen > 40, seen .. " cases")
t.done()
