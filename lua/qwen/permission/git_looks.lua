-- git log, diff, show, status, blame and others that look, as they are run unasked: without anything that a repository's configuration would make them run.
-- What is not on the lists here is not rewritten, and so asked about, or refused in plan mode, like every other command.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local phrase = require("qwen.util.translate").phrase
local proc = require "qwen.util.process"
local text = require "qwen.util.text"

local M = {}

local function set(words)
  local out = {}
  for word in words:gmatch "%S+" do out[word] = true end
  return out
end

-- Options that only choose what is shown; of those with "=" the value is free.
local shown = "all oneline stat numstat shortstat summary name-only name-status graph decorate decorate= no-decorate patch no-patch no-color "
  .. "since= after= until= before= author= committer= grep= max-count= skip= date= reverse follow merges no-merges first-parent abbrev "
  .. "abbrev-commit diff-filter= unified= minimal patience histogram ignore-all-space ignore-space-change ignore-blank-lines word-diff "
  .. "find-renames find-copies no-renames raw full-index cc branches tags remotes no-walk topo-order date-order left-right cherry-pick "
  .. "ancestry-path relative-date pickaxe-regex function-context i regexp-ignore-case pretty= format="
local long = {
  log = set(shown), show = set(shown), diff = set(shown .. " cached staged merge-base exit-code quiet check"),
  status = set "short branch porcelain porcelain= long untracked-files untracked-files= ignored show-stash ahead-behind no-renames",
  blame = set "porcelain line-porcelain show-stats show-number show-name show-email root date= since= abbrev=",
  branch = set "all remotes list show-current verbose no-color no-abbrev",
  ["ls-files"] = set "cached deleted modified others ignored stage exclude-standard full-name error-unmatch",
}
local short = { log = "pnsLSGiwbMCUcmz", show = "pnsSGiwbMCUcm", diff = "pswbMCUSGR", status = "sbuz", blame = "LlteswpnfbMC",
  branch = "arv", ["ls-files"] = "cdmoistv" }
local only_options = { branch = true } -- a word would be the name of a new one
local valued = set "-n -L -S -G -U"

-- `%G` asks a program about signatures.
local function option_allowed(name, word)
  if word:find "%%G" then return false end
  local option, value = word:match "^%-%-([%w-]+)(=?)"
  if option then return long[name][option .. value] == true end
  if (name == "log" or name == "show" or name == "diff") and word:find "^%-%d+$" then return true end
  local letters = word:match "^%-(%a+)"
  if not letters then return false end
  if valued[word:sub(1, 2)] then return short[name]:find(word:sub(2, 2), 1, true) ~= nil end
  for letter in letters:gmatch "." do
    if not short[name]:find(letter, 1, true) then return false end
  end
  return word:find "^%-%a+%d*%%?$" ~= nil or word == "-uno" or word == "-uall"
end

-- A path out of the project would be compared as a file, without the repository.
local function leaves(word)
  return word:find "^[/~]" ~= nil or ("/" .. word .. "/"):find("/../", 1, true) ~= nil
end

