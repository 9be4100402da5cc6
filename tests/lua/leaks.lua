-- Keys that are kept go through whole sessions and show up nowhere: not in files, arguments, environments, logs, recordings, errors, output.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, os, proc = require "sys.fs", require "sys.json", require "sys.os", require "qwen.util.process"

-- A key with characters that look different in a form, in JSON and in base64.
local function new_key()
  return "sk-" .. os.base64(os.random(15)):gsub("[+/]", "A") .. "/+&\"=" .. os.base64(os.random(9)):gsub("[+/]", "B")
end

-- Every form that a value may be seen in.
local function forms(value)
  local hex = value:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  local out = { value, hex, json.encode(value):sub(2, -2), (value:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)) }
  for shift = 0, 2 do out[#out + 1] = os.base64(("x"):rep(shift) .. value):sub(3 + 2 * shift // 1, -7) end
  return out
end

local function holds(text, value)
  for _, form in ipairs(forms(value)) do
    if text:find(form, 1, true) then return form end
  end
end
t.ok(holds("a " .. os.base64("user:sk-0123456789abcdef") .. " b", "sk-0123456789abcdef"), "the scan finds what is encoded")

local files = 0
local function scan(folder, value, found)
  for _, entry in ipairs(assert(fs.list(folder))) do
    local path = folder .. "/" .. entry.name
    if entry.type == "dir" then scan(path, value, found) end
    if entry.type == "file" then
      files = files + 1
      if holds(assert(fs.read(path)), value) then found[#found + 1] = path end
    end
  end
  return found
end

local look = [[echo "$PPID"; env; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' '; cat /proc/$PPID/environ 2>&1 | tr '\0' ' '; ls ~/.qwen]]
local function session(value, backend)
  local server <close> = fake.start {
    { text = "looking", calls = { { name = "run_shell_command", arguments = { command = look } } } },
    { text = "done" },
    { text = "your key is " .. value, think = "the key is " .. value },
    { status = 401, body = "your key " .. value .. " is not known here" },
    { status = 400, json = { error = { message = "bad request with " .. value } } },
  }
  local settings = { modelProviders = { openai = { { id = "m", envKey = "TEAM_KEY", baseUrl = server.url } } }, model = { name = "m" } }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode(settings) }
  local keep = place.root .. "/keep.lua"
  assert(fs.write(keep, ([[print(require "qwen.credential.credentials".put("TEAM_KEY", { secret = io.read "l", origins = { %q } }, { backend = %q }))]])
    :format(server.url:gsub("/v1$", ""), backend)))
  local outputs = {}
  local function run(args, options)
    local r = program.run(place, args, options)
    outputs[#outputs + 1] = r.out .. r.err
    return r
  end
  local function shell(input, ...)
    local r = proc.run { argv = { program.binary, ... }, cwd = place.cwd, env = { PATH = os.env "PATH", HOME = place.home }, input = input }
    outputs[#outputs + 1] = r.out .. r.err
  end
  shell(value .. "\n", "lua", keep)
  t.eq(outputs[1], backend .. "\n", "kept")
  local r = run { "-y", "--record", place.root .. "/tape.jsonl", "--openai-logging", "look around" }
  t.match(r.out, "done", "a whole session")
  t.eq(server:requests()[1].headers.authorization, "Bearer " .. value, "the key was sent")
  t.match(run({ "--output-format", "json", "my key?" }).out, "your key is <secret TEAM_KEY>", "a server that repeats the key in its answer")
  t.ok(run({ "--record", place.root .. "/tape2.jsonl", "again" }).code ~= 0, "a server that repeats the key in its refusal")
  t.ok(run({ "--output-format", "json", "again" }).code ~= 0, "and in JSON")
  run { "-m", "m", "--openai-base-url", "https://elsewhere.example/v1", "hi" }
  run { "auth", "status", "--json" }
  run { "auth", "list", "--json" }
  run { "config", "list" }
  run { "auth", "move", "--to", "vault" }
  run { "auth", "move", "--to", "nowhere" }
  local found = scan(place.root, value, {})
  t.eq(found, {}, "files that hold the key")
  local where = {}
  for i, text in ipairs(outputs) do
    if holds(text, value) then where[#where + 1] = i .. ": " .. text:sub(1, 200) end
  end
  t.eq(where, {}, "outputs that hold it")
  fs.remove_tree(place.root)
end

for _ = 1, os.env "QWEN_LONG" and 50 or 2 do session(new_key(), "vault") end
if require "sys.secret_store".probe("kernel", {}) then
  session(new_key(), "kernel")
else
  t.skip "a key in the kernel: this system forbids its keyring, which no package changes"
end
t.ok(files > 10, "files were scanned")
t.done()
