-- Judges a command by the rules and by what is known to only read, part by part. What cannot be
-- told counts against the command where a rule refuses something.
local command_rules = require "qwen.permission.command_rules"
local files = require "qwen.permission.files"
local path_rules = require "qwen.permission.path_rules"
local paths = require "qwen.util.paths"
local path_expansion = require "qwen.permission.path_expansion"
local phrase = require("qwen.util.translate").phrase
local program_lists = require "qwen.permission.program_lists"
local read_only = require "qwen.permission.read_only"
local rules = require "qwen.permission.rules"
local shell_parser = require "qwen.permission.shell_parser"
local wrappers = require "qwen.permission.wrappers"

local M = {}

local NOT_CORE = phrase "tools.core lists other commands"
local MOST_FOLDERS = 16
local MOST_PARTS = shell_parser.MOST_PARTS
local READS = rules.READS

local harmless_targets = { ["/dev/null"] = true, ["/dev/stdout"] = true, ["/dev/stderr"] = true }
local harmless_assigns = { LANG = true, LC_ALL = true, TZ = true, NO_COLOR = true, COLUMNS = true, CI = true }

-- Redirections that write to a file, or read one outside the project; nil when there are none.
local function redirect_problem(at, part)
  for _, redirect in ipairs(part.redirects) do
    if not redirect.copy and not harmless_targets[redirect.target] then
      if redirect.op ~= "<" then return phrase("it writes to %s", redirect.target) end
      if not path_expansion.readable(at.ctx, at.bases, redirect.target, redirect.marks) then
        return phrase("it reads %s", redirect.target)
      end
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

-- `cd` to one known folder of the project: later parts may then run there, or still here when it
-- failed.
local function changes_folder(at, part)
  local word, marks = part.argv[2], part.marks[2]
  if part.argv[1] ~= "cd" or #part.argv ~= 2 or marks or #part.assigns > 0 or word == "" or word:find "^[-~]" then
    return false
  end
  local found = path_expansion.of(at.bases, word)
  for _, path in ipairs(found) do
    if not files.inside(at.ctx, path) then return false end
  end
  return #at.bases + #found <= MOST_FOLDERS
end

-- Built-ins after which the shell is not the one we know: names, variables or the folder may be
-- others.
local stateful = {}
for name in ("cd pushd popd eval source . set shopt export alias unalias unset trap exec declare typeset local readonly enable command builtin hash read "
  .. "mapfile readarray getopts let printf"):gmatch "%S+" do stateful[name] = true end

local function looks_only(at, part)
  if at.lost then return false, at.lost end
  if assigns_matter(part) then return false, phrase "it sets variables" end
  if changes_folder(at, part) then return true end
  local looks, why = read_only.check(at.ctx, part, at.bases)
  if looks and part.deep and files.holds_home(at.ctx) then
    return false, phrase "it could read the keys in your home folder"
  end
  if looks and part.deep then
    for _, rule in ipairs(at.paths) do
      if rules.names_tool(rule, "read_file") then
        return false, phrase("it could read what the rule %s hides", rule.text)
      end
    end
  end
  return looks, why
end

-- The rule that allows exactly this command, for programs that do no more than their words say; nil
-- where it cannot be written.
local function suggest(part)
  local argv = part.argv
  local name = argv[1]
  if not name or next(part.marks) or stateful[name] or name:find "^%(" then return nil end
  local kind = wrappers.kind(part)
  local may = kind == "may" and (not program_lists.builders[name] or wrappers.by_a_word(argv))
  if kind == "runs" or may or program_lists.network[(program_lists.names(name))] then
    return nil
  end
  for _, word in ipairs(argv) do
    if word == "" or word:find "[%s*()%c]" then return nil end
  end
  local line = table.concat(argv, " ")
  return not line:find ":$" and ("Bash(%s)"):format(line) or nil
end

-- Whether a part, as it is written, is one of the commands of tools.core: Shell(git) is every git command.
local function is_core(core, part)
  for _, rule in ipairs(core) do
    local spec = rule.spec
    if rules.matches_command(spec, part.argv) or rules.matches_command(spec .. " *", part.argv) then return true end
  end
  return false
end

