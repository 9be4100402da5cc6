-- The files of this repository, for tests that read them: names, texts, texts without comments. Knows nothing of rules.
local fs = require "sys.fs"

local M = {}

local skipped = { [".git"] = true, build = true, node_modules = true }
local names

local function walk(folder, out)
  for _, entry in ipairs(assert(fs.list(folder == "" and "." or folder))) do
    local path = folder == "" and entry.name or folder .. "/" .. entry.name
    if not skipped[entry.name] then
      if entry.type == "dir" then walk(path, out) end
      if entry.type == "file" then out[#out + 1] = path end
    end
  end
  return out
end

---Paths that match one of the Lua patterns, sorted.
---@param ... string
---@return string[]
function M.files(...)
  names = names or walk("", {})
  local out = {}
  for _, name in ipairs(names) do
    for _, pattern in ipairs { ... } do
      if name:find(pattern) then
        out[#out + 1] = name
        break
      end
    end
  end
  return out
end

function M.read(path)
  return assert(fs.read(path))
end

---Lua text without comments; strings stay. Two dashes begin one where an even number of quotes stands before them on the line.
function M.lua_code(text)
  text = text:gsub("%-%-%[%[.-%]%]", "")
  return (text:gsub("[^\n]*%-%-[^\n]*", function(line)
    local at = 1
    while true do
      local from, to = line:find("--", at, true)
      if not from then return line end
      local _, quotes = line:sub(1, from - 1):gsub('"', "")
      if quotes % 2 == 0 then return line:sub(1, from - 1) end
      at = to + 1
    end
  end))
end

---C text without comments.
function M.c_code(text)
  text = text:gsub("/%*.-%*/", ""):gsub("//[^\n]*", "")
  return text
end

---The modules that a Lua text requires.
---@return string[]
function M.requires(text)
  local out = {}
  for name in M.lua_code(text):gmatch "require%s*%(?%s*[\"']([%w_.-]+)[\"']" do out[#out + 1] = name end
  return out
end

return M
