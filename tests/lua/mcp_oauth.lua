-- The sign-in of tool servers against parts that nobody here wrote: the official SDK's example, oauth2-mock-server, and every scenario
-- about it of the official conformance suite; each with bad luck.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fs, json, os, proc = require "sys.fs", require "sys.json", require "sys.os", require "sys.proc"

require "qwen.api"
local peers = dofile "tests/peers/peers.lua"
local installed, reason = peers.has("@modelcontextprotocol/sdk", "@modelcontextprotocol/conformance", "oauth2-mock-server")
if not installed then
  t.skip("sign-ins of tool servers: " .. reason)
  return t.done()
end
local modules = assert(fs.realpath(peers.modules))

-- A browser that goes where it is sent, and keeps what it was told in ~/browser.
local BROWSER = [[#!/usr/bin/env python3
import os, sys, urllib.request
said = "nothing"
if os.environ.get("CLOSES") != "yes":
    try:
        said = urllib.request.urlopen(sys.argv[1], timeout=60).read().decode()
    except Exception as e:
        said = str(e)
open(os.environ["HOME"] + "/browser", "a").write(sys.argv[1] + "\n" + said + "\n")
]]

local function place_for(entry, more)
  local settings = more or {}
  settings.mcpServers = { it = entry }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode(settings) }
  fs.mkdir(place.root .. "/bin")
  fs.write(place.root .. "/bin/xdg-open", BROWSER, { mode = 493 })
  place.env = { PATH = place.root .. "/bin:" .. os.env "PATH", DISPLAY = ":9", QWEN_CODE_LANG = "en" }
  return place
end

local function configure(place, entry)
  fs.write(place.home .. "/.qwen/settings.json", json.encode { mcpServers = { it = entry } })
end

local function mcp(place, ...)
  return program.run(place, { "mcp", ... }, { env = place.env })
end

local function login(place, ...) return mcp(place, "login", "it", ...) end