local function arguments(name, argv)
  local at, behind = 3, false
  while argv[at] do
    local word = argv[at]
    if not behind and word == "--" then
      behind = true
    elseif not behind and word:find "^%-" then
      if not option_allowed(name, word) then return nil end
      if valued[word] then at = at + 1 end -- the next word is its value
    elseif leaves(word) or only_options[name] then
      return nil
    end
    at = at + 1
  end
  return table.move(argv, 3, #argv, 1, {})
end

local function quoted(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- What a repository can name a program in, or a file outside, where no option of git turns it off.
local OFF = { "core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false",
  "log.diffMerges=separate", "gpg.program=false", "gpg.openpgp.program=false", "gpg.ssh.program=false",
  "gpg.x509.program=false", "protocol.allow=never", "diff.ignoreSubmodules=all", "submodule.recurse=false",
  "diff.submodule=short", "status.submoduleSummary=false", "safe.bareRepository=explicit" }

-- What a repository's own configuration may hold: what is turned off, and what names neither a
-- program that these commands would run nor a file outside. A section stands for all its keys.
local sections = set("advice alias author blame branch color column commit committer fetch filter "
  .. "format gc gpg gui http i18n index init lfs maintenance pack pretty pull push rebase receive "
  .. "rerere stash status submodule tag transfer url user versionsort")
local keys = set("core.abbrev core.autocrlf core.bare core.bigfilethreshold core.checkstat "
  .. "core.commitgraph core.compression core.editor core.eol core.filemode core.fsmonitor "
  .. "core.hookspath core.ignorecase core.logallrefupdates core.longpaths core.multipackindex "
  .. "core.pager core.precomposeunicode core.preloadindex core.protecthfs core.protectntfs "
  .. "core.quotepath core.repositoryformatversion core.safecrlf core.sharedrepository "
  .. "core.splitindex core.sshcommand core.symlinks core.trustctime core.untrackedcache "
  .. "core.whitespace diff.algorithm diff.colormoved diff.colormovedws diff.context diff.external "
  .. "diff.ignoresubmodules diff.indentheuristic diff.interhunkcontext diff.mnemonicprefix "
  .. "diff.noprefix diff.renamelimit diff.renames diff.submodule diff.tool "
  .. "diff.wserrorhighlight extensions.noop extensions.objectformat extensions.preciousobjects "
  .. "extensions.refstorage log.abbrevcommit log.date log.decorate log.diffmerges log.follow "
  .. "log.showroot log.showsignature merge.conflictstyle merge.ff merge.log merge.renamelimit "
  .. "merge.renames merge.stat merge.tool")
local below = { diff = set "binary cachetextconv command funcname textconv wordregex xfuncname",
  remote = set "fetch followremotehead gh-resolved mirror prune prunetags push pushurl tagopt url" }

local reads_file = { ["blame.ignorerevsfile"] = "blame" } -- the command that shows a line of it

local function harmless(name, command)
  local section, key = name:match "^([^.]+)%.(.*)$"
  if not section or reads_file[name] == command then return false end
  local last = key:match "^.*%.([^.]+)$"
  if sections[section] then return true end
  return keys[name] == true or last ~= nil and below[section] ~= nil and below[section][last] == true
end

-- The names that git's configuration holds; nil when they cannot be read. git itself refuses the
-- repository of another user here, which it does not where it is given the folder by name.
local function names(git, folder, ...)
  local env = proc.helper_env()
  env.GIT_CEILING_DIRECTORIES = folder:match "^(.*)/"
  local r = proc.run { argv = { git, "-C", folder, "config", "--null", "--name-only", ... },
    env = env, timeout = 10, limit = 64 * 1024 }
  if not r or r.truncated or r.code ~= 0 and r.code ~= 1 then return nil end
  return r.out:gmatch "[^%z]+"
end

-- What turns the filters off that the configuration names, each of which could be a program; nil
-- where the repository's own holds anything that is not known, and its name.
local function filters(git, folder, command)
  local own = names(git, folder, "--local", "--includes", "--list")
  local all = own and names(git, folder, "--get-regexp", "^filter[.]")
  if not all then return nil end
  for name in own do
    if not harmless(name, command) then return nil, name end
  end
  local out = {}
  for name in all do
    local driver = name:match "^(filter%..*)%.[^.]*$"
    if name:find("=", 1, true) then return nil end -- "-c" would take it for another name
    if driver then
      for _, key in ipairs { "clean=", "smudge=", "process=", "required=false" } do
        out[#out + 1] = driver .. "." .. key
      end
    end
  end
  return out
end

---The values for `-c` with which git runs nothing that a repository's configuration names.
---@param git string
---@param folder string
---@return string[]? nil where that is not known
---@return string? key that is not known to be harmless
function M.guards(git, folder)
  local drivers, key = filters(git, folder, "status")
  return drivers and table.move(drivers, 1, #drivers, #OFF + 1, { table.unpack(OFF) }), key
end

local LONGEST_STATUS, LONGEST_RUN = 5, 60 -- seconds
local MOST_ENTRIES, OBJECTS = 20000, "^objects/%x%x$"
local apart = { modules = true, lfs = true, annex = true } -- these commands do not look there
local leads = { commondir = true, ["objects/info/alternates"] = true,
  ["objects/info/http-alternates"] = true }

-- Whether a repository is whole by itself: a link in it, or a file that names another one, would
-- show a file outside, some of them line by line.
local function whole(top)
  local stack, count = { "" }, 0
  while stack[1] do
    local folder = table.remove(stack)
    for _, entry in ipairs(fs.list(top .. "/" .. folder) or {}) do
      local name = folder .. entry.name
      count = count + 1
      if count > MOST_ENTRIES or leads[name] then return false end
      if entry.type == "dir" then
        if not apart[name] and not name:find(OBJECTS) then stack[#stack + 1] = name .. "/" end
      elseif entry.type ~= "file" then
        return false
      end
    end
  end
  return true
end

-- Whether `cd` stays where it is: after another one git would look into a repository that nobody looked at.
local function stays(part, folder)
  local word = part.argv[2]
  return #part.argv == 2 and not part.marks[2] and (word == "." or word:gsub("(.)/$", "%1") == folder)
end

-- The words of one of these commands, and its name; nil for any other.
local function looking(part)
  local argv = part.argv
  if part.mixed or #part.assigns > 0 then return nil end
  for _, mark in pairs(part.marks) do -- what a variable holds is not known
    if mark.variable then return nil end
  end
  local at = argv[2] == "--no-pager" and 3 or 2
  local name = argv[at]
  local words = long[name] and arguments(name, table.move(argv, at, #argv, 2, { "git" }))
  return words, name
end

local function safe(git, folder, name, words)
  local drivers = filters(git, folder, name)
  if not drivers then return nil end
  local out = { "GIT_OPTIONAL_LOCKS=0 GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL= GIT_PAGER=cat", quoted(git), "--no-pager", "--git-dir=.git", "--work-tree=." }
  for _, list in ipairs { OFF, drivers } do
    for _, value in ipairs(list) do out[#out + 1] = "-c " .. quoted(value) end
  end
  out[#out + 1] = name
  if name == "log" or name == "show" or name == "diff" then out[#out + 1] = "--no-ext-diff --no-textconv" end
  if name == "blame" then out[#out + 1] = "--no-textconv" end
  if name == "status" then out[#out + 1] = "--ignore-submodules=all" end
  for _, word in ipairs(words) do out[#out + 1] = quoted(word) end
  return table.concat(out, " ")
end

local MOST_LOOKS = 8 -- in one command

---The command that is run in the place of one that holds some of these; nil for any other. The rest of
---it, with `true` in their places, is for the caller to judge.
---@param command string
---@param folder string the project; its own .git must be a folder
---@return string?
---@return string? rest
function M.rewritten(command, folder)
  local parsed = require("qwen.permission.shell_parser").parse(command) -- here: counting changes needs none
  local stat, git = fs.stat(folder .. "/.git", false), proc.which "git"
  if not parsed.certain or not git or not stat or stat.type ~= "dir" then return nil end
  local out, rest, at, count = {}, {}, 1, 0
  for _, part in ipairs(parsed.parts) do
    if part.argv[1] == "cd" and not stays(part, folder) then return nil end
    if part.argv[1] == "git" then
      local words, name = looking(part)
      count = count + 1
      if not words or count > MOST_LOOKS or count == 1 and not whole(folder .. "/.git") then return nil end
      local look = safe(git, folder, name, words)
      if not look then return nil end
      local between = command:sub(at, part.from - 1)
      out[#out + 1], rest[#rest + 1] = between .. look, between .. "true"
      at = part.to + 1
    end
  end
  if count == 0 then return nil end
  local last = command:sub(at)
  return table.concat(out) .. last, table.concat(rest) .. last
end

---Runs a command of git that only looks; nil and why it cannot be run safely, or what git said.
---@param folder string the top of the repository
---@param whole_only boolean refuse a repository that leads out of its folder
---@param name string
---@param words string[]
---@param limit integer? bytes
---@return string? out
---@return Err?
function M.run(folder, whole_only, name, words, limit)
  local git = proc.which "git"
  if not git then return nil, err("missing", phrase "git is not installed") end
  local stat = fs.stat(folder .. "/.git", false)
  if whole_only and not (stat and stat.type == "dir" and whole(folder .. "/.git")) then
    return nil, err("denied", phrase("the repository %s leads out of its folder; trust the folder first (/trust)", folder))
  end
  local command = safe(git, folder, name, words)
  if not command then
    return nil, err("denied", phrase("the git configuration of %s holds settings that qwen does not know, so git is not run; "
      .. "in a shell: git diff BASE | qwen review -", folder))
  end
  local r, e = proc.run { argv = { "/bin/sh", "-c", command }, cwd = folder, env = proc.helper_env(), timeout = LONGEST_RUN,
    limit = limit or 64 * 1024 }
  if not r then return nil, e end
  if r.timed_out or r.truncated then return nil, err("too_long", phrase("git %s took too long or said too much", name)) end
  if r.code ~= 0 then return nil, err("missing", text.trim(r.err), { code = r.code }) end
  return r.out
end

---Whether files of a project go through filters, without which git would see changes that are none.
---@param folder string
---@return boolean
function M.uses_filters(folder)
  for _, name in ipairs { "/.gitattributes", "/.git/info/attributes" } do
    local words = fs.read(folder .. name, 1024 * 1024)
    if words and words:find("filter", 1, true) then return true end
  end
  return false
end

---How many files git status would name; nil where that is not known, or looking could run a program.
---A repository that leads out of its folder is no matter here: nothing is told but a number.
---@param folder string its own .git must be a folder
---@return integer?
function M.changes(folder)
  local git = not M.uses_filters(folder) and proc.which "git"
  local command = git and safe(git, folder, "status", { "--porcelain" })
  if not command then return nil end
  local r = proc.run { argv = { "/bin/sh", "-c", command }, cwd = folder, env = proc.helper_env(), timeout = LONGEST_STATUS, limit = 1024 * 1024 }
  if not r or r.code ~= 0 or r.truncated or r.timed_out then return nil end
  return select(2, r.out:gsub("\n", ""))
end

return M
