-- What a request of the newest revision (2026-07-28) carries about itself: who asks, in which
-- revision, what we can, and over HTTP the headers that repeat parts of the body.
local embed = require "sys.embed"
local phrase = require("qwen.util.translate").phrase
local sys = require "sys.os"

local M = { REVISION = "2026-07-28", LOG_LEVEL = "warning", TASKS = "io.modelcontextprotocol/tasks" }

local PREFIX = "io.modelcontextprotocol/"
local NAMED = { ["tools/call"] = "name", ["prompts/get"] = "name", ["resources/read"] = "uri",
  ["tasks/get"] = "taskId", ["tasks/update"] = "taskId", ["tasks/cancel"] = "taskId" }
local PLAIN = { string = true, integer = true, boolean = true }

---Who we are.
---@return {name: string, version: string}
function M.me() return { name = "qwen", version = embed.version } end

---What we can: where nobody can answer, no server asks in vain.
---@param self table the client
---@return table
function M.capabilities(self)
  local out = { roots = { listChanged = not self.modern or nil } }
  if self.handlers["elicitation/create"] and self.ctx.questions then
    out.elicitation = { form = {}, url = {} }
  end
  if self.handlers["sampling/createMessage"] and self.ctx.questions then out.sampling = {} end
  if self.modern then out.extensions = { [M.TASKS] = {} } end
  return out
end

---The `_meta` of a request.
---@param self table the client
---@return table
function M.of(self)
  return { [PREFIX .. "protocolVersion"] = M.REVISION, [PREFIX .. "clientInfo"] = M.me(),
    [PREFIX .. "clientCapabilities"] = M.capabilities(self),
    [PREFIX .. "logLevel"] = self.can.logging and M.LOG_LEVEL or nil }
end

-- A text as the value of a header: what is not plain travels as base64.
local function header_value(text)
  local plain = text:find "^[\32-\126\t]*$" and not text:find "^%s" and not text:find "%s$"
    and not text:find "^=%?base64%?.*%?=$"
  return plain and text or "=?base64?" .. sys.base64(text) .. "?="
end

---The headers of a request over HTTP.
---@param method string
---@param params table?
---@param more table? those of the arguments
---@return table<string, string>
function M.headers(method, params, more)
  local out = { ["Mcp-Method"] = method }
  local name = NAMED[method] and params and params[NAMED[method]]
  if type(name) == "string" then out["Mcp-Name"] = header_value(name) end
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

-- Calls fn with each part of a schema that names a header, and whether it stands where it may:
-- below nothing but properties.
local function each_header(schema, path, may, fn)
  if type(schema) ~= "table" then return end
  if schema["x-mcp-header"] ~= nil then fn(schema, path, may and #path > 0) end
  for key, value in pairs(schema) do
    if key == "properties" and type(value) == "table" then
      for name, child in pairs(value) do
        local below = table.move(path, 1, #path, 1, {})
        below[#below + 1] = name
        each_header(child, below, may, fn)
      end
    elseif type(value) == "table" and key ~= "default" and key ~= "const" and key ~= "enum"
      and key ~= "examples" then
      each_header(value, path, false, fn)
    end
  end
end

---Why a tool cannot be called over HTTP: a header of its arguments that is none.
---@param tool table as the server lists it
---@return Phrase? problem
function M.problem(tool)
  local seen, problem = {}, nil
  each_header(tool.inputSchema, {}, true, function(schema, _, may)
    local name = schema["x-mcp-header"]
    local word = type(name) == "string" and name:find "^[%w!#$%%&'*+.^_`|~-]+$" and name:lower()
    if not word or seen[word] or not may or not PLAIN[schema.type] then
      problem = phrase("the header %s of its arguments is not valid", tostring(name))
    end
    if word then seen[word] = true end
  end)
  return problem
end

-- A value as its header says it; nil where it is not said.
local function words_of(value)
  if type(value) == "boolean" or type(value) == "string" then return tostring(value) end
  local number = type(value) == "number" and math.tointeger(value)
  return number and ("%d"):format(number) or nil
end

---The headers of the arguments of a call.
---@param schema table? inputSchema
---@param args table
---@return table<string, string>
function M.of_arguments(schema, args)
  local out = {}
  each_header(schema, {}, true, function(part, path, may)
    local value = args
    for _, key in ipairs(path) do
      if type(value) ~= "table" then return end
      value = value[key]
    end
    local words = may and words_of(value)
    if words then out["Mcp-Param-" .. part["x-mcp-header"]] = header_value(words) end
  end)
  return out
end

return M
