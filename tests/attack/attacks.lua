-- Runs the attacks of tests/attack/cases: each names what must not happen, and beside them stand the controls that must keep working.
-- Prints the counts that docs/security.md quotes. `tests/room QWEN QWEN lua tests/attack/attacks.lua rules` runs one table.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"
local program = dofile "tests/program.lua"

local _, only = ...
local KEY = "sk-attack-0123456789abcdef"
local counts = {}

local function is_control(case) return case[1]:find "^control" ~= nil end

-- The texts of a value with the places of this run in them.
local function filled(value, place)
  if type(value) == "table" then
    local out = {}
    for key, item in pairs(value) do out[filled(key, place)] = filled(item, place) end
    return out
  end
  if type(value) ~= "string" then return value end
  return (value:gsub("%$(%u+)", { PROJ = place.cwd, ROOT = place.root, HOME = place.home, PATH = os.env "PATH" }))
end

local function lay_out(case, place)
  for path, text in pairs(case.files or {}) do
    local full = path:sub(1, 2) == "~/" and place.home .. path:sub(2) or place.cwd .. "/" .. path
    assert(fs.mkdir(full:match "^(.*)/"))
    assert(fs.write(full, filled(text, place), { mode = text:find "^#!" and 493 or 420, fsync = false }))
  end
  for path, target in pairs(case.links or {}) do
    assert(fs.mkdir((place.cwd .. "/" .. path):match "^(.*)/"))
    assert(proc.run { argv = { "ln", "-s", filled(target, place), place.cwd .. "/" .. path } })
  end
  for path, target in pairs(case.hard_links or {}) do
    assert(fs.mkdir((place.cwd .. "/" .. path):match "^(.*)/"))
    assert(proc.run { argv = { "ln", "-f", filled(target, place), place.cwd .. "/" .. path } }.code == 0)
  end
  for path, mode in pairs(case.modes or {}) do
    assert(proc.run { argv = { "chmod", ("%o"):format(mode), place.cwd .. "/" .. path } })
  end
end

