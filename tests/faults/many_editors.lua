-- Many processes change one file at once, each another line: whatever was told "updated" is in the file. QWEN_LONG=1: 50 processes, 10 rounds.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "sys.proc"
local proc_run = require("qwen.util.process").run

local LONG = os.env "QWEN_LONG" == "1"
local PROCESSES, ROUNDS = LONG and 50 or 12, LONG and 10 or 2

local function line(process)
  local text = ""
  while not text:find "\n" do
    local bytes = process:read()
    if not bytes then return text end
    text = text .. bytes
  end
  return text:match "^[^\n]*"
end

-- Starts all, lets all go at once; what each was told.
local function race(place, path, way)
  local all, told = {}, {}
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR" }
  for i = 1, PROCESSES do
    all[i] = assert(proc.open { argv = { program.binary, "lua", "tests/fake/editor.lua", path, tostring(i), way }, env = env, stdin = "pipe", stderr = "stdout" })
  end
  for i = 1, PROCESSES do t.eq(line(all[i]), "ready", way) end
  for i = 1, PROCESSES do all[i]:write "go\n" end
  for i = 1, PROCESSES do
    told[i] = line(all[i])
    all[i]:close()
  end
  return told
end

local function lines(state)
  local out = {}
  for i = 1, PROCESSES do out[i] = ("line %d: %s\n"):format(i, state) end
  return table.concat(out)
end

-- How the file is there: one that a rename replaces, one of two names that is written in its place.
local kinds = { plain = function() end }
function kinds.linked(path) assert(proc_run { argv = { "ln", path, path .. ".other" } }.code == 0) end

for kind, prepare in pairs(kinds) do
  for _, way in ipairs { "edit", "write_file" } do
    local updated, refused = 0, 0
    for _ = 1, ROUNDS do
      local place = program.place { ["f"] = lines "old" }
      local path = place.cwd .. "/f"
      prepare(path)
      local told = race(place, path, way)
      local text, lost = fs.read(path), {}
      for i, words in ipairs(told) do
        local there = text:find(("line %d: new\n"):format(i), 1, true) ~= nil
        if words == "updated" then updated = updated + 1 else refused = refused + 1 end
        if there ~= (words == "updated") then lost[#lost + 1] = i .. " " .. words end
        if words ~= "updated" then t.match(words, "changed on disk", "why") end
      end
      t.eq(lost, {}, kind .. " " .. way)
      t.eq(#text, #lines "old", "whole")
      for _, entry in ipairs(fs.list(place.cwd)) do t.ok(not entry.name:find "^%.qwen", entry.name) end
      fs.remove_tree(place.root)
    end
    t.ok(updated > 0, "some got through")
    io.write(("%s, %s: %d updated, %d refused, none lost\n"):format(kind, way, updated, refused))
  end
end

local place = program.place { ["~/.qwen/settings.json"] = "{}" }
local told = race(place, place.cwd .. "/f", "settings")
local env = json.decode(assert(fs.read(place.home .. "/.qwen/settings.json"))).env
for i, words in ipairs(told) do t.eq({ words, env["LINE_" .. i] }, { "updated", "new" }, "settings") end
t.done()
