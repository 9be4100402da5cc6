-- sys.secret: what is made of a secret without showing it, sealing of JSON, and bodies with secrets in them.
local t = dofile "tests/check.lua"
local json, os, secret = require "sys.json", require "sys.os", require "sys.secret"
local body = require "qwen.net.body"

local here = { "https://api.example" }
local function make(value) return assert(secret.new("k", value, here)) end
-- Whether a secret holds this text: no call shows it, signing the same text with both tells.
local function holds(handle, text) return handle:hmac("sha256", "x") == make(text):hmac("sha256", "x") end

-- signing: RFC 4231 (2, 6) and RFC 2202 (2), a key of exactly one block, and one longer
local jefe, what = make "Jefe", "what do ya want for nothing?"
t.eq(jefe:hmac("sha256", what), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
t.eq(jefe:hmac("sha1", what), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
t.eq(jefe:hmac("sha1", what, "base64"), "7/zfauXrL6LSdBbV8YTfnCWafHk=")
local long = make(("\xaa"):rep(131))
t.eq(long:hmac("sha256", "Test Using Larger Than Block-Size Key - Hash Key First"), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
t.eq(make(("k"):rep(64)):hmac("sha256", ""), "83026a325aaee70e36cfe607536aa1054104ad1077c36134810d4ccded1ccd3b")
t.fails(function() jefe:hmac("md5", "x") end, "md5")
t.fails(function() jefe:hmac "sha1" end, "string expected")

-- Basic, and the forms for bodies
t.ok(holds(assert(make("open sesame"):basic "Aladdin"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "basic")
t.fails(function() jefe:basic "a:b" end, "colon")
local awkward = make 'a b&c=d"e\\f/\t\u{e9}'
t.ok(holds(assert(awkward:encoded "form"), "a%20b%26c%3Dd%22e%5Cf%2F%09%C3%A9"), "form")
t.ok(holds(assert(awkward:encoded "json"), 'a b&c=d\\"e\\\\f/\\u0009\u{e9}'), "json")
t.eq(tostring((awkward:encoded "form")), "<secret k>", "what is made of a secret is one")
t.eq(awkward:basic("u"):origins(), { "https://api.example:443" }, "and is bound as it is")

-- sealing
local function seal(text, origins) return secret.seal(text, { "access_token", "refresh_token" }, "login", origins or here) end
local answer = assert(seal [[{"access_token":"at-0123456789\u00e9\ud83d\ude00\"","refresh_token" : "rt-0123456789","expires_in":3600,
  "note":"access_token","list":["refresh_token",{"access\u005ftoken":"deep-0123456789"}],"empty":{"access_token":"","refresh_token":null}}]])
t.eq({ tostring(answer.access_token), answer.expires_in, answer.note, answer.list[1] }, { "<secret login>", 3600, "access_token", "refresh_token" })
t.ok(holds(answer.access_token, 'at-0123456789\u{e9}\u{1F600}"'), "unescaped")
t.ok(holds(answer.refresh_token, "rt-0123456789"), "spaces around the colon")
t.ok(holds(answer.list[2].access_token, "deep-0123456789"), "at any depth, however the name is written")
t.eq({ answer.empty.access_token, answer.empty.refresh_token == json.null }, { "", true }, "nothing to seal")
t.eq(secret.redact "rt-0123456789", "<secret login>", "known from now on")
local twice = assert(seal '{"access_token":"first-012345","access_token":"second-01234"}')
t.ok(holds(twice.access_token, "second-01234"), "the last of two counts, both are taken out")
local bound = assert(seal('{"access_token":"0123456789","resource_url":"https://b.example"}', function(v) return { v.resource_url } end))
t.eq(bound.access_token:origins(), { "https://b.example:443" }, "origins that the answer names")
for name, text in pairs { number = '{"access_token":7}', list = '{"access_token":["0123456789"]}', object = '{"access_token":{"a":"b"}}',
  cut = '{"access_token":"0123456789', broken = '{"access_token":"a\\qb"}', surrogate = '{"access_token":"\\ud800"}', text = '"x"', none = "",
  html = "<html>", lines = '{"access_token":"two\\nlines"}', zero = '{"access_token":"a\\u0000b"}',
  many = "[" .. ('{"access_token":"x"},'):rep(65) .. "1]", badorigin = '{"access_token":"0123456789"}' } do
  local v, e = seal(text, name == "badorigin" and { "nowhere" } or nil)
  t.ok(v == nil and (e.kind == "protocol" or e.kind == "usage"), "refused: " .. name)
  t.ok(not tostring(e):find "0123", "the words hold nothing of it: " .. name)
end
t.fails(function() secret.seal("{}", { 1 }, "n", here) end, "names of fields")
t.fails(function() secret.seal('{"access_token":"x"}', {}, "n", function() end) end, "must give a list")

-- claims of a token
local function part(value) return (os.base64(json.encode(value)):gsub("[+/=]", { ["+"] = "-", ["/"] = "_", ["="] = "" })) end
local jwt = make(part { alg = "none" } .. "." .. part { sub = "u1", exp = 1700000000, admin = true, list = { 1 } } .. ".sig")
t.eq(jwt:jwt_claims { "sub", "exp", "admin", "list", "no" }, { sub = "u1", exp = 1700000000, admin = true }, "claims that were asked for")
for _, bad in ipairs { "abcdefgh", "a.b.c", "a." .. part "x" .. ".c", "a.!!.c" } do
  local v, e = make(bad):jwt_claims { "sub" }
  t.err(v, e, "protocol", "no token")
end

-- bodies
local key = make "s/1"
local form = body.form { b = key, a = "x y", n = 3, c = true }
t.eq({ form[1], tostring(form[2]), form[3] }, { "a=x%20y&b=", "<secret k>", "&c=true&n=3" }, "form")
t.ok(holds(form[2], "s%2F1"), "form value")
local out = body.json { z = { key = key, list = { 1 } }, a = "x" }
t.eq({ out[1], tostring(out[2]), out[3] }, { '{"a":"x","z":{"key":"', "<secret k>", '","list":[1]}}' }, "JSON")
t.eq(body.json { a = json.null, b = json.array {}, c = {} }, { '{"a":null,"b":[],"c":{}}' }, "JSON without secrets")
t.fails(function() body.json { a = { key } } end, "json", "not in a list")

t.done()
