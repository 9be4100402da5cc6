-- Which commands only look: judged argument by argument from lists of what is allowed; an option that is not listed asks.
-- Interpreters, pagers, editors, wrappers, network programs and git (a repository can make it run programs) are not here on purpose,
-- nor `ps`, which can show the environment of others, nor options that follow links out of the project or read names from a file.
local child_env = require "qwen.util.child_env"
local path_expansion = require "qwen.permission.path_expansion"
local fs = require "sys.fs"
local programs = require "qwen.util.programs"
local sys = require "sys.os"
local phrase = require("qwen.util.translate").phrase

local M = {}

-- Short options as getopt reads them: "n:" takes a value, "e;" a value that is no path. Long ones: "x" none, "x=" one, "x=?" perhaps one.
-- `apart`: the letters behind one with a value are options too; the value is the next word, or a number.
local function options(short, long, more)
  local program = more or {}
  program.short, program.long = {}, {}
  for letter, kind in (short .. "h"):gmatch "(%w)([:;]?)" do program.short[letter] = kind end
  for name, kind in ((long or "") .. " help version"):gmatch "([%w-]+)(=?%??)" do program.long[name] = kind end
  return program
end

-- Words that begin with "-" and are a language of their own; "name:" takes the next word.
local function words(list, more)
  local program = more or {}
  program.words = {}
  for name, kind in list:gmatch "([%w-]+)([:;]?)" do program.words[name] = kind end
  return program
end

local digits = "0123456789"
local text_only = { text = true } -- its arguments are no paths
local test_words = "-f -d -e -s -r -w -x -L -h -n -z -eq -ne -lt -le -gt -ge -nt -ot -a -o -b -c -p -S -g -u -k"

local grep = options(digits .. "cEFGHhiLlnoPqrsvwxyzabUA:B:C:m:e;", "ignore-case invert-match word-regexp line-regexp count files-with-matches "
  .. "files-without-match only-matching no-messages with-filename no-filename line-number text extended-regexp perl-regexp fixed-strings basic-regexp "
  .. "quiet recursive color=? colour=? include= exclude= exclude-dir= max-count= after-context= before-context= context= regexp=",
  { pattern = "e regexp", deep = "r recursive" })

-- A script of sed that prints, leaves out or ends, with addresses before each; the rest of what it
-- has can write files or run commands.
local function prints(script)
  for command in script:gmatch "[^;\n]+" do
    local rest = command:gsub("/[^/\\]+/I?", "1"):gsub("%s", "")
    local address = rest:sub(1, -2):gsub("!$", "")
    local comma = address:find(",", 1, true)
    local first, last = address:sub(1, (comma or 0) - 1), comma and address:sub(comma + 1) or "1"
    local known = first:find "^%d+$" or first:find "^%d+~%d+$" or first == "$" or first == "" and not comma
    if rest ~= "" and not (rest:find "[pdq=]$" and known and (last:find "^[+~]?%d+$" or last == "$")) then return false end
  end
  return true
end

