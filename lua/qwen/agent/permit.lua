-- Whether a call may run: allow, ask or deny, with the reason in words. deny beats ask beats allow beats the mode.
-- Commands are judged as parsed; what is not fully understood asks. This decides asking; the sandbox decides ability.
local files = require "qwen.files"
local readonly = require "qwen.agent.readonly"
local rules = require "qwen.agent.rules"
local shell = require "qwen.agent.shell"

local M = { READ_ONLY = "it only reads" }

local function all_rules(ctx)
  local s = ctx.settings
  local allow, deny = rules.read(s:get "permissions.allow"), rules.read(s:get "permissions.deny")
  for _, rule in ipairs(rules.read(s:get "tools.allowed")) do allow[#allow + 1] = rule end
  for _, rule in ipairs(rules.read(s:get "tools.exclude")) do deny[#deny + 1] = rule end
  return { allow = allow, ask = rules.read(s:get "permissions.ask"), deny = deny }
end

---True when a rule without a condition refuses a tool, so that it need not be offered.
---@param ctx Ctx
---@param name string
function M.refused(ctx, name)
  for _, rule in ipairs(all_rules(ctx).deny) do
    if not rule.spec and rules.names_tool(rule, name) then return true end
  end
  return false
end

local harmless_targets = { ["/dev/null"] = true, ["/dev/stdout"] = true, ["/dev/stderr"] = true }
local harmless_assigns = { LANG = true, LC_ALL = true, TZ = true, NO_COLOR = true, COLUMNS = true, CI = true }

-- Redirections that write to a file, or read one outside the project; nil when there are none.
local function redirect_problem(ctx, part)
  for _, redirect in ipairs(part.redirects) do
    local copy = redirect.op:find "&$" and redirect.target:match "^[%d-]+$"
    if not copy and not harmless_targets[redirect.target] then
      if redirect.op ~= "<" then return "it writes to " .. redirect.target end
      if redirect.variable or not files.inside(ctx, redirect.target:sub(1, 1) == "/" and redirect.target or ctx.cwd .. "/" .. redirect.target) then
        return "it reads " .. redirect.target
      end
    end
  end
end

local function assigns_matter(part)
  for _, assign in ipairs(part.assigns) do
    if not harmless_assigns[assign:match "^[%w_]+"] then return true end
  end
  return false
end

local function rule_for(list, tool, fits)
  for _, rule in ipairs(list) do
    if rules.names_tool(rule, tool) and (not rule.spec or fits(rule.spec)) then return rule end
  end
end

-- Words that a deny rule names count even where the command is not understood.
local function denied_anywhere(rule_list, command)
  for _, rule in ipairs(rule_list) do
    local first = rule.spec and rule.spec:match "^[%w_./-]+"
    if first and rules.names_tool(rule, "run_shell_command") and command:find("%f[%w_]" .. first:gsub("%p", "%%%0") .. "%f[^%w_]") then return rule end
  end
end

-- File rules hold for commands that name the file: `cat .env` under deny Read(.env).
local function denied_path(ctx, rule_list, part)
  for i = 2, #part.argv do
    local word = part.argv[i]
    local path = word:sub(1, 1) == "/" and word or ctx.cwd .. "/" .. word
    for _, rule in ipairs(rule_list) do
      if rule.group and rule.spec and rules.matches_path(ctx, rule.spec, path) then return rule end
    end
  end
end

local function by_rule(rule)
  return "the rule " .. rule.text
end

-- One part of a command by the rules: "deny", "ask", "allow" or nil.
local function judge_part(ctx, set, part)
  local function fits(spec) return rules.matches_command(spec, part.argv) end
  local rule = rule_for(set.deny, "run_shell_command", fits) or denied_path(ctx, set.deny, part)
  if rule then return "deny", by_rule(rule) end
  rule = rule_for(set.ask, "run_shell_command", fits)
  if rule then return "ask", by_rule(rule) end
  local looks, why = readonly.check(ctx, part)
  local redirect = redirect_problem(ctx, part)
  if not redirect and looks then return "allow", M.READ_ONLY end
  rule = rule_for(set.allow, "run_shell_command", fits)
  if rule and not redirect and not assigns_matter(part) then return "allow", by_rule(rule) end
  return nil, redirect or rule and "it sets variables" or why
end

-- The narrowest rule worth offering: the program with its first word; nothing for programs that run other programs.
local never_suggest = {}
for name in ("env nice nohup time timeout xargs sudo su doas stdbuf setsid command exec eval . source busybox ssh watch parallel bash sh zsh dash "
  .. "python python3 perl ruby node lua awk sed vi vim ed curl wget nc telnet"):gmatch "%S+" do never_suggest[name] = true end

local function suggest(part)
  local name, second = part.argv[1], part.argv[2]
  if not name or never_suggest[name] or name:find "[*()]" then return nil end
  if second and second:match "^[%l][%w:-]*$" then return ("Bash(%s %s *)"):format(name, second) end
  return ("Bash(%s *)"):format(name)
end

local function judge_command(ctx, set, command)
  local parsed = shell.parse(command)
  local asks, allowed, rule, only_reads
  only_reads = true
  for _, part in ipairs(parsed.parts) do
    local verdict, reason = judge_part(ctx, set, part)
    if verdict == "deny" then return "deny", reason end
    if verdict ~= "allow" then
      asks = asks or { verdict, reason }
      rule = rule or suggest(part)
    else
      allowed = reason
      only_reads = only_reads and reason == M.READ_ONLY
    end
  end
  if not parsed.certain then
    local denied = denied_anywhere(set.deny, command)
    if denied then return "deny", by_rule(denied) end
    return "ask", "the command holds " .. parsed.why, nil
  end
  if #parsed.parts == 0 then return "allow", M.READ_ONLY end
  if asks then return asks[1] or "mode", asks[2], #parsed.parts == 1 and rule or nil end
  return "allow", only_reads and M.READ_ONLY or allowed
end

local function judge_paths(ctx, set, name, tool, args)
  local list = tool.paths and tool.paths(args) or {}
  local function any(rule_list)
    local whole = rule_for(rule_list, name, function() return false end)
    if whole then return whole end
    for _, path in ipairs(list) do
      local rule = rule_for(rule_list, name, function(spec) return rules.matches_path(ctx, spec, path) end)
      if rule then return rule end
    end
  end
  local rule = any(set.deny)
  if rule then return "deny", by_rule(rule) end
  rule = any(set.ask)
  if rule then return "ask", by_rule(rule) end
  local outside, guarded
  for _, path in ipairs(list) do
    if path:sub(1, 1) == "/" and not files.inside(ctx, path) then outside = path end
    if tool.effect ~= "read" and files.protected(ctx, path) then guarded = path end
  end
  if guarded then return "guarded", guarded .. " decides what runs later", nil end
  rule = any(set.allow)
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
  local set = all_rules(ctx)
  local verdict, reason, rule
  if tool.command then
    verdict, reason, rule = judge_command(ctx, set, tool.command(args))
  else
    verdict, reason = judge_paths(ctx, set, name, tool, args)
    rule = (tool.effect == "edit" and "Edit") or (tool.effect == "read" and "Read") or name
  end
  if verdict == "deny" or verdict == "ask" then
    if verdict == "ask" and ctx.mode == "yolo" and not reason:find "^the rule" then return "allow", "mode yolo" end
    if verdict == "ask" and ctx.mode == "plan" then return "deny", "plan mode only looks" end
    return verdict, reason, rule
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

return M
