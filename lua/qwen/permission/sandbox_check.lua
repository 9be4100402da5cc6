-- Verifying the sandbox by trying to get out of it: a run of our own program inside attempts what a hostile command would, and what came of it
-- is looked at from outside where that is possible.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local probe = require "sys.probe"
local proc = require "qwen.util.process"
local sandbox = require "qwen.permission.sandbox"
local sys = require "sys.os"

local M = {}

local NAMESPACES = { "pid", "ipc", "mnt", "uts", "user", "net" }
local MOST_SOCKETS = 100

local function namespaces()
  local out = {}
  for _, name in ipairs(NAMESPACES) do
    local stat = fs.stat("/proc/self/ns/" .. name)
    out[name] = stat and tostring(stat.ino) or nil
  end
  return out
end

-- Something to read in a place: a file's first bytes, or a name in a folder.
local function readable(path)
  local list = fs.list(path)
  if list then return #list > 0 end
  local text = fs.read(path, 1024 * 1024)
  return text ~= nil and text ~= ""
end

---What is tried inside.
---@param plan string JSON: {write: paths, read: paths, sockets: addresses, key: name, url: string, namespaces: table}
---@return string JSON: what could be done
function M.attempt(plan)
  local p = json.decode(plan)
  local out = { sockets = json.array {}, read = json.array {}, wrote = json.array {}, shared = json.array {} }
  for _, path in ipairs(p.write) do
    if fs.create(path, "out\n") then out.wrote[#out.wrote + 1] = path end
  end
  for _, path in ipairs(p.read) do
    if readable(path) then out.read[#out.read + 1] = path end
  end
  for _, address in ipairs(p.sockets) do
    if probe.try("connect", address) then out.sockets[#out.sockets + 1] = address end
  end
  local own = namespaces()
  for name, number in pairs(p.namespaces) do
    if own[name] == number then out.shared[#out.shared + 1] = name end
  end
  out.found_key, out.made_key = probe.try("key_find", p.key), probe.try("key_add", p.key)
  out.typed = probe.try "type"
  out.connected = require("sys.http").open { url = p.url, connect_timeout = 5, proxy = "" } ~= nil
  local status = fs.read("/proc/self/status") or ""
  out.capable, out.privileges = not status:find "CapEff:%s+0+\n", not status:find "NoNewPrivs:%s+1"
  return json.encode(out)
end

-- The unix sockets of this machine that answer us here: paths and abstract names.
local function sockets()
  local out = json.array {}
  for line in (fs.read "/proc/net/unix" or ""):gmatch "[^\n]+" do
    local address = line:match " ([/@].*)$"
    if address and #out < MOST_SOCKETS and probe.try("connect", address) then out[#out + 1] = address end
  end
  return out
end

local function plan_of(ctx, listener)
  local home, id = paths.home(), sys.uuid():sub(1, 8)
  local p = { write = json.array {}, read = json.array {}, sockets = sockets(), key = "qwen-verify-" .. id, namespaces = namespaces(),
    url = ("http://127.0.0.1:%d/"):format(listener:port()) }
  local function write(folder) p.write[#p.write + 1] = folder .. "/qwen-verify-" .. id end
  for _, folder in ipairs { ctx.cwd:match "^(.*)/", "/etc", "/tmp", "/var/tmp" } do write(folder) end
  for _, name in ipairs { "/.qwen", "/.git", "/.git/hooks" } do write(ctx.cwd .. name) end
  for _, name in ipairs(home and { "", "/.ssh" } or {}) do write(home .. name) end
  local function read(path)
    if path and readable(path) then p.read[#p.read + 1] = path end
  end
  for _, name in ipairs(home and { ".ssh", ".gnupg", ".aws", ".netrc", ".git-credentials" } or {}) do read(home .. "/" .. name) end
  for _, path in ipairs { "/run", ("/proc/%d/status"):format(sys.pid()), paths.qwen_home() or "/run/user", sys.env "XDG_RUNTIME_DIR" } do read(path) end
  return p
end

-- Our own program inside, on a terminal of its own. Gives what it could do.
local function run(ctx, state, plan)
  local exe = fs.realpath "/proc/self/exe"
  local argv = { exe, "sandbox", "attempt", json.encode(plan) }
  local options, hold = sandbox.wrap(ctx, { argv = argv, timeout = 60, pty = { rows = 24, cols = 80 } }, { state = state, read = { exe } })
  if not options then return nil, hold end
  local _ <close> = hold
  local result, e = proc.run(options)
  if not result then return nil, e end
  local out = json.decode(result.out:match "^[^{]*({.*})" or "")
  if type(out) ~= "table" then return nil, err("broken", "the attempts inside the sandbox gave no result: " .. result.out:sub(1, 300)) end
  return out
end

-- Files that are there outside, which none of the attempts may have made.
local function escaped(list)
  local out = {}
  for _, path in ipairs(list) do
    if fs.stat(path, false) then
      out[#out + 1] = path
      fs.remove(path)
    end
  end
  return out
end

---Tries to get out: one row for each attempt.
---@param ctx Ctx
---@return {name: string, ok: boolean?, detail: string?}[]?, Err?
function M.verify(ctx)
  local state, e = sandbox.state(ctx)
  if not state then return nil, e end
  state.backend = "bubblewrap"
  local ok
  ok, e = sandbox.start(ctx, state)
  if not ok then return nil, e end
  local listener <close>, problem = require("sys.listen").open { ports = { 0 }, path = "/" }
  if not listener then return nil, problem end
  local plan = plan_of(ctx, listener)
  local keyed, no_key = probe.try("key_add", plan.key)
  local out
  out, e = run(ctx, state, plan)
  if keyed then probe.try("key_drop", plan.key) end
  local outside = escaped(plan.write)
  if not out then return nil, e end
  local rows = {}
  local function row(name, passed, detail) rows[#rows + 1] = { name = name, ok = passed, detail = detail ~= "" and detail or nil } end
  local function none(name, list) row(name, #list == 0, table.concat(list, ", ")) end
  none(("write outside the project, and to .git and .qwen in it (%d places)"):format(#plan.write), outside)
  none(("read keys, our folder, run-time folders (%d places)"):format(#plan.read), out.read)
  none(("connect to unix sockets of this machine (%d answer)"):format(#plan.sockets), out.sockets)
  local closed = state.network == "closed"
  if closed then row("connect to this machine's network", not out.connected) else row("connect to the network", nil, "it is open by your settings") end
  local shared = {}
  for _, name in ipairs(out.shared) do
    if name ~= "net" or closed then shared[#shared + 1] = name end
  end
  none("see other processes, share what the kernel keeps apart", shared)
  local in_keyring = "find a key in our session keyring"
  if keyed then row(in_keyring, not out.found_key) else row(in_keyring, nil, "none can be put there: " .. no_key) end
  row("add keys", not out.made_key)
  row("type into the terminal", not out.typed)
  row("have capabilities, or gain privileges", not out.capable and not out.privileges)
  return rows
end

return M
