-- What the tools changed in files: the content before each edit is kept (backups.lua), so that an edit can be taken back and a
-- session's changes shown. The order of edits is in <session>.jsonl, beside the contents in ~/.qwen/projects/<folder>/backups/.
local backups = require "qwen.session.backups"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local storage = require "qwen.session.storage"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr
local unwritten = require "qwen.session.unwritten"
local when_free = require "qwen.util.when_free"

local M = {}

local function log_path(folder, ctx)
  return folder .. "/" .. ctx.session.id .. ".jsonl"
end

-- The session whose edits are kept: those of agents can be taken back like all others.
local function main_session(ctx) return ctx.session.main or ctx.session end

-- The edits of a log that stand. A line that was not written whole hides its own edit and no other.
local function entries_of(text)
  local out, number = {}, 0
  for line in text:gmatch "[^\n]+" do
    number = number + 1
    local entry = json.decode((line:gsub("%z+", ""))) -- a crash of the system may leave NULs
    if type(entry) ~= "table" then entry = {} end
    if type(entry.path) == "string" and entry.prompt then
      entry.id = entry.id or number -- of a version without ids
      out[#out + 1] = entry
    elseif type(entry.undone) == "table" then
      local gone, left = {}, {}
      for _, id in ipairs(entry.undone) do gone[id] = true end
      for _, one in ipairs(out) do left[#left + 1] = not gone[one.id] and one or nil end
      out = left
    elseif type(entry.undone) == "number" then
      for _ = 1, math.min(entry.undone, #out) do out[#out] = nil end
    end
  end
  return out
end

local function open_log(ctx)
  local state = main_session(ctx).edits
  if state then return state end
  local folder = storage.backups(ctx, true)
  if not folder then return nil, err("missing", tr "there is no home folder; set HOME") end
  local ok, e = fs.mkdir(folder, 448)
  if not ok then return nil, e end
  backups.sweep(folder)
  local text = fs.read(log_path(folder, ctx)) or ""
  state = { folder = folder, entries = entries_of(text), torn = text ~= "" and text:sub(-1) ~= "\n" }
  state.file, e = fs.append(log_path(folder, ctx), 384)
  if not state.file then return nil, e end
  main_session(ctx).edits = state
  return state
end

-- A line that was cut must not take this one with it.
local function write_line(state, record)
  local ok, e = state.file:write((state.torn and "\n" or "") .. json.encode(record) .. "\n")
  state.torn = not ok
  if ok then ok, e = state.file:sync() end
  return ok, e
end

-- Says once for each reason that an edit has no backup; with --strict that is an error.
local function without_backup(ctx, e)
  if ctx.opts.strict then
    return nil, err("denied", tr("%s. The edit was refused because it could not be taken back (--strict).", e.message))
  end
  if e.code == "large" then
    unwritten(ctx, "large", tr("%s: edits of such files cannot be taken back (/undo)", e.message))
  else
    unwritten(ctx, "edits", tr("edits cannot be taken back (/undo): %s", e.message))
  end
end

---Keeps what is in files before a tool changes them.
---@param ctx Ctx
---@param list string[] paths
---@return table? watch for `ended`
---@return Err? the edit is refused
function M.begin(ctx, list)
  if not ctx.session then return nil end
  local state, problem = open_log(ctx)
  if not state then return without_backup(ctx, problem) end
  local watch, known = {}, {}
  for _, path in ipairs(list) do
    local real = paths.real(path)
    if not known[real] then -- a patch may name a file twice, in two spellings
      local hash, stat = backups.keep(state.folder, real)
      watch[#watch + 1] = { path = real, before = hash, mode = hash and stat.mode, lost = hash == nil }
      local _, refused
      if hash == nil then _, refused = without_backup(ctx, stat) end
      if refused then return nil, refused end
    end
    known[real] = true
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

-- What the tool left in a file: what it wrote, where that is known, since another program may have written by now. And what it wrote
-- over, which is not the copy where another program wrote after that was made.
local function left(ctx, path)
  local seen = ctx.seen[path]
  local hash, from = seen and seen.hash, seen and seen.from
  if seen then seen.hash, seen.from = nil, nil end
  if hash then return hash, from end
  local text = fs.read_exact(path, backups.MOST)
  return text and sys.sha256(text) or false
end

---Notes what the tool changed.
---@param ctx Ctx
---@param watch table
---@param tool string
function M.ended(ctx, watch, tool)
  local state = main_session(ctx).edits
  for _, file in ipairs(watch) do
    local after, from = left(ctx, file.path)
    if from and file.before and from ~= file.before then
      unwritten(ctx, "overtaken", tr("%s changed while it was edited; that edit cannot be taken back (/undo)", file.path))
    elseif not file.lost and after ~= file.before then
      local entry = { id = sys.uuid(), path = file.path, before = file.before, after = after, mode = file.mode or nil, tool = tool,
        prompt = prompt_id(ctx), time = math.floor(task.time()) }
      state.entries[#state.entries + 1] = entry
      local ok, e = write_line(state, entry)
      if not ok then unwritten(ctx, "edit log", tr("edits can be taken back (/undo) in this run only: %s", e.message)) end
    end
  end
end

---The edits of this session that stand, oldest first.
---@param ctx Ctx
---@return {id: string|integer, path: string, before: string|false, after: string|false, mode: integer?, tool: string, prompt: string, time: integer}[]
function M.list(ctx)
  if main_session(ctx).edits then return main_session(ctx).edits.entries end
  local folder = storage.backups(ctx)
  return entries_of(folder and fs.read(log_path(folder, ctx)) or "")
end

---The content a file had before or after an edit.
---@param ctx Ctx
---@param hash string|false
---@return string? text "" for a file that was not there
---@return Err?
function M.content(ctx, hash)
  if not hash then return "" end
  return backups.content(storage.backups(ctx), hash)
end

local function changed_since(entry)
  return err("denied", tr("%s was changed since; it is left as it is", entry.path), { code = "changed" })
end

-- What stands in the file now must be what the edit left; then the content before it comes back. What is there now is kept too.
local function take_back(ctx, state, entry)
  local now, stat = backups.keep(state.folder, entry.path)
  if now == nil then return nil, stat end
  if now ~= entry.after then return nil, changed_since(entry) end
  local ok, e
  if not entry.before then
    ok, e = when_free(fs.remove_exact, entry.path, stat)
  else
    local text
    text, e = M.content(ctx, entry.before)
    if not text then
      return nil, e.code == "damaged" and err("broken", tr("%s is left as it is: %s", entry.path, e.message), { code = e.code })
        or err("missing", tr("the content of %s before the edit is no longer kept", entry.path), { code = "no-copy" })
    end
    ok, e = when_free(fs.write_exact, entry.path, text, { mode = entry.mode, expect = stat or false })
  end
  if ok then return ok end
  local meanwhile = e.code == "ESTALE" or e.code == "EEXIST" or e.code == "ENOENT"
  return nil, meanwhile and changed_since(entry) or e
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
      local text = fs.read(entry.path, backups.MOST)
      seen[entry.path] = true
      out[#out + 1] = { path = entry.path, changed = (text and sys.sha256(text) or false) ~= entry.after }
    end
  end
  table.sort(out, function(a, b) return a.path < b.path end)
  return out
end

-- Trying again brings the same; after another problem, a full disk for one, the edit can still be taken back.
local FINAL = { changed = true, damaged = true, ["no-copy"] = true }

---Takes back the newest edits.
---@param ctx Ctx
---@param count integer
---@return string[] paths that have their former content again
---@return Err[] problems files that were left alone
function M.undo(ctx, count)
  local restored, problems, blocked, seen, undone = {}, {}, {}, {}, json.array {}
  local state, e = open_log(ctx)
  if not state then return restored, { e } end
  local entries = state.entries
  for i = #entries, math.max(1, #entries - count + 1), -1 do
    local entry = entries[i]
    local ok, problem
    if not blocked[entry.path] then ok, problem = take_back(ctx, state, entry) end
    if problem then
      problems[#problems + 1] = problem
      blocked[entry.path] = problem
    elseif ok and not seen[entry.path] then
      seen[entry.path] = true
      restored[#restored + 1] = entry.path
      ctx.seen[entry.path] = nil
    end
    local why = blocked[entry.path]
    if not why or FINAL[why.code] then undone[#undone + 1] = table.remove(entries, i).id end
  end
  local ok
  ok, e = write_line(state, { undone = undone })
  if not ok then
    problems[#problems + 1] = err(e.kind, tr("cannot note what was taken back: %s. A later run offers it again and changes nothing.", e.message))
  end
  return restored, problems
end

return M
