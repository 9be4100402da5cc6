-- Whether a call may run: allow, ask or deny, with the reason in words. deny beats ask beats allow beats the mode.
-- Commands are judged as parsed; what is not fully understood asks. This decides asking; the sandbox decides ability.
local command_policy = require "qwen.permission.command_policy"
local files = require "qwen.permission.files"
local rules = require "qwen.permission.rules"

local M = { READ_ONLY = command_policy.READ_ONLY, refused = rules.refused }

-- Whether a deny rule hides a file from reading.
local function hidden_by(ctx, set, path)
  for _, rule in ipairs(set.deny) do
    if rule.spec and rules.names_tool(rule, "read_file") and rules.matches_path(ctx, rule.spec, path) then return rule end
  end
end

---True when a deny rule keeps a file from being read: what searches whole folders leaves it out.
---@param ctx Ctx
---@return fun(path: string): boolean
function M.hidden(ctx)
  local set = rules.of(ctx)
  return function(path) return hidden_by(ctx, set, path) ~= nil end
end

local function by_rule(rule)
  return "the rule " .. rule.text
end

-- The paths of a call as its tool will open them: from the project folder, by their text.
local function paths_of(ctx, tool, args)
  local out = {}
  for i, path in ipairs(tool.paths and tool.paths(args) or {}) do
    out[i] = files.normal(path:sub(1, 1) == "/" and path or ctx.cwd .. "/" .. path)
  end
  return out
end

local function judge_paths(ctx, set, name, tool, args)
  local list = paths_of(ctx, tool, args)
  local function any(rule_list)
    local whole = rules.first(rule_list, name, function() return false end)
    if whole then return whole end
    for _, path in ipairs(list) do
      local rule = rules.first(rule_list, name, function(spec) return rules.matches_path(ctx, spec, path) end)
      if rule then return rule end
    end
  end
  -- A rule that allows must fit every path, by its name and by what it reaches; without a path it never reaches outside.
  local function allowing(outside)
    for _, rule in ipairs(set.allow) do
      local fits = rules.names_tool(rule, name) and (rule.spec ~= nil or not outside)
      for _, path in ipairs(fits and rule.spec and list or {}) do fits = fits and rules.matches_path(ctx, rule.spec, path, true) end
      if fits and (not rule.spec or #list > 0) then return rule end
    end
  end
  local rule = any(set.deny)
  if rule then return "deny", by_rule(rule) end
  rule = any(set.ask)
  if rule then return "ask", by_rule(rule) end
  local outside, guarded
  for _, path in ipairs(list) do
    if not (tool.effect == "read" and files.readable or files.inside)(ctx, path) then outside = path end
    if tool.effect ~= "read" and files.protected(ctx, path) then guarded = path end
  end
  if guarded then return "guarded", guarded .. " decides what runs later", nil end
  rule = allowing(outside)
  if rule then return "allow", by_rule(rule) end
  if outside then return "outside", outside .. " is outside the project", nil end
  return "mode", tool.effect == "read" and M.READ_ONLY or "it changes a file"
end

---Judges a call.
---@param ctx Ctx
---@param name string
---@param tool Tool
---@param args table
---@return "allow"|"ask"|"deny" verdict
---@return string reason
---@return string? rule that would allow it
function M.judge(ctx, name, tool, args)
  local set = rules.of(ctx)
  local verdict, reason, rule
  if tool.command then
    verdict, reason, rule = command_policy.judge(ctx, set, tool.command(args))
  else
    verdict, reason = judge_paths(ctx, set, name, tool, args)
    local plain = not ctx.cwd:find "[*?%[{()]" -- as a pattern the folder would be another
    rule = tool.effect == "edit" and (plain and ("Edit(/%s/**)"):format(ctx.cwd) or "Edit") or tool.effect == "read" and "Read" or name
  end
  if verdict == "deny" then return "deny", reason end
  if verdict == "unsure" then
    if ctx.mode == "yolo" or ctx.mode == "plan" then return "deny", reason end
    return "ask", reason
  end
  if verdict == "ask" then
    if ctx.mode == "plan" then return "deny", "plan mode only looks" end
    return "ask", reason
  end
  local looks = reason == M.READ_ONLY
  if ctx.mode == "plan" then
    if looks and verdict ~= "outside" or tool.effect == "none" then return "allow", reason end
    return "deny", "plan mode only looks"
  end
  if verdict == "allow" then return "allow", reason end
  if ctx.mode == "yolo" then return "allow", "mode yolo" end
  if verdict == "guarded" or verdict == "outside" then return "ask", reason, nil end
  if tool.effect == "none" or looks then return "allow", reason end
  if tool.effect == "edit" and ctx.mode == "auto-edit" then return "allow", "mode auto-edit" end
  return "ask", reason, rule
end

---Whether a name as rules have it stands for a tool.
---@param name string
---@param tool string
---@return boolean
function M.names(name, tool)
  local rule = rules.parse(name)
  return rule ~= nil and rules.names_tool(rule, tool)
end

return M
