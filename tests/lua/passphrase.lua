-- The passphrase of the vault: asked for where it is needed (a command, the start of a session, in its middle), never shown, changed, taken away.
local t = dofile "tests/check.lua"
local spec = dofile "tests/spec/spec.lua"
local fs, store = require "sys.fs", require "sys.secret_store"
local passphrase = require "qwen.credential.passphrase"

for text, want in pairs { password = "weak", aaaaaaaaaaaaaaaaaaaa = "weak", abcdefghijklmnop = "weak", ["12345678901234"] = "weak", ["Tr0ub4dor"] = "fair",
  ["correct horse battery staple"] = "fair", ["correct horse battery staple orbit cloud"] = "strong", ["x9$Kq!27vLm#Pz"] = "strong", ["é"] = "weak", ["\xff\xff"] = "weak" } do
  t.eq(passphrase.strength(text), want, text)
end

local PHRASE, OTHER, KEY = "correct horse battery staple", "orbit cloud river stone lamp", "sk-0123456789abcdef"

local function vault(place)
  return fs.read(place.home .. "/.qwen/credentials.vault") or ("\0"):rep(48)
end

local function has_phrase(place)
  return vault(place):byte(10) == 1
end

-- What the kernel remembers for twelve hours, where it may, is forgotten: as if these had passed.
local function forget(place)
  local salt = vault(place):sub(21, 36):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  store.remove("kernel", "vault-" .. salt, {})
end

local model <close> = spec.mock()
local function entry(id, env_key) return { id = id, baseUrl = model.url, envKey = env_key } end
local function settings(now)
  return { modelProviders = { openai = { entry("free"), entry("kept", "TEAM_KEY") } }, model = { name = now } }
end

-- A terminal whose whole text is looked at in the end.
local function terminal(place, line)
  local at = { term = spec.terminal(place, line), all = "" }
  function at:step(pattern, keys)
    self.all = self.all .. self.term:wait(pattern)
    if keys then self.term:send(keys) end
  end
  function at:finish()
    local code, rest = self.term:finish()
    self.all = self.all .. rest
    for _, phrase in ipairs { PHRASE, OTHER, KEY, "wrong one" } do t.ok(not self.all:find(phrase, 1, true), "never shown: " .. line) end
    return code
  end
  return at
end

-- Nobody to ask.
local place = spec.place(settings "free")
local r = spec.run(place, "auth passphrase")
t.eq(r.code, 1)
t.match(r.err, "there is no terminal to ask for a passphrase at; set QWEN_VAULT_PASSPHRASE")
t.match(spec.run(place, "auth passphrase hunter2").err, "usage: qwen auth passphrase %[%-%-remove%]; it is asked for")

-- Made: twice the same, with a word on how good it is.
local at = terminal(place, "auth passphrase")
at:step("New passphrase for the vault:", "abc\r")
at:step("weak: .* Once more:", "abd\r")
at:step("not the same. New passphrase:", PHRASE .. "\r")
at:step("fair; .* Once more:", PHRASE .. "\r")
t.eq(at:finish(), 0)
t.match(at.all, "the vault has this passphrase now")
t.ok(has_phrase(place), "in the file")

-- Locked: without a terminal it is said what to set, and nothing is written.
forget(place)
local set_up = "auth api-key --protocol openai --base-url " .. model.url .. " --key " .. KEY .. " --model kept --env-key TEAM_KEY --store vault"
local before = fs.read(place.home .. "/.qwen/settings.json")
r = spec.run(place, set_up)
t.eq(r.code, 1)
t.match(r.err, "is locked: set QWEN_VAULT_PASSPHRASE, or run qwen at a terminal")
r = spec.run(place, set_up, { QWEN_VAULT_PASSPHRASE = "wrong one" })
t.match(r.err, "the passphrase of the vault .* is wrong")
t.eq(fs.read(place.home .. "/.qwen/settings.json"), before, "nothing is written")
at = terminal(place, set_up)
at:step("is locked. Passphrase:", "wrong one\r")
at:step("not the passphrase; 2 tries are left. Passphrase:", PHRASE .. "\r")
t.eq(at:finish(), 0)
t.match(at.all, "The key is in the store 'vault'")

-- A session asks at its start, once.
local function key_sent() return spec.last(model).headers.authorization end
t.match(spec.run(place, "hi", { QWEN_VAULT_PASSPHRASE = PHRASE }).out, "ok")
t.eq(key_sent(), "Bearer " .. KEY)
forget(place)
at = terminal(place, "")
at:step("is locked. Passphrase:", "wrong one\r")
at:step("2 tries are left. Passphrase:", PHRASE .. "\r")
at:step("kept [^\n]*127", "hi\r")
at:step("ok", nil)
at.term:send "/exit\r"
t.eq(at:finish(), 0)
t.eq(key_sent(), "Bearer " .. KEY, "and the key is there")
forget(place)
r = spec.run(place, "-p hi")
t.eq(r.code, 1)
t.match(r.err, "is locked: set QWEN_VAULT_PASSPHRASE")

-- In the middle of one, on the screen: left, then three times wrong, then right.
fs.write(place.home .. "/.qwen/settings.json", require("sys.json").encode(settings "free"))
at = terminal(place, "")
at:step("free [^\n]*127", "/model kept\r")
at:step("is locked. Passphrase:", "\3")
at:step("the vault stays locked", "/model kept\r")
at:step("is locked. Passphrase:", "wrong one\r")
at:step("2 tries are left. Passphrase:", "wrong one\r")
at:step("one try is left. Passphrase:", "wrong one\r")
at:step("three times; it stays locked", "/model kept\r")
at:step("is locked. Passphrase:", PHRASE .. "\r")
at:step("now: kept", "/exit\r")
t.eq(at:finish(), 0)

-- Another one, then none.
forget(place)
at = terminal(place, "auth passphrase")
at:step("New passphrase for the vault:", OTHER .. "\r")
at:step("Once more:", OTHER .. "\r")
at:step("is locked. Passphrase:", PHRASE .. "\r")
t.eq(at:finish(), 0)
forget(place)
t.match(spec.run(place, "-p hi", { QWEN_VAULT_PASSPHRASE = PHRASE }).err, "is wrong", "the old one")
t.eq(spec.run(place, "-p hi", { QWEN_VAULT_PASSPHRASE = OTHER }).code, 0, "the new one")
forget(place)
at = terminal(place, "auth passphrase --remove")
at:step("is locked. Passphrase:", OTHER .. "\r")
t.eq(at:finish(), 0)
t.ok(not has_phrase(place), "gone")
t.eq(spec.run(place, "-p hi").code, 0, "and nothing is asked")

-- A vault that is made because it was asked for is offered one.
for _, case in ipairs { { "\r", false }, { PHRASE .. "\r", true } } do
  place = spec.place(settings "kept")
  assert(fs.write(place.home .. "/.qwen/oauth_creds.json", '{"access_token":"at-0123456789abcdef","refresh_token":"rt-0123456789abcdef","token_type":"Bearer","expiry_date":4000000000000}', { mode = 384 }))
  at = terminal(place, "auth move --to vault")
  at:step("Passphrase for the vault %(Enter for none", case[1])
  if case[2] then at:step("Once more:", case[1]) end
  t.eq(at:finish(), 0)
  t.match(at.all, "moved to vault: qwen%-oauth")
  t.eq(has_phrase(place), case[2])
  forget(place)
end
t.done()
