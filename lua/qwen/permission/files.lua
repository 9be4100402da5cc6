-- Paths as tools see them: absolute, compared by whole components on real paths, and which ones are
-- never touched unasked.
local encoding = require "qwen.util.encoding"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local glob = require "qwen.util.glob"
local folders = require "qwen.permission.folders"
local ignore = require "qwen.permission.ignore"
local listing = require "qwen.permission.listing"
local names = require "qwen.permission.names"
local paths = require "qwen.util.paths"
local storage = require "qwen.session.storage"
local seen = require "qwen.session.seen"
local seen_files = require "qwen.permission.seen_files"
local sys = require "sys.os"
local when_free = require "qwen.util.when_free"

local M = { glob = glob.matcher, normal = paths.normal, real = paths.real,
  missing = names.missing, links = listing.links, ignore_flags = listing.ignore_flags, visible = listing.visible,
  walk = listing.walk, ignored = ignore.matcher, show_folder = folders.show,
  holds_home = folders.holds_home,
  mark_seen = seen_files.mark_seen, check_seen = seen_files.check_seen, wrote = seen_files.wrote }

local KINDS = { dir = "a folder", pipe = "a named pipe", device = "a device", link = "a link" }

---The absolute path that is meant, in its normal form; a relative one counts from the project folder.
---@param ctx Ctx
---@param path string
---@return string?, Err?
function M.resolve(ctx, path)
  if path:find("\0", 1, true) then return nil, err("usage", "a path cannot hold a zero byte") end
  if path == "" then return nil, err("usage", "the path is empty") end
  return names.meant(ctx, path)
end

---A path as it is judged: its name in normal form, what it really reaches now, and whether that is
---sure.
---@param path string absolute
---@return Place
function M.place(path)
  local real, unsure = paths.real(path)
  return { name = paths.normal(path), real = real, unsure = unsure or false }
end

---The places of a call's paths as its tool opens them: from the project folder, by their text.
---@param ctx Ctx
---@param list string[]
---@return Place[]
function M.places(ctx, list)
  local out = {}
  for i, path in ipairs(list) do out[i] = M.place(names.meant(ctx, path)) end
  return out
end

---True when a place is in the project folder, or in one that the session has beside it.
---@param ctx Ctx
---@param place Place
---@return boolean
function M.place_inside(ctx, place)
  return not place.unsure and folders.around(ctx, place.real) ~= nil
end

---True when a place is one where keys are kept, in a project that holds the person's home.
---@param ctx Ctx
---@param place Place
---@return boolean
function M.place_of_keys(ctx, place)
  return folders.of_keys(ctx, place.real)
end

---True when a place may be read unasked: the project, outputs spilled for it, folders of skills.
---@param ctx Ctx
---@param place Place
---@return boolean
function M.place_readable(ctx, place)
  if M.place_inside(ctx, place) then return not M.place_of_keys(ctx, place) end
  local spilled = storage.outputs(ctx)
  if place.unsure then return false end
  return spilled ~= nil and paths.below(place.real, (paths.real(spilled))) or folders.shown(ctx, place.real)
end

---True for places that decide what runs later: version control and editor folders, shell start
---files, our own settings. Both the name and what it really reaches count; names above the project
---do not.
---@param ctx Ctx
---@param place Place
---@return boolean
function M.place_protected(ctx, place)
  local home = paths.qwen_home()
  if home and (paths.below(place.real, paths.real(home)) or paths.below(place.name, home)) then
    return true
  end
  local protected = require "qwen.permission.protected" -- here: what only reads asks for none
  local function is(path) return protected.is(path, folders.around(ctx, path) or ctx.cwd) end
  return is(place.name) or is(place.real)
end

---True when the real path is in the project folder, or in one beside it.
---@param ctx Ctx
---@param path string
---@return boolean
function M.inside(ctx, path) return M.place_inside(ctx, M.place(path)) end

---@param ctx Ctx
---@param path string
---@return boolean
function M.readable(ctx, path) return M.place_readable(ctx, M.place(path)) end

---@param ctx Ctx
---@param path string
---@return boolean
function M.protected(ctx, path) return M.place_protected(ctx, M.place(path)) end

-- Opening what was judged
-- -----------------------------------------------------------------------------------------------

---The ctx of one call's run: its files are those that were judged, and no others.
---@param ctx Ctx
---@param effect string
---@param places Place[]
---@return Ctx
function M.scope(ctx, effect, places)
  local reals = {}
  for _, place in ipairs(places) do reals[place.real] = place end
  if effect == "read" and not places[1] then reals[ctx.cwd] = M.place(ctx.cwd) end
  return setmetatable({ admitted = { effect = effect, reals = reals } }, { __index = ctx, __newindex = ctx })
end

-- Whether a call may open a real path: it is one that was judged, or below a folder that was.
local function admits(ctx, real, change)
  local admitted = ctx.admitted
  if not admitted then return true end
  if admitted.reals[real] then return not change or admitted.effect == "edit" end
  for folder, place in pairs(change and {} or admitted.reals) do
    if not place.absent and paths.below(real, folder) then return true end
  end
  return false
end

---The real path that a call may open for a path, where it is still the one that was judged or below
---it.
---@param ctx Ctx
---@param path string absolute
---@param change boolean? to write it
---@return string?, Err?
function M.opened(ctx, path, change)
  local real, unsure = paths.real(path)
  local place = ctx.admitted and ctx.admitted.reals[real]
  if place and place.absent then return nil, names.missing(ctx, path) end
  if not ctx.admitted or not unsure and admits(ctx, real, change) then return real end
  return nil, err("denied", path .. " leads to another place than when it was allowed. Nothing was done.")
