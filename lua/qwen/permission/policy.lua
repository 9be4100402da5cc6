-- Whether a call may run: allow, ask or deny, with the reason in words. deny beats ask beats allow
-- beats the mode. Commands are judged as parsed; what is not fully understood asks. This decides
-- asking; the sandbox decides ability.
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local folders = require "qwen.permission.folders"
local phrase = require("qwen.util.translate").phrase
local rules = require "qwen.permission.rules"
local sandbox = require "qwen.permission.sandbox"

local M = { refused = rules.refused, hidden = require "qwen.permission.hidden" }

local READS = rules.READS

-- Why an edit is asked about that nothing else speaks against.
local EDITS = phrase "it changes a file"
EDITS.code = "edits"

local function not_planned(reason) return phrase("plan mode only looks: %s", reason) end

-- Why a file is not changed like others: its other name, which may be anywhere, is written in place, too.
local function shared_file(place)
  local stat = fs.stat(place.real, false)
  if stat and stat.type == "file" and stat.links > 1 then
    return phrase("%s has another name (a hard link), and a change would reach that one, too", place.name)
  end
end

-- Whether nothing is at a place outside that is only looked at, and no link leads there: the tool says
-- so, and nobody is asked. What comes there later is not opened.
local function mark_absent(place)
  local stat, e = fs.stat(place.real, false)
  place.absent = not stat and e.kind == "missing" and not place.unsure and place.real == place.name
  return place.absent
end

-- Why the sandbox keeps our own tools from a place, as it keeps commands; nil where it is off or
-- shows it.
local function beyond_sandbox(ctx, tool, list, guarded, shared)
  local seen, e = sandbox.seen(ctx)
  if not seen then return e and e.message or nil end
  if guarded then
    return phrase("%s decides what runs later: with the sandbox on the user is asked about it in every mode", guarded)
  end
  if shared then return shared end
  local kind = tool.effect == "read" and "read" or "write"
  for _, place in ipairs(list) do
    local reach = not place.unsure and seen(place.real)
    if not (reach == "write" or reach == kind) and not (kind == "read" and files.place_readable(ctx, place)) then
      return phrase("%s is outside the sandbox; tools.executionSandbox.%s or a rule with its path allows it", place.real, kind)
    end
  end
end

