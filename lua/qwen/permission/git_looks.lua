-- git log, diff, show, status and blame as plan mode runs them: without anything that a repository's configuration would make them run.
-- What is not on the lists here is not rewritten, and so refused like every other command.
local fs = require "sys.fs"
local proc = require "qwen.util.process"
local shell_parser = require "qwen.permission.shell_parser"

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
}
local short = { log = "pnsLSGiwbMCUcmz", show = "pnsSGiwbMCUcm", diff = "pswbMCUSGR", status = "sbuz", blame = "LlteswpnfbMC" }
local valued = set "-n -L -S -G -U"

-- `%G` asks a program about signatures.
local function option_allowed(name, word)
  if word:find "%%G" then return false end
  local option, value = word:match "^%-%-([%w-]+)(=?)"
  if option then return long[name][option .. value] == true end
  if name ~= "status" and name ~= "blame" and word:find "^%-%d+$" then return true end
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
    elseif leaves(word) then
      return nil
    end
    at = at + 1
  end
  return table.move(argv, 3, #argv, 1, {})
end

local function quoted(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- What a repository can name a program in, where no option of git turns it off.
local OFF = { "core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false", "gpg.program=false", "gpg.openpgp.program=false",
  "gpg.ssh.program=false", "gpg.x509.program=false", "protocol.allow=never", "diff.ignoreSubmodules=all", "submodule.recurse=false",
  "diff.submodule=short", "status.submoduleSummary=false", "safe.bareRepository=explicit" }

-- The filters that the configuration names; each could be a program. nil when they cannot be read.
local function filters(git, folder)
  local r = proc.run { argv = { git, "-C", folder, "config", "--null", "--name-only", "--get-regexp", "^filter[.]" },
    env = proc.helper_env(), timeout = 10, limit = 64 * 1024 }
  if not r or r.truncated or r.code ~= 0 and r.code ~= 1 then return nil end
  local out = {}
  for name in r.out:gmatch "[^%z]+" do
    local driver = name:match "^(filter%..*)%.[^.]*$"
    if driver then
      for _, key in ipairs { "clean=", "smudge=", "process=", "required=false" } do out[#out + 1] = driver .. "." .. key end
    end
  end
  return out
end

---The command that is run in the place of one of these; nil for any other command.
---@param command string
---@param folder string the project; its own .git must be a folder
---@return string?
function M.rewritten(command, folder)
  local parsed = shell_parser.parse(command)
  local part = parsed.parts[1]
  if not parsed.certain or #parsed.parts ~= 1 or #part.redirects > 0 or #part.assigns > 0 then return nil end
  local name, argv = part.argv[2], part.argv
  for _, mark in pairs(part.marks) do -- what a variable holds is not known
    if mark.variable then return nil end
  end
  if argv[1] ~= "git" or not long[name] then return nil end
  local stat = fs.stat(folder .. "/.git", false)
  local words = arguments(name, argv)
  local git = proc.which "git"
  local drivers = words and git and stat and stat.type == "dir" and filters(git, folder)
  if not drivers then return nil end
  local out = { "GIT_OPTIONAL_LOCKS=0 GIT_NO_LAZY_FETCH=1 GIT_PAGER=cat", quoted(git), "--no-pager", "--git-dir=.git", "--work-tree=." }
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

return M
