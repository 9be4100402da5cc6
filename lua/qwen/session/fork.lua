-- The copy of a session's file under another id. It ends with a record of its title, which names
-- the record that it follows, so that what was left by going back stays left.
local chat_file = require "qwen.session.chat_file"
local chat_record = require "qwen.session.chat_record"
local embed = require "sys.embed"
local err = require "qwen.util.err"
local folder = require "qwen.session.folder"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local summary = require "qwen.session.summary"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local M = {}

local BLOCK = 4 * 1024 * 1024 -- bytes that are read at once
local LINE = 64 * 1024 * 1024 -- bytes of a line; of a longer one the id may stay the other's
local LOOKED, LONGEST = 200, 190 -- sessions whose titles are looked at; characters of a title

-- Writes what whole lines a file has, with the new id in the place of the old one.
local function copy_lines(from, to, old, new)
  local wanted = '"sessionId":"' .. old:gsub("%p", "%%%0") .. '"'
  local put = ('"sessionId":"%s"'):format(new)
  local at, rest = 0, ""
  while true do
    local block, e = fs.read_part(from, at, BLOCK)
    if not block then return nil, e end
    if block == "" then return true end -- a line without its end is being written by another
    at, rest = at + #block, rest .. block
    local stop = rest:match "^.*()\n" or #rest > LINE and #rest or 0
    local ok
    ok, e = to:write((rest:sub(1, stop):gsub(wanted, put)))
    if not ok then return nil, e end
    rest = rest:sub(stop + 1)
    task.sleep(0) -- the screen stays alive
  end
end

-- A title that no session has which was used lately: "NAME (2)".
local function free_title(cwd, name)
  local base, taken, n = name:gsub(" %(%d+%)$", ""), {}, 2
  local cut = utf8.offset(base, LONGEST + 1)
  base = cut and base:sub(1, cut - 1) or base
  for i, entry in ipairs(folder.list(cwd)) do
    if i > LOOKED then break end
    taken[summary.of(entry.path).title or ""] = true
  end
  while taken[("%s (%d)"):format(base, n)] do n = n + 1 end
  return ("%s (%d)"):format(base, n)
end

-- The record that a file ends with.
local function last_record(path)
  local file = chat_file.open(path)
  local record = file and file:record()
  return record and type(record.uuid) == "string" and record.uuid or nil
end

-- What the first session's edits are taken back by serves the copy, too.
local function copy_edits(cwd, old, new)
  local backups = paths.project(cwd) .. "/backups/"
  local text = fs.read(backups .. old .. ".jsonl")
  if text then fs.write(backups .. new .. ".jsonl", text, { mode = 384 }) end
end

---Makes the file of a session that has none yet.
---@param cwd string
---@param found {id: string, path: string} the one that is copied
---@param made Session
---@param as {title: string?, leaf: string?}
---@return boolean?, Err?
function M.copy(cwd, found, made, as)
  local said = summary.of(found.path).title
  local leaf = as.leaf or last_record(found.path)
  if not said or not leaf then
    return nil, err("usage", tr("nothing was said yet in the session %s", found.id))
  end
  local title = as.title or free_title(cwd, said)
  local file <close>, e = fs.append(made.path, 384)
  if not file then return nil, e end
  local ok
  ok, e = copy_lines(found.path, file, found.id, made.id)
  if ok then
    ok, e = file:write(chat_record.encode_title(title, { id = sys.uuid(), parent = leaf,
      session = made.id, cwd = cwd, version = embed.version, time = task.time() }))
  end
  if ok then ok, e = file:sync() end
  if not ok then
    fs.remove(made.path)
    return nil, e
  end
  copy_edits(cwd, found.id, made.id)
  return true
end

return M