local function judge_paths(ctx, set, name, tool, list, args)
  local function any(rule_list)
    local whole = rules.first(rule_list, name, function(spec)
      return not tool.paths and rules.matches_arguments(spec, args)
    end)
    if whole then return whole end
    for _, place in ipairs(list) do
      local rule = rules.first(rule_list, name, function(spec) return rules.matches_path(ctx, spec, place.name, false, place.real) end)
      if rule then return rule end
    end
  end
  -- A rule that allows must fit every path, by its name and by what it reaches; without a path it
  -- never reaches outside.
  local function allowing(outside)
    for _, rule in ipairs(set.allow) do
      local fits = rules.names_tool(rule, name) and (rule.spec ~= nil or not outside)
      for _, place in ipairs(fits and rule.spec and list or {}) do
        fits = fits and not place.unsure and rules.matches_path(ctx, rule.spec, place.name, true, place.real)
      end
      if fits and (not rule.spec or #list > 0) then return rule end
    end
  end
  local rule = any(set.deny)
  if rule then return "deny", rules.words(rule) end
  local ignored = tool.effect == "read" and files.ignored(ctx)
  for _, place in ipairs(ignored and list or {}) do
    local file = ignored(place.name) or ignored(place.real)
    if file then return "deny", phrase("%s names it", file) end
  end
  rule = not tool.asks and any(set.ask)
  if rule then return "ask", rules.words(rule) end
  local outside, guarded, shared
  for _, place in ipairs(list) do
    local within = (tool.effect == "read" and files.place_readable or files.place_inside)(ctx, place)
    if not within and not (tool.effect == "read" and mark_absent(place)) then outside = place.name end
    if tool.effect ~= "read" and files.place_protected(ctx, place) then guarded = place.name end
    if tool.effect == "edit" then shared = shared or shared_file(place) end
  end
  local beyond = list[1] and beyond_sandbox(ctx, tool, list, guarded, shared)
  if guarded or shared then
    local reason = guarded and phrase("%s decides what runs later", guarded) or shared
    return beyond and "beyond" or "guarded", beyond or reason, nil
  end
  rule = allowing(outside or beyond)
  if rule then return "allow", rules.words(rule) end
  if beyond then return "beyond", beyond end
  if outside then
    local keys = files.inside(ctx, outside)
    return "outside", keys and phrase("keys are kept in %s", outside) or phrase("%s is outside the project", outside), nil
  end
  if tool.effect == "read" then return "mode", READS end
  return "mode", tool.effect == "edit" and EDITS or phrase "it calls a tool that may change something"
end

---The command that is run, unasked, in the place of one with git's commands that look; nil for others,
---and where a rule refuses something.
---@param ctx Ctx
---@param tool Tool
---@param args table
---@return string?
function M.safe_look(ctx, tool, args)
  if not tool.command or #rules.of(ctx).deny > 0 then return nil end
  local command, folder = tool.command(args)
  if folder and folder ~= ctx.cwd or not command:find("git", 1, true) then return nil end
  local safe, rest = require("qwen.permission.git_looks").rewritten(command, ctx.cwd)
  if not safe then return nil end
  local verdict, reason = require("qwen.permission.command_policy").judge(ctx, rules.of(ctx), rest)
  return verdict == "allow" and reason.code == READS.code and safe or nil
end

-- The rule that allows edits like one; "" where its files are in several folders.
local function edit_rule(ctx, list)
  local folder
  for _, place in ipairs(list) do
    local own = folders.around(ctx, place.real) or ctx.cwd
    if folder and folder ~= own then return "" end
    folder = own
  end
  folder = folder or ctx.cwd
  return folder:find "[*?%[{()]" and "Edit" or ("Edit(/%s/**)"):format(folder) -- as a pattern it would be another
end

local edits_freely = { ["auto-edit"] = true, auto = true }

-- Whether mode auto is to judge commands that only look, too.
local function judges_all(ctx, tool)
  return ctx.mode == "auto" and tool.command ~= nil
    and ctx.settings:get "permissions.autoMode.classifyAllShell" == true
end

---Judges a call.
---@param ctx Ctx
---@param name string
---@param tool Tool
---@param args table
---@param list Place[]? of its paths, where they are known
---@return "allow"|"ask"|"deny" verdict
---@return Phrase reason its code is "reads" when the call only reads
---@return string? rule that would allow it
---@return boolean? firm no approval mode takes the question away
---@return string? kind of what asks: "ask" (a rule), "unsure", "beyond" (the sandbox), "guarded",
---"outside" or "mode"
function M.judge(ctx, name, tool, args, list)
  local set = rules.of(ctx)
  if rules.left_out(set, name) then return "deny", phrase "tools.core lists other tools" end
  if tool.domain then -- here: many runs reach no page
    return require("qwen.permission.domain_policy").judge(ctx, set, name, tool, args)
  end
  local verdict, reason, rule
  if tool.command then
    local command_policy = require "qwen.permission.command_policy" -- here: many runs have no command
    verdict, reason, rule = command_policy.judge(ctx, set, tool.command(args))
  else
    list = list or files.places(ctx, tool.paths and tool.paths(args) or {})
    verdict, reason = judge_paths(ctx, set, name, tool, list, args)
    rule = tool.effect == "edit" and edit_rule(ctx, list) or tool.effect == "read" and "Read" or name
    if rule == "" then rule = nil end
  end
  if verdict == "deny" then return "deny", reason end
  if verdict == "unsure" or verdict == "beyond" then
    if ctx.mode == "yolo" or ctx.mode == "plan" then return "deny", reason end
    return "ask", reason, nil, true, verdict
  end
  if verdict == "ask" then
    if ctx.mode == "plan" then return "deny", not_planned(reason) end
    return "ask", reason, nil, true, verdict
  end
  local looks = reason.code == READS.code
  if ctx.mode == "plan" then
    if looks and verdict ~= "outside" or tool.effect == "none" then return "allow", reason end
    if M.safe_look(ctx, tool, args) then return "allow", READS end
    return "deny", not_planned(reason)
  end
  if looks and judges_all(ctx, tool) then return "ask", reason, rule, nil, "mode" end
  if verdict == "allow" then return "allow", reason end
  if ctx.mode == "yolo" then return "allow", phrase("mode %s", "yolo") end
  if verdict == "guarded" or verdict == "outside" then return "ask", reason, nil, nil, verdict end
  if tool.effect == "none" or looks then return "allow", reason end
  if tool.effect == "edit" and edits_freely[ctx.mode] then
    return "allow", phrase("mode %s", ctx.mode)
  end
  if not judges_all(ctx, tool) and M.safe_look(ctx, tool, args) then return "allow", READS end
  return "ask", reason, rule, nil, "mode"
end

---Whether a name as rules have it stands for a tool.
---@param name string
---@param tool string
---@return boolean
function M.names(name, tool)
  local rule = rules.parse(name)
  return rule ~= nil and rules.names_tool(rule, tool)
end

---Whether what is said against a name holds for a tool: it is that, or does its work.
---@param name string
---@param tool string
---@return boolean
function M.concerns(name, tool)
  local rule = rules.parse(name)
  return rule ~= nil and rules.concerns(rule, tool)
end

return M
