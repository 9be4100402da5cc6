-- Whether a call may run: allow, ask or deny, with the reason in words. deny beats ask beats allow beats the mode.
-- Commands are judged as parsed; what is not fully understood asks. This decides asking; the sandbox decides ability.
local files = require "qwen.permission.files"
local wrappers = require "qwen.permission.wrappers"
local path_expansion = require "qwen.permission.path_expansion"
local read_only = require "qwen.permission.read_only"
local rules = require "qwen.permission.rules"
local shell_parser = require "qwen.permission.shell_parser"

local M = { READ_ONLY = "it only reads", refused = rules.refused }

local MOST_FOLDERS = 16

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

local harmless_targets = { ["/dev/null"] = true, ["/dev/stdout"] = true, ["/dev/stderr"] = true }
local harmless_assigns = { LANG = true, LC_ALL = true, TZ = true, NO_COLOR = true, COLUMNS = true, CI = true }

-- Redirections that write to a file, or read one outside the project; nil when there are none.
local function redirect_problem(at, part)
  for _, redirect in ipairs(part.redirects) do
    local copy = redirect.op:find "&$" and redirect.target:match "^[%d-]+$"
    if not copy and not harmless_targets[redirect.target] then
      if redirect.op ~= "<" then return "it writes to " .. redirect.target end
      if not path_expansion.readable(at.ctx, at.bases, redirect.target, redirect.marks) then return "it reads " .. redirect.target end
    end
  end
end

local function assigns_matter(part)
  for _, assign in ipairs(part.assigns) do
    local name, value = assign:match "^([%w_]+)=([%w_.@:+-]*)$"
    if not harmless_assigns[name] or value:find "^:" then return true end
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
    local pattern = first and "%f[%w_]" .. first:gsub("%p", "%%%0") .. "%f[^%w_]"
    if first and rules.names_tool(rule, "run_shell_command") and command:find(pattern) then return rule end
  end
end

