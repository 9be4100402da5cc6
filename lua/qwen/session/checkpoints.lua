-- What the tools changed in files: the content before each edit is kept, so that an edit can be taken back and a session's changes shown.
-- Contents lie by their hash in ~/.qwen/projects/<folder>/backups/, the order of edits in <session>.jsonl beside them.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr
local unwritten = require "qwen.session.unwritten"

local M = {}

local MOST = 16 * 1024 * 1024 -- bytes of a file that is kept
local DAYS = 30 * 24 * 3600 -- seconds that contents are kept

local function folder_of(ctx)
  local project = paths.project(ctx.cwd)
  return project and project .. "/backups"
end

local function log_path(ctx)
  return folder_of(ctx) .. "/" .. ctx.session.id .. ".jsonl"
end

-- Contents and logs that nobody touched for a month go; once in a run.
local function sweep(folder)
  local now = task.time()
  for _, entry in ipairs(fs.list(folder) or {}) do
    local stat = fs.stat(folder .. "/" .. entry.name, false)
    if stat and stat.type == "file" and now - stat.mtime > DAYS then fs.remove(folder .. "/" .. entry.name) end
  end
end

local function open_log(ctx)
  local state = ctx.session.edits
  if state then return state end
  local folder = folder_of(ctx)
  if not folder then return nil end
  local ok, e = fs.mkdir(folder, 448)
  if not ok then return nil, e end
  sweep(folder)
  state = { folder = folder, entries = M.list(ctx) }
  state.file, e = fs.append(log_path(ctx), 384)
  if not state.file then return nil, e end
  ctx.session.edits = state
  return state
end

