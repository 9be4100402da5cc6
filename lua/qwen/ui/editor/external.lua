-- The external editor: a text goes into a private file, the person's own editor changes it, the text comes back.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local proc = require "qwen.util.process"
local sys = require "sys.os"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

-- Words of $VISUAL or $EDITOR, or the first editor that is there.
local function command()
  for _, name in ipairs { "VISUAL", "EDITOR" } do
    local value = sys.env(name)
    if value and value:find "%S" then return text.shell_words(value) end
  end
  for _, name in ipairs { "sensible-editor", "editor", "nano", "vi" } do
    if proc.which(name) then return { name } end
  end
end

---The text after the person has edited it. The terminal must be given back before.
---@param before string
---@param suffix string? of the file, for the editor's highlighting
---@return string?, Err?
function M.edit(before, suffix)
  local argv = command()
  if not argv then return nil, err("missing", tr "there is no editor: set EDITOR to the name of one") end
  local folder, e = fs.mkdtemp((sys.env "TMPDIR" or "/tmp") .. "/qwen-edit-")
  if not folder then return nil, e end
  local _ <close> = setmetatable({}, { __close = function() fs.remove_tree(folder) end })
  local path = folder .. "/text" .. (suffix or ".md")
  local ok
  ok, e = fs.write(path, before, { fsync = false })
  if not ok then return nil, e end
  argv[#argv + 1] = path
  local child
  child, e = proc.open { argv = argv, stdin = "inherit", stdout = "inherit", stderr = "inherit", group = false }
  if not child then return nil, e end
  local result = child:wait()
  if result.code ~= 0 then
    return nil, err("cancelled", tr("the editor %s ended with %s; the text is as it was", argv[1],
      result.code and tr("code %s", result.code) or tr "a signal"))
  end
  local after
  after, e = fs.read(path, 16 * 1024 * 1024)
  if not after then return nil, e end
  return (text.utf8(after):gsub("\r\n", "\n"):gsub("\n$", ""))
end

return M
