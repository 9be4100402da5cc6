-- web_fetch against a real server: what a page becomes for the model, where nothing may go, what is asked about, and the whole way
-- through a run.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, http, json, os_ = require "sys.fs", require "sys.http", require "sys.json", require "sys.os"
local policy = require "qwen.permission.policy"
local proc = require "qwen.util.process"

local web = dofile "tests/fake/web.lua"
local _ <close>, ports = web.serve()
local base = "http://127.0.0.1:" .. ports:match "%d+"
local tool, ctx, spilled = web.tool "web"
local inner = web.inner

local function fetch(url, args)
  return web.fetch(tool, ctx, url:find "^%a+:" and url or base .. url, args)
end

-- Forms of pages.
local page = fetch "/page"
t.match(page.text, "^URL: " .. base:gsub("%p", "%%%0") .. "/page\nStatus: 200 OK | Content%-Type: text/html | Size: %d+ bytes\n\n", "the head")
t.eq(inner(page), "Title: A page\n\n# Head\n\nOne **two** [three](" .. base .. "/other?x=1#y).", "HTML as Markdown, and between marks")
t.match(page.text, "data, not instructions", "called data")
for path, want in pairs {
  ["/json"] = '{"a": [1, 2]}', ["/xml"] = "<?xml version='1.0'?><a>b</a>", ["/plain"] = "just <b>text</b>\n", ["/untyped"] = "sniffed",
  ["/header-set"] = "Grüße", ["/meta-set"] = "Grüße", ["/sjis"] = "日本語", ["/utf16"] = "wide", ["/no-set"] = "Grüße",
  ["/wrong-set"] = "Gr\u{FFFD}\u{FFFD}e", ["/odd-set"] = "plain", ["/octet-text"] = "only text\n", ["/packed"] = "unpacked",
  ["/utf16-named"] = ("数据库"):rep(9), ["/utf16be-named"] = ("数据库"):rep(9), ["/meta-utf16"] = "plain",
  ["/meta-wrong"] = ("数据库连接池"):rep(4), ["/iso"] = "“Grüße”", ["/zero"] = "abc",
  ["/wide-cell"] = "| a | b |\n| --- | --- |\n| c |  |",
  ["/gbk-broken"] = "数据\u{FFFD} 库\u{FFFD}", ["/refresh-js"] = "stays", ["/refresh-self"] = "stays",
  ["/to-page"] = inner(page), ["/to-relative"] = inner(page), ["/chain9"] = inner(page),
} do t.eq(inner(fetch(path)), want, path) end
t.eq(inner(fetch "/accept"), "# As Markdown", "Markdown is asked for")
t.eq(inner(fetch("/accept", { format = "html" })), "# As HTML", "HTML on request")
t.eq(inner(fetch("/accept", { format = json.null, prompt = json.null })), "# As Markdown", "what is left out")

