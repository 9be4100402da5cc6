-- A kernel sandbox around commands of the model: what they see, what they may write, whether they
-- reach the network. bubblewrap makes it, src/core/proc_confine.c adds what bubblewrap leaves out.
-- What is asked about is decided elsewhere; a sandbox that was asked for and does not start stops
-- everything.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local translate = require "qwen.util.translate"

local tr, phrase = translate.tr, translate.phrase

local M = {}

-- Read by the first command or path that meets a sandbox.
local function mounts() return require "qwen.permission.sandbox_mounts" end

local PROGRAM = "/usr/bin/bwrap"
local PROCESSES = 4096
local SHARED_MEMORY = tostring(256 * 1024 * 1024)
local KEY = "tools.executionSandbox"

local function words(list)
  local out = {}
  for word in list:gmatch "%S+" do out[#out + 1] = word end
  return out
end

-- Variables that lead to what is hidden.
local DROPPED = words("DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK SSH_AGENT_PID GPG_AGENT_INFO XDG_RUNTIME_DIR DISPLAY WAYLAND_DISPLAY XAUTHORITY TMUX "
  .. "WSL_INTEROP DOCKER_HOST CONTAINER_HOST TMPDIR")

local choices = { backend = { "none", "bubblewrap" }, filesystem = { "workspace-write", "read-only" }, network = { "closed", "open" } }

-- Paths that a person listed, as they really are; what does not exist is left out.
local function listed(ctx, name)
  local out = {}
  for _, text in ipairs(ctx.settings:get(KEY .. "." .. name) or {}) do
    local path = type(text) == "string" and text:gsub("^~%f[/\0]", paths.home() or "~")
    if not path or path:sub(1, 1) ~= "/" then
      return nil, err("usage", phrase("%s.%s holds %s, which is no absolute path", KEY, name,
        tostring(text)))
    end
    local real = fs.realpath(path)
    if real == "/" then
      return nil, err("usage", phrase("%s.%s cannot hold /: everything would be shown", KEY, name))
    end
    out[#out + 1] = real
  end
  return out
end

-- The words for a sandbox that others use, and what they come to here. Containers we have not: bubblewrap stands in for them.
local same = { ["true"] = "bubblewrap", ["1"] = "bubblewrap", auto = "bubblewrap", bwrap = "bubblewrap",
  ["false"] = "none", ["0"] = "none", [""] = "none" }
local instead = { docker = true, podman = true, ["sandbox-exec"] = true }

-- Whether tools.sandbox, --sandbox or QWEN_SANDBOX asks for a sandbox: our backend, and the word where it is another's.
local function asked(ctx)
  local value = ctx.settings:get "tools.sandbox"
  if type(value) == "table" then value = value.command or "an object without command" end
  local word = value ~= nil and tostring(value):lower() or ""
  if instead[word] then return "bubblewrap", word end
  local backend = same[word] or word
  if backend == "none" or backend == "bubblewrap" then return backend end
  return nil, err("usage", phrase("tools.sandbox is '%s'; it can be true, false, docker, podman or sandbox-exec",
    tostring(value)))
end

-- The backend of tools.executionSandbox. As in Qwen Code an object with filesystem and network asks for a sandbox.
local function backend_of(ctx, whole)
  local value = ctx.settings:get(KEY .. ".backend")
  if value == nil and whole and whole.filesystem and whole.network then return "bubblewrap" end
  if value == nil then return "none" end
  return same[tostring(value)] or value
end

---The sandbox of Qwen Code that bubblewrap stands in for, where one was asked for.
---@param ctx Ctx
---@return string?
function M.instead_of(ctx)
  local backend, word = asked(ctx)
  return backend and word or nil
end

---What was asked for. A word that is not understood is an error: it is not taken for "none".
---@param ctx Ctx
---@return {backend: string, filesystem: string, network: string, read: string[], write:
--- string[]}?, Err?
function M.state(ctx)
  local whole = ctx.settings:get(KEY)
  if whole ~= nil and type(whole) ~= "table" then
    return nil, err("usage", phrase("%s must be an object { ... }, not %s", KEY, tostring(whole)))
  end
  local wanted, e = asked(ctx)
  if not wanted then return nil, e end
  local state = {}
  for name, allowed in pairs(choices) do
    local value
    if name == "backend" then value = backend_of(ctx, whole) else value = ctx.settings:get(KEY .. "." .. name) end
    if value == nil then value = allowed[1] end
    if value ~= allowed[1] and value ~= allowed[2] then
      return nil, err("usage", phrase("%s.%s is '%s'; it can be %s", KEY, name, tostring(value),
        table.concat(allowed, " or ")))
    end
    state[name] = value
  end
  if wanted == "bubblewrap" then state.backend = wanted end
  if ctx.mode == "plan" then state.filesystem = "read-only" end
  for _, name in ipairs { "read", "write" } do
    local list
    list, e = listed(ctx, name)
    if not list then return nil, e end
    state[name] = list
  end
  return state
end

---The same in words for people.
---@param ctx Ctx
---@return string
function M.words(ctx)
  local state, e = M.state(ctx)
  if not state then return tr("broken: %s", e.message) end
  return state.backend == "none" and tr "none" or tr("%s, %s, network %s", state.backend,
    state.filesystem, state.network)
end

---What commands see of a path in the sandbox that was asked for; nil where none was, or with an
---error where it cannot be told.
---@param ctx Ctx
---@return (fun(real: string): "read"|"write"|nil)?, Err?
function M.seen(ctx)
  local state, e = M.state(ctx)
  if not state then return nil, e end
  if state.backend == "none" then return nil end
  local list
  list, e = mounts().list(ctx, state)
  if not list then return nil, e end
  return function(real)
    local option, place, source = mounts().through(list, real)
    if source ~= place then return nil end -- an empty folder, or something else in its place
    return option == "--bind" and "write" or "read"
  end
end

local function environment(env)
  local out = {}
  for name, value in pairs(env or sys.environ()) do out[name] = value end
  for _, name in ipairs(DROPPED) do out[name] = nil end
  return out
end

---The same run inside the sandbox, where one was asked for. What is given back beside it is closed
---when the run has ended.
---@param ctx Ctx
---@param options ProcOptions
---@param more {state: table?, read: string[]?}? another sandbox than the configured one; paths to
--- show besides
---@return ProcOptions?, table|Err
function M.wrap(ctx, options, more)
  local state, e = more and more.state, nil
  if not state then state, e = M.state(ctx) end
  if not state then return nil, e end
  if state.backend == "none" then return options, mounts().take {} end
  if not fs.stat(PROGRAM) then
    return nil, err("missing", phrase("the sandbox needs %s, which is missing. Nothing was run. "
      .. "Install bubblewrap, or set %s.backend to none.", PROGRAM, KEY))
  end
  local copies = {}
  local list, absent = mounts().list(ctx, state, more and more.read, copies)
  if not list then
    local _ <close> = mounts().take({}, copies)
    return nil, absent
  end
  local argv = { PROGRAM, "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
    "--ro-bind", "/", "/", "--dev", "/dev", "--size", SHARED_MEMORY, "--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--proc", "/proc" }
  if state.network == "open" then table.insert(argv, 3, "--share-net") end
  for _, mount in ipairs(list) do table.move(mount, 1, #mount, #argv + 1, argv) end
  local limit = ("ulimit -u %d 2>/dev/null || ulimit -p %d 2>/dev/null; exec \"$@\""):format(PROCESSES, PROCESSES)
  for _, word in ipairs { "--chdir", options.cwd or ctx.cwd, "--", "/bin/sh", "-c", limit, "sh" } do argv[#argv + 1] = word end
  table.move(options.argv, 1, #options.argv, #argv + 1, argv)
  local inside = {}
  for name, value in pairs(options) do inside[name] = value end
  inside.argv, inside.env, inside.cwd = argv, environment(options.env), "/"
  inside.confined = state.network == "open" and "no-unix-sockets" or "all"
  return inside, mounts().take(absent, copies)
end

---Starts it once: an error where one was asked for and cannot be had.
---@param ctx Ctx
---@param state table? another than the configured one
---@return boolean?, Err?
function M.start(ctx, state)
  local options, hold = M.wrap(ctx, { argv = { "/bin/sh", "-c", ":" }, timeout = 20 }, { state = state })
  if not options then return nil, hold end
  local _ <close> = hold
  if not options.confined then return true end
  local result, e = require("qwen.util.process").run(options)
  if result and result.code == 0 then return true end
  local why = e and e.message or result.err:match "[^\n]+" or result.timed_out and "no answer in 20 s"
    or "it ended with " .. tostring(result.code or result.signal)
  return nil, err("denied", phrase("the sandbox was asked for and does not start: %s. No command "
    .. "is run. See docs/security.md, or set %s.backend to none.", why, KEY), { code = "sandbox" })
end

---Starts the configured one, before anything is asked of a model.
---@param ctx Ctx
---@return boolean?, Err?
function M.begin(ctx)
  if ctx.settings:get "tools.executionSandbox" == nil and ctx.settings:get "tools.sandbox" == nil then return true end
  local ok, e = M.start(ctx)
  if not ok then return nil, e end
  local other = M.instead_of(ctx)
  if other then ctx.notice(tr("the sandbox is bubblewrap instead of %s; tool servers and hooks run outside", other)) end
  return true
end

local symptoms = { "Read%-only file system", "Operation not permitted", "Permission denied", "Network is unreachable", "[Cc]ould not resolve",
  "name resolution", "Name or service not known", "Temporary failure", "Connection refused", "ECONNREFUSED", "EROFS", "EPERM", "EACCES", "ENOTFOUND",
  "EAI_AGAIN",
  "Address family not supported", "command not found", "No such file or directory", "File size limit exceeded" }

---Whether a command that failed may have failed because of the sandbox.
---@param output string what it printed
---@return boolean
function M.suspect(output)
  for _, pattern in ipairs(symptoms) do
    if output:find(pattern) then return true end
  end
  return false
end

return M