end

-- The files of the editor that leads the session, where it has a file: those of the project.
local function of_client(ctx, real)
  return ctx.client_files and folders.around(ctx, real) and ctx.client_files or nil
end

-- For a path below a folder that was opened: by its text alone, so that no link is followed that
-- came since.
local function exact(ctx, path, below)
  if not below then return M.opened(ctx, path) end
  local real = paths.normal(path)
  if admits(ctx, real) then return real end
  return nil, err("denied", path .. " leads to another place than when it was allowed. Nothing was done.")
end

---Reads what was judged, by a path without a link.
---@param ctx Ctx
---@param path string absolute
---@param limit integer?
---@param below boolean? it is a name below a folder that `opened` gave
---@return string? text
---@return Stat|Err what the open file is
function M.read(ctx, path, limit, below)
  local real, e = exact(ctx, path, below)
  if not real then return nil, e end
  local stat = fs.stat_exact(real)
  if stat and stat.type ~= "file" then
    return nil, err("usage", ("%s is %s, not a file. Nothing was done."):format(path, KINDS[stat.type] or "something else"))
  end
  local bytes, found = fs.read_exact(real, limit)
  local editor = bytes and of_client(ctx, real)
  if not editor then return bytes, found end
  return editor.read(real, bytes, found)
end

---Reads what was judged as text in UTF-8, whatever it is in.
---@param ctx Ctx
---@param path string absolute
---@param limit integer?
---@return string? text
---@return Stat|Err what the open file is; of code "binary" when it is no text
---@return Encoding? encoding nil: UTF-8
function M.read_text(ctx, path, limit)
  local bytes, stat = M.read(ctx, path, limit)
  if not bytes then return nil, stat end
  stat.hash = sys.sha256(bytes)
  local words, found = encoding.decode(bytes)
  if words then return words, stat, found end
  return nil, err("usage", ("%s is binary, or in a character set that could not be told. Nothing was done."):format(path),
    { code = "binary" })
end

---@param ctx Ctx
---@param path string absolute
---@param below boolean?
---@return Stat?, Err?
function M.stat(ctx, path, below)
  local real, e = exact(ctx, path, below)
  if not real then return nil, e end
  return fs.stat_exact(real)
end

---@param ctx Ctx
---@param path string absolute
---@param below boolean?
---@return {name: string, type: string}[]?, Err?
function M.list(ctx, path, below)
  local real, e = exact(ctx, path, below)
  if not real then return nil, e end
  return fs.list_exact(real)
end

local CHANGED = { ESTALE = true, EEXIST = true, ENOENT = true }

---Writes what was judged, in its own folder, which is made when it is missing. The file counts as
---seen, or, where a part was replaced, that part. What another program wrote since it was read stays.
---@param ctx Ctx
---@param path string absolute
---@param text string
---@param before Stat|false the file that is there and was read; false: nothing is there
---@param how {encoding: Encoding?, part: FilePart?, unseen: integer?, mode: integer?}? what it is written in; lines that were
---replaced; of so many that the model does not know; permission bits of a new file
---@return boolean?, Err?
function M.write(ctx, path, text, before, how)
  local real, e = M.opened(ctx, path, true)
  if not real then return nil, e end
  how = how or {}
  local bytes, foreign = encoding.encode(text, how.encoding)
  if not bytes then
    return nil, err("usage", ("%s is in %s, which does not have the character %s. Nothing was written. Use other "
      .. "characters, or bring the file to UTF-8 first (iconv)."):format(path, how.encoding.name, foreign))
  end
  local editor = of_client(ctx, real)
  local ok, after
  if editor and editor.write then
    ok, after = editor.write(real, text, before)
  else
    ok, after = when_free(fs.write_exact, real, bytes, { mode = how.mode or 420, expect = before })
  end
  if not ok then return nil, CHANGED[after.code] and seen_files.changed(path) or after end
  if not before then ctx.seen[real] = nil end
  if how.unseen then ctx.seen[real] = seen.forget(ctx.seen[real] or {}, how.unseen) end
  M.mark_seen(ctx, real, after)
  ctx.seen[real].hash, ctx.seen[real].from = sys.sha256(bytes), before and before.hash or nil
  if how.part then seen.replaced(ctx.seen[real], how.part) end
  return true
end

---Removes what was judged, where it is still what was looked at.
---@param ctx Ctx
---@param path string absolute
---@param before Stat
---@return boolean?, Err?
function M.remove(ctx, path, before)
  local real, e = M.opened(ctx, path, true)
  if not real then return nil, e end
  local ok
  ok, e = when_free(fs.remove_exact, real, before)
  if not ok then return nil, CHANGED[e.code] and seen_files.changed(path) or e end
  ctx.seen[real] = nil
  return true
end

---What a text is in where that is not UTF-8 with plain line ends, in words for the model.
---@param text string
---@param found Encoding?
---@return string?
function M.form(text, found)
  local out = { found and found.name }
  if text:sub(1, 3) == "\u{FEFF}" or found and found.bom ~= "" then out[#out + 1] = "BOM" end
  if text:find("\r\n", 1, true) then
    out[#out + 1] = (text:find "[^\r]\n" or text:find "^\n") and "mixed line ends" or "CRLF line ends"
  end
  return out[1] and table.concat(out, ", ") or nil
end

---A path for people: relative to the project when it is inside.
---@param ctx Ctx
---@param path string
---@return string
function M.relative(ctx, path)
  if path:sub(1, #ctx.cwd + 1) == ctx.cwd .. "/" then return path:sub(#ctx.cwd + 2) end
  return (path:gsub("^/", ""))
end

return M
