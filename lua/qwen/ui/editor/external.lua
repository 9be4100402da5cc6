-- Programs of the person on a text, in a private file: their editor changes it, their pager shows it.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local proc = require "qwen.util.process"
local sys = require "sys.os"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

-- Words of the first variable that is set, or the first program that is there.
local function command(variables, programs)
  for _, name in ipairs(variables) do
    local value = sys.env(name)
    if value and value:find "%S" then return text.shell_words(value) end
  end
  for _, name in ipairs(programs) do
    if proc.which(name) then return { name } end
  end
end

-- Runs a program on a file with the text; then what `after` makes of the file.
local function run_on(argv, content, suffix, env, after)
  local folder, e = fs.mkdtemp((sys.env "TMPDIR" or "/tmp") .. "/qwen-edit-")
  if not folder then return nil, e end
  local _ <close> = setmetatable({}, { __close = function() fs.remove_tree(folder) end })
  local path = folder .. "/text" .. suffix
  local ok
  ok, e = fs.write(path, content, { fsync = false })
  if not ok then return nil, e end
  argv[#argv + 1] = path
  local child
  child, e = proc.open { argv = argv, stdin = "inherit", stdout = "inherit", stderr = "inherit",
    group = false, env = env }
  if not child then return nil, e end
  return after(child:wait(), path)
end

---The text after the person has edited it. The terminal must be given back before.
---@param before string
---@param suffix string? of the file, for the editor's highlighting
---@return string?, Err?
function M.edit(before, suffix)
  local argv = command({ "VISUAL", "EDITOR" }, { "sensible-editor", "editor", "nano", "vi" })
  if not argv then return nil, err("missing", tr "there is no editor: set EDITOR to the name of one") end
  local name = argv[1]
  return run_on(argv, before, suffix or ".md", nil, function(result, path)
    if result.code ~= 0 then
      return nil, err("cancelled", tr("the editor %s ended with %s; the text is as it was", name,
        result.code and tr("code %s", result.code) or tr "a signal"))
    end
    local after, e = fs.read(path, 16 * 1024 * 1024)
    if not after then return nil, e end
    return (text.utf8(after):gsub("\r\n", "\n"):gsub("\n$", ""))
  end)
end

-- less shows colours, finds in either case, begins at the end, and says how it is left; it stays
-- also where all fits (a common LESS=FRX), on a screen of its own, and asks nothing first.
local function less_flags(prompt)
  return { "-R", "-i", "-d", "-+F", "-+X", "-+E", "+G", "-Ps" .. prompt .. "?pB - %pB\\%." }
end

---Shows a text, from its end, until the person leaves. The terminal must be given back before.
---@param content string clean, with our own colours
---@return boolean?, Err?
function M.view(content)
  local argv = command({ "PAGER" }, { "less", "more" })
  if not argv then return nil, err("missing", tr "there is no pager: install less, or set PAGER") end
  if (argv[1]:match "^.*/(.*)" or argv[1]) == "less" then
    local keys = tr "q leaves, / searches"
    local plain = not keys:find "[\x80-\xff]" -- less 590 spoils other characters in its prompt
    if not plain then content = content .. "\n" .. keys .. "\n" end
    local flags = less_flags(plain and keys or "q")
    table.move(argv, 2, #argv, #flags + 2) -- what PAGER says counts
    table.move(flags, 1, #flags, 2, argv)
  end
  local env = proc.own_env(true)
  env.LESSCHARSET = env.LESSCHARSET or "utf-8" -- the text is, whatever the locale
  return run_on(argv, content, "", env, function() return true end)
end

return M
