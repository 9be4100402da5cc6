-- The same checks for every back end that the arguments name; those that the machine forbids are counted as skipped, with the reason.
local t = dofile "tests/check.lua"
local body, store, os, secret = require "qwen.net.body", require "sys.secret_store", require "sys.os", require "sys.secret"

local home = os.env "HOME"
local options = { folder = home .. "/store", key_file = home .. "/keys/machine.key", timeout = 600, argv = { "/usr/bin/docker-credential-secretservice" } }
local origin = { "https://api.example:443" }
local function put(name, key, value) return store.put(name, key, body.json(value), options) end
local function get(name, key) return store.get(name, key, { "secret", "refresh" }, key, function(v) return v.origins end, options) end
local function same(handle, text) return handle:hmac("sha256", "x") == secret.new("x", text, {}):hmac("sha256", "x") end

local function check(name)
  local ok, e = store.probe(name, options)
  if not ok then return t.skip(name .. ": " .. e.message) end
  local value = ("sk-%q\\ \u{e9}\u{1F600}"):format(name)
  local record = { secret = assert(secret.new("k", value, origin)), refresh = secret.new("r", ("r"):rep(9000), origin), origins = origin,
    fields = { lines = "a\nb\t\1", list = { 1, 2 } }, expires = 1700000000.5 }
  local got
  got, e = get(name, "one")
  t.err(got, e, "missing", name .. ": nothing yet")
  t.eq(e.code, "no-entry", name)
  t.eq(put(name, "one", record), true, name .. ": kept")
  got = assert(get(name, "one"))
  t.ok(same(got.secret, value) and same(got.refresh, ("r"):rep(9000)), name .. ": the secrets")
  t.eq({ got.fields, got.expires, got.origins }, { record.fields, record.expires, record.origins }, name .. ": the rest")
  t.eq(got.secret:origins(), origin, name .. ": bound")
  t.eq(put(name, "one", { secret = secret.new("k", "another-value", origin), origins = origin }), true, name .. ": changed")
  t.eq(put(name, "two", { secret = secret.new("k", "second-value", origin), origins = origin }), true, name .. ": a second one")
  t.ok(same(get(name, "one").secret, "another-value") and same(get(name, "two").secret, "second-value"), name .. ": both")
  t.eq(store.remove(name, "one", options), true, name .. ": removed")
  got, e = store.remove(name, "one", options)
  t.err(got, e, "missing", name .. ": only once")
  t.ok(get(name, "one") == nil and same(get(name, "two").secret, "second-value"), name .. ": the other one stays")
  t.eq(store.remove(name, "two", options), true, name)
end

for _, name in ipairs { select(2, ...) } do check(name) end
t.done()