-- What the program said, sent and left behind for a call that a model makes, or a prompt that a person types.
local function run(case)
  local place = program.place()
  lay_out(case, place)
  local answers, calls = { { text = "ok", times = 0 } }, {}
  for i, call in ipairs(case.calls or { case.call }) do
    local arguments = call.arguments
    calls[i] = { name = call.name, id = call.id, arguments = type(arguments) == "table" and filled(arguments, place) or arguments }
  end
  if calls[1] then table.insert(answers, 1, { calls = calls }) end
  local server <close> = fake.start(answers)
  local args = { "--openai-base-url", server.url, not case.own_model and "--model=m" or nil }
  for _, flag in ipairs(filled(case.flags or {}, place)) do args[#args + 1] = flag end
  args[#args + 1] = case.prompt or "go"
  local env = { OPENAI_API_KEY = KEY, PROJ = place.cwd, PATH = case.path and filled(case.path, place) }
  for name, value in pairs(filled(case.env or {}, place)) do env[name] = value end
  local r = program.run(place, args, { env = env, cwd = case.cwd and place.cwd .. "/" .. case.cwd })
  local sent = {}
  for _, request in ipairs(server:requests()) do
    local messages = request.body and request.body.messages or {}
    sent[#sent + 1] = request.body and tostring(request.body.model)
    for _, message in ipairs(messages) do sent[#sent + 1] = json.encode(message) end
  end
  local out = { code = r.code, out = r.out, err = r.err, sent = table.concat(sent, "\n"), ran = fs.stat(place.cwd .. "/ran") ~= nil, place = place }
  return out
end

local function told(result)
  return ("exit %s\n  out %s\n  err %s\n  sent %s"):format(result.code, result.out:sub(1, 300), result.err:sub(1, 600), result.sent:sub(1, 900))
end

local kinds = {}

-- Whole runs: nothing of the project has run, no key left, no run ended by a bug of ours.
function kinds.runs(case)
  local result = run(case)
  local bad = result.ran and "it ran" or (result.sent .. result.out):find(KEY, 1, true) and "the key went out" or result.code == 70 and "the run ended"
  for _, path in ipairs(case.untouched or {}) do
    if fs.read(filled(path, result.place)) ~= (case.files or {})[path:gsub("^%$PROJ/", ""):gsub("^%$HOME/", "~/")] then bad = path .. " was changed" end
  end
  if case.never and result.sent:find(case.never, 1, true) then bad = "the model saw " .. case.never end
  if case.not_written and result.out:find(case.not_written) then bad = "it wrote " .. case.not_written end
  if case.said and not result.err:find(case.said, 1, true) then bad = "it does not say " .. case.said end
  if case.works and not json.encode(result.sent):find(json.encode(json.encode(filled(case.works, result.place)):sub(2, -2)):sub(2, -2), 1, true) then
    bad = "it does not work: " .. case.works
  end
  fs.remove_tree(result.place.root)
  return not bad, bad and bad .. "\n  " .. told(result)
end

-- All calls of the table in one answer, in each form of output: the run goes on, and the model gets a result for each.
local all_results
local function results_of_all(list)
  local calls, files = {}, {}
  for i, case in ipairs(list) do
    calls[i] = { name = case.call.name, id = case.call.id or "id-" .. i, arguments = case.call.arguments }
    for path, text in pairs(case.files or {}) do files[path] = text end
  end
  local out = {}
  for _, flags in ipairs { { "-o", "json" }, { "-o", "stream-json" }, { "--verbose" } } do
    local result = run { calls = calls, files = files, flags = flags }
    fs.remove_tree(result.place.root)
    out[#out + 1] = { form = table.concat(flags, " "), code = result.code, words = told(result), sent = result.sent }
  end
  return out
end

function kinds.calls(case, list, i)
  all_results = all_results or results_of_all(list)
  for _, result in ipairs(all_results) do
    local id = json.encode(case.call.id or "id-" .. i)
    local _, answers = result.sent:gsub('"tool_call_id":' .. id:gsub("%p", "%%%0"), "")
    if result.code ~= 0 then return false, result.form .. ": " .. result.words end
    if answers ~= 1 and case.call.id ~= "" then return false, result.form .. ": no result" end
    if case.works and not result.sent:find(case.works, 1, true) then return false, result.form .. ": it does not work" end
  end
  return true
end

-- Variables alone, or whole runs.
function kinds.secrets(case)
  if case.sandbox and not fs.stat "/usr/bin/bwrap" or case.not_root and fs.stat("/proc/self").uid == 0 then return true end
  if not case.variable then return kinds.runs(case) end
  return require("qwen.util.child_env").credential(case.variable, case.value) ~= is_control(case), "it is taken for the other"
end

local function context(place, mode, deny, allow, more)
  local set = { ["permissions.deny"] = deny, ["permissions.allow"] = allow }
  for key, value in pairs(more or {}) do set[key] = value end
  return { cwd = place.cwd, mode = mode, settings = { get = function(_, key) return set[key] end } }
end

-- The verdict on a command under rules, in a project with an .env and a home with keys.
local judging
local function verdict_on(command, mode, deny, allow)
  if not judging then
    judging = program.place { f = "x\n", [".env"] = "K=1\n", ["sub/x"] = "", ["a.c"] = "", list = "" }
    for _, name in ipairs { ".ssh/id_rsa", ".profile" } do
      local path = assert(os.env "HOME") .. "/" .. name
      assert(fs.mkdir(path:match "^(.*)/") and fs.write(path, "x", { fsync = false }))
    end
  end
  return require("qwen.permission.runner").judge(context(judging, mode, deny, allow), command)
end

function kinds.rules(case)
  if is_control(case) then
    local verdict, reason = verdict_on(case.command, case.mode or "default", case.deny, case.allow)
    return verdict == "allow", ("%s: %s"):format(verdict, reason)
  end
  local verdict, reason = verdict_on(case.command, "default", case.deny, case.allow)
  if verdict == "allow" then return false, "it is allowed: " .. reason end
  verdict, reason = verdict_on(case.command, "yolo", case.deny)
  if verdict ~= "deny" then return false, ("in yolo it is %s: %s"):format(verdict, reason) end
  return true
end

local readers = { read_file = true, grep_search = true, list_directory = true, glob = true }

-- The verdict on a file tool: never "allow" for an attack.
function kinds.edits(case, _, _, more)
  local place = program.place()
  lay_out(case, place)
  local tool = { effect = readers[case.tool] and "read" or "edit", paths = function(args) return { args.file_path } end }
  place.home = os.env "HOME"
  for path, text in pairs(case.home or {}) do
    if type(path) == "number" then path, text = text, "x" end
    local full = place.home .. "/" .. path
    local folder = full:match "^(.*)/"
    local there = fs.stat(folder)
    if there and there.type ~= "dir" then assert(fs.remove(folder)) end -- a file of an earlier case
    assert(fs.mkdir(folder))
    assert(fs.write(full, text, { fsync = false }))
  end
  local path = case.path
  lay_out({ hard_links = case.after }, place)
  if case.project then place.cwd = filled(case.project, place) end
  local ctx = context(place, case.mode or "default", case.deny, filled(case.allow or {}, place), more)
  local verdict, reason = require("qwen.permission.policy").judge(ctx, case.tool or "edit", tool, { file_path = filled(path, place) })
  fs.remove_tree(place.root)
  return (verdict == "allow") == is_control(case), ("%s: %s"):format(verdict, reason)
end

-- The same in yolo with the sandbox on.
function kinds.sandbox(case)
  local more, place = { ["tools.executionSandbox.backend"] = "bubblewrap" }, { home = os.env "HOME", cwd = "", root = "" }
  for key, value in pairs(case.set or {}) do more["tools.executionSandbox." .. key] = filled(value, place) end
  case.mode = "yolo"
  return kinds.edits(case, nil, nil, more)
end

-- A folder outside that the sandbox may be told to show, with what listens in it.
local outside
local LISTEN = [[
import socket, sys, threading
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1] + "/socket"); s.listen(50)
d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); d.bind("\0" + sys.argv[2])
print("ready", flush=True)
while True:
    c, _ = s.accept(); c.send(b"GOT"); c.close()
]]
local function show_outside()
  if outside then return outside end
  outside = { folder = assert(fs.realpath(assert(fs.mkdtemp(os.env "TMPDIR" .. "/shown-")))), mark = "qwen-attack-" .. os.uuid() }
  outside.listener = assert(proc.open { argv = { "python3", "-c", LISTEN, outside.folder, outside.mark } })
  assert(outside.listener:read() == "ready\n")
  return outside
end

local function fill_outside(value)
  local place = show_outside()
  if type(value) == "table" then
    local out = {}
    for key, item in pairs(value) do out[key] = fill_outside(item) end
    return out
  end
  return type(value) == "string" and value:gsub("%$SHOWN", place.folder):gsub("%$MARK", place.mark) or value
end

local sandbox_works
function kinds.escapes(case)
  local place = program.place()
  place.home = os.env "HOME"
  local ctx = context(place, "yolo", nil, nil, { ["tools.executionSandbox.backend"] = "bubblewrap" })
  if sandbox_works == nil then sandbox_works = require("qwen.permission.sandbox").start(ctx) or false end
  if not sandbox_works then return true end
  local home_files = {}
  for path, text in pairs(case.home or {}) do home_files["~/" .. path] = text end
  lay_out(case, place)
  lay_out({ files = home_files }, place)
  if case.git then assert(proc.run { argv = { "git", "init", "-q", place.cwd } }) end
  local more = { ["tools.executionSandbox.backend"] = "bubblewrap" }
  for key, value in pairs(case.set or {}) do more["tools.executionSandbox." .. key] = fill_outside(filled(value, place)) end
  if case.cwd then place.cwd = place.cwd .. "/" .. case.cwd end
  ctx = context(place, "yolo", nil, nil, more)
  local command = fill_outside(case.command):gsub("%$PROJ", place.cwd):gsub("%$ROOT", place.root)
  local result, e = require("qwen.permission.runner").run(ctx, { command = command, stderr = "stdout", timeout = 60 })
  local said = result and result.out or e.message
  local bad = case.never and said:find(case.never, 1, true) and "it said " .. case.never or case.works and not said:find(case.works, 1, true) and "it does not work"
  for _, path in ipairs(case.made or {}) do bad = bad or fs.stat(place.cwd .. "/" .. path, false) and path .. " is there" end
  if case.told and not (" " .. table.concat(result and result.made or {}, " ") .. " "):find(" " .. case.told .. " ", 1, true) then
    bad = case.told .. " is not told"
  end
  for path, text in pairs(case.kept or {}) do bad = bad or fs.read(place.cwd .. "/" .. path) ~= text and path .. " was changed" end
  fs.remove_tree(place.root)
  for path in pairs(case.home or {}) do fs.remove(place.home .. "/" .. path) end
  return not bad, ("%s: %s"):format(bad, said:sub(1, 300))
end

function kinds.offers(case)
  local policy = require "qwen.permission.runner"
  judging = judging or program.place()
  local _, _, rule = policy.judge(context(judging, "default"), case.command)
  if is_control(case) then
    return rule ~= nil and policy.judge(context(judging, "default", nil, { rule }), case.command) == "allow", "offered: " .. tostring(rule)
  end
  if not rule then return true end
  if not case.never then return false, "offered: " .. rule end
  return policy.judge(context(judging, "default", nil, { rule }), case.never) ~= "allow", rule .. " allows " .. case.never
end

-- What a question shows: marked, or as it is.
function kinds.lookalikes(case)
  local marked = require("qwen.ui.render.lookalike").marked(case.text, case.prose)
  if is_control(case) then return marked == case.text, marked end
  return marked:find("%[U%+%x+%]") ~= nil and marked:gsub("%[U%+%x+%]", "") == case.text, marked
end

-- git's commands that look, as plan mode runs them in a repository that is made to harm: nothing of it runs, nothing outside is shown.
local looked
function kinds.looks(case)
  if not looked then
    looked = program.place { f = "one\n" }
    assert(fs.write(looked.root .. "/secret", "TOPSECRET\n"))
    assert(fs.write(looked.root .. "/evil", "#!/bin/sh\ntouch " .. looked.root .. "/ran\ncat\n", { mode = 493 }))
    looked.base = looked.cwd
  end
  local function sh(command)
    local env = { PATH = os.env "PATH", HOME = os.env "HOME", EVIL = looked.root .. "/evil", SECRET = looked.root .. "/secret", ROOT = looked.root,
      GIT_AUTHOR_NAME = "a", GIT_AUTHOR_EMAIL = "a@b", GIT_COMMITTER_NAME = "a", GIT_COMMITTER_EMAIL = "a@b" }
    return assert(proc.run { argv = { "sh", "-c", command }, cwd = looked.cwd, env = env })
  end
  if not fs.stat(looked.base .. "/plain") then
    looked.cwd = looked.base
    assert(sh("git init -q -b main plain && cd plain && echo one > f && echo sub > g && git add . && git commit -qm one").code == 0)
  end
  looked.cwd = looked.base .. "/" .. os.uuid()
  assert(proc.run { argv = { "cp", "-rp", looked.base .. "/plain", looked.cwd } })
  local r = sh("{ " .. case.setup .. "\n}")
  assert(r.code == 0, case[1] .. ": " .. r.err)
  fs.remove(looked.root .. "/ran")
  local policy, runner, bad, worked = require "qwen.permission.policy", require "qwen.permission.runner", nil, false
  local ctx = context(looked, "plan")
  ctx.trusted = false
  local tool = { effect = "run", command = function(args) return args.command end }
  for _, command in ipairs(case.commands or { "git status", "git diff", "git log -m -p", "git show HEAD", "git blame f", "git branch -av",
    "git ls-files -o", "git status | head -5; git diff | cat" }) do
    local args = { command = command }
    local verdict = policy.judge(ctx, "run_shell_command", tool, args)
    if verdict == "allow" then
      local result = assert(runner.run(ctx, { command = policy.safe_look(ctx, tool, args) or command, stderr = "stdout", timeout = 30 }))
      worked = worked or result.code == 0
      if result.out:find("TOPSECRET", 1, true) then bad = command .. " shows a file outside" end
      if fs.stat(looked.root .. "/ran") then bad = command .. " ran a program of the repository" end
    end
  end
  if is_control(case) then bad = bad or not worked and "refused" end
  return not bad, bad
end

local tables = {
  { "programs", kinds.runs }, { "calls", kinds.calls }, { "secrets", kinds.secrets }, { "rules", kinds.rules },
  { "edits", kinds.edits }, { "offers", kinds.offers }, { "sandbox", kinds.sandbox }, { "escapes", kinds.escapes },
  { "lookalikes", kinds.lookalikes }, { "projects", kinds.runs }, { "looks", kinds.looks },
}

local document = fs.read "docs/security.md"

for _, item in ipairs(tables) do
  local name, judge = table.unpack(item)
  if not only or only == name then
    counts[name] = { attacks = 0, controls = 0 }
    local list = dofile("tests/attack/cases/" .. name .. ".lua")
    for i, case in ipairs(list) do
      local kind = is_control(case) and "controls" or "attacks"
      counts[name][kind] = counts[name][kind] + 1
      local ok, why = judge(case, list, i)
      t.ok(ok, ("%s: %s: %s"):format(name, case[1], tostring(why)))
    end
    local row = ("| %s | %d | %d |"):format(name, counts[name].attacks, counts[name].controls)
    print(row)
    t.ok(document:find(row, 1, true), "docs/security.md has this count: " .. row)
  end
end
t.done()
