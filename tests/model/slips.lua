-- A scripted model that makes the slips which models make: names and arguments of other programs, broken JSON, paths in other
-- forms, edits that are nearly right. Each row: what it calls, and what is in the result; then what is in a file.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local FIVE = "one\ntwo\nthree\nfour\nfive\n"
local CODE = "def f():\n    if x:\n        return 1\n    return 2\n"

-- name of the tool, arguments as the model writes them, a pattern of the result; file = what is in edited.txt before, after = after.
-- `refused`: nothing was done.
local rows = {
  -- Names of tools.
  { "Bash", '{"command":"echo from-bash"}', "^from%-bash" },
  { "shell", '{"command":"echo s1"}', "^s1" },
  { "functions.run_shell_command", '{"command":"echo s2"}', "^s2" },
  { "functions.Bash:3", '{"command":"echo s3"}', "^s3" },
  { "default_api:read_file", '{"file_path":"CWD/five.txt"}', "^one\n" },
  { "default_api.read_file", '{"file_path":"CWD/five.txt","limit":1}', "\none" },
  { "run_shell_command<|channel|>json", '{"command":"echo s4"}', "^s4" },
  { "execute_command", '{"command":"echo s5"}', "^s5" },
  { "Read", '{"file_path":"CWD/five.txt","limit":2}', "one\ntwo" },
  { "view_file", '{"file_path":"CWD/five.txt","limit":3}', "one\ntwo\nthree" },
  { "Grep", '{"pattern":"thr[e]+"}', "five.txt:3:three" },
  { "Glob", '{"pattern":"*.five"}', "No files found" },
  { "LS", '{"path":"CWD/sub"}', "inner.txt" },
  { "ReadFile ", '{"file_path":"CWD/sub/inner.txt"}', "^inner" },
  { "Write", '{"file_path":"CWD/made1.txt","content":"x"}', "created" },
  { "TodoWrite", '{"todos":[{"content":"a","status":"in progress","activeForm":"doing a"}]}', "%[>%] a" },
  { "update_plan", '{"plan":[{"step":"b","status":"done"}]}', "%[x%] b" },
  { "str_replace_editor", '{"command":"view","path":"CWD/five.txt"}', "one" },
  { "str_replace_editor", '{"command":"create","path":"CWD/made2.txt","file_text":"y"}', "created" },
  { "no_such_thing", "{}", "There is no tool 'no_such_thing'" },
  -- Names of arguments.
  { "read_file", '{"path":"CWD/two.txt"}', "^second" },
  { "read_file", '{"filePath":"CWD/two.txt","limit":1}', "^second" },
  { "read_file", '{"absolute_path":"CWD/five.txt","start_line":2,"end_line":3}', "lines 2%-3 of 5.*two\nthree$" },
  { "read_file", '{"file_path":"CWD/five.txt","view_range":[4,5]}', "four\nfive$" },
  { "run_shell_command", '{"cmd":"echo c1"}', "^c1" },
  { "shell", '{"command":["bash","-lc","echo c2 && echo c3"]}', "^c2\nc3" },
  { "shell", '{"command":["printf","%s-%s","a b","it\'s"],"workdir":"CWD/sub"}', "^a b%-it's" },
  { "grep_search", '{"query":"inner","include":"*.txt"}', "sub/inner.txt:1:inner" },
  { "Grep", '{"pattern":"inner","output_mode":"files_with_matches"}', "\nsub/inner.txt" },
  { "glob", '{"query":"*.txt","dir_path":"CWD/sub"}', "inner.txt" },
  { "write_file", '{"path":"CWD/made3.txt","file_text":"z"}', "created" },
  { "read_file", '{"file_path":"CWD/two.txt","explanation":"to look","limit":5}', "no argument explanation" },
  { "read_file", '{"path":"CWD/two.txt","file":"CWD/five.txt"}', "'file_path' is missing.*'file', 'path'" },
  -- Paths.
  { "read_file", '{"file_path":"sub/inner.txt","limit":3}', "^inner" },
  { "read_file", '{"file_path":"./sub/../sub/inner.txt"}', "^inner" },
  { "read_file", '{"file_path":"file://CWD/sp%20ace.txt"}', "^blank" },
  { "read_file", '{"file_path":"\\"CWD/sp ace.txt\\""}', "^blank" },
  { "read_file", '{"file_path":"`five.txt`","limit":4}', "four" },
  { "read_file", '{"file_path":"five.txt:4"}', "lines 4%-5 of 5" },
  { "read_file", '{"file_path":"five.txt:3-4"}', "lines 3%-5 of 5" },
  { "read_file", '{"file_path":"five.txt#L5"}', "lines 5%-5 of 5" },
  { "read_file", '{"file_path":"@two.txt\\n"}', "^second" },
  { "read_file", '{"file_path":"colon:7"}', "^a name with a colon" },
  { "read_file", '{"file_path":"none.txt:7"}', "File not found" },
  -- JSON.
  { "read_file", '{"file_path":"two.txt","limit":11', "^they end", refused = true },
  { "read_file", '{"limit":12,"file_path":"two.txt"', "^second" },
  { "read_file", '{"file_path":"two.txt","limit":13}}', "^second" },
  { "read_file", '```json\n{"file_path":"two.txt","limit":14}\n```', "^second" },
  { "read_file", '{"file_path":"two.txt","limit":15}<|im_end|>', "^second" },
  { "read_file", "{'file_path':'two.txt','limit':None}", "^second" },
  { "read_file", '{"file_path":"two.txt","limit":16,}', "^second" },
  { "read_file", '{"file_path":"two.txt","limit":17}{"file_path":"two.txt","limit":17}', "^second" },
  { "read_file", '{"file_path":"two.txt"}{"file_path":"five.txt"}', "two values", refused = true },
  { "read_file", '"{\\"file_path\\":\\"two.txt\\",\\"limit\\":18}"', "^second" },
  { "grep_search", '{"pattern":"^\\w+ond"}', "two.txt:1:second" },
  { "run_shell_command", '{"command":"echo t1","is_background":False}', "^t1" },
  { "run_shell_command", '{"command":"echo t2"', "too early", refused = true },
  { "write_file", '{"file_path":"CWD/cut.txt","content":"half', "in the middle of a text", refused = true },
  { "write_file", '{"file_path":"CWD/cut.txt","content":"half"', "too early", refused = true },
  -- Kinds of values.
  { "read_file", '{"file_path":"five.txt","offset":"2","limit":"2.0"}', "lines 2%-3 of 5" },
  { "write_file", '{"file_path":"CWD/number.txt","content":42}', "created" },
  { "grep_search", '{"pattern":404}', "No matches for 404" },
  { "run_shell_command", '{"command":"echo t3","is_background":"False","timeout":"60000"}', "^t3" },
  -- Edits.
  { "edit", '{"file_path":"FILE","old_str":"two","new_str":"2"}', "has been updated", file = FIVE, after = "one\n2\nthree\nfour\nfive\n" },
  { "replace", '{"file_path":"FILE","old_string":"two","new_string":"2","replaceAll":"true"}', "has been updated", file = "two two\n", after = "2 2\n" },
  { "edit", '{"file_path":"FILE","old_string":"the quick brown fix jumps","new_string":"x"}', "lines 2%-2:\nthe quick brown fox jumps",
    file = "a\nthe quick brown fox jumps\n" },
  { "edit", '{"file_path":"FILE","old_string":"three\\\\nfour","new_string":"x"}', "two characters.*lines 3%-4:\nthree\nfour", file = FIVE },
  { "edit", '{"file_path":"FILE","old_string":"if a &amp;&amp; b","new_string":"x"}', "&amp;", file = "if a && b\n" },
  { "edit", '{"file_path":"FILE","old_string":"2: two\\n3: three","new_string":"2: x"}', "numbers of the lines", file = FIVE },
  { "edit", '{"file_path":"FILE","old_string":"if x:\\n    return 1","new_string":"if x:\\n    return 3"}', "indentation", file = CODE,
    after = "def f():\n    if x:\n        return 3\n    return 2\n" },
  { "edit", '{"file_path":"FILE","old_string":"  g()","new_string":"  h()\\n  i()"}', "indentation", file = "\tg()\n", after = "\th()\n\ti()\n" },
  { "edit", '{"file_path":"FILE","old_string":"if x:\\n        return 1","new_string":"if y:\\n        return 1"}', "has been updated", file = CODE,
    after = "def f():\n    if y:\n        return 1\n    return 2\n" },
  { "edit", '{"file_path":"FILE","old_string":"old words","new_string":"new words"}', "already, from line 2", file = "a\nnew words\n" },
  { "edit", '{"file_path":"FILE","old_string":"same","new_string":"x"}', "lines 1, 3", file = "same\nother\nsame\n" },
  { "edit", '{"file_path":"FILE","old_string":"ONE","new_string":"x"}', "capital", file = FIVE },
  { "edit", '{"file_path":"FILE","old_string":"two","new_string":"x"', "too early", file = FIVE, refused = true },
  { "MultiEdit", '{"file_path":"FILE","edits":[{"old_string":"two","new_string":"2"}]}', "'old_string' is missing", file = FIVE },
}

