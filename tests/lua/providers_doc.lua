-- The worked examples of docs/providers.md, as they stand there: each is installed in a fresh home and asked a prompt by the real program.
require "qwen.api"
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local proc = require "qwen.util.process"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"

-- Files by section: a block is the file that was named last before it.
local sections, blocks = {}, 0
do
  local section, path, block, lang
  for line in assert(fs.read "docs/providers.md"):gmatch "([^\n]*)\n" do
    if lang then
      if line == "```" then
        assert(path, "a block without a file in: " .. section)
        sections[section][path], blocks = table.concat(block, "\n") .. "\n", blocks + 1
        path, lang = nil, nil
      else
        block[#block + 1] = line
      end
    elseif line:find "^## " then
      section = line:sub(4)
      sections[section] = {}
    elseif line:find "^```" then
      lang, block = line, {}
    else
      for found in line:gmatch "`(~/%.qwen/[%w_/]+%.%a+)`" do path = found end
    end
  end
end

local used = 0

-- Installs a section with the server in the place of the service, and asks.
local function try(section, answers, env, files)
  local place = program.place(files)
  local server = fake.start(answers)
  for path, text in pairs(sections[section]) do
    used = used + 1
    local full = place.home .. path:sub(2)
    fs.mkdir(full:match "^(.*)/")
    fs.write(full, (text:gsub("https://llm%.example%.com", (server.url:gsub("/v1$", "")))))
  end
  local r = program.run(place, { "-p", "hello" }, { env = env })
  local asked = server:requests()
  server:close()
  return r, asked, place
end

local KEY = "sk-0123456789abcdef"
local OK = { text = "fine" }

do -- the template changes nothing
  local settings = '{"modelProviders":{"%s":[{"id":"m","envKey":"K","baseUrl":"https://llm.example.com/v1"}]},"security":{"auth":{"selectedType":"%s"}},"model":{"name":"m"}}'
  local bodies, headers = {}, {}
  for i, name in ipairs { "house", "openai" } do
    sections["A template"]["~/.qwen/settings.json"] = settings:format(name, name)
    local r, asked = try("A template", { OK }, { K = KEY })
    t.eq({ r.code, r.out }, { 0, "fine\n" }, name .. ": " .. r.err)
    bodies[i], headers[i] = json.encode(asked[1].body):gsub("/place%-%w+", ""), asked[1].headers
  end
  used, blocks = used - 3, blocks -- its settings are ours, and it was tried twice
  t.eq(bodies[1], bodies[2], "the template asks as its base")
  headers[1].host, headers[2].host, headers[1]["content-length"], headers[2]["content-length"] = nil, nil, nil, nil
  t.eq(headers[1], headers[2], "with the same headers")
end

do
  local r, asked = try("A company gateway: headers and a path prefix", { OK }, { GATEWAY_KEY = KEY })
  t.eq({ r.code, r.out }, { 0, "fine\n" }, r.err)
  t.eq({ asked[1].path, asked[1].headers["x-team"], asked[1].headers["x-purpose"], asked[1].headers.authorization },
    { "/llm/v2/chat/completions", "compilers", "coding", "Bearer " .. KEY }, "gateway")
end

do
  local helper = '#!/bin/sh\necho x >>"$HOME/calls"\nn=$(wc -l <"$HOME/calls")\necho "{\\"token\\":\\"token-number-000$n\\",\\"expires_in\\":3600}"\n'
  local place = program.place { ["~/bin/company-token"] = helper }
  local bin = place.home .. "/bin"
  assert(proc.run { argv = { "chmod", "755", bin .. "/company-token" } })
  local env = { PATH = bin .. ":" .. os.env "PATH" }
  local r, asked = try("A token from a command", { { status = 401, json = { error = { message = "expired" } } }, OK }, env)
  t.eq({ r.code, r.out, r.err }, { 0, "fine\n", "" }, "a token that was refused is replaced, silently")
  t.eq({ asked[1].headers.authorization, asked[2].headers.authorization }, { "Bearer token-number-0001", "Bearer token-number-0002" }, "token")
  used = used - 3
  r, asked = try("A token from a command", { { status = 401, json = {} }, { status = 401, json = {} }, OK }, env)
  t.eq({ r.code, #asked }, { 1, 2 }, "once")
  fs.write(bin .. "/company-token", "#!/bin/sh\necho no badge >&2\nexit 3\n")
  used = used - 3
  r, asked = try("A token from a command", { OK }, env)
  t.eq({ r.code, #asked }, { 1, 0 }, "a helper that fails")
  t.match(r.err, "company%-token failed: no badge", "is heard")
end

do
  local bin = assert(fs.mkdtemp(os.env "TMPDIR" .. "/bin-"))
  fs.write(bin .. "/company-token", "#!/bin/sh\n[ \"$1\" = --plain ] || exit 2\necho >>\"$0.count\"\necho token-number-000$(grep -c '' \"$0.count\")\n", { mode = 493 })
  local env = { PATH = bin .. ":" .. os.env "PATH" }
  local r, asked = try("A key that a program prints", { { status = 401, json = { error = { message = "expired" } } }, OK }, env)
  t.eq({ r.code, r.out, r.err }, { 0, "fine\n", "" }, "a key that was refused is asked for again, silently")
  t.eq({ asked[1].headers.authorization, asked[2].headers.authorization }, { "Bearer token-number-0001", "Bearer token-number-0002" }, "key")
end

do
  local r, asked = try("A field of the body removed", { OK }, { PLAIN_KEY = KEY })
  t.eq({ r.code, r.out }, { 0, "fine\n" }, r.err)
  t.eq({ asked[1].body.stream_options, asked[1].body.max_tokens, asked[1].body.max_new_tokens }, { nil, nil, 8000 }, "fields")
end

do
  local r, asked = try("A renamed model", { OK }, { VENDOR_KEY = KEY })
  t.eq({ r.code, asked[1].body.model }, { 0, "vendor/model-7b-2026-10" }, r.err)
end

do
  local lines = '{"say":"fi"}\n\n{"say":"ne"}\n{"done":true,"read":3,"written":1}\n'
  local section = "A service with a stream format of its own"
  local r, asked = try(section, { { body = lines, slow = { 7, 0 }, framing = "chunked" } }, { LINES_KEY = KEY })
  t.eq({ r.code, r.out }, { 0, "fine\n" }, r.err)
  local last = asked[1].body.ask[#asked[1].body.ask]
  t.eq({ asked[1].path, last.who, last.text }, { "/talk", "user", "hello" }, "its own request")
  used = used - 2
  r = try(section, { { body = '{"say":"half"}\n' } }, { LINES_KEY = KEY })
  t.match(r.err, "ended before the service said that it was complete; what came of the answer is kept", "cut")
  used = used - 2
  r = try(section, { { body = '{"failed":"no idea"}\n' } }, { LINES_KEY = KEY })
  t.match(r.err, "no idea", "failed")
end

do
  local r, asked = try("Signed requests", { OK }, { SIGNING_KEY = KEY })
  t.eq({ r.code, r.out }, { 0, "fine\n" }, r.err)
  local h = asked[1].headers
  t.eq({ h.authorization, h["x-key-id"] }, { nil, "team-7" }, "the key itself is not sent")
  local text = table.concat({ "POST", "/v1/chat/completions", h["x-time"], asked[1].sha256 }, "\n")
  local openssl = assert(proc.run { argv = { "openssl", "dgst", "-sha256", "-hmac", KEY }, input = text })
  t.eq(h["x-signature"], "v1=" .. openssl.out:match "%x+%s*$":match "%x+", "signed as openssl signs")
end

do
  local busy, moved = { status = 418, json = {} }, { status = 421, json = {} }
  local r, asked = try("Hooks on requests", { busy, busy, OK }, { HOUSE_KEY = KEY })
  t.eq({ r.code, r.out, #asked, asked[3].headers["x-request-from"] }, { 0, "fine\n", 3, "qwen" }, r.err)
  used = used - 2
  r, asked = try("Hooks on requests", { moved, OK }, { HOUSE_KEY = KEY })
  t.eq({ r.out, asked[2].body.model }, { "fine\n", "spare" }, "another model")
  t.match(r.err, "spare is asked instead", "said")
end

t.eq(used, blocks, "every block of the page was tried")
t.done()
