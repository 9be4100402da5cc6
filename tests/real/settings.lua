-- Every key of Qwen Code 0.24.4 is honoured, or named with a reason; nothing that a file sets is left out in silence.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local effect = require "qwen.config.effect"
local fs = require "sys.fs"
local json = require "sys.json"
local known = require "qwen.config.known_keys"
local schema = require "qwen.config.schema"

local counts = { honoured = 0, named = 0, unknown = 0 }
local has_honoured = {}
for name in pairs(schema) do
  local part = name:match "^(.*)%.[^.]+$"
  while part do
    has_honoured[part], part = true, part:match "^(.*)%.[^.]+$"
  end
end

local keys = {}
for line in fs.read "tests/real/settings-0.24.4.tsv":gmatch "[^\n]+" do
  local key, kind = line:match "^(%S+)\t(%S+)$"
  if key ~= "key" then
    local state, entry = effect.state(key)
    -- An object that only holds others is what they are.
    if state == "above" then state = has_honoured[key] and "honoured" or "named" end
    counts[state] = counts[state] + 1
    keys[#keys + 1] = { key = key, kind = kind, state = state, entry = entry }
    t.ok(state ~= "unknown", key .. " is unknown")
  end
end
t.eq(#keys, 392, "keys of the list")
io.write(("settings of Qwen Code 0.24.4: %d honoured, %d named, %d unknown\n")
  :format(counts.honoured, counts.named, counts.unknown))

for _, name in ipairs(known.names()) do
  t.ok(not schema[name], name .. " is in schema.lua and in known_keys.lua")
  t.ok(#known.find(name).text > 0, name .. " has a reason")
end

-- A file that sets every named key: each of them is listed, and none of the others.
local samples = { array = json.array { "x" }, number = 7, integer = 7, string = "x", boolean = true, enum = "x" }
local values, want = {}, {}
for _, row in ipairs(keys) do
  local value = row.kind == "object" and { x = 1 } or samples[row.kind]
  local same = row.entry and (row.entry.same == "*" or row.entry.same == json.encode(value))
  if row.state == "named" and row.entry and not same then
    local at = values
    for part in row.key:gmatch "([^.]+)%." do
      at[part] = type(at[part]) == "table" and at[part] or {}
      at = at[part]
    end
    if type(at[row.key:match "[^.]+$"]) ~= "table" then at[row.key:match "[^.]+$"] = value end
  end
end
for _, row in ipairs(effect.without { values = values, lines = {}, source = "x" }) do
  want[#want + 1] = row.key
  t.ok(row.text, row.key .. " is named with a reason")
end
t.ok(#want > 100, "named keys are found in a file")

-- What is said at the start, by the list and by the doctor.
local home = program.place { ["~/.qwen/settings.json"] = [[{
  "$version": 4, "//": "a comment",
  "ui": {"them": "dark", "hideTips": true, "renderMode": "raw"},
  "general": {"enableAutoUpdate": false, "voice": {"enabled": true}},
  "tools": {"sandboxImage": "x"},
  "model": {"generationConfig": {"timeout": 10000, "cacheRetention": "1h"}},
  "wholly": {"unknown": 1}
}]] }
local function run(...) return program.run(home, { ... }, { alone = true }) end
local listed, started = run("config", "list"), run("-p", "hello")
for _, key in ipairs { "ui.renderMode", "general.voice", "tools.sandboxImage", "model.generationConfig.cacheRetention", "ui.them",
  "wholly" } do
  t.ok(listed.out:find("no effect: " .. key .. " ", 1, true), "config list names " .. key)
  t.ok(started.err:find(key, 1, true), "the start names " .. key)
end
for _, key in ipairs { "hideTips", "enableAutoUpdate", "$version", "//" } do
  t.ok(not (listed.out .. started.err):find(key, 1, true), "nothing is said of " .. key)
end
t.match(started.err, "did you mean ui%.theme%?", "an unknown key gets the nearest name")

local doctor = json.decode(run("doctor", "--json").out)
local states = {}
for _, item in ipairs(doctor.items) do
  if item.section == "Settings" then states[item.text:match ": (%S+)"] = item.state end
end
t.eq(states["tools.sandboxImage"], "bad", "a setting that restricts and is not honoured is wrong")
t.eq(states["ui.renderMode"], "warn", "one without effect is a note")
t.eq(states.wholly, "warn", "so is an unknown one")
t.ok(not run("doctor").out:find("everything is in order", 1, true), "not everything is in order")

-- Keys of the user's own kind below what is taken whole, and a project's file.
local quiet = program.place { ["~/.qwen/settings.json"] = [[{"mcpServers": {"a": {"command": "true", "strange": 1}}, "limits": {"rules": {"mine": "3/min"}},
  "modelProviders": {"openai": []}, "lua": {"hooks/mine": {"limit": 3}}, "hooks": {}}]] }
t.eq(program.run(quiet, { "doctor", "--json" }).out:find '"section":%s*"Settings",%s*"state":%s*"[bw]', nil, "what the user names is not judged")

-- The page is what its generator prints; to renew it: build/release/qwen lua docs/gen/settings.lua >docs/settings.md
local page = assert(require("qwen.util.process").run { argv = { program.binary, "lua", "docs/gen/settings.lua" },
  env = { HOME = home.home, PATH = "/usr/bin:/bin" } })
t.ok(page.out == fs.read "docs/settings.md", "docs/settings.md is what docs/gen/settings.lua prints")

t.done()