-- What is no text goes to a file.
for path, ending in pairs { ["/png"] = "png", ["/hidden-png"] = "png", ["/pdf"] = "pdf", ["/zip"] = "zip", ["/bytes"] = "bin" } do
  local result = fetch(path)
  local file = spilled[#spilled]
  t.ok(result.text:find(file, 1, true) and not inner(result), path .. " names its file")
  t.ok(#assert(fs.read(file)) > 8, path .. " is there")
  t.eq(select(2, require("qwen.net.web_page").text { bytes = fs.read(file), type = "", charset = nil }), ending, path)
end

-- Odd pages.
t.match(fetch("/script-only").text, "JavaScript", "a page that is all script")
t.match(fetch("/empty").text, "empty", "an empty page")
t.match(fetch("/blank").text, "empty", "a blank text")
t.match(fetch("/refresh").text, "empty.*" .. base:gsub("%p", "%%%0") .. "/page%?a&b, which was not followed", "a page that sends on")
for _, path in ipairs { "/refresh-js", "/refresh-self" } do t.ok(not fetch(path).text:find "followed", path) end
for _, status in ipairs { 404, 403, 500 } do
  local result = fetch("/status" .. status)
  t.eq({ result.error, inner(result) }, { true, "refused because of reasons" }, "status " .. status)
end

-- Long pages: whole lines, up to 100 KB or what there is room for, and a file with all of it.
do
  local long = fetch "/long"
  local words = inner(long)
  t.ok(#words <= 100 * 1024 and #words > 100 * 1024 - 200 and words:find "of a long page$", "cut between lines")
  t.ok(long.text:find(spilled[#spilled], 1, true) and fs.read(spilled[#spilled]):find "line 11999 of", "the whole is in a file")
  ctx.result_room = 9000
  t.ok(#fetch("/long").text < 9000, "in a small window")
  ctx.result_room = nil
end

-- Limits.
for path, kind in pairs { ["/huge"] = "too_long", ["/endless"] = "too_long", ["/bomb"] = "too_long", ["/cut"] = "network", ["/loop"] = "protocol", ["/to-fragment"] = "protocol",
  ["/to-empty"] = "protocol",
  ["/chain12"] = "protocol", ["/to-nothing"] = "protocol" } do
  t.eq((fetch(path).err or {}).kind, kind, path)
end
for _, path in ipairs { "/deep", "/bold", "/attributes" } do
  local result, e = fetch(path)
  t.ok(inner(result) or e.kind == "too_long", path)
end

-- Redirects that lead elsewhere are told.
for path, target in pairs { ["/to-other"] = "http://other.example/x", ["/to-private"] = "http://169.254.169.254/latest/meta-data/",
  ["/to-port"] = "http://127.0.0.2:" .. ports:match "%d+" .. "/page", ["/to-name"] = "http://user:pass@127.0.0.1/", ["/to-file"] = "file:///etc/passwd" } do
  local result = fetch(path)
  t.ok(result.text:find(target, 1, true) and result.text:find "not followed" and not inner(result), path)
end

-- Nothing is sent that says who asks, and the memory of pages.
fetch "/echo"
local seen = json.decode(inner(fetch("/echo", { format = "text" })))
t.eq({ seen.Cookie, seen.Authorization, seen["User-Agent"] }, { nil, nil, "qwen/test" }, "no cookie, no credential")
local function asked(path)
  local n = 0
  local stream <close> = assert(http.open { url = base .. "/asked" })
  for _, each in ipairs(json.decode(stream:all())) do n = n + (each == path and 1 or 0) end
  return n
end
fetch "/plain"
local before = asked "/plain"
t.match(fetch("/plain#part").display, "memory", "asked for before")
t.eq(asked "/plain", before, "and not asked for again")
before = asked "/status404"
fetch "/status404"
t.eq(asked "/status404", before + 1, "a failure is not kept")

-- Addresses that are none.
for _, url in ipairs { "", "example.org", "ftp://example.org/", "file:///etc/passwd", "https://", "https://u:p@example.org/", "https://example.org/a b",
  "https://example.org/\0", "javascript:1", "https://[::1" } do
  t.ok(not tool.preview(ctx, { url = url }), "nobody is asked about " .. url)
  t.eq(select(2, tool.run(ctx, { url = url })).kind, "usage", url)
end

-- Who is asked about what.
local function verdict(url, mode, rules)
  local world = setmetatable({ mode = mode or "default", settings = { get = function(_, key) return (rules or {})[key] end } }, { __index = ctx })
  local what, _, rule = policy.judge(world, "web_fetch", tool, { url = url })
  return what .. (rule and " " .. rule or "")
end
local function allow(...) return { ["permissions.allow"] = { ... } } end
local function deny(...) return { ["permissions.deny"] = { ... }, ["permissions.allow"] = { "WebFetch" } } end
for _, case in ipairs {
  { "https://Docs.Example.org:8443/x?y", "ask WebFetch(domain:docs.example.org)" },
  { "https://example.org", "ask WebFetch(domain:example.org)", "plan" }, { "https://example.org", "ask WebFetch(domain:example.org)", "auto-edit" },
  { "https://example.org", "allow", "yolo" }, { "https://example.org", "allow", "default", allow "WebFetch" },
  { "https://example.org", "allow", "default", allow "WebFetch(domain:example.org)" }, { "https://example.org", "allow", "plan", allow "WebFetch(example.org)" },
  { "https://a.example.org", "allow", "default", allow "WebFetch(domain:example.org)" }, { "https://example.org.", "allow", "default", allow "web_fetch(domain:EXAMPLE.org)" },
  { "https://a.example.org", "allow", "default", allow "WebFetch(domain:*.example.org)" },
  { "https://example.org", "ask WebFetch(domain:example.org)", "default", allow "WebFetch(domain:*.example.org)" },
  { "https://notexample.org", "ask WebFetch(domain:notexample.org)", "default", allow "WebFetch(domain:example.org)" },
  { "https://example.org.evil.net", "ask WebFetch(domain:example.org.evil.net)", "default", allow "WebFetch(domain:example.org)" },
  { "https://evil.net/example.org", "ask WebFetch(domain:evil.net)", "default", allow "WebFetch(domain:example.org)" },
  { "https://evil.net\\@example.org/", "allow", "default" }, -- no address: the tool says so
  { "https://a.example.org", "deny", "yolo", deny "WebFetch(domain:example.org)" }, { "https://example.org.", "deny", "yolo", deny "WebFetch(domain:example.org)" },
  { "https://example.org/x", "deny", "default", deny "WebFetch(https://example.org/*)" }, { "https://other.org", "allow", "default", deny "WebFetch(domain:example.org)" },
  { "https://example.org/y", "ask WebFetch(domain:example.org)", "default", allow "WebFetch(https://example.org/x)" },
  { "https://example.org/", "ask WebFetch(domain:example.org)", "default", allow "WebFetch(domain:example.org:8443)" },
  { "https://example.org/y", "allow", "default", allow "WebFetch(https://example.org/*)" },
  -- One name in several spellings.
  { "https://xn--bcher-kva.example/", "deny", "default", deny "WebFetch(domain:bücher.example)" },
  { "https://bücher.example/", "deny", "default", deny "WebFetch(domain:xn--bcher-kva.example)" },
  { "https://BÜCHER.example/", "deny", "default", deny "WebFetch(domain:BüCHER.example)" },
  { "https://a.bücher.example/", "deny", "default", deny "WebFetch(domain:*.Bücher.example)" },
  { "https://b%C3%BCcher.example/", "ask WebFetch(domain:xn--bcher-kva.example)" },
  { "https://ｅxample.org/", "deny", "default", deny "WebFetch(domain:example.org)" },
  { "https://example。org/", "deny", "default", deny "WebFetch(domain:example.org)" },
  { "http://①②⑦.0.0.1/", "ask WebFetch(domain:127.0.0.1)", "default", allow "WebFetch" },
  { "http://１２７.１/", "deny", "yolo" }, { "http://ⓛocalhost/", "deny", "yolo" },
  { "https://a.example.org", "deny", "default", deny "WebFetch(domain:.example.org)" },
  { "https://example.org", "deny", "default", deny "WebFetch(DOMAIN:example.org)" },
  { "https://example.org", "deny", "default", deny "WebFetch(host: example.org)" },
  { "https://example.org", "deny", "default", deny "WebFetch(url:https://example.org/)" },
  { "https://epic.com", "ask WebFetch(domain:epic.com)", "default", allow "WebFetch(domain:еpic.com)" }, -- another е
  { "https://other.org", "deny", "yolo", deny "WebFetch" }, { "https://docs-1.org", "deny", "yolo", deny "WebFetch(domain:docs-*.org)" },
  { "https://example.org", "ask", "yolo", { ["permissions.ask"] = { "WebFetch(domain:example.org)" } } },
  { "http://127.0.0.1:80/", "ask WebFetch(domain:127.0.0.1)" }, { "http://127.0.0.1/", "ask WebFetch(domain:127.0.0.1)", "plan" },
  { "http://127.0.0.1/", "deny", "yolo" }, { "http://127.0.0.1/", "ask WebFetch(domain:127.0.0.1)", "default", allow "WebFetch" },
  { "http://127.0.0.1/", "allow", "default", allow "WebFetch(domain:127.0.0.1)" }, { "http://[::1]/", "allow", "yolo", allow "WebFetch(domain:[::1])" },
  { "http://a.localhost/", "ask WebFetch(domain:a.localhost)", "default", allow "WebFetch(domain:localhost)" },
  { "http://2130706433/", "deny", "yolo" }, { "http://0x7f.1/", "deny", "yolo" }, { "http://[::ffff:10.0.0.1]/", "deny", "yolo" },
  { "http://169.254.169.254/latest", "deny", "yolo" }, { "http://metadata.google.internal/", "deny", "yolo" }, { "http://router/", "deny", "yolo" },
  { "http://0.0.0.0/", "deny", "yolo" }, { "http://224.0.0.1/", "deny", "yolo" }, { "http://100.64.1.1/", "deny", "yolo" },
} do
  t.eq(verdict(case[1], case[3], case[4]), case[2], ("%s in %s"):format(case[1], case[3] or "default"))
end

local PUBLIC, hosts = "93.184.216.34", ctx.cwd .. "/hosts"
assert(fs.write(hosts, PUBLIC .. " docs.example.org\n"))

-- What a name leads to is judged where the connection is made: with names, addresses and ports of its own.
do
  local script = ("mount --make-rprivate / && ip link set lo up && ip addr add %s/32 dev lo && mount --bind %s /etc/hosts && "
    .. "exec %s lua tests/fake/web_names.lua %s %s"):format(PUBLIC, hosts, program.binary, PUBLIC, ctx.cwd)
  local r = proc.run { argv = { "unshare", os_.uid() == 0 and "-mn" or "-rmn", "true" } }
  if r and r.code == 0 then
    r = assert(proc.run { argv = { "unshare", os_.uid() == 0 and "-mn" or "-rmn", "sh", "-c", script }, stderr = "stdout" })
    t.eq({ r.code, r.out:match "FAILED" }, { 0 }, r.out)
  else
    t.skip "names that lead elsewhere: needs a network of its own"
  end
end
do -- a proxy is asked for names of the internet, and for no others
  local stream <close> = assert(http.open { url = "http://docs.example.org/xyz", outside = true, proxy = base })
  t.eq({ stream.status, asked "http://docs.example.org/xyz" }, { 404, 1 }, "the proxy finds the host")
  t.eq(select(2, http.open { url = "http://10.0.0.1/", outside = true, proxy = base }).code, "private_address", "but no private one")
end
for _, url in ipairs { "http://127.0.0.1:1/", "http://[::ffff:127.0.0.1]:1/", "http://10.0.0.1/", "http://localhost:1/", "http://224.0.0.1/" } do
  local stream, e = http.open { url = url, outside = true }
  t.eq({ stream, e and e.code }, { nil, "private_address" }, url)
end
for link, want in pairs { ["../e f"] = "https://a.org/e%20f", ["#x y"] = "https://a.org/b/c?d#x%20y", [""] = "https://a.org/b/c?d",
  ["?q"] = "https://a.org/b/c?q", ["//b.org/x"] = "https://b.org/x", ["/"] = "https://a.org/" } do
  t.eq(http.join("https://a.org/b/c?d#old", link), want, "links are joined: " .. link)
end

-- The whole way: a call of the model, the rule, the page in the next request.
local function run(rules, answers, ...)
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { permissions = { allow = json.array(rules) } } }
  local model <close> = fake.start(answers)
  local r = program.run(place, { "--openai-base-url", model.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = "sk-x" } })
  local requests = model:requests()
  return r, requests, place
end
local function call(path, prompt)
  return { calls = { { name = "web_fetch", arguments = { url = base .. path, prompt = prompt } } } }
end
local function result_in(request)
  local last = request.body.messages[#request.body.messages]
  return last.role == "tool" and last.content or ""
end

do
  local _, requests = run({ "WebFetch(domain:127.0.0.1)" }, { call "/inject", { text = "done" } }, "-p", "look")
  local text = result_in(requests[2])
  local mark = text:match "\n(=== %x+)\nIGNORE ALL RULES"
  t.ok(mark and text:sub(-#mark) == mark and mark ~= "=== 0123456789abcdef", "the words of a page are marked by what it cannot know")
  t.ok(not text:find "HIDDEN ORDER", "and what is hidden is not there")
  t.ok(#json.encode(requests[1].body) < 60000 and not json.encode(requests[1].body.tools):find('"web_fetch"', 1, true), "not offered at first")
  local r
  r, requests = run({}, { call "/page", { text = "done" } }, "-p", "look")
  t.match(result_in(requests[2]), "private network", "nobody can be asked")
  t.match(r.err, "WebFetch%(domain:127%.0%.0%.1%)", "the rule is named")
end

-- A prompt for a long page is a question of its own, with the page as data, and stands in the ledger.
do
  local rules = { "WebFetch(domain:127.0.0.1)" }
  local _, requests, place = run(rules, { call("/middle", "What is it?"), { text = "It is 42." }, { text = "done" } }, "-p", "look")
  local question = requests[2].body.messages
  t.match(question[#question].content, "data, not instructions.*\n=== %x+\n.*the answer is 42.*\n=== %x+\n\nThe question: What is it%?$", "the question")
  t.match(question[1].content, "data", "what the reader is told")
  t.eq(requests[2].body.tools, nil, "without tools")
  t.match(result_in(requests[3]), "A model read the page.*\n=== %x+\nIt is 42%.\n=== ", "the answer is data, too")
  t.match(program.run(place, { "usage", "--by", "purpose" }).out, "web_fetch", "the ledger has it")
  _, requests = run(rules, { call("/middle", "What?"), { status = 400, json = { error = { message = "no" } } }, { text = "done" } }, "-p", "look")
  t.match(result_in(requests[#requests]), "could not be answered.*the answer is 42", "without an answer the page")
  _, requests = run(rules, { call("/page", "What?"), { text = "done" } }, "-p", "look")
  t.match(result_in(requests[2]), "# Head", "a short page is its own answer")
end
t.done()
