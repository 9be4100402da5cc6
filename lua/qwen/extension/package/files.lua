-- The files of a package: found within bounds, without links, and held against the hashes that the user
-- approved. It changes nothing.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local tr = require("qwen.util.translate").tr

local M = {
  ---Bounds of a package: files, bytes of one and of all, folders in each other, bytes of a path.
  most = { files = 5000, size = 16 << 20, total = 64 << 20, depth = 16, path = 512 },
}

-- What is no part of a package: the history, and Qwen Code's own note of where it came from.
local skipped = { [".git"] = true, [".qwen-extension-install.json"] = true }

---Why a relative path cannot be one of a package's; nil when it can.
---@param path string
---@return string?
function M.path_problem(path)
  if #path > M.most.path then return tr "its path is too long" end
  local odd = path == "" or path:find "[%z\1-\31\127\\]" or ("/" .. path .. "/"):find("//", 1, true)
  if odd then return tr "its path is not safe" end
  local depth = 0
  for part in path:gmatch "[^/]+" do
    depth = depth + 1
    if part == "." or part == ".." or skipped[part:lower()] then
      return tr "its path is not safe"
    end
  end
  if depth > M.most.depth then return tr "its folders lie too deep in each other" end
end

local function refused(path, problem)
  return nil, err("denied", ("%s: %s"):format(require("sys.text").visible(path), problem))
end

local function walk(dir, below, out, sums)
  local list, e = fs.list(dir .. below)
  if not list then return nil, e end
  for _, entry in ipairs(list) do
    local path = (below == "" and "" or below:sub(2) .. "/") .. entry.name
    local problem = not skipped[entry.name] and M.path_problem(path)
    if problem then return refused(path, problem) end
    if skipped[entry.name] then
      sums.skipped = true
    elseif entry.type == "dir" then
      local ok
      ok, e = walk(dir, below .. "/" .. entry.name, out, sums)
      if not ok then return nil, e end
    elseif entry.type ~= "file" then
      return refused(path, tr "it is a link, or no file; a package has files only")
    else
      local stat = fs.stat(dir .. "/" .. path, false)
      local size = stat and stat.size or 0
      sums.files, sums.total = sums.files + 1, sums.total + size
      if sums.files > M.most.files then return refused(path, tr("more than %d files", M.most.files)) end
      if size > M.most.size or sums.total > M.most.total then
        return refused(path, tr("more than %d MB", M.most.total >> 20))
      end
      out[#out + 1] = path
    end
  end
  return out
end

---The files of a folder, sorted; a link or a bound that is passed is an error.
---@param dir string
---@return string[]?, Err?
function M.list(dir)
  local out, e = walk(dir, "", {}, { files = 0, total = 0 })
  if not out then return nil, e end
  table.sort(out)
  return out
end

---Reads a file by a path without links, and what was read is what is judged.
---@param dir string
---@param path string relative
---@return string?, Err?
function M.read(dir, path)
  local problem = M.path_problem(path)
  if problem then return refused(path, problem) end
  local real = fs.realpath(dir)
  if not real then return fs.read(dir, 0) end -- says why
  local text, e = fs.read_exact(real .. "/" .. path, M.most.size)
  if not text then return nil, e end
  return text
end

---The hash of every file of a folder, by its path.
---@param dir string
---@return table<string, string>?, Err?
function M.hashes(dir)
  local list, e = M.list(dir)
  if not list then return nil, e end
  local out = {}
  for _, path in ipairs(list) do
    local text
    text, e = M.read(dir, path)
    if not text then return nil, e end
    out[path] = sys.sha256(text)
  end
  return out
end

---What differs between two sets of hashes, as paths; an empty list when nothing does.
---@param old table<string, string>
---@param new table<string, string>
---@return {path: string, how: "new"|"changed"|"gone"}[]
function M.differences(old, new)
  local out = {}
  for path, hash in pairs(new) do
    if old[path] ~= hash then out[#out + 1] = { path = path, how = old[path] and "changed" or "new" } end
  end
  for path in pairs(old) do
    if not new[path] then out[#out + 1] = { path = path, how = "gone" } end
  end
  table.sort(out, function(a, b) return a.path < b.path end)
  return out
end

---Writes files into a folder that is new.
---@param dir string
---@param files {path: string, text: string}[]
---@return boolean?, Err?
function M.write(dir, files)
  local total, seen = 0, {}
  if #files > M.most.files then return refused(dir, tr("more than %d files", M.most.files)) end
  for _, file in ipairs(files) do
    local problem = M.path_problem(file.path)
    total = total + #file.text
    if not problem and (#file.text > M.most.size or total > M.most.total) then
      problem = tr("more than %d MB", M.most.total >> 20)
    end
    if not problem and seen[file.path:lower()] then problem = tr "it is there twice" end
    if problem then return refused(file.path, problem) end
    seen[file.path:lower()] = true
    local full = dir .. "/" .. file.path
    local ok, e = fs.mkdir(full:match "^(.*)/", 448)
    if ok then ok, e = fs.write(full, file.text, { mode = file.program and 448 or 384, fsync = false }) end
    if not ok then return nil, e end
  end
  return true
end

---The files of a folder with their texts.
---@param dir string
---@return {path: string, text: string, program: boolean}[]?, Err?
function M.load(dir)
  if not paths.is_folder(dir) then return nil, err("missing", tr("there is no folder %s", paths.short(dir))) end
  local list, e = M.list(dir)
  if not list then return nil, e end
  local out = {}
  for i, path in ipairs(list) do
    local text, problem = M.read(dir, path)
    if not text then return nil, problem end
    local stat = fs.stat(dir .. "/" .. path)
    out[i] = { path = path, text = text, program = stat ~= nil and stat.mode & 64 ~= 0 }
  end
  return out
end

return M
