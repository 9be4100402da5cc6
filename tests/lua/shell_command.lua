-- run_shell_command as the model sees it: what it tells, its limits, what a command gets of the environment.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fs, secret = require "sys.fs", require "sys.secret"
local output, proc = require "qwen.util.output", require "qwen.util.process"

local root, ctx, spilled = dofile "tests/tool_ctx.lua" "shell"
local tool = assert(qwen.x.registry.get("tools", "run_shell_command"))
local function run(command, more)
  local args = more or {}
  args.command = command
  local result, e = tool.run(ctx, args)
  if result then return result end
  return { text = e.message, refused = true }
end

local STRIPPED = "[colours and other terminal sequences left out; cat -v shows them. TERM is dumb and NO_COLOR set, unless the user chose otherwise]"

-- What stands in the result for a command. The words for an end are in brackets.
for _, case in ipairs {
  { "printf 'hi\n'", "hi" }, { "echo out; echo err >&2; echo out", "out\nerr\nout" }, { "true", "(no output)" },
  { "echo out; exit 3", "out\n[exit code 3]" }, { "exit 3", "[exit code 3]" }, { "kill -9 $$", "[ended by signal 9]" },
  { "printf '\\n\\na\\n\\n'", "\n\na\n" }, { "mkdir -p sub; cd sub; pwd", root .. "/sub" },
  { "printf 'a\\0b'", "a\nb" },
  { "printf '\\033[1;31mred\\033[0m\\n'", "red\n" .. STRIPPED }, { "printf '\\033[31mA\\033[m'; exit 1", "A\n[exit code 1]\n" .. STRIPPED },
  { "for i in 1 2 3; do printf '\\r%d %%' $i; done; echo; echo ok", "3 %\nok" },
  { "head -c 1000 /dev/zero", "[1000 bytes of binary output, all in " .. root .. "/.spill-run_shell_command-1]" },
  { "printf 'caf\\351\\n'", "(This was in WINDOWS-1252.)\ncaf\u{e9}" }, { "printf 'a\\377b \u{fc}\u{e4}\u{e8}'", "a\u{fffd}b \u{fc}\u{e4}\u{e8}" },
  { "printenv NO_COLOR TERM CLICOLOR PAGER QWEN_CODE", "1\ndumb\n0\ncat\n1" },
  { "x=" .. ("y"):rep(200000) .. "; echo ${#x}; cat", "200000" },
  { "cat <<'E' | wc -c\n" .. ("z\n"):rep(100000) .. "E", "200000" },
} do
  local want = case[2]
  t.eq(run(case[1]).text, want, case[1]:sub(1, 60))
end
local result = run "echo out; echo err >&2; exit 3"
t.eq({ result.error, result.display }, { true, "exit 3: err" }, "a failure is an error")
t.eq(run("true").error, nil)

-- Nobody can type into an editor: the program that wants one is told, at once.
if proc.which "git" then
  run "git init -q . && git config user.name n && git config user.email e@x && echo 1 > a && git add a"
  for _, command in ipairs { "git commit", "$EDITOR", "$VISUAL a" } do
    result = run((command:gsub("^%$(%u+)", 'sh -c "$%1"')))
    t.ok(result.error and result.text:find("There is no editor here", 1, true), command .. ": " .. result.text)
  end
  t.eq(run("git commit -qm text && git log --format=%s").text, "text")
  t.match(run("git rebase -i --root").text, "There is no editor here")
  t.eq(run("GIT_EDITOR=true git commit -q --amend && git log --format=%s").text, "text")
end

-- A time limit keeps what was written; the words name the ways out. One that is too high is lowered, and that is told.
result = wait.with_limit(function(limit)
  local r = run("echo before; sleep 7654321", { timeout = math.floor(limit * 1000) })
  return r.text:find "^before\n" and r
end)
t.match(result.text, "^before\n%[stopped after %d[%d.]* s, the time limit")
for _, word in ipairs { "timeout", "is_background" } do t.ok(result.text:find(word, 1, true), word) end
t.eq(result.error, true)
t.match(run("echo x", { timeout = 3600000 }).text, "^x\n%[the timeout was lowered to 600000 ms")
t.eq(run("echo x", { timeout = 600000 }).text, "x")

-- Where it runs.
t.eq(run("pwd", { directory = root .. "/sub" }).text, root .. "/sub")
assert(proc.run { argv = { "ln", "-s", "/", root .. "/outside" } })
for _, folder in ipairs { "/", root .. "/..", root .. "-evil", root .. "/outside", root .. "/outside/tmp" } do
  result = run("touch " .. root .. "/ran", { directory = folder })
  t.ok(result.refused and result.text:find "is outside the project .*Nothing was run", folder)
end
t.eq(run("pwd", { directory = "sub" }).text, root .. "/sub")
t.match(run("touch ran", { directory = root .. "/no/such" }).text, "no/such", "a folder that is not there")
t.match(run("echo a\0b").text, "zero byte.*Nothing was run")
t.eq(fs.stat(root .. "/ran"), nil, "and nothing was")

