-- Every recipe of docs/cookbook.md, saved under its name and tried in a run of the program.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local proc = require "qwen.util.process"

local recipes, order = {}, {}
for path, code in assert(fs.read "docs/cookbook.md"):gmatch "\n`(~/%.qwen/[^`\n]+)`\n\n```lua\n(.-)```\n" do
  recipes[path:match "([^/]+)%.lua$"] = { path = path, code = code }
  order[#order + 1] = path:match "([^/]+)%.lua$"
end
local _, headings = fs.read("docs/cookbook.md"):gsub("\n## ", "")
t.eq(#order, headings, "each heading has a file")

-- A place with the recipe in it, and a repository.
local function place_of(name, settings, files)
  local all = { [recipes[name].path] = recipes[name].code, ["~/.qwen/settings.json"] = settings and json.encode(settings) or nil }
  for path, text in pairs(files or {}) do all[path] = text end
  local place = program.place(all)
  assert(proc.run { argv = { "git", "init", "-q", "-b", "main" }, cwd = place.cwd })
  return place
end

-- Runs a prompt against answers; gives the result, what was asked, and the last message that was sent.
local function ask(place, answers, ...)
  local server <close> = fake.start(answers)
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = "key-0123456789" } })
  local asked = server:requests()
  for _, request in ipairs(asked) do -- without what we say of the folder ourselves
    for _, message in ipairs(request.body.messages) do
      if type(message.content) == "string" then
        message.content = message.content:gsub("^%[qwen%] git status at the start: [^\n]*\n\n", "")
      end
    end
  end
  local messages = asked[#asked] and asked[#asked].body.messages or {}
  return r, asked, messages[#messages] and messages[#messages].content or ""
end

local function shell(command) return { calls = { { name = "run_shell_command", arguments = { command = command } } } } end
local ok = { text = "ok", times = 0 }

local try = {}

try["no-main"] = function(place)
  local _, _, last = ask(place, { shell "git commit -m x", ok }, "-y", "hi")
  t.eq(last, "Blocked: main is protected here; make a branch first")
  assert(proc.run { argv = { "git", "symbolic-ref", "HEAD", "refs/heads/other" }, cwd = place.cwd })
  _, _, last = ask(place, { shell "git commit -m x", ok }, "-y", "hi")
  t.ok(not last:find "Blocked", last)
end

try.format = function()
  local place = place_of("format", { lua = { ["hooks/format"] = { programs = { txt = "sed -i s/a/b/" } } } })
  ask(place, { { calls = { { name = "write_file", arguments = { file_path = place.cwd .. "/f.txt", content = "a\n" } } } }, ok }, "-y", "hi")
  t.eq(fs.read(place.cwd .. "/f.txt"), "b\n")
end

try["ask-rm"] = function(place)
  local _, _, last = ask(place, { shell "cd / && rm -f nosuch", ok }, "-y", "hi")
  t.match(last, "^Refused: .*it removes files")
end

try.redact = function(place)
  local _, asked = ask(place, { ok }, "what does Acme owe Umbrella?")
  t.eq(asked[1].body.messages[2].content, "what does CUSTOMER1 owe CUSTOMER2?")
end

try.cap = function()
  local place = place_of("cap", { lua = { ["hooks/cap"] = { tokens = 10 } } })
  t.eq(ask(place, { ok }, "hi").code, 0)
  t.match(ask(place, { ok }, "hi").err, "15 tokens were used today; the cap is 10")
end

try.tell = function()
  local chat <close> = fake.start { { json = {}, times = 0 } }
  ask(place_of("tell", { lua = { ["hooks/tell"] = { url = chat.url .. "/in" } } }), { { text = "the answer" } }, "hi")
  t.eq((chat:requests())[1].body, { text = "project: the answer" })
end

try.query_database = function(place)
  local path = place.cwd .. "/d.sqlite"
  assert(proc.run { argv = { "python3", "-c", "import sqlite3,sys;d=sqlite3.connect(sys.argv[1]);d.execute('create table a(x)');d.execute('insert into a values(7)');d.commit()", path } })
  local function query(sql) return { calls = { { name = "query_database", arguments = { file_path = path, sql = sql } } } } end
  local _, asked = ask(place, { query "select x from a", query "delete from a", query "select nosuch", ok }, "hi")
  local messages = asked[4].body.messages
  t.eq({ messages[4].content, (messages[6].content:match "readonly database"), messages[8].content:match "no such column" }, { '[{"x": 7}]\n', "readonly database", "no such column" })
end

try.small = function(place)
  local r, asked = ask(place, { { text = "42" } }, "/small what is it?")
  t.eq({ r.out, asked[1].body.messages[#asked[1].body.messages].content }, { "42\n", "what is it?" }, r.err)
end

try.company = function()
  local server <close> = fake.start { { path = "/llm/v2/chat", text = "from the gateway" } }
  local place = place_of("company", { modelProviders = { company = json.array { { id = "m", envKey = "K", baseUrl = server.url } } },
    security = { auth = { selectedType = "company" } }, model = { name = "m" } })
  local r = program.run(place, { "hi" }, { env = { K = "key-0123456789" } })
  t.eq(r.out, "from the gateway\n", r.err)
  t.eq((server:requests())[1].headers["x-cost-centre"], "4711")
end

try["tests-pass"] = function()
  local place = place_of("tests-pass", { lua = { ["hooks/tests-pass"] = { command = "grep -q right a.txt" } } })
  local function write(text) return { calls = { { name = "write_file", arguments = { file_path = place.cwd .. "/a.txt", content = text } } } } end
  local _, asked = ask(place, { write "wrong\n", { text = "done" }, write "right\n", { text = "really done" } }, "-y", "hi")
  t.eq(#asked, 4, "sent on once")
  t.match(asked[3].body.messages[6].content, "^`grep %-q right a.txt` fails")
end

try.house = function(place)
  local _, asked = ask(place, { ok }, "hi")
  t.match(asked[1].body.messages[1].content, "at most 40 lines%.$")
end

try.branch = function(place)
  local _, asked = ask(place, { ok }, "hi")
  t.match(asked[1].body.messages[2].content, "^hi\n\n## No commits yet on main")
end

try["short-results"] = function(place)
  local _, _, last = ask(place, { shell "seq 10000", ok }, "-y", "hi")
  t.ok(#last < 8200 and last:find "left out", #last)
end

try["no-keys"] = function(place)
  fs.write(place.cwd .. "/server.pem", "x")
  local _, _, last = ask(place, { { calls = { { name = "read_file", arguments = { file_path = place.cwd .. "/server.pem" } } } }, ok }, "hi")
  t.eq(last, "Blocked: that file holds keys")
end

try["allow-tests"] = function(place)
  local _, _, last = ask(place, { shell "make test", ok }, "hi")
  t.ok(not last:find "^Refused", last)
  _, _, last = ask(place, { shell "make install", ok }, "hi")
  t.match(last, "^Refused")
end

try.record = function(place)
  ask(place, { shell "true", ok }, "-y", "hi")
  local line = json.decode(fs.read(place.home .. "/.qwen/calls.jsonl"))
  t.eq({ line.tool, line.failed }, { "run_shell_command", false })
end

try.remind = function(place)
  fs.mkdir(place.home .. "/.qwen/tests")
  fs.write(place.home .. "/.qwen/tests/remind_test.lua", [[return { ["reminds"] = function(t)
    t:eq(t:command("remind", "5", "tea", "is", "ready").out, "in 5 minutes")
    t.clock.advance(299)
    t:eq(#t.notices, 0)
    t.clock.advance(1)
    t:eq(t.notices[1], "tea is ready")
  end }]])
  local r = program.run(place, { "test" })
  t.match(r.out, "1 passed, 0 failed", r.out)
end

try.standup = function(place)
  assert(proc.run { argv = { "git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "mended the roof" }, cwd = place.cwd })
  local _, asked = ask(place, { ok }, "/standup")
  t.match(asked[1].body.messages[2].content, "^Say in three lines what was done:\n%x+ mended the roof")
end

try.busy = function()
  local other <close> = fake.start { { text = "from the other" } }
  local place = place_of("busy", { lua = { ["hooks/busy"] = { model = "other" } }, model = { name = "one" }, security = { auth = { selectedType = "openai" } },
    modelProviders = { openai = json.array { { id = "one", envKey = "K", baseUrl = other.url:gsub("/v1$", "/busy") }, { id = "other", envKey = "K", baseUrl = other.url } } } })
  fs.write(place.home .. "/.qwen/settings.json", (fs.read(place.home .. "/.qwen/settings.json")))
  local busy <close> = fake.start { { status = 503, headers = { ["retry-after"] = "0" }, json = {}, times = 0 } }
  local text = fs.read(place.home .. "/.qwen/settings.json"):gsub((other.url:gsub("/v1$", "/busy"):gsub("%W", "%%%0")), busy.url)
  fs.write(place.home .. "/.qwen/settings.json", text)
  local r = program.run(place, { "hi" }, { env = { K = "key-0123456789" } })
  t.eq({ r.out, #busy:requests() }, { "from the other\n", 2 }, r.err)
end

try.pass = function()
  local server <close> = fake.start { { text = "ok" } }
  local place = place_of("pass", { lua = { ["auth/pass"] = { command = json.array { "echo", "key-from-a-program" }, origin = server.url:match "^(.-)/v1" } },
    modelProviders = { mine = json.array { { id = "m", baseUrl = server.url } } }, security = { auth = { selectedType = "mine" } }, model = { name = "m" } },
    { ["~/.qwen/providers/mine.lua"] = 'return { base = "openai", summary = "mine", auth = "pass" }' })
  local r = program.run(place, { "hi" })
  t.eq(r.out, "ok\n", r.err)
  t.eq((server:requests())[1].headers.authorization, "Bearer key-from-a-program")
end

try.status = function(place)
  local child <close> = assert(proc.open { argv = { program.binary, "--openai-base-url", "http://127.0.0.1:9/v1", "-m", "our-model" }, cwd = place.cwd,
    env = { PATH = os.getenv "PATH", HOME = place.home, TERM = "xterm", LANG = "C.UTF-8" }, pty = { rows = 24, cols = 80 } })
  local seen = ""
  for bytes in function() return child:read() end do
    seen = seen .. bytes
    if seen:find "our%-model on main" then child:write "\4" end
  end
  t.match(seen, "our%-model on main", "below the input")
end

try.init = function(place)
  t.eq(program.run(place, { "lua", "qwen.keys.action 'ctrl-x d'" }).code, 0)
  t.match(program.run(place, { "lua", "qwen.keys.action 'ctrl-x d'(nil, 'a b', 1)" }).out, '^"a%d%d%d%d%-%d%d%-%d%d b"\n11\n')
end

for _, name in ipairs(order) do
  if t.ok(try[name], name .. " is tried") then
    local place = place_of(name)
    t.eq(program.run(place, { "doctor" }).out:match "WRONG[^\n]*", nil, name .. " is in order")
    try[name](place)
  end
end

t.done()
