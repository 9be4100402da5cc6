-- Figures of a headless run: requests by model, calls by tool, changed lines. The field names are those
-- of Qwen Code.
local checkpoints = require "qwen.session.checkpoints"
local diff = require "qwen.util.diff"
local fs = require "sys.fs"
local registry = require "qwen.extension.registry"
local sys = require "sys.os"

local M = {}

local MOST = 16 * 1024 * 1024 -- bytes of a file whose lines are counted

local function decisions() return { accept = 0, reject = 0, modify = 0, auto_accept = 0 } end

---An empty count.
---@return table
function M.new()
  return {
    models = {},
    tools = { totalCalls = 0, totalSuccess = 0, totalFail = 0, totalDurationMs = 0,
      totalDecisions = decisions(), byName = {} },
    files = { totalLinesAdded = 0, totalLinesRemoved = 0 },
  }
end

local function ms(seconds) return math.floor(seconds * 1000) end

local function request_ended(self, row)
  local model = self.models[row.model]
  if not model then
    model = { api = { totalRequests = 0, totalErrors = 0, totalLatencyMs = 0 },
      tokens = { prompt = 0, candidates = 0, total = 0, cached = 0, thoughts = 0 } }
    self.models[row.model] = model
  end
  local api, tokens, usage = model.api, model.tokens, row.usage or {}
  local input, output = usage.input or 0, usage.output or 0
  api.totalRequests = api.totalRequests + 1
  api.totalErrors = api.totalErrors + (row.outcome == "ok" and 0 or 1)
  api.totalLatencyMs = api.totalLatencyMs + ms(row.seconds)
  tokens.prompt, tokens.candidates = tokens.prompt + input, tokens.candidates + output
  tokens.total = tokens.total + input + output
  tokens.cached = tokens.cached + (usage.cached or 0)
  tokens.thoughts = tokens.thoughts + (usage.reasoning or 0)
end

local function tool_ended(self, call, part, seconds)
  local tools = self.tools
  local one = tools.byName[call.name]
  if not one then
    one = { count = 0, success = 0, fail = 0, durationMs = 0, decisions = decisions() }
    tools.byName[call.name] = one
  end
  one.count, one.durationMs = one.count + 1, one.durationMs + ms(seconds)
  tools.totalCalls, tools.totalDurationMs = tools.totalCalls + 1, tools.totalDurationMs + ms(seconds)
  if part.error then
    one.fail, tools.totalFail = one.fail + 1, tools.totalFail + 1
  else
    one.success, tools.totalSuccess = one.success + 1, tools.totalSuccess + 1
  end
  local tool = registry.has("tools", call.name) and registry.get("tools", call.name)
  local effect = tool and tool.effect
  local decision = self.denied[call.id] and "reject"
    or (effect == "edit" or effect == "run") and not part.error and "auto_accept"
  if decision then
    one.decisions[decision] = one.decisions[decision] + 1
    tools.totalDecisions[decision] = tools.totalDecisions[decision] + 1
  end
end

---Counts what a run does, with the requests of its agents.
---@param stats table of `new`
---@param ctx Ctx its watchers go on hearing what they hear
function M.attach(stats, ctx)
  local self, watch = setmetatable({ denied = {} }, { __index = stats }), ctx.watch
  function watch.request_ended(row) request_ended(self, row) end
  ctx.agent_request = watch.request_ended
  function watch.tool_ended(call, part, seconds) tool_ended(self, call, part, seconds) end
  function watch.permission_denied(call) self.denied[call.id] = true end
end

---How many edits the session has.
---@param ctx Ctx
---@return integer
function M.edits(ctx) return #checkpoints.list(ctx) end

-- What an edit left in its file: kept where another edit came over it, else what stands there now.
local function left(ctx, entry)
  local text = checkpoints.content(ctx, entry.after)
  if text then return text end
  text = fs.read(entry.path, MOST)
  return text and sys.sha256(text) == entry.after and text or nil
end

---The lines that edits have changed since one of them.
---@param ctx Ctx
---@param stats table
---@param from integer how many edits there were before
function M.count_lines(ctx, stats, from)
  local entries, files = checkpoints.list(ctx), stats.files
  for i = from + 1, #entries do
    local before = checkpoints.content(ctx, entries[i].before)
    local after = left(ctx, entries[i])
    for line in (before and after and diff(before, after, "x") or ""):gmatch "[^\n]+" do
      local sign = line:match "^([+-])"
      if sign == "+" and line:sub(1, 4) ~= "+++ " then
        files.totalLinesAdded = files.totalLinesAdded + 1
      elseif sign == "-" and line:sub(1, 4) ~= "--- " then
        files.totalLinesRemoved = files.totalLinesRemoved + 1
      end
    end
  end
end

return M
