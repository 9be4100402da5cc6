-- Variables: the syntax of .env, which file is read, what a project may not set, and the order of the sources.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local env_file = require "qwen.config.dotenv"
local fs, json, os_ = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"

-- Syntax.
for text, want in pairs {
  ["A=1"] = "1", ["A= two words  # note"] = "two words", ["export A=x"] = "x", ["  export\tA = x"] = "x", ["A="] = "", ["A= # c"] = "", ["A=a#b"] = "a", ["A=a=b"] = "a=b",
  ['A="a\\nb # \\"q\\" \\$x \\z"'] = 'a\nb # \\"q\\" \\$x \\z', ["A='x\\n$Y'"] = "x\\n$Y", ["A=`b\"c'`"] = "b\"c'", ['A="multi\nline" # c'] = "multi\nline", ['A="x" y'] = '"x" y',
  ['A="open'] = '"open', ['A="open\nB=2'] = '"open', ["A='it\\'s'"] = "it\\'s", ["A=1\nA=2"] = "2", ["#A=1\n\nA=3"] = "3", ["\xef\xbb\xbfA=1\r\n"] = "1", ["A=1\rB=2"] = "1",
  ['A="\r\n"'] = "\n", ["A:1"] = false, ["A: 1 # c"] = "1", ["export A: 'x'"] = "x", ["A 1"] = false, ["=1"] = false, ["A=$HOME"] = "$HOME",
} do
  t.eq(env_file.parse(text).A or false, want, text)
end
-- The same in the reading of npm's dotenv 17.
for line in assert(fs.read "tests/cases/dotenv/dotenv.jsonl"):gmatch "[^\n]+" do
  local case = assert(json.decode(line))
  t.eq(env_file.parse(case[1]), case[2], "dotenv: " .. case[1])
end
t.eq(env_file.parse 'A="x\nB=1\nC="\nD=2', { A = "x\nB=1\nC=", D = "2" }, "a quoted value swallows lines, the rest is read")
local function work(n)
  local before = os.clock() -- computing, not time
  env_file.parse('A="' .. ('\\"'):rep(4 * n))
  env_file.parse(("A=\"\n"):rep(n))
  return os.clock() - before
end
t.ok(work(100000) < 30 * work(10000) + 0.2, "the work grows with the text, not with its square")

