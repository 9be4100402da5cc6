-- Reviews: what is compared with what, in real repositories; hostile ones; findings that are checked; the exit code.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"
local json = require "sys.json"
local proc = require "qwen.util.process"

-- A repository with a commit of a.txt, and what more is done in it.
local function repository(commands, files)
  local place = program.place(files or {})
  local function sh(command)
    local r = assert(proc.run { argv = { "sh", "-ec", command }, cwd = place.cwd, env = { PATH = os.getenv "PATH", HOME = place.home } })
    assert(r.code == 0, command .. ": " .. r.err)
  end
  sh "git init -q -b main . && git config user.email a@b && git config user.name a"
  sh "printf 'one\\ntwo\\n' > a.txt && git add a.txt && git commit -qm first"
  if commands then sh(commands) end
  return place
end

local function review(place, answers, args, options)
  local server <close> = fake.start(answers)
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "review", table.unpack(args or {}) }, options)
  r.asked = server:requests()
  return r
end

local function said(r) return r.asked[1] and json.encode(r.asked[1].body.messages) or "" end

local finding = { path = "a.txt", line = 2, severity = "suggestion", summary = "It is wrong.", why = "When it runs.", fix = "Mend it." }
local function found(...) return { text = json.encode(json.array { ... }) } end
local function with(changes)
  local out = {}
  for key, value in pairs(finding) do out[key] = value end
  for key, value in pairs(changes) do out[key] = value end
  return out
end

