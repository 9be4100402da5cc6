-- sys.secret_store: every back end with the same checks, against the real keyring, kernel and helper; and what may be wrong with files of secrets.
local t = dofile "tests/check.lua"
local wait = dofile "tests/wait.lua"
local body, fs, store, os, secret, task = require "qwen.net.body", require "sys.fs", require "sys.secret_store", require "sys.os", require "sys.secret",
  require "sys.task"
local proc = require "qwen.util.process"

local QWEN, home = os.env "QWEN", os.env "HOME"

-- Runs tests/fake/secret_stores.lua and takes over its counts.
local function checks(argv)
  local r = assert(proc.run { argv = argv })
  local passed, failed, skipped = r.out:match "(%d+) passed, (%d+) failed, (%d+) skipped"
  for line in r.out:gmatch "[^\n]+" do
    if line:find "^SKIPPED" then t.skip(line:sub(9)) end
  end
  t.ok(r.code == 0 and failed == "0" or r.out:find "nothing checked", r.out .. r.err)
  return tonumber(passed) or 0, tonumber(skipped) or 0
end
t.ok(checks { QWEN, "lua", "tests/fake/secret_stores.lua", "memory", "vault", "plain", "kernel" } >= 39, "memory, vault and plain at least")
if t.need("dbus-run-session", "gnome-keyring-daemon") then
  local _, skipped = checks { "dbus-run-session", "--", "tests/fake/keyring.sh", QWEN, "lua", "tests/fake/secret_stores.lua", "secret-service", "helper" }
  t.eq(skipped, 0, "a keyring that was just started answers")
end

-- The vault's files
local folder, keys = home .. "/store", home .. "/keys"
local options = { folder = folder, key_file = keys .. "/machine.key", timeout = wait.PATIENCE }
local value = "sk-0123456789abcdef"
local function put(key, more)
  return store.put("vault", key or "one", body.json { secret = secret.new("k", value, {}) }, more or options)
