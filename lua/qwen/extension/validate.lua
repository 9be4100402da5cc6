-- What a file of each kind returns: its fields with their types, which it needs, and how much of a person's own function may compute at
-- a time. The same in words is in lua/meta/qwen.lua; a test holds both together.
local delta = require "qwen.session.delta"
local limited = require("sys.task").limited
local paths = require "qwen.util.paths"
local config_value = require "qwen.config.value"
local text = require "qwen.util.text"

local M = {}

---The type of each field, by kind. A kind that is not here returns what it likes.
M.fields = {
  commands = { summary = "string", args = "string", shell = "boolean", repl = "boolean", session = "boolean", beside = "function",
    complete = "function", run = "function",
    aliases = "table", subcommands = "table", options = "table", check = "function" },
  tools = { summary = "string", schema = "table", effect = "string", paths = "function", command = "function",
    domain = "function", most = "number", run = "function",
    preview = "function", verbs = "table", label = "function", serial = "boolean or function", editable = "string", deferred = "boolean or function",
    offered = "function", asks = "boolean", shown = "function", options = "table", check = "function" },
  auth = { summary = "string", login = "function", status = "function", headers = "function", logout = "function", terms = "table",
    order = "number", refused = "function", credential = "function", state = "function", news = "function", flags = "table",
    options = "table", check = "function" },
  themes = { summary = "string", background = "string", styles = "table" },
  languages = { summary = "string", words = "table", texts = "table" },
  search = { summary = "string", order = "number", named = "boolean", key = "string", url = "string", model = "string",
    request = "function", results = "function", usage = "function" },
  hooks = { summary = "string", needs = "string", servers = "table", rules = "table",
    options = "table", check = "function" },
}
-- A provider may have steps of its own beside these.
local provider = { summary = "string", protocol = "string", base = "string", auth = "string", media = "string" }
for name in ("request decoder events failure models sign url headers body encode_message encode_tool efforts"):gmatch "%S+" do provider[name] = "function" end

for event in pairs(require "qwen.extension.events") do M.fields.hooks[event] = "function" end

local required = {
  commands = { "summary", "run" }, tools = { "summary", "schema", "effect", "run" }, providers = { "summary" }, auth = { "summary" },
  hooks = {}, themes = { "styles" }, languages = { "words" },
  search = { "summary", "request", "results" },
}

-- The line on which a field is likely to be set.
local function place_of(entry, field)
  local at, name = 0, tostring(field):gsub("%W", "%%%0")
  for line in (type(field) == "string" and entry.source or ""):gmatch "([^\n]*)\n?" do
    at = at + 1
    if line:find("%f[%w_]" .. name .. "%f[^%w_]%s*=[^=]") or line:find("function [%w_]+[.:]" .. name .. "%s*%(") then
      return ("%s:%d"):format(paths.short(entry.path), at)
    end
  end
  return paths.short(entry.path)
end

local function unknown(entry, field, known)
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  local near = text.nearest(tostring(field), names)
  return ("%s: unknown field '%s'%s"):format(place_of(entry, field), tostring(field), near and "; did you mean '" .. near .. "'?" or "")
end

local TYPES = "string, boolean, number, list, object, any"
local types = {}
for name in TYPES:gmatch "%a+" do types[name] = true end

-- What is wrong with declared options.
local function check_options(entry, options)
  for name, option in pairs(options) do
    if type(name) ~= "string" or type(option) ~= "table" then return ("%s: options are tables by name"):format(place_of(entry, "options")) end
    for field in pairs(option) do
      if field ~= "type" and field ~= "default" and field ~= "text" and field ~= "choices" then
        return unknown(entry, field, { type = true, default = true, text = true, choices = true })
      end
    end
    local problem = type(option.text) ~= "string" and "needs a text that says what it is for"
      or not types[option.type] and "has a type that is none of " .. TYPES
      or option.default ~= nil and config_value.problem(option, option.default)
    if problem then return ("%s: option '%s' %s"):format(place_of(entry, name), name, problem) end
  end
end

-- What is wrong with the other names of a command: a list, or words to put in front by name.
local function check_aliases(aliases)
  for key, value in pairs(aliases) do
    local name = type(key) == "number" and value or key
    if type(name) ~= "string" or not name:find "^[%w?_-]+$" then return ("'%s' is no name for an alias"):format(tostring(name)) end
    if type(value) ~= "string" then return ("alias '%s': its words must be a text, not a %s"):format(name, type(value)) end
  end
end