-- What is looked at.
for _, row in ipairs {
  { "nothing", sees = {}, says = "nothing has changed since the last commit" },
  { "not committed", "printf 'one\\nTWO\\n' > a.txt", sees = { "+TWO", "-two" } },
  { "staged", "printf 'one\\nTWO\\n' > a.txt; git add .", sees = { "+TWO" } },
  { "a new file", "echo new > b.txt", sees = { "b/b.txt", "+new" } },
  { "what is ignored", "echo '*.log' > .git/info/exclude; echo secret > x.log", sees = {}, says = "nothing has changed" },
  { "a branch", "git checkout -qb work; echo work > w.txt; git add .; git commit -qm w; echo more >> a.txt", sees = { "+work", "+more", "where main began" } },
  { "a branch, and main went on", "git checkout -qb work; echo work > w.txt; git add .; git commit -qm w; git checkout -q main; echo m > m.txt; git add .; "
    .. "git commit -qm m; git checkout -q work", sees = { "+work" }, lacks = "m.txt" },
  { "a base by name", "git tag v1; echo x > x.txt; git add .; git commit -qm x", args = { "v1" }, sees = { "+x" } },
  { "no base of that name", args = { "nosuch" }, sees = {}, code = 2 },
  { "a base that is an option", args = { "--output=x" }, sees = {}, code = 2 },
  { "names of other letters", "echo x > 功能.txt; echo x > 'a \"b.txt'; git add .; git commit -qm n; echo Neu >> 功能.txt; echo Zwei >> 'a \"b.txt'",
    sees = { "+Neu", "+Zwei" } },
  { "a renamed one of other letters", "seq 9 > 旧.txt; git add .; git commit -qm n; git mv 旧.txt 新.txt", sees = { "rename to" } },
  { "bytes that are no text", "printf 'a\\0b' > 图.bin; git add .; git commit -qm n; printf 'c\\0d' > 图.bin; git add .", sees = { "Binary files" } },
  { "a file alone", "echo x >> a.txt; mkdir s; echo new > s/b.txt", args = { "s/b.txt" }, sees = { "+new" }, lacks = "+x" },
  { "a folder alone", "echo x >> a.txt; mkdir s; echo new > s/b.txt", args = { "./s/" }, sees = { "+new" }, lacks = "+x" },
  { "a file with a name of git's own", "echo new > ':!a'; echo x >> a.txt", args = { ":!a" }, sees = { "+new" }, lacks = "+x" },
  { "a file in which nothing changed", "echo new > b.txt", args = { "a.txt" }, sees = {}, says = "nothing has changed" },
  { "a file elsewhere", args = { "../project/a.txt" }, sees = {}, code = 2 },
  { "only what is kept back", "echo a.txt > .qwenignore; echo .qwenignore > .git/info/exclude; echo x >> a.txt", sees = {},
    says = "nothing was reviewed" },
  { "no file that is kept back", "echo hidden > .env2; echo .env2 > .qwenignore; git add .qwenignore; git commit -qm i", sees = {}, kept = ".env2" },
  { "a link", "ln -s /etc/passwd link", sees = { "link" }, lacks = "root:" },
} do
  local place = repository(row[2])
  local r = review(place, { found() }, row.args)
  for _, words in ipairs(row.sees) do t.ok(said(r):find(words, 1, true), ("%s: the model sees %s"):format(row[1], words)) end
  if not row.sees[1] and not row.kept then t.eq(#r.asked, 0, row[1] .. ": nobody is asked") end
  if row.lacks then t.ok(not said(r):find(row.lacks, 1, true), row[1] .. ": not " .. row.lacks) end
  if row.kept then t.ok(not said(r):find("hidden", 1, true), row[1]) end
  if row.says then t.match(r.out, row.says, row[1]) end
  t.eq(r.code, row.code or 0, row[1] .. ": " .. r.err)
end

-- In a folder of a repository only what is below it; in none a sentence.
do
  local place = repository "mkdir sub; echo s > sub/s.txt; echo top >> a.txt"
  local r = review(place, { found() }, {}, { cwd = place.cwd .. "/sub" })
  t.ok(said(r):find("b/s.txt", 1, true) and not said(r):find("top", 1, true), "below the folder")
  r = review(program.place {}, {})
  t.eq({ r.code, #r.asked }, { 2, 0 }, "no repository")
end

-- Before the first commit.
do
  local place = program.place { ["a.txt"] = "first\n" }
  assert(proc.run { argv = { "git", "init", "-q", place.cwd } })
  local r = review(place, { found() })
  t.ok(said(r):find("+first", 1, true), "all of it is new")
end

-- What a repository would run.
do
  local evil = "touch \"$PWD/../ran\"; cat"
  local place = repository(("git config core.fsmonitor '%s'; git config diff.external '%s'; git config diff.x.textconv '%s'; git config filter.x.clean '%s'; "
    .. "git config core.pager '%s'; git config core.hooksPath hooks; echo '* diff=x filter=x' > .gitattributes; echo two > a.txt"):format(evil, evil,
    evil, evil, evil))
  fs.remove(place.root .. "/ran")
  local r = review(place, { found() })
  t.eq({ #r.asked, fs.exists(place.root .. "/ran") }, { 1, false }, "nothing of it runs: " .. r.err)
end

-- Long changes are bounded, and the run says so.
do
  local place = repository "seq 1 20000 > long.txt; for i in 1 2 3 4 5 6 7 8; do seq 1 9000 > more$i.txt; done"
  local r = review(place, { found() }, { "-o", "json" })
  local result = json.decode(r.out)
  t.ok(#said(r) < 300000, "bounded")
  t.ok(#result.left_out >= 3, "what was left out is named")
end

-- Findings: checked, repaired once, sorted.
local changed = "printf 'one\\nTWO\\n' > a.txt"
for _, row in ipairs {
  { "none", { found() }, findings = 0 },
  { "one", { found(finding) }, findings = 1 },
  { "in a block of code", { { text = "Here:\n```json\n" .. json.encode { finding } .. "\n```\n" } }, findings = 1 },
  { "sorted", { found(with { severity = "nice-to-have" }, with { severity = "critical", line = 9 }, finding) }, findings = 3, first = 9 },
  { "repaired", { { text = "It is wrong at a.txt:2." }, found(finding) }, findings = 1, asked = 2 },
  { "no such file", { found(with { path = "nosuch.txt" }), found(finding) }, findings = 1, asked = 2 },
  { "no line", { found(with { line = 0 }), found(finding) }, findings = 1, asked = 2 },
  { "a severity of its own", { found(with { severity = "bad" }), found(finding) }, findings = 1, asked = 2 },
  { "not repaired", { { text = "no" }, { text = "no" } }, code = 1, asked = 2 },
  { "above the level", { found(finding) }, args = { "--fail-on", "suggestion" }, findings = 1, code = 3 },
  { "below the level", { found(finding) }, args = { "--fail-on=critical" }, findings = 1 },
  { "no such level", {}, args = { "--fail-on", "bad" }, code = 2, asked = 0 },
} do
  local r = review(repository(changed), row[2], { "-o", "json", table.unpack(row.args or {}) })
  local result = row.findings and json.decode(r.out)
  t.eq({ r.code, #r.asked, result and #result.findings }, { row.code or 0, row.asked or 1, row.findings }, row[1] .. ": " .. r.err)
  if row.first then t.eq(result.findings[1].line, row.first, row[1]) end
end

-- A diff of the standard input, and of a repository whose configuration is not known.
do
  local diff = "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+TWO\n"
  local r = review(program.place { ["a.txt"] = "TWO\n" }, { found(finding) }, { "-", "-o", "json" }, { input = diff })
  t.eq({ r.code, #r.asked, #json.decode(r.out).findings }, { 0, 1, 1 }, r.err)
  t.ok(said(r):find("+TWO", 1, true), "the diff is seen")
  for name, input in pairs { ["no prefix"] = "diff --git a.txt a.txt\n--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-one\n+TWO\n",
    ["of diff -u"] = "--- old/a.txt\t2026\n+++ a.txt\t2026\n@@ -1 +1 @@\n-one\n+TWO\n" } do
    r = review(program.place { ["a.txt"] = "TWO\n" }, { found(finding) }, { "-", "-o", "json" }, { input = input })
    t.eq({ r.code, #r.asked, #json.decode(r.out).findings, #json.decode(r.out).left_out }, { 0, 1, 1, 0 }, name .. r.err)
  end
  r = review(program.place {}, {}, { "-" }, { input = "hello\n" })
  t.eq({ r.code, #r.asked }, { 2, 0 }, "what is no diff")
  r = review(program.place {}, {}, { "-" }, { input = "" })
  t.eq({ r.code, #r.asked }, { 0, 0 }, "an empty diff")
  r = review(repository(changed .. "; git config credential.helper x"), {})
  t.eq({ r.code, #r.asked }, { 1, 0 }, "a configuration that is not known")
end

-- In words: a line that editors know. The agent has no tool that changes anything.
do
  local r = review(repository(changed), { found(finding) })
  t.match(r.out, "^a.txt:2: suggestion: It is wrong.\n    When it runs.\n    fix: Mend it.\n$")
  for _, tool in ipairs(r.asked[1].body.tools) do
    t.ok(({ read_file = 1, grep_search = 1, glob = 1, list_directory = 1 })[tool["function"].name], tool["function"].name .. " only reads")
  end
  local place = repository(changed, { ["~/bin/gh"] = "#!/bin/sh\necho \"$@\" >$HOME/called; printf 'diff --git a/a.txt b/a.txt\\n+++ b/a.txt\\n@@ -1 +1 @@\\n+GH\\n'\n" })
  assert(proc.run { argv = { "chmod", "+x", place.home .. "/bin/gh" } })
  r = review(place, { found() }, { "#12" }, { env = { PATH = place.home .. "/bin:" .. os.getenv "PATH" } })
  t.eq({ r.code, fs.read(place.home .. "/called") }, { 0, "pr diff 12 --color never\n" }, r.err)
  t.ok(said(r):find("+GH", 1, true), "the diff of gh is seen")
  for base, number in pairs { ["https://github.com/o/r/pull/345/files"] = 345, ["#123456"] = 123456 } do
    review(place, { found() }, { base }, { env = { PATH = place.home .. "/bin:" .. os.getenv "PATH" } })
    t.eq(fs.read(place.home .. "/called"), ("pr diff %d --color never\n"):format(number), base)
  end
  r = review(repository(changed), {}, { "12" }, { env = { PATH = repository().root } })
  t.eq({ r.code, #r.asked }, { 1, 0 }, "a pull request without gh: " .. r.err)
end
-- The limits of a run hold for a review, too.
do
  local looks = { calls = { { name = "read_file", arguments = { file_path = "a.txt" } } }, times = 0,
    usage = { prompt_tokens = 900, completion_tokens = 100, total_tokens = 1000 } }
  for _, row in ipairs { { "--max-tool-calls", "2", 3 }, { "--max-tokens", "1500", 2 } } do
    local server <close> = fake.start { looks }
    local r = program.run(repository(changed), { "--openai-base-url", server.url, "-m", "m", row[1], row[2], "review" })
    t.eq({ r.code, #server:requests() }, { 55, row[3] }, r.err)
  end
  local server <close> = fake.start { { text = "a", fault = "stall", after = 10 } }
  local r = program.run(repository(changed), { "--openai-base-url", server.url, "-m", "m", "--max-wall-time", "2s", "review" })
  t.eq(r.code, 55, r.err)
end
-- --fix: the findings become a prompt, whose edits are asked about like all others.
do
  local mend = { calls = { { name = "write_file", arguments = { file_path = "new.txt", content = "x" } } } }
  local place = repository(changed)
  local r = review(place, { found(finding), mend, { text = "Mended." } }, { "--fix" })
  t.eq({ r.code, #r.asked }, { 0, 3 }, r.err)
  t.match(json.encode(r.asked[2].body.messages), "a.txt:2: suggestion: It is wrong", "the findings are the prompt")
  t.ok(not fs.exists(place.cwd .. "/new.txt"), "nobody allowed the edit")
  r = review(place, { found() }, { "--fix" })
  t.eq({ r.code, #r.asked }, { 0, 1 }, "nothing to fix: " .. r.err)
  t.eq({ review(place, {}, { "--fix", "-o", "json" }).code, review(place, {}, { "--fix", "--fail-on", "critical" }).code }, { 2, 2 }, "not with JSON")
end
t.done()
