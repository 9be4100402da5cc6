-- Certificates as they really go wrong, made by openssl: each refusal says what is wrong with it and what to do; what is trusted passes.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, http, json, os, proc = require "sys.fs", require "sys.http", require "sys.json", require "sys.os", require "sys.proc"

local folder = assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/tls-"))
local function at(name) return folder .. "/" .. name end

local function openssl(...)
  local p <close> = assert(proc.open { argv = { "openssl", ... }, cwd = folder, stderr = "stdout" })
  local out = {}
  for text in function() return (p:read()) end do out[#out + 1] = text end
  if p:wait().code ~= 0 then error("openssl: " .. table.concat(out)) end
end

fs.write(at "ca.conf", ([[
[ca]
default_ca = here
[here]
dir = %s
new_certs_dir = $dir
database = $dir/index.txt
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
]]):format(folder))
fs.write(at "index.txt", "")

local EC = { "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes" }
local function request(name, subject, ...)
  openssl("req", EC[1], EC[2], EC[3], EC[4], EC[5], "-subj", "/CN=" .. subject, "-keyout", at(name .. ".key"), ...)
end
local function authority(name)
  request(name, name, "-x509", "-days", "2", "-out", at(name .. ".pem"))
end
-- A server's certificate, signed by an authority.
local function certificate(name, by, host, from, to)
  request(name, host, "-new", "-addext", "subjectAltName=DNS:" .. host, "-out", at(name .. ".csr"))
  openssl("ca", "-batch", "-notext", "-config", at "ca.conf", "-cert", at(by .. ".pem"), "-keyfile", at(by .. ".key"),
    "-in", at(name .. ".csr"), "-out", at(name .. ".pem"), "-startdate", from, "-enddate", to)
end

local PAST, SOON = "20200101000000Z", "20490101000000Z"
authority "ca"
certificate("good", "ca", "localhost", PAST, SOON)
certificate("expired", "ca", "localhost", PAST, "20200102000000Z")
certificate("early", "ca", "localhost", "20480101000000Z", SOON)
certificate("other", "ca", "elsewhere.test", PAST, SOON)
request("own", "localhost", "-x509", "-days", "2", "-addext", "subjectAltName=DNS:localhost", "-out", at "own.pem")

local servers <close> = setmetatable({}, { __close = function(list)
  for _, server in ipairs(list) do server:close() end
end })
local function serve(name)
  local server = assert(proc.open { argv = { "python3", "tests/fake/http_faults.py", at(name .. ".pem"), at(name .. ".key") }, stdin = "pipe", stderr = "null" })
  servers[#servers + 1] = server
  local said = ""
  while not said:find "\n" do said = said .. assert(server:read(), "the server did not start") end
  return said:match "%d+ (%d+)", said:match "%d+"
end

local function serve_by(...)
  local server = assert(proc.open { argv = { "python3", ... }, stdin = "pipe", stderr = "null" })
  servers[#servers + 1] = server
  return (assert(server:read(), "the server did not start"):match "%d+")
end

local trusted = at "ca.pem"
local good_port, plain_port = serve "good"
for name, case in pairs {
  expired = { trusted, "its certificate has expired .*certificate has expired.*its owner must renew it" },
  early = { trusted, "its certificate is not valid yet .*check the clock" },
  other = { trusted, "its certificate is not for this host .*localhost.*something else may be answering" },
  own = { trusted, "its certificate is signed by itself .*%-%-ca FILE or NODE_EXTRA_CA_CERTS=FILE" },
  good = { nil, "its certificate is signed by an authority that is not known here .*behind a company gateway" },
} do
  local port = name == "good" and good_port or serve(name)
  local s, e = http.open { url = "https://localhost:" .. port .. "/ok", ca = case[1] }
  t.err(s, e, "network", name)
  t.match(e and e.message, "^no secure connection to localhost:" .. port .. ": " .. case[2], name)
  t.eq(e and e.code, "certificate", name)
end

local good = "https://localhost:" .. good_port .. "/ok"
for field, path in pairs { ca = trusted, ca_pem = assert(fs.read(trusted)) } do
  local s <close> = assert(http.open { url = good, [field] = path })
  t.eq(s:all(), "hello", field)
end
do
  local s, e = http.open { url = "https://localhost:" .. plain_port .. "/ok" }
  t.err(s, e, "network", "TLS to a plain server")
  t.match(e.message, "the server does not speak TLS there.*use http://", "what to do")
  t.eq(e.code, "tls", "trying again does not help")
end

-- Proxies: named without their password, when they are the reason.
for name, case in pairs {
  ["nobody listens"] = { "http://ann:hunter22@127.0.0.1:1", "the proxy http://127.0.0.1:1 gave no connection to example.test: Connection refused: check %-%-proxy" },
  ["refuses"] = { "http://ann:hunter22@127.0.0.1:" .. plain_port, "the proxy http://127.0.0.1:%d+ gave no connection to example.test: .*403" },
  ["wants a name"] = { "http://127.0.0.1:" .. plain_port, "the proxy http://127.0.0.1:%d+ wants a name and a password: http://NAME:PASSWORD@HOST:PORT", "auth" },
  ["no such host"] = { "http://no-such-host.invalid:3128/", "the proxy http://no%-such%-host.invalid:3128 gave no connection to example.test" },
} do
  local s, e = http.open { url = name == "wants a name" and "https://wants-a-name.test/" or "https://example.test/", proxy = case[1] }
  t.err(s, e, case[3] or "network", name)
  t.match(e.message, case[2], name)
  t.eq(e.code, "proxy", name)
  t.ok(not e.message:find "hunter22", name .. ": no password")
end

-- The program: one attempt, and the ways to trust it.
do
  local place = program.place()
  local function ask(env, ...)
    env.OPENAI_API_KEY, env.OPENAI_BASE_URL = "sk-0123456789abcdef", "https://localhost:" .. good_port
    return program.run(place, { "-p", "hi", "-m", "m", ... }, { env = env })
  end
  local r = ask {}
  t.eq(r.code, 1, "not trusted")
  t.match(r.err, "^qwen: no secure connection to localhost:%d+: its certificate [^\n]*\n$", "said once, not tried again")
  local hook = place.home .. "/.qwen/hooks/trust.lua"
  fs.mkdir(place.home .. "/.qwen/hooks")
  fs.write(hook, ('return { request_built = function(_, request) request.insecure, request.ca = true, %q end }'):format(trusted))
  t.match(ask({}).err, "no secure connection", "no hook says whom to trust")
  fs.remove(hook)
  t.match(ask({}, "--ca", trusted).err, "404", "--ca")
  t.match(ask({ NODE_EXTRA_CA_CERTS = trusted }).err, "404", "NODE_EXTRA_CA_CERTS")
  -- Every variable, from every place of the user's own.
  fs.write(at "bom.pem", "\xef\xbb\xbf" .. fs.read(trusted))
  fs.write(at "words.pem", "no certificate\n")
  fs.mkdir(at "folder")
  fs.write(at "folder/team.crt", fs.read(trusted))
  fs.mkdir(at "empty")
  local values = { SSL_CERT_FILE = trusted, SSL_CERT_DIR = at "folder", NODE_EXTRA_CA_CERTS = at "bom.pem" }
  local dotenv, settings = place.home .. "/.qwen/.env", place.home .. "/.qwen/settings.json"
  for name, value in pairs(values) do
    t.match(ask({ [name] = value }).err, "404", name)
    fs.write(dotenv, name .. "=" .. value .. "\n")
    t.match(ask({}).err, "404", name .. " of ~/.qwen/.env")
    fs.remove(dotenv)
    fs.write(settings, json.encode { env = { [name] = value } })
    t.match(ask({}).err, "404", name .. " of env in the settings")
    fs.remove(settings)
    fs.write(place.cwd .. "/.env", name .. "=" .. value .. "\n")
    t.match(ask({}, "--trust-folder").err, "no secure connection", name .. ": a project's .env adds no authority")
    fs.remove(place.cwd .. "/.env")
    t.match(ask({ [name] = "/no/such/file" }).err, name .. ": [^\n]*/no/such/file[^\n]* left out.*no secure connection", name .. ": not there")
  end
  t.match(ask({}, "--ca", at "bom.pem").err, "404", "--ca with a mark at its beginning")
  t.match(ask({ SSL_CERT_FILE = at "words.pem" }).err, "SSL_CERT_FILE: [^\n]* holds no certificate", "no certificate in it")
  t.match(ask({ SSL_CERT_DIR = at "empty" }).err, "SSL_CERT_DIR: the folder [^\n]* has no certificates", "nothing in it")
  t.match(ask({ SSL_CERT_DIR = at "empty", SSL_CERT_FILE = trusted, NODE_EXTRA_CA_CERTS = trusted }).err, "404", "all together")
end

-- A server that wants a certificate of ours, as both versions of TLS refuse.
for _, version in ipairs { "1.2", "1.3" } do
  if version == "1.2" then
    request("ann", "ann", "-x509", "-days", "2", "-out", at "ann.pem")
    request("eve", "eve", "-x509", "-days", "2", "-out", at "eve.pem")
    openssl("ec", "-in", at "ann.key", "-aes128", "-passout", "pass:word", "-out", at "locked.key")
  end
  local port = serve_by("tests/fake/mtls.py", at "good.pem", at "good.key", at "ann.pem", version)
  local url, place = ("https://localhost:%s"):format(port), program.place()
  local model = { OPENAI_API_KEY = "sk-0123456789abcdef", OPENAI_BASE_URL = url .. "/v1", SSL_CERT_FILE = trusted }
  local function ask(env, connection, ...)
    for name, value in pairs(model) do env[name] = value end
    fs.mkdir(place.home .. "/.qwen")
    fs.write(place.home .. "/.qwen/settings.json", json.encode { connections = { [url] = connection } })
    local words = ... and { ... } or { "-m", "m", "hi" }
    return program.run(place, words, { env = env })
  end
  local r = ask {}
  t.eq({ r.code, r.err:match "no secure connection to localhost:%d+: the server wants a certificate" ~= nil }, { 1, true }, version .. ": none")
  t.match(r.err, "clientCert and clientKey.*QWEN_CODE_CLIENT_CERT", "what to do")
  t.match(ask({}, nil, "models").err .. ask({}, nil, "models").out, "the server wants a certificate", "for the list of models, too")
  t.eq(ask({ QWEN_CODE_CLIENT_CERT = at "ann.pem", QWEN_CODE_CLIENT_KEY = at "ann.key" }).out, "hello ann\n", version .. ": of the variables")
  t.eq(ask({}, { clientCert = at "ann.pem", clientKey = at "ann.key" }).out, "hello ann\n", version .. ": of the settings")
  t.match(ask({}, { clientCert = at "ann.pem", clientKey = at "ann.key" }, "models").out, "m", version .. ": the list of models")
  t.eq(ask({}, { clientCert = at "ann.pem", clientKey = at "locked.key", clientKeyPassphrase = "word" }).out, "hello ann\n", "with a passphrase")
  t.match(ask({}, { clientCert = at "ann.pem", clientKey = at "locked.key" }).err, "our own certificate for localhost:%d+ cannot be used", "without it")
  t.match(ask({}, { clientCert = at "eve.pem", clientKey = at "eve.key" }).err, "the server refused our certificate", version .. ": another's")
  t.match(ask({}, { clientCert = at "none.pem" }).err, "client certificate '[^']*none.pem' cannot be read", "not there")
end

t.done()
