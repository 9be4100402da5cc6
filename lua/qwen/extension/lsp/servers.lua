-- The language servers of a session: which one is for a file, its start, the one new start after it
-- broke, and its end. The table of them is in lua/hooks/lsp.lua and the setting lsp.servers.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local task = require "sys.task"
local translate = require "qwen.util.translate"

local phrase, tr = translate.phrase, translate.tr

local M = {}

local MOST_SERVERS, MOST_BREAKS = 4, 2

local running = {} -- by name and folder

local kinds = {}
for word in ([[command:string args:table env:table extensionToLanguage:table projectFiles:table
  initializationOptions:table settings:table startupTimeout:number disabled:boolean]])
  :gmatch "%S+" do
  local field, kind = word:match "^(%a+):(%a+)$"
  kinds[field] = kind
end

-- An entry of lsp.servers over the one of the table; nil and why it cannot be.
local function laid_over(below, name, given)
  if type(given) ~= "table" then return nil, phrase("lsp.servers.%s is no object", name) end
  local out = { name = name }
  for field, value in pairs(below or {}) do out[field] = value end
  for field, value in pairs(given) do
    if kinds[field] ~= type(value) then
      return nil, phrase("lsp.servers.%s.%s is unknown or of the wrong type", name, tostring(field))
    end
    out[field] = value
  end
  if not out.command or not out.extensionToLanguage then
    return nil, phrase("lsp.servers.%s needs command and extensionToLanguage", name)
  end
  return out
end

