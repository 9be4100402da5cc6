-- Which files a word of a command names, as the shell would expand it in any of the folders it could be in. It reads folders, opens nothing.
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local glob = require "qwen.util.glob"

local M = {}

local MOST = 2000

-- The existing paths that a pattern could expand to, or more; nil when that cannot be told.
local function expand(path)
  local found = { "" }
  for segment in path:gmatch "[^/]+" do
    if not segment:find "[*?%[]" then
      for i, at in ipairs(found) do found[i] = at .. "/" .. segment end
    else
      if segment:find "^%.[*?%[]" then return nil end -- fits ".." too
      local matches, next_found = glob.matcher((segment:gsub("%[.*$", "*"):gsub("[?*]+", "*"))), {} -- `?` is a byte in some locales
      for _, at in ipairs(found) do
        for _, entry in ipairs(fs.list(at == "" and "/" or at) or {}) do
          if matches(entry.name) then next_found[#next_found + 1] = at .. "/" .. entry.name end
        end
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
