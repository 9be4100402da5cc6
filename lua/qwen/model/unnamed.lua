-- When a service is configured and no model of it is named: the person chooses from what it offers; where nobody can be asked, a server
-- on this machine has its first model asked, and any other service's models are listed. None is guessed.
local http = require "sys.http"
local models = require "qwen.model.registry"
local remote_list = require "qwen.model.remote_list"
local registry = require "qwen.extension.registry"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_SHOWN = 20

local function ids_of(list)
  local out = {}
  for i, item in ipairs(list) do
    if i > MOST_SHOWN then break end
    out[i] = item.id
  end
  return table.concat(out, ", ") .. (#list > MOST_SHOWN and ", ..." or "")
end

---Names the model for this run, as the flag would.
---@param ctx Ctx
---@param problem Err of choosing, with `unnamed`
---@param pick (fun(title: string, choices: table[], options: table?): integer?)?
---@return boolean?, Err?
function M.settle(ctx, problem, pick)
  local function has(name) return registry.has("providers", name) end
  local service, e = models.choose(ctx.settings, setmetatable({ unnamed = true }, { __index = ctx.opts }), has)
  if not service then return nil, e end
  local url = http.parse_url(service.base_url)
  local here = url and url.loopback
  local answer = (pick or here) and remote_list.get(ctx, service) or remote_list.known(service)
  local list = answer and answer.models or {}
  if not list[1] then return nil, problem end
  local chosen = here and not pick and list[1] or nil
  if pick then
    local choices = {}
    for i, item in ipairs(list) do choices[i] = { label = item.id, detail = item.name } end
    local index = pick(tr("No model is named. %s offers:", models.place(service)), choices, { search = true })
    chosen = list[index]
  end
  if not chosen then
    problem.message = ("%s; it offers: %s"):format(problem.message, ids_of(list))
    return nil, problem
  end
  ctx.opts.model = chosen.id
  if not pick then ctx.notice(tr("no model is named; %s of %s is asked", chosen.id, service.base_url)) end
  return true
end

return M
