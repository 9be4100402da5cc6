-- The scripted server itself, asked with curl: answers in order, faults where the script puts them, and a log of what was asked.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local wait = dofile "tests/wait.lua"
local fs = require "sys.fs"
local proc = require "qwen.util.process"

local function curl(...)
  return assert(proc.run { argv = { "curl", "-sS", ... } })
end

do
  local server <close> = fake.start {
    { text = { "Hel", "lo" } },
    { calls = { { name = "read_file", arguments = { path = "a" } } } },
    { status = 429, headers = { ["retry-after"] = "7" }, json = { error = { message = "slow down" } } },
    { path = "/models", json = { data = {} }, times = 0 },
  }
  local chat = server.url .. "/chat/completions"
  local r = curl("-d", '{"model":"m"}', "-H", "authorization: Bearer k", chat)
  t.match(r.out, '"content":"Hel".*"content":"lo".*"finish_reason":"stop".*data: %[DONE%]\n\n$', "text")
  t.match(curl("-d", "{}", chat).out, '"name":"read_file".*"finish_reason":"tool_calls"', "calls")
  r = curl("-i", "-d", "{}", chat)
  t.match(r.out, "^HTTP/1.1 429.*retry%-after: 7.*slow down", "status and headers")
  t.match(curl("-w", "%{http_code}", server.url .. "/models").out, "200$", "an answer for one path")
  t.match(curl("-w", "%{http_code}", server.url .. "/models").out, "200$", "again and again")
  t.match(curl("-w", "%{http_code}", "-d", "{}", chat).out, "500$", "the end of the script")
  local asked = server:requests()
  t.eq(#asked, 6, "log")
  t.eq(asked[1].body, { model = "m" }, "logged body")
  t.eq(asked[1].headers.authorization, "Bearer k", "logged header")
  t.eq({ asked[1].method, asked[4].method, asked[4].path }, { "POST", "GET", "/v1/models" }, "logged method and path")
end

do -- recordings come over byte for byte
  local answers, want, argv = {}, {}, { "curl", "-sS" }
  for _, root in ipairs { "tests/cases/wire/", "../shared/wire/" } do -- ours, and recordings of services where they are beside the repository
    for _, folder in ipairs(fs.list(root) or {}) do
      for _, entry in ipairs(folder.type == "dir" and fs.list(root .. folder.name) or {}) do
        if entry.name:find "%.sse$" then
          local path = root .. folder.name .. "/" .. entry.name
          answers[#answers + 1], want[#want + 1] = { sse = path }, fs.read(path)
        end
      end
    end
  end
  t.ok(#answers > 0, "there are recordings")
  local server <close> = fake.start(answers)
  for _ = 1, #answers do argv[#argv + 1] = server.url end
  t.ok(proc.run({ argv = argv }).out == table.concat(want), #answers .. " recordings")
end

do
  local body = ("x"):rep(100)
  local server <close> = fake.start {
    { body = body, fault = "cut", after = 10 },
    { body = body, fault = "reset", after = 10 },
    { fault = "reset" },
    { raw = "garbage\r\n" },
    { body = body, slow = { 30, 0.01 }, framing = "chunked" },
    { body = body, framing = "close", fault = "cut", after = 40 },
    { body = body, gzip = true },
    { body = body, fault = "stall", after = 20, times = 0 },
  }
  local r = curl(server.url)
  t.eq({ r.code, #r.out }, { 18, 10 }, "cut")
  t.eq(curl(server.url).code, 56, "reset in the body")
  t.eq(curl(server.url).code, 56, "reset before the answer")
  t.eq(curl(server.url).code, 1, "garbage")
  t.eq(curl(server.url).out, body, "slow")
  r = curl(server.url)
  t.eq({ r.code, #r.out }, { 0, 40 }, "cut without a length is an end")
  t.eq(curl("--compressed", server.url).out, body, "gzip")
  r = wait.with_limit(function(limit)
    local cut = curl("--max-time", tostring(limit), server.url)
    return cut.out ~= "" and cut
  end)
  t.eq({ r.code, #r.out }, { 28, 20 }, "stall")
  t.ok(wait.until_true(function() return #select(2, server:requests()) > 0 end), "the server notices that the client left")
end

do
  local server <close> = fake.start { { loop = { turns = 1, call = { name = "glob", arguments = "{}" }, deltas = 1000 }, times = 0 } }
  t.match(curl("-d", '{"messages":[]}', server.url).out, '"name":"glob"', "loop asks for a tool")
  local _, n = curl("-d", '{"messages":[{"role":"tool"}]}', server.url).out:gsub('"content":"word%d+ "', "")
  t.eq(n, 1000, "loop then talks")
end

t.done()
