-- vendor/install with stand-ins for dpkg-query, id, sudo and apt-get: it asks for exactly what is missing, and for root only then.
local t = dofile "tests/check.lua"
local fs, os = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"

local bin = os.env "TMPDIR" .. "/bin"
local log = os.env "TMPDIR" .. "/log"
assert(fs.mkdir(bin))
local function program(name, text)
  assert(fs.write(bin .. "/" .. name, "#!/bin/sh\n" .. text .. "\n", { mode = 448 }))
end
program("apt-get", 'echo "apt-get $*" >>' .. log)
program("sudo", 'echo sudo >>' .. log .. '; exec "$@"')

---Runs the installer on a system with these packages; gives its result and what it called.
local function install(packages, uid, ...)
  program("id", "echo " .. uid)
  local cases = {}
  for name, version in pairs(packages) do cases[#cases + 1] = ("  %s) echo 'installed %s' ;;"):format(name, version) end
  program("dpkg-query", 'for last; do :; done\ncase $last in\n' .. table.concat(cases, "\n") .. "\n  *) exit 1 ;;\nesac")
  assert(fs.write(log, ""))
  local r = assert(proc.run {
    argv = { "sh", "vendor/install", ... }, stderr = "stdout",
    env = { PATH = bin .. ":" .. os.env "PATH", HOME = os.env "HOME" },
  })
  return r, fs.read(log)
end

local run_group = { libcurl4 = "7.88.1-10+deb12u15", libmd4c0 = "0.4.8-1", ["ca-certificates"] = "20250419~deb12u2", ripgrep = "13.0.0-4+b2",
  bubblewrap = "0.8.0-2+deb12u1", git = "1:2.39.5-0+deb12u3",
  ["libsqlite3-0"] = "3.40.1-2+deb12u2", ["libhiredis0.14"] = "0.14.1-3", libsodium23 = "1.0.18-1+deb12u1" }

local r, called = install(run_group, 1000, "run")
t.eq({ r.code, called }, { 0, "" }, "nothing is missing: nothing is called, no root")
t.match(r.out, "nothing to do", "and it says so")

run_group.ripgrep, run_group.git = nil, "1:2.20-1"
r, called = install(run_group, 0, "run")
t.eq({ r.code, called }, { 0, "apt-get update -qq\napt-get install -y -qq --no-install-recommends ripgrep git\n" }, "missing and too old, as root")
t.match(r.out, "installing: ripgrep git\n", "it says what it does")

r, called = install(run_group, 1000, "run")
t.eq({ r.code, select(2, called:gsub("sudo\n", "")) }, { 0, 2 }, "another user uses sudo")
t.match(r.out, "installing with sudo: ", "and says so")

called = select(2, install({}, 0, "build", "test"))
t.match(called, "install .* gcc .* libcmocka%-dev", "several groups in one go")
t.ok(not called:find "clang", "and no other")

r, called = install({}, 0, "nope")
t.eq({ r.code, called }, { 2, "" }, "an unknown group is refused")
program("apt-get", "echo 'E: no network' >&2; exit 100")
r = install({}, 0, "run")
t.ok(r.code ~= 0 and r.out:find "E: no network", "a failure of apt is a failure, with its words")

t.done()
