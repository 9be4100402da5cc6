-- What rules for files refuse in a command: the files that its words name, or may name, and what of
-- that cannot be told.
local path_expansion = require "qwen.permission.path_expansion"
local paths = require "qwen.util.paths"
local phrase = require("qwen.util.translate").phrase
local program_lists = require "qwen.permission.program_lists"
local read_only = require "qwen.permission.read_only"
local rules = require "qwen.permission.rules"
local wrappers = require "qwen.permission.wrappers"

local M = {}

local MOST_FOLDERS, MOST_PIECES, LONGEST = 16, 300, 4096 -- no longer path is opened

---The rules about files among them.
---@param list table[]
---@return table[]
function M.of(list)
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
  for at in word:gmatch(#word <= LONGEST and "[=:@,]()" or "^$") do out[#out + 1] = word:sub(at) end
  local attached = word:find "^%-%w." and word:sub(3) or nil
  out[#out + 1] = attached
  for token in word:gmatch(word:find "[=:@,]" and "[^=:@,]+" or "^$") do out[#out + 1] = token end
  out[#out + 1] = attached and attached:match "^([^=:@,]+)[=:@,]"
  if word:find "[%s\"'(){};|&<>]" then
    for token in word:gmatch "[^%s\"'(){};|&<>,=]+" do out[#out + 1] = token end
  end
  return out
end

-- Folders that a part names: other words may count from there (`tar -C`, `make -C`, `env -C`).
local function named_folders(at, part)
  local out = { table.unpack(at.bases) }
  for i = 2, math.min(#part.argv, 64) do
    for _, piece in ipairs(#part.argv[i] <= LONGEST and pieces(part.argv[i]) or {}) do
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
    for _, spec in ipairs(deep and { rule.spec, rule.spec:find "^/[^/]" and "/" .. rule.spec } or {}) do
      local folder = rules.folder_of(at.ctx, spec)
      if folder and paths.below(folder, (paths.real(path))) then return rule end
    end
  end
end

-- Whether find gives files to a program that could read them.
local function hands_on(argv)
  for _, inner in ipairs(wrappers.handed_by_find(argv)) do
    if not read_only.text_only(inner[1]) then return true end
  end
  return false
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
    return phrase("the names that %s gets are not known", name)
  end
  if name == "find" and hands_on(argv) then return phrase "the files that find passes on are not known" end
  local git = name == "git" and argv[wrappers.subcommand_places(argv)[1] or 0]
  for i = 2, #argv do
    local word = argv[i]
    if program_lists.deep[name] and (word == "-T" or word == "-@") or word:find "^%-%-files0?%-from" then
      return phrase("the names that %s gets are not known", name)
    end
    local short = word:find "^%-%a" and word or ""
    if git == "add" and (short:find "f" or word == "--force") or git == "stash" and (short:find "[au]" or word:find "^%-%-[ai]") then
      return phrase "git takes files that are ignored"
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

-- The rule whose file or folder is named somewhere in a word, for programs with words of their own:
-- `sed 'r.env'`.
local function named_within(list, word)
  for _, rule in ipairs(list) do
    local name = ""
    for part in rule.spec:gmatch "[^/]+" do
      if part:find "[^*]" then name = part:gsub("^.*[*?%[{]", "") end
    end
    if #name > 2 and word:find(name:gsub("%p", "%%%0") .. "%f[^%w_-]") then return rule end
  end
end

---The rule that a part runs into: `cat .env` under deny Read(.env); or words on what cannot be told.
---@param at {ctx: Ctx, bases: string[], anywhere: boolean?}
---@param list table[]
---@param part table as shell_parser.parse gives it
---@return table? rule
---@return Phrase? unsure
function M.refused(at, list, part)
  if #list == 0 or not part.argv[1] then return nil end
  local bases = named_folders(at, part)
  local unsure = names_elsewhere(part) or searches(part) and phrase("%s reads whole folders (grep_search leaves out what is refused)", part.argv[1]) or nil
  local deep = program_lists.deep[(program_lists.names(part.argv[1]))]
  local room = MOST_PIECES
  local text_only, plain = read_only.text_only(part.argv[1]), wrappers.kind(part) == "plain"
  local function denied(word, marks, text)
    local within = not plain and named_within(list, word)
    if within then unsure = unsure or phrase("'%s' contains a name of %s", word, rules.words(within)) end
    local too_long = #word > LONGEST and phrase "a word of it is too long"
    for _, piece in ipairs(too_long and {} or pieces(word)) do
      room = room - 1
      if room < 0 then break end
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
    unsure = unsure or not text and too_long or room < 0 and phrase "it has too many words" or nil
  end
  for i = 2, math.min(#part.argv, MOST_PIECES + 1) do
    local rule = denied(part.argv[i], part.marks[i], text_only)
    if rule then return rule end
  end
  for _, redirect in ipairs(part.redirects) do
    local rule = not redirect.copy and not redirect.op:find "^<<" and denied(redirect.target, redirect.marks)
    if rule then return rule end
  end
  return nil, unsure and phrase("%s, and %s refuses some", unsure, rules.words(list[1]))
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

return M
