-- Which files a word of a command names, as the shell would expand it in any of the folders it
-- could be in. It reads folders, opens nothing.
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local glob = require "qwen.util.glob"
local paths = require "qwen.util.paths"
local sys = require "sys.os"

local M = {}

local MOST = 2000

-- The existing paths that a pattern could expand to, or more; nil when that cannot be told.
-- `parents`: ".." counts where it fits.
local function expand(path, parents)
  local found = { "" }
  for segment in path:gmatch "[^/]+" do
    if not segment:find "[*?%[]" then
      for i, at in ipairs(found) do found[i] = at .. "/" .. segment end
    else
      local dots = segment:find "^%.[*?%[]" ~= nil -- fits ".." too
      if dots and not parents then return nil end
      local matches, next_found = glob.matcher((segment:gsub("%[.*$", "*"):gsub("[?*]+", "*"))), {} -- `?` is a byte in some locales
      for _, at in ipairs(found) do
        for _, entry in ipairs(fs.list(at == "" and "/" or at) or {}) do
          if matches(entry.name) then next_found[#next_found + 1] = at .. "/" .. entry.name end
        end
        if dots then next_found[#next_found + 1] = at .. "/.." end
      end
      if #next_found > MOST then return nil end
      found = next_found
    end
  end
  return found
end

---The absolute paths that a word could stand for, not normalised; nil when that cannot be told.
---@param bases string[] folders the command could be in
---@param word string
---@param marks table? as shell.parse gives them
---@return string[]?
function M.of(bases, word, marks)
  if word:sub(1, 1) == "~" or marks and marks.variable then return nil end
  local out = {}
  for _, base in ipairs(word:sub(1, 1) == "/" and { "" } or bases) do
    local path = base == "" and word or base .. "/" .. word
    out[#out + 1] = path
    if marks and marks.glob then
      local more = expand(path)
      if not more then return nil end
      table.move(more, 1, #more, #out + 1, out)
    end
  end
  return out
end

-- The home folder that a word begins with, and how long that beginning is; nil, true when it is not
-- known.
local function home_of(word)
  local name = word:match "^~([^/]*)"
  if not name then return nil end
  if name == "" then return paths.home(), 1 end
  if name == "+" then return ".", 2 end
  for line in ((fs.read("/etc/passwd", 1024 * 1024) or "") .. "\n"):gmatch "[^\n]*\n" do
    local user, folder = line:match "^([^:]*):[^:]*:[^:]*:[^:]*:[^:]*:([^:]*):"
    if user == name and folder ~= "" then return folder, #name + 1 end
  end
  return nil, true
end

-- A word with the variables in it that we know: where we are, and where home is. False when there
-- is another one.
local function substituted(word, base)
  local known = { HOME = paths.home(), PWD = base ~= "" and base or nil, USER = sys.env "USER", LOGNAME = sys.env "LOGNAME" }
  local unknown = false
  local function value(name)
    if not known[name] then unknown = true end
    return known[name]
  end
  local out = word:gsub("%${([%a_][%w_]*)}", value):gsub("%$([%a_][%w_]*)", value)
  return not unknown and not out:find "[$`]" and out
end

---Every path that a word may name, for rules that refuse: with ~, $HOME and $PWD filled in and
---patterns expanded.
---@param bases string[] folders the command could be in
---@param word string
---@param marks table? as shell_parser.parse gives them
---@return string[] paths not normalised
---@return boolean unknown it may also name anything else
function M.may_name(bases, word, marks)
  local out, unknown = {}, false
  local home, length = home_of(word)
  if home then word = home .. word:sub(length + 1) elseif length then unknown = true end
  for _, base in ipairs(bases) do
    local text = word
    if marks and marks.variable then text = substituted(word, base) end
    if text then
      local path = text:sub(1, 1) == "/" and text or base .. "/" .. text
      out[#out + 1] = path
      if (path:match "/proc/(.*)" or ""):find "[crf][wod]" then unknown = true end -- cwd, root, fd of who knows whom
      local more = marks and marks.glob and expand(path, true) or nil
      if more then table.move(more, 1, #more, #out + 1, out) end
      unknown = unknown or marks and marks.glob and not more or false
    else
      unknown = true
    end
  end
  return out, unknown
end

---Whether a pattern of file names becomes an option, because a file is called so.
---@param bases string[]
---@param word string
---@param marks table?
---@return boolean
function M.option(bases, word, marks)
  if not (marks and marks.glob == "start") then return false end
  for _, base in ipairs(bases) do
    local list = M.of({ base }, word, marks)
    if not list then return true end
    for _, path in ipairs(list) do
      if path:sub(#base + 2, #base + 2) == "-" then return true end
    end
  end
  return false
end

---Whether a word could name a folder.
---@param bases string[]
---@param word string
---@param marks table?
---@return boolean
function M.any_folder(bases, word, marks)
  for _, path in ipairs(M.of(bases, word, marks) or {}) do
    local stat = fs.stat(path)
    if stat and stat.type == "dir" then return true end
  end
  return false
end

---Whether a word can only name what may be read unasked.
---@param ctx Ctx
---@param bases string[]
---@param word string
---@param marks table?
---@param names boolean? only the names that a pattern becomes are shown, not what they lead to
---@return boolean
function M.readable(ctx, bases, word, marks, names)
  if word == "" then return true end
  local list = M.of(bases, word, marks)
  for _, path in ipairs(list or {}) do
    if not files.readable(ctx, names and path:match "^(.*)/" or path) then return false end
  end
  return list ~= nil
end

return M
