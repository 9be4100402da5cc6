-- Commands by their name: finding one as it is saved now, running it, and telling hooks that it has ended. What a command's words come to
-- and how a signal ends it is the caller's.
local aliases = require "qwen.extension.aliases"
local catalogue = require "qwen.extension.catalogue"
local err = require "qwen.util.err"
local registry = require "qwen.extension.registry"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

---The name of a command that a line begins with, and the text behind it; nil for a prompt. A path begins like a command, too.
---@param line string
---@return string? name, string? rest
function M.split(line)
  local name, rest = line:match "^/([%w_:?\128-\255-]*)%f[%s\0](.*)$"
  if name then return aliases.resolve(name, text.trim(rest)) end
  name, rest = line:match "^/([%w._-]+/[%w_:-]+)%f[%s\0](.*)$" -- of a package, where the short name is another's
  if name and registry.has("commands", name) then return name, text.trim(rest) end
end

-- The name here of what other programs call PACKAGE:NAME.
local function of_package(name)
  local package, own = name:match "^([^:]+):(.+)$"
  if not package or registry.has("commands", name) then return name end
  if registry.has("commands", package .. "/" .. own) then return package .. "/" .. own end
  local entries = catalogue.state.files.commands[own]
  local of = entries and entries[1].package
  return of and of.name == package and own or name
end

---The command of a name, as it is saved now, or an error that names the nearest.
---@param name string
---@param ctx Ctx? what was saved in the meantime counts
---@param rest string? the text behind it
---@return table?, Err?
function M.find(name, ctx, rest)
  if ctx and name ~= "reload" then require("qwen.extension.reload").take_saved(ctx) end -- that one tells by itself
  if ctx and aliases.is_disabled(ctx, name, rest) then
    return nil, err("denied", tr("/%s is disabled by slashCommands.disabled", name))
  end
  name = of_package(name)
  local clash = ctx and registry.clash("commands", name)
  if clash then ctx.notice(clash) end
  if registry.has("commands", name) then return registry.get("commands", name) end
  local instead = require("qwen.extension.foreign_slash").nearest[name]
  if instead then return nil, err("usage", tr("there is no command /%s; here: %s", name, instead)) end
  local near = text.nearest(name, ctx and aliases.names(ctx) or registry.names "commands")
  return nil, err("usage", tr("there is no command /%s; %s", name, near
    and tr("did you mean /%s?", near) or tr "see /help"))
end

---Whether a name may be one that comes when the session has begun: SERVER:PROMPT of a tool server in
---the settings, or a skill.
---@param name string
---@param ctx Ctx
---@return boolean
function M.may_come(name, ctx)
  local server = name:match "^([^:]+):"
  local servers = server and ctx.settings:get "mcpServers"
  if type(servers) == "table" and servers[server] ~= nil then return true end
  if server and ctx.servers and ctx.servers[server] ~= nil then return true end
  for _, card in ipairs((require("qwen.extension.markdown_resource").list(ctx, "skills"))) do
    local qualified = card.package and card.package.name .. ":" .. card.bare
    if card.name == name or qualified == name then return true end
  end
  return false
end

---As find, after the tool server that the name begins with has started.
---@param name string
---@param ctx Ctx
---@param rest string?
---@return table?, Err?
function M.await(name, ctx, rest)
  require("qwen.extension.mcp.starting").wait_for(ctx, name:match "^([^:]+):" or "")
  return M.find(name, ctx, rest)
end

---Tells those who listen that a command has ended.
---@param started number when it began, by task.now
---@param code any what it gave back; nothing is success where no error stands behind it
---@param e Err?
function M.ended(ctx, name, started, code, e)
  ctx.emit("command_ended", { name = name, ok = code == 0 or type(code) == "table" or code == nil and not e, seconds = task.now() - started })
end

-- What a command may give back: an exit code, a prompt, false, nothing; true is success.
local function exit_code(name, code)
  if code == true then return 0 end
  if not code or math.type(code) == "integer" or type(code) == "table" and type(code.prompt) == "string" then return code end
  return nil, err("broken", tr("the command %s returned a %s; it must return an exit code, a prompt or nothing", name, type(code)))
end

-- The way to an error; loaded with the first one.
local function traceback(e)
  local words = require("qwen.extension.blame").words(e)
  return debug.traceback(words, 2)
end

---Runs a command. What a person's own file raises is a failure like any other, with the file it stands in the place of.
---@return integer|{prompt: string}|nil, Err?
function M.call(ctx, name, command, words, rest)
  local ok, code, e = xpcall(command.run, traceback, ctx, words, rest)
  if ok then
    local result, wrong = exit_code(name, code)
    return result, wrong or e
  end
  if err.is(code) then return nil, code end
  local told = require("qwen.extension.environment").own_error(code)
  if not told then error(code, 0) end
  return nil, err("broken", registry.blamed(told, "commands", name))
end

return M
