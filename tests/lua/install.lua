-- vendor/install with stand-ins for dpkg-query, apt and sudo: it asks for exactly what is missing, and for root only then.
local t = dofile "tests/check.lua"
local fs, os = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"

local bin, log, state = os.env "TMPDIR" .. "/bin", os.env "TMPDIR" .. "/log", os.env "TMPDIR" .. "/installed"
assert(fs.mkdir(bin))
local function program(name, ...)
  assert(fs.write(bin .. "/" .. name, "#!/bin/sh\n" .. table.concat({ ... }, "\n") .. "\n", { mode = 448 }))
end

-- A file of lines "NAME VERSION" is what is installed; apt-get adds to it what the release offers.
local INSTALLED = ('sed -n "s/^$last /installed /p" %s | tail -n 1 | grep . || exit 1'):format(state)
program("dpkg-query", "for last; do :; done", INSTALLED)

---Runs the installer.
---@param has table<string, string> what is installed
---@param options {uid: integer?, offers: table<string, string>?, sudo: string?, path: string?}
---@return table result
---@return string log what it called
local function install(has, options, ...)
  program("id", "echo " .. (options.uid or 0))
  local lines, offers = {}, {}
  for name, version in pairs(has) do lines[#lines + 1] = name .. " " .. version .. "\n" end
  for name, version in pairs(options.offers or {}) do
    offers[#offers + 1] = ('[ "$name" != %s ] || version=%s'):format(name, version)
  end
  local version_of = "version=\n" .. table.concat(offers, "\n")
  program("apt-cache", "name=$2", version_of, '[ -z "$version" ] || echo "  Candidate: $version"')
  program("apt-get", ('echo "apt-get $*" >>%s'):format(log), '[ "$1" = install ] || exit 0', "for name; do", version_of,
    ('[ -z "$version" ] || echo "$name $version" >>%s'):format(state), "done")
  program("sudo", options.sudo or ('[ "$1" = -n ] && exit 0; echo sudo >>%s; exec "$@"'):format(log))
  assert(fs.write(state, table.concat(lines)))
  assert(fs.write(log, ""))
  local r = assert(proc.run {
    argv = { "/bin/sh", "vendor/install", ... }, env = { PATH = options.path or bin .. ":" .. os.env "PATH", HOME = os.env "HOME" },
  })
  return r, fs.read(log)
end

-- The packages of a group; of a line with several names the one with that number.
local function group(wanted, number)
  local out = {}
  for line in assert(fs.read "vendor/packages.txt"):gmatch "[^\n]+" do
    local word, names, least = line:match "^(%l+)%s+(%S+)%s+(%S+)"
    if word == wanted then
      local all = {}
      for name in names:gmatch "[^|]+" do all[#all + 1] = name end
      out[all[math.min(number, #all)]] = least
    end
  end
  return out
end

for number = 1, 2 do
  local r, called = install(group("run", number), { uid = 1000 }, "run")
  t.eq({ r.code, called, r.err }, { 0, "", "" }, "nothing is missing: nothing is called, no root, with the names of release " .. number)
end

-- Missing, and too old.
local has = group("run", 2)
has.ripgrep, has.git = nil, "1:2.20-1"
local offers = { ripgrep = "13.0.0-4", git = "1:2.39.5-0" }
local UPDATE, INSTALL = "apt-get update -qq\n", "apt-get install -y -qq --no-install-recommends "
local r, called = install(has, { offers = offers }, "run")
t.eq({ r.code, called }, { 0, UPDATE .. INSTALL .. "ripgrep git\n" }, "as root")
t.match(r.out, "ripgrep git\n", "it names what it installs")

r, called = install(has, { uid = 1000, offers = offers }, "run")
t.eq({ r.code, called }, { 0, "sudo\n" .. UPDATE .. "sudo\n" .. INSTALL .. "ripgrep git\n" }, "another user uses sudo")
t.match(r.out, "with sudo", "and it says so")

-- Without root: the command for an administrator, and nothing is called.
for name, sudo in pairs { ["no password can be asked for"] = "exit 1", ["sudo works for nothing"] = "exit 127" } do
  r, called = install(has, { uid = 1000, offers = offers, sudo = sudo }, "run")
  t.eq({ r.code, called, r.out }, { 1, "", "" }, name)
  t.match(r.err, "\n  apt%-get install %-%-no%-install%-recommends ripgrep git\n$", "the command: " .. name)
end

-- Without root, and no lists to choose a name from.
has = group("run", 1)
has.libcurl4t64 = nil
r, called = install(has, { uid = 1000, sudo = "exit 1" }, "run")
t.eq({ r.code, called, r.out }, { 1, "", "" }, "no lists")
t.match(r.err, "\n  apt%-get update\nThen run: vendor/install run\n$", "what comes first")

-- Names that differ between releases.
for _, case in ipairs {
  { { libcurl4t64 = "8.14.1", ["libhiredis1.1.0"] = "1.2.0" }, "libcurl4t64 libhiredis1.1.0" },
  { { libcurl4 = "7.88.1", ["libhiredis0.14"] = "0.14.1" }, "libcurl4 libhiredis0.14" },
} do
  has = group("run", 1)
  has.libcurl4t64, has["libhiredis1.1.0"] = nil, nil
  r, called = install(has, { offers = case[1] }, "run")
  t.eq({ r.code, called }, { 0, UPDATE .. INSTALL .. case[2] .. "\n" }, "this release has " .. case[2])
end

-- A release that has nothing new enough.
has = group("build", 1)
has.cmake = nil
r = install(has, { offers = { cmake = "3.18.4-2" } }, "build")
t.eq(r.code, 1, "too old a release is a failure")
t.match(r.err, "\n  cmake 3%.18%.4%-2, needed: 3%.25\n$", "that names the package and both versions")

called = select(2, install({}, {}, "build", "test"))
t.match(called, "install .* gcc .* libcmocka%-dev", "several groups in one go")
t.ok(not called:find " clang " and not called:find "valkey", "and no other")

r, called = install({}, {}, "nope")
t.eq({ r.code, called }, { 2, "" }, "an unknown group is refused")
t.match(r.err, "build run test", "with the groups that there are")
t.eq(install({}, {}, "run", "b.*").code, 2, "a group is a name, not a pattern")

-- A system that is not Debian: the tools that the script itself needs, but no dpkg.
local other = os.env "TMPDIR" .. "/other"
assert(fs.mkdir(other))
for _, name in ipairs { "sh", "dirname", "sed", "tr", "uniq", "grep", "head", "id" } do
  assert(proc.run { argv = { "ln", "-s", assert(proc.which(name)), other .. "/" .. name } })
end
r = install({}, { path = other }, "run")
t.eq({ r.code, r.out }, { 1, "" }, "no dpkg")
t.match(r.err, "\n  ripgrep, version 13%.0 or newer\n", "what to install by hand")
t.match(r.err, "\n  libcurl4t64 or libcurl4, version ", "under either name")

program("apt-get", "echo 'E: no network' >&2; exit 100")
local failing = { argv = { "/bin/sh", "vendor/install", "fuzz" }, env = { PATH = bin .. ":" .. os.env "PATH", HOME = os.env "HOME" } }
r = assert(proc.run(failing))
t.ok(r.code ~= 0 and r.err:find "E: no network", "a failure of apt is a failure, with its words")

t.done()
