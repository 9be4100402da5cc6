-- The file of the limits when each operation on it fails, or its process is killed there: a place
-- is counted or not taken, and the next process goes on at once.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"
local limit = require "sys.limit"
local os = require "sys.os"
local run = require("qwen.util.process").run

local shim = assert(fs.realpath((program.binary:match "^(.*)/"))) .. "/tests/fail_io.so"
local WINDOWS = { { n = 1000, per = 3600, margin = 0, weighted = false, day = false } }
local TAKE = [[
local limit, os = require "sys.limit", require "sys.os"
local _, path = ...
local windows = { { n = 1000, per = 3600, margin = 0, weighted = false, day = false } }
local store, e = limit.open(path)
local answer
if store then answer, e = store:take("k", windows, 0, nil, "words", false) end
if answer and answer.first then
  answer, e = store:seed("k", {})
  if answer then answer, e = store:take("k", windows, 0, nil, "words", false) end
end
os.out(answer and answer.grant and "granted" or "failed " .. tostring(e))
]]

local function used(path)
  local store = assert(limit.open(path))
  local use = assert(store:usage("k", WINDOWS))
  return use[1].used
end

-- One place more, with the fault at operation number n; true when the fault was played.
local function take(place, path, fault, n)
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR" }
  if fault then
    env.LD_PRELOAD, env.FAIL_CALL, env.FAIL_PATH = shim, fault.call, "limits.db"
    env.FAIL_AT, env.FAIL_FOR, env.ASAN_OPTIONS = tostring(n), "1", "verify_asan_link_order=0"
    env[fault.kill and "FAIL_KILL" or "FAIL_ERRNO"] = fault.kill and "1" or tostring(fault.errno)
  end
  return assert(run { argv = { program.binary, "lua", place.cwd .. "/take.lua", path }, env = env })
end

local FAULTS = {}
for _, call in ipairs { "pwrite", "fdatasync" } do
  FAULTS[#FAULTS + 1] = { call = call, kill = true, words = "killed" }
  FAULTS[#FAULTS + 1] = { call = call, errno = 28, words = "disk full" }
  FAULTS[#FAULTS + 1] = { call = call, errno = 5, words = "I/O error" }
end

-- Plays a fault at operation number n; false when there is none of that number any more.
local function play(fault, n, place, path, before)
  local name = ("%s, %s %d"):format(fault.words, fault.call, n)
  local r = take(place, path, fault, n)
  local after, granted = used(path), r.out == "granted"
  t.ok(after == before + 1 or not granted and after == before,
    ("%s: %q, %g used before, %g after"):format(name, r.out, before, after))
  t.eq(fault.kill or granted or r.out:find "^failed " ~= nil, true, name .. ": said")
  local next_one = take(place, path)
  t.eq({ next_one.out, used(path) }, { "granted", after + 1 }, name .. ": the next one")
  return not granted, after + 1
end

local MOST = 200
local function new_place()
  local place = program.place { ["take.lua"] = TAKE }
  return place, place.home .. "/limits.db"
end
for _, fault in ipairs(FAULTS) do
  local fresh, there = 0, 0
  for n = 0, MOST do -- while the file is made
    local place, path = new_place()
    if not play(fault, n, place, path, 0) then break end
    fresh = fresh + 1
    fs.remove_tree(place.root)
  end
  local place, path = new_place()
  local count = 1
  t.eq(take(place, path).out, "granted", "the file is there")
  for n = 0, MOST do
    local played
    played, count = play(fault, n, place, path, count)
    if not played then break end
    there = there + 1
  end
  t.ok(fresh > 0 and there >= (fault.call == "pwrite" and 2 or 0), fault.words .. ": was played")
  io.write(("%s at each %s: %d of a new file, %d of one that is there\n"):format(fault.words,
    fault.call, fresh, there))
end
t.done()
