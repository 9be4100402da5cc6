-- Patches: how their parts find their places, what stays of a file, and apply_patch with real files:
-- all or none, judged by every path, taken back together, offered to the families that learnt it.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local patch_apply = require "qwen.util.patch_apply"
local patch_text = require "qwen.util.patch_text"
local proc = require "qwen.util.process"

local FIVE = "one\ntwo\nthree\nfour\nfive\n"
local TWICE = "def a():\n    x = 1\n    return x\n\ndef b():\n    x = 1\n    return x\n"

-- The parts of a patch, the file, the file after it; or what is wrong.
local rows = {
  { "@@\n one\n-two\n+2\n three\n", FIVE, "one\n2\nthree\nfour\nfive\n" },
  { " one\n-two\n+2\n", FIVE, "one\n2\nthree\nfour\nfive\n" },
  { "@@\n-two\n+2\n@@\n-four\n+4\n", FIVE, "one\n2\nthree\n4\nfive\n" },
  { "@@\n-four\n+4\n@@\n-two\n+2\n", FIVE, "one\n2\nthree\n4\nfive\n" },
  { "@@ def b():\n-    x = 1\n+    x = 2\n", TWICE, "def a():\n    x = 1\n    return x\n\ndef b():\n    x = 2\n    return x\n" },
  { "@@ def a():\n@@ def b():\n     x = 1\n-    return x\n+    return 0\n", TWICE,
    "def a():\n    x = 1\n    return x\n\ndef b():\n    x = 1\n    return 0\n" },
  { "@@\n-    x = 1\n+    x = 2\n", TWICE, "def a():\n    x = 2\n    return x\n\ndef b():\n    x = 1\n    return x\n", unsure = 2 },
  { "@@\n-five\n+5\n+6\n*** End of File\n", FIVE, "one\ntwo\nthree\nfour\n5\n6\n" },
  { "@@\n-    return x\n+    return y\n*** End of File\n", TWICE, "def a():\n    x = 1\n    return x\n\ndef b():\n    x = 1\n    return y\n" },
  { "@@\n+zero\n one\n", FIVE, "zero\n" .. FIVE },
  { "@@\n+six\n", FIVE, FIVE .. "six\n" },
  { "@@ two\n+2.5\n", FIVE, "one\ntwo\n2.5\nthree\nfour\nfive\n" },
  { "@@\n-one\n-two\n-three\n-four\n-five\n", FIVE, "" },
  { "@@\n+new\n", "", "new\n" },
  { "@@\n four\n five\n\n+six\n", FIVE, FIVE .. "six\n" }, -- an empty line too many
  -- Blanks and look-alikes: what stays of the file keeps its own.
  { "@@\n one\n-two\n+2\n", "one  \ntwo\t\nthree\n", "one  \n2\nthree\n" },
  { "@@\n if x:\n-    a()\n+    b()\n+    c()\n", "def f():\n    if x:\n        a()\n", "def f():\n    if x:\n        b()\n        c()\n" },
  { "@@\n-say \"hi\" - now\n+say \"ho\"\n", "say \u{201C}hi\u{201D} \u{2013} now\n", "say \"ho\"\n" },
  -- Line ends, BOM, no line end at the end.
  { "@@\n one\n-two\n+2\n", "one\r\ntwo\r\nthree\r\n", "one\r\n2\r\nthree\r\n" },
  { "@@\n-one\n+1\n", "\xef\xbb\xbfone\ntwo\n", "\xef\xbb\xbf1\ntwo\n" },
  { "@@\n one\n+two\n", "one", "one\ntwo" },
  { "@@\n one\n-two\n", "one\ntwo", "one" },
  { "@@\n-two\n+2\n", "one\r\ntwo\nthree\r\n", "one\r\n2\r\nthree\r\n" },
  -- What does not fit.
  { "@@\n-six\n+6\n", FIVE, nil, "'six'" },
  { "@@\n one\n-three\n", FIVE, nil, "not found in this order" },
  { "@@ nowhere\n-two\n+2\n", FIVE, nil, "behind @@" },
  { "@@\n-two\n+2\n@@\n-two\n+zwei\n", FIVE, nil, "same lines" },
}
for _, row in ipairs(rows) do
  local files = assert(patch_text.files("*** Begin Patch\n*** Update File: f\n" .. row[1] .. "*** End Patch\n"))
  local after, about = patch_apply.apply(row[2], files[1].hunks)
  t.eq(after, row[3], row[1] .. tostring(about))
  if row[3] then t.eq(about.unsure, row.unsure, row[1] .. ": unsure") else t.match(about, row[4], row[1]) end
