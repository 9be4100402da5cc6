-- Memory: lines added to files with instructions, whatever form the file has; changes told before the next prompt; Qwen Code's notes.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local err, fs = require "qwen.util.err", require "sys.fs"
local json, paths = require "sys.json", require "qwen.util.paths"
local proc = require "qwen.util.process"

local server <close> = fake.start { { text = "ok", times = 0 } }
local env = { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }
local function qwen(place, args, options)
  return program.run(place, args, { env = env, timeout = 60, cwd = options and options.cwd })
end
local function last() return server:requests()[#server:requests()].body.messages end

-- A line goes to the end of the memories: file, its text, what it is then.
local USER = "~/.qwen/QWEN.md"
for name, case in pairs {
  ["no file"] = { nil, "## Memories\n- use tabs\n" }, ["an empty file"] = { "", "## Memories\n- use tabs\n" },
  ["no section"] = { "RULE\n", "RULE\n\n## Memories\n- use tabs\n" }, ["no line end"] = { "RULE", "RULE\n\n## Memories\n- use tabs\n" },
  ["a section"] = { "RULE\n\n## Memories\n- a\n", "RULE\n\n## Memories\n- a\n- use tabs\n" },
  ["a section in the middle"] = { "## Memories\n- a\n\n## More\nRULE\n", "## Memories\n- a\n- use tabs\n\n## More\nRULE\n" },
  ["a section alone"] = { "## Memories", "## Memories\n- use tabs\n" },
  ["line ends of Windows"] = { "RULE\r\n\r\n## Memories\r\n- a\r\n", "RULE\r\n\r\n## Memories\r\n- a\r\n- use tabs\r\n" },
  ["UTF-16"] = { "\xff\xfeA\0\n\0", "\xff\xfeA\0\n\0\n\0#\0#\0 \0M\0e\0m\0o\0r\0i\0e\0s\0\n\0-\0 \0u\0s\0e\0 \0t\0a\0b\0s\0\n\0" },
} do
  local place = program.place { [USER] = case[1] }
  local r = qwen(place, { "-p", "/remember  use \t tabs " })
  t.eq({ r.code, fs.read(place.home .. "/.qwen/QWEN.md") }, { 0, case[2] }, name .. ": " .. r.err)
  r = qwen(place, { "-p", "/remember --user  " })
  t.eq(fs.read(place.home .. "/.qwen/QWEN.md"), case[2], name .. ": nothing to add")
  t.ok(r.code ~= 0, "is a mistake")
end

-- Which file: flags, settings, trust, links.
local function added(files, args, cwd, link)
  local place = program.place(files)
  fs.mkdir(place.cwd .. "/.git")
  fs.mkdir(place.cwd .. "/sub")
  if link then proc.run { argv = { "ln", "-s", link[2], (link[1]:gsub("^~", place.home)) }, cwd = place.cwd } end
  local r = qwen(place, args, { cwd = place.cwd .. (cwd or "") })
  return r, function(path) return fs.read((path:gsub("^~", place.home):gsub("^[^/]", place.cwd .. "/%0"))) end, place
end
local LINE = "## Memories\n- x\n"
for _, case in ipairs {
  -- files, flags, prompt, folder, where it is then
  { {}, { "--trust-folder" }, "/remember --project x", "/sub", "QWEN.md" },
  { { ["AGENTS.md"] = "" }, { "--trust-folder" }, "/memory add --project x", "", "AGENTS.md" },
  { { ["~/.qwen/settings.json"] = '{"context": {"fileName": ["NOTES.md", "B.md"]}}' }, { "--trust-folder" }, "/remember --project x", "", "NOTES.md" },
  { { ["~/.qwen/settings.json"] = '{"context": {"fileName": "NOTES.md"}}' }, {}, "/remember --user x", "", "~/.qwen/NOTES.md" },
  { { ["~/.qwen/settings.json"] = '{"context": {"fileName": "../x"}}' }, {}, "/remember x", "", "~/.qwen/QWEN.md" },
  { {}, {}, "/remember --project x", "", nil },
} do
  local r, read
  if case[2][1] then r, read = added(case[1], { case[2][1], "-p", case[3] }, case[4]) else r, read = added(case[1], { "-p", case[3] }, case[4]) end
  t.eq({ r.code, case[5] and read(case[5]) or read "QWEN.md" }, { case[5] and 0 or 1, case[5] and LINE or nil }, case[3] .. r.err)
end
local r, read, place = added({ ["~/dot/q.md"] = "RULE\n", ["~/.qwen/a"] = "" }, { "-p", "/remember x" }, "", { "~/.qwen/QWEN.md", "../dot/q.md" })
t.eq({ r.code, read "~/dot/q.md", fs.stat(place.home .. "/.qwen/QWEN.md", false).type }, { 0, "RULE\n\n" .. LINE, "link" }, "a link stays one")
r, read = added({ ["~/x.md"] = "RULE\n" }, { "--trust-folder", "-p", "/remember --project x" }, "", { "QWEN.md", "../home/x.md" })
t.eq({ r.code, read "~/x.md" }, { 1, "RULE\n" }, "not one that leads out of the project")

-- Many at once: no line is lost.
do
  local many, running = program.place {}, {}
  for i = 1, 8 do
    running[i] = assert(proc.open { argv = { program.binary, "-p", "/remember line " .. i }, cwd = many.cwd,
      env = { PATH = os.getenv "PATH", HOME = many.home, OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }, stderr = "null" })
  end
  for i, child in ipairs(running) do t.eq(child:wait().code, 0, "line " .. i) end
  local text = fs.read(many.home .. "/.qwen/QWEN.md")
  for i = 1, 8 do t.match(text, "\n%- line " .. i .. "\n", "line " .. i) end
end

-- A file in the editor: what is there before, what the editor leaves (nil: it was left without saving), what another program writes
-- meanwhile; whether it was changed, and what is in the file then.
do
  local memory = require "qwen.agent.memory"
  local root, ctx, spilled = dofile "tests/tool_ctx.lua" "memory"
  local path = root .. "/QWEN.md"
  for _, case in ipairs {
    { "a\n", "a", nil, false, "a\n" }, { "a\n", "a\nb", nil, true, "a\nb\n" }, { "a\r\nb\r\n", "a\nc", nil, true, "a\r\nc\r\n" },
    { nil, "new", nil, true, "new\n" }, { "a\n", "", nil, true, "" }, { "a\n", nil, nil, nil, "a\n" },
    { "a\n", "mine", "theirs\n", nil, "theirs\n", "mine\n" }, { nil, "mine", "theirs\n", nil, "theirs\n", "mine\n" },
    { "\xff\xfea\0\n\0", "\u{e4}", nil, true, "\xff\xfe\xe4\0\n\0" },
    { "caf\xe9 f\xfcr alle und \xfcber\n", "漢", nil, nil, "caf\xe9 f\xfcr alle und \xfcber\n", "漢\n" },
  } do
    fs.remove(path)
    if case[1] then fs.write(path, case[1]) end
    function ctx.edit()
      if case[3] then fs.write(path, case[3]) end
      return case[2], not case[2] and err("cancelled", "left") or nil
    end
    local before = #spilled
    local changed, e = memory.edit(ctx, path)
    local name = ("%s then %s"):format(case[1], case[2])
    t.eq({ changed == nil and "no" or changed, fs.read(path) }, { case[4] == nil and "no" or case[4], case[5] }, name)
    t.ok(changed ~= nil or e, name .. ": a reason")
    t.eq(#spilled > before and fs.read(spilled[#spilled]) or nil, case[6], name .. ": kept aside")
  end
end

-- A change counts from the next prompt on, and the system prompt stays the same.
local CHANGE = [[return { summary = "s", session = true, run = function(ctx)
  qwen.fs.write(ctx.home .. "/QWEN.md", %q)
  qwen.x.memory.refresh(ctx)
  return { prompt = "go" }
end }]]
for _, case in ipairs {
  { "OLD RULE\n" .. ("more\n"):rep(99) .. "NEW RULE\n", "%+NEW RULE" }, { "", "no longer count" }, { "ALL NEW\n", "ALL NEW" }, { "OLD RULE\n" .. ("more\n"):rep(99), nil },
} do
  local spot = program.place { [USER] = "OLD RULE\n" .. ("more\n"):rep(99), ["~/.qwen/commands/change.lua"] = CHANGE:format(case[1]) }
  t.eq(qwen(spot, { "-p", "/change" }).code, 0, "asked")
  local messages = last()
  t.match(messages[1].content, "OLD RULE", "the system prompt is the one of before")
  local said = messages[2].content
  said = type(said) == "table" and said[1].text or said
  if case[2] then t.match(said, case[2], "told before the prompt") else t.eq(said, "go", "nothing to tell") end
end

-- Where the words about a change are no longer in the conversation, the system prompt is made anew.
do
  local changes = require "qwen.agent.instruction_changes"
  local ctx = { session = { messages = { { id = "a" }, { id = "b" } } } }
  t.eq(changes.lost(ctx), false, "nothing was told")
  ctx.noted_in = "b"
  t.eq(changes.lost(ctx), false, "it is there")
  ctx.session.messages = { { id = "head" }, { id = "c" } }
  t.eq(changes.lost(ctx), true, "it was shortened")
  changes.told(ctx, {})
  t.eq(changes.lost(ctx), false, "and is in the system prompt from then on")
end

-- Qwen Code's notes.
local function system(files, args)
  local spot = program.place(files)
  local key = spot.cwd:gsub("[^%w]", "-")
  fs.mkdir(spot.home .. "/.qwen/projects/" .. key .. "/memory")
  fs.write(spot.home .. "/.qwen/projects/" .. key .. "/memory/MEMORY.md", "- PROJECT NOTE\n")
  local result = qwen(spot, { "-p", "hi", table.unpack(args or {}) })
  return last()[1].content, result, fs.list(spot.home .. "/.qwen/projects/" .. key .. "/memory")
end
local NOTES = "~/.qwen/memories/MEMORY.md"
local said, _, files = system({ [NOTES] = "- [A](a.md) USER NOTE\n" }, { "--trust-folder" })
local result
t.match(said, "USER NOTE.*PROJECT NOTE", "both are told")
t.match(said, "memories/MEMORY%.md", "with their places")
t.eq(#files, 1, "nothing is written beside them")
said = system { [NOTES] = "USER NOTE\n" }
t.ok(said:find "USER NOTE" and not said:find "PROJECT NOTE", "a folder that is not trusted has none")
said = system({ [NOTES] = "USER NOTE\n", ["~/.qwen/settings.json"] = '{"memory": {"enableManagedAutoMemory": false}}' }, { "--trust-folder" })
t.ok(not said:find "NOTE", "turned off")
said, result = system({ [NOTES] = ("note\n"):rep(200) .. "BEYOND\n" })
t.ok(not said:find "BEYOND" and result.err:find "200 lines", "two hundred lines: " .. result.err)
said, result = system({ [NOTES] = "FIRST\n" .. ("x"):rep(99) .. "\n" .. (("y"):rep(999) .. "\n"):rep(40) })
t.ok(said:find "FIRST" and #said < 40000 and result.err:find "25 KB", "25 KB")
t.eq(select(2, system { [NOTES] = "\xff\xfe broken" }).code, 0, "bytes that are no text")

-- Where they are, by the variables of Qwen Code and the setting for those of a team; a link leads out of no project.
for name, row in pairs {
  ["a folder of one's own"] = { { QWEN_CODE_MEMORY_BASE_DIR = "~/base" }, {}, "BASE", "USER" },
  ["in the project"] = { { QWEN_CODE_MEMORY_LOCAL = "1" }, {}, "LOCAL", "PROJECT" },
  ["not without the variable"] = { {}, {}, "PROJECT", "LOCAL" },
  ["of this folder"] = { { QWEN_CODE_MEMORY_PROJECT_SCOPE = " Workspace" }, {}, "WORKSPACE", "PROJECT" },
  ["a scope that is none"] = { { QWEN_CODE_MEMORY_PROJECT_SCOPE = "x" }, {}, "PROJECT", "WORKSPACE" },
  ["of a team"] = { {}, { memory = { enableTeamMemory = true } }, "TEAM" },
  ["not of a team"] = { {}, {}, "USER", "TEAM" },
  ["of a team, by the variable"] = { { QWEN_CODE_MEMORY_TEAM = "1" }, {}, "TEAM" },
  ["not of a team, by the variable"] = { { QWEN_CODE_MEMORY_TEAM = "0" }, { memory = { enableTeamMemory = true } }, "USER", "TEAM" },
  ["a link out of the project"] = { { QWEN_CODE_MEMORY_LOCAL = "1" }, {}, "USER", "OUTSIDE", link = true },
  ["all off"] = { { QWEN_CODE_MEMORY_LOCAL = "1" }, { memory = { enableManagedAutoMemory = false, enableTeamMemory = true } }, nil, "NOTE" },
} do
  local spot = program.place { [NOTES] = "USER NOTE\n", ["~/base/memories/MEMORY.md"] = "BASE NOTE\n", ["~/.qwen/settings.json"] = json.encode(row[2]),
    [".qwen/team-memory/MEMORY.md"] = "TEAM NOTE\n", ["sub/.qwen/memory/x"] = "", ["~/outside.md"] = "OUTSIDE NOTE\n" }
  fs.mkdir(spot.cwd .. "/.git")
  local local_notes = spot.cwd .. "/sub/.qwen/memory/MEMORY.md"
  if row.link then
    proc.run { argv = { "ln", "-s", spot.home .. "/outside.md", local_notes } }
  else
    fs.write(local_notes, "LOCAL NOTE\n")
  end
  for scope, folder in pairs { PROJECT = spot.cwd, WORKSPACE = spot.cwd .. "/sub" } do
    local memory = ("%s/.qwen/projects/%s/memory"):format(spot.home, paths.project_key(folder))
    fs.mkdir(memory)
    fs.write(memory .. "/MEMORY.md", scope .. " NOTE\n")
  end
  local variables = { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }
  for key, value in pairs(row[1]) do variables[key] = value end
  local ran = program.run(spot, { "-p", "hi", "--trust-folder" }, { env = variables, cwd = spot.cwd .. "/sub", timeout = 60 })
  local prompt = last()[1].content
  if row[3] then t.ok(prompt:find(row[3] .. " NOTE", 1, true), name .. ": " .. row[3] .. ran.err) end
  if row[4] then t.ok(not prompt:find(row[4] == "NOTE" and "NOTE" or row[4] .. " NOTE", 1, true), name .. ": not " .. row[4]) end
end
t.done()
