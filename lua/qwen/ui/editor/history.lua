-- What was typed in a project, newest last, kept between sessions. One JSON object a line, with the folder, since several folders may
-- have one file; a text alone is of an older version. Torn or foreign lines are skipped.
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local texts = require "qwen.util.text"

local M = {}

local MOST = 1000

local function file(cwd)
  local project = paths.project(cwd)
  return project and project .. "/history"
end

---@param cwd string
---@return string[]
function M.load(cwd)
  local path, out, folder = file(cwd), {}, texts.utf8(cwd)
  local text = path and fs.read(path, 16 * 1024 * 1024) or ""
  for line in text:gmatch "[^\n]+" do
    local entry = json.decode(line)
    if type(entry) == "string" then entry = { text = entry, cwd = folder } end
    local own = type(entry) == "table" and entry.cwd == folder and type(entry.text) == "string"
    if own then out[#out + 1] = entry.text end
  end
  return table.move(out, math.max(1, #out - MOST + 1), #out, 1, {})
end

-- Keys that are typed to a command are not kept.
local function without_keys(text)
  if not text:find "^%s*/auth%f[%s]" then return text end
  text = text:gsub("(%s%-%-key[=%s]+)%S+", "%1"):gsub("(%s%-k%s+)%S+", "%1")
  return (text:gsub("%f[%S]%a[%w]*%-[%w_-]*%d[%w_-]*", function(word) return #word < 16 and word or "" end))
end

---Keeps a text, without the keys that a sign-in in it has.
---@param cwd string
---@param text string
---@return boolean?, Err?
function M.add(cwd, text)
  local path = file(cwd)
  if not path then return true end
  local ok, e = fs.mkdir(path:match "^(.*)/", 448)
  if not ok then return nil, e end
  local log <close>, problem = fs.append(path)
  if not log then return nil, problem end
  return log:write(json.encode { cwd = texts.utf8(cwd), text = without_keys(text) } .. "\n")
end

return M