-- Why a part that runs what is piped into it is asked about.
local function pipes_into(part)
  local name = part.piped and #part.argv == 1 and program_lists.names(part.argv[1])
  return name and program_lists.readers[name] and name ~= "xargs"
    and phrase("it pipes into %s, which runs whatever comes", name) or nil
end

-- How much the part of a command can do that is asked about: the person is told of the heaviest.
local function weight_of(part)
  return pipes_into(part) and 4 or program_lists.weight(part.argv[1])
end

-- One part of a command by the rules: "deny", "unsure", "ask", "allow" or nil; the reason; the rule
-- that would allow it.
local function judge_part(at, set, part)
  local bare = wrappers.stripped(part)
  local parts = wrappers.parts(bare)
  local rule, unsure = command_rules.refused(at, set, parts)
  if rule then return "deny", rules.words(rule) end
  if unsure then return "unsure", unsure end
  rule = command_rules.met(set.ask, parts)
  if rule then return "ask", rules.words(rule) end
  if at.core and not is_core(at.core, part) then return "ask", NOT_CORE end
  local redirect = redirect_problem(at, part)
  local looks, why = looks_only(at, part)
  if looks and not redirect then return "allow", READS end
  if stateful[part.argv[1]] then at.lost = phrase "an earlier part changes the shell" end
  rule = rules.first(set.allow, "run_shell_command", function(spec) return rules.matches_command(spec, part.argv) end)
  if rule and not redirect and not assigns_matter(part) then
    return "allow", rules.words(rule)
  end
  if redirect or assigns_matter(part) then return nil, redirect or phrase "it sets variables" end
  return nil, pipes_into(part) or why, suggest(part)
end

local rank = { deny = 5, unsure = 4, ask = 3, mode = 2, allow = 1 }

---Judges a command.
---@param ctx Ctx
---@param set {allow: table[], ask: table[], deny: table[], core: table[]?}
---@param command string
---@param folder string? it starts in
---@return "deny"|"unsure"|"ask"|"mode"|"allow" verdict unsure: it may be what a rule refuses
---@return Phrase reason
---@return string? rule that would allow it
function M.judge(ctx, set, command, folder)
  local parsed = shell_parser.parse(command)
  folder = folder and paths.normal(folder) or ctx.cwd
  local lost = parsed.why or not files.inside(ctx, folder) and phrase("%s is outside the project", folder) or nil
  local at = { ctx = ctx, bases = { folder }, lost = lost, command = command,
    paths = path_rules.of(set.deny), core = rules.core_commands(set), commands = false }
  for _, rule in ipairs(set.deny) do
    at.commands = at.commands or command_rules.first_word(rule) ~= nil
  end
  local worst, only_reads, asking, heaviest = nil, true, 0, 0
  for i, part in ipairs(parsed.parts) do
    if i > MOST_PARTS then break end -- `parsed.hard` says that there are more
    local verdict, reason, rule = judge_part(at, set, part)
    path_rules.follow(at, part)
    verdict = verdict or "mode"
    if verdict == "deny" then return "deny", reason end
    if verdict ~= "allow" then asking = asking + 1 end
    only_reads = only_reads and reason.code == READS.code
    local same = worst and verdict == worst[1]
    local weight = verdict == "mode" and weight_of(part) or 0
    local telling = same and (verdict == "allow" and worst[2].code == READS.code or weight > heaviest)
    if not worst or rank[verdict] > rank[worst[1]] or telling then
      worst, heaviest = { verdict, reason, rule }, weight
    end
  end
  if not parsed.certain then
    local denied = command_rules.named_anywhere(set.deny, command)
    if denied then return "deny", rules.words(denied) end
    if parsed.hard and (at.commands or #at.paths > 0) then
      return "unsure", phrase("it has %s: what it does cannot be told beforehand", parsed.hard)
    end
    if worst and rank[worst[1]] > rank.mode then return worst[1], worst[2] end
    local asked = command_rules.named_anywhere(set.ask, command)
    if asked then return "ask", rules.words(asked) end
    if at.core then return "ask", NOT_CORE end
    return "mode", phrase("it has %s: what it does cannot be told beforehand", parsed.why)
  end
  if not worst then return "allow", READS end
  if worst[1] == "allow" then return "allow", only_reads and READS or worst[2] end
  return worst[1], worst[2], asking == 1 and worst[3] or nil
end

return M
