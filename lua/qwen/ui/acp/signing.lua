-- Signing in by the ways of our menu, for a client: those that open a browser at once, and in a
-- terminal of the client, where it has one, all of them.
local connection = require "qwen.ui.acp.connection"
local json = require "sys.json"
local login = require "qwen.auth.login"
local models = require "qwen.model.registry"
local protocols = require "qwen.config.protocols"
local registry = require "qwen.extension.registry"
local translate = require "qwen.util.translate"
local tr, phrase = translate.tr, translate.phrase

local M = {}

local object = connection.object

local CONFIGURED = "openai" -- as Qwen Code names it: a key in the environment or the settings

---@param ctx Ctx
---@param client table what the client can
---@return table[]
function M.methods(ctx, client)
  local out, terminal = json.array {}, object(client.auth).terminal == true
  if login.configured(ctx.settings, ctx.opts) then
    out[1] = { id = CONFIGURED, name = tr "What the settings and the environment say" }
  end
  for _, method in ipairs(login.offers(ctx)) do
    if method.state ~= "ended" and not method.problem then
      local one = { id = method.name, name = method.label }
      if terminal then one.type, one.args = "terminal", json.array { "auth", method.name } end
      out[#out + 1] = one
    end
  end
  return out
end

-- Whether nothing is to be done: what is configured is what the client means, or what it means has
-- ended.
local function is_done(ctx, name)
  if not login.configured(ctx.settings, ctx.opts) then return false end
  if protocols.get(name) then return true end
  local model = models.choose(ctx.settings, ctx.opts, function(one) return registry.has("providers", one) end)
  if model and login.name_of(model) == name then return true end
  local auth = registry.has("auth", name) and registry.get("auth", name)
  if not auth or not auth.state then return false end
  local _, state = auth.state(ctx)
  return state == "ended"
end

---@param ctx Ctx
---@param name any
---@return table?, Err?
function M.sign_in(ctx, name)
  if type(name) == "string" and is_done(ctx, name) then return {} end
  if name == CONFIGURED then return nil, connection.err("auth", login.nothing().message) end
  local auth = type(name) == "string" and registry.has("auth", name) and registry.get("auth", name)
  if not auth or not auth.login then
    return nil, connection.err("params", phrase("there is no way to sign in named '%s'", tostring(name)))
  end
  local ok, e = auth.login(ctx, {})
  if ok then ok, e = ctx.settings:reload() end
  if not ok then return nil, connection.err("auth", e and e.message or phrase "signing in failed") end
  return {}
end

---Signs out of what is in use now.
---@param ctx Ctx
---@return table?, Err?
function M.sign_out(ctx)
  local command = registry.get("commands", "auth")
  local code = command and command.subcommands.logout.run(ctx, {})
  if code ~= 0 then return nil, connection.err("auth", phrase "signing out failed; run: qwen auth logout") end
  return {}
end

return M
