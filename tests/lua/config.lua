-- Configuration: JSON with comments, .env, scopes and their winners, trust, the choice of a model, `qwen config explain`.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local jsonc, env, args = require "qwen.jsonc", require "qwen.env", require "qwen.args"
local json = require "sys.json"

-- JSON with comments.
do
  local value, lines, problems = jsonc.parse '\xef\xbb\xbf// head\n{\r\n  "a": 1, /* x\n y */ "b": [1, "t//wo", {"c": null},],\n  "u": "\\u00e9\\n",\n}\n'
  t.eq(value.a, 1)
  t.eq(math.type(value.a), "integer", "whole numbers are integers")
  t.eq({ value.b[1], value.b[2], value.u }, { 1, "t//wo", "é\n" })
  t.eq(value.b[3].c, json.null)
  t.eq({ lines.a, lines.b, lines["b.2"], lines["b.2.c"], lines.u }, { 3, 4, 4, 4, 5 }, "lines")
  t.eq(#problems, 0)
  local _, _, twice = jsonc.parse '{"a":1,\n"a":2}'
  t.match(twice[1], "line 2: \"a\" is there twice")
  local wrong = {
    ['{"a":1'] = "line 1, column 1: this object is never closed", ['{"a" 1}'] = 'expected : after "a"', ['{a:1}'] = "expected a name in quotes",
    ['{"a":yes}'] = "'yes' is not a value", ['{"a":1} x'] = "nothing more", ['{"a":"x\n"}'] = "never closed with a quote", ["/* x"] = "comment is never closed",
    ['{"a":01}'] = "'01' is not a value", ['\n\n{"a":}'] = "line 3, column 6", ['{"a":"\\q"}'] = "escape",
  }
  for text, pattern in pairs(wrong) do
    local none, e = jsonc.parse(text)
    t.ok(none == nil and e.message:find(pattern, 1, true) ~= nil, text .. ": " .. tostring(e))
  end
  t.err(jsonc.parse(("["):rep(1000)), select(2, jsonc.parse(("["):rep(1000))), "usage", "nested too deep")
  t.eq(jsonc.parse "", {}, "an empty file")
end

-- .env
do
  t.eq(env.parse 'A=1\nexport B = two words # note\nC="a\\nb # \\"q\\""\nD=\'x\\n$Y\'\r\nE=\n#F=1\nbad line\nG=a#b\nH="multi\nline"\nI=last',
    { A = "1", B = "two words", C = 'a\nb # "q"', D = "x\\n$Y", E = "", G = "a#b", H = "multi\nline", I = "last" }, ".env syntax")
end

-- Flags.
do
  local opts = args.parse({ "-p", "x", "--model=m", "--allowed-tools", "Bash(git a,b),edit", "--", "-y" }, {})
  t.eq({ opts.prompt, opts.model, opts.allowed_tools, opts.positional, opts.yolo }, { "x", "m", { "Bash(git a,b)", "edit" }, { "-y" } }, "flags")
  t.eq(args.parse({ "config", "get", "--x" }, { "config" }).command, { name = "config", args = { "get", "--x" } }, "a command takes the rest")
  t.eq(args.parse({ "-r", "-c" }, {}).resume, true, "an optional value")
  for _, case in ipairs { { "--output-format", "xml" }, { "--max-session-turns", "many" }, { "-y=1" }, { "--yolo=1" }, { "--include-partial-messages" } } do
    local none, e = args.parse(case, {})
    t.err(none, e, "usage", table.concat(case, " "))
  end
end

local function explain(place, key)
  return program.run(place, { "config", "explain", key })
end

-- Who wins.
do
  local place = program.place {
    ["~/.qwen/settings.json"] = '{\n  // mine\n  "model": {"name": "from-user"},\n  "proxy": "$NO_SUCH_THING/${WHERE}",\n  "tools": {"exclude": ["a"]}\n}\n',
    [".qwen/settings.json"] = '{"model":{"name":"from-project"},"proxy":"http://evil","tools":{"exclude":["b"],"approvalMode":"yolo"}}',
  }
  local r = explain(place, "model.name")
  t.eq(r.out, "model.name = from-user\n  from ~/.qwen/settings.json:3\n", "an untrusted project is not read")
  r = program.run(place, { "--trust-folder", "-m", "from-flag", "config", "explain", "model.name" })
  t.eq(r.out, ("model.name = from-flag\n  from flag --model\n  lost %s/.qwen/settings.json:1  from-project\n  lost ~/.qwen/settings.json:3  from-user\n"):format(place.cwd),
    "winner and losers")
  r = program.run(place, { "--trust-folder", "config", "explain", "proxy" }, { env = { WHERE = "there" } })
  t.match(r.out, "^proxy = %$NO_SUCH_THING/there\n", "variables in texts")
  t.match(r.out, "http://evil  %(ignored: a project may not set this key%)", "what a project may not set")
  r = program.run(place, { "--trust-folder", "config", "get", "tools.exclude" })
  t.eq(r.out, '["a","b"]\n', "lists of refusals add up")
  t.eq(program.run(place, { "--trust-folder", "config", "get", "tools.approvalMode" }).out, "default\n", "a project cannot loosen the mode")
  t.match(explain(place, "modle.name").err, "did you mean model.name")
  local broken = program.place { ["~/.qwen/settings.json"] = '{\n"model": {"name": "x"\n' }
  r = program.run(broken, { "hi" })
  t.eq(r.code, 52, "a broken settings file")
  t.match(r.err, "~/.qwen/settings.json: line 2, column 10: this object is never closed")
end

-- Variables: environment, .env, settings; projects only when trusted; forbidden names never.
do
  local settings = '{"env":{"K":"settings"},"modelProviders":{"openai":[{"id":"m","envKey":"K","baseUrl":"http://127.0.0.1:9/v1"}]},"model":{"name":"m"}}'
  local place = program.place { ["~/.qwen/settings.json"] = settings, ["~/.qwen/.env"] = "K=home", [".env"] = "K=project\nPATH=/evil\nOPENAI_BASE_URL=http://evil\nDEBUG=1" }
  local lua = 'local ctx = ... local v, s = ctx.settings:env("K") print(v, s) print(os.getenv "PATH" ~= "/evil", ctx.settings:env "PATH" ~= "/evil", ctx.settings:env "OPENAI_BASE_URL", ctx.settings:env "DEBUG")'
  local fs = require "sys.fs"
  fs.write(place.cwd .. "/look.lua", lua)
  t.match(program.run(place, { "lua", "look.lua" }).out, "^home\t~/.qwen/.env K\n", "home .env")
  local r = program.run(place, { "--trust-folder", "lua", "look.lua" })
  t.match(r.out, "^project\t", "the project's .env when trusted")
  t.match(r.out, "true\ttrue\tnil", "names a project may not set")
  t.match(r.err, "OPENAI_BASE_URL is ignored", "and says so")
  t.match(program.run(place, { "lua", "look.lua" }, { env = { K = "real" } }).out, "^real\tenvironment K\n", "the real environment first")
  fs.remove(place.home .. "/.qwen/.env")
  t.match(program.run(place, { "lua", "look.lua" }).out, "^settings\t~/.qwen/settings.json env.K\n", "settings last")
end

-- The model.
do
  local providers = [[{"modelProviders":{"openai":[
    {"id":"a","envKey":"KA","baseUrl":"https://a.example/v1"},{"id":"b","envKey":"KB","baseUrl":"http://127.0.0.1:1/v1/","generationConfig":{"samplingParams":{"temperature":0.5}}},
    {"id":"a","envKey":"KX","baseUrl":"https://a.example/v1"}],"opnai":[]},"model":{"name":"a"},"security":{"auth":{"selectedType":"openai"}}}]]
  local place = program.place { ["~/.qwen/settings.json"] = providers,
    ["look.lua"] = 'local ctx = ... local m, e = qwen.models.choose(ctx.settings, ctx.opts, function(n) return n == "openai" end) if not m then print(e) else print(m.id, m.base_url, m.key, m.key_source, m.config.samplingParams and m.config.samplingParams.temperature) end local _, p = qwen.models.list(ctx.settings, function() return false end) print(table.concat(p, "; "))' }
  local function look(flags, vars)
    local list = table.move(flags, 1, #flags, 1, {})
    list[#list + 1], list[#list + 2] = "lua", "look.lua"
    return program.run(place, list, { env = vars }).out
  end
  t.match(look({}, { KA = "ka", OPENAI_API_KEY = "other" }), "^a\thttps://a.example/v1\tka\tenvironment KA", "the selected entry with its own key")
  t.match(look({}, { OPENAI_API_KEY = "other" }), "^a\thttps://a.example/v1\tnil\tnil", "never another variable's key")
  t.match(look({ "-m", "b" }, { KB = "kb" }), "^b\thttp://127.0.0.1:1/v1\tkb\tenvironment KB\t0.5", "a flag selects, the final slash goes")
  t.match(look({ "--openai-base-url", "http://x/v1", "--openai-api-key", "k" }, {}), "^a\thttp://x/v1\tk\tflag", "flags always win")
  t.match(look({}, {}), "model a is there twice", "duplicates are told")
  t.match(look({}, {}), "modelProviders.opnai is no protocol", "unknown protocols are told")
  local bare = program.place { ["look.lua"] = assert(require("sys.fs").read(place.cwd .. "/look.lua")) }
  t.match(program.run(bare, { "lua", "look.lua" }).out, "^qwen3%-coder%-plus\thttps://api.openai.com/v1\tnil", "the default")
  t.match(program.run(bare, { "lua", "look.lua" }, { env = { OPENAI_MODEL = "e", OPENAI_BASE_URL = "http://e/v1", OPENAI_API_KEY = "k" } }).out,
    "^e\thttp://e/v1\tk\tenvironment OPENAI_API_KEY", "environment")
end

-- Trust.
do
  local place = program.place { [".qwen/settings.json"] = '{"model":{"name":"p"}}' }
  local function name() return program.run(place, { "config", "get", "model.name" }) end
  t.eq(name().code, 1, "untrusted at first")
  local fs = require "sys.fs"
  fs.mkdir(place.home .. "/.qwen")
  for word, want in pairs { TRUST_FOLDER = "p\n", DO_NOT_TRUST = "", ["yes"] = "" } do
    fs.write(place.home .. "/.qwen/trustedFolders.json", json.encode { [place.cwd] = word })
    t.eq(name().out, want, word)
  end
  fs.write(place.home .. "/.qwen/trustedFolders.json", json.encode { [place.root .. "/other"] = "TRUST_PARENT" })
  t.eq(name().out, "p\n", "TRUST_PARENT trusts the folders beside")
  fs.write(place.home .. "/.qwen/trustedFolders.json", json.encode { ["/"] = "TRUST_FOLDER" })
  t.eq(name().out, "", "the root cannot be trusted as a parent")
  t.match(program.run(place, { "hi" }).err, "not trusted: .qwen/settings.json is not read", "a notice says what is not read")
end

t.done()
