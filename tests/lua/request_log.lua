-- The log of requests: a private file each, what was sent and what came, nothing secret; a folder that cannot be used is said.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local function logs(folder)
  local out = {}
  for _, entry in ipairs(fs.list(folder) or {}) do
    local path = folder .. "/" .. entry.name
    out[#out + 1] = { name = entry.name, mode = fs.stat(path).mode, text = fs.read(path), value = json.decode(fs.read(path)) }
  end
  return out
end

local KEY = "sk-live-0123456789abcdef"
local place = program.place()
local server <close> = fake.start {
  { status = 400, headers = { ["set-cookie"] = "session=abc" }, json = { error = { message = "your key " .. KEY .. " is odd" } } },
  { text = { "Hel", "lo" } },
  { text = { "half an", " answer" }, fault = "cut", after = 700 },
  { text = "quiet" },
}
local function ask(...)
  return program.run(place, { "-p", "hi", "--openai-base-url", server.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = KEY } })
end

ask "--openai-logging"
local all = logs(place.cwd .. "/logs/openai")
t.eq(#all, 1, "one file")
t.match(all[1].name, "^openai%-%d%d%d%d%-%d%d%-%d%dT%d%d%-%d%d%-%d%d%.%d%d%dZ%-%x+%.json$", "its name")
t.eq(all[1].mode, 384, "private")
local entry = all[1].value
t.eq({ entry.request.method, entry.request.url, entry.request.body.model }, { "POST", server.url .. "/chat/completions", "m" }, "what was sent")
t.eq({ entry.response.status, entry.response.headers["set-cookie"] }, { 400, "<removed>" }, "what came")
t.match(entry.response.body.error.message, "^your key <secret [^>]+> is odd$", "a body that is JSON stays JSON")
t.eq(entry.request.headers.Authorization, "Bearer <secret OPENAI_API_KEY>", "a secret is its name")
t.ok(not all[1].text:find(KEY, 1, true), "the key is nowhere in it")

t.eq(ask("--openai-logging", "--openai-logging-dir", "elsewhere").out, "Hello\n", "the answer is as ever")
all = logs(place.cwd .. "/elsewhere")
t.match(all[1].value.response.body, '"content":"Hel".*"content":"lo".*data: %[DONE%]', "a stream as it came")
t.ok(all[1].value.ms >= 0 and not all[1].value.error, "how long it took")
ask("--openai-logging", "--openai-logging-dir", "cut")
t.eq(logs(place.cwd .. "/cut")[1].value.error.kind, "network", "how it broke")

fs.mkdir(place.home .. "/.qwen")
fs.write(place.home .. "/.qwen/settings.json", '{"model":{"enableOpenAILogging":true,"openAILoggingDir":"~/logs"}}')
ask()
t.eq(#logs(place.home .. "/logs"), 1, "by settings")
fs.write(place.cwd .. "/file", "x")
local r = ask("--openai-logging-dir", "file/x")
t.eq(r.code, 2, "a folder that cannot be made")
t.match(r.err, "file", "and which")
r = program.run(place, { "-p", "hi", "--openai-base-url", "http://127.0.0.1:1/v1", "-m", "m", "--openai-logging-dir", "none" })
t.eq({ logs(place.cwd .. "/none")[1].value.error.code }, { "ECONNREFUSED" }, "no answer at all")
t.eq(r.code, 1)

t.done()
