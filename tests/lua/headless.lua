-- The whole program without a screen, against a scripted server: answers, tools, formats, exit codes, wrong input.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local function ask(place, server, args, options)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", table.unpack(args) }, options)
end

local function events_of(text)
  local out = {}
  for line in text:gmatch "[^\n]+" do out[#out + 1] = assert(json.decode(line)) end
  return out
end

-- A task with tools: read, edit, run, answer.
do
  local place = program.place { ["a.txt"] = "hello world\n" }
  local path = place.cwd .. "/a.txt"
  local script = {
    { text = { "Let me ", "look." }, calls = { { name = "read_file", arguments = { file_path = path } }, { name = "list_directory", arguments = { path = place.cwd } } } },
    { calls = { { name = "edit", arguments = { file_path = path, old_string = "hello", new_string = "goodbye" } } } },
    { calls = { { name = "run_shell_command", arguments = { command = "cat a.txt" } } } },
    { text = "It says goodbye.", think = "short" },
  }
  local server <close> = fake.start(script)
  local r = ask(place, server, { "-y", "change it" })
  t.eq({ r.code, r.out, r.err }, { 0, "Let me look.\nIt says goodbye.\n", "" }, "text of a run with tools")
  t.eq(fs.read(path), "goodbye world\n", "the file was changed")
  local asked = server:requests()
  t.eq(#asked, 4, "no request that was not caused")
  local body = asked[4].body
  local roles = {}
  for i, message in ipairs(body.messages) do roles[i] = message.role end
  t.eq(roles, { "system", "user", "assistant", "tool", "tool", "assistant", "tool", "assistant", "tool" }, "roles")
  t.eq(body.messages[4].tool_call_id, "call_0", "results stand in the order of the calls")
  t.match(body.messages[9].content, "goodbye world", "the shell's output")
  t.ok(body.stream and body.stream_options.include_usage, "a stream with usage")
  t.eq(asked[1].headers.authorization, nil, "no key for this machine")
  t.match(asked[1].headers["user-agent"], "^qwen/%d", "user agent")
  local size = #json.encode(asked[1].body)
  t.ok(size <= 9 * 1024, "a plain request fits 9 KB: " .. size)

  -- The same session goes on.
  local second <close> = fake.start { { text = "Yes." } }
  r = ask(place, second, { "--continue", "sure?" })
  t.eq({ r.code, r.out }, { 0, "Yes.\n" }, "continue")
  t.eq(#second:requests()[1].body.messages, 11, "with all that was said")
  r = program.run(place, { "sessions", "list", "--json" })
  local list = json.decode(r.out)
  t.eq({ #list, list[1].prompt }, { 1, "change it" }, "one session, by its first prompt")
  local third <close> = fake.start { { text = "Again." } }
  t.eq(ask(place, third, { "--resume", list[1].id:sub(1, 8), "more" }).out, "Again.\n", "resume by the beginning of the id")
  t.match(program.run(place, { "-m", "m", "--resume", "nothing", "x" }).err, "no session 'nothing'", "a session that is not there")
end

-- Permission without a person.
do
  local place = program.place()
  local server <close> = fake.start {
    { calls = { { name = "run_shell_command", arguments = { command = "touch made" } } } }, { text = "ok" },
    { calls = { { name = "run_shell_command", arguments = { command = "touch made" } } } }, { text = "ok" },
    { calls = { { name = "write_file", arguments = { file_path = place.cwd .. "/x", content = "1" } } } }, { text = "ok" },
  }
  local r = ask(place, server, { "make it" })
  t.eq({ r.code, r.out }, { 0, "ok\n" }, "a refused call does not end the run")
  t.match(r.err, "refused.*%-%-allowed%-tools 'Bash%(touch made%)'", "it says which flag would allow it")
  t.eq(fs.stat(place.cwd .. "/made"), nil, "nothing was done")
  t.match(server:requests()[2].body.messages[4].content, "^Refused", "the model is told")
  t.eq(ask(place, server, { "--allowed-tools", "Bash(touch *)", "make it" }).code, 0)
  t.ok(fs.stat(place.cwd .. "/made"), "allowed by the flag")
  r = ask(place, server, { "--approval-mode", "auto-edit", "write" })
  t.eq({ r.code, fs.read(place.cwd .. "/x") }, { 0, "1" }, "auto-edit writes")
end

-- Formats.
do
  local place = program.place()
  local script = { { think = "hm", text = "He" , usage = { prompt_tokens = 7, completion_tokens = 3 }, calls = { { name = "glob", arguments = { pattern = "*" } } } }, { text = { "a", "b" } } }
  local server <close> = fake.start(script)
  local r = ask(place, server, { "-o", "json", "hi" })
  local all = json.decode(r.out)
  local kinds = {}
  for i, event in ipairs(all) do kinds[i] = event.type .. (event.subtype and "/" .. event.subtype or "") end
  t.eq(kinds, { "system/init", "assistant", "assistant", "assistant", "user", "assistant", "result/success" }, "json events")
  t.eq(all[2].message.content[1].type, "thinking")
  t.eq(all[4].message.content[1].name, "glob")
  t.eq({ all[7].result, all[7].num_turns, all[7].is_error, all[7].usage.input_tokens }, { "ab", 2, false, 17 }, "result")
  local stream <close> = fake.start(script)
  r = ask(place, stream, { "-o", "stream-json", "--include-partial-messages", "hi" })
  local deltas, text = {}, {}
  for _, event in ipairs(events_of(r.out)) do
    if event.type == "stream_event" then
      deltas[#deltas + 1] = event.event.type
      local delta = event.event.delta
      if delta and delta.type == "text_delta" then text[#text + 1] = delta.text end
    end
  end
  t.eq(table.concat(text, "|"), "He|a|b", "partial text")
  t.eq(deltas[1], "message_start")
  t.eq(deltas[#deltas], "message_stop")
end

-- Failures of the service.
do
  local place = program.place()
  local server <close> = fake.start {
    { status = 401, json = { error = { message = "bad key", code = "invalid_api_key" } } },
    { status = 429, json = { error = { message = "free quota", code = "insufficient_quota" } } },
    { status = 429, headers = { ["retry-after"] = "0" }, json = { error = { message = "slow down" } } }, { text = "after all" },
    { status = 200, type = "text/html", body = "<html><body>Welcome to the portal</body></html>" },
    { text = { "half an", " answer" }, fault = "cut", after = 700 },
  }
  local r = ask(place, server, { "hi" })
  t.eq({ r.code, r.out }, { 1, "" }, "401 is exit code 1")
  t.match(r.err, "^qwen: 401 bad key %(check the key")
  r = ask(place, server, { "hi" })
  t.match(r.err, "free quota.*waiting does not help", "a used up quota is not tried again")
  r = ask(place, server, { "hi" })
  t.eq({ r.code, r.out }, { 0, "after all\n" }, "429 is tried again")
  t.match(r.err, "slow down.*attempt 2", "and said")
  r = ask(place, server, { "hi" })
  t.eq(r.code, 1, "a web page instead of a stream")
  t.match(r.err, "Welcome to the portal", "the page's first words are shown")
end

-- An answer cut by our own limit is asked for once more with a higher one; a limit of the user's own stays.
do
  local place = program.place()
  local server <close> = fake.start { { text = "cut", finish = "length" }, { text = "whole" }, { text = "cut", finish = "length" } }
  local r = ask(place, server, { "-o", "json", "hi" })
  local asked = server:requests()
  t.eq({ asked[1].body.max_tokens, asked[2].body.max_tokens }, { 8000, 64000 }, "raised once")
  local events = json.decode(r.out)
  t.eq(events[#events].result, "whole")
  r = ask(place, server, { "hi" }, { env = { QWEN_CODE_MAX_OUTPUT_TOKENS = "77" } })
  t.eq({ r.out, server:requests()[3].body.max_tokens }, { "cut\n", 77 }, "the user's limit")
  t.match(r.err, "limit of output tokens")
end
do -- a model that refuses the higher limit; of an answer that was shown as it came only the rest is asked for
  local place = program.place()
  local server <close> = fake.start { { text = "cut", finish = "length" }, { status = 400, json = { error = { message = "max_tokens is too large" } } },
    { text = "cut", finish = "length" }, { think = "hm", text = "never", fault = "cut", after = "hm" }, { text = { " off", " no", " more" } } }
  local r = ask(place, server, { "hi" })
  t.eq({ r.code, r.out }, { 0, "cut\n" }, "the shorter answer stays")
  t.match(r.err, "max_tokens is too large.*; the shorter answer is kept")
  t.eq(ask(place, server, { "hi" }).out, "cut off no more\n", "nothing twice, whatever becomes of the connection")
  local asked = server:requests()
  local rest = asked[5].body
  t.eq({ asked[3].body.max_tokens, rest.max_tokens, #asked }, { 8000, 64000, 5 }, "with a higher limit")
  t.eq({ rest.messages[#rest.messages - 1].content, rest.messages[#rest.messages].role }, { "cut", "user" }, "what there is of it goes along")
  local folder, kept = place.home .. "/.qwen/projects/" .. require("qwen.util.paths").project_key(place.cwd) .. "/chats/", {}
  for _, entry in ipairs(fs.list(folder)) do
    if entry.name:find "jsonl$" then kept[#kept + 1] = select(2, fs.read(folder .. entry.name):gsub('"cut"[^\n]*" off no more"', "")) end
  end
  table.sort(kept)
  t.eq(kept, { 0, 1 }, "and one message of it in the session")
end
do -- sampling parameters go out as they are
  local place = program.place()
  local server <close> = fake.start { { text = "cut", finish = "length" } }
  fs.mkdir(place.home .. "/.qwen")
  fs.write(place.home .. "/.qwen/settings.json", json.encode { model = { generationConfig = { samplingParams = { temperature = 0.5 } } } })
  t.eq(ask(place, server, { "hi" }).out, "cut\n")
  local body = server:requests()[1].body
  t.eq({ body.temperature, body.max_tokens }, { 0.5, nil }, "and no limit is added")
end
do -- a call that a model wrote as text, and nobody looks for
  local hook, told = qwen.shipped "hooks/text-calls", nil
  local ctx = { model = { id = "m", config = {} }, tools = { { name = "read_file" } }, notice = function(words) told = words end }
  local function hint(text)
    told = nil
    hook.message_added(ctx, { role = "assistant", stop = "end", parts = { { type = "text", text = text } } })
    return told
  end
  for _, text in ipairs { '<tool_call>\n{"name": "read_file"}\n</tool_call>', 'So.\n[TOOL_CALLS]read_file{}', '{"name":"read_file","arguments":{}}', "[read_file(a=1)]" } do
    t.match(hint(text), "wrote a tool call as text.*textToolCalls", text)
  end
  for _, text in ipairs { "done", "`<tool_call>`", '{"name":"other","arguments":{}}' } do t.eq(hint(text), nil, text) end
  ctx.model.config.textToolCalls = false
  t.eq(hint '<tool_call>\n{"name": "read_file"}\n</tool_call>', nil, "not where it was said")
  -- A server on this machine may have no parser: they are looked for unless the entry says otherwise.
  local place = program.place { ["a.txt"] = "text of the file" }
  local server <close> = fake.start { { text = '<tool_call>\n{"name": "read_file", "arguments": {"file_path": "' .. place.cwd .. '/a.txt"}}\n</tool_call>' }, { text = "done" } }
  local r = ask(place, server, { "hi" })
  t.eq({ r.code, r.out }, { 0, "done\n" }, "taken on a local server " .. r.err)
  t.match(json.encode(server:requests()[2].body.messages), "text of the file", "and run")
end

-- A prompt that begins with a path is no command.
do
  local place = program.place()
  local server <close> = fake.start { { text = "a file" } }
  t.eq(ask(place, server, { "/etc/hosts is what?" }).out, "a file\n")
end

-- An entry whose own headers carry the credential needs no key; one with other headers does.
do
  local function entry(id, header, host) return { id = id, baseUrl = "http://" .. host .. "/v1", generationConfig = { customHeaders = { [header] = "Bearer own" } } } end
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = { entry("own", "Authorization", "gateway.lan"), entry("none", "X-Team", "gateway.example") } } } }
  local server <close> = fake.start { { text = "let in" } }
  local env = { http_proxy = server.url:gsub("/v1$", "") }
  local r = program.run(place, { "-m", "own", "-p", "hi" }, { env = env })
  t.eq({ r.code, r.out }, { 0, "let in\n" }, r.err)
  t.eq(server:requests()[1].headers.authorization, "Bearer own")
  t.match(program.run(place, { "-m", "none", "-p", "hi" }, { env = env }).err, "no API key for none at gateway.example")
  t.eq(#server:requests(), 1)
end

-- Ctrl-C keeps what came.
do
  local place = program.place()
  local server <close> = fake.start { { text = { "first words ", "never" }, fault = "stall", after = 450 } }
  local proc = require "qwen.util.process"
  local child <close> = assert(proc.open { argv = { program.binary, "-m", "fake", "--openai-base-url", server.url, "hi" }, cwd = place.cwd, group = false,
    env = { PATH = os.getenv "PATH", HOME = place.home, LANG = "C.UTF-8" } })
  t.match(child:read(), "first words", "text comes as it is made")
  child:kill(2)
  t.eq(child:wait().code, 130, "exit code of an interrupt")
  local chats = fs.list(place.home .. "/.qwen/projects/" .. require("qwen.util.paths").project_key(place.cwd) .. "/chats")
  local log = ""
  for _, entry in ipairs(chats or {}) do
    if entry.name:match "jsonl$" then log = fs.read(place.home .. "/.qwen/projects/" .. require("qwen.util.paths").project_key(place.cwd) .. "/chats/" .. entry.name) end
  end
  t.match(log, '"text":"first words', "the cut answer is in the session")
  t.match(log, '"stop":"cancelled"', "with its reason")
end

-- Wrong input.
do
  local place = program.place()
  local function fails(args, code, pattern, options)
    local r = program.run(place, args, options)
    t.eq(r.code, code, table.concat(args, " "))
    t.match(r.err, pattern, table.concat(args, " "))
    local _, lines = r.err:gsub("\n", "")
    t.ok(lines == 1, "one line of error: " .. r.err)
  end
  fails({ "--modle", "x" }, 2, "unknown flag %-%-modle; did you mean %-%-model")
  fails({ "--model" }, 2, "%-%-model wants a value")
  fails({ "--approval-mode", "wild", "x" }, 2, "must be one of plan")
  fails({}, 2, "no prompt", { input = "" })
  fails({ "/hlep" }, 2, "no command /hlep; did you mean /help")
  fails({ "--replay", "/nowhere", "x" }, 2, "/nowhere")
  fails({ "hi", "-m", "qwen3-coder-plus" }, 1, "no API key for qwen3%-coder%-plus at api.openai.com: set OPENAI_API_KEY")
  fails({ "--auth-type", "opnai", "x" }, 2, "unknown auth type 'opnai' %(did you mean openai%?%)")
  fails({ "-m", "m", "--session-id", "x", "hi" }, 2, "not a session id")
  t.eq(program.run(place, { "/help" }).code, 0, "a command as the prompt")
  t.match(program.run(place, { "--help" }).out, "^qwen %- ", "help")
  for line in program.run(place, { "--help" }).out:gmatch "[^\n]+" do t.ok(#line <= 100, "help line fits: " .. line) end
  local r = program.run(place, { "hi" }, { env = { HOME = "/nonexistent" }, alone = true })
  t.ok(r.code == 1 and not r.err:find "traceback", "a home that is not there")
end

-- Standard input and closed readers.
do
  local place = program.place()
  local server <close> = fake.start { { text = "1" }, { text = "2" }, { loop = { turns = 0, deltas = 20000 } } }
  t.eq(ask(place, server, {}, { input = "from a pipe\n" }).out, "1\n", "prompt on standard input")
  ask(place, server, { "and words" }, { input = "piped" })
  t.eq(server:requests()[2].body.messages[2].content, "piped\n\nand words", "both")
  local proc = require "qwen.util.process"
  local r = assert(proc.run { argv = { "sh", "-c", '"$0" --openai-base-url "$1" hi | head -c 10; echo; echo done', program.binary, server.url },
    cwd = place.cwd, env = { PATH = os.getenv "PATH", HOME = place.home } })
  t.match(r.out, "done", "a reader that leaves early")
end

t.done()