local place = program.place { ["five.txt"] = FIVE, ["two.txt"] = "second\n", ["sub/inner.txt"] = "inner\n", ["sp ace.txt"] = "blank\n",
  ["colon:7"] = "a name with a colon\n", ["~/.qwen/settings.json"] = '{"model":{"skipLoopDetection":true,"maxSessionTurns":-1}}' }
local script, at = {}, {}
local function say(name, arguments, id)
  script[#script + 1] = { calls = { { name = name, arguments = arguments, id = id or "c" .. #script } } }
  return #script
end
for i, row in ipairs(rows) do
  local file = place.cwd .. "/edited-" .. i
  if row.file then
    assert(fs.write(file, row.file, { mode = 420 }))
    say("read_file", json.encode { file_path = file })
  end
  at[i] = say(row[1], (row[2]:gsub("CWD", place.cwd):gsub("FILE", file)))
end
-- A formatter runs after the file was read; a file that was never read stays closed.
assert(fs.write(place.cwd .. "/formatted", FIVE))
say("read_file", '{"file_path":"formatted"}')
say("run_shell_command", '{"command":"sed -i s/five/FIVE/ formatted"}')
local formatted = say("edit", '{"file_path":"formatted","old_string":"two","new_string":"2"}')
local whole = say("write_file", '{"file_path":"formatted","content":"all"}')
say("run_shell_command", '{"command":"sed -i s/one/two/ formatted; echo 2 >> formatted"}')
local twice = say("edit", '{"file_path":"formatted","old_string":"2","new_string":"3"}')
local unread = say("edit", '{"file_path":"colon:7","old_string":"zzz","new_string":"y"}')
-- The same id again and again, and twice in one answer.
script[#script + 1] = { calls = { { name = "Bash", arguments = '{"command":"echo d1"}', id = "same" },
  { name = "Bash", arguments = '{"command":"echo d2"}', id = "same" } } }