---What is wrong with what a file returned, with file and line; nil when it is right.
---@param entry table of the registry
---@param value any
---@return string?
function M.problem(entry, value)
  if type(value) ~= "table" then return ("%s: must return a table, not a %s"):format(paths.short(entry.path), type(value)) end
  local known = M.fields[entry.kind]
  for name, found in pairs(value) do
    local want = (known or entry.kind == "providers" and provider or {})[name]
    local own = entry.kind == "hooks" and require "qwen.extension.own_events"(name)
    if known and not want and not own then return unknown(entry, name, known) end
    if want and not want:find(type(found), 1, true) then
      return ("%s: field '%s' must be a %s, not a %s"):format(place_of(entry, name), name, want, type(found))
    end
  end
  for _, name in ipairs(required[entry.kind]) do
    if value[name] == nil and not (entry.kind == "providers" and value.base) and not (name == "run" and value.subcommands) then
      return ("%s: the returned table has no field '%s'"):format(paths.short(entry.path), name)
    end
  end
  local wrong = entry.kind == "commands" and value.aliases and check_aliases(value.aliases)
  if wrong then return ("%s: %s"):format(place_of(entry, "aliases"), wrong) end
  if entry.kind == "commands" and value.subcommands then
    local field, problem = require("qwen.extension.subcommands").problem(value)
    if problem then return ("%s: %s"):format(place_of(entry, field), problem) end
  end
  if entry.kind == "themes" then
    local field, problem = require("qwen.extension.theme_schema").problem(value.styles)
    if problem then return ("%s: %s"):format(place_of(entry, field), problem) end
  end
  if type(value.options) == "table" then return check_options(entry, value.options) end
end

---The values of declared options: from the settings, `"lua": {"hooks/NAME": {"limit": 5}}`, else the default.
---@param entry table
---@param declared table<string, table>
---@param settings fun(): Settings?
---@return table
function M.options(entry, declared, settings)
  local function get(_, name)
    local option = declared[name]
    if not option then error(("option '%s' is not declared in options"):format(tostring(name)), 2) end
    local from = settings()
    local value = from and from:get(("lua.%s/%s.%s"):format(entry.kind, entry.name, name))
    if value == nil or config_value.problem(option, value) then return option.default end
    return value
  end
  return setmetatable({}, { __index = get, __newindex = function() error("options are set in settings.json", 2) end })
end

-- Seconds of computing between two waits; handlers of events have their own.
local budgets = {
  tools = { run = 10, preview = 2, label = 0.5, shown = 0.5, paths = 0.5, command = 0.5, domain = 0.5, offered = 0.5,
    deferred = 0.5 },
  commands = { run = 10, complete = 0.5 },
  search = { request = 2, results = 2, usage = 0.5 },
  providers = { request = 5, failure = 2, models = 5, match = 0.5, decoder = 1 },
  auth = { headers = 2, status = 2, logout = 2, refused = 2, state = 2 },
}

-- What a tool's functions give back beside `run`; others look at what they get by themselves.
local gives = { tools = { label = "string", shown = "string?", preview = "string?", paths = "table?",
  command = "string", domain = "string?" } }

local function finish(place, want, ok, value, ...)
  if not ok then error(value, 0) end
  local kind = want and want:gsub("%?", "")
  if want and type(value) ~= kind and not (value == nil and want ~= kind) then
    error(("%s: it gave back a %s, not a %s"):format(place, type(value), kind), 0)
  end
  if want == "table?" then
    for _, path in ipairs(value or {}) do
      if type(path) ~= "string" then error(("%s: one of the paths is a %s"):format(place, type(path)), 0) end
    end
  end
  return value, ...
end

-- What is wrong with the deltas that a decoder gave, those behind `before`; a wrong one is taken out, and all after it.
local function wrong_delta(out, before, returned)
  if type(returned) == "table" then return "it gave back a table; append it: out[#out + 1] = delta" end
  for i = before + 1, #out do
    local problem = delta.problem(out[i])
    if problem then
      for k = #out, i, -1 do out[k] = nil end
      return "it gave " .. problem
    end
  end
end

-- The reader of a stream with its budget, and with a look at what it gives; what is no function is for who asked for it.
local function reader(place, decode)
  if type(decode) ~= "function" then return decode end
  return function(data, event, out)
    local before = #out
    local ok, returned = limited(budgets.providers.decoder, decode, data, event, out)
    local wrong = wrong_delta(out, before, ok and returned)
    if wrong then error(("%s: the decoder is wrong: %s"):format(place, wrong), 0) end
    if not ok then error(returned, 0) end
  end
end

---Puts the budgets of its kind on the functions of a person's own file.
---@param entry table
---@param value table
function M.limit(entry, value)
  for name, seconds in pairs(budgets[entry.kind] or {}) do
    local fn, want = value[name], gives[entry.kind] and gives[entry.kind][name]
    local place = type(fn) == "function" and want and place_of(entry, name)
    if type(fn) == "function" then value[name] = function(...) return finish(place, want, limited(seconds, fn, ...)) end end
  end
  local decoder = entry.kind == "providers" and value.decoder
  if decoder then
    local place = place_of(entry, "decoder")
    function value.decoder(...) return reader(place, decoder(...)) end
  end
  local label = entry.kind == "tools" and value.label
  if label then -- it is only to be looked at
    function value.label(...)
      local ok, words = pcall(label, ...)
      return ok and words or "(label: " .. tostring(words):gsub("\n.*", "") .. ")"
    end
  end
end

return M
