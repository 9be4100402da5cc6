-- The matrix: the real program against the scripted service in every protocol: text, parallel tools, thinking, image, error, cancel, a cut
-- stream, and a limit that is raised. Prints one row a protocol.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"

-- Per protocol: the variables of key and address, the service's words for an answer that was cut by the limit, where the limit stands, and how a
-- request's results, images and returned thinking are found.
local protocols = {
  { name = "openai", key = "OPENAI_API_KEY", url = "OPENAI_BASE_URL", length = "length",
    limit = function(b) return b.max_tokens end, result = '"tool_call_id":"(call_%d)"', image = '"url":"data:image/png;base64,' },
  { name = "openai-responses", key = "OPENAI_API_KEY", url = "OPENAI_BASE_URL", length = "max_output_tokens",
    limit = function(b) return b.max_output_tokens end, result = '"call_id":"(call_%d)","output"', image = '"image_url":"data:image/png;base64,', pdf = '"file_data":"data:application/pdf;base64,',
    thinking = '"encrypted_content":"sig%-fake".*"type":"reasoning"' },
  { name = "anthropic", key = "ANTHROPIC_API_KEY", url = "ANTHROPIC_BASE_URL", length = "max_tokens",
    limit = function(b) return b.max_tokens end, result = '"tool_use_id":"(toolu_%d)"', image = '"media_type":"image/png"', pdf = '"media_type":"application/pdf"',
    thinking = '"signature":"sig%-fake","thinking":"so it is"' },
  { name = "gemini", key = "GEMINI_API_KEY", url = "GOOGLE_GEMINI_BASE_URL", length = "MAX_TOKENS",
    limit = function(b) return b.generationConfig.maxOutputTokens end, result = '"functionResponse":{"id":"(call_%d)"', image = '"mimeType":"image/png"', pdf = '"mimeType":"application/pdf"',
    thinking = '"thoughtSignature":"sig%-fake"' },
}
protocols[5] = setmetatable({ name = "vertex-ai", key = "GOOGLE_API_KEY", url = "GOOGLE_VERTEX_BASE_URL" }, { __index = protocols[4] })

local PIXEL = os.unbase64 "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

local function environment(p, server)
  return { [p.key] = "k", [p.url] = server.url }
end

local function run(p, place, server, ...)
  return program.run(place, { "--auth-type", p.name, "-m", "m", ... }, { env = environment(p, server) })
end

local function sent(server, n)
  local request = server:requests()[n]
  return request and json.encode(request.body) or "no request " .. n
end

local cells = {}