local doubled = #script
script[#script + 1] = { text = "done" }

local server <close> = fake.start(script)
local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "--yolo", "--verbose", "-p", "x" })
t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
local asked = server:requests()
local function result(n)
  local messages = asked[n + 1] and asked[n + 1].body.messages or {}
  return messages[#messages] and messages[#messages].content or "nothing"
end
for i, row in ipairs(rows) do
  local text = result(at[i])
  t.match(text, row[3]:gsub("^%^they", "they"), row[1] .. " " .. row[2])
  if row.refused then t.match(text, "Nothing was done", row[2] .. ": nothing was done") end
  if row.file then t.eq(fs.read(place.cwd .. "/edited-" .. i), row.after or row.file, row[2] .. ": the file") end
end
for name, want in pairs { made1 = "x", made2 = "y", made3 = "z", number = "42" } do t.eq(fs.read(place.cwd .. "/" .. name .. ".txt"), want, name) end
t.eq(fs.stat(place.cwd .. "/cut.txt"), nil, "a cut write is never carried out")

t.match(result(formatted), "had changed since", "an edit after a formatter")
t.match(result(whole), "have not been shown to you", "what the formatter made was not seen")
t.match(result(twice), "has changed on disk", "a text that is there twice")
t.eq(fs.read(place.cwd .. "/formatted"), "two\n2\nthree\nfour\nFIVE\n2\n", "and nothing else was done")
t.match(result(unread), "old_string was not found", "read before, by the name with a colon")

-- What is kept and sent again has the names that count, and ids of their own.
local ids, names = {}, {}
for _, m in ipairs(asked[#asked].body.messages) do
  for _, call in ipairs(m.tool_calls or {}) do
    t.ok(not ids[call.id], "an id twice: " .. call.id)
    ids[call.id], names[call["function"].name] = true, true
    t.ok(type(json.decode(call["function"].arguments)) == "table", "arguments that a service can read")
  end
end
t.ok(names.run_shell_command and not names.Bash, "the model sees the real name")
local last = asked[doubled + 1].body.messages
t.eq({ last[#last - 1].content, last[#last].content }, { "d1", "d2" }, "both calls have their result")

-- Arguments that would take all the memory.
local heavy <close> = fake.start { { calls = { { name = "read_file", id = "h",
  arguments = '{"file_path":"two.txt","x":[' .. ("[],"):rep(200000) .. "[]]}" } } }, { text = "done" } }
program.run(place, { "--openai-base-url", heavy.url, "-m", "m", "-p", "x" })
asked = heavy:requests()
t.match(result(1), "so many values.*Nothing was done", "many lists")

-- Rules are about the tool and the path that are meant.
place = program.place { ["secret.txt"] = "hidden\n", ["~/.qwen/settings.json"] = '{"permissions":{"deny":["Read(secret.txt)","Bash(echo *)"]}}' }
local denied = { { "cat", '{"path":"secret.txt:1"}' }, { "Read", '{"absolute_path":"file://' .. place.cwd .. '/secret.txt"}' },
  { "view", "{'file':'`secret.txt`'}" }, { "functions.exec", '{"cmd":["echo","x"]}' }, { "Shell", '{"script":"echo y"}' } }
script = {}
for i, row in ipairs(denied) do script[i] = { calls = { { name = row[1], arguments = row[2], id = "d" .. i } } } end
script[#script + 1] = { text = "done" }
local second <close> = fake.start(script)
program.run(place, { "--openai-base-url", second.url, "-m", "m", "--yolo", "-p", "x" })
asked = second:requests()
for i, row in ipairs(denied) do t.match(result(i), "^Refused: the rule", row[1] .. " " .. row[2]) end

t.done()
