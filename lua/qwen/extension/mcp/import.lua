-- Tool servers from the files of other programs: Claude Desktop, Claude Code, VS Code and Cursor.
-- Read on request only; what an entry wants to know of a person there cannot be taken.
local fs = require "sys.fs"
local jsonc = require "qwen.util.jsonc"
local paths = require "qwen.util.paths"
local phrase = require("qwen.util.translate").phrase

local M = {}

local MOST_FILE = 4 * 1024 * 1024
local FIELDS = { "command", "args", "env", "cwd", "headers", "timeout", "description" }

-- Where each program keeps its servers, below the home folder, and the key of the object.
local SOURCES = {
  ["claude-desktop"] = { key = "mcpServers", ".config/Claude/claude_desktop_config.json",
    "Library/Application Support/Claude/claude_desktop_config.json" },
  ["claude-code"] = { key = "mcpServers", ".claude.json" },
  vscode = { key = "servers", ".config/Code/User/mcp.json",
    "Library/Application Support/Code/User/mcp.json", ".vscode-server/data/User/mcp.json" },
  cursor = { key = "mcpServers", ".cursor/mcp.json" },
}

---@return string[] names of the programs
function M.names()
  local out = {}
  for name in pairs(SOURCES) do out[#out + 1] = name end
  table.sort(out)
  return out
end

-- The variables of other programs as ours: ${env:NAME}, ${userHome}; nil where one stands for what
-- only that program knows.
local function translated(value)
  if type(value) == "table" then
    local out = setmetatable({}, getmetatable(value))
    for key, item in pairs(value) do
      local words, unknown = translated(item)
      if unknown then return nil, unknown end
      out[key] = words
    end
    return out
  end
  if type(value) ~= "string" then return value end
  local ours = { userHome = paths.home() or "~", pathSeparator = "/", ["/"] = "/" }
  local text = value:gsub("%${env:([%a_][%w_]*)}", "${%1}"):gsub("%${([%a/]+)}", ours)
  local unknown = text:match "%${%a+:" or text:match "%${workspaceFolder"
  if unknown then return nil, unknown .. "...}" end
  return text
end

-- An entry in the form of ours.
local function entry_of(given)
  local out = {}
  for _, field in ipairs(FIELDS) do out[field] = given[field] end
  local address = given.httpUrl or given.url or given.serverUrl
  if type(address) == "string" then
    out[given.type == "sse" and "url" or "httpUrl"] = address
    if given.type == "sse" then out.type = "sse" end
  elseif type(given.command) ~= "string" then
    return nil, phrase "it has neither a command nor an address"
  end
  if given.disabled == true or given.enabled == false then out.disabled = true end
  local entry, unknown = translated(out)
  if not entry then return nil, phrase("it needs %s, which only that program knows", unknown) end
  return entry
end

-- The object of servers in a file, also where it stands below another key as older files have it.
local function servers_in(path, key)
  local source = fs.read(path, MOST_FILE)
  local decoded = source and jsonc.parse(source)
  if type(decoded) ~= "table" then return source and {} or nil end
  local below = type(decoded.mcp) == "table" and decoded.mcp[key]
  local found = decoded[key] or below
  return type(found) == "table" and found or {}
end

---The servers of a program.
---@param name string of M.names
---@return {name: string, config: table?, problem: Phrase?}[] servers by name; problem: why it
---cannot be taken
---@return string? path of the file that they stand in; nil where there is none
function M.read(name)
  local source, home = SOURCES[name], paths.home()
  for _, below in ipairs(home and source or {}) do
    local path = home .. "/" .. below
    local servers = servers_in(path, source.key)
    if servers then
      local out = {}
      for server, given in pairs(servers) do
        local config, problem
        if type(given) == "table" then config, problem = entry_of(given)
        else problem = phrase "it is no object" end
        out[#out + 1] = { name = tostring(server):gsub("[^%w_-]+", "-"), config = config,
          problem = problem }
      end
      table.sort(out, function(a, b) return a.name < b.name end)
      return out, path
    end
  end
  return {}, nil
end

return M