local known = {
  basename = options("as:z", "multiple suffix= zero", text_only), dirname = options("z", "zero", text_only), echo = { any = true, text = true },
  pwd = options "LP", whoami = options "", id = options("ugnrGz", "user group groups name real zero"), uname = options("asnrvmpio", "all"),
  which = options("a", "", { text = true }), ["true"] = { any = true, text = true }, ["false"] = { any = true, text = true },
  cat = options("AbeEnstTuv", "show-all number-nonblank show-ends number squeeze-blank show-tabs show-nonprinting"),
  head = options(digits .. "n:c:qv", "lines= bytes= quiet verbose"), tail = options(digits .. "n:c:qv", "lines= bytes= quiet verbose"),
  wc = options("clmLw", "bytes chars lines max-line-length words"), nl = options "b:n:w:s:v:i:", tac = options "b", rev = options "",
  ls = options(digits .. "aAlhtrSRdFpiksnogGUcuXQmxCv", "all almost-all human-readable color=? recursive reverse directory classify=? size "
    .. "sort= time= group-directories-first full-time inode numeric-uid-gid si time-style= ignore= hide="),
  stat = options("c;t", "format= printf= terse", { plain = "format printf" }),
  du = options("ahscbkmxd:", "all human-readable summarize total bytes max-depth= apparent-size si"),
  df = options("hHkTi", "human-readable print-type inodes si"),
  cut = options("b:c:d;f:s", "bytes= characters= delimiter= fields= only-delimited complement output-delimiter=",
    { plain = "delimiter output-delimiter" }),
  sed = options("nErsze;", "quiet silent regexp-extended separate null-data expression=",
    { pattern = "e expression", plain = "expression", script = prints }),
  tr = options("cCdst", "complement delete squeeze-repeats", { text = true }), comm = options(digits, "total check-order nocheck-order"),
  cmp = options("bln:s", "print-bytes verbose quiet silent"),
  diff = options(digits .. "uU:cC:qsbBwiEtTya", "unified=? context=? brief report-identical-files ignore-all-space ignore-space-change ignore-blank-lines "
    .. "ignore-case side-by-side width= color=? text suppress-common-lines", { flat = true }),
  md5sum = options("bt", "binary text tag"), sha1sum = options("bt", "binary text tag"), sha256sum = options("bt", "binary text tag"),
  realpath = options("emsz", "relative-to= relative-base="), readlink = options "femnz",
  seq = options("ws;f;", "equal-width separator= format=", { text = true }),
  column = options "ts;c:xn", printf = { any = true, text = true, first = true }, test = words(test_words), ["["] = words(test_words),
  grep = grep, egrep = grep, fgrep = grep,
  rg = options(digits .. "cFHiIlnNoqsSUvwxA:B:C:m:e;g;t;T;p", "ignore-case smart-case case-sensitive count count-matches files files-with-matches "
    .. "files-without-match line-number no-line-number with-filename no-filename no-heading heading hidden only-matching word-regexp line-regexp "
    .. "fixed-strings invert-match multiline color= colors= column glob= iglob= type= type-not= max-count= max-columns= max-depth= max-filesize= "
    .. "after-context= before-context= context= regexp= sort= sortr= stats trim vimgrep json quiet no-ignore no-config type-list passthru",
    { pattern = "e regexp files type-list", deep = true, plain = "glob iglob" }),
  sort = options("bdfghinMRrVcCsuzk:t;", "ignore-leading-blanks dictionary-order ignore-case general-numeric-sort human-numeric-sort month-sort "
    .. "numeric-sort random-sort reverse version-sort check=? stable unique zero-terminated key= field-separator=", { plain = "field-separator" }),
  uniq = options("cdDiuzf:s:w:", "count repeated all-repeated=? ignore-case unique zero-terminated skip-fields= skip-chars= check-chars=", { positional = 1 }),
  tree = options("adfipsughDFvtcUrnCL:I;P;", "noreport dirsfirst prune du si inodes device sort= gitignore matchdirs", { apart = true }),
  find = words("-name; -iname; -path; -ipath; -wholename; -regex; -iregex; -regextype; -type; -size; -mtime; -mmin; -ctime; -cmin; -atime; -amin; "
    .. "-newer: -maxdepth; -mindepth; -print -print0 -printf; -ls -empty -not -o -or -a -and -perm; -user; -group; -links; -inum; -prune -xdev "
    .. "-mount -depth -executable -readable -writable -true -false -quit -P -daystart -noleaf"),
}

local function among(list, name)
  return list and (" " .. list .. " "):find(" " .. name .. " ", 1, true) ~= nil
end

