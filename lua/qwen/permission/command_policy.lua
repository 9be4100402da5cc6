-- Judges a command by the rules and by what is known to only read, part by part. What rules refuse is looked for in everything that
-- a part may start; what cannot be told counts against the command where a rule refuses something.
local child_env = require "qwen.util.child_env"
local files = require "qwen.permission.files"
local paths = require "qwen.util.paths"
local path_expansion = require "qwen.permission.path_expansion"
local program_lists = require "qwen.permission.program_lists"
local read_only = require "qwen.permission.read_only"
local rules = require "qwen.permission.rules"
local shell_parser = require "qwen.permission.shell_parser"
local wrappers = require "qwen.permission.wrappers"

local M = { READ_ONLY = "it only reads" }

local MOST_FOLDERS = 16

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

local function by_rule(rule)
  return "the rule " .. rule.text
end

-- What a rule for commands begins with.
local function first_word(rule)
  local first = rule.spec and rules.names_tool(rule, "run_shell_command") and rule.spec:match "^[%w_./-]+"
  return first and first:match "[^/]*$" or nil
end

-- The rule whose program is a word somewhere in a text.
local function named_anywhere(list, text)
  for _, rule in ipairs(list) do
    local first = first_word(rule)
    if first and first ~= "" and text:find("%f[%w_]" .. first:gsub("%p", "%%%0") .. "%f[^%w_]") then return rule end
  end
end

-- The rule of a list that one of these commands runs into.
local function met(list, commands)
  for _, argv in ipairs(commands) do
    local rule = rules.first(list, "run_shell_command", function(spec) return rules.matches_command(spec, argv) end)
    if rule then return rule end
  end
end

local function met_by_parts(list, parts)
  for _, part in ipairs(parts) do
    local rule = met(list, wrappers.commands(part))
    if rule then return rule end
  end
end

-- Paths ---------------------------------------------------------------------------------------------------------------

