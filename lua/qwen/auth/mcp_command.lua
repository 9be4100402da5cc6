-- `mcp login` and `mcp logout` of a tool server: what is typed, and what is said of how it ended.
local err = require "qwen.util.err"
local mcp_oauth = require "qwen.auth.mcp_oauth"
local project = require "qwen.extension.mcp.project"
local tr = require("qwen.util.translate").tr

local M = {}

local switches = { ["--paste"] = "paste" }
local values = { ["--scope"] = "scope", ["--store"] = "store" }

-- Options and other words; the scope has all words up to the next option.
local function read(words)
  local out, plain, field = {}, {}, nil
  for _, word in ipairs(words) do
    local name, value = word:match "^(%-%-%l+)=(.*)$"
    name = name or word
    if switches[name] then
      out[switches[name]], field = true, nil
    elseif values[name] then
      field = values[name]
      out[field] = value or ""
    elseif word:find "^%-" then
      return nil, err("usage", tr("unknown option %s; there are --scope, --store and --paste", word))
    elseif field == "scope" or field and out[field] == "" then
      out[field] = (out[field] .. " " .. word):gsub("['\"]", ""):gsub("^ ", "")
    else
      plain[#plain + 1] = word
    end
  end
  if out.scope == "" or out.store == "" then
    return nil, err("usage", tr("%s wants a value", out.scope == "" and "--scope" or "--store"))
  end
  return out, plain
end

-- The server of the settings that the words name, else one of the project that the user allowed.
local function entry_of(ctx, name)
  local servers = ctx.settings:get "mcpServers"
  local entry = type(servers) == "table" and servers[name]
  if type(entry) == "table" then return entry end
  for _, one in ipairs(project.list(ctx)) do
    if one.name == name and project.answer(ctx, one) == "yes" then return one.config end
  end
  return nil, err("missing", tr("your settings have no server '%s'", name))
end

---Signs in to the server that the words name; in a session it starts again with its sign-in.
---@param ctx Ctx
---@param words string[] NAME and options
---@return integer|false|nil code
---@return Err?
function M.login(ctx, words)
  local options, plain = read(words)
  if not options then return nil, plain end
  local name = plain[1]
  if not name or plain[2] then return false end
  local entry, e = entry_of(ctx, name)
  if not entry then return nil, e end
  local running = ctx.servers and ctx.servers[name]
  options.challenge = running and running.auth and running.auth.challenge
  local result
  result, e = mcp_oauth.login(ctx, name, entry, options)
  if not result then return nil, e end
  if result.place then
    ctx.print(tr("signed in to %s, which has %d tools; kept in the store '%s'", name, result.tools,
      result.place))
  else
    ctx.print(tr("%s wants no sign-in; it has %d tools", name, result.tools))
  end
  if running and running.state ~= "off" then running.start() end
  return 0
end

---Forgets the sign-in of a server.
---@param ctx Ctx
---@param words string[] NAME
---@return integer|false|nil code
---@return Err?
function M.logout(ctx, words)
  local name = words[1]
  if not name or words[2] then return false end
  local found, e = mcp_oauth.logout(name)
  if e then return nil, e end
  if not found then
    return nil, err("missing", tr("there is no sign-in of the server '%s'", name))
  end
  ctx.print(tr("signed out of %s", name))
  local running = ctx.servers and ctx.servers[name]
  if running and running.auth then
    running.auth.record = nil -- tools that are offered already know it, too
    if running.state ~= "off" then running.start() end
  end
  return 0
end

---The names of the servers at an address, to complete.
---@param ctx Ctx
---@return string[]
function M.names(ctx)
  local out, servers = {}, ctx.settings:get "mcpServers"
  for name, entry in pairs(type(servers) == "table" and servers or {}) do
    local remote = type(entry) == "table" and (entry.httpUrl or entry.url or entry.serverUrl)
    if remote then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

return M