-- What the program sees of a variable, and where from.
local function look(place, names, options, flags)
  local script = "local ctx = ...\nlocal function show(name)\n  local value, source = ctx.settings:env(name)\n  if value then print(name, value, source) else print(name) end\nend\n"
  for _, name in ipairs(names) do script = script .. ("show %q\n"):format(name) end
  fs.write(place.home .. "/look.lua", script)
  local argv = table.move(flags or {}, 1, #(flags or {}), 1, {})
  table.move({ "lua", place.home .. "/look.lua" }, 1, 2, #argv + 1, argv)
  return program.run(place, argv, options)
end
local trust = { "--trust-folder" }

-- One file only, in the order of the search.
do
  local order = { ".qwen/.env", ".env", "../.qwen/.env", "../.env", "~/.qwen/.env", "~/.env" }
  local files = {}
  for i, path in ipairs(order) do files[path] = "K=" .. i .. "\nONLY" .. i .. "=1\n" end
  local place = program.place(files)
  for i, path in ipairs(order) do
    local r = look(place, { "K", "ONLY" .. i, "ONLY" .. i + 1 }, nil, trust)
    t.match(r.out, ("^K\t%d\t[^\n]*%%.env K\nONLY%d\t1\t[^\n]*\nONLY%d\n$"):format(i, i, i + 1), "first found: " .. path)
    fs.remove(path:sub(1, 2) == "~/" and place.home .. path:sub(2) or place.cwd .. "/" .. path)
  end
  t.eq(look(place, { "K" }, nil, trust).out, "K\n", "none")
end
do
  local place = program.place { [".env"] = "K=project", ["~/.qwen/.env"] = "K=home" }
  t.match(look(place, { "K" }).out, "^K\thome\t~/.qwen/.env K\n", "an untrusted folder's file is passed over")
  t.match(look(place, { "K" }, { env = { K = "real" } }, trust).out, "^K\treal\tenvironment K\n", "the real environment first")
  t.match(look(place, { "K" }, { env = { K = "" } }, trust).out, "^K\t\tenvironment K\n", "an empty variable is set")
  local moved = program.place { ["~/cfg/.env"] = "K=moved", ["~/.qwen/.env"] = "K=home", ["~/.env"] = "K=plain" }
  local options = { env = { QWEN_HOME = moved.home .. "/cfg" } }
  t.match(look(moved, { "K" }, options).out, "^K\tmoved\t", "QWEN_HOME first")
  fs.remove(moved.home .. "/cfg/.env")
  t.match(look(moved, { "K" }, options).out, "^K\thome\t", "then ~/.qwen")
  local home = program.place { ["~/.env"] = "DEBUG=1\nHTTP_PROXY=mine\nK=1", ["~/sub/.env"] = "" }
  t.match(look(home, { "K", "DEBUG", "HTTP_PROXY" }, { cwd = home.home }, trust).out, "^K\t1\t~/.env K\nDEBUG\t1\t.*HTTP_PROXY\tmine", "in the home folder it is one's own file")
end

-- Settings come last, and the strongest file of them counts.
do
  local place = program.place { ["~/.qwen/settings.json"] = '{"env":{"K":"user","N":7,"R":"<${REAL}>$NO"}}', [".qwen/settings.json"] = '{"env":{"K":"project","P":"p"}}' }
  local r = look(place, { "K", "P", "N", "R" }, { env = { REAL = "r" } }, trust)
  t.eq(r.out, "K\tuser\t~/.qwen/settings.json env.K\nP\nN\t7\t~/.qwen/settings.json env.N\nR\t<r>$NO\t~/.qwen/settings.json env.R\n", "never a project's")
  t.match(r.err, "%.qwen/settings%.json: env is ignored; a project may not set it")
  fs.write(place.root .. "/sys.json", '{"env":{"K":"system"}}')
  t.match(look(place, { "K" }, { env = { QWEN_CODE_SYSTEM_SETTINGS_PATH = place.root .. "/sys.json" } }).out, "^K\tsystem\t")
end

-- Names that a project may not set, and names of others.
do
  local names = { "PATH", "HOME", "LD_PRELOAD", "QWEN_HOME", "QWEN_RUNTIME_DIR", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "DEEPSEEK_BASE_URL", "QWEN_CODE_SYSTEM_SETTINGS_PATH", "QWEN_TRUST", "GIT_SSH_COMMAND", "BASH_ENV", "NODE_OPTIONS" }
  local lines = {}
  for i, name in ipairs(names) do lines[i] = name .. "=evil\n" end
  for _, file in ipairs { ".env", ".qwen/.env" } do
    local place = program.place { [file] = table.concat(lines) .. "DEBUG=1\nDEBUG_MODE=1\nMINE=1\n" }
    local r = look(place, names, nil, trust)
    t.ok(not r.out:find "evil", file .. ": none of them is set: " .. r.out)
    for _, name in ipairs(names) do t.match(r.err, "%f[%w_]" .. name .. "%f[^%w_]", file .. " tells of " .. name) end
    local debug = look(place, { "DEBUG", "DEBUG_MODE", "MINE" }, nil, trust).out
    t.eq(debug:find("DEBUG\t1", 1, true) ~= nil, file == ".qwen/.env", file .. ": DEBUG")
    t.match(debug, "MINE\t1", "the rest is read")
    t.match(look(place, { "LD_PRELOAD", "MINE" }).out, "^LD_PRELOAD\nMINE\n$", "nothing while it is not trusted")
  end
  for _, name in ipairs { "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION" } do
    local r = look(program.place { [".env"] = name .. "=x" }, { name }, nil, trust)
    t.eq({ r.out, r.err }, { name .. "\n", "" }, name .. ": an address is no variable of a project; it is for the key beside it")
    t.match(look(program.place { ["~/.env"] = name .. "=x" }, { name }).out, name .. "\tx", "the person's own is")
  end
  local place = program.place { [".env"] = "DEBUG=1\nX=1", ["~/.qwen/settings.json"] = '{"advanced":{"excludedEnvVars":["X"]}}' }
  t.match(look(place, { "DEBUG", "X" }, nil, trust).out, "^DEBUG\t1\t[^\n]*\nX\n$", "the list can be replaced")
  local clean = program.place { [".env"] = "A\27[2J=1\nPATH=x" }
  t.ok(not look(clean, { "A" }, nil, trust).err:find "\27", "no escapes in the notice")
end

-- A file of somebody else above the project is not read.
do
  local place = program.place { ["../.env"] = "K=foreign", ["~/.env"] = "K=home" }
  if os_.uid() == 0 and proc.which "chown" then
    assert(proc.run { argv = { "chown", "65534", place.root .. "/.env" } })
    local r = look(place, { "K" }, nil, trust)
    t.match(r.out, "^K\thome\t", "the search goes on")
    t.match(r.err, "%.env is not read: it belongs to somebody else")
  else
    t.skip "giving a file to somebody else needs root"
  end
end
t.done()
