-- A kernel sandbox around commands of the model: what they see, what they may write, whether they reach the network. bubblewrap makes it,
-- src/core/proc_confine.c adds what bubblewrap leaves out. What is asked about is decided elsewhere; a sandbox that was asked for and does not
-- start stops everything.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local proc = require "qwen.util.process"
local sys = require "sys.os"

local M = {}

local PROGRAM = "/usr/bin/bwrap"
local PROCESSES = 4096
local KEY = "tools.executionSandbox"

local function words(list)
  local out = {}
  for word in list:gmatch "%S+" do out[#out + 1] = word end
  return out
end

-- Below the home folder: what holds keys and logins. All of home is hidden; these stay so when a part of it is shown.
local SECRETS = words(".qwen .ssh .gnupg .aws .azure .kube .docker .config/gh .config/gcloud .config/git/credentials .netrc .git-credentials .npmrc .pypirc "
  .. ".cargo/credentials .cargo/credentials.toml .local/share/keyrings .local/state/qwen .password-store .mozilla .thunderbird .config/google-chrome "
  .. ".config/chromium .config/BraveSoftware")
-- In the project: what decides which programs run later, outside. The first two are kept even where they do not exist yet.
local KEPT = words ".qwen .git .hg .svn .vscode .idea .devcontainer .cursor .claude .husky .envrc .mcp.json"
local ALWAYS = 2
-- Where sockets and everybody's files are.
local SHARED = words "/tmp /var/tmp /run /sys"
-- In /proc: what root may change though it has no capability left. bubblewrap 0.8 leaves these open when root starts it.
local MACHINE = words "/proc/sys /proc/fs /proc/acpi /proc/scsi /proc/sysrq-trigger /proc/kcore /proc/mtrr"
-- Variables that lead to what is hidden.
local DROPPED = words("DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK SSH_AGENT_PID GPG_AGENT_INFO XDG_RUNTIME_DIR DISPLAY WAYLAND_DISPLAY XAUTHORITY TMUX "
  .. "WSL_INTEROP DOCKER_HOST CONTAINER_HOST TMPDIR")

local choices = { backend = { "none", "bubblewrap" }, filesystem = { "workspace-write", "read-only" }, network = { "closed", "open" } }

-- Paths that a person listed, as they really are; what does not exist is left out.
local function listed(ctx, name)
  local out = {}
  for _, text in ipairs(ctx.settings:get(KEY .. "." .. name) or {}) do
    local path = type(text) == "string" and text:gsub("^~%f[/\0]", paths.home() or "~")
    if not path or path:sub(1, 1) ~= "/" then return nil, err("usage", ("%s.%s holds %s, which is no absolute path"):format(KEY, name, tostring(text))) end
    local real = fs.realpath(path)
    if real == "/" then return nil, err("usage", ("%s.%s cannot hold /: everything would be shown"):format(KEY, name)) end
    out[#out + 1] = real
  end
  return out
end

---What was asked for. A word that is not understood is an error: it is not taken for "none".
---@param ctx Ctx
---@return {backend: string, filesystem: string, network: string, read: string[], write: string[]}?, Err?
function M.state(ctx)
  local whole = ctx.settings:get(KEY)
  if whole ~= nil and type(whole) ~= "table" then return nil, err("usage", ("%s must be an object { ... }, not %s"):format(KEY, tostring(whole))) end
  local state = {}
  for name, allowed in pairs(choices) do
    local value = ctx.settings:get(KEY .. "." .. name)
    if value == nil then value = allowed[1] end
    if value ~= allowed[1] and value ~= allowed[2] then
      return nil, err("usage", ("%s.%s is '%s'; it can be %s"):format(KEY, name, tostring(value), table.concat(allowed, " or ")))
    end
    state[name] = value
  end
  if ctx.mode == "plan" then state.filesystem = "read-only" end
  for _, name in ipairs { "read", "write" } do
    local list, e = listed(ctx, name)
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
  if not state then return "broken: " .. e.message end
  return state.backend == "none" and "none" or ("%s, %s, network %s"):format(state.backend, state.filesystem, state.network)
end

-- The folder with the history of a linked working tree. Its file in the project may be anybody's, so what it names must name it back.
local function linked_history(root)
  local folder = (fs.read(root .. "/.git", 4096) or ""):match "^gitdir: (/[^\n]*)\n?$"
  local back = folder and (fs.read(folder .. "/gitdir", 4096) or ""):match "^([^\n]*)"
  local common = folder and folder:match "^(.*)/worktrees/[^/]+$"
  return back and common and paths.same(back, root .. "/.git") and fs.realpath(common) or nil
end

local function hidden_folders()
  local out, seen = {}, {}
  local function add(path)
    local real = path and fs.realpath(path)
    if real and real ~= "/" and not seen[real] then
      seen[real] = true
      out[#out + 1] = real
    end
  end
  for _, path in ipairs(SHARED) do add(path) end
  add(sys.env "XDG_RUNTIME_DIR")
  add(paths.home())
  return out
end

-- The mounts in their order; a later one wins. `show` goes by the real path, so what is shown is where it always was.
local function mounts(ctx, state, more)
  local list = {}
  local function show(option, path) list[#list + 1] = { option, path, path } end
  for _, path in ipairs(MACHINE) do
    local stat = fs.stat(path)
    if stat then list[#list + 1] = { "--ro-bind", stat.type == "dir" and path or "/dev/null", path } end
  end
  local hidden = hidden_folders()
  for _, folder in ipairs(hidden) do
    if paths.below(folder, ctx.cwd) then
      return nil, err("denied", ("no sandbox can be kept around %s: it holds %s. Start qwen in the folder of one project."):format(ctx.cwd, folder))
    end
    list[#list + 1] = { "--tmpfs", folder }
  end
  local home = paths.home() and fs.realpath(paths.home())
  for _, name in ipairs(home and { "/.gitconfig", "/.config/git/config" } or {}) do
    local real = fs.realpath(home .. name)
    if real then list[#list + 1] = { "--ro-bind", real, home .. name } end
  end
  local root = paths.project_root(ctx.cwd)
  local whole = true
  for _, folder in ipairs(hidden) do whole = whole and not paths.below(folder, root) end
  if whole then show("--ro-bind", root) end
  local history = whole and linked_history(root)
  if history then show("--ro-bind", history) end
  for _, path in ipairs(more or {}) do show("--ro-bind", path) end
  for _, path in ipairs(state.read) do show("--ro-bind", path) end
  show(state.filesystem == "read-only" and "--ro-bind" or "--bind", ctx.cwd)
  return list
end

-- The option of the mount that a path is seen through, and its folder.
local function seen_through(list, path)
  for i = #list, 1, -1 do
    local at = list[i][#list[i]]
    if paths.below(path, at) then return list[i][1], at end
  end
  return "--ro-bind", "/"
end

local function hide_secrets(list)
  local home, candidates = paths.home(), { paths.qwen_home() }
  for _, name in ipairs(home and SECRETS or {}) do candidates[#candidates + 1] = home .. "/" .. name end
  local state_home = sys.env "XDG_STATE_HOME"
  if state_home and state_home:sub(1, 1) == "/" then candidates[#candidates + 1] = state_home .. "/qwen" end
  for _, path in ipairs(candidates) do
    local real = fs.realpath(path)
    local stat = real and fs.stat(real)
    local option, at = seen_through(list, real or path)
    if stat and option ~= "--tmpfs" and at ~= real then -- a secret that a person listed itself is shown
      list[#list + 1] = stat.type == "dir" and { "--tmpfs", real } or { "--ro-bind", "/dev/null", real }
    end
  end
end

-- Places that were made for mounts, by path, with the number of those that use them; the last one clears them away.
local taken = {}

local function take(absent)
  for _, path in ipairs(absent) do taken[path] = (taken[path] or 0) + 1 end
  return setmetatable({}, { __close = function()
    for _, path in ipairs(absent) do
      taken[path] = taken[path] - 1
      if taken[path] == 0 then
        taken[path] = nil
        fs.remove(path) -- an empty folder; what has something in it stays
      end
    end
    absent = {}
  end })
end

-- Keeps what decides about later programs as it is. Gives the places that are empty and must be taken for that time.
local function keep(ctx, state, list)
  local absent = {}
  for i, name in ipairs(KEPT) do
    local path = ctx.cwd .. "/" .. name
    local stat = fs.stat(path, false)
    if stat and stat.type == "link" then
      return nil, err("denied", ("%s is a link, which a sandbox cannot keep as it is; set %s.filesystem to read-only"):format(path, KEY))
    elseif stat and not taken[path] then
      list[#list + 1] = { "--ro-bind", path, path }
    elseif i <= ALWAYS then
      absent[#absent + 1] = path
      list[#list + 1] = { "--tmpfs", path }
      list[#list + 1] = { "--remount-ro", path }
    end
  end
  for _, path in ipairs(state.write) do
    list[#list + 1] = { "--bind", path, path }
    for _, name in ipairs { "/hooks", "/config", "/config.worktree", "/commondir" } do
      if path:find "/%.git$" and fs.stat(path .. name) then list[#list + 1] = { "--ro-bind", path .. name, path .. name } end
    end
  end
  return absent
end

local function environment(env)
  local out = {}
  for name, value in pairs(env or sys.environ()) do out[name] = value end
  for _, name in ipairs(DROPPED) do out[name] = nil end
  return out
end

---The same run inside the sandbox, where one was asked for. What is given back beside it is closed when the run has ended.
---@param ctx Ctx
---@param options ProcOptions
---@param more {state: table?, read: string[]?}? another sandbox than the configured one; paths to show besides
---@return ProcOptions?, table|Err
function M.wrap(ctx, options, more)
  local state, e = more and more.state, nil
  if not state then state, e = M.state(ctx) end
  if not state then return nil, e end
  if state.backend == "none" then return options, take {} end
  if not fs.stat(PROGRAM) then
    return nil, err("missing", ("the sandbox needs %s, which is missing. Nothing was run. Install bubblewrap, or set %s.backend to none."):format(PROGRAM, KEY))
  end
  local list, absent
  list, e = mounts(ctx, state, more and more.read)
  if not list then return nil, e end
  absent = {}
  if state.filesystem ~= "read-only" then absent, e = keep(ctx, state, list) end
  if not absent then return nil, e end
  hide_secrets(list)
  local argv = { PROGRAM, "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
    "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc" }
  if state.network == "open" then table.insert(argv, 3, "--share-net") end
  for _, mount in ipairs(list) do table.move(mount, 1, #mount, #argv + 1, argv) end
  local limit = ("ulimit -u %d 2>/dev/null || ulimit -p %d 2>/dev/null; exec \"$@\""):format(PROCESSES, PROCESSES)
  for _, word in ipairs { "--chdir", options.cwd or ctx.cwd, "--", "/bin/sh", "-c", limit, "sh" } do argv[#argv + 1] = word end
  table.move(options.argv, 1, #options.argv, #argv + 1, argv)
  local inside = {}
  for name, value in pairs(options) do inside[name] = value end
  inside.argv, inside.env, inside.cwd = argv, environment(options.env), "/"
  inside.confined = state.network == "open" and "no-unix-sockets" or "all"
  return inside, take(absent)
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
  local result, e = proc.run(options)
  if result and result.code == 0 then return true end
  local why = e and e.message or result.err:match "[^\n]+" or result.timed_out and "no answer in 20 s"
    or "it ended with " .. tostring(result.code or result.signal)
  return nil, err("denied", ("the sandbox was asked for and does not start: %s. No command is run. See docs/security.md, or set %s.backend to none."):format(
    why, KEY), { code = "sandbox" })
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
