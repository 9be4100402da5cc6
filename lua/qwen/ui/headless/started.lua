-- What a session has when it begins, as programs are told: tools, commands, agents, tool servers.
local aliases = require "qwen.extension.aliases"
local embed = require "sys.embed"
local json = require "sys.json"
local markdown_resource = require "qwen.extension.markdown_resource"
local models = require "qwen.model.registry"
local registry = require "qwen.extension.registry"

local M = {}

local STATES = { ready = "connected", starting = "connecting" }

---The tool servers of the settings and of the program, with the state of each.
---@param ctx Ctx
---@return {name: string, status: string}[] sorted
function M.servers(ctx)
  local out = json.array {}
  for name, entry in pairs(ctx.servers or {}) do
    out[#out + 1] = { name = name, status = STATES[entry.state] or "disconnected" }
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

local function names_of(list)
  local out = json.array {}
  for i, one in ipairs(list) do out[i] = one.name end
  return out
end

---Waits for the tool servers that are being started: then their tools are among those of the session.
---@param ctx Ctx
function M.await(ctx)
  for _, done in ipairs(ctx.starting or {}) do done:get() end
  ctx.tools = require("qwen.agent.view").tools(ctx)
end

---The fields of the first event.
---@param ctx Ctx
---@return table
function M.event(ctx)
  return { type = "system", subtype = "init", cwd = ctx.cwd, tools = names_of(ctx.tools),
    mcp_servers = M.servers(ctx), model = ctx.model.id, permission_mode = ctx.mode,
    slash_commands = json.array(aliases.names(ctx)), qwen_code_version = embed.version,
    agents = names_of(markdown_resource.list(ctx, "agents")) }
end

---The same in more words, as the Claude Agent SDK hands it to its program.
---@param ctx Ctx
---@return table
function M.described(ctx)
  local commands, agents, list = json.array {}, json.array {}, json.array {}
  for i, name in ipairs(aliases.names(ctx)) do
    local command = registry.get("commands", name) or {}
    commands[i] = { name = name, description = command.summary or "", argumentHint = command.args or "" }
  end
  for i, card in ipairs(markdown_resource.list(ctx, "agents")) do
    agents[i] = { name = card.name, description = card.description }
  end
  local has = function(name) return registry.has("providers", name) end
  local known, seen = models.list(ctx.settings, has), {}
  for _, model in ipairs { ctx.model, table.unpack(known) } do
    if not seen[model.id] then
      seen[model.id] = true
      list[#list + 1] = { value = model.id, displayName = model.name or model.id, description = "" }
    end
  end
  return { commands = commands, agents = agents, models = list, account = {},
    output_style = ctx.settings:get "general.outputStyle" or "default",
    available_output_styles = json.array {} }
end

return M