-- Too long: a quarter of 12,000 bytes from the beginning, the rest from the end, all of it in a file.
for i in ipairs(spilled) do spilled[i] = nil end
result = run "seq -f '%05g ................................' 1 2000"
t.match(result.text, "^00001 .+\n%[%.%.%. %d+ bytes left out; read_file shows parts of the whole output in (%S+) %.%.%.%]\n.+\n02000 %.+$")
t.ok(#result.text > 11000 and #result.text < 12300, #result.text)
t.eq({ fs.stat(spilled[1]).mode, select(2, fs.read(spilled[1]):gsub("\n", "")) }, { 384, 1999 }, "the whole, private")
result = run "seq -f '%g ...' 1 100000; seq -f 'last %05g' 1 60; head -c 60000 /dev/zero | tr '\\0' x; exit 1"
t.ok(result.text:find("last 00002\n", 1, true) and #result.text < 12300, "the last 60 lines of a failure, the last one being long")
result = run "head -c 40000000 /dev/zero | tr '\\0' 'x'; echo; echo the end"
t.ok(result.text:find "^xxx" and result.text:find "\nthe end$", "the end of more than is kept")

-- How a long text is cut: words, limit, failed; whether each part is there, and that nothing is counted wrongly.
for _, case in ipairs { { ("a line\n"):rep(5000), 12000 }, { ("a line\n"):rep(5000), 12000, true }, { ("x"):rep(50000), 12000 },
  { ("x"):rep(50000), 12000, true }, { ("é"):rep(20000), 11999 }, { ("é"):rep(20000), 12000, true },
  { ("y"):rep(3000) .. ("\n" .. ("x"):rep(500)):rep(61), 12000, true }, { ("\n"):rep(50000), 12000, true }, { ("x\n"):rep(6001), 12000 } } do
  local head, tail, left_out = output.cut(case[1], case[2], case[3] or false)
  local name = ("%q %d bytes"):format(case[1]:sub(1, 3), #case[1])
  t.ok(#head + #tail <= case[2] and left_out > 0, name)
  t.ok(utf8.len(head) and utf8.len(tail), name .. ": whole characters")
  t.eq(case[1]:sub(1, #head), head, name)
  if not tail:find("[...]", 1, true) then
    t.eq(case[1]:sub(#case[1] - #tail + 1), tail, name)
    t.eq(#head + left_out + #tail, #case[1], name)
  end
end
t.eq({ output.cut("short", 12000, true) }, { "short" })
for bytes, want in pairs { ["plain"] = false, [""] = false, ["caf\xe9 cr\xe8me br\xfbl\xe9e as it was long ago"] = false, ["a\0b\0c\0"] = true,
  ["\127ELF\2\1\1\0\0\0\0\0"] = true, [("name\0"):rep(3):gsub("name", "src/some/file.c")] = false, ["\27[31mred\27[0m\r\n"] = false,
  [("\x89\xd1\xff\xc3"):rep(20)] = true } do
  t.eq(output.binary(bytes), want, ("%q"):format(bytes))
end

-- What was taken out is told with the first failure only.
do
  local place = program.place { ["run.lua"] = [[
    local ctx = { cwd = qwen.paths.cwd(), seen = {}, spill = function() end, settings = { get = function() end } }
    for _ = 1, 2 do print(qwen.x.registry.get("tools", "run_shell_command").run(ctx, { command = "false" }).text) end]] }
  local r = program.run(place, { "lua", "run.lua" }, { env = { X_API_KEY = "v1" } })
  t.match(r.out, "^%[exit code 1%]\nEnvironment: [^\n]*X_API_KEY[^\n]*\n%[exit code 1%]\n$", r.err)
end

-- What a command sees of the environment; a secret by its value, whatever its name.
do
  local live = assert(secret.new("k", "sk-live-0123456789abcdef", { "https://a.test" }))
  local place = program.place { ["run.lua"] = [[
    local key = assert(qwen.secret.env("k", "HARMLESS", { "https://a.test" }))
    local ctx = { cwd = qwen.paths.cwd(), seen = {}, spill = function() end, settings = { get = function() end } }
    print(qwen.x.registry.get("tools", "run_shell_command").run(ctx, { command = "env" }).text, key:name())]] }
  local r = program.run(place, { "lua", "run.lua" }, { env = { HARMLESS = "sk-0123456789abcdef", ALIAS = "Bearer sk-0123456789abcdef", X_API_KEY = "v1", MY_TOKEN = "v2", gh_token = "v3",
    AWS_SECRET_ACCESS = "v4", DB_PASSWORD = "v5", MYSQL_PASS = "v6", GOOGLE_CREDENTIALS = "v7", PLAIN = "stays", PAGER = "less" } })
  for _, name in ipairs { "X_API_KEY", "MY_TOKEN", "gh_token", "AWS_SECRET_ACCESS", "DB_PASSWORD", "MYSQL_PASS", "GOOGLE_CREDENTIALS", "HARMLESS", "ALIAS" } do
    t.ok(not r.out:find(name, 1, true), name .. " stays out")
  end
  t.match(r.out, "\nPLAIN=stays\n", r.err)
  t.match(r.out, "\nPAGER=cat\n")
  t.match(r.out, "\nQWEN_CODE=1\n")
  t.eq(live:name(), "k")
end

fs.remove_tree(root)
t.done()
