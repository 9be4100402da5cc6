-- qwen.credentials: what is stored, found, moved and renewed, through the program and in one process; Qwen Code's file; keys of models.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local credentials, fs, json, os, secret, task = require "qwen.credential.credentials", require "sys.fs", require "sys.json", require "sys.os",
  require "sys.secret", require "sys.task"

local home = os.env "HOME" .. "/.qwen"
local here, value = { "https://api.example:443" }, "sk-0123456789abcdef"
local function same(handle, text) return handle:hmac("sha256", "x") == secret.new("x", text, {}):hmac("sha256", "x") end
local function put(name, text, more) return credentials.put(name, { secret = text or value, origins = here }, more) end

-- stored, found, listed, removed
local v, e = credentials.get "OPENAI_API_KEY"
t.err(v, e, "missing", "nothing yet")
t.eq({ credentials.has "OPENAI_API_KEY", credentials.list() }, { false, {} }, "nothing yet")
t.eq(credentials.put("OPENAI_API_KEY", { secret = value, refresh = "rt-0123456789", origins = here, expires = 1700000000, fields = { plan = "pro" } }), "vault",
  "without a session bus the vault is chosen")
v = assert(credentials.get "OPENAI_API_KEY")
t.ok(same(v.secret, value) and same(v.refresh, "rt-0123456789"), "the secrets")
t.eq({ v.origins, v.expires, v.fields, v.backend }, { here, 1700000000, { plan = "pro" }, "vault" }, "the rest")
t.eq({ credentials.has "OPENAI_API_KEY", credentials.has("OPENAI_API_KEY", here[1]), credentials.has("OPENAI_API_KEY", "https://evil.example:443") },
  { true, true, false }, "has")
local row = credentials.list()[1]
t.eq({ row.name, row.backend, row.origins, row.hint, row.expires }, { "OPENAI_API_KEY", "vault", here, "sk-...cdef", 1700000000 }, "listed")
t.eq(fs.stat(home .. "/credentials.json").mode, 384, "index mode")
t.ok(not fs.read(home .. "/credentials.json"):find("3456789", 1, true), "the index holds no secret")
t.eq(put("OPENAI_API_KEY", "changed-0123456789"), "vault", "changed where it is")
t.ok(same(credentials.get("OPENAI_API_KEY").secret, "changed-0123456789"), "changed")
for _, bad in ipairs { "", "a/b", "../x", ".x", ("x"):rep(101), "a b" } do
  v, e = put(bad)
  t.err(v, e, "usage", "name " .. bad)
