-- What rules refuse in a command: programs that its parts would start, files that its words name,
-- and what of both cannot be told.
local child_env = require "qwen.util.child_env"
local path_expansion = require "qwen.permission.path_expansion"
local paths = require "qwen.util.paths"
local phrase = require("qwen.util.translate").phrase
local program_lists = require "qwen.permission.program_lists"
local read_only = require "qwen.permission.read_only"
local rules = require "qwen.permission.rules"
local wrappers = require "qwen.permission.wrappers"

local M = {}

local MOST_FOLDERS = 16

---@param rule table
---@return string
function M.by_rule(rule)
  return phrase("the rule %s", rule.text)
end

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

-- The rule of a list that one of these commands runs into.
local function met(list, commands)
  for _, argv in ipairs(commands) do
    local rule = rules.first(list, "run_shell_command", function(spec) return rules.matches_command(spec, argv) end)
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

-- Paths -------------------------------------------------------------------------------------------
-- --------------------

---The rules about files among them.
---@param list table[]
---@return table[]
function M.path_rules(list)
  local out = {}
  for _, rule in ipairs(list) do
    if rule.spec and rules.about_files(rule) then out[#out + 1] = rule end
  end
  return out
end

-- Pieces of a word that a program could take for a path: all of it, what follows a sign, what
-- follows a short option, and the words of a text.
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
        if paths.is_folder(path) then out[#out + 1] = path end
      end
    end
  end
  return out
end

-- The rule that refuses a path, also what such a folder holds for a program that takes whole
-- folders.
local function refusing(at, list, path, deep)
  for _, rule in ipairs(list) do
    if rules.matches_path(at.ctx, rule.spec, path) then return rule end
    local folder = deep and rules.folder_of(at.ctx, rule.spec)
    if folder and paths.below(folder, (paths.real(path))) then return rule end
  end
end

-- Why the names of the files that a part takes stand elsewhere than in its words; nil when they do
-- not.
local function names_elsewhere(part)
  local argv = part.argv
  local name = program_lists.names(argv[1])
  if (name == "xargs" or name == "parallel") then
    for i = 2, #argv do
      if read_only.text_only(argv[i]) then return nil end
    end
    return "the names that " .. name .. " gets are not known"
  end
  local git = name == "git" and argv[wrappers.subcommand_places(argv)[1] or 0]
  for i = 2, #argv do
    local word = argv[i]
    if program_lists.deep[name] and (word == "-T" or word == "-@") or word:find "^%-%-files0?%-from" then
      return "the names that " .. name .. " gets are not known"
    end
    local short = word:find "^%-%a" and word or ""
    if git == "add" and (short:find "f" or word == "--force") or git == "stash" and (short:find "[au]" or word:find "^%-%-[ai]") then
      return "git takes files that are ignored"
    end
  end
end

-- Whether a part reads every file of a folder.
local function searches(part)
  local argv = part.argv
  if program_lists.names(argv[1]) == "git" and argv[wrappers.subcommand_places(argv)[1] or 0] == "grep" then
    return true
  end
  local always = program_lists.searchers[(program_lists.names(part.argv[1]))]
  if always == "" then return true end
  for i = 2, always and #part.argv or 1 do
    if part.argv[i]:find "^%-%a*[rR]" or part.argv[i]:find "^%-%-[%a-]*recursive" then
      return true
    end
  end
  return false
end

-- File rules hold for commands that name the file: `cat .env` under deny Read(.env). Gives the
-- rule, or words on what cannot be told.
local function denied_path(at, list, part)
  if #list == 0 or not part.argv[1] then return nil end
  local bases = named_folders(at, part)
  local unsure = names_elsewhere(part) or searches(part) and phrase("%s reads whole folders (grep_search leaves out what is refused)", part.argv[1]) or nil
  local deep = program_lists.deep[(program_lists.names(part.argv[1]))]
  local text_only = read_only.text_only(part.argv[1])
  local function denied(word, marks, text)
    for _, piece in ipairs(pieces(word)) do
      local found, unknown = path_expansion.may_name(piece:sub(1, 1) == "/" and { "" } or bases, piece, marks)
      for _, path in ipairs(piece ~= "" and found or {}) do
        local rule = refusing(at, list, path, deep)
        if rule then return rule end
        if deep and paths.is_folder(path) then
          unsure = unsure or phrase("%s takes a whole folder", part.argv[1])
        end
      end
      if (unknown or at.anywhere and word:sub(1, 1) ~= "-") and not text then
        unsure = unsure or phrase("'%s' may name any file", word)
      end
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
  return nil, unsure and phrase("%s, and %s refuses some", unsure, M.by_rule(list[1]))
end

---Where `cd` and its like lead, for rules that refuse: known folders are added, of an unknown one
---anything can be named.
---@param at {bases: string[], anywhere: boolean?}
---@param part table
function M.follow(at, part)
  local name, word = part.argv[1], part.argv[#part.argv]
  if name ~= "cd" and name ~= "pushd" and name ~= "popd" then return end
  if #part.argv == 1 then word = "~" end
  local found, unknown = path_expansion.may_name(at.bases, word, part.marks[#part.argv])
  if name == "popd" or unknown or word == "-" then at.anywhere = true end
  for _, path in ipairs(found) do
    if #at.bases < MOST_FOLDERS then at.bases[#at.bases + 1] = path else at.anywhere = true end
  end
end

-- What is looked at and what is not known
-- ------------------------------------------------------------------------------

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
      or child_env.loads(name, value)) then return phrase("%s may choose a program", name) end
  end
  if not argv[1] then return nil end
  local git = git_doubt(part)
  if git then return git end
  for i = 2, #argv do
    local computed = program_lists.computing[argv[1]] and (argv[i]:find("$(", 1, true) or argv[i]:find("`", 1, true))
    if computed then return phrase("%s computes what is in its words", argv[1]) end
    if argv[i]:find "^ext::" then return "git runs the program of an ext:: address" end
    local marks = part.marks[i]
    for _, path in ipairs(marks and marks.glob and argv[i]:find "/" and path_expansion.may_name({ at.ctx.cwd }, argv[i], marks) or {}) do
      local rule = met(list, { { (path:gsub("^.*/", "")) } })
      if rule then return phrase("%s may name what %s refuses", argv[i], M.by_rule(rule)) end
    end
  end
  local reader = program_lists.readers[(select(2, program_lists.names(argv[1])))]
  local from_text = false
  for _, redirect in ipairs(part.redirects) do
    from_text = from_text or redirect.op:find "^<" ~= nil
  end
  if reader and (part.piped or from_text) and argv[1] ~= "xargs" then
    return phrase("what %s is given to run is not known", argv[1])
  end
  local rule = met(list, wrappers.perhaps(part))
  if rule then return phrase("%s may run what %s refuses", argv[1], M.by_rule(rule)) end
  local kind = wrappers.kind(part)
  rule = (kind == "may" or kind == "runs" and program_lists.names(argv[1]) ~= "find") and M.named_anywhere(list, table.concat(argv, " ", 2))
  if rule then return phrase("a word of %s is in what %s runs", M.by_rule(rule), argv[1]) end
  for _, one in ipairs(list) do
    local first, several = M.first_word(one), one.spec and one.spec:find "%S%s+%S"
    for _, i in ipairs(first and several and first == program_lists.names(argv[1]) and wrappers.subcommand_places(argv) or {}) do
      if part.marks[i] then
        return phrase("what %s is asked to do comes from a variable or a pattern", argv[1])
      end
    end
  end
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
    rule, why = denied_path(inner, at.paths, one)
    if rule then return rule end
    M.follow(inner, one)
    unsure = unsure or why or at.commands and command_doubt(at, set.deny, one)
  end
  if parts[1].piped and program_lists.names(parts[1].argv[1] or "") == "xargs" then
    rule = M.named_anywhere(set.deny, at.command)
    if rule then return rule end
  end
  return nil, unsure or (at.commands or #at.paths > 0) and parts.doubt or nil
end

return M