end
local function get(more, name) return store.get(name or "vault", "one", { "secret" }, "one", {}, more or options) end
local file = folder .. "/credentials.vault"
assert(put())
t.eq({ fs.stat(file).mode, fs.stat(folder).mode, fs.stat(options.key_file).mode, fs.stat(keys).mode }, { 384, 448, 384, 448 }, "modes")
t.eq(#fs.read(options.key_file), 32, "a key of 32 bytes")
t.ok(not fs.read(file):find(value, 1, true), "not readable")
local py = proc.run { argv = { "python3", "tests/fake/vault.py", "read", file, options.key_file } }
t.match(py.out, '"entries": {"one": "{\\"secret\\":\\"sk%-0123456789abcdef\\"}"}', "another implementation reads it")

local function sh(command) return assert(proc.run { argv = { "/bin/sh", "-c", command }, cwd = home }) end
local function denied(prepare, undo, pattern, what)
  sh(prepare)
  local v, e = get()
  t.err(v, e, "denied", what)
  t.match(e and e.message, pattern, what)
  v, e = put "two"
  t.err(v, e, "denied", what .. ", to write")
  sh(undo)
  t.ok(get() ~= nil, what .. ", put right")
end
denied("chmod 644 store/credentials.vault", "chmod 600 store/credentials.vault", "read by other users.*chmod 600 .*credentials%.vault", "a vault others can read")
denied("chmod 640 keys/machine.key", "chmod 600 keys/machine.key", "read by other users.*machine%.key", "a key others can read")
denied("chmod 777 store", "chmod 700 store", "changed by other users.*chmod go%-w", "a folder others can write to")
denied("chmod 775 keys", "chmod 700 keys", "changed by other users", "a folder of the key that the group can write to")
denied("mv store/credentials.vault v; ln -s ../v store/credentials.vault", "rm store/credentials.vault; mv v store/credentials.vault", "is a link", "a link")
denied("mv store/credentials.vault v; mkfifo -m 600 store/credentials.vault", "rm store/credentials.vault; mv v store/credentials.vault",
  "not a regular file", "a named pipe")
denied("mkdir -m 777 open; mv store open/store; ln -s open/store store", "rm store; mv open/store store; rmdir open", "open can be changed by other users",
  "a folder in a folder that others can write to")
if os.uid() == 0 then
  denied("chown 12345 store/credentials.vault", "chown 0 store/credentials.vault", "belongs to somebody else", "a vault of somebody else's")
else
  t.skip "a vault of somebody else's: only root can make one"
end

local good = fs.read(file)
local function refused(bytes, what, kinds)
  assert(fs.write(file, bytes, { fsync = false }))
  local v, e = get()
  t.ok(v == nil and kinds[e.kind], what .. ": " .. tostring(e))
  assert(fs.write(file, good, { fsync = false }))
end
for _, n in ipairs { 0, 1, 47, 48, 87, 88, #good - 1 } do refused(good:sub(1, n), "cut after " .. n, { protocol = true }) end
for at = 1, #good, 7 do
  refused(good:sub(1, at - 1) .. string.char(good:byte(at) ~ 4) .. good:sub(at + 1), "changed at " .. at, { protocol = true, auth = true })
end
refused(("x"):rep(1024 * 1024 + 1), "too large", { too_long = true })
local machine = fs.read(options.key_file)
assert(fs.write(options.key_file, ("k"):rep(32)))
local v, e = get()
t.err(v, e, "auth", "the key of another machine")
assert(fs.write(options.key_file, "short"))
v, e = get()
t.err(v, e, "protocol", "a damaged key")
assert(fs.remove(options.key_file))
v, e = get()
t.err(v, e, "missing", "no key")
t.match(e.message, "machine%.key, is gone: put it back, or remove .*credentials%.vault", "what to do")
v, e = put "two"
t.err(v, e, "missing", "no new key for an old vault")
assert(fs.write(options.key_file, machine))
t.ok(get(), "whole again")

-- A file left by a killed program goes away, one that is being written does not.
assert(fs.write(folder .. "/.qwen-0123456789abcdef.tmp", "x"))
assert(fs.write(folder .. "/.qwen-fedcba9876543210.tmp", "x"))
local writer = assert(fs.lock(folder .. "/.qwen-fedcba9876543210.tmp")) -- of a living process
assert(put "two")
t.eq({ fs.stat(folder .. "/.qwen-0123456789abcdef.tmp") == nil, fs.stat(folder .. "/.qwen-fedcba9876543210.tmp") ~= nil }, { true, true }, "left files")
writer:close()

-- A passphrase
local function vault(more)
  local out = { folder = home .. "/locked", key_file = options.key_file, timeout = wait.PATIENCE }
  for name, given in pairs(more or {}) do out[name] = given end
  return out
end
local horse, battery, wrong = secret.new("p", "correct horse", {}), secret.new("p", "battery", {}), secret.new("p", "wrong", {})
local locked = vault { passphrase = horse }
assert(put("one", locked))
t.ok(get(locked), "with the passphrase")
v, e = get(vault { passphrase = wrong })
t.err(v, e, "auth", "the wrong one")
local bare = vault()
t.ok(get(bare), "remembered by this process")
local script = home .. "/get.lua"
assert(fs.write(script, ([[print(require "sys.secret_store".get("vault", "one", {"secret"}, "one", {}, {folder = %q, key_file = %q, timeout = %d}))]])
  :format(bare.folder, bare.key_file, bare.timeout)))
local kept = store.probe("kernel", options)
local salt = fs.read(locked.folder .. "/credentials.vault"):sub(21, 36):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
if kept then
  t.match(proc.run({ argv = { QWEN, "lua", script } }).out, "^table", "and by the kernel, for others")
  t.eq(store.remove("kernel", "vault-" .. salt, options), true, "forgotten")
else
  t.skip "a remembered passphrase: this system forbids the kernel's keyring, which no package changes"
end
t.match(proc.run({ argv = { QWEN, "lua", script } }).out, "^nil.*is locked: set QWEN_VAULT_PASSPHRASE", "then it is asked for")

-- Another key for all of it.
v, e = store.rekey(vault { passphrase = wrong, new_passphrase = battery })
t.err(v, e, "auth", "not with a wrong one")
t.eq(e.code, "locked")
t.eq(store.rekey(vault { passphrase = horse, new_passphrase = battery }), true, "another passphrase")
t.err(get(locked), select(2, get(locked)), "auth", "the old one is none any more")
t.ok(get(vault { passphrase = battery }), "the new one is")
t.eq(store.rekey(vault { passphrase = battery }), true, "none")
t.ok(get(bare), "then the machine's key")
t.eq(store.rekey(vault { folder = home .. "/made", new_passphrase = horse }), true, "made where there is none")
t.eq({ fs.read(home .. "/made/credentials.vault"):byte(10), fs.stat(home .. "/made/credentials.vault").mode }, { 1, 384 }, "with a passphrase")
t.ok(not pcall(store.rekey, { folder = home, key_file = options.key_file, new_passphrase = "text" }), "a text is no secret")

-- A helper that does not behave
local function helper(script_text, seconds)
  local path = home .. "/helper"
  assert(fs.write(path, "#!/bin/sh\n" .. script_text .. "\n", { mode = 448 }))
  return { argv = { path }, timeout = seconds or wait.PATIENCE }
end
for what, case in pairs {
  ["says no"] = { "cat >/dev/null; echo 'no such thing'; exit 3", "broken", "failed at get: no such thing" },
  ["has none"] = { "cat >/dev/null; echo 'credentials not found in native keychain'; exit 1", "missing", "nothing is stored" },
  ["is no helper"] = { "cat >/dev/null; echo hello", "protocol", "gave no Secret" },
  ["gives half"] = { [[cat >/dev/null; printf '{"Secret":"{\"secr']], "protocol", "did not answer" },
  ["hangs"] = { "sleep 60", "broken", "did not answer in time", 0.3 },
  ["reads nothing"] = { [[exec <&-; printf '%s' '{"Secret":"{}"}']], nil },
  ["is endless"] = { "yes 2>/dev/null", "broken", "answered too much" } } do
  v, e = get(helper(case[1], case[4]), "helper")
  if case[2] then t.err(v, e, case[2], what) else t.ok(v, what) end
  if case[3] then t.match(e and e.message, case[3], what) end
end
v, e = get({ argv = { "helper" } }, "helper")
t.err(v, e, "usage", "a relative helper")
if not fs.read("/proc/self/maps"):find("libtsan", 1, true) then -- which makes vfork a fork, and the error is lost
  v, e = get({ argv = { "/no/such/helper" } }, "helper")
  t.err(v, e, "missing", "no helper")
end
do -- threads start helpers, and the main one a command, all as the first
  assert(fs.write(home .. "/both.lua", [[
    local store, task = require "sys.secret_store", require "sys.task"
    local helper = { argv = { "/bin/sh", "-c", "cat >/dev/null; printf '%s' '{\"Secret\":\"{}\"}'" } }
    local all = {}
    for i = 1, 4 do all[i] = task.spawn(store.get, "helper", "one", {}, "one", {}, helper) end
    task.sleep(0)
    assert(require("qwen.util.process").run({ argv = { "/bin/echo", "x" } }).out == "x\n")
    for _, one in ipairs(all) do assert(select(2, assert(one:join()))) end]]))
  local r = assert(proc.run { argv = { QWEN, "lua", home .. "/both.lua" } })
  t.eq(r.code, 0, r.err)
end
v, e = store.put("helper", "one", body.json { secret = secret.new("k", value, {}) }, helper "cat; exit 1")
t.ok(v == nil and not e.message:find(value, 1, true), "a helper that repeats what it got")
t.eq(proc.run({ argv = { "/bin/sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | grep -c " .. value:sub(1, 8) .. "[0-9]" } }).out, "0\n", "in no argument list")

-- Cancelled while it waits
local one = task.spawn(function() return get(helper("touch " .. home .. "/asked; sleep 7654321"), "helper") end)
t.ok(wait.until_true(function() return fs.stat(home .. "/asked") end), "the helper was asked")
one:cancel()
t.eq(select(2, one:join()).kind, "cancelled", "cancelled")
t.fails(function() store.get("nowhere", "k", {}, "n", {}, {}) end, "no store 'nowhere'")
t.fails(function() store.put("vault", "k", { {} }, options) end, "string expected")
t.done()
