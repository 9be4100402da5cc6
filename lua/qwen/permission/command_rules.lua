-- What rules refuse in a command: programs that its parts would start, and what of them cannot be
-- told; files that its words name (path_rules).
local child_env = require "qwen.util.child_env"
local path_expansion = require "qwen.permission.path_expansion"
local path_rules = require "qwen.permission.path_rules"
local phrase = require("qwen.util.translate").phrase
local program_lists = require "qwen.permission.program_lists"
local rules = require "qwen.permission.rules"
local wrappers = require "qwen.permission.wrappers"

local M = {}

---What a rule for commands begins with; nil for other rules.
---@param rule table
---@return string?
function M.first_word(rule)
  local first = rule.spec and rules.names_tool(rule, "run_shell_command") and rule.spec:match "^[%w_./-]+"
  return first and (first:gsub("^.*/", "")) or nil
end

---The rule whose program is a word somewhere in a text.
---@param list table[]
---@param text string
---@return table?
function M.named_anywhere(list, text)
  for _, rule in ipairs(list) do
    local first = M.first_word(rule)
    if first and first ~= "" and text:find("%f[%w_]" .. first:gsub("%p", "%%%0") .. "%f[^%w_]") then
      return rule
    end
  end
end

-- The rule of a list that one of these commands runs into: of rules that refuse or ask, `rm` is
-- also `rm -r x`, and a program with its folder also the one of that name.
local function met(list, commands)
  for _, argv in ipairs(commands) do
    local rule = rules.first(list, "run_shell_command", function(spec)
      local bare = spec:gsub("^[%w_./-]*/", "")
      return rules.matches_command(spec, argv) or rules.matches_command(bare, argv)
        or rules.matches_command(bare .. " *", argv)
    end)
    if rule then return rule end
  end
end

---The rule of a list that something which these parts start runs into.
---@param list table[]
---@param parts table[]
---@return table?
function M.met(list, parts)
  for _, part in ipairs(parts) do
    local rule = met(list, wrappers.commands(part))
    if rule then return rule end
  end
end

-- What git is asked to do by a setting or an alias that may run anything.
local function git_doubt(part)
  local argv = part.argv
  if program_lists.names(argv[1]) ~= "git" then return nil end
  for i = 2, #argv do
    local setting = argv[i - 1] == "-c" and argv[i] or argv[i]:match "^%-c(.+)$"
    local plain = setting and (setting:find "^user%." or setting:find "^colou?r%." or setting:find "^core%.quote" or setting:find "^advice%."
      or setting:find "^init%." or setting:find "^[^.]*$")
    if setting and not plain or argv[i]:find "^%-%-config%-env" then
      return phrase "a setting of git may run a program"
    end
  end
  for _, i in ipairs(wrappers.subcommand_places(argv)) do
    if not program_lists.git_commands[argv[i]] then
      return phrase("git %s may be an alias for anything", argv[i])
    end
  end
end

-- What of a part cannot be told by its words, where a rule refuses commands: a sentence, or nil.
local function command_doubt(at, list, part)
  local argv = part.argv
  for _, assign in ipairs(part.assigns) do
    local name, value = assign:match "^([^=+]+)%+?=(.*)$"
    if name and (name == "PATH" or name == "SHELL" or name:find "PAGER" or name:find "EDITOR" or name:find "_COMMAND$" or name:find "_OPTIONS$"
      or child_env.loads(name, value) or M.named_anywhere(list, value)) then
      return phrase("%s may choose a program", name)
    end
  end
  if not argv[1] then return nil end
  local git = git_doubt(part)
  if git then return git end
  for i = 2, #argv do
    local computed = program_lists.computing[argv[1]] and (argv[i]:find("$(", 1, true) or argv[i]:find("`", 1, true))
    if computed then return phrase("%s computes what is in its words", argv[1]) end
    if argv[i]:find "^ext::" then return phrase "git runs the program of an ext:: address" end
    local marks = part.marks[i]
    for _, path in ipairs(marks and marks.glob and argv[i]:find "/" and path_expansion.may_name({ at.ctx.cwd }, argv[i], marks) or {}) do
      local rule = met(list, { { (path:gsub("^.*/", "")) } })
      if rule then return phrase("%s may name what %s refuses", argv[i], rules.words(rule)) end
    end
  end
  local set = program_lists.declaring[argv[1]] and M.named_anywhere(list, table.concat(argv, " ", 2))
  if set then return phrase("%s may choose a program", argv[1]) end
  local reader = program_lists.readers[(select(2, program_lists.names(argv[1])))]
  local from_text = false
  for _, redirect in ipairs(part.redirects) do
    from_text = from_text or redirect.op:find "^<" ~= nil
  end
  if reader and (part.piped or from_text) and argv[1] ~= "xargs" then
    return phrase("what %s is given to run is not known", argv[1])
  end
  local rule = at.wrote and (reader or argv[1]:find "/") and M.named_anywhere(list, at.command)
  if rule then return phrase("a word of %s is in a file that the command writes", rules.words(rule)) end
  rule = met(list, wrappers.perhaps(part))
  if rule then return phrase("%s may run what %s refuses", argv[1], rules.words(rule)) end
  local kind = wrappers.kind(part)
  local runs = kind == "runs" and program_lists.names(argv[1]) ~= "find"
  rule = (runs or kind == "may" or kind == "unknown") and M.named_anywhere(list, table.concat(argv, " ", 2))
  if rule then return phrase("a word of %s is in what %s runs", rules.words(rule), argv[1]) end
  for _, one in ipairs(list) do
    local first, several = M.first_word(one), one.spec and one.spec:find "%S%s+%S"
    for _, i in ipairs(first and several and first == program_lists.names(argv[1]) and wrappers.subcommand_places(argv) or {}) do
      if part.marks[i] then
        return phrase("what %s is asked to do comes from a variable or a pattern", argv[1])
      end
    end
  end
end

-- Whether a part writes a text to a file, which a later one could run.
local function writes(part)
  for _, redirect in ipairs(part.redirects) do
    if redirect.op:find ">" and not redirect.copy then return true end
  end
  local name = program_lists.names(part.argv[1] or "")
  return name == "tee" or name == "dd" or name == "sponge"
end

---One part against the rules that refuse.
---@param at table as command_policy.judge has it
---@param set {deny: table[]}
---@param parts table[] the part and those in it
---@return table? rule
---@return string? unsure what cannot be told
function M.refused(at, set, parts)
  local rule = M.met(set.deny, parts)
  if rule then return rule end
  local unsure
  local inner = { ctx = at.ctx, bases = { table.unpack(at.bases) }, anywhere = at.anywhere }
  for _, one in ipairs(parts) do
    local why
    rule, why = path_rules.refused(inner, at.paths, one)
    if rule then return rule end
    path_rules.follow(inner, one)
    unsure = unsure or why or at.commands and command_doubt(at, set.deny, one)
    at.wrote = at.wrote or writes(one)
  end
  if parts[1].piped and program_lists.names(parts[1].argv[1] or "") == "xargs" then
    rule = M.named_anywhere(set.deny, at.command)
    if rule then return rule end
  end
  return nil, unsure or (at.commands or #at.paths > 0) and parts.doubt or nil
end

return M