-- A run in which the model calls a tool of the server; what it got for it.
local function call(place, tool, args)
  local server <close> = fake.start { { calls = { { name = "mcp__it__" .. tool, arguments = args or {} } } }, { text = "done" } }
  local env = { OPENAI_API_KEY = "sk-of-ours-0123456789" }
  for name, value in pairs(place.env) do env[name] = value end
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "-y", "go" }, { env = env })
  local asked = server:requests()
  local last = asked[2] and asked[2].body.messages
  return last and json.encode(last[#last].content) or "", r
end

-- A server behind oauth2-mock-server.
local Guarded = {}
Guarded.__index = Guarded
Guarded.__close = function(self) self.process:close() end

local function guarded(options)
  local folder = assert(fs.mkdtemp(os.env "TMPDIR" .. "/guarded-"))
  local self = setmetatable({ log = folder .. "/log" }, Guarded)
  fs.write(self.log, "")
  self.process = assert(proc.open { argv = { peers.node, assert(fs.realpath "tests/peers/guarded.mjs"), modules, self.log,
    json.encode(options or {}) }, stdin = "pipe", stderr = "inherit" })
  self.url, self.issuer = assert(self.process:read()):match "READY (%S+) (%S+)"
  return self
end

function Guarded:change(options)
  assert(self.process:write(json.encode(options) .. "\n"))
  return assert(self.process:read())
end

-- What was asked since the last time, of one kind or all.
function Guarded:asked(kind)
  local out = {}
  for line in fs.read(self.log):gmatch "[^\n]+" do
    local entry = json.decode(line)
    if not kind or entry.at == kind then out[#out + 1] = entry end
  end
  return out
end

function Guarded:forget() fs.write(self.log, "") end

local CLIENT = { clientId = "known-client" }
local function entry_of(server, more)
  local entry = { httpUrl = server.url, oauth = CLIENT }
  for key, value in pairs(more or {}) do entry[key] = value end
  return entry
end

-- The official SDK's example server, which checks for whom a token was issued: a client is registered, the token is used.
local function free_port()
  local listener <close> = assert(require("sys.listen").open { ports = { 0 }, path = "/" })
  return listener:port()
end
do
  local port, auth_port = free_port(), free_port()
  local script = modules .. "/@modelcontextprotocol/sdk/dist/esm/examples/server/simpleStreamableHttp.js"
  local _ <close> = assert(proc.open { argv = { peers.node, script, "--oauth", "--oauth-strict" }, stdin = "pipe", stderr = "inherit",
    env = { PATH = os.env "PATH", MCP_PORT = tostring(port), MCP_AUTH_PORT = tostring(auth_port) } })
  wait.until_true(function() return require("sys.listen").taken(port) and require("sys.listen").taken(auth_port) end)
  local place = place_for { httpUrl = ("http://localhost:%d/mcp"):format(port) }
  local r = select(2, call(place, "greet"))
  t.match(r.err, "it wants a sign%-in; run: qwen mcp login it", "before: what to do")
  r = login(place)
  t.match(r.out, "signed in to it, which has %d+ tools; kept in the store 'vault'\n", r.err)
  t.eq(r.code, 0)
  t.match(fs.read(place.home .. "/browser"), "You can close this page and go back to qwen", "the browser is told")
  t.match(mcp(place).out, "it .*\n  signed in\n", "and so is /mcp")
  local got
  got, r = call(place, "greet", { name = "Ada" })
  t.match(got, "Hello, Ada!", "the tool is called: " .. r.err)
  r = mcp(place, "logout", "it")
  t.eq({ r.code, r.out }, { 0, "signed out of it\n" }, r.err)
  r = select(2, call(place, "greet"))
  t.match(r.err, "it wants a sign%-in", "and it is forgotten")
  t.eq(mcp(place, "logout", "it").code, 1, "twice")
end

-- Where the metadata is: named by the refusal, at the path, at the root. A client of the settings, the address that the token is for,
-- the proof of the code, the rights of the refusal.
for _, where in ipairs { "header", "path", "root" } do
  local server <close> = guarded { prm = where, iss = "right" }
  local place = place_for(entry_of(server))
  local r = login(place)
  t.match(r.out, "signed in to it, which has 2 tools", where .. ": " .. r.err)
  local asked, given = server:asked "authorize"[1], server:asked "token"[1]
  t.eq({ asked.client_id, asked.resource, asked.scope, asked.code_challenge_method, asked.redirect_uri },
    { "known-client", server.url, "mcp:read offline_access", "S256", "http://localhost:7777/oauth/callback" }, where)
  t.eq({ given.grant_type, given.resource, #given.code_verifier, given.redirect_uri },
    { "authorization_code", server.url, 43, asked.redirect_uri }, where)
  t.match(call(place, "read"), "read it", where .. ": the token is used")
end

-- The older transport, whose first request is another one; a server of a project, once it is allowed.
do
  local server <close> = guarded {}
  local place = place_for(entry_of(server, { url = server.url }))
  configure(place, { url = server.url, oauth = CLIENT })
  t.match(login(place).out, "signed in to it, which has 2 tools", "url")
  t.match(call(place, "read"), "read it", "url")
  configure(place, nil)
  fs.write(place.cwd .. "/.mcp.json", json.encode { mcpServers = { it = { url = server.url, oauth = CLIENT } } })
  local r = login(place)
  t.match(r.err, "your settings have no server 'it'", "nobody has allowed it")
  fs.write(place.home .. "/.qwen/settings.json", json.encode { enabledMcpjsonServers = { "it" }, security = { folderTrust = { enabled = false } } })
  r = login(place)
  t.match(r.out, "signed in to it, which has 2 tools", "of the project: " .. r.err)
end

-- What goes wrong on the way in: what is said, and nothing is kept.
for _, case in ipairs {
  { { fault = "mix-up" }, "names another issuer: https://honest.example" },
  { { fault = "no-metadata" }, "answered 404" },
  { { fault = "no-pkce" }, "does not protect its codes %(PKCE, S256%)" },
  { { fault = "plain-pkce" }, "does not protect its codes %(PKCE, S256%)" },
  { { fault = "plain-http" }, "http://evil.example/token is not protected; it must be https://" },
  { { resource = "https://honest.example/mcp" }, "is for another server: https://honest.example/mcp" },
  { { issuer = "https://honest.example?x" }, "is no address of an authorization server" },
  { { fault = "denied" }, "it was refused in the browser: no such luck" },
  { { fault = "denied", iss = "https://evil.example" }, "the answer of the browser is not from" },
  { { iss = "https://evil.example" }, "the answer of the browser is not from" },
  { { iss = "" }, "the answer of the browser is not from" },
  { { fault = "token-down" }, "did not accept the code %(status 503%)" },
  { { fault = "mac" }, "a token of the unknown kind mac" },
  { {}, "registers no clients; register one there and put its id into mcpServers.it.oauth.clientId", {} },
  { { prm = "none", fault = "register" }, "registered no client %(status 400%): not that one; register one there", {} },
  { {}, "authProviderType 'google_credentials' is not supported", CLIENT, { authProviderType = "google_credentials" } },
} do
  local server <close> = guarded(case[1])
  local place = place_for(entry_of(server, { oauth = case[3] }))
  if case[4] then configure(place, entry_of(server, case[4])) end
  local r = login(place)
  t.eq(r.code ~= 0, true, case[2])
  t.match(r.err, case[2])
  t.ok(not r.err:find("no such luck", 1, true) or not case[1].iss, "not a word of another server is shown")
  t.eq(fs.stat(place.home .. "/.qwen/credentials.json"), nil, "nothing is kept: " .. case[2])
end

-- A port that is taken; a browser with another state, which does not end it, and a user who gives up.
do
  local taken <close> = assert(require("sys.listen").open { ports = { 0 }, path = "/" })
  local server <close> = guarded {}
  local at = ("http://127.0.0.1:%d/back"):format(taken:port())
  local r = login(place_for(entry_of(server, { oauth = { clientId = "c", redirectUri = at } })))
  t.match(r.err, "no port of this machine is free for the browser to come back to")
  server:change { fault = "state" }
  local spec = dofile "tests/spec/spec.lua"
  local place = place_for(entry_of(server))
  local terminal = spec.terminal(place, "mcp login it", place.env)
  wait.until_true(function() return (fs.read(place.home .. "/browser") or ""):find "400" end)
  terminal:wait "waiting for the browser"
  terminal:send "\3"
  t.eq((terminal:finish()), 130, "Ctrl-C")
  t.eq(#server:asked "token", 0, "no code was used")
end

-- Over SSH the address is pasted.
do
  local server <close> = guarded {}
  local spec = dofile "tests/spec/spec.lua"
  local place = place_for(entry_of(server))
  local terminal = spec.terminal(place, "mcp login it", { SSH_CONNECTION = "192.0.2.1 1 192.0.2.2 22" })
  local shown = terminal:wait "Paste the address that the browser shows at the end:"
  local url = shown:gsub("%s", ""):match("(" .. server.issuer:gsub("%p", "%%%0") .. "/authorize.-state=" .. ("[%w_-]"):rep(32) .. ")")
  local stream <close> = assert(require("sys.http").open { url = url })
  terminal:send(stream.headers.location .. "\r")
  local code, rest = terminal:finish()
  t.eq(code, 0, rest)
  t.match(rest, "signed in to it, which has 2 tools")
end

-- Tokens end: renewed ahead of it, after a refusal, by one of several processes; not while the service is down; and no more when it is over.
do
  local server <close> = guarded { ttl = 1, rotates = false }
  local place = place_for(entry_of(server))
  t.eq(login(place).code, 0)
  server:forget()
  t.match(call(place, "read"), "read it")
  local renewed = server:asked "token"
  t.ok(#renewed >= 1 and renewed[1].grant_type == "refresh_token" and renewed[1].resource == server.url and renewed[1].client_id == "known-client",
    "ahead of its end")
  server:change { ttl = 3600 }
  call(place, "read")
  server:change { refuse = true, fault = "token-down" }
  local _, r = call(place, "read")
  t.match(r.err, "could not renew the sign%-in %(status 503%)", "the service is down")
  server:change { fault = "none" }
  server:forget()
  local jobs, task = {}, require "sys.task"
  for i = 1, 3 do jobs[i] = task.spawn(function() return call(place, "read") end) end
  for i = 1, 3 do
    local _, said, run = jobs[i]:join()
    t.match(said, "read it", ("process %d: %s"):format(i, run.err))
  end
  t.eq(#server:asked "token", 1, "one process renews for all")
  server:change { refuse = true, fault = "refresh-over" }
  _, r = call(place, "read")
  t.match(r.err, "the sign%-in is no longer valid %(it is over%); sign in again: qwen mcp login it")
  server:forget()
  _, r = call(place, "read")
  t.match(r.err, "it wants a sign%-in; run: qwen mcp login it")
  t.eq(#server:asked "token", 0, "it is not tried again")
end

-- More rights for one tool: named, asked for beside those that were there, and used.
do
  local server <close> = guarded {}
  local place = place_for(entry_of(server))
  t.eq(login(place).code, 0)
  local got = call(place, "write")
  t.match(got, "it wants more rights for this; run: qwen mcp login it %-%-scope 'mcp:write'")
  server:change { scope = "mcp:read mcp:write" }
  server:forget()
  t.eq(login(place, "--scope", "mcp:write").code, 0)
  t.eq(server:asked "authorize"[1].scope, "mcp:read offline_access mcp:write", "both")
  t.match(call(place, "write"), "wrote it")
end

-- A client that is registered, with a secret that it shows in the way that the server takes; programs without a person.
local function grep_home(place, needle)
  local found = {}
  local function walk(folder)
    for _, entry in ipairs(fs.list(folder) or {}) do
      local path = folder .. "/" .. entry.name
      if entry.type == "dir" then walk(path) elseif (fs.read(path) or ""):find(needle, 1, true) then found[#found + 1] = path end
    end
  end
  walk(place.home .. "/.qwen")
  return found
end
for _, way in ipairs { "client_secret_basic", "client_secret_post" } do
  local server <close> = guarded { ways = { way } }
  server:change { registration = server.url:gsub("/mcp$", "/register"), ttl = 1 }
  local place = place_for { httpUrl = server.url }
  local r = login(place)
  t.match(r.out, "signed in to it", r.err)
  local registered = server:asked "register"[1]
  t.eq({ registered.application_type, registered.token_endpoint_auth_method, registered.grant_types },
    { "native", way, { "authorization_code", "refresh_token" } }, way)
  t.match(call(place, "read"), "read it", way)
  for _, asked in ipairs(server:asked "token") do
    local shown = way == "client_secret_post" and asked.client_secret or asked.authorization
    t.eq(shown, way == "client_secret_post" and "secret-of-the-client" or "Basic " .. os.base64 "registered:secret-of-the-client", asked.grant_type)
  end
  t.eq({ #grep_home(place, "secret-of-the-client"), #grep_home(place, "eyJhbGciOi") }, { 0, 0 }, "nothing is kept in clear")
  t.eq(mcp(place, "logout", "it").code, 0)
  t.ok(not fs.read(place.home .. "/.qwen/credentials.json"):find("mcp.it", 1, true), "logout forgets the client, too")
end
do
  local server <close> = guarded { grants = { "client_credentials" }, ttl = 1 }
  local place = place_for(entry_of(server, { oauth = { clientId = "robot", clientSecret = "secret-of-the-robot" } }))
  local r = login(place)
  t.match(r.out, "signed in to it", r.err)
  t.eq(#server:asked "authorize", 0, "no browser")
  t.match(call(place, "read"), "read it")
end

-- No token goes where it does not belong: another address under the same name, a redirect, another authorization server.
do
  local server <close> = guarded {}
  local other <close> = guarded {}
  local place = place_for(entry_of(server))
  t.eq(login(place).code, 0)
  configure(place, entry_of(other))
  local _, r = call(place, "read")
  t.match(r.err, "it wants a sign%-in", "a changed address")
  t.eq({ other:asked "mcp"[1].token, #other:asked "token" }, { nil, 0 })
  configure(place, entry_of(server))
  server:change { moved = (other.url:gsub("127.0.0.1", "localhost")) }
  other:forget()
  _, r = call(place, "read")
  t.match(r.err, "sends on to", "a redirect")
  t.eq(#other:asked(), 0)
  server:change { moved = false, refuse = true, issuer = other.issuer }
  server:forget()
  _, r = call(place, "read")
  t.match(r.err, "it wants a sign%-in", "a changed issuer")
  t.eq({ #server:asked "token", #other:asked "token" }, { 0, 0 }, "neither is asked to renew")
  r = login(place)
  t.match(r.err, "it names another authorization server %(.-%) than the one that your client was used at", "nor does the new one get the client")
  t.eq(#other:asked "authorize", 0)
end

-- What must not leave by plain http, or reach a private network: no request is made there.
do
  local asked = {}
  local function transport(answers)
    return function(request)
      asked[#asked + 1] = request.url
      local headers = answers[request.url] or {}
      return setmetatable({ status = 401, headers = headers, url = request.url, close = function() end, all = function() return "" end },
        { __close = function() end })
    end
  end
  local tasks = require "sys.task"
  for _, case in ipairs {
    { "http://mcp.example/mcp", "", "must be https://" },
    { "https://mcp.example/mcp", "https://10.0.0.1/meta.json", "private network" },
    { "https://mcp.example/mcp", "http://127.0.0.1:9/meta.json", "private network" },
    { "https://mcp.example/mcp", "http://meta.example/meta.json", "must be https://" },
  } do
    local url, named, want = table.unpack(case)
    asked = {}
    local ctx = { settings = { get = function() end, env = function() end }, background = tasks.spawn, notice = print, print = print, cwd = "/",
      transport = transport { [url] = { ["www-authenticate"] = ('Bearer resource_metadata="%s"'):format(named) } } }
    local result, e = qwen.x.mcp_oauth.login(ctx, "it", { httpUrl = url }, {})
    t.err(result, e, want:find "https" and "usage" or "denied", want)
    t.match(e and e.message, want)
    for _, address in ipairs(asked) do t.eq(address, url, "nobody else is asked") end
  end
end

-- The challenge of a refusal, as servers write it.
for _, case in ipairs {
  { 'Bearer', {} },
  { 'Bearer resource_metadata="https://a.example/x", scope="a b"', { resource_metadata = "https://a.example/x", scope = "a b" } },
  { 'Basic realm="Bearer", bearer SCOPE=a,error = insufficient_scope', { scope = "a", error = "insufficient_scope" } },
  { 'Bearer error="a\\"b", scope="c", Basic realm="x", error_description="d"', { error = 'a"b', scope = "c" } },
  { 'Bearer scope="never ends', {} },
  { 'Basic realm="x"', {} },
  { nil, {} },
} do
  t.eq(require("qwen.auth.mcp_metadata").challenge(case[1]), case[2], case[1])
end

-- Every scenario of the official conformance suite that is about signing in, as its own list has them. What docs/mcp.md names as not
-- supported are extensions of the protocol that ask for signatures, or for a company's identity provider.
local NOT_OURS = { ["auth/client-credentials-jwt"] = true, ["auth/enterprise-managed-authorization"] = true, ["auth/dpop"] = true,
  ["auth/dpop-nonce"] = true, ["auth/wif-jwt-bearer"] = true }
do
  local place = place_for {}
  local env = { HOME = place.home, TMPDIR = os.env "TMPDIR", DISPLAY = ":9", QWEN = program.binary, PATH = place.env.PATH,
    CALLBACK_PORTS = free_port() .. " " .. free_port() }
  local function suite(...)
    return assert(require("qwen.util.process").run { env = env, timeout = wait.PATIENCE,
      argv = { peers.node, modules .. "/@modelcontextprotocol/conformance/dist/index.js", ... } })
  end
  local function play(...)
    return suite("client", "--timeout", "120000", "--command", "sh " .. assert(fs.realpath "tests/peers/mcp_client"), ...)
  end
  local passed = {}
  local r = play("--suite", "auth", "--verbose")
  for scenario in r.out:gmatch "✓ (auth/%S+):" do passed[scenario] = true end
  t.ok(passed["auth/metadata-default"], r.out .. r.err)
  for scenario in suite("list").out:gmatch "%- (auth/%S+)" do
    if not passed[scenario] and not NOT_OURS[scenario] then
      r = play("--scenario", scenario)
      passed[scenario] = r.out:find "OVERALL: PASSED" or r.err:find "OVERALL: PASSED"
      t.ok(passed[scenario], scenario .. "\n" .. r.out .. r.err)
    end
  end
end

t.done()
