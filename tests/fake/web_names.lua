-- What names lead to, for tests/lua/web_fetch.lua: in a network and with an /etc/hosts of its own, which is a file that is written anew.
-- Usage: qwen lua tests/fake/web_names.lua PUBLIC FOLDER
local t = dofile "tests/check.lua"
local http = require "sys.http"
local proc = require "qwen.util.process"
local web = dofile "tests/fake/web.lua"

local _, PUBLIC, root = ...
local hosts = root .. "/hosts"
local tool, ctx = web.tool "names"

local function sh(command) return proc.run { argv = { "sh", "-c", command } }.code == 0 end
local function fetch(url) return web.fetch(tool, ctx, url) end

local _ <close> = web.serve(PUBLIC .. ":80", "127.0.0.1:8081")
t.eq(web.inner(fetch "http://docs.example.org/plain"), "just <b>text</b>\n", "no https there, so as it was asked for")
local sent, e = fetch "http://127.0.0.1:8081/plain" -- the policy has asked about exactly this one
t.ok(web.inner(sent), "a private address that was named: " .. tostring(e))
assert(sh(("printf '127.0.0.1 docs.example.org\\n::1 docs.example.org\\n' >%s"):format(hosts))) -- as a name is bound anew
for _, url in ipairs { "http://docs.example.org:8081/xml", "https://docs.example.org:8443/xml", "http://docs.example.org:8081/to-page" } do
  local got = fetch(url).err or {}
  t.eq({ got.kind, got.code }, { "denied", "private_address" }, url)
end
local kept <close> = assert(http.open { url = "http://docs.example.org:8081/json" }) -- a connection that is there already
assert(kept:all())
t.eq((fetch "http://docs.example.org:8081/json").err.code, "private_address", "a kept connection is no way")
ctx.set["tools.webFetch.privateHosts"] = { "*.example.org" }
t.ok(web.inner(fetch "http://docs.example.org:8081/json"), "unless the settings name the host")
ctx.set["tools.webFetch.privateHosts"] = nil
-- https first, where there is one; back to http only on the same host.
local cert, key = root .. "/cert.pem", root .. "/key.pem"
assert(sh(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=tls.example.org -addext "
  .. "subjectAltName=DNS:tls.example.org,DNS:docs.example.org -keyout %s -out %s 2>%s"):format(key, cert, root .. "/openssl")))
assert(sh(("printf '%s tls.example.org\\n%s other.example.org\\n' >%s"):format(PUBLIC, PUBLIC, hosts)))
local _ <close> = web.serve(cert .. "+" .. key .. "@" .. PUBLIC .. ":443")
ctx.transport = function(request)
  request.ca = cert
  return http.open(request)
end
for path, want in pairs { ["/plain"] = "https://tls.example.org/plain", ["/to-secure"] = "https://tls.example.org/page", ["/to-plain"] = "http://tls.example.org/page" } do
  t.ok(fetch("http://tls.example.org" .. path).text:find("(final: " .. want .. ")", 1, true), path)
end
t.match(fetch("https://tls.example.org/to-plain").text, "not followed", "not from https that was asked for")
t.ok(web.inner(fetch "http://other.example.org/xml"), "a certificate of somebody else: as it was asked for")
t.eq(fetch("https://other.example.org/xml").err.kind, "network", "but never in the place of https")
t.done()
