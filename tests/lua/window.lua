-- Long runs in small windows: whatever a model asks for, the conversation is made to fit and the run goes on; what people asked for is
-- never lost, however poor the summaries are.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local proc = require "qwen.util.process"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local function settings(url, size)
  return json.encode { modelProviders = { openai = { { id = "m", baseUrl = url,
    generationConfig = { contextWindowSize = size } } } } }
end

-- A place with files of all sizes, and a model that reads and writes in it.
local function start(options)
  local files, names = {}, {}
  for i, size in ipairs { 100, 3000, 20000, 60000 } do
    names[i] = "file-" .. size
    files[names[i]] = ("a line of text that stands in a file\n"):rep(size // 37)
  end
  files["one-line"], names[#names + 1] = ("x"):rep(50000), "one-line"
  local place = program.place(files)
  options.folder, options.files = place.cwd, names
  local server = fake.start({ { window = options, times = 0 } }, { log = options.log or false })
  assert(fs.mkdir(place.home .. "/.qwen"))
  assert(fs.write(place.home .. "/.qwen/settings.json", settings(server.url, options.known or options.size)))
  return place, server
end

-- 200 random turns, the window known or learned from a refusal, tokens counted by the service or not.
for _, case in ipairs {
  { size = 8192, usage = true }, { size = 8192, bytes = 2.5 }, { size = 16384, usage = true, bytes = 3 },
  { size = 32768, usage = true, bytes = 4 }, { size = 8192, known = 131072, usage = true },
} do
  local words = json.encode(case)
  case.bytes, case.turns, case.calls, case.seed = case.bytes or 3.5, 199, 20, case.size
  local place, server = start(case)
  local _ <close> = server
  local r = program.run(place, { "-m", "m", "--yolo", "-p", "work" })
  t.eq(r.code, 0, "200 turns: " .. words .. "\n" .. r.err:sub(-1500))
  local refusals = tonumber(r.out:match "done after (%d+) refusals")
  t.ok(refusals and refusals <= 12, ("%s: %s refusals"):format(words, tostring(refusals)))
end

-- What is cut to fit is cut between lines; a search knows its room and shows as many as fit.
for name, arguments in pairs { grep_search = { pattern = "^line" }, run_shell_command = { command = "cat big.txt" } } do
  local lines = {}
  for i = 1, 600 do lines[i] = ("line %d %sword"):format(i, ("word "):rep(6)) end
  local place = program.place { ["big.txt"] = table.concat(lines, "\n") .. "\n" }
  local server <close> = fake.start { { calls = { { name = name, arguments = arguments } } }, { text = "ok" } }
  assert(fs.mkdir(place.home .. "/.qwen"))
  assert(fs.write(place.home .. "/.qwen/settings.json", settings(server.url, 8192)))
  t.eq(program.run(place, { "-m", "m", "--yolo", "-p", "work" }).code, 0)
  local asked = server:requests()
  local shown = asked[2].body.messages[#asked[2].body.messages].content
  t.ok(#shown <= 4000, name .. ": " .. #shown)
  t.match(shown, name == "grep_search" and "^600 lines in 1 file; the first %d+ follow" or "%[%.%.%. %d+ bytes left out")
  for line in shown:gmatch "[^\n]+" do
    t.ok(line:find "line %d+ [word ]+word$" or line:find "^%[" or line:find "^600 lines in", name .. ", whole: " .. line)
  end
end

-- What a window has no room for was not seen: a whole file is not written over after a part of it was shown.
do
  local place = program.place { ["big.txt"] = ("a line of text that stands in a file\n"):rep(600) }
  local path = place.cwd .. "/big.txt"
  local server <close> = fake.start { { calls = { { name = "read_file", arguments = { file_path = path } } } },
    { calls = { { name = "write_file", arguments = { file_path = path, content = "gone\n" } } } }, { text = "ok" } }
  assert(fs.mkdir(place.home .. "/.qwen"))
  assert(fs.write(place.home .. "/.qwen/settings.json", settings(server.url, 8192)))
  t.eq(program.run(place, { "-m", "m", "--yolo", "-p", "work" }).code, 0)
  local asked = server:requests()
  local shown = asked[2].body.messages[#asked[2].body.messages].content
  t.ok(#shown <= 4000, "a tenth of the window, 4,000 bytes at least: " .. #shown)
  t.match(shown, "^Showing lines 1%-%d+ of 600 total lines", "and says which lines")
  t.ok(fs.read(path) ~= "gone\n", "the rest is not lost")
end

-- 60 requirements over six prompts, three compactions with a summary that says nothing: each is in the view, or in a file that it names.
local function requirements(prompt)
  local lines = {}
  for i = 10 * prompt - 9, 10 * prompt do
    lines[#lines + 1] = ("%d. requirement R%dR: %s"):format(i, i, ("the program does what is asked for here "):rep(3))
  end
  return table.concat(lines, "\n")
end

-- A text with what is in the files that it names.
local function with_files(words, seen)
  local out = { words }
  for path in words:gmatch "/[%w_./-]+%.output" do
    if not seen[path] then
      seen[path] = true
      out[#out + 1] = with_files(fs.read(path) or "", seen)
    end
  end
  return table.concat(out, "\n")
end

for _, size in ipairs { 8192, 32768 } do
  local place, server = start { size = size, bytes = 3.5, turns = 6, calls = 2, usage = true, log = true }
  local _ <close> = server
  local function ask(...)
    local more <close> = fake.start({ { window = { size = size, bytes = 3.5, turns = 6, calls = 3, usage = true, folder = place.cwd,
      files = { "file-3000", "file-20000" } }, times = 0 } })
    local r = program.run(place, { "--openai-base-url", more.url, "-m", "m", "--yolo", ... })
    t.ok(r.code == 0 or r.err:find "too short", r.err) -- a window of 8k was just shortened by itself
    local asked = more:requests()
    return asked[#asked] and asked[#asked].body.messages
  end
  for prompt = 1, 6 do
    ask(table.unpack(prompt == 1 and { "-p", requirements(1) } or { "--continue", "-p", requirements(prompt) }))
    if prompt % 2 == 0 then ask("--continue", "-p", "/compact") end
  end
  local messages = ask("--continue", "-p", "is all of it met?")
  local view = json.encode(messages)
  local whole, lost, shown = with_files(view, {}), {}, 0
  for i = 1, 60 do
    if not whole:find("R" .. i .. "R", 1, true) then lost[#lost + 1] = i end
    if view:find("R" .. i .. "R", 1, true) then shown = shown + 1 end
  end
  t.eq(lost, {}, "requirements lost at " .. size)
  t.ok(shown >= (size == 32768 and 60 or 10), ("%d of 60 in the view of %d tokens"):format(shown, size))
  local records = assert(proc.run { argv = { "grep", "-rc", "chat_compression", place.home .. "/.qwen/projects" } }).out
  t.ok(tonumber(records:match "chats/[^\n]*jsonl:(%d+)") >= 3, "three compactions: " .. records)
  local _, heads = view:gsub("was shortened%. What I asked for", "")
  t.eq(heads, 1, "notes are never quoted as prompts")
end

t.done()
