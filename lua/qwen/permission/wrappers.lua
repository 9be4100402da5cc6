-- The commands that a part of a command may start: behind `env` or `sudo`, after `find -exec`, in
-- the text given to `sh -c` or to an interpreter. It names rather too many than too few, for rules
-- that refuse or ask; nothing is allowed by what is found here.
local phrase = require("qwen.util.translate").phrase
local program_lists = require "qwen.permission.program_lists"
local read_only = require "qwen.permission.read_only"
local shell_parser = require "qwen.permission.shell_parser"

local M = { runs_others = program_lists.runs_others }

local MOST_WORDS, MOST_DEPTH, MOST_STARTS, MOST_READ = 400, 6, 20, 256 * 1024

-- Shell words in front of a command.
local lead = {}
for name in ("then else elif if while until do ! { time coproc"):gmatch "%S+" do lead[name] = true end

---A part without the words of the shell in front of its command, such as `do` and `!`.
---@param part table as shell_parser.parse gives it
---@return table
function M.stripped(part)
  local skip = 0
  while lead[part.argv[skip + 1]] do skip = skip + 1 end
  if skip == 0 then return part end
  local marks = {}
  for i, mark in pairs(part.marks) do marks[i - skip] = mark end
  return { argv = { table.unpack(part.argv, skip + 1) }, marks = marks, redirects = part.redirects, assigns = part.assigns,
    split = part.split, piped = part.piped }
end