-- What an option word is. Gives nil when it is not listed; else its names, and "next" or a value for one that takes a path or "text".
local function read_option(program, word)
  if program.words then
    local kind = program.words[word]
    return kind and { word }, kind ~= "" and "next", kind == ";"
  end
  local name, value = word:match "^%-%-([%w-]+)=(.*)$"
  name = name or word:match "^%-%-([%w-]+)$"
  if name then
    local kind = program.long[name]
    if not kind or value and kind == "" then return nil end
    return { name }, value or kind == "=" and "next", among(program.plain, name) or among(program.pattern, name)
  end
  local names = {}
  for at = 2, #word do
    local letter = word:sub(at, at)
    local kind = program.short[letter]
    if not kind then return nil end
    names[#names + 1] = letter
    if kind ~= "" and program.apart and word:find("%D", at + 1) then return nil end
    if kind ~= "" then return names, at < #word and word:sub(at + 1) or "next", kind == ";" end
  end
  return names
end

local SCRIPT = phrase "its script can do more than print"

-- Reads the arguments of a program that is on the list. `look` judges a path and gives a reason against it.
local function check_arguments(program, part, bases, look)
  local positional, operands, pattern_given, i = 0, program.any, not program.pattern, 2
  while i <= #part.argv do
    local word, marks = part.argv[i], part.marks[i]
    if not operands and path_expansion.option(bases, word, marks) then
      return phrase "a file's name would become an option there"
    end
    if word == "--" and not program.words and not operands then
      operands = true
    elseif word:sub(1, 1) == "-" and #word > 1 and not operands then
      local names, value, plain = read_option(program, word)
      if not names then return phrase("with %s, %s may change something", word, part.argv[1]) end
      for _, name in ipairs(names) do
        pattern_given = pattern_given or among(program.pattern, name)
        if among(program.deep == true and "" or program.deep, name) then part.deep = true end
      end
      if value == "next" then
        i = i + 1
        value, marks = part.argv[i] or "", part.marks[i]
        if path_expansion.option(bases, value, marks) then
          return phrase "a file's name would become an option there"
        end
      end
      local why = value and (not plain or marks) and look(value, marks)
      if why then return why end
      if program.script and value and not program.script(value) then return SCRIPT end
    else
      local text = program.text or not pattern_given
      pattern_given = true
      positional = positional + 1
      if program.positional and (positional > program.positional or marks) then
        return phrase("%s would write to its last argument", part.argv[1])
      end
      local why = (not text or marks) and look(word, marks)
      if why then return why end
      if text and program.script and not program.script(word) then return SCRIPT end
    end
    i = i + 1
  end
end

-- What bash does itself: no file runs.
local builtins = { echo = true, printf = true, pwd = true, test = true, ["["] = true, ["true"] = true, ["false"] = true }
-- Programs that are many, by the name they are called with.
local many = { busybox = true, toybox = true, coreutils = true, uutils = true }

-- Why the file that runs for a name is not the program that the list means: one of the project, or a link to something else.
local function another_program(ctx, name)
  local path = programs.find(name)
  if not path then return nil end
  local why = programs.problem(path, ctx.cwd)
  if why then return phrase("%s, which runs for '%s', %s", path, name, why) end
  local target = (fs.realpath(path) or ""):gsub("^.*/", "")
  local plain = target:gsub("^gnu", ""):gsub("[.-].*$", "")
  if plain == name or plain == "g" .. name or many[plain] or name:find "^[ef]grep$" and plain == "grep" then return nil end
  return phrase("%s, which runs for '%s', is a link to %s", path, name, target)
end

-- The variable among a word's that looks like a credential.
local function credential(marks)
  for _, name in ipairs(marks and marks.variable or {}) do
    local value = sys.env(name)
    if value and child_env.credential(name, value) then return name end
  end
end

---Whether a program is on the list of those that can only look.
---@param name string
---@return boolean
function M.knows(name) return known[name] ~= nil end

---Whether its arguments are texts, never names of files.
---@param name string?
---@return boolean
function M.text_only(name) return known[name] ~= nil and known[name].text == true end

---Whether one part of a command only looks, and only inside the project. Sets `part.deep` when it reads whole folders.
---@param ctx Ctx
---@param part table as shell.parse gives it
---@param bases string[] folders it could be in
---@return boolean
---@return Phrase? why not
function M.check(ctx, part, bases)
  local name = part.argv[1]
  local program = name and known[name]
  if not name then return false, phrase "it sets variables" end
  if not program then return false, phrase("it runs %s, which may change something", name) end
  local stranger = not builtins[name] and another_program(ctx, name)
  if stranger then return false, stranger end
  if program.first and (part.argv[2] or ""):sub(1, 1) == "-" then
    return false, phrase("an option of %s can do more than read", name)
  end
  if program.first and part.marks[2] then return false, phrase "what the first argument becomes is not known here" end
  if name == "printf" and (part.argv[2] or ""):gsub("%%%%", ""):find "%%[^%a%%]*[hlLjzt]*n" then
    return false, phrase("%s sets a variable", "%n")
  end
  if part.split and not program.any then
    return false, phrase "a variable without quotes can become several arguments"
  end
  part.deep = program.deep == true
  for i = 2, #part.argv do
    local secret = credential(part.marks[i])
    if secret then return false, phrase("%s looks like a credential", secret) end
  end
  local why = check_arguments(program, part, bases, function(word, marks)
    if program.text and not (marks and marks.glob) then return nil end
    if marks and marks.variable then return phrase "the value of a variable is not known here" end
    if program.flat and path_expansion.any_folder(bases, word, marks) then
      return phrase "links in a folder would be followed"
    end
    if not path_expansion.readable(ctx, bases, word, marks, program.text) then
      return phrase("%s is outside the project", word)
    end
  end)
  return why == nil, why
end

return M
