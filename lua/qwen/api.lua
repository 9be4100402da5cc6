-- The global `qwen`: what shipped content and user files may use. Its modules load when first touched; unknown names raise.
local embed = require "sys.embed"

local modules = {
  json = "sys.json", fs = "sys.fs", os = "sys.os", http = "sys.http", secret = "sys.secret", task = "sys.task",
  text = "qwen.text", proc = "qwen.proc", files = "qwen.files", schema = "qwen.schema", resource = "qwen.resource",
  err = "qwen.err", failure = "qwen.net.failure", match = "qwen.match", message = "qwen.message", paths = "qwen.paths",
  sessions = "qwen.session", models = "qwen.models", trust = "qwen.trust", permit = "qwen.agent.permit", jsonc = "qwen.jsonc",
  args = "qwen.args", usersettings = "qwen.usersettings", keys = "qwen.ui.keymap", demo = "qwen.demo", replay = "qwen.net.replay",
  limits = "qwen.limits", fleet = "qwen.fleet", usage = "qwen.usage", windows = "qwen.windows",
  privacy = "qwen.privacy", telemetry = "qwen.telemetry",
  wire = "qwen.wire", send = "qwen.net.send", compact = "qwen.agent.compact", side = "qwen.agent.side",
  body = "qwen.body", credentials = "qwen.credentials",
  signin = "qwen.signin",
  service = "qwen.service", keycommand = "qwen.keycommand", oauth = "qwen.oauth", discover = "qwen.discover", modellist = "qwen.modellist",
  projectlua = "qwen.projectlua", reference = "qwen.reference", trial = "qwen.trial",
  sandbox = "qwen.sandbox", sub = "qwen.agent.sub", cards = "qwen.cards", escape = "qwen.escape", edits = "qwen.edits", mcp = "qwen.mcp.client",
  context = "qwen.agent.context", memory = "qwen.agent.memory", export = "qwen.export", clipboard = "qwen.clipboard",
  image = "qwen.image",
}

local api = { version = embed.version, api = 1 }

---The shipped file of that name as a table of one's own, to amend and return.
---@param name string "providers/openai"
function api.shipped(name)
  return require("qwen.resource").shipped(name)
end

---A named store: values that stay over /reload and over the end of the program.
---@param name string
---@return Kept
function api.store(name)
  return require("qwen.store").open(name)
end

---Any value as text for people.
---@param value any
---@return string
function api.inspect(value)
  return require("qwen.inspect").text(value)
end

---Globals as a person's own file has them.
---@return table
function api.guest()
  return require("qwen.guest").environment()
end

---Runs fn when the scope is left by any way: `local _ <close> = qwen.cleanup(fn)`.
---@param fn function
function api.cleanup(fn)
  return setmetatable({}, { __close = fn })
end

---Calls fn; an error comes back as text with a traceback.
---@param fn function
---@return boolean ok
---@return any result first result, or the text
function api.try(fn, ...)
  return xpcall(fn, function(e)
    return type(e) == "string" and debug.traceback(e, 2) or tostring(e)
  end, ...)
end

local meta = {}

function meta.__index(self, name)
  local module = modules[name]
  if not module then
    local names = {}
    for known in pairs(modules) do names[#names + 1] = known end
    for known in next, self do names[#names + 1] = known end
    local near = require("qwen.text").nearest(tostring(name), names)
    error(("qwen has no field '%s'%s; see: qwen help lua"):format(tostring(name), near and "; did you mean '" .. near .. "'?" or ""), 2)
  end
  local value = require(module)
  rawset(self, name, value)
  return value
end

meta.__metatable = "locked"
getmetatable("").__metatable = "locked"

function meta.__newindex(_, name)
  error("qwen." .. tostring(name) .. " cannot be set: the API table is read-only", 2)
end

setmetatable(api, meta)
rawset(_G, "qwen", api)

setmetatable(_G, {
  __index = function(_, name) error("undefined variable '" .. tostring(name) .. "'", 2) end,
  __newindex = function(_, name) error("assignment to undeclared variable '" .. tostring(name) .. "': make it local", 2) end,
})

return api
