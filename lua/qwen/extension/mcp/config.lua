-- An entry of mcpServers in the one form that the transports read: words of a command line, variables with defaults, the home folder.
local err = require "qwen.util.err"
local paths = require "qwen.util.paths"
local phrase = require("qwen.util.translate").phrase
local sys = require "sys.os"

local M = {}

local function filled_text(value, set)
  local out, at = {}, 1
  while true do
    local from = value:find("${", at, true)
    local to = from and value:find("}", from, true)
    if not to then break end
    local inside = value:sub(from + 2, to - 1)
    local name, words = inside:match "^[%a_][%w_]*", nil
    local rest = name and inside:sub(#name + 1)
    if rest == "" then words = set(name) end
    if rest and rest:sub(1, 2) == ":-" then words = set(name) or rest:sub(3) end
    out[#out + 1] = value:sub(at, from - 1) .. (words or value:sub(from, to))
    at = to + 1
  end
  return table.concat(out) .. value:sub(at)
end

-- `${NAME:-words}`, which the settings leave as it is, and `${NAME}` of a file that is no settings.
local function filled(ctx, value)
  if type(value) == "table" then
    local out = setmetatable({}, getmetatable(value))
    for key, item in pairs(value) do out[key] = filled(ctx, item) end
    return out
  end
  if type(value) ~= "string" then return value end
  local function set(name)
    local words = ctx.settings and ctx.settings.for_text and ctx.settings:for_text(name)
      or sys.env(name)
    return words and words ~= "" and words or nil
  end
  return filled_text(value, set)
end

-- The words of a command line; quotes keep spaces.
local function words_of(line)
  local out, word, quote = {}, nil, nil
  for c in line:gmatch "." do
    if quote then
      if c == quote then quote = nil else word = word .. c end
    elseif c == '"' or c == "'" then
      quote, word = c, word or ""
    elseif c:find "%s" then
      out[#out + 1], word = word, nil
    else
      word = (word or "") .. c
    end
  end
  out[#out + 1] = word
  return out
end

-- A variable in a header that nothing sets would be sent as its name.
local function unset_variable(headers)
  for key, value in pairs(headers) do
    local name = type(value) == "string" and (value:match "%${([%a_][%w_]*)}" or value:match "%$([%a_][%w_]*)")
    if name then return name, key end
  end
end

---Reads an entry.
---@param ctx Ctx
---@param name string
---@param given table
---@return table? config {command, args, env, cwd} or {url, headers, kinds}; timeouts as given
---@return Err?
function M.read(ctx, name, given)
  local config = filled(ctx, given)
  local kind = type(config.type) == "string" and config.type:lower() or nil
  if kind == "sdk" then return { kinds = { "sdk" }, timeout = config.timeout } end
  local url = config.httpUrl or config.url or config.serverUrl
  if type(url) == "string" then
    local sse = kind == "sse" or not config.httpUrl and kind == nil
    local headers = type(config.headers) == "table" and config.headers or {}
    local variable, header = unset_variable(headers)
    if variable then
      return nil, err("usage", phrase("mcpServers.%s.headers.%s names the variable %s, which is not set: set it, or write ${%s:-value}",
        name, header, variable, variable))
    end
    return { url = url, headers = headers, kinds = sse and { "sse", "http" } or { "http", "sse" }, timeout = config.timeout,
      discoveryTimeoutMs = config.discoveryTimeoutMs }
  end
  if type(config.command) ~= "string" then return nil, err("usage", phrase("mcpServers.%s has neither command nor httpUrl", name)) end
  local args, command = config.args, paths.expand(config.command)
  if type(args) == "string" then args = words_of(args) end
  args = type(args) == "table" and args or {}
  if command:find "%s" and not require("sys.fs").stat(command) then -- a whole line where a program is expected
    local line = words_of(command)
    command, args = paths.expand(line[1] or command), table.move(args, 1, #args, #line, table.move(line, 2, #line, 1, {}))
  end
  local cwd = type(config.cwd) == "string" and paths.expand(config.cwd) or nil
  return { command = command, args = args, env = config.env, cwd = cwd, kinds = { "stdio" },
    timeout = config.timeout, discoveryTimeoutMs = config.discoveryTimeoutMs }
end

return M
