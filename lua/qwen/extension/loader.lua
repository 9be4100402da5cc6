-- One file of the user's or of ours: read, run in its environment, checked by its kind. Which file counts is the business of registry.lua.
local embed = require "sys.embed"
local fs = require "sys.fs"
local inheritance = require "qwen.extension.inheritance"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local task = require "sys.task"
local user_modules = require "qwen.extension.user_modules"

local M = {}

local MOST_SOURCE, LOAD_SECONDS = 4 * 1024 * 1024, 1

-- What others may write is not a person's own.
local function others_may_write(path)
  local stat = fs.stat(path)
  if stat and stat.uid ~= sys.uid() and stat.uid ~= 0 then return ("%s belongs to somebody else and is not run"):format(paths.short(path)) end
  if stat and stat.mode & 18 ~= 0 then return ("%s can be written by others and is not run; chmod go-w %s"):format(paths.short(path), path) end
end

-- A file of a package: what was read is what was approved, and its Lua sees what the package may use.
local function of_package(entry, settings)
  local refused = require("qwen.extension.package.contents").refused(entry)
  if refused then return nil, refused end
  local source, e = require("qwen.extension.packages").read(entry.package, entry.path)
  if not source then return nil, e.message end
  entry.source = source
  if entry.form ~= "lua" then return source end
  local globals = require("qwen.extension.package.environment").globals(entry.package, settings)
  return require("qwen.extension.environment").load(source, entry.path, globals)
end

---The chunk of a Lua file, or the text of another form.
---@param entry table
---@param settings (fun(): Settings?)? for the settings of a package
---@return function|string|nil, string?
function M.compile(entry, settings)
  if entry.tier == "shipped" then return embed.load(entry.path) end
  local e
  if not entry.source then
    entry.stamp = fs.stamp(entry.path)
    e = entry.tier ~= "project" and others_may_write(entry.path) -- a project's are texts, and trusted as a whole
    if e then return nil, e end
    if entry.package then return of_package(entry, settings) end
    if entry.border then
      entry.source, e = require("qwen.config.project_files").read(entry.border, entry.path, MOST_SOURCE)
    else
      entry.source, e = fs.read(entry.path, MOST_SOURCE)
    end
    if not entry.source then return nil, e.message end
  end
  if entry.form ~= "lua" then return entry.source end
  return require("qwen.extension.environment").load(entry.source, entry.path)
end

---Other forms than Lua: which module makes the table of a file, and by which function.
M.forms = {
  commands = { md = { "qwen.extension.prompt_command", "command" }, toml = { "qwen.extension.prompt_command", "command" } },
  tools = { json = { "qwen.extension.tool_program", "tool" } },
}

local function call(entry, chunk)
  if type(chunk) == "string" then
    local module, maker = table.unpack(M.forms[entry.kind][entry.form])
    local value, e = require(module)[maker](entry, chunk)
    return value ~= nil, value or ("%s: %s"):format(paths.short(entry.path), e)
  end
  if entry.tier == "shipped" then return xpcall(chunk, debug.traceback) end
  return task.limited(LOAD_SECONDS, chunk)
end

-- A run without files of the user's does not need it: what ships is right, as a test of the house shows.
local function validate() return require "qwen.extension.validate" end

---Runs the file and checks what it returns.
---@param entry table
---@param given {settings: (fun(): Settings?), get: fun(kind: string, name: string): table?, Err?} values of declared options; other files
---@return table? value
---@return string? problem
function M.run(entry, given)
  local chunk, e = M.compile(entry, given.settings)
  if not chunk then return nil, e:find(":%d") and e or paths.short(entry.path) .. ": " .. e end
  local ok, value = call(entry, chunk)
  if not ok then return nil, (user_modules.words(value):gsub("\n.*", "")) end
  value = inheritance.received(value)
  local shipped = entry.tier == "shipped" and not embed.runtime
  local wrong = not shipped and validate().problem(entry, value)
  if wrong then return nil, wrong end
  if entry.package then
    local refused = require("qwen.extension.package.contents").guard(entry, value)
    if refused then return nil, refused end
  end
  if entry.kind == "commands" then require("qwen.extension.subcommands").join(entry.name, value) end
  if entry.tier ~= "shipped" then validate().limit(entry, value) end
  if value.options then value.option = validate().options(entry, value.options, given.settings) end
  entry.good = true
  return value
end

return M