end
-- Any change of a text whose lines are its own, as a patch, gives that text again.
local diff = require "qwen.util.diff"
local random = 20261130
local function pick(n)
  random = (random * 1103515245 + 12345) % 2147483648
  return random // 65536 % n + 1
end
for round = 1, 300 do
  local old, new, marks = {}, {}, 0
  for i = 1, pick(40) do
    local kept = pick(4)
    if kept > 1 then old[#old + 1] = "line " .. i end
    if kept ~= 2 then new[#new + 1] = "line " .. i end
    if pick(6) == 1 then marks, new[#new + 1] = marks + 1, "new " .. round .. " " .. i end
  end
  local before, after = table.concat(old, "\n") .. "\n", table.concat(new, "\n") .. "\n"
  local parts = diff(before, after, "f"):gsub("^[^\n]*\n[^\n]*\n", ""):gsub("@@ [^\n]* @@", "@@")
  if before ~= "\n" and after ~= "\n" and parts ~= "" then
    local files = assert(patch_text.files("*** Begin Patch\n*** Update File: f\n" .. parts .. "*** End Patch\n"))
    t.eq(patch_apply.apply(before, files[1].hunks), after, "round " .. round .. "\n" .. parts)
  end
end

-- A long file of one line again and again is no trap.
local many = ("x\n"):rep(200000)
t.eq(patch_apply.apply(many, { { heads = {}, marks = { " ", "-" }, lines = { "x", "y" } } }), nil, "many lines")

-- With real files.
local function edits(words) return "*** Begin Patch\n" .. words .. "\n*** End Patch" end
local function patch(words) return { calls = { { name = "apply_patch", arguments = { input = edits(words) } } } } end
local function read(...)
  local calls = {}
  for i, path in ipairs { ... } do calls[i] = { name = "read_file", arguments = { file_path = path } } end
  return { calls = calls }
end
local settings = { permissions = { deny = { "Edit(secret/**)" } } }
local place = program.place { ["a.txt"] = FIVE, ["b.txt"] = "beta\n", ["gone.txt"] = "gone\n", ["run.sh"] = "#!/bin/sh\necho one\n",
  ["secret/k.txt"] = "key\n", ["bin"] = "\0\1\2", ["~/.qwen/settings.json"] = json.encode(settings) }
assert(proc.run { argv = { "sh", "-c", "ln -s b.txt link; ln -s .. away; chmod 755 run.sh" }, cwd = place.cwd })
local function at(name) return fs.read(place.cwd .. "/" .. name) end

-- Blanks before the marks of a patch are the model's; a line of a file that is such a mark stays one.
for tail, lines in pairs { [" *** End Patch\n"] = { "two", "2" }, [" *** End Patch\n*** End Patch\n"] = { "two", "2", "*** End Patch" } } do
  local files = assert(patch_text.files(" *** Begin Patch\n *** Update File: f\n@@\n-two\n+2\n" .. tail))
  t.eq({ files[1].path, files[1].hunks[1].lines }, { "f", lines }, tail)
end

-- A patch, words of its result, and which files are what afterwards.
local steps = {
  { "*** Update File: a.txt\n@@\n-two\n+2\n*** Update File: b.txt\n@@\n-nothing\n+x", "does not fit b.txt", { ["a.txt"] = FIVE } },
  { "*** Update File: a.txt\n@@\n-two\n+2\n*** Delete File: none.txt", "File not found", { ["a.txt"] = FIVE } },
  { "*** Update File: a.txt\n@@\n-two\n+2\n*** Add File: secret/x.txt\n+x", "Edit%(secret", { ["a.txt"] = FIVE, ["secret/x.txt"] = false } },
  { "*** Update File: a.txt\n*** Move to: secret/a.txt", "Edit%(secret", { ["a.txt"] = FIVE } },
  { "*** Update File: a.txt\n@@\n-two\n+2\n*** Add File: ../out.txt\n+x", "outside the project", { ["a.txt"] = FIVE, ["../out.txt"] = false } },
  { "*** Update File: a.txt\n@@\n-two\n+2\n*** Add File: .git/hooks/x\n+x", "decides what runs later", { ["a.txt"] = FIVE, [".git/hooks/x"] = false } },
  { "*** Add File: away/x.txt\n+x", "outside the project", { ["../x.txt"] = false } },
  { "*** Update File: a.txt\n*** Move to: away/a.txt", "outside the project", { ["a.txt"] = FIVE, ["../a.txt"] = false } },
  { "*** Delete File: link", "is a link", { ["b.txt"] = "beta\n", ["link"] = "beta\n" } },
  { "*** Add File: b.txt\n+other", "has not been read", { ["b.txt"] = "beta\n" } },
  { "*** Update File: a.txt\n*** Move to: b.txt", "exists already", { ["a.txt"] = FIVE, ["b.txt"] = "beta\n" } },
  { "*** Update File: bin\n@@\n-x\n+y", "is binary", { bin = "\0\1\2" } },
  { "*** Update File: b.txt\n@@\n-bet\n+x", "does not fit", {} },
  { { name = "apply_patch", arguments = { input = "nothing" } }, "cannot be read", {} },
  { { name = "shell", arguments = { command = { "bash", "-lc", "apply_patch <<'EOF'\n" .. edits "*** Add File: sh.txt\n+x" .. "\nEOF" } } }, "A sh.txt$",
    { ["sh.txt"] = "x\n" } },
  { "*** Update File: b.txt\n@@\n-beta\n+gamma", "has not been read", { ["b.txt"] = "beta\n" } },
  { "*** Update File: run.sh\n*** Move to: sub/go.sh\n@@\n-echo one\n+echo two", "M sub/go.sh\nNote: you have not read run.sh",
    { ["run.sh"] = false, ["sub/go.sh"] = "#!/bin/sh\necho two\n" } },
  { "*** Update File: a.txt\n@@\n-two\n+2\n*** Add File: new/n.txt\n+n\n*** Delete File: gone.txt", "A new/n.txt\nM a.txt\nD gone.txt$",
    { ["a.txt"] = "one\n2\nthree\nfour\nfive\n", ["new/n.txt"] = "n\n", ["gone.txt"] = false } },
  { "*** Update File: a.txt\n@@\n-2\n+zwei\n*** Update File: a.txt\n@@\n-zwei\n+due", "M a.txt$", { ["a.txt"] = "one\ndue\nthree\nfour\nfive\n" } },
  { "*** Update File: a.txt\n*** Move to: ./a.txt\n@@\n-due\n+deux", "M a.txt$", { ["a.txt"] = "one\ndeux\nthree\nfour\nfive\n" } },
  { "  *** Update File: a.txt\n@@\n-deux\n+due", "M a.txt$", { ["a.txt"] = "one\ndue\nthree\nfour\nfive\n" } },
  { "*** Environment ID: x\n*** Update File: a.txt\n@@\n-due\n+duo", "M a.txt$", { ["a.txt"] = "one\nduo\nthree\nfour\nfive\n" } },
  { "*** Add File: t.txt\n+x\n*** Delete File: t.txt", "changes nothing", { ["t.txt"] = false } },
  { "*** Update File: bin\n*** Move to: moved-bin", "M moved%-bin", { bin = false, ["moved-bin"] = "\0\1\2" } },
}
local script = { read "a.txt" }
for _, step in ipairs(steps) do script[#script + 1] = type(step[1]) == "table" and { calls = { step[1] } } or patch(step[1]) end
script[#script + 1] = { text = "done" }
local checked = 0
local server <close> = fake.start(script)
local function run(...) return program.run(place, { "--openai-base-url", server.url, "-m", "gpt-5.2", "--approval-mode", "auto-edit", ... }) end
local r = run("-p", "x")
t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
local asked = server:requests()
for i, step in ipairs(steps) do
  local messages = asked[i + 2].body.messages
  t.match(messages[#messages].content, step[2], json.encode(step[1]))
  checked = checked + 1
end
t.eq(checked, #steps, "all were answered")
local last = {}
for _, step in ipairs(steps) do
  for name, text in pairs(step[3]) do last[name] = text end
end
for name, text in pairs(last) do t.eq(at(name) or false, text, name .. " at the end") end
t.eq(fs.stat(place.cwd .. "/sub/go.sh").mode & 73, 73, "a file that moved still runs")
-- What the list holds: patches for this family, the others by their name.
local names = {}
for _, tool in ipairs(asked[1].body.tools) do names[tool["function"].name] = tool["function"].description end
t.eq({ names.apply_patch ~= nil, names.edit, names.write_file }, { true }, "offered")
t.match(names.tool_search, "edit", "the others wait")

-- What refuses or watches edits by one of their names does so with patches.
local rules = require "qwen.permission.rules"
local hooks = require "qwen.extension.settings_hooks"
for rule, want in pairs { ["Edit"] = true, ["edit"] = true, ["write_file"] = true, ["Write"] = true, ["apply_patch"] = true, ["Read"] = false,
  ["edit(x/**)"] = false } do
  t.eq(rules.refused({}, "apply_patch", { deny = { rules.parse(rule) } }), want, "deny " .. rule)
end
t.ok(rules.first({ rules.parse "write_file(x/**)" }, "apply_patch", function() return true end), "and of one path")
for matcher, want in pairs { ["Edit|Write"] = 1, write_file = 1, edit = 1, Read = 0, apply_patch = 1, ["^MultiEdit$"] = 1 } do
  local list = { PreToolUse = { { matcher = matcher, hooks = { { type = "command" } } } } }
  t.eq(#hooks.chosen(list, "PreToolUse", "apply_patch"), want, "matcher " .. matcher)
end

-- One prompt, one step back; a deleted and a moved file come back with their bits.
r = run("--continue", "-p", "/undo")
t.eq(r.code, 0, r.err)
for name, text in pairs { ["a.txt"] = FIVE, ["gone.txt"] = "gone\n", ["run.sh"] = "#!/bin/sh\necho one\n", bin = "\0\1\2" } do
  t.eq(at(name), text, name .. " is back")
end
t.eq({ at "new/n.txt", at "sub/go.sh", fs.stat(place.cwd .. "/run.sh").mode & 73 }, { nil, nil, 73 }, "and no more")

-- A file that cannot be written takes back those that were.
local shut <close> = fake.start { read("a.txt", "b.txt"),
  patch "*** Add File: new.txt\n+n\n*** Update File: a.txt\n@@\n-one\n+1\n*** Delete File: b.txt\n*** Add File: run.sh/x\n+x", { text = "done" } }
local before = { ["a.txt"] = at "a.txt", ["b.txt"] = at "b.txt", ["run.sh"] = at "run.sh", ["new.txt"] = false }
r = program.run(place, { "--openai-base-url", shut.url, "-m", "o3", "--approval-mode", "auto-edit", "-p", "x" })
asked = shut:requests()
t.match(asked[3].body.messages[#asked[3].body.messages].content, "No file was changed", r.err)
for name, text in pairs(before) do t.eq(at(name) or false, text, name .. " is as it was") end

-- Which models are offered it.
for id, want in pairs { ["gpt-5"] = true, ["gpt-4.1-mini"] = true, ["openai/gpt-oss-20b"] = true, o3 = true, ["o4-mini"] = true, ["codex-mini-latest"] = true,
  ["gpt-4o"] = false, ["qwen3-coder-plus"] = false, ["claude-opus-4-5"] = false, olmo = false } do
  local ctx = { model = { id = id, config = {} }, settings = { get = function() end } }
  t.eq(require("qwen.model.patches").used(ctx), want, id)
  ctx.model.config.applyPatch = not want
  t.eq(require("qwen.model.patches").used(ctx), not want, id .. ": its entry says otherwise")
  ctx.model.config.applyPatch, ctx.settings.get = nil, function() return not want end
  t.eq(require("qwen.model.patches").used(ctx), not want, id .. ": so does the setting")
end

-- In the responses protocol a patch is a plain text: as pieces and whole, or only with the end of its item or of all.
local PATCH = "*** Begin Patch\n*** Delete File: \"a\"\n*** End Patch"
local item = { type = "custom_tool_call", id = "ctc_1", call_id = "c1", name = "apply_patch", input = PATCH }
local begun = { type = "response.output_item.added", output_index = 0,
  item = { type = "custom_tool_call", id = "ctc_1", call_id = "c1", name = "apply_patch", input = "" } }
local done = { type = "response.output_item.done", output_index = 0, item = item }
local completed = { type = "response.completed", response = { status = "completed", output = json.array { item } } }
for _, events in ipairs {
  { begun, { type = "response.custom_tool_call_input.delta", output_index = 0, item_id = "ctc_1", delta = "*** Begin" },
    { type = "response.custom_tool_call_input.done", output_index = 0, item_id = "ctc_1", input = PATCH }, done, completed },
  { begun, done, completed }, { completed },
} do
  local reply, out = require("qwen.agent.reply").new "m", {}
  local feed = qwen.shipped("providers/openai-responses").decoder { id = "m", base_url = "https://api.openai.com/v1", config = {} }
  for _, event in ipairs(events) do feed(json.encode(event), nil, out) end
  feed(nil, nil, out)
  for _, delta in ipairs(out) do reply:add(delta) end
  local message = reply:message()
  t.eq({ message.stop, #message.parts, message.parts[1].id, message.parts[1].name, json.decode(message.parts[1].args) },
    { "calls", 1, "c1", "apply_patch", { input = PATCH } }, #events .. " events")
end

do
  local service <close> = fake.start { { sse = "tests/cases/requests/openai-responses-custom.sse" }, { text = "done" } }
  local there = program.place { ["~/.qwen/settings.json"] = json.encode { security = { auth = { selectedType = "openai-responses" } },
    model = { name = "gpt-5.2" }, modelProviders = { ["openai-responses"] = json.array { { id = "gpt-5.2", baseUrl = service.url,
      generationConfig = { customTools = true } } } } } }
  r = program.run(there, { "--approval-mode", "auto-edit", "-p", "x" })
  t.eq({ r.out, fs.read(there.cwd .. "/made.txt") }, { "done\n", '"one"\n' }, r.err)
  local body = service:requests()[2].body
  local kinds = {}
  for i, one in ipairs(body.input) do kinds[i] = one.type .. " " .. (one.call_id or "") end
  t.eq(table.concat(kinds, ", ", #kinds - 1), "custom_tool_call call_1, custom_tool_call_output call_1", "it goes back as it came")
  for _, tool in ipairs(body.tools) do
    if tool.name == "apply_patch" then t.eq({ tool.type, tool.format.syntax }, { "custom", "lark" }, "with a grammar") end
  end
end

-- A model that stands in gets the list of its own family.
local full = { status = 429, json = { error = { message = "used up", code = "insufficient_quota" } } }
local other <close> = fake.start { full, { text = "ok", times = 0 } }
local again = program.place { ["~/.qwen/settings.json"] = json.encode { model = { name = "gpt-5.2", fallback = json.array { "qwen-max" } },
  security = { auth = { selectedType = "openai" } }, modelProviders = { openai = json.array {
    { id = "gpt-5.2", baseUrl = other.url, }, { id = "qwen-max", baseUrl = other.url } } } } }
program.run(again, { "-p", "hi" })
local seen = {}
for _, request in ipairs(other:requests()) do
  local has = {}
  for _, tool in ipairs(request.body.tools) do has[tool["function"].name] = true end
  seen[#seen + 1] = request.body.model .. (has.apply_patch and " patch" or "") .. (has.edit and " edit" or "")
end
t.eq({ seen[1], seen[#seen] }, { "gpt-5.2 patch", "qwen-max edit" }, "the list follows the model")

t.done()
