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
  { "MultiEdit", '{"file_path":"FILE","edits":[{"old_string":"two","new_string":"2"}]}', "has been updated", file = FIVE,
    after = "one\n2\nthree\nfour\nfive\n" },
  { "MultiEdit", '{"file_path":"FILE","edits":[{"old_string":"two","new_string":"2"},{"old_string":"2","new_string":"zwei"},{"old_string":"e","new_string":"E","replace_all":true}]}',
    "has been updated, 7 places", file = FIVE, after = "onE\nzwEi\nthrEE\nfour\nfivE\n" },
  { "multi_edit", '{"path":"FILE","edits":"[{\\"oldText\\":\\"two\\",\\"newText\\":\\"2\\"}]"}', "has been updated", file = FIVE, after = "one\n2\nthree\nfour\nfive\n" },
  { "MultiEdit", '{"file_path":"FILE","edits":[]}', "edits is empty. Call edit", file = FIVE, refused = true },
  { "StrReplaceFile", '{"path":"FILE","edit":{"old":"two","new":"2"}}', "has been updated", file = FIVE, after = "one\n2\nthree\nfour\nfive\n" },
  { "replace_string_in_file", '{"filePath":"FILE","oldString":"two","newString":"2"}', "has been updated", file = FIVE, after = "one\n2\nthree\nfour\nfive\n" },
  { "multi_replace_string_in_file", '{"explanation":"x","replacements":[{"filePath":"FILE","oldString":"one","newString":"1"},{"filePath":"FILE","oldString":"five","newString":"5"}]}',
    "has been updated, 2 places", file = FIVE, after = "1\ntwo\nthree\nfour\n5\n" },
  { "edit", '{"file_path":"FILE","old_string":"one","new_string":"1","edits":[{"old_string":"five","new_string":"5"}]}', "has been updated, 2 places",
    file = FIVE, after = "1\ntwo\nthree\nfour\n5\n" },
  { "edit", '{"file_path":"FILE","old_str":"one","new_str":"1","edits":[{"old":"1","new":"2"}]}', "has been updated, 2 places",
    file = FIVE, after = "2\ntwo\nthree\nfour\nfive\n" },
  { "edit", '{"file_path":"FILE","old_string":"one","new_string":"1","edits":[{"old_string":"six","new_string":"6"}]}', "edits%[1%]: old_string was not found",
    file = FIVE },
  { "edit", '{"file_path":"FILE","old_string":"one","new_string":"1","edits":[{"new_string":"6"}]}', "edits%[1%] needs old_string", file = FIVE },
  { "edit", '{"file_path":"FILE","old_string":"one","new_string":"1","edits":[{"old_string":"1","new_string":"one"}]}', "cancel each other", file = FIVE },
  { "str_replace_based_edit_tool", '{"command":"str_replace","path":"FILE","old_str":"two","new_str":"2"}', "has been updated", file = FIVE,
    after = "one\n2\nthree\nfour\nfive\n" },
  { "str_replace_editor", '{"command":"insert","path":"FILE","insert_line":2,"new_str":"x"}', "There is no insert.*call edit", file = FIVE },
  { "replace_in_file", '{"path":"FILE","diff":"<<<<<<< SEARCH\\ntwo\\n=======\\n2\\n>>>>>>> REPLACE\\n\\n<<<<<<< SEARCH\\nfour\\n=======\\n>>>>>>> REPLACE\\n"}',
    "has been updated, 2 places", file = FIVE, after = "one\n2\nthree\nfive\n" },
  { "replace_in_file", '{"path":"FILE","diff":"------- SEARCH\\nthree\\n=======\\n3\\n+++++++ REPLACE"}', "has been updated", file = FIVE,
    after = "one\ntwo\n3\nfour\nfive\n" },
  { "apply_diff", '{"path":"FILE","diff":"<<<<<<< SEARCH\\n:start_line:2\\n-------\\ntwo\\n=======\\n2\\n>>>>>>> REPLACE"}', "has been updated", file = FIVE,
    after = "one\n2\nthree\nfour\nfive\n" },
  { "search_replace", '{"file_path":"FILE","content":"<<<<<<< SEARCH\\ntwo\\n=======\\n2\\n>>>>>>> REPLACE"}', "has been updated", file = FIVE,
    after = "one\n2\nthree\nfour\nfive\n" },
  { "replace_in_file", '{"path":"FILE","diff":"<<<<<<< SEARCH\\ntwo\\n=======\\n2\\n"}', "has no end", file = FIVE, refused = true },
  -- Patches.
  { "apply_patch", '{"input":"*** Begin Patch\\n*** Update File: FILE\\n@@\\n one\\n-two\\n+2\\n three\\n@@ four\\n four\\n-five\\n+5\\n+6\\n*** End Patch"}', "has been updated, 2 places",
    calls = 1, file = FIVE, after = "one\n2\nthree\nfour\n5\n6\n" },
  { "apply_patch", "*** Begin Patch\n*** Update File: FILE\n one\n-two\n three\n*** End Patch\n", "has been updated", file = FIVE, after = "one\nthree\nfour\nfive\n" },
  { "shell", '{"command":["apply_patch","*** Begin Patch\\n*** Update File: FILE\\n@@\\n-two\\n+2\\n*** End Patch\\n"]}', "has been updated", file = FIVE,
    after = "one\n2\nthree\nfour\nfive\n" },
  { "shell", '{"command":["bash","-lc","apply_patch <<\'EOF\'\\n*** Begin Patch\\n*** Update File: FILE\\n@@\\n-two\\n+2\\n*** End Patch\\nEOF\\n"]}', "has been updated",
    file = FIVE, after = "one\n2\nthree\nfour\nfive\n" },
  { "run_shell_command", '{"command":"cd CWD && apply_patch <<PATCH\\n*** Begin Patch\\n*** Add File: made4.txt\\n+a\\n+\\n+b\\n*** End Patch\\nPATCH"}', "created" },
  { "run_shell_command", '{"command":"apply_patch <<EOF && make\\n*** Begin Patch\\n*** Delete File: two.txt\\n*** End Patch\\nEOF"}', "apply_patch is no program", refused = true },
  { "apply_patch", '{"input":"*** Begin Patch\\n*** Update File: FILE\\n@@\\n-    return 2\\n+    return 3\\n*** End Patch"}', "you have not read this file",
    unread = true, file = CODE, after = "def f():\n    if x:\n        return 1\n    return 3\n" },
  { "apply_patch", '{"input":"*** Begin Patch\\n*** Update File: FILE\\n@@\\n-two\\n+2\\n*** End Patch"}', "has not been read", unread = true, file = FIVE },
  { "run_shell_command", '{"command":"echo | apply_patch"}', "apply_patch is no program here: call edit" },
  { "apply_patch", '{"input":"*** Begin Patch\\n*** Update File: FILE\\n@@\\ntwo\\n+2\\n*** End Patch"}', "neither a blank", file = FIVE, refused = true },
  { "apply_patch", '{"input":"*** Begin Patch\\n*** Update File: FILE\\n@@ x\\n+2\\n*** End Patch"}', "no lines that are there already", file = FIVE, refused = true },
  { "apply_patch", '{"input":"*** Begin Patch\\n*** Add File: gone1.txt\\n+x\\n*** Delete File: gone1.txt\\n*** End Patch"}', "no output", calls = 2 },
  { "apply_patch", '{"input":"*** Begin Patch\\n*** Add File: gone2.txt\\n+x\\n*** Update File: gone2.txt\\n*** Move to: made5.txt\\n@@\\n-x\\n+y\\n*** End Patch"}', "no output", calls = 3 },
  { "patch", '{"patch":"--- a/none.txt\\n+++ FILE\\n@@ -1,3 +1,3 @@\\n one\\n-two\\n+2\\n three\\n"}', "has been updated", file = FIVE, after = "one\n2\nthree\nfour\nfive\n" },
  { "patch", '{"patch":"--- /dev/null\\n+++ b/made6.txt\\n@@ -0,0 +1 @@\\n+x\\n"}', "created" },
  -- Several things in one call.
  { "read_many_files", '{"paths":["CWD/two.txt","sub/inner.txt"],"x":1}', "^inner", calls = 2 },
  { "read_files", '{"files":[{"path":"five.txt","start_line":2,"end_line":2}]}', "two" },
  { "read_file", '{"paths":["five.txt"],"x":2}', "one" },
  { "read_many_files", '{"include":["src/**/*.c"]}', "find the names with glob", refused = true },
  { "multi_tool_use.parallel", '{"tool_uses":[{"recipient_name":"functions.shell","parameters":{"command":["echo","p1"]}},{"recipient_name":"functions.Bash","parameters":{"command":"echo p2"}}]}',
    "^p2", calls = 2 },
  { "batch", '{"tool_calls":[{"tool":"bash","parameters":{"command":"echo b1"}},{"tool":"read_many_files","parameters":{"paths":["two.txt","sub/inner.txt"]}}]}', "^inner", calls = 3 },
  -- Tools of other programs that have another form here.
  { "delete_file", '{"target_file":"CWD/to delete"}', "no output" },
  { "create_directory", '{"dirPath":"CWD/made/deep"}', "no output" },
  { "move_file", '{"source":"CWD/to move","destination":"CWD/made/moved"}', "no output" },
  { "LS", "{}", "five.txt" },
  { "LS", "", "two.txt" },
  { "str_replace_editor", '{"command":"view","path":"CWD/sub"}', "inner.txt" },
  { "read_file", '{"file_path":"sub"}', "Listed 1 item" },
  { "view_image", '{"path":"CWD/sub/inner.txt","detail":1}', "inner" },
  { "Shell", '{"command":"sleep 0.2; echo t4","timeout":60}', "^t4" },
  { "container.exec", '{"cmd":["bash","-lc","echo c4"],"workdir":"CWD"}', "^c4" },
  { "run_command", '{"CommandLine":"echo c5","Cwd":"CWD","Blocking":true}', "Blocking.*c5" },
  { "write_to_file", '{"TargetFile":"CWD/made7.txt","CodeContent":"w"}', "created" },
  { "WriteFile", '{"path":"CWD/two.txt","content":"more","mode":"append"}', "adds to none", refused = true },
  { "find_by_name", '{"SearchDirectory":"CWD/sub","Pattern":"*.txt"}', "inner.txt" },
  { "file_search", '{"query":"inner*"}', "sub/inner.txt" },
  { "search_files", '{"path":"CWD","regex":"inn[e]r","file_pattern":"*.txt"}', "inner.txt:1:inner" },
  { "Grep", '{"pattern":"INNER","-i":true,"-n":true,"output_mode":"content"}', "inner.txt:1:inner" },
  { "Grep", '{"pattern":"three","path":"CWD/five.txt","-A":1,"-B":1,"output_mode":"content"}', "2%-two\n3:three\n4%-four" },
  { "grep_search", '{"query":"a.b(c","isRegexp":false}', "odd.txt:1:a%.b%(c" },
  { "search_file_content", '{"pattern":"second","dir_path":"CWD"}', "two.txt:1:second" },
  { "manage_todo_list", '{"operation":"write","todoList":[{"id":1,"title":"m1","description":"long","status":"not-started"}]}', "%[ %] m1" },
  { "write_todos", '{"todos":[{"description":"m2","status":"in_progress"}]}', "%[>%] m2" },
  { "SetTodoList", '{"todos":[{"title":"m3","status":"done"}]}', "%[x%] m3" },
  { "read_file", '{"arguments":{"path":"two.txt","limit":19}}', "^second" },
  { "read_file", '{"name":"read_file","parameters":"{\\"path\\":\\"two.txt\\",\\"limit\\":20}"}', "^second" },
  { "builtin_read_file", '{"filepath":"two.txt","limit":21}', "^second" },
  -- What there is none of: the words that save a turn.
  { "browser_navigate", '{"url":"http://x.y"}', "Fetch pages with web_fetch" },
  { "google_web_search", '{"query":"x"}', "No web search is set up" },
  { "ask_followup_question", '{"question":"which?"}', "Nobody can answer in this run" },
  { "ExitPlanMode", "{}", "answer with the plan" },
  { "BashOutput", '{"bash_id":"1"}', "Nothing in the background is called 1" },
  { "KillShell", '{"shell_id":"1"}', "Nothing in the background is called 1" },
  { "NotebookEdit", '{"notebook_path":"a.ipynb","new_source":"x"}', "then notebook_edit changes" },
  { "python", "print(1)", "python3 %- <<'EOF'" },
  { "think", '{"thought":"hm"}', "Think without a tool" },
  { "save_memory", '{"fact":"x"}', "Nothing is remembered by a call" },
  { "TodoRead", "{}", "last todo_write" },
  { "codebase_search", '{"query":"where is x"}', "grep_search" },
  { "get_errors", "{}", "linter" },
  { "attempt_completion", "{}", "answer in words" },
}

