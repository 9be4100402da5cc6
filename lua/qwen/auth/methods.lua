-- The ways to sign in, in the order of the menu, with what is known of each today. Signs nobody in.
local registry = require "qwen.extension.registry"
local translate = require "qwen.util.translate"

local tr, for_user = translate.tr, translate.for_user

local M = {}

local MIDDLE, LAST = 50, 100

---Every auth file with a `login`, and those of the user that do not load, with the reason.
---@return SigninMethod[]
function M.list()
  local out = {}
  for _, entry in ipairs(registry.list "auth") do
    local auth = entry.value or entry.problem and { summary = entry.name, order = LAST }
    if auth and (auth.login or entry.problem) then
      out[#out + 1] = { name = entry.name, auth = auth, tier = entry.tier, problem = entry.problem }
    end
  end
  table.sort(out, function(a, b)
    local left, right = a.auth.order or MIDDLE, b.auth.order or MIDDLE
    if left ~= right then return left < right end
    return a.name < b.name
  end)
  return out
end

-- Adds what is known today: the label, and whether it has ended, or works without a step more.
local function look(ctx, method)
  local now
  if method.problem then
    method.label, method.state = method.name, "ended"
    return
  end
  if method.auth.state then now, method.state = method.auth.state(ctx) end
  method.label = tr(method.auth.summary) .. (now and " · " .. now or "")
end

---The methods for a menu: what has ended, and what does not load, comes last.
---@param ctx Ctx
---@return SigninMethod[]
---@return integer at the one to begin with: one that works without a step more, else the first that has not ended
function M.offers(ctx)
  local out, ended, ready = {}, {}, nil
  for _, method in ipairs(M.list()) do
    look(ctx, method)
    table.insert(method.state == "ended" and ended or out, method)
    ready = ready or method.state == "ready" and #out or nil
  end
  return table.move(ended, 1, #ended, #out + 1, out), ready or 1
end

---The methods as lines of advice.
---@param ctx Ctx
---@return {name: string, label: string}[]
function M.advised(ctx)
  local out = M.offers(ctx)
  for _, method in ipairs(out) do
    if method.problem then method.label = tr("does not load: %s", for_user(method.problem)) end
  end
  return out
end

return M