---The servers that are known, in the order in which they are taken.
---@param ctx Ctx
---@return LspServer[]
---@return Phrase[] problems what is wrong with the settings
function M.known(ctx)
  local hook, set = registry.get("hooks", "lsp"), ctx.settings:get "lsp.servers" or {}
  local out, problems, seen, names = {}, {}, {}, {}
  for _, server in ipairs(hook and hook.servers or {}) do
    local one, e = server, nil
    if set[server.name] ~= nil then one, e = laid_over(server, server.name, set[server.name]) end
    out[#out + 1], problems[#problems + 1], seen[server.name] = one, e, true
  end
  for name in pairs(set) do names[#names + 1] = not seen[name] and name or nil end
  table.sort(names, function(a, b) return a > b end)
  for _, name in ipairs(names) do -- the user's own come first
    local one, e = laid_over(nil, name, set[name])
    if one then table.insert(out, 1, one) end
    problems[#problems + 1] = e
  end
  return out, problems
end

local function has_project(server, folder)
  for _, name in ipairs(server.projectFiles or {}) do
    if fs.exists(folder .. "/" .. name) then return true end
  end
  return server.projectFiles == nil
end

---Whether a folder, or one above it in the same repository, is a project of a server.
---@param server LspServer
---@param folder string
---@return boolean
function M.is_project(server, folder)
  local top = paths.project_root(folder)
  while not has_project(server, folder) do
    if folder == top or #folder <= #top then return false end
    folder = folder:match "^(.+)/[^/]*$" or top
  end
  return true
end

-- The folder that a server is for: the outermost with a project file on the way to the file.
local function root_of(ctx, server, path)
  if M.is_project(server, ctx.cwd) then return ctx.cwd end
  local at = path:find("/", #ctx.cwd + 2, true)
  while at do
    if has_project(server, path:sub(1, at - 1)) then return path:sub(1, at - 1) end
    at = path:find("/", at + 1, true)
  end
end

-- Why there are none at all here.
local function closed(ctx)
  if ctx.settings:get "lsp.enabled" == false then return phrase "lsp.enabled is false" end
  if not ctx.trusted then
    return phrase "this folder is not trusted, and a language server runs code of it: /trust"
  end
end

---The server for a file.
---@param ctx Ctx
---@param path string real
---@return LspServer?
---@return string|Phrase root of its project, or why there is none
---@return string? language
function M.for_file(ctx, path)
  local why = closed(ctx)
  if why then return nil, why end
  if not paths.below(path, ctx.cwd) then return nil, phrase("%s is outside the project", path) end
  local ending = path:match "(%.[%w_]+)$"
  for _, server in ipairs(ending and M.known(ctx) or {}) do
    local language = not server.disabled and server.extensionToLanguage[ending]
    local root = language and root_of(ctx, server, path)
    if root and require("qwen.util.process").which(server.command) then return server, root, language end
    if root then
      why = why or phrase("%s is not installed (%s)", server.command,
        server.package or server.command)
    elseif language then
      why = why or phrase("%s needs a project file: %s", server.name,
        table.concat(server.projectFiles, ", "))
    end
  end
  return nil, why or phrase("no language server is for %s", require("qwen.extension.lsp.positions").name(path))
end

-- The servers that the project folder itself is for, one for a kind of file.
local function of_project(ctx)
  local out, taken = {}, {}
  for _, server in ipairs(closed(ctx) and {} or M.known(ctx)) do
    local ending = next(server.extensionToLanguage)
    if not server.disabled and not taken[ending] and M.is_project(server, ctx.cwd)
      and require("qwen.util.process").which(server.command) then
      out[#out + 1], taken[ending] = server, true
    end
  end
  return out
end

---Whether a server fits the project.
---@param ctx Ctx
---@return boolean
function M.fits(ctx)
  return not closed(ctx) and (next(running) ~= nil or of_project(ctx)[1] ~= nil)
end

-- It ended by itself. The first time it starts again when it is needed.
local function broke(ctx, entry, e)
  entry.breaks, entry.problem, entry.client = entry.breaks + 1, e.message, nil
  if entry.documents then entry.documents:wake() end
  entry.state = entry.breaks < MOST_BREAKS and "ended" or "off"
  if entry.state == "off" then
    ctx.notice(tr("the language server %s is off because it ended twice: %s; start it again: "
      .. "/lsp restart %s", entry.name, e.message, entry.name))
  end
end

---The entry of a server in a folder; it is not started by this.
---@param server LspServer
---@param root string
---@return table?, Err?
function M.entry(server, root)
  local key, count = server.name .. "\0" .. root, 0
  if running[key] then return running[key] end
  for _ in pairs(running) do count = count + 1 end
  if count >= MOST_SERVERS then
    return nil, err("limit",
      phrase("%d language servers run already; stop one: /lsp stop NAME", count))
  end
  local entry = { name = server.name, server = server, root = root, state = "found",
    breaks = 0, behind = 0,
    turn = task.queue(1) }
  entry.turn:put(true)
  running[key] = entry
  return entry
end

---The entries of the servers that fit the project folder.
---@param ctx Ctx
---@return table[]
function M.fitting(ctx)
  local out = {}
  for _, server in ipairs(of_project(ctx)) do out[#out + 1] = M.entry(server, ctx.cwd) end
  return out
end

---Takes the turn of a server, which one at a time has; given back where it is closed.
---@param entry table
---@return table
function M.hold(entry)
  entry.turn:get()
  return setmetatable({}, { __close = function() entry.turn:put(true) end })
end

---Starts a server that does not run. Only while it is held.
---@param ctx Ctx
---@param entry table
---@return boolean?, Err?
function M.ready(ctx, entry)
  if entry.client then return true end
  if entry.state == "off" or entry.state == "stopped" then
    return nil, err("broken",
      phrase("the language server %s is off: %s", entry.name, entry.problem))
  end
  entry.state, entry.said = "starting", { log = "" }
  function entry.said.on_diagnostics(params)
    if entry.documents then entry.documents:publish(params) end
  end
  function entry.said.on_rest()
    if entry.documents then entry.documents:wake() end
  end
  function entry.said.on_end(e) broke(ctx, entry, e) end
  local client = require "qwen.extension.lsp.client" -- here: most sessions start none
  local one, e = client.start(ctx, entry.server, entry.root, entry.said)
  if not one then
    broke(ctx, entry, e)
    return nil, err(e.kind, phrase("the language server %s: %s", entry.name, err.phrase(e)))
  end
  entry.client, entry.state, entry.since = one, "ready", task.now()
  entry.documents = require("qwen.extension.lsp.documents").new(one)
  return true
end

---The servers that were started, by name.
---@return table[]
function M.started()
  local out = {}
  for _, entry in pairs(running) do out[#out + 1] = entry end
  table.sort(out, function(a, b)
    if a.name ~= b.name then return a.name < b.name end
    return a.root < b.root
  end)
  return out
end

-- Ends some, side by side.
local function stop(entries, state)
  local ending = {}
  for i, entry in ipairs(entries) do
    local one = entry.client
    entry.client, entry.state, entry.problem = nil, state, tr "it was stopped"
    ending[i] = one and task.spawn(one.stop, one) or false
  end
  for _, child in ipairs(ending) do
    if child then child:join() end
  end
end

local function named(name)
  local out = {}
  for _, entry in ipairs(M.started()) do
    if not name or entry.name == name then out[#out + 1] = entry end
  end
  return out
end

---Stops a server, or all; it does not start by itself again.
---@param name string?
---@return integer how many there were
function M.stop(name)
  local entries = named(name)
  stop(entries, "stopped")
  return #entries
end

---Stops a server, or all, and lets it start when it is needed next.
---@param name string?
---@return integer how many there were
function M.restart(name)
  local entries = named(name)
  stop(entries, "found")
  for key, entry in pairs(running) do
    if not name or entry.name == name then running[key] = nil end
  end
  return #entries
end

return M