local place = program.place { ["five.txt"] = FIVE, ["two.txt"] = "second\n", ["sub/inner.txt"] = "inner\n", ["sp ace.txt"] = "blank\n",
  ["colon:7"] = "a name with a colon\n", ["odd.txt"] = "a.b(c\n", ["to delete"] = "x", ["to move"] = "x", ["~/.qwen/settings.json"] = '{"model":{"skipLoopDetection":true,"maxSessionTurns":-1}}' }
local script, at = {}, {}
local function say(name, arguments, id)
  script[#script + 1] = { calls = { { name = name, arguments = arguments, id = id or "c" .. #script } } }
  return #script
end
for i, row in ipairs(rows) do
  local file = place.cwd .. "/edited-" .. i
  if row.file then
    assert(fs.write(file, row.file, { mode = 420 }))
    if not row.unread then say("read_file", json.encode { file_path = file }) end
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
-- The calls of the answer that a result is about, as they are sent back.
local function called(n)
  local messages = asked[n + 1] and asked[n + 1].body.messages or {}
  for i = #messages, 1, -1 do
    if messages[i].tool_calls then return messages[i].tool_calls end
  end
end
for i, row in ipairs(rows) do
  local text = result(at[i])
  t.match(text, row[3]:gsub("^%^they", "they"), row[1] .. " " .. row[2])
  if row.refused then t.match(text, "Nothing was done", row[2] .. ": nothing was done") end
  if row.calls then t.eq(#called(at[i]), row.calls, row[2] .. ": its calls") end
  if row.file then t.eq(fs.read(place.cwd .. "/edited-" .. i), row.after or row.file, row[2] .. ": the file") end
end
for name, want in pairs { made1 = "x", made2 = "y", made3 = "z", number = "42", made4 = "a\n\nb\n", made5 = "y\n", made6 = "x\n", made7 = "w",
  two = "second\n" } do t.eq(fs.read(place.cwd .. "/" .. name .. ".txt"), want, name) end
for _, name in ipairs { "cut.txt", "gone1.txt", "gone2.txt", "to delete", "to move" } do t.eq(fs.stat(place.cwd .. "/" .. name), nil, name .. " is not there") end
t.ok(fs.stat(place.cwd .. "/made/deep") and fs.stat(place.cwd .. "/made/moved"), "folders and names")

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

-- A call that only carries the last words is the answer, in the text and in the session.
for _, row in ipairs { { "attempt_completion", '{"result":"All done.","command":"open x"}' }, { "finish", '{"message":"All done."}' },
  { "exit_plan_mode", '{"plan":"All done."}' } } do
  local server2 <close> = fake.start { { text = "So:", calls = { { name = row[1], arguments = row[2], id = "f" } } }, { text = "not asked for" } }
  r = program.run(place, { "--openai-base-url", server2.url, "-m", "m", "-p", "x" })
  t.eq({ r.code, r.out, #server2:requests() }, { 0, "So:\n\nAll done.\n", 1 }, row[1] .. r.err)
  program.run(place, { "--openai-base-url", server2.url, "-m", "m", "-c", "-p", "y" })
  t.match(json.encode(server2:requests()[2].body.messages), "So:[^,]*All done", row[1] .. ": kept")
end

-- Arguments that would take all the memory.
local heavy <close> = fake.start { { calls = { { name = "read_file", id = "h",
  arguments = '{"file_path":"two.txt","x":[' .. ("[],"):rep(200000) .. "[]]}" } } }, { text = "done" } }
program.run(place, { "--openai-base-url", heavy.url, "-m", "m", "-p", "x" })
asked = heavy:requests()
t.match(result(1), "so many values.*Nothing was done", "many lists")

-- Rules are about the tool and the path that are meant.
place = program.place { ["secret.txt"] = "hidden\n", ["~/.qwen/settings.json"] = '{"permissions":{"deny":["Read(secret.txt)","Edit(secret.txt)","Bash(echo *)","Bash(rm *)"]}}' }
local denied = { { "cat", '{"path":"secret.txt:1"}' }, { "Read", '{"absolute_path":"file://' .. place.cwd .. '/secret.txt"}' },
  { "view", "{'file':'`secret.txt`'}" }, { "functions.exec", '{"cmd":["echo","x"]}' }, { "Shell", '{"script":"echo y"}' },
  { "apply_patch", "*** Begin Patch\n*** Update File: secret.txt\n@@\n-hidden\n+x\n*** End Patch" }, { "delete_file", '{"path":"secret.txt"}' },
  { "batch", '{"tool_calls":[{"tool":"bash","parameters":{"command":"echo z"}}]}' }, { "read_many_files", '{"paths":["secret.txt"]}' } }
script = {}
for i, row in ipairs(denied) do script[i] = { calls = { { name = row[1], arguments = row[2], id = "d" .. i } } } end
script[#script + 1] = { text = "done" }
local second <close> = fake.start(script)
program.run(place, { "--openai-base-url", second.url, "-m", "m", "--yolo", "-p", "x" })
asked = second:requests()
for i, row in ipairs(denied) do t.match(result(i), "^Refused: the rule", row[1] .. " " .. row[2]) end

t.done()
