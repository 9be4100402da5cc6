-- No memory at one allocation, or at all from one on: a start, an answer and a turn with a tool end in a result or in a sentence, never in
-- an abort, an internal error or a damaged file. A few places, each of the first 5,000 with QWEN_LONG=1.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"

local shim = assert(fs.realpath((program.binary:match "^(.*)/"))) .. "/tests/fail_alloc.so"
local long = os.env "QWEN_LONG" == "1"
local SETTINGS = '{\n  // kept as it is\n  "ui": { "theme": "light" }\n}\n'
local call = { name = "run_shell_command", arguments = { command = "echo done", is_background = false } }

-- Runs it with these variables of the shim; the answer, and why it is wrong.
local function try(server, scenario, fields)
  local place = program.place { ["~/.qwen/settings.json"] = SETTINGS }
  local env = { OPENAI_API_KEY = "sk-test-0123456789", OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m", LD_PRELOAD = shim, FAIL_COUNT = place.root .. "/count" }
  for name, value in pairs(fields) do env[name] = tostring(value) end
  local r = program.run(place, scenario.args, { env = env })
  local wrong
  if r.signal or r.code == 70 then wrong = "it ended by " .. (r.signal or r.code)
  elseif r.err:find "internal error" or r.err:find "stack traceback" or r.err:find "out of control" then wrong = "an internal error"
  elseif r.code ~= 0 and not r.err:find "%w" then wrong = "code " .. r.code .. " without a word"
  elseif fs.read(place.home .. "/.qwen/settings.json") ~= SETTINGS then wrong = "the settings changed" end
  for _, project in ipairs(fs.list(place.home .. "/.qwen/projects") or {}) do
    local chats = place.home .. "/.qwen/projects/" .. project.name .. "/chats"
    for _, chat in ipairs(fs.list(chats) or {}) do
      for line in (fs.read(chats .. "/" .. chat.name) or ""):gmatch "([^\n]*)\n" do
        if chat.name:find "%.jsonl$" and not json.decode(line) then wrong = "a line of the session is damaged" end
      end
    end
  end
  return r, wrong, tonumber(fs.read(place.root .. "/count") or "")
end

local scenarios = {
  start = { args = { "--help" }, turns = 0 },
  answer = { args = { "-p", "hi" }, turns = 0 },
  tool = { args = { "--yolo", "-p", "hi" }, turns = 1 },
}
for name, scenario in pairs(scenarios) do
  local server <close> = fake.start({ { loop = { turns = scenario.turns, call = call }, times = 0 } }, { log = false })
  local r, wrong, count = try(server, scenario, {})
  t.eq({ r.code, wrong }, { 0, nil }, name .. ": " .. r.err)
  t.ok(count and count > 100, name .. " allocates")
  local most = math.min(count or 0, long and 5000 or math.huge)
  local step = long and 1 or math.max(1, most // 20)
  for _, span in ipairs { 1, 1 << 30 } do
    for at = 0, most, step do
      r, wrong = try(server, scenario, { FAIL_AT = at, FAIL_FOR = span })
      t.eq(wrong, nil, ("%s, allocation %d and %d more: %s"):format(name, at, span - 1, r.err))
    end
  end
end
t.done()
