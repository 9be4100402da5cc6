-- Certificates as they really go wrong, made by openssl: each refusal says what is wrong with it and what to do; what is trusted passes.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, http, os, proc = require "sys.fs", require "sys.http", require "sys.os", require "sys.proc"

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
for field, path in pairs { ca = trusted, extra_ca = trusted } do
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
  ["no such host"] = { "http://no-such-host.invalid:3128/", "the proxy http://no%-such%-host.invalid:3128 gave no connection to example.test" },
} do
  local s, e = http.open { url = "https://example.test/", proxy = case[1] }
  t.err(s, e, "network", name)
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
  r = ask { NODE_EXTRA_CA_CERTS = "/no/such/file" }
  t.match(r.err, "NODE_EXTRA_CA_CERTS: /no/such/file cannot be read.*no secure connection", "a file that is not there")
  fs.write(place.cwd .. "/.env", "NODE_EXTRA_CA_CERTS=" .. trusted .. "\n")
  t.match(ask({}, "--trust-folder").err, "no secure connection", "a project's .env adds no authority")
end

t.done()