function cells.text(p, place)
  local server <close> = fake.start { { text = { "Hel", "lo é", "\n" }, usage = { prompt_tokens = 7, completion_tokens = 3 } } }
  local r = run(p, place, server, "-o", "json", "hi")
  local events = json.decode(r.out)
  t.eq({ r.code, r.err, events[#events].result }, { 0, "", "Hello é\n" })
  t.eq({ events[#events].usage.input_tokens, events[#events].usage.output_tokens }, { 7, 3 }, "usage")
end

cells["parallel tools"] = function(p, place)
  fs.write(place.cwd .. "/a", "first\n")
  fs.write(place.cwd .. "/b", "second\n")
  local function read(name) return { name = "read_file", arguments = { file_path = place.cwd .. "/" .. name } } end
  local server <close> = fake.start { { text = "I read.", calls = { read "a", read "b" } }, { text = "done" } }
  local r = run(p, place, server, "go")
  t.eq({ r.code, r.out }, { 0, "I read.\ndone\n" }, r.err)
  local words, ids = sent(server, 2), {}
  for id in words:gmatch((p.result:gsub("%%d", "[01]"))) do ids[#ids + 1] = id:sub(-1) end
  t.eq(ids, { "0", "1" }, "each call has its result, in order")
  t.match(words, "first.*second")
end

function cells.thinking(p, place)
  fs.write(place.cwd .. "/a", "first\n")
  local call = { name = "read_file", arguments = { file_path = place.cwd .. "/a" } }
  local server <close> = fake.start { { think = { "so ", "it is" }, calls = { call } }, { text = "done" } }
  local r = run(p, place, server, "-o", "json", "go")
  t.match(r.out, '"thinking":"so it is"')
  t.match(r.out, '"result":"done"')
  if p.thinking then t.match(sent(server, 2), p.thinking, "and goes back") end
  -- Also after the program was started anew.
  local later <close> = fake.start { { text = "again" } }
  r = run(p, place, later, "-c", "more")
  t.eq({ r.code, r.out }, { 0, "again\n" }, r.err)
  if p.thinking then t.match(sent(later, 1), p.thinking, "from the session too") end
end

function cells.image(p, place)
  fs.write(place.cwd .. "/dot.png", PIXEL)
  local call = { name = "read_file", arguments = { file_path = place.cwd .. "/dot.png" } }
  fs.write(place.cwd .. "/page.pdf", "%PDF-1.4\n%%EOF\n")
  local server <close> = fake.start { { calls = { call } }, { text = "a dot" }, { text = "both" } }
  local r = run(p, place, server, "what is it?")
  t.eq({ r.code, r.out }, { 0, "a dot\n" }, r.err)
  local words, bytes = sent(server, 2), "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
  t.match(words, p.image)
  t.ok(words:find(bytes, 1, true), "its bytes")
  r = run(p, place, server, "and @dot.png, @page.pdf?")
  t.eq({ r.code, r.out }, { 0, "both\n" }, r.err)
  words = sent(server, 3)
  t.ok(words:find(p.image) and words:find(bytes, 1, true), "named in the prompt")
  t.eq(words:find "application/pdf;base64" ~= nil or words:find '"application/pdf"' ~= nil, p.pdf ~= nil, "a PDF where the service reads them: " .. words)
  if p.pdf then t.match(words, p.pdf) end
end

function cells.error(p, place)
  local server <close> = fake.start { { status = 400, error = "the body is wrong" }, { status = 503, error = "come back" }, { text = "here" } }
  local r = run(p, place, server, "hi")
  t.eq({ r.code, r.out }, { 1, "" })
  t.match(r.err, "400 the body is wrong")
  r = run(p, place, server, "hi")
  t.eq({ r.code, r.out }, { 0, "here\n" }, "an overload is waited for")
  t.match(r.err, "503 come back")
end

function cells.cancel(p, place)
  local server <close> = fake.start { { text = { "Half", " more" }, fault = "stall", after = "Half" }, { text = "on" } }
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = "dumb" }
  for name, value in pairs(environment(p, server)) do env[name] = value end
  local child <close> = assert(proc.open { argv = { program.binary, "--auth-type", p.name, "-m", "m", "hi" }, cwd = place.cwd, env = env })
  local shown = ""
  while not shown:find "Half" do
    local piece = child:read()
    if not piece then break end
    shown = shown .. piece
  end
  child:kill(2)
  while child:read() do end
  t.eq({ shown:match "Half" or shown, child:wait().code }, { "Half", 130 })
  local r = run(p, place, server, "-c", "go on")
  t.eq({ r.code, r.out }, { 0, "on\n" }, r.err)
  t.match(sent(server, 2), "hi.*Half.*go on", "what came is kept")
  local _, gone = server:requests()
  t.eq(#gone, 1, "the answer was left")
end

cells["cut stream"] = function(p, place)
  local server <close> = fake.start { { text = { "Half", " more", " and", " the", " rest" }, fault = "cut", after = " more" } }
  local r = run(p, place, server, "hi")
  t.eq({ r.code, r.out:match "^Half" }, { 1, "Half" }, "what was shown stays")
  t.match(r.err, "what came of the answer is kept")
end

cells["raised limit"] = function(p, place)
  local server <close> = fake.start { { text = "cut", finish = p.length }, { text = "whole" } }
  local r = run(p, place, server, "-o", "json", "hi")
  local events, asked = json.decode(r.out), server:requests()
  t.eq(events[#events].result, "whole", r.err)
  t.eq({ p.limit(asked[1].body), p.limit(asked[2].body) }, { 8000, 64000 })
end

local columns = { "text", "parallel tools", "thinking", "image", "error", "cancel", "cut stream", "raised limit" }
print("| protocol | " .. table.concat(columns, " | ") .. " |")
print("| --- |" .. (" --- |"):rep(#columns))
for _, p in ipairs(protocols) do
  local row = { p.name }
  for _, column in ipairs(columns) do
    local failed, place = t.failed, program.place { ["~/.qwen/settings.json"] = '{"model":{"generationConfig":{"retryInitialDelayMs":20}}}' }
    local ok, e = pcall(cells[column], p, place)
    t.ok(ok, ("%s, %s: %s"):format(p.name, column, tostring(e)))
    row[#row + 1] = t.failed == failed and "ok" or "FAILED"
    fs.remove_tree(place.root)
  end
  print("| " .. table.concat(row, " | ") .. " |")
end
t.done()