local function write_entry(state, entry)
  state.entries[#state.entries + 1] = entry
  return state.file:write(json.encode(entry) .. "\n")
end

-- The content of a file, kept by its hash. nil, nothing: there is no file.
local function keep(state, path)
  local stat, problem = fs.stat_exact(path)
  if not stat and problem.kind == "missing" then return false end
  local text = stat and stat.type == "file" and stat.size <= MOST and fs.read_exact(path)
  if not text then return nil, err("too_long", tr("%s is no file, or too large to keep", path)) end
  local hash = sys.sha256(text)
  local place = state.folder .. "/" .. hash
  if fs.stat(place) then return hash, nil, stat.mode end
  local ok, e = fs.write(place, text, { mode = 384, fsync = false })
  if not ok then return nil, e end
  return hash, nil, stat.mode
end

local function cannot_undo(ctx, e)
  unwritten(ctx, "edits", tr("edits cannot be taken back (/undo): %s", e.message))
end

---Keeps what is in files before a tool changes them.
---@param ctx Ctx
---@param list string[] paths
---@return table? watch for `ended`
function M.begin(ctx, list)
  if not ctx.session then return nil end
  local state, problem = open_log(ctx)
  if not state then return problem and cannot_undo(ctx, problem) end
  local watch = {}
  for i, path in ipairs(list) do
    local real = paths.real(path)
    local hash, e, mode = keep(state, real)
    watch[i] = { path = real, before = hash, mode = mode, lost = e ~= nil }
    if e and e.kind ~= "too_long" then cannot_undo(ctx, e) end
  end
  return watch
end

-- The prompt that is being answered.
local function prompt_id(ctx)
  local messages = ctx.session.messages
  for i = #messages, 1, -1 do
    if messages[i].role == "user" then return messages[i].id end
  end
end

---Notes what the tool changed.
---@param ctx Ctx
---@param watch table
---@param tool string
function M.ended(ctx, watch, tool)
  local state = ctx.session.edits
  for _, file in ipairs(watch) do
    local text = fs.read_exact(file.path, MOST)
    local after = text and sys.sha256(text) or false
    if not file.lost and after ~= file.before then
      local ok, e = write_entry(state, { path = file.path, before = file.before, after = after, mode = file.mode, tool = tool, prompt = prompt_id(ctx),
        time = math.floor(task.time()) })
      if not ok then cannot_undo(ctx, e) end
    end
  end
end

---The edits of this session that stand, oldest first.
---@param ctx Ctx
---@return {path: string, before: string|false, after: string|false, mode: integer?, tool: string, prompt: string, time: integer}[]
function M.list(ctx)
  if ctx.session.edits then return ctx.session.edits.entries end
  local out = {}
  local text = folder_of(ctx) and fs.read(log_path(ctx)) or ""
  for line in text:gmatch "[^\n]+" do
    local entry = json.decode(line)
    if type(entry) == "table" and type(entry.path) == "string" and entry.prompt then out[#out + 1] = entry end
    if type(entry) == "table" and math.tointeger(entry.undone) then
      for _ = 1, math.min(entry.undone, #out) do out[#out] = nil end
    end
  end
  return out
end

---The content a file had before or after an edit.
---@param ctx Ctx
---@param hash string|false
---@return string? text "" for a file that was not there
function M.content(ctx, hash)
  if not hash then return "" end
  return fs.read(folder_of(ctx) .. "/" .. hash)
end

-- What stands in the file now must be what the edit left; then the content before it comes back. What is there now is kept too.
local function take_back(ctx, state, entry)
  local now, e = keep(state, entry.path)
  if now == nil then return nil, e end
  if now ~= entry.after then return nil, err("denied", tr("%s was changed since; it is left as it is", entry.path)) end
  if not entry.before then return fs.remove_exact(entry.path) end
  local text = M.content(ctx, entry.before)
  if not text then return nil, err("missing", tr("the content of %s before the edit is no longer kept", entry.path)) end
  return fs.write_exact(entry.path, text, { mode = entry.mode })
end

---How many of the newest edits were made for a prompt or after it.
---@param ctx Ctx
---@param at integer place of the prompt among the messages of the session
---@return integer
function M.since(ctx, at)
  local entries, before, messages = M.list(ctx), {}, ctx.session.messages
  for i = 1, at - 1 do before[messages[i].id] = true end
  local began, count = math.floor(messages[at].time or 0), 0
  for i = #entries, 1, -1 do
    if before[entries[i].prompt] or entries[i].time < began then break end
    count = count + 1
  end
  return count
end

---The files that taking back the newest edits would change.
---@param ctx Ctx
---@param count integer
---@return {path: string, changed: boolean}[] files changed: by somebody else since, so it would be left as it is
function M.touched(ctx, count)
  local out, seen, entries = {}, {}, M.list(ctx)
  for i = #entries, math.max(1, #entries - count + 1), -1 do
    local entry = entries[i]
    if not seen[entry.path] then
      local text = fs.read(entry.path, MOST)
      seen[entry.path] = true
      out[#out + 1] = { path = entry.path, changed = (text and sys.sha256(text) or false) ~= entry.after }
    end
  end
  table.sort(out, function(a, b) return a.path < b.path end)
  return out
end

---Takes back the newest edits.
---@param ctx Ctx
---@param count integer
---@return string[] paths that have their former content again
---@return Err[] problems files that were left alone
function M.undo(ctx, count)
  local restored, problems, blocked = {}, {}, {}
  local state, e = open_log(ctx)
  if not state then return restored, { e } end
  local entries, seen = state.entries, {}
  for i = #entries, math.max(1, #entries - count + 1), -1 do
    local entry = entries[i]
    local ok, problem
    if not blocked[entry.path] then ok, problem = take_back(ctx, state, entry) end
    if problem then
      problems[#problems + 1] = problem
      blocked[entry.path] = true
    elseif ok and not seen[entry.path] then
      seen[entry.path] = true
      restored[#restored + 1] = entry.path
      ctx.seen[entry.path] = nil
    end
    entries[i] = nil
  end
  state.file:write(json.encode { undone = count } .. "\n")
  return restored, problems
end

return M
