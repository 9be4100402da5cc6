-- A provider file that is saved while the program runs: used by the very next request, unless it is broken.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fs, os, proc, task = require "sys.fs", require "sys.os", require "sys.proc", require "sys.task"
local reload = require "qwen.extension.reload"
local registry = require "qwen.extension.registry"

-- By itself.
do
  local place = program.place {
    ["~/.qwen/providers/low.lua"] = 'return { base = "openai", summary = "low 1" }',
    ["~/.qwen/providers/high.lua"] = 'return { base = "low" }',
  }
  local function path(name) return place.home .. "/.qwen/providers/" .. name .. ".lua" end
  registry.scan { use = { path "low", path "high" } }
  local function summary(name) return (registry.get("providers", name) or {}).summary end
  t.eq(summary "high", "low 1", "as it is")
  local generation = registry.generation()
  t.eq(reload.kind "providers", {}, "nothing was saved")
  t.eq(registry.generation(), generation, "so nothing is new")
  fs.write(path "low", 'return { base = "openai", summary = "low 2" }')
  t.eq(reload.kind "providers", {})
  t.eq({ summary "low", summary "high" }, { "low 2", "low 2" }, "also what builds on it")
  t.ok(registry.generation() > generation, "who keeps something is told")
  fs.write(path "low", 'return {\n  base = "openai",\n  summary = = "low 3" }')
  local problems = reload.kind "providers"
  t.eq(#problems, 1)
  t.match(problems[1], "low.lua:3: unexpected symbol near '='; the version before it stays in use", "file and line")
  t.eq({ summary "low", summary "high" }, { "low 2", "low 2" }, "the old one stays in force")
  t.eq(reload.kind "providers", {}, "said once")
  fs.write(path "high", 'return { base = "low", summary = "high 2" }')
  reload.kind "providers"
  t.eq({ summary "low", summary "high" }, { "low 2", "high 2" }, "also when something else changes")
  fs.write(path "low", 'return { base = "nobody" }')
  t.match(reload.kind("providers")[1], "base 'nobody' is no provider; the version before", "a base that is not there")
  fs.write(path "low", 'return { base = "openai", summary = "low 4" }')
  reload.kind "providers"
  t.eq(summary "high", "high 2")
  t.eq(summary "low", "low 4", "and on")
  fs.remove(path "low")
  reload.kind "providers"
  t.eq(registry.has("providers", "low"), false, "a file that is gone is gone")
end

-- A shipped one to amend and return, also where it builds on another one itself.
do
  local place = program.place {
    ["~/.qwen/providers/over.lua"] = [[
local P = qwen.shipped "providers/openrouter"
local headers = P.headers
function P.headers(model, view)
  local all = headers(model, view)
  all["X-Team"] = "a"
  return all
end
function P.url(model) return model.base_url .. "/team" end
return P]],
  }
  registry.scan { use = { place.home .. "/.qwen/providers/over.lua" } }
  local request = assert(registry.get("providers", "over")).request({ id = "m", base_url = "https://x", config = {} }, { system = "", messages = {}, tools = {} })
  t.eq({ request.url, request.headers["X-Team"], request.headers["X-OpenRouter-Title"] }, { "https://x/team", "a", "qwen" }, "amended")
end

-- In a session, with the history kept.
do
  local place = program.place {
    ["~/.qwen/providers/mine.lua"] = 'return { base = "openai", request = function(model, view)\n  error "not yet"\nend }',
  }
  local server <close> = fake.start { { text = "one" }, { text = "two" }, { text = "three" } }
  local argv = { program.binary, "--auth-type", "mine", "--openai-base-url", server.url, "-m", "m" }
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = "xterm-256color" }
  local p <close> = assert(proc.open { argv = argv, cwd = place.cwd, env = env, pty = { rows = 24, cols = 200 } })
  local screen, all = "", ""
  task.spawn(function()
    for text in function() return (p:read()) end do screen, all = screen .. text, all .. text end
  end)
  local function expect(words)
    t.ok(wait.until_true(function() return screen:find(words) end), words)
    screen = screen:sub((select(2, screen:find(words)) or 0) + 1)
  end
  local function save(header)
    fs.write(place.home .. "/.qwen/providers/mine.lua", ([[
local P = { base = "openai" }
function P.request(model, view)
  local r = P.super.request(model, view)
  r.headers["X-Version"] = "%s"
  return r
end
return P]]):format(header))
  end
  expect ">"
  p:write "a\r"
  expect "the provider mine is wrong: .*mine.lua:2: not yet"
  save "1"
  p:write "b\r"
  expect "one"
  save "2"
  p:write "c\r"
  expect "two"
  fs.write(place.home .. "/.qwen/providers/mine.lua", "local P = {}\nreturn P.x.y")
  p:write "d\r"
  expect "mine.lua:2: attempt to index a nil value .*until that is mended, everything stays as it was before"
  expect "three"
  t.eq(select(2, all:gsub("attempt to index", "")), 1, "said once")
  local asked = server:requests()
  t.eq({ asked[1].headers["x-version"], asked[2].headers["x-version"], asked[3].headers["x-version"] }, { "1", "2", "2" }, "which version was asked with")
  local roles = {}
  for i, message in ipairs(asked[3].body.messages) do roles[i] = message.role:sub(1, 1) end
  t.eq(table.concat(roles), "suuauau", "the history is kept")
end

-- Files that were not there when the program began, in a folder that was not there either.
do
  local place = program.place()
  local answers = {}
  for i, text in ipairs { "one", "two", "three", "four", "five", "six", "seven" } do answers[i] = { text = text } end
  local server <close> = fake.start(answers)
  local argv = { program.binary, "--openai-base-url", server.url, "-m", "m" }
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = "xterm-256color" }
  local p <close> = assert(proc.open { argv = argv, cwd = place.cwd, env = env, pty = { rows = 24, cols = 200 } })
  local screen = ""
  task.spawn(function()
    for text in function() return (p:read()) end do screen = screen .. text end
  end)
  local function expect(words)
    t.ok(wait.until_true(function() return screen:find(words) end), words)
    screen = screen:sub((select(2, screen:find(words)) or 0) + 1)
  end
  local folder = place.home .. "/.qwen/providers"
  local function save(text) fs.write(folder .. "/openai.lua", text) end
  expect ">"
  fs.mkdir(folder)
  save 'return { base = "openai", headers = function() return { ["X-Version"] = "1" } end }'
  p:write "a\r"
  expect "one"
  save 'return { base = "openai", headers = function() return { ["X-Version"] = "2" } end }'
  p:write "b\r"
  expect "two"
  save 'return {\n  base = "openai",,\n}'
  p:write "c\r"
  expect "openai.lua:2: unexpected symbol near ','"
  expect "three"
  save 'return { base = "openai", headers = function() return { ["X-Version"] = "4" } end }'
  p:write "d\r"
  expect "four"
  fs.remove(folder .. "/openai.lua")
  p:write "e\r"
  expect "five"
  save 'return {'
  p:write "f\r"
  expect "openai.lua:1: .*expected"
  expect "six"
  save 'return { base = "openai", headers = function() return { ["X-Version"] = "7" } end }'
  p:write "g\r"
  expect "seven"
  local versions = {}
  for i, request in ipairs(server:requests()) do versions[i] = request.headers["x-version"] or "none" end
  t.eq(versions, { "1", "2", "2", "4", "none", "none", "7" }, "which version was asked with")
end

t.done()