-- The places where the subcommand of a program can stand: behind leading options, each with or
-- without a value.
---@param argv string[]
---@return integer[]
function M.subcommand_places(argv)
  local git = argv[1] and program_lists.names(argv[1]) == "git"
  local out, seen, at = {}, {}, { 2 }
  while #at > 0 do
    local i = table.remove(at)
    if not seen[i] and i <= #argv and i < 24 then
      seen[i] = true
      local word = argv[i]
      if word:find "^[-+]." then
        local value = git and program_lists.git_values[word]
        if not value then at[#at + 1] = i + 1 end
        if value or not git then at[#at + 1] = i + 2 end
      else
        out[#out + 1] = i
      end
    end
  end
  table.sort(out)
  return out
end

-- A command in the forms that a rule could be written for.
local function add_forms(out, argv)
  if not argv[1] or argv[1] == "" then return end
  local bare, base = program_lists.names(argv[1])
  local forms = { argv }
  if bare ~= argv[1] then forms[#forms + 1] = { bare, table.unpack(argv, 2) } end
  if base ~= bare then forms[#forms + 1] = { base, table.unpack(argv, 2) } end
  local dashed = bare:match "^git%-(.+)$"
  if dashed then forms[#forms + 1] = { "git", dashed, table.unpack(argv, 2) } end
  for _, form in ipairs(forms) do out[#out + 1] = form end
  local handed = false -- `git for-each-repo --config=x push`
  for _, i in ipairs(M.subcommand_places(argv)) do
    if i > 2 then out[#out + 1] = { bare, table.unpack(argv, i) } end
    handed = handed or bare == "git" and argv[i] == "for-each-repo"
  end
  for i = 3, handed and math.min(#argv, MOST_WORDS) or 2 do
    out[#out + 1] = { bare, table.unpack(argv, i) }
  end
end

---Whether one of a part's words makes its program run the others.
---@param argv string[]
---@return boolean
function M.by_a_word(argv)
  local words = program_lists.some_words[(program_lists.names(argv[1]))]
  for i = 2, words and #argv or 1 do
    local word = argv[i]
    if words[word] or words[word:match "^([^=]+)=" or ""] or words[word:match "^%-%a" or ""] then return true end
    local letters = word:match "^%-(%a+)$" or i == 2 and argv[1] == "tar" and word:match "^%a+$" or ""
    for letter in letters:gmatch "." do
      if words["-" .. letter] then return true end
    end
    local long = word:match "^%-%-%l[%l-]+" -- GNU programs take the beginning of a long option for it
    for name in pairs(long and words or {}) do
      if name:sub(1, #long) == long then return true end
    end
  end
  return false
end

---What a part does with its words: it runs them, it may, or it does not; "unknown" for a program
---that is on no list.
---@param part table as shell_parser.parse gives it
---@return "runs"|"may"|"plain"|"unknown"
function M.kind(part)
  local name = part.argv[1]
  if not name then return "plain" end
  if program_lists.runs_others(name) then return "runs" end
  if program_lists.hosts_others(name) or M.by_a_word(part.argv) then return "may" end
  return (program_lists.plain[name] or read_only.knows(name)) and "plain" or "unknown"
end

-- What is looked at of very many words; that there are more is a doubt of its own.
local function shortened(argv)
  return #argv <= MOST_WORDS and argv or { table.unpack(argv, 1, MOST_WORDS) }
end

-- The forms of every command that the words behind the program could be.
local function add_inner(out, argv, keep)
  for i = 2, math.min(#argv, MOST_WORDS) do
    local word = argv[i]
    if keep(i) then
      add_forms(out, { word, table.unpack(argv, i + 1) })
      local value = word:match "=(.+)$"
      if value then add_forms(out, { value, table.unpack(argv, i + 1) }) end
      local attached = word:match "^%-%a+(.+)$"
      if attached then add_forms(out, { attached, table.unpack(argv, i + 1) }) end
    end
  end
  return out
end

---The commands that find starts, each up to its `;` or `+`; of many, the first.
---@param argv string[]
---@return string[][]
function M.handed_by_find(argv)
  local out, inner = {}, nil
  for i = 2, math.min(#argv, MOST_WORDS) do
    local word = argv[i]
    if inner and (word == ";" or word == "+") then
      inner = nil
    elseif inner then
      inner[#inner + 1] = word
    elseif (word:find "^%-exec" or word:find "^%-ok") and #out < MOST_STARTS then
      inner = {}
      out[#out + 1] = inner
    end
  end
  return out
end

---The words of each command that a part starts, the part itself first.
---@param part table as shell_parser.parse gives it
---@return string[][]
function M.commands(part)
  local argv, out = shortened(part.argv), {}
  add_forms(out, argv)
  if not argv[1] then return out end
  if M.kind(part) ~= "runs" then return out end
  if program_lists.names(argv[1]) ~= "find" then return add_inner(out, argv, function() return true end) end
  for _, inner in ipairs(M.handed_by_find(argv)) do
    for _, one in ipairs(M.commands { argv = inner, marks = {} }) do out[#out + 1] = one end
  end
  return out
end

---The words of commands that a part may start, for a program that is not there to run others. Of a
---plain one only programs that are named with their folder.
---@param part table as shell_parser.parse gives it
---@return string[][]
function M.perhaps(part)
  local kind, argv = M.kind(part), shortened(part.argv)
  if kind == "runs" then return {} end
  return add_inner({}, argv, function(i) return kind ~= "plain" or argv[i]:find "/" ~= nil end)
end

-- Texts in a word that a shell could be given: all of it, what follows `=`, what follows a short
-- option.
local function texts(word)
  local out = { word, word:match "=(.+)$" or nil }
  if word:find "^%-%a." then
    for at = 3, math.min(#word, 6) do out[#out + 1] = word:sub(at) end
  end
  return out
end

---The part and those in the texts that it gives to a shell, at any depth.
---@param part table as shell_parser.parse gives it
---@param out table[]? parts; `out.doubt` says why one was not understood
---@param depth integer?
---@return table[]
function M.parts(part, out, depth)
  out, depth = out or {}, depth or 0
  out[#out + 1] = part
  local kind = M.kind(part)
  if #part.argv > MOST_WORDS then out.doubt = out.doubt or phrase "it has too many words" end
  if kind == "plain" then return out end
  for i = 2, math.min(#part.argv, MOST_WORDS) do
    local word = part.argv[i]
    if kind == "runs" and part.marks[i] and part.marks[i].variable then
      out.doubt = out.doubt or phrase("what %s runs comes from a variable", part.argv[1])
    end
    if word:find "[%s;&|<>()`$]" then
      if depth >= MOST_DEPTH then out.doubt = out.doubt or phrase "commands in commands, too deep" end
      for _, text in ipairs(depth < MOST_DEPTH and texts(word) or {}) do
        out.read = (out.read or 0) + #text
        if out.read > MOST_READ then
          out.doubt = out.doubt or phrase "commands in commands, too deep"
          break
        end
        local parsed = shell_parser.parse(text)
        if kind == "runs" and text == word and parsed.hard then out.doubt = out.doubt or phrase("the command in it holds %s", parsed.hard) end
        for _, one in ipairs(parsed.parts) do
          if #out < 2000 then M.parts(one, out, depth + 1) end
        end
      end
    end
  end
  return out
end

return M
