-- What a command in the sandbox sees and where it may write, as a list of mounts for bubblewrap; a
-- later one wins. One list for commands and for our own file tools.
local child_env = require "qwen.util.child_env"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local nested = require "qwen.permission.nested"
local paths = require "qwen.util.paths"
local phrase = require("qwen.util.translate").phrase
local protected = require "qwen.permission.protected"
local sys = require "sys.os"

local M = {}

local MOST_MOUNTS = 400
-- bytes of a folder that ends with the command; of one that stays empty
local SCRATCH, SMALL = tostring(1024 * 1024 * 1024), tostring(64 * 1024)

local function words(list)
  local out = {}
  for word in list:gmatch "%S+" do out[#out + 1] = word end
  return out
end

-- Where sockets and everybody's files are.
local SHARED = words "/tmp /var/tmp /run /sys"
-- In /proc: what root may change though it has no capability left. bubblewrap 0.8 leaves these open
-- when root starts it.
local MACHINE = words("/proc/sys /proc/fs /proc/acpi /proc/scsi /proc/sysrq-trigger /proc/kcore "
  .. "/proc/mtrr")

---The option of the mount that a path is seen through, what is mounted, and its place.
---@param list string[][]
---@param path string
---@return string option
---@return string place
---@return string? source
function M.through(list, path)
  for i = #list, 1, -1 do
    local mount = list[i]
    local at = mount[#mount]
    local option = mount[1] == "--size" and mount[3] or mount[1]
    if option ~= "--remount-ro" and paths.below(path, at) then
      return option, at, option ~= "--tmpfs" and mount[2] or nil
    end
  end
  return "--ro-bind", "/", "/"
end

-- The folder with the history of a linked working tree. Its file in the project may be anybody's,
-- so what it names must name it back and be a repository of git, not a folder that only has
-- `worktrees` in its name.
local function linked_history(root)
  local folder = (fs.read(root .. "/.git", 4096) or ""):match "^gitdir: (/[^\n]*)\n?$"
  local back = folder and (fs.read(folder .. "/gitdir", 4096) or ""):match "^([^\n]*)"
  local common = folder and folder:match "^(.*)/worktrees/[^/]+$"
  local real = back and common and paths.same(back, root .. "/.git") and fs.realpath(common)
  if not real or paths.below(real, root) or paths.below(root, real) and not real:find "%.git$" then
    return nil
  end
  for _, name in ipairs { "/objects", "/refs" } do
    if not paths.is_folder(real .. name) then return nil end
  end
  local head = fs.stat(real .. "/HEAD")
  local home = paths.home() and fs.realpath(paths.home())
  return head and head.type == "file" and not (home and paths.below(home, real)) and real or nil
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

-- Keys in git's settings that are, or fetch, a credential.
local secret_keys = { "extraheader", "helper", "token", "password", "passwd", "secret", "cookie", "askpass", "sshcommand", "oauth", "apikey" }

-- git's settings without sections and lines that hold credentials.
local function without_credentials(text)
  local out, section, dropped = {}, "", false
  for line in (text:gsub("\\\n", "\1") .. "\n"):gmatch "(.-)\n" do
    section = line:match "^%s*%[%s*([%w.-]+)" or section
    local key = (line:match "^%s*([%w-]+)%s*=" or line:match "%]%s*([%w-]+)%s*=" or ""):lower()
    local secret = section:lower() == "credential" or line:find "://[^/%s\"@]+@" or child_env.credential("value", line:match "=%s*\"?(%S+)" or "")
    for _, word in ipairs(secret_keys) do secret = secret or key:find(word, 1, true) end
    if secret then dropped = true else out[#out + 1] = line end
  end
  return dropped and (table.concat(out, "\n"):gsub("\1", "\\\n")) or text
end

-- git's settings as they are shown: the file itself, or a copy of what is no credential.
local function show_settings(list, cwd, state, copies)
  local home = paths.home() and fs.realpath(paths.home())
  local named = {}
  for _, path in ipairs(state.read) do named[path] = true end
  for _, path in ipairs(state.write) do named[path] = true end
  for _, name in ipairs(home and { "/.gitconfig", "/.config/git/config" } or {}) do
    local real = fs.realpath(home .. name)
    if named[real or false] then real = nil end
    local text = real and fs.read(real, 1024 * 1024)
    local shown = text and without_credentials(text)
    local source = text and shown == text and real or "/dev/null"
    if text and shown ~= text and copies then
      copies.folder = copies.folder or fs.mkdtemp "qwen-git-"
      local copy = copies.folder and copies.folder .. name:gsub("/", "_")
      if copy and fs.write(copy, shown, { fsync = false }) then source = copy end
    end
    local elsewhere = source ~= real and real ~= home .. name and M.through(list, real or "/") ~= "--tmpfs"
    if text then list[#list + 1] = { "--ro-bind", source, home .. name } end
    if text and elsewhere and not paths.below(real, cwd) then
      list[#list + 1] = { "--ro-bind", source, real }
    end
  end
end

-- Sockets of this machine that have a name in the file system and are seen: what reads them would
-- be reached through a read-only root too.
local function hide_sockets(list)
  local done = {}
  for line in (fs.read("/proc/net/unix", 16 * 1024 * 1024) or ""):gmatch "[^\n]+" do
    local path = line:match " (/.*)$"
    local real = path and not done[path] and #list < MOST_MOUNTS and fs.realpath(path)
    if real and not done[real] and M.through(list, real) ~= "--tmpfs" and not real:find "^/dev/" then
      list[#list + 1] = { "--ro-bind", "/dev/null", real }
      done[real] = true
    end
    if path then done[path] = true end
  end
end

-- The mounts in their order; a later one wins. `show` goes by the real path, so what is shown is
-- where it always was.
local function shown(ctx, state, more)
  local list = {}
  local function show(option, path) list[#list + 1] = { option, path, path } end
  for _, path in ipairs(MACHINE) do
    local stat = fs.stat(path)
    if stat then
      list[#list + 1] = { "--ro-bind", stat.type == "dir" and path or "/dev/null", path }
    end
  end
  local hidden = hidden_folders()
  for _, folder in ipairs(hidden) do
    if paths.below(folder, ctx.cwd) then
      return nil, err("denied", phrase("no sandbox can be kept around %s: it holds %s. Start qwen in the folder of one project.", ctx.cwd, folder))
    end
    list[#list + 1] = { "--size", SCRATCH, "--tmpfs", folder }
  end
  local root = paths.project_root(ctx.cwd)
  local whole = true
  for _, folder in ipairs(hidden) do whole = whole and not paths.below(folder, root) end
  if whole then show("--ro-bind", root) end
  local history = whole and linked_history(root)
  if history then show("--ro-bind", history) end
  for _, path in ipairs(more or {}) do show("--ro-bind", path) end
  for _, list_of in ipairs { ctx.folders or {}, state.read } do
    for _, path in ipairs(list_of) do show("--ro-bind", path) end
  end
  show(state.filesystem == "read-only" and "--ro-bind" or "--bind", ctx.cwd)
  return list
end


local function hide_secrets(ctx, list)
  local home, candidates = paths.home(), { paths.qwen_home() }
  for _, name in ipairs(home and protected.keys or {}) do
    candidates[#candidates + 1] = home .. "/" .. name
  end
  local state_home = sys.env "XDG_STATE_HOME"
  if state_home and state_home:sub(1, 1) == "/" then
    candidates[#candidates + 1] = state_home .. "/qwen"
  end
  for _, path in ipairs(candidates) do
    local real = fs.realpath(path)
    local stat = real and fs.stat(real)
    local option, at = M.through(list, real or path)
    -- a secret that a person listed itself is shown
    if stat and option ~= "--tmpfs" and at ~= real and not paths.below(ctx.cwd, real) then
      list[#list + 1] = stat.type == "dir" and { "--size", SMALL, "--tmpfs", real } or { "--ro-bind", "/dev/null", real }
    end
  end
end

-- Places that were made for mounts, by path, with the number of those that use them; the last one
-- clears them away.
local taken = {}

---Takes these places; closing what is given back clears them away again.
---@param absent string[]
---@param copies {folder: string?}?
---@return table
function M.take(absent, copies)
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
    if copies and copies.folder then fs.remove_tree(copies.folder) end
  end })
end

local at_once = {}
for _, name in ipairs(protected.at_once) do at_once[name] = true end

-- Keeps what decides about later programs as it is. Gives the places that are empty and must be
-- taken for that time.
local function keep(ctx, state, list, below)
  local absent = {}
  for _, path in ipairs(state.write) do -- a later mount would cover what is kept
    if paths.below(ctx.cwd, path) then list[#list + 1] = { "--bind", path, path } end
  end
  local function hold(name)
    local path = ctx.cwd .. "/" .. name
    absent[#absent + 1] = path
    list[#list + 1] = { "--size", SMALL, "--tmpfs", path }
    list[#list + 1] = { "--remount-ro", path }
  end
  local there = {}
  for _, entry in ipairs(fs.list(ctx.cwd) or {}) do
    local path = ctx.cwd .. "/" .. entry.name
    if protected.named(entry.name) and not taken[path] then
      there[entry.name] = true
      if entry.type == "link" and at_once[entry.name] then
        return nil, err("denied", phrase("%s is a link, which a sandbox cannot keep as it is; set tools.executionSandbox.filesystem to read-only", path))
      end
      -- what becomes of another link is told
      if entry.type ~= "link" then list[#list + 1] = { "--ro-bind", path, path } end
    end
  end
  for _, name in ipairs(protected.at_once) do
    if not there[name] then hold(name) end
  end
  -- else the folder could become a bare repository
  if not there[".git"] and not fs.stat(ctx.cwd .. "/HEAD", false) then hold "HEAD" end
  for _, name in ipairs(below) do
    local stat = fs.stat(ctx.cwd .. "/" .. name, false)
    local path = ctx.cwd .. "/" .. name
    if stat and stat.type ~= "link" then list[#list + 1] = { "--ro-bind", path, path } end
  end
  for _, path in ipairs(state.write) do
    if not paths.below(ctx.cwd, path) then list[#list + 1] = { "--bind", path, path } end
    for _, name in ipairs { "/hooks", "/config", "/config.worktree", "/commondir" } do
      if path:find "/%.git$" and fs.stat(path .. name) then
        list[#list + 1] = { "--ro-bind", path .. name, path .. name }
      end
    end
  end
  return absent
end

---The mounts of a sandbox.
---@param ctx Ctx
---@param state SandboxState
---@param more string[]? paths to show besides
---@param copies {folder: string?}? for a command: gets the folder with copies that are shown in the place of files
---@return string[][]? mounts
---@return string[]|Err absent places that are taken for that time
function M.list(ctx, state, more, copies)
  local list, e = shown(ctx, state, more)
  if not list then return nil, e end
  local absent = {}
  if state.filesystem ~= "read-only" then absent, e = keep(ctx, state, list, copies and nested.find(ctx.cwd) or {}) end
  if not absent then return nil, e end
  hide_secrets(ctx, list)
  show_settings(list, ctx.cwd, state, copies)
  hide_sockets(list)
  return list, absent
end

return M
