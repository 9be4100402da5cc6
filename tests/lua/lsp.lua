-- Language servers: what the model is told of its edits, the tool, and servers that misbehave (tests/fake/lsp.py). Real
-- servers are in lsp_clangd.lua, lsp_typescript.lua and lsp_python.lua.
require "qwen.api"
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local lsp = dofile "tests/lsp.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fs, json, task = require "sys.fs", require "sys.json", require "sys.task"
local diagnostics = require "qwen.extension.lsp.diagnostics"
local frames = require "qwen.extension.lsp.frames"
local positions = require "qwen.extension.lsp.positions"

local script = assert(fs.realpath "tests/fake/lsp.py")

-- Frames, cut anywhere.
local whole = frames.write '{"a":1}' .. "content-type: x\r\nCONTENT-LENGTH:2\r\n\r\n{}" .. frames.write ""
for size = 1, #whole do
  local read, out = frames.reader(), {}
  for at = 1, #whole, size do
    for _, text in ipairs(assert(read(whole:sub(at, at + size - 1)))) do out[#out + 1] = text end
  end
  t.eq(out, { '{"a":1}', "{}", "" }, "in pieces of " .. size)
end
for name, bytes in pairs {
  ["no length"] = "X: y\r\n\r\n", ["no header"] = "hello\r\n\r\n", ["a negative length"] = "Content-Length: -1\r\n\r\n",
  ["a length in letters"] = "Content-Length: 1e3\r\n\r\n", ["one gigabyte"] = "Content-Length: 1073741824\r\n\r\n",
  ["more than a number holds"] = "Content-Length: 99999999999999999999999\r\n\r\n", ["no end"] = ("x"):rep(5000),
  ["an empty header"] = "\r\n\r\n",
} do
  local out, e = frames.reader()(bytes)
  t.err(out, e, "protocol", name)
end

-- Places.
for _, case in ipairs {
  { "abc", 2, "utf-16", 1 }, { "äbc", 2, "utf-16", 1 }, { "äbc", 2, "utf-8", 2 }, { "😀bc", 2, "utf-16", 2 },
  { "😀bc", 2, "utf-32", 1 }, { "😀bc", 2, "utf-8", 4 }, { "中x", 2, "utf-8", 3 }, { "\xff\xfe", 2, "utf-16", 1 },
} do
  local line, character, encoding, unit = table.unpack(case)
  t.eq(positions.unit_of(line, character, encoding), unit, encoding .. " of " .. line)
  t.eq(positions.character_of(line, unit, encoding), character, "and back")
end
t.eq({ positions.unit_of("ab", 9, "utf-16"), positions.character_of("ab", 9, "utf-16") }, { 2, 3 }, "behind the end")
local lines = positions.lines "int a;\r\nint foobar, foo;\n\nx::foo = 1"
t.eq(lines, { "int a;", "int foobar, foo;", "", "x::foo = 1" }, "lines")
for _, case in ipairs { { "foo", nil, 2, 13 }, { "foo", 4, 4, 4 }, { "foo", 1, 2, 13 }, { "x::foo", 1, 4, 1 }, { "Y.foo", 4, 4, 4 },
  { "foob", nil } } do
  t.eq({ positions.find(lines, case[1], case[2]) }, { case[3], case[4] }, case[1])
end
for path, uri in pairs { ["/a/b.c"] = "file:///a/b.c", ["/a b/ä#.c"] = "file:///a%20b/%C3%A4%23.c" } do
  t.eq({ positions.uri(path), positions.path(uri) }, { uri, path }, uri)
end
for _, uri in ipairs { "https://x/y", "file://host/x", "file:///a%00b", 5, "untitled:1" } do
  t.eq(positions.path(uri), nil, tostring(uri))
end

-- What is new.
local function at(line, message, severity) return { line = line, unit = 0, severity = severity or "error", message = message } end
for name, case in pairs {
  ["nothing before"] = { {}, { at(0, "a") }, "x", "y", { at(0, "a") } },
  ["the same"] = { { at(0, "a") }, { at(0, "a") }, "x", "y", {} },
  ["moved by lines above"] = { { at(9, "a") }, { at(29, "a") }, ("l\n"):rep(9) .. "end", ("n\n"):rep(20) .. ("l\n"):rep(9) .. "end", {} },
  ["the same words elsewhere"] = { { at(1, "a") }, { at(1, "a"), at(40, "a") }, ("l\n"):rep(50), ("l\n"):rep(40) .. "n\n" .. ("l\n"):rep(9), { at(40, "a") } },
  ["a second one beside it"] = { { at(1, "a") }, { at(1, "a"), at(2, "a") }, "a\nb\nc", "a\nb\nd", { at(2, "a") } },
  ["a hint"] = { {}, { at(0, "a", "hint"), at(0, "b", "information") }, "x", "y", {} },
  ["a warning that became an error"] = { { at(0, "a", "warning") }, { at(0, "a") }, "x", "y", { at(0, "a") } },
  ["gone"] = { { at(0, "a") }, {}, "x", "y", {} },
} do
  t.eq((diagnostics.fresh(case[1], case[2], case[3], case[4])), case[5], name)
end
do -- warnings that an error hides are no news when they come back
  local documents = require "qwen.extension.lsp.documents"
  local doc = { text = "a\nb", judged = 1, version = 1, pushed = { at(1, "w", "warning"), at(0, "x") }, pulled = {} }
  documents.know(doc)
  local function said(text, list)
    doc.text, doc.pushed, doc.news = text, list, true
    return documents.take_news(doc)
  end
  t.eq(said("e\na\nb", { at(0, "e") }), { at(0, "e") }, "the error")
  t.eq(said("a\nb", { at(1, "w", "warning") }), {}, "the warning is back")
  t.eq(said("a\nc", {}), {}, "gone")
  t.eq(said("a\nb", { at(1, "w", "warning") }), { at(1, "w", "warning") }, "made anew")
end

-- Through the program: a project of words with a server that may misbehave.
local function setting(fault, log, more)
  local server = { command = "python3", args = json.array { script, "--fault", fault or "none", "--log", log },
    extensionToLanguage = { [".w"] = "words" }, projectFiles = json.array { "words.json" } }
  for name, value in pairs(more or {}) do server[name] = value end
  return server
end

local function place_with(fault, settings, more)
  local place = lsp.place({ ["a.w"] = "one\nERR two\nthree\n", ["words.json"] = "{}", ["b.w"] = "def one\n" })
  place.log = place.root .. "/log"
  settings = settings or {}
  settings.lsp = settings.lsp or {}
  settings.lsp.servers = { words = setting(fault, place.log, more) }
  assert(fs.write(place.home .. "/.qwen/settings.json", json.encode(settings)))
  return place
end

local call, play = lsp.call, lsp.play

local function edit(place, from, to, file) return lsp.edit(place, file or "a.w", from, to) end

local function log_of(place) return fs.read(place.log) or "" end

-- What the model is told of each edit, in its result or in that of a question behind it, for which the server has to be ready.
local function told(place, edits)
  local calls, out = {}, {}
  for _, one in ipairs(edits) do
    calls[#calls + 1] = one
    calls[#calls + 1] = lsp.ask("diagnostics", { filePath = one.arguments.file_path })
  end
  local got, r = play(place, calls)
  for i = 1, #edits do
    out[i] = ((got[2 * i - 1] or "") .. "\0" .. (got[2 * i] or "")):match "\n\nThe language server reports new problems:\n(%Z*)" or ""
  end
  return out, r
end

-- What an edit makes wrong.
for _, fault in ipairs { "none", "pull", "versions", "others", "noise" } do
  local place = place_with(fault)
  local news, r = told(place, { edit(place, "three", "ERR ä😀 ERR\nWARN four\nHINT"), edit(place, "WARN four", "four"), edit(place, "one", "ERR") })
  t.eq({ r.code, r.err }, { 0, "" }, fault)
  t.eq(news, { "a.w:3:1: error: bad word ERR ä😀 ERR [err]\na.w:4:1: warning: bad word WARN four [warn]", "",
    "a.w:1:1: error: bad word ERR [err]" }, fault .. ": the new ones")
  local log = log_of(place)
  t.match(log, "shutdown\nexit\nend\n$", fault .. ": it ended with the session")
  t.ok(not log:find("OPENAI_API_KEY", 1, true), "it has no key")
  t.eq(select(2, log:gsub("start ", "")), 1, "one server")
end
do -- a file that is new; several files; ten lines
  local place = place_with()
  local news = told(place, { call("write_file", { file_path = place.cwd .. "/new.w", content = ("ERR\n"):rep(12) }),
    edit(place, "def one", "WARN", "b.w") })
  t.match(news[1], "new.w:10:1: error: bad word ERR %[err%]\n%[2 more%]$", "at most ten")
  t.match(news[2], "^b.w:1:1: warning", "another file")
end
for name, case in pairs { -- nothing is started
  ["lsp.diagnostics"] = { settings = { lsp = { diagnostics = false } } },
  ["lsp.enabled"] = { settings = { lsp = { enabled = false } } },
  ["disabled"] = { more = { disabled = true } },
  ["no project file"] = { more = { projectFiles = json.array { "none.json" } } },
  ["not installed"] = { more = { command = "no-such-server" } },
  ["an untrusted folder"] = { untrusted = true },
  ["plan mode"] = { args = { "--approval-mode", "plan" } },
} do
  local place = place_with("none", case.settings, case.more)
  if case.untrusted then fs.write(place.home .. "/.qwen/trustedFolders.json", json.encode { [place.cwd] = "DO_NOT_TRUST" }) end
  local got = play(place, { edit(place, "three", "ERR") }, table.unpack(case.args or {}))
  t.ok(got[1] and not got[1]:find("problems", 1, true), name .. ": " .. tostring(got[1]))
  t.eq(fs.stat(place.log), nil, name .. ": no server ran")
end
do -- the project has a program of that name: it is not run
  local place = place_with("none", nil, { command = "words-server" })
  fs.mkdir(place.cwd .. "/node_modules")
  fs.mkdir(place.cwd .. "/node_modules/.bin")
  fs.write(place.cwd .. "/node_modules/.bin/words-server", "#!/bin/sh\ntouch " .. place.log .. "\n", { mode = 493 })
  local server <close> = fake.start { { calls = { edit(place, "three", "ERR") } }, { text = "done" } }
  program.run(place, { "--openai-base-url", server.url, "-m", "m", "-y", "-p", "go" }, { env = { OPENAI_API_KEY = "k",
    PATH = place.cwd .. "/node_modules/.bin:" .. os.getenv "PATH" } })
  t.eq(fs.stat(place.log), nil, "a program of the project is not run")
end

-- Servers that misbehave: the edit is done, the run ends well, and what is off is said once.
for _, case in ipairs { { "silent" }, { "ids" }, { "forms", log = "answer null\nanswer {.*not supported" }, { "stay" }, { "deaf" },
  { "mute", more = { startupTimeout = 3000 }, off = "no answer to initialize" }, { "crash", off = "I am gone" },
  { "gone", off = "an error: I am not here" }, { "garbage", off = "no message of a language server" },
  { "header", off = "a header does not end" }, { "huge", off = "larger than 16 MB" } } do
  local place = place_with(case[1], nil, case.more)
  local edits = { edit(place, "three", "ERR 3"), edit(place, "ERR 3", "ERR 4"), edit(place, "ERR 4", "ERR 5") }
  local _, r = (case.off and told or play)(place, edits)
  t.eq({ r.code, r.out, fs.read(place.cwd .. "/a.w") }, { 0, "done\n", "one\nERR two\nERR 5\n" }, case[1])
  if case.log then t.match(log_of(place), case.log, case[1] .. ": what it asked") end
  if case.off then
    t.match(r.err, "words is off because it ended twice: .*" .. case.off, case[1])
    t.eq(select(2, r.err:gsub("is off", "")), 1, case[1] .. ": said once")
    t.eq(select(2, log_of(place):gsub("start ", "")), 2, case[1] .. ": started anew once")
  else
    t.eq(r.err, "", case[1])
  end
end
do -- one that ended once
  local place = place_with "once"
  local news, r = told(place, { edit(place, "three", "x"), edit(place, "x", "y"), edit(place, "y", "ERR 3") })
  t.eq(r.err, "", "nothing is said")
  t.match(news[3], "a.w:3:1: error: bad word ERR 3", "the second one serves")
end
for sandbox, sees in pairs { ["false"] = "True", ["true"] = "False" } do -- it has the border that commands have
  local place = place_with("none", { tools = { sandbox = sandbox == "true" } })
  fs.write(place.cwd .. "/server.py", fs.read(script))
  place.log = place.cwd .. "/log"
  local settings = json.decode(fs.read(place.home .. "/.qwen/settings.json"))
  settings.lsp.servers.words.args = json.array { place.cwd .. "/server.py", "--log", place.log }
  fs.write(place.home .. "/.qwen/settings.json", json.encode(settings))
  local news, r = told(place, { edit(place, "three", "ERR 3") })
  if r.code ~= 0 and r.err:find("sandbox", 1, true) then
    t.skip("no sandbox: " .. r.err)
  else
    t.match(news[1], "a.w:3:1: error: bad word ERR 3", "sandbox " .. sandbox)
    t.match(log_of(place), "\nhome " .. sees .. "\n", "sandbox " .. sandbox .. ": what it sees of the home folder")
  end
end
do -- late: times with the next result
  local place = place_with "late"
  local go = ("touch %s.go; until grep -q published %s; do sleep 0.05; done"):format(place.log, place.log)
  local got = play(place, { edit(place, "three", "ERR 3"), call("run_shell_command", { command = go }),
    call("glob", { pattern = "*.w" }), call("glob", { pattern = "*.json" }) })
  t.ok(not got[1]:find("problems", 1, true), "not in time")
  local times = 0
  for i = 2, #got do times = times + select(2, got[i]:gsub("a.w:3:1: error: bad word ERR 3", "")) end
  t.eq(times, 1, "told once, later: " .. table.concat(got, "\n--\n"))
end

do -- or with the next prompt; and the session's end
  local place, jobs = place_with "late", task.queue()
  local runner = task.spawn(function()
    while true do task.spawn(jobs:get()) end
  end)
  local set = json.decode(fs.read(place.home .. "/.qwen/settings.json")).lsp
  local ctx = { cwd = place.cwd, trusted = true, mode = "default", seen = {}, background = function(fn) jobs:put(fn) end, notice = error,
    settings = { get = function(_, key) return key == "lsp.servers" and set.servers or nil end } }
  qwen.x.registry.scan { safe = true }
  local hook = assert(qwen.x.registry.get("hooks", "lsp"))
  t.eq(hook.prompt_submitted(ctx, { text = "hello" }), nil, "nothing to say")
  hook.before_edit(ctx, { id = "1", paths = { "a.w" } })
  fs.write(place.cwd .. "/a.w", "one\nERR two\nERR 3\n")
  t.eq(hook.tool_ended(ctx, { id = "1" }, { text = "done" }), nil, "not in time")
  fs.write(place.log .. ".go", "")
  local said = wait.until_true(function() return hook.prompt_submitted(ctx, { text = "hello" }) end)
  t.match(said.text, "^hello\n\n%[qwen%] The language server reports new problems:\na.w:3:1: error", "with the next prompt")
  t.eq(hook.prompt_submitted(ctx, { text = "hello" }), nil, "once")
  local list = qwen.x.lsp.started()
  t.eq({ #list, list[1].name, list[1].state }, { 1, "words", "ready" }, "it runs")
  t.eq({ qwen.x.lsp.stop "other", qwen.x.lsp.stop "words", list[1].state }, { 0, 1, "stopped" }, "stopped")
  t.eq((qwen.x.lsp_queries.open(ctx, place.cwd .. "/a.w")), nil, "it does not start again by itself")
  t.eq({ qwen.x.lsp.restart(), #qwen.x.lsp.started() }, { 1, 0 }, "until it may")
  t.ok(qwen.x.lsp_queries.open(ctx, place.cwd .. "/a.w"), "then it does")
  hook.session_ended()
  t.eq(#qwen.x.lsp.started(), 0, "none is left")
  runner:cancel()
end

-- The tool.
do
  local place = place_with("none", { permissions = { deny = json.array { "Read(./secret.w)" } } })
  fs.write(place.cwd .. "/a.w", "one 😀one\ndef one\n  def two one\n")
  fs.write(place.cwd .. "/secret.w", "def one hidden\n")
  local function ask(operation, more)
    local args = { operation = operation, filePath = "a.w" }
    for name, value in pairs(more or {}) do args[name] = value end
    return call("lsp", args)
  end
  local got, r, asked = play(place, {
    ask("goToDefinition", { line = 1, symbol = "one" }), ask("findReferences", { line = 3, character = 11 }),
    ask("hover", { symbol = "two" }), ask("goToDefinition", { line = 1, symbol = "nowhere" }), ask("rename", { symbol = "two", newName = "six" }),
    ask("rename", { symbol = "two" }), ask "diagnostics", ask("codeActions", { line = 1 }), ask("workspaceSymbol", { query = "q" }),
    ask("hover", { line = 99 }), ask "hover", call("lsp", { operation = "hover" }), call("lsp", { operation = "hover", filePath = "none.w", line = 1 }),
    call("lsp", { operation = "hover", filePath = "words.json", line = 1 }), call("lsp", { operation = "workspaceDiagnostics" }),
    call("lsp", { operation = "fly" }) })
  t.eq({ r.code, r.err }, { 0, "" }, "a run")
  for i, want in ipairs { "^Found 1 definitions:\na.w:2:5: def one$", "^Found 3 references:\na.w:1:1: one 😀one\na.w:2:5: def one\na.w:3:11: def two one$",
    "^word two\n\na word$", "no nowhere in this file", "nothing was changed.*A rename to six changes 1 line%(s%):\na.w:3:7: def six one$", "needs newName",
    "in order", "Mend it %[quickfix%]", "q %(function%)", "only 4 lines", "give line and character", "needs filePath", "[Nn]ot found",
    "no language server is for words.json", "No diagnostics found", "do not fit" } do
    t.match(got[i], want, "call " .. i)
  end
  local names = {}
  for _, tool in ipairs(asked[1].body.tools) do names[tool["function"].name] = json.encode(tool) end
  t.eq(names.lsp, nil, "it is not offered at first")
  t.ok(names.tool_search and names.tool_search:find("lsp", 1, true), "but named")
end
do -- files that a rule keeps from being read are asked about no more than read, and only named
  local place = place_with("others", { permissions = { deny = json.array { "Read(./secret.w)" } } })
  fs.write(place.cwd .. "/secret.w", "a secret\n")
  fs.write(place.cwd .. "/hidden.w", "hidden\n")
  fs.write(place.cwd .. "/.qwenignore", "hidden.w\n")
  local function define(file) return call("lsp", { operation = "goToDefinition", filePath = file, line = 1 }) end
  local got = play(place, { define "secret.w", define "hidden.w", define "a.w", define(place.root .. "/log"), define "../home/x.w" })
  t.match(got[1], "Refused", "a rule")
  t.match(got[2], "Refused", "a file of .qwenignore")
  t.eq(got[3], "Found 4 definitions:\nsecret.w:1:5\nb.w:1:5: def one\nhidden.w:1:5\nnone.w:1:5", "places")
  t.match(got[4], "outside the project", "a file outside")
  t.match(got[5], "[Nn]ot found", "nothing there")
  t.ok(not log_of(place):find("hidden", 1, true), "it was not given")
  place = place_with("none", { permissions = { deny = json.array { "LSP" } } })
  t.match(play(place, { define "a.w" })[1], "no tool 'lsp'", "a rule for the tool")
end
do -- places outside are named, not read; odd answers
  local place = place_with "forms"
  local got = play(place, { call("lsp", { operation = "goToDefinition", filePath = "a.w", line = 1 }) })
  t.match(got[1], "\n/usr/include/€.h:3:4$", "outside")
end
do -- it is named only where a server fits
  local place = place_with("none", nil, { projectFiles = json.array { "none.json" } })
  local _, _, asked = play(place, {})
  for _, tool in ipairs(asked[1].body.tools) do t.ok(not json.encode(tool):find "%f[%w]lsp%f[%W]", "no lsp in " .. tool["function"].name) end
end

-- The command.
do
  local place = place_with()
  local r = program.run(place, { "lsp" })
  t.match(r.out, "words +found, not started .*python3", "found")
  t.match(r.out, "rust%-analyzer", "the others")
  t.eq(program.run(place, { "lsp", "stop", "words" }).code, 1, "none runs")
  place = place_with("none", nil, { command = 5 })
  t.match(program.run(place, { "lsp" }).out, "lsp.servers.words.command is unknown or of the wrong type", "a wrong setting")
end
t.done()
