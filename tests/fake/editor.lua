-- One agent among many at one file: reads it, changes its own line with a tool, says what it was told, and with what again.
-- Usage: qwen lua tests/fake/editor.lua FILE LINE edit|write_file|settings
local fs, os = require "sys.fs", require "sys.os"

local _, path, number, way = ...
local ctx = { cwd = path:match "^(.*)/", seen = {}, mode = "default", settings = { get = function() end }, emit = function() end }
local function tool(name, args) return assert(qwen.x.registry.get("tools", name)).run(ctx, args) end
local from, to = ("line %s: old\n"):format(number), ("line %s: new\n"):format(number)

local function try()
  if way == "settings" then return qwen.x.settings_writer.set { { path = { "env", "LINE_" .. number }, value = "new" } } end
  assert(tool("read_file", { file_path = path }))
  if way == "edit" then return tool("edit", { file_path = path, old_string = from, new_string = to }) end
  local text = assert(fs.read(path))
  local seen = ctx.seen[path] -- what is read here is what was shown, or the call is refused
  local first, last = text:find(from, 1, true)
  if not seen or not first then return nil, "not there" end
  return tool("write_file", { file_path = path, content = text:sub(1, first - 1) .. to .. text:sub(last + 1) })
end

os.out "ready\n"
os.flush()
io.read "l"
local ok, e = try()
os.out(ok and "updated\n" or "refused " .. tostring(e):gsub("\n.*", "") .. "\n")
os.flush()
