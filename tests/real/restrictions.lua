-- Settings that restrict: each is seen to restrict, in a run.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local function run(settings, answers, argv, more)
  local server <close> = fake.start(answers or { { text = "ok", times = 0 } })
  local files = { ["~/.qwen/settings.json"] = json.encode(settings) }
  for path, text in pairs(more and more.files or {}) do files[path] = text:gsub("@URL@", (server.url:gsub("%%", "%%%%"))) end
  local place = program.place(files)
  local env = { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }
  for name, value in pairs(more and more.env or {}) do env[name] = value end
  local r = program.run(place, argv or { "-y", "hi" }, { env = env, timeout = 60 })
  return r, server:requests(), place
end

local function call(n) return { calls = { { name = "run_shell_command", arguments = { command = "echo x >> made" } } }, times = n } end

-- Calls of tools.
local r, asked, place = run({ model = { maxToolCalls = 2 } }, { call(0) })
t.eq({ r.code, #asked }, { 55, 3 }, "no third call: " .. r.err)
t.eq(fs.read(place.cwd .. "/made"), "x\nx\n", "two were made")
r, asked, place = run({ model = { maxToolCalls = 0 } }, { call(0) })
t.eq({ r.code, #asked, fs.stat(place.cwd .. "/made") ~= nil }, { 55, 1, false }, "none at all")
r = run({ model = { maxToolCalls = 1 } }, { call(1), { text = "done" } })
t.eq({ r.code, r.out }, { 0, "done\n" }, "as many as allowed are no obstacle")
r = run({ model = { maxToolCalls = 0 } }, { call(0) }, { "-y", "-o", "json", "hi" })
t.eq({ r.code, json.decode(r.out)[#json.decode(r.out)].is_error }, { 55, true }, "as JSON")

r, asked, place = run({ model = { maxToolCallsPerTurn = 2 } }, { call(0) })
t.eq({ r.code, #asked, fs.read(place.cwd .. "/made") }, { 55, 3, "x\nx\n" }, "in one turn: " .. r.err)
t.match(r.err, "maxToolCallsPerTurn")

-- Outputs of one turn together.
do
  local function say(n) return { name = "run_shell_command", arguments = { command = ("printf '%%0%dd' 0"):format(n) } } end
  local _, requests = run({ tools = { toolOutputBatchBudget = 3000 } }, { { calls = { say(100), say(5000), say(9000) } }, { text = "ok" } })
  local sizes = {}
  for _, m in ipairs(requests[2].body.messages) do
    if m.role == "tool" then sizes[#sizes + 1] = #m.content end
  end
  t.ok(sizes[1] <= 150 and sizes[2] < 1600 and sizes[3] < 1600, "the longest give most: " .. json.encode(sizes))
end

-- Time.
r = run({ model = { maxWallTimeSeconds = 1 } }, { { text = { "a", "b" }, fault = "stall", after = 300 } })
t.eq(r.code, 55, "a run that takes longer is ended: " .. r.err)
t.match(r.err, "maxWallTimeSeconds", "and says why")
t.eq(run({ model = { maxWallTimeSeconds = 60 } }).code, 0, "a short one is not")

-- Tokens of a session.
r, asked = run({ model = { sessionTokenLimit = 50 } }, { { calls = call(1).calls, usage = { prompt_tokens = 100, completion_tokens = 1 } }, { text = "no" } })
t.eq({ r.code, #asked }, { 1, 1 }, "nothing more is sent: " .. r.err)
t.match(r.err, "sessionTokenLimit")

-- The protocol that is allowed.
r, asked = run({ security = { auth = { enforcedType = "anthropic" } } })
t.eq({ r.code, #asked }, { 1, 0 }, "another protocol is not asked: " .. r.err)
t.match(r.err, "enforcedType allows anthropic only")
t.eq(run({ security = { auth = { enforcedType = "openai" } } }).code, 0, "the same one is")
r, asked = run({ enforcedAuthType = "anthropic" })
t.eq({ r.code, #asked }, { 1, 0 }, "by its old name as well")

-- Sessions are not kept.
r, asked, place = run { general = { chatRecording = false } }
t.eq({ r.code, #asked }, { 0, 1 }, "the run goes on: " .. r.err)
local function find(folder, pattern)
  for _, entry in ipairs(fs.list(folder) or {}) do
    local path = folder .. "/" .. entry.name
    if entry.type == "dir" and find(path, pattern) or entry.name:find(pattern) then return path end
  end
end
t.eq(find(place.home, "%.jsonl$"), nil, "no session is written")
t.eq(run({ general = { chatRecording = false } }, nil, { "-c", "hi" }).code, 2, "and none resumed")

-- Slash commands and skills.
r = run({ slashCommands = { disabled = { "About" } } }, nil, { "-p", "/about" })
t.match(r.err, "/about is disabled", "a slash command is refused")
t.eq(run({}, nil, { "-p", "/about" }, { env = { QWEN_DISABLED_SLASH_COMMANDS = "stats,about" } }).out, "", "by the variable as well")
local skills = { ["~/.qwen/skills/one/SKILL.md"] = "---\ndescription: first\n---\nx", ["~/.qwen/skills/two/SKILL.md"] = "---\ndescription: second\n---\nx" }
local function offered(settings)
  local _, requests = run(settings, nil, nil, { files = skills })
  for _, tool in ipairs(requests[1].body.tools) do
    if tool["function"].name == "skill" then return table.concat(tool["function"].parameters.properties.skill.enum, " ") end
  end
end
t.eq(offered {}, "one two", "both are offered")
t.eq(offered { skills = { disabled = { "ONE" } } }, "two", "a disabled one is not")
t.eq(offered { skills = { disabled = { "one" }, enabled = { "one" } } }, "two", "nor when it is enabled elsewhere")
t.eq(offered { skills = { defaultDisabled = { "one", "two" }, enabled = { "two" } } }, "two", "what is off by default can be enabled")
t.eq(offered { skills = { disabled = { "one", "two" } } }, nil, "none is left")
t.eq(offered { skills = { disabledLevels = { "user" } } }, nil, "a level that is off")
t.eq(offered { skills = { disabledLevels = { "project", "bundled" } } }, "one two", "other levels")
local shadowed = { ["~/.qwen/skills/one/SKILL.md"] = "---\ndescription: of the user\n---\nx",
  [".qwen/skills/one/SKILL.md"] = "---\ndescription: of the project\n---\nx" }
local _, with_both = run({ skills = { disabledLevels = { "project" } } }, nil, { "--trust-folder", "hi" }, { files = shadowed })
t.match(json.encode(with_both[1].body.tools), "of the user", "the project's does not hide the user's")

-- Slash commands that are taken away: by any of their names, and nothing shows them.
local off = { slashCommands = { disabled = { "Compress", "/usage", "plan" } } }
local help = run(off, nil, { "help" }).out
for _, name in ipairs { "compact", "usage" } do t.ok(not help:find("/" .. name .. " ", 1, true), "/help without " .. name) end
t.match(help, "/mode ", "what has another name with words stays")
for line, refused in pairs { ["/compact"] = true, ["/summarize"] = true, ["/quota"] = true, ["/help usage"] = true, ["/plan"] = true,
  ["/mode plan"] = false, ["/mode"] = false, ["/help about"] = false } do
  local result = run(off, nil, { "-p", line })
  t.eq(result.code ~= 0, refused, line .. ": " .. result.err)
end
t.eq(run({}, nil, { "--disabled-slash-commands", "about,usage", "-p", "/about" }).code, 2, "by the flag")
t.ok(not json.encode(json.decode(run(off, nil, { "-o", "json", "hi" }).out)[1].slash_commands):find '"usage"', "nor in JSON")
do
  local complete = require "qwen.ui.editor.complete"
  local settings = { get = function() return { "usage" } end, env = function() end }
  local found = complete.find({ cwd = "/", settings = settings }, "/us", function() end)
  for _, item in ipairs(found and found.items or {}) do t.ok(item.text ~= "/usage", "not in the completion") end
  settings.get = function() return {} end
  t.eq(complete.find({ cwd = "/", settings = settings }, "/us", function() end).items[1].text, "/usage", "where it is not disabled it is")
end

-- Tools: those that are left are offered, and no other runs when the model calls it all the same.
local function tools_of(settings, argv, more)
  local _, requests, where = run(settings, { call(1), { text = "ok", times = 0 } }, argv, more)
  local names = {}
  for _, tool in ipairs(requests[1] and requests[1].body.tools or {}) do names[#names + 1] = tool["function"].name end
  table.sort(names)
  local results = requests[#requests].body.messages
  return table.concat(names, " "), fs.stat(where.cwd .. "/made") ~= nil, results[#results].content
end
for _, row in ipairs {
  -- settings, offered, whether the command ran, flags
  { { tools = { core = { "read_file" } } }, "read_file", false },
  { { tools = { core = { "ReadFileTool", "Grep" } } }, "grep_search read_file", false },
  { { coreTools = { "Glob" } }, "glob", false },
  { { tools = { core = { "ShellTool" } } }, "run_shell_command", true },
  { { tools = { core = { "Shell(echo)" } } }, "run_shell_command", true },
  { { tools = { core = { "Shell(git status)", "ShellTool(ls)" } } }, "run_shell_command", false },
  { {}, "read_file", false, { "--core-tools", "read_file", "-y", "hi" } },
  { { tools = { core = { "nothing we know" } } }, "", false },
  { { tools = { core = { "run_shell_command", "edit" }, disabled = { "Bash" } } }, "edit", false },
} do
  local names, ran = tools_of(row[1], row[4])
  t.eq({ names, ran }, { row[2], row[3] }, json.encode(row[1]))
end
local all = tools_of {}
t.eq(tools_of { tools = { core = json.array {} } }, all, "an empty list allows all")
for _, list in ipairs { { "Shell" }, { "run_shell_command" }, { "ShellTool", "glob" } } do
  local names, ran = tools_of { tools = { disabled = list } }
  t.eq({ names:find "run_shell_command", ran }, { nil, false }, "tools.disabled " .. table.concat(list, " "))
end
local _, _, said = tools_of { tools = { core = { "Shell(git status)" } } }
t.match(said, "tools.core", "and the model is told why")

-- A sandbox: with yolo nothing outside the project is written, by a command or by a tool of ours.
local function outside(settings, env, argv)
  local where = program.place {}
  local target = where.root .. "/outside"
  local answers = { { calls = { { name = "run_shell_command", arguments = { command = "touch in; touch " .. target } },
    { name = "write_file", arguments = { file_path = target, content = "x" } } } }, { text = "ok", times = 0 } }
  local server <close> = fake.start(answers)
  fs.mkdir(where.home .. "/.qwen")
  fs.write(where.home .. "/.qwen/settings.json", json.encode(settings))
  env.OPENAI_BASE_URL, env.OPENAI_MODEL = server.url, "m"
  local result = program.run(where, argv or { "-y", "hi" }, { env = env })
  return fs.stat(target) ~= nil, fs.stat(where.cwd .. "/in") ~= nil, result
end
t.eq(outside({}, {}), true, "without one it is")
local confined = { filesystem = "workspace-write", network = "closed" }
for _, row in ipairs {
  { { tools = { sandbox = true } }, {} }, { { sandbox = true }, {} }, { { tools = { sandbox = "docker" } }, {} },
  { { tools = { sandbox = "podman" } }, {} }, { { tools = { executionSandbox = confined } }, {} },
  { { tools = { executionSandbox = { backend = "auto", filesystem = "workspace-write" } } }, {} },
  { { tools = { sandbox = true, executionSandbox = { backend = "none" } } }, {} },
  { {}, { QWEN_SANDBOX = "true" } }, { {}, { QWEN_SANDBOX = "docker" } }, { { env = { QWEN_SANDBOX = "1" } }, {} },
  { { tools = { sandbox = false } }, {}, { "--sandbox", "-y", "hi" } },
} do
  local wrote, _, result = outside(row[1], row[2], row[3])
  t.eq({ wrote, result.code }, { false, 0 }, json.encode(row) .. result.err)
end
for _, row in ipairs { { { tools = { sandbox = "run-in-my-vm" } }, {} }, { { tools = { sandbox = { image = "x" } } }, {} }, { {}, { QWEN_SANDBOX = "lxc" } } } do
  local wrote, ran, result = outside(row[1], row[2])
  t.eq({ wrote, ran, result.code }, { false, false, 44 }, "what we do not know ends the run: " .. json.encode(row))
end

-- Rules that ask hold with yolo, too, and advice never names a flag that was given or would not help.
for _, row in ipairs {
  -- settings, flags, whether the command runs, what is said, what is not
  { { permissions = { ask = { "Bash(echo *)" } } }, { "-y" }, false, "Bash%(echo %*%)", "%-%-" },
  { { permissions = { ask = { "Bash(rm *)" } } }, { "-y" }, true },
  { { permissions = { ask = { "run_shell_command" } } }, {}, false, "the rule run_shell_command", "%-%-" },
  { { permissions = { deny = { "Bash(echo *)" } } }, { "-y" }, false, "Bash%(echo %*%)", "%-%-" },
  { {}, {}, false, "allow it with %-%-yolo" },
  { {}, { "--approval-mode", "auto-edit" }, false, "allow it with %-%-yolo", "auto%-edit" },
  { { tools = { core = { "Shell(git)" } } }, { "-y" }, false, "tools%.core", "%-%-" },
} do
  local result, _, where = run(row[1], { call(1), { text = "ok", times = 0 } }, table.move({ "-p", "hi" }, 1, 2, #row[2] + 1, table.move(row[2], 1, #row[2], 1, {})))
  local name = json.encode { row[1], row[2] }
  t.eq(fs.stat(where.cwd .. "/made") ~= nil, row[3], name)
  if row[4] then t.match(result.err, row[4], name) end
  if row[5] then t.ok(not result.err:find(row[5]), name .. " says " .. result.err) end
end

-- Files that .qwenignore names are neither read, listed, searched nor mentioned.
local private = { [".qwenignore"] = "# notes\n/secret/\n*.key\n!public.key\ndeep/**/x.txt\n", ["secret/in.txt"] = "HIT hidden",
  ["a.key"] = "HIT hidden", ["public.key"] = "HIT shown", ["sub/secret/in.txt"] = "HIT shown", ["deep/1/2/x.txt"] = "HIT hidden",
  ["plain.txt"] = "HIT shown", ["agent.txt"] = "HIT agent", [".agentignore"] = "agent.txt", ["own.txt"] = "HIT own", [".cursorignore"] = "own.txt" }
local function reads(settings, tool, args, prompt, files)
  local where = program.place(files or private)
  for name, value in pairs(args) do args[name] = (value:gsub("^%.", (where.cwd:gsub("%%", "%%%%")))) end
  fs.mkdir(where.home .. "/.qwen")
  fs.write(where.home .. "/.qwen/settings.json", json.encode(settings))
  local server <close> = fake.start { { calls = { { name = tool, arguments = args } } }, { text = "ok", times = 0 } }
  program.run(where, { "-y", "-p", prompt or "hi" }, { env = { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" } })
  local requests = server:requests()
  local messages = requests[#requests].body.messages
  return messages[#messages].content, json.encode(messages[2])
end
local function filtering(set) return { context = { fileFiltering = set } } end
for _, row in ipairs {
  -- settings, tool, arguments, found, not found
  { {}, "read_file", { file_path = "./secret/in.txt" }, "%.qwenignore names it", "HIT" },
  { {}, "read_file", { file_path = "./a.key" }, "%.qwenignore names it", "HIT" },
  { {}, "read_file", { file_path = "./deep/1/2/x.txt" }, "%.qwenignore names it", "HIT" },
  { {}, "read_file", { file_path = "./public.key" }, "HIT shown" }, { {}, "read_file", { file_path = "./sub/secret/in.txt" }, "HIT shown" },
  { {}, "read_file", { file_path = "./agent.txt" }, "%.agentignore names it", "HIT" },
  { {}, "read_file", { file_path = "./own.txt" }, "HIT own" },
  { filtering { customIgnoreFiles = { ".cursorignore" } }, "read_file", { file_path = "./own.txt" }, "%.cursorignore names it", "HIT" },
  { filtering { customIgnoreFiles = { ".cursorignore" } }, "read_file", { file_path = "./agent.txt" }, "HIT agent" },
  { filtering { customIgnoreFiles = { ".cursorignore" } }, "read_file", { file_path = "./a.key" }, "%.qwenignore names it", "HIT" },
  { filtering { respectQwenIgnore = false }, "read_file", { file_path = "./a.key" }, "HIT hidden" },
  { {}, "grep_search", { pattern = "HIT" }, "HIT shown", "hidden" }, { {}, "grep_search", { pattern = "HIT" }, "sub/secret", "agent" },
  { {}, "grep_search", { pattern = "HIT", path = "./secret" }, "%.qwenignore names it", "HIT" },
  { {}, "glob", { pattern = "**/*" }, "sub/secret/in", "project/secret" }, { {}, "glob", { pattern = "**/*.key" }, "public", "a%.key" },
  { {}, "glob", { pattern = "**/*", path = "./deep" }, "No files", "x%.txt" },
  { {}, "list_directory", { path = "." }, "public%.key", "a%.key" }, { {}, "list_directory", { path = "." }, "%[DIR%] sub", "%[DIR%] secret" },
} do
  local result = reads(row[1], row[2], row[3])
  local name = json.encode(row)
  t.match(result, row[4], name)
  if row[5] then t.ok(not result:find(row[5]), name .. " gave " .. result) end
end
local _, mentioned = reads({}, "todo_write", {}, "see @a.key @secret/in.txt @secret @public.key @agent.txt @plain.txt")
t.match(mentioned, "shown.*shown", "what is not ignored is mentioned")
t.ok(not mentioned:find "HIT hidden" and not mentioned:find "HIT agent" and not mentioned:find "@secret:", "what is ignored is not: " .. mentioned)
local git = { [".git/HEAD"] = "ref: refs/heads/main\n", [".gitignore"] = "*.log\n", ["a.log"] = "HIT log" }
t.match((reads({}, "grep_search", { pattern = "HIT" }, nil, git)), "No matches", "git's ignored files are not searched")
t.match((reads(filtering { respectGitIgnore = false }, "grep_search", { pattern = "HIT" }, nil, git)), "HIT log", "unless it is wanted")

-- A call of a tool server ends when the server says nothing, but not while it reports progress.
for _, row in ipairs { { "echo", 400, "mcp%.toolIdleTimeoutMs" }, { "env", 3000, "GIVEN" } } do
  local server = { command = "python3", args = json.array { assert(fs.realpath "tests/fake/mcp.py"), "--fault", "mute" },
    env = { GIVEN = "x" }, trust = true }
  local _, requests = run({ mcpServers = { my = server }, mcp = { toolIdleTimeoutMs = row[2] } },
    { { calls = { { name = "mcp__my__" .. row[1], arguments = { text = "x" } } } }, { text = "ok", times = 0 } })
  local messages = requests[#requests].body.messages
  t.match(json.encode(messages[#messages].content), row[3], row[1])
end

-- Folders beside the project: as the project, and no others.
local function beside(settings, tool, args, argv, project)
  local where = program.place { ["~/.qwen/settings.json"] = "{}", ["a"] = "", [".qwen/settings.json"] = project }
  for path, text in pairs { ["/lib/a.txt"] = "HIT lib", ["/lib/.qwenignore"] = "no.txt", ["/lib/no.txt"] = "HIT no", ["/lib/QWEN.md"] = "LIB RULES",
    ["/other/a.txt"] = "HIT other", ["/home/.ssh/key"] = "HIT key", ["/home/lib2/a.txt"] = "HIT lib2" } do
    fs.mkdir((where.root .. path):match "^(.*)/")
    fs.write(where.root .. path, text)
  end
  fs.write(where.home .. "/.qwen/settings.json", json.encode(settings))
  local given = {}
  for name, value in pairs(args) do given[name] = (value:gsub("@", (where.root:gsub("%%", "%%%%")))) end
  local server <close> = fake.start { { calls = { { name = tool, arguments = given } } }, { text = "ok", times = 0 } }
  local words = table.move(argv or {}, 1, #(argv or {}), 1, {})
  table.move({ "-p", "hi" }, 1, 2, #words + 1, words)
  local result = program.run(where, words, { env = { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" } })
  local requests = server:requests()
  local messages = requests[#requests].body.messages
  return messages[#messages].content, where, result, messages[1].content
end
local lib = { context = { includeDirectories = { "../lib", "~/lib2" } } }
for _, row in ipairs {
  -- settings, tool, arguments, flags, in the result, not in it
  { {}, "read_file", { file_path = "@/lib/a.txt" }, nil, "approval", "HIT" },
  { lib, "read_file", { file_path = "@/lib/a.txt" }, nil, "HIT lib" }, { lib, "read_file", { file_path = "@/home/lib2/a.txt" }, nil, "HIT lib2" },
  { lib, "read_file", { file_path = "@/other/a.txt" }, nil, "approval", "HIT" },
  { lib, "read_file", { file_path = "@/lib/../other/a.txt" }, nil, "approval", "HIT" },
  { lib, "read_file", { file_path = "@/lib/no.txt" }, nil, "%.qwenignore", "HIT" },
  { {}, "read_file", { file_path = "@/lib/a.txt" }, { "--add-dir", "../lib" }, "HIT lib" },
  { {}, "read_file", { file_path = "@/home/lib2/a.txt" }, { "--include-directories", "../lib,../home/lib2" }, "HIT lib2" },
  { lib, "run_shell_command", { command = "cat @/lib/a.txt" }, nil, "HIT lib" },
  { lib, "run_shell_command", { command = "cat @/other/a.txt" }, nil, "approval", "HIT" },
  { lib, "grep_search", { pattern = "HIT", path = "@/lib" }, nil, "HIT lib", "HIT no" },
  { lib, "glob", { pattern = "*.txt", path = "@/lib" }, nil, "a%.txt", "no%.txt" }, { lib, "list_directory", { path = "@/lib" }, nil, "a%.txt", "no%.txt" },
  { { context = { includeDirectories = { "~" } } }, "read_file", { file_path = "@/home/.ssh/key" }, nil, "approval", "HIT" },
  { { context = { includeDirectories = { "~/.ssh" } } }, "read_file", { file_path = "@/home/.ssh/key" }, nil, "approval", "HIT" },
  { { context = { includeDirectories = { "/" } } }, "read_file", { file_path = "@/other/a.txt" }, nil, "approval", "HIT" },
  { lib, "write_file", { file_path = "@/lib/.git/hooks/x", content = "HIT" }, { "--approval-mode", "auto-edit" }, "approval" },
} do
  local result = beside(row[1], row[2], row[3], row[4])
  local name = json.encode { row[1], row[2], row[3] }
  t.match(result, row[5], name)
  if row[6] then t.ok(not result:find(row[6]), name .. " gave " .. result) end
end
local edit = { file_path = "@/lib/new.txt", content = "x" }
for _, row in ipairs { { lib, true }, { {}, false } } do
  local _, where = beside(row[1], "write_file", edit, { "--approval-mode", "auto-edit" })
  t.eq(fs.stat(where.root .. "/lib/new.txt") ~= nil, row[2], "changes there")
end
local widening = json.encode { context = { includeDirectories = { "../lib" } } }
local refused, _, told = beside({}, "read_file", { file_path = "@/lib/a.txt" }, { "--trust-folder" }, widening)
t.ok(refused:find "approval" and told.err:find "context.includeDirectories is ignored", "a project does not widen its own border: " .. told.err)
local shown_in, boxed, _, first = beside({ context = { includeDirectories = { "../lib" }, loadFromIncludeDirectories = true }, tools = { sandbox = true } },
  "run_shell_command", { command = "cat @/lib/a.txt; touch @/lib/made" }, { "-y" })
t.ok(shown_in:find "HIT lib" and not fs.stat(boxed.root .. "/lib/made"), "the sandbox shows them, and nothing is written there: " .. shown_in)
t.match(first, "LIB RULES", "their instructions where that is wanted")

-- http hooks.
local hook = [[{"hooks": {"UserPromptSubmit": [{"hooks": [{"type": "http", "url": "@URL@/hook"}]}]}, "security": {"allowedHttpHookUrls": %s}}]]
local function hooked(allowed)
  local answer, requests = run({}, { { path = "/hook", json = {}, times = 0 }, { text = "ok", times = 0 } }, nil,
    { files = { ["~/.qwen/settings.json"] = hook:format(allowed) } })
  local paths = {}
  for i, request in ipairs(requests) do paths[i] = request.path end
  return paths[1], answer
end
t.eq(hooked "[]", "/v1/hook", "an empty list allows all")
t.eq(hooked '["http://127.0.0.1:*/v1/hook"]', "/v1/hook", "a pattern that fits")
local path, answer = hooked '["https://hooks.example/*"]'
t.eq(path, "/v1/chat/completions", "no other address is asked")
t.match(answer.err, "allowedHttpHookUrls", "and it is told")
for closed, words in pairs { ["http://192.168.255.1:9/hook"] = true, ["http://10.1.2.3/hook"] = true } do
  local result = run({}, nil, nil, { files = { ["~/.qwen/settings.json"] = json.encode { security = { allowPrivateNetworkHooks = false },
    hooks = { UserPromptSubmit = json.array { { hooks = json.array { { type = "http", url = closed } } } } } } } })
  t.eq(result.err:find("allowPrivateNetworkHooks", 1, true) ~= nil, words, closed .. ": " .. result.err)
end
t.done()