local function path_rules(list)
  local out = {}
  for _, rule in ipairs(list) do
    if rule.spec and rules.about_files(rule) then out[#out + 1] = rule end
  end
  return out
end

-- Pieces of a word that a program could take for a path: all of it, what follows a sign, what follows a short option, and the
-- words of a text.
local function pieces(word)
  local out = { word }
  for at in word:gmatch "[=:@,]()" do out[#out + 1] = word:sub(at) end
  if word:find "^%-%w." then out[#out + 1] = word:sub(3) end
  if word:find "[%s\"'(){};|&<>]" then
    for token in word:gmatch "[^%s\"'(){};|&<>,=]+" do out[#out + 1] = token end
  end
  return out
end

-- Folders that a part names: other words may count from there (`tar -C`, `make -C`, `env -C`).
local function named_folders(at, part)
  local out = { table.unpack(at.bases) }
  for i = 2, math.min(#part.argv, 64) do
    for _, piece in ipairs(pieces(part.argv[i])) do
      for _, path in ipairs(piece ~= "" and #out < 24 and path_expansion.may_name(at.bases, piece, part.marks[i]) or {}) do
        if files.is_folder(path) then out[#out + 1] = path end
      end
    end
  end
  return out
end

-- The rule that refuses a path, also what such a folder holds for a program that takes whole folders.
local function refusing(at, list, path, deep)
  for _, rule in ipairs(list) do
    if rules.matches_path(at.ctx, rule.spec, path) then return rule end
    local folder = deep and rules.folder_of(at.ctx, rule.spec)
    if folder and paths.below(folder, (paths.real(path))) then return rule end
  end
end

-- Whether a part reads every file of a folder.
local function searches(part)
  local always = program_lists.searchers[(program_lists.names(part.argv[1]))]
  if always == "" then return true end
  for i = 2, always and #part.argv or 1 do
    if part.argv[i]:find "^%-%a*[rR]" or part.argv[i]:find "^%-%-[%a-]*recursive" then return true end
  end
  return false
end

-- File rules hold for commands that name the file: `cat .env` under deny Read(.env). Gives the rule, or words on what cannot be told.
local function denied_path(at, list, part)
  if #list == 0 or not part.argv[1] then return nil end
  local bases = named_folders(at, part)
  local unsure = searches(part) and ("%s reads whole folders (grep_search leaves out what is refused)"):format(part.argv[1]) or nil
  local deep = program_lists.deep[(program_lists.names(part.argv[1]))]
  local text_only = read_only.text_only(part.argv[1])
  local function denied(word, marks, text)
    for _, piece in ipairs(pieces(word)) do
      local found, unknown = path_expansion.may_name(piece:sub(1, 1) == "/" and { "" } or bases, piece, marks)
      for _, path in ipairs(piece ~= "" and found or {}) do
        local rule = refusing(at, list, path, deep)
        if rule then return rule end
        if deep and files.is_folder(path) then unsure = unsure or ("%s takes a whole folder"):format(part.argv[1]) end
      end
      if (unknown or at.anywhere and word:sub(1, 1) ~= "-") and not text then unsure = unsure or ("'%s' may name any file"):format(word) end
    end
  end
  for i = 2, #part.argv do
    local rule = denied(part.argv[i], part.marks[i], text_only)
    if rule then return rule end
  end
  for _, redirect in ipairs(part.redirects) do
    local copy = redirect.op:find "&$" and redirect.target:match "^[%d-]+$"
    local rule = not copy and not redirect.op:find "^<<" and denied(redirect.target, redirect.marks)
    if rule then return rule end
  end
  return nil, unsure and ("%s, and %s refuses some"):format(unsure, by_rule(list[1]))
end

-- Where `cd` and its like lead, for rules that refuse: known folders are added, of an unknown one anything can be named.
local function follow(at, part)
  local name, word = part.argv[1], part.argv[#part.argv]
  if name ~= "cd" and name ~= "pushd" and name ~= "popd" then return end
  if #part.argv == 1 then word = "~" end
  local found, unknown = path_expansion.may_name(at.bases, word, part.marks[#part.argv])
  if name == "popd" or unknown or word == "-" then at.anywhere = true end
  for _, path in ipairs(found) do
    if #at.bases < MOST_FOLDERS then at.bases[#at.bases + 1] = path else at.anywhere = true end
  end
end

-- What is looked at and what is not known ------------------------------------------------------------------------------

-- What git is asked to do by a setting or an alias that may run anything.
local function git_doubt(part)
  local argv = part.argv
  if program_lists.names(argv[1]) ~= "git" then return nil end
  for i = 2, #argv do
    local setting = argv[i - 1] == "-c" and argv[i] or argv[i]:match "^%-c(.+)$"
    local plain = setting and (setting:find "^user%." or setting:find "^colou?r%." or setting:find "^core%.quote" or setting:find "^advice%."
      or setting:find "^init%." or setting:find "^[^.]*$")
    if setting and not plain or argv[i]:find "^%-%-config%-env" then return "a setting of git may run a program" end
  end
  for _, i in ipairs(wrappers.subcommand_places(argv)) do
    if not program_lists.git_commands[argv[i]] then return ("git %s may be an alias for anything"):format(argv[i]) end
  end
end

-- What of a part cannot be told by its words, where a rule refuses commands: a sentence, or nil.
local function command_doubt(list, part)
  local argv = part.argv
  for _, assign in ipairs(part.assigns) do
    local name, value = assign:match "^([^=+]+)%+?=(.*)$"
    if name and (name == "PATH" or name == "SHELL" or name:find "PAGER" or name:find "EDITOR" or name:find "_COMMAND$" or name:find "_OPTIONS$"
      or child_env.loads(name, value)) then return ("%s may choose a program"):format(name) end
  end
  if not argv[1] then return nil end
  local git = git_doubt(part)
  if git then return git end
  local reader = program_lists.readers[(select(2, program_lists.names(argv[1])))]
  local from_text = false
  for _, redirect in ipairs(part.redirects) do from_text = from_text or redirect.op:find "^<" ~= nil end
  if reader and (part.piped or from_text) and argv[1] ~= "xargs" then return ("what %s is given to run is not known"):format(argv[1]) end
  local rule = met(list, wrappers.perhaps(part))
  if rule then return ("%s may run what %s refuses"):format(argv[1], by_rule(rule)) end
  local kind = wrappers.kind(part)
  rule = (kind == "may" or kind == "runs" and program_lists.names(argv[1]) ~= "find") and named_anywhere(list, table.concat(argv, " ", 2))
  if rule then return ("a word of %s is in what %s runs"):format(by_rule(rule), argv[1]) end
  for _, one in ipairs(list) do
    local first, several = first_word(one), one.spec and one.spec:find "%S%s+%S"
    for _, i in ipairs(first and several and first == program_lists.names(argv[1]) and wrappers.subcommand_places(argv) or {}) do
      if part.marks[i] then return ("what %s is asked to do comes from a variable or a pattern"):format(argv[1]) end
    end
  end
end

-- One part against the rules that refuse: the rule, or a sentence on what cannot be told.
local function refused(at, set, part, parts)
  local rule = met_by_parts(set.deny, parts)
  if rule then return rule end
  local unsure
  local inner = { ctx = at.ctx, bases = { table.unpack(at.bases) }, anywhere = at.anywhere }
  for _, one in ipairs(parts) do
    local why
    rule, why = denied_path(inner, at.paths, one)
    if rule then return rule end
    follow(inner, one)
    unsure = unsure or why or at.commands and command_doubt(set.deny, one)
  end
  if at.piped_words and parts[1].piped and program_lists.names(part.argv[1] or "") == "xargs" then
    rule = named_anywhere(set.deny, at.command)
    if rule then return rule end
  end
  return nil, unsure or (at.commands or #at.paths > 0) and parts.doubt or nil
end

-- `cd` to one known folder of the project: later parts may then run there, or still here when it failed.
local function changes_folder(at, part)
  local word, marks = part.argv[2], part.marks[2]
  if part.argv[1] ~= "cd" or #part.argv ~= 2 or marks or #part.assigns > 0 or word == "" or word:find "^[-~]" then return false end
  local found = path_expansion.of(at.bases, word)
  for _, path in ipairs(found) do
    if not files.inside(at.ctx, path) then return false end
  end
  return #at.bases + #found <= MOST_FOLDERS
end

-- Built-ins after which the shell is not the one we know: names, variables or the folder may be others.
local stateful = {}
for name in ("cd pushd popd eval source . set shopt export alias unalias unset trap exec declare typeset local readonly enable command builtin hash read "
  .. "mapfile readarray getopts let printf"):gmatch "%S+" do stateful[name] = true end

local function looks_only(at, part)
  if at.lost then return false, at.lost end
  if assigns_matter(part) then return false, "it sets variables" end
  if changes_folder(at, part) then return true end
  local looks, why = read_only.check(at.ctx, part, at.bases)
  if looks and part.deep then
    for _, rule in ipairs(at.paths) do
      if rules.names_tool(rule, "read_file") then return false, "it could read what " .. by_rule(rule) .. " hides" end
    end
  end
  return looks, why
end

-- The rule that allows exactly this command, for programs that do no more than their words say; nil where it cannot be written.
local function suggest(part)
  local argv = part.argv
  local name = argv[1]
  if not name or next(part.marks) or stateful[name] or name:find "^%(" then return nil end
  local kind = wrappers.kind(part)
  if kind == "runs" or kind == "may" and not program_lists.builders[name] or program_lists.network[(program_lists.names(name))] then return nil end
  for _, word in ipairs(argv) do
    if word == "" or word:find "[%s*()%c]" then return nil end
  end
  local line = table.concat(argv, " ")
  return not line:find ":$" and ("Bash(%s)"):format(line) or nil
end

-- One part of a command by the rules: "deny", "unsure", "ask", "allow" or nil; the reason; the rule that would allow it.
local function judge_part(at, set, part)
  local bare = wrappers.stripped(part)
  local parts = wrappers.parts(bare)
  local rule, unsure = refused(at, set, bare, parts)
  if rule then return "deny", by_rule(rule) end
  if unsure then return "unsure", unsure end
  rule = met_by_parts(set.ask, parts)
  if rule then return "ask", by_rule(rule) end
  local redirect = redirect_problem(at, part)
  local looks, why = looks_only(at, part)
  if looks and not redirect then return "allow", M.READ_ONLY end
  if stateful[part.argv[1]] then at.lost = "an earlier part changes the shell" end
  rule = rules.first(set.allow, "run_shell_command", function(spec) return rules.matches_command(spec, part.argv) end)
  if rule and not redirect and not assigns_matter(part) then return "allow", by_rule(rule) end
  if redirect or assigns_matter(part) then return nil, redirect or "it sets variables" end
  return nil, why, suggest(part)
end

local rank = { deny = 5, unsure = 4, ask = 3, mode = 2, allow = 1 }

---Judges a command.
---@param ctx Ctx
---@param set {allow: table[], ask: table[], deny: table[]}
---@param command string
---@param folder string? it starts in
---@return "deny"|"unsure"|"ask"|"mode"|"allow" verdict unsure: it may be what a rule refuses; mode: as the approval mode has it
---@return string reason
---@return string? rule that would allow it
function M.judge(ctx, set, command, folder)
  local parsed = shell_parser.parse(command)
  folder = folder and paths.normal(folder) or ctx.cwd
  local lost = parsed.why or not files.inside(ctx, folder) and folder .. " is outside the project" or nil
  local at = { ctx = ctx, bases = { folder }, lost = lost, command = command, paths = path_rules(set.deny), commands = false, piped_words = true }
  for _, rule in ipairs(set.deny) do at.commands = at.commands or first_word(rule) ~= nil end
  local worst, only_reads, asking = nil, true, 0
  for _, part in ipairs(parsed.parts) do
    local verdict, reason, rule = judge_part(at, set, part)
    follow(at, part)
    verdict = verdict or "mode"
    if verdict == "deny" then return "deny", reason end
    if verdict ~= "allow" then asking = asking + 1 end
    only_reads = only_reads and reason == M.READ_ONLY
    if not worst or rank[verdict] > rank[worst[1]] or verdict == "allow" and worst[1] == "allow" and worst[2] == M.READ_ONLY then
      worst = { verdict, reason, rule }
    end
  end
  if not parsed.certain then
    local denied = named_anywhere(set.deny, command)
    if denied then return "deny", by_rule(denied) end
    if parsed.hard and (at.commands or #at.paths > 0) then return "unsure", "the command holds " .. parsed.hard end
    if worst and rank[worst[1]] > rank.mode then return worst[1], worst[2] end
    local asked = named_anywhere(set.ask, command)
    if asked then return "ask", by_rule(asked) end
    return "mode", "the command holds " .. parsed.why
  end
  if not worst then return "allow", M.READ_ONLY end
  if worst[1] == "allow" then return "allow", only_reads and M.READ_ONLY or worst[2] end
  return worst[1], worst[2], asking == 1 and worst[3] or nil
end

return M
