-- Tool servers that a project names in `.mcp.json`: read where the folder is trusted, and started
-- only when the user has allowed exactly this entry. Which ones may start is never for the project
-- to say: the answers are kept in the user's home, each bound to the content of its entry.
local err = require "qwen.util.err"
local json = require "sys.json"
local phrase = require("qwen.util.translate").phrase
local project_files = require "qwen.config.project_files"
local redaction = require "qwen.net.redact"
local sys = require "sys.os"
local text = require "qwen.util.text"

local M = {}

local FILE, MOST_FILE, MOST_SERVERS = ".mcp.json", 256 * 1024, 50

local function store() return require("qwen.extension.kv_store").open "mcp-json" end

---The servers of the project, by name.
---@param ctx Ctx
---@return {name: string, config: table, hash: string}[]
---@return Phrase? problem what is wrong with the file
function M.list(ctx)
  if not ctx.trusted then return {} end
  local path = (ctx.cwd == "/" and "" or ctx.cwd) .. "/" .. FILE
  local source, e = project_files.read(project_files.border(ctx.cwd), path, MOST_FILE)
  if not source then return {}, e.kind ~= "missing" and err.phrase(e) or nil end
  local decoded, wrong = json.decode(source, false, true)
  local servers = type(decoded) == "table" and decoded.mcpServers
  if type(servers) ~= "table" then
    return {}, phrase("%s has no object mcpServers%s", FILE, wrong and ": " .. wrong.message or "")
  end
  local out = {}
  for name, config in pairs(servers) do
    if type(name) == "string" and name:find "^[%w_.-]+$" and type(config) == "table"
      and #out < MOST_SERVERS then
      out[#out + 1] = { name = name, config = config, hash = sys.sha256(json.encode(config)) }
    end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

local function named(list, name)
  for _, each in ipairs(type(list) == "table" and list or {}) do
    if each == name then return true end
  end
  return false
end

---What the user has said about a server: settings first, then the answer to this very entry.
---@param ctx Ctx
---@param one {name: string, hash: string}
---@return "yes"|"no"|nil
function M.answer(ctx, one)
  local settings = ctx.settings
  if named(settings:get "disabledMcpjsonServers", one.name) then return "no" end
  if settings:get "enableAllProjectMcpServers" == true
    or named(settings:get "enabledMcpjsonServers", one.name) then return "yes" end
  local kept = store():get(ctx.cwd)
  local answer = type(kept) == "table" and kept[one.name]
  return type(answer) == "table" and answer.hash == one.hash and answer.answer or nil
end

---Keeps the user's answer, for this entry as it is now.
---@param ctx Ctx
---@param one {name: string, hash: string}
---@param answer "yes"|"no"|nil nil forgets it
---@return boolean?, Err?
function M.decide(ctx, one, answer)
  local _, e = store():update(ctx.cwd, function(kept)
    kept = type(kept) == "table" and kept or {}
    kept[one.name] = answer and { hash = one.hash, answer = answer } or nil
    return kept
  end)
  if e then return nil, e end
  return true
end

-- The variables of the user's that an entry would be filled in with.
local function variables(config)
  local names, seen = {}, {}
  for name in json.encode(config):gmatch "%${([%a_][%w_]*)" do
    if not seen[name] then names[#names + 1], seen[name] = name, true end
  end
  return names
end

---What would be started, as it stands in the file.
---@param one {config: table}
---@return string
function M.shown(one)
  local config, lines = one.config, {}
  local address = config.httpUrl or config.url
  local words = { tostring(address or config.command) }
  for _, word in ipairs(not address and type(config.args) == "table" and config.args or {}) do
    words[#words + 1] = tostring(word)
  end
  lines[1] = table.concat(address and words or redaction.words(words), " ")
  for _, field in ipairs { "cwd", "env", "headers" } do
    local value = config[field]
    if value ~= nil then lines[#lines + 1] = field .. ": " .. json.encode(value) end
  end
  local names = variables(config)
  if names[1] then lines[#lines + 1] = "${...}: " .. table.concat(names, ", ") end
  return text.head_tail(text.clean(text.utf8(table.concat(lines, "\n"))), 4000)
end

return M