-- Pieces of a word that a program could take for a path: all of it, what follows a sign, what follows a short option.
local function pieces(word)
  local out = { word }
  for at in word:gmatch "[=:@,]()" do out[#out + 1] = word:sub(at) end
  if word:find "^%-%w." then out[#out + 1] = word:sub(3) end
  return out
end

-- File rules hold for commands that name the file: `cat .env` under deny Read(.env), also through a pattern or a redirection.
local function denied_path(at, rule_list, part)
  local function denied(word, marks)
    for _, piece in ipairs(pieces(word)) do
      for _, path in ipairs(piece ~= "" and path_expansion.of(at.bases, piece, marks) or {}) do
        for _, rule in ipairs(rule_list) do
          if rule.spec and rules.about_files(rule) and rules.matches_path(at.ctx, rule.spec, path) then return rule end
        end
      end
    end
  end
  for i = 2, #part.argv do
    local rule = denied(part.argv[i], part.marks[i])
    if rule then return rule end
  end
  for _, redirect in ipairs(part.redirects) do
    local rule = denied(redirect.target, redirect.marks)
    if rule then return rule end
  end
end

local function by_rule(rule)
  return "the rule " .. rule.text
end

-- `cd` to one known folder of the project: later parts may then run there, or still here when it failed.
local function changes_folder(at, part)
  local word, marks = part.argv[2], part.marks[2]
  if part.argv[1] ~= "cd" or #part.argv ~= 2 or marks or #part.assigns > 0 or word == "" or word:find "^[-~]" then return false end
  local found = path_expansion.of(at.bases, word)
  for _, path in ipairs(found) do
    if not files.inside(at.ctx, path) then return false end
  end
  table.move(found, 1, #found, #at.bases + 1, at.bases)
  return #at.bases <= MOST_FOLDERS
end

-- Built-ins after which the shell is not the one we know: names, variables or the folder may be others.
local stateful = {}
for name in ("cd pushd popd eval source . set shopt export alias unalias unset trap exec declare typeset local readonly enable command builtin hash read "
  .. "mapfile readarray getopts let printf"):gmatch "%S+" do stateful[name] = true end

local function looks_only(at, set, part)
  if at.lost then return false, at.lost end
  if assigns_matter(part) then return false, "it sets variables" end
  if changes_folder(at, part) then return true end
  local looks, why = read_only.check(at.ctx, part, at.bases)
  if looks and part.deep then
    for _, rule in ipairs(set.deny) do
      if rule.spec and rules.names_tool(rule, "read_file") then return false, "it could read what " .. by_rule(rule) .. " hides" end
    end
  end
  return looks, why
end

-- The narrowest rule worth offering: the program with its first word; nothing for programs that run other programs.
local never_suggest = {}
for name in (". source python python3 perl ruby node lua awk sed vi vim ed curl wget nc telnet scp sftp rsync npx bunx uvx docker podman cd export")
  :gmatch "%S+" do never_suggest[name] = true end

local function suggest(part)
  local name, second = part.argv[1], part.argv[2]
  if not name or never_suggest[name] or wrappers.runs_others(name) or name:find "[*()]" then return nil end
  if second and second:match "^[%l][%w:-]*$" then return ("Bash(%s %s *)"):format(name, second) end
  return ("Bash(%s *)"):format(name)
end

-- The rule of a list that a part runs into by its words, or by those of what it would start.
local function met(list, parts)
  for _, part in ipairs(parts) do
    for _, argv in ipairs(wrappers.commands(part)) do
      local rule = rule_for(list, "run_shell_command", function(spec) return rules.matches_command(spec, argv) end)
      if rule then return rule end
    end
  end
end

-- One part of a command by the rules: "deny", "ask", "allow" or nil; the reason; the rule that would allow it.
local function judge_part(at, set, part)
  local function fits(spec) return rules.matches_command(spec, part.argv) end
  local parts = wrappers.parts(part)
  local rule = met(set.deny, parts)
  for i = 1, rule and 0 or #parts do rule = rule or denied_path(at, set.deny, parts[i]) end
  if rule then return "deny", by_rule(rule) end
  rule = met(set.ask, parts)
  if rule then return "ask", by_rule(rule) end
  local redirect = redirect_problem(at, part)
  local looks, why = looks_only(at, set, part)
  if looks and not redirect then return "allow", M.READ_ONLY end
  if stateful[part.argv[1]] then at.lost = "an earlier part changes the shell" end
  rule = rule_for(set.allow, "run_shell_command", fits)
  if rule and not redirect and not assigns_matter(part) then return "allow", by_rule(rule) end
  if redirect or assigns_matter(part) then return nil, redirect or "it sets variables" end
  return nil, why, suggest(part)
end

local function judge_command(ctx, set, command, folder)
  local parsed = shell_parser.parse(command)
  folder = folder and files.normal(folder) or ctx.cwd
  local lost = parsed.why or not files.inside(ctx, folder) and folder .. " is outside the project" or nil
  local at = { ctx = ctx, bases = { folder }, lost = lost }
  local asks, allowed, only_reads
  only_reads = true
  for _, part in ipairs(parsed.parts) do
    local verdict, reason, rule = judge_part(at, set, part)
    if verdict == "deny" then return "deny", reason end
    if verdict ~= "allow" then
      if asks then asks[3] = nil else asks = { verdict or "mode", reason, rule } end
      if verdict == "ask" then asks = { "ask", reason } end
    else
      allowed = reason
      only_reads = only_reads and reason == M.READ_ONLY
    end
  end
  if not parsed.certain then
    local denied = denied_anywhere(set.deny, command)
    if denied then return "deny", by_rule(denied) end
    if asks and asks[1] == "ask" then return "ask", asks[2] end
    return "mode", "the command holds " .. parsed.why
  end
  if #parsed.parts == 0 then return "allow", M.READ_ONLY end
  if asks then return table.unpack(asks, 1, 3) end
  return "allow", only_reads and M.READ_ONLY or allowed
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
    if not (tool.effect == "read" and files.readable or files.inside)(ctx, path) then outside = path end
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
  local set = rules.of(ctx)
  local verdict, reason, rule
  if tool.command then
    verdict, reason, rule = judge_command(ctx, set, tool.command(args))
  else
    verdict, reason = judge_paths(ctx, set, name, tool, args)
    rule = (tool.effect == "edit" and "Edit") or (tool.effect == "read" and "Read") or name
  end
  if verdict == "deny" then return "deny", reason end
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