end
v, e = credentials.put("x", { origins = here })
t.err(v, e, "usage", "no secret")
v, e = put("x", "two\nlines")
t.err(v, e, "usage", "two lines")
v, e = put("x", value, { backend = "nowhere" })
t.err(v, e, "usage", "no such store")
v, e = credentials.put("x", { secret = secret.new("k", value, here), origins = { "https://evil.example" } })
t.err(v, e, "denied", "keeping a secret does not widen where it may go")
t.eq(#credentials.list(), 1, "nothing of all this was kept")

-- moved
for _, to in ipairs { "memory", "vault" } do
  t.eq(credentials.move(to, "OPENAI_API_KEY"), { "OPENAI_API_KEY" }, "to " .. to)
  t.eq({ credentials.list()[1].backend, credentials.get("OPENAI_API_KEY").backend }, { to, to }, to)
end
t.eq(credentials.move("vault"), {}, "nothing to move")
v, e = credentials.move("vault", "NO_SUCH")
t.err(v, e, "missing", "no such credential")
v, e = credentials.move("plain", "OPENAI_API_KEY")
t.err(v, e, "usage", "the plain file holds one only")
t.ok(credentials.get "OPENAI_API_KEY", "and it is where it was")

-- renewed: once, with what others did meanwhile taken over
local calls = 0
local function renew(fresh)
  return credentials.renew("OPENAI_API_KEY", function(record)
    calls = calls + 1
    if type(fresh) == "function" then return fresh(record) end
    return fresh
  end)
end
credentials.put("OPENAI_API_KEY", { secret = "old-0123456789", refresh = "rt-0123456789", origins = here, fields = { a = 1 } })
v = assert(renew { secret = "new-0123456789", expires = 5 })
t.ok(same(v.secret, "new-0123456789") and same(v.refresh, "rt-0123456789"), "renewed, the refresh token stays")
t.eq({ v.fields, v.expires, v.origins, calls }, { { a = 1 }, 5, here, 1 }, "and the rest")
local other = ('require "qwen.credential.credentials".put("OPENAI_API_KEY", { secret = "other-0123456789", refresh = "rt-x", origins = { %q } })'):format(here[1])
assert(fs.write(os.env "HOME" .. "/other.lua", other))
assert(require "qwen.util.process".run { argv = { os.env "QWEN", "lua", os.env "HOME" .. "/other.lua" } })
v = assert(renew { secret = "never-0123456789" })
t.ok(same(v.secret, "other-0123456789") and calls == 1, "another process was faster")
v, e = renew(function() return nil, require "qwen.util.err"("auth", "invalid_grant") end)
t.err(v, e, "auth", "refused")
t.ok(same(credentials.get("OPENAI_API_KEY").secret, "other-0123456789"), "and kept as it was")
v, e = renew(function() error "bug" end)
t.err(v, e, "broken", "an error in the function")
v, e = credentials.renew("NO_SUCH", function() end)
t.err(v, e, "missing", "nothing to renew")
local inside = 0
local tasks = {}
for i = 1, 5 do
  tasks[i] = task.spawn(function()
    return renew(function() inside = inside + 1; task.sleep(0.02); return { secret = "fresh-0123456789" } end)
  end)
end
for i = 1, 5 do t.ok(select(2, tasks[i]:join()), "renewed by one of five tasks") end
t.eq(inside, 1, "five tasks, one renewal")

-- Qwen Code's file
local file = home .. "/oauth_creds.json"
local function tokens(access, more)
  return json.encode { access_token = access, refresh_token = "rt-plain-0123456789", token_type = "Bearer", resource_url = "portal.qwen.ai",
    expiry_date = 1700000000000, more = more }
end
assert(fs.write(file, tokens "at-plain-0123456789", { mode = 384 }))
v = assert(credentials.get "qwen-oauth")
t.ok(same(v.secret, "at-plain-0123456789") and same(v.refresh, "rt-plain-0123456789"), "its tokens")
t.eq({ v.expires, v.origins, v.fields.resource_url, v.backend }, { 1700000000, { "https://portal.qwen.ai:443", "https://chat.qwen.ai:443" },
  "portal.qwen.ai", "plain" }, "the rest of it")
local before = fs.read(file)
v = assert(credentials.renew("qwen-oauth", function() return { secret = secret.new("k", "at-ours-0123456789", v.origins) } end))
t.ok(same(v.secret, "at-ours-0123456789") and v.backend == "vault", "renewed into our store")
t.eq(fs.read(file), before, "the file is not written unasked")
t.eq(fs.stat(home .. "/oauth_creds.lock"), nil, "its lock is gone")
assert(fs.write(file, tokens "at-newer-0123456789"))
v = assert(credentials.get "qwen-oauth")
t.ok(same(v.secret, "at-newer-0123456789"), "the other program renewed: its tokens count")
t.eq(credentials.move("plain", "qwen-oauth"), {}, "they are in the file")
credentials.put("qwen-oauth", { secret = "at-vault-0123456789", refresh = "rt-2", origins = v.origins, expires = 1800000000, fields = v.fields })
t.eq(credentials.move("plain", "qwen-oauth"), { "qwen-oauth" }, "written on request")
local written = json.decode(fs.read(file))
t.eq({ written.access_token, written.refresh_token, written.token_type, written.resource_url, written.expiry_date },
  { "at-vault-0123456789", "rt-2", "Bearer", "portal.qwen.ai", 1800000000000 }, "in its form")
t.eq(fs.stat(file).mode, 384, "its mode")
-- The other program's lock is waited for, and taken from one that is dead.
assert(fs.create(home .. "/oauth_creds.lock", "theirs"))
local mine = task.spawn(function() return credentials.renew("qwen-oauth", function() return { secret = "at-after-0123456789" } end) end)
t.eq(select(2, mine:join(0.3)).kind, "timeout", "waits while the other program writes")
assert(fs.remove(home .. "/oauth_creds.lock"))
t.ok(same(select(2, mine:join()).secret, "at-after-0123456789"), "then goes on")
assert(fs.create(home .. "/oauth_creds.lock", "theirs"))
require "qwen.util.process".run { argv = { "touch", "-d", "1 minute ago", home .. "/oauth_creds.lock" } }
t.ok(credentials.renew("qwen-oauth", function() return { secret = "at-stale-0123456789" } end), "a stale lock")
t.eq(fs.stat(home .. "/oauth_creds.lock"), nil, "removed")
t.eq(json.decode(fs.read(file)).access_token, "at-stale-0123456789", "a credential of the file stays in it")
-- Ours is kept young during a slow renewal, and made again when the other program removes it at its exit.
t.ok(credentials.renew("qwen-oauth", function()
  local lock, sh = home .. "/oauth_creds.lock", require "qwen.util.process".run
  for _, command in ipairs { "touch -d '1 hour ago' " .. lock, "rm " .. lock } do
    assert(sh { argv = { "sh", "-c", command } })
    repeat
      task.sleep(0.05)
      local stat = fs.stat(lock)
    until stat and task.time() - stat.mtime < 1000
  end
  return { secret = "at-slow-0123456789" }
end), "a slow renewal")
t.eq(fs.stat(home .. "/oauth_creds.lock"), nil, "given back")
t.eq(credentials.remove "qwen-oauth", true, "signed out")
t.eq({ fs.stat(file), credentials.has "qwen-oauth" }, { nil, false }, "nowhere any more")
assert(fs.write(file, "{}", { mode = 384 }))
v, e = credentials.get "qwen-oauth"
t.err(v, e, "protocol", "no token in it")
assert(fs.write(file, tokens "at-plain-0123456789"))
require "qwen.util.process".run { argv = { "chmod", "644", file } }
v, e = credentials.get "qwen-oauth"
t.err(v, e, "denied", "a file others can read")
t.match(e.message, "chmod 600", "what to do")
assert(credentials.remove "qwen-oauth")

-- an index that is damaged is said, not lost
local index = fs.read(home .. "/credentials.json")
assert(fs.write(home .. "/credentials.json", "{"))
v, e = put "x"
t.err(v, e, "broken", "damaged index")
t.match(e.message, "credentials%.json is damaged", "names the file")
assert(fs.write(home .. "/credentials.json", index))
t.ok(credentials.get "OPENAI_API_KEY", "whole again")

-- The program: keys of models, list and move, who may choose
local place = program.place {
  ["~/.qwen/settings.json"] = '{"modelProviders":{"openai":[{"id":"m","envKey":"TEAM_KEY","baseUrl":"https://api.example/v1"}]},"model":{"name":"m"}}',
  [".qwen/settings.json"] = '{"security":{"credentials":{"store":"memory","helper":["/bin/false"]}}}',
  ["~/keep.lua"] = [[local c = require "qwen.credential.credentials"
    print(c.put("TEAM_KEY", { secret = "sk-team-0123456789", origins = { "https://api.example" } }))]],
}
local function run(...) return program.run(place, { "--trust-folder", ... }) end
t.eq(program.run(place, { "lua", place.home .. "/keep.lua" }).out, "vault\n", "a project does not choose the store")
local out = run("auth", "status").out
t.match(out, "key +present, from the credential store %(vault%) %(sk%-...6789%)", "the key of a model from the store")
t.match(run("auth", "list").out, "TEAM_KEY +vault +sk%-%.%.%.6789\n  for https://api.example", "list")
local rows = json.decode(run("auth", "list", "--json").out)
t.eq({ #rows, rows[1].name, rows[1].origins }, { 1, "TEAM_KEY", { "https://api.example" } }, "list --json")
out = program.run(place, { "auth", "status" }, { env = { TEAM_KEY = "sk-env-0123456789" } }).out
t.match(out, "present, from environment TEAM_KEY", "the environment stands above the store")
out = program.run(place, { "-m", "m", "--openai-base-url", "https://evil.example/v1", "auth", "status" }).out
t.ok(not out:find "credential store", "not for another address")
local r = run("auth", "move", "TEAM_KEY")
t.eq({ r.code, r.err:match "usage: qwen auth move %-%-to" }, { 1, "usage: qwen auth move --to" }, "move without a store")
r = run("auth", "move", "--to", "cloud")
t.eq({ r.code, r.err:match "there is no store 'cloud'; use secret%-service, vault" }, { 1, "there is no store 'cloud'; use secret-service, vault" })
t.match(run("auth", "move", "--to=vault", "TEAM_KEY").out, "nothing to move", "there already")
t.eq(run("auth", "move", "--to", "vault", "OTHER").code, 1, "no such credential")
if require "sys.secret_store".probe("kernel", {}) then
  t.match(run("auth", "move", "--to", "kernel").out, "moved to kernel: TEAM_KEY", "to the kernel")
  t.match(run("auth", "status").out, "credential store %(kernel%)", "used from there")
  t.match(run("auth", "move", "TEAM_KEY", "--to", "vault").out, "moved to vault: TEAM_KEY", "and back")
else
  t.skip "move to the kernel: this system forbids its keyring, which no package changes"
end
assert(fs.remove(place.home .. "/.local/state/qwen/machine.key"))
r = run("auth", "status")
t.eq({ r.code, r.err:match "machine%.key, is gone" }, { 1, "machine.key, is gone" }, "no silent way around a store that fails")

-- With a session bus the keyring is chosen; when it is gone nothing goes elsewhere without a word.
if t.need("dbus-run-session", "gnome-keyring-daemon") then
  local bus = program.place { ["~/keep.lua"] = [[print(require "qwen.credential.credentials".put(select(2, ...), { secret = "sk-team-0123456789", origins = {} }))]] }
  local function keep(name, ...)
    return require "qwen.util.process".run { argv = { ... }, cwd = fs.cwd(), env = { PATH = os.env "PATH", HOME = bus.home } }.out, name
  end
  local keeping = { program.binary, "lua", bus.home .. "/keep.lua", "ONE" }
  t.eq((keep("ONE", "dbus-run-session", "--", "tests/fake/keyring.sh", table.unpack(keeping))), "secret-service\n", "the desktop's keyring")
  keeping[4] = "TWO"
  t.match((keep("TWO", table.unpack(keeping))), "^nil.*keyring that holds 'ONE' cannot be reached now.*%-%-store vault", "no silent downgrade")
end
t.done()
