-- Which variables a child process gets: none that hold credentials, none that change which program
-- runs or what it reads.
local programs = require "qwen.util.programs"
local secret = require "sys.secret"
local sys = require "sys.os"

local M = {}

local function set(list)
  local out = {}
  for word in list:gmatch "%S+" do out[word] = true end
  return out
end

-- Words of a name that say "credential", and ends of words for names without a divider.
local words = set("KEY KEYS TOKEN TOKENS SECRET SECRETS PASS PASSWORD PASSWORDS PASSWD PASSPHRASE "
  .. "PWD PW CREDENTIAL CREDENTIALS CREDS AUTH AUTHORIZATION BEARER JWT COOKIE COOKIES DSN PAT "
  .. "PATS SESSIONID WEBHOOK")
local ends = { "PASSWORD", "PASSWD", "PASSPHRASE", "APIKEY", "TOKEN", "SECRET", "SECRETKEY", "ACCESSKEY",
  "PRIVATEKEY", "ACCESSKEYID", "CREDENTIALS" }
-- Names with such a word that hold none: places, and settings of programs.
local harmless = set("PWD OLDPWD SSH_AUTH_SOCK SSH_ASKPASS SUDO_ASKPASS GIT_ASKPASS XAUTHORITY")

-- Values of known forms, whatever their name.
local forms = {
  "^sk%-[%w_-]+$", "^sk_live_%w+", "^rk_live_%w+", "^gh[opsur]_%w+", "^github_pat_[%w_]+",
  "^glpat%-[%w_-]+", "^xox[abeprs]%-[%w-]+", "^A[KS]IA%u[%u%d]+$", "^AIza[%w_-]+$",
  "^eyJ[%w_-]+%.eyJ[%w_-]+", "%-%-%-%-%-BEGIN [%u ]*PRIVATE KEY%-%-%-%-%-", "^npm_%w+$",
  "^pypi%-[%w_-]+", "^hf_%w+$", "^dop_v1_%w+", "^ya29%.[%w_-]+", "^SG%.[%w_-]+%.[%w_-]+",
  "^[Bb]earer %S+$", "^[Bb]asic [%w+/=]+$", "^dckr_pat_", "^AGE%-SECRET%-KEY",
}
local SHORTEST = 16

-- Variables that decide which program runs, or which files a harmless one reads.
local loaders = set("BASH_ENV ENV CDPATH BASHOPTS SHELLOPTS GLOBIGNORE PS4 PROMPT_COMMAND "
  .. "POSIXLY_CORRECT LESSOPEN LESSCLOSE LESS MORE RIPGREP_CONFIG_PATH GREP_OPTIONS TREE_COLORS "
  .. "TAR_OPTIONS LD_PRELOAD LD_AUDIT LD_DEBUG_OUTPUT LD_PROFILE LD_PROFILE_OUTPUT GCONV_PATH "
  .. "LOCPATH NLSPATH MAGIC MANOPT MANPAGER BROWSER EDITOR VISUAL EXECIGNORE INPUTRC FIGNORE "
  .. "HOSTALIASES LOCALDOMAIN RES_OPTIONS MALLOC_TRACE")
local own_names = "^GIT_%u+_%u+$" -- GIT_AUTHOR_NAME and its like only say who

---Whether a variable decides which program runs, or which files a harmless one reads.
---@param name string
---@param value string
---@return boolean
function M.loads(name, value)
  if name:find "^GIT_" then
    return not (name:find "^GIT_AUTHOR_" or name:find "^GIT_COMMITTER_") or not name:find(own_names)
  end
  return loaders[name] or name:find "^BASH_FUNC_" ~= nil or value:find "^%(%) {" ~= nil or false
end

---Whether a variable looks like a credential, by the words of its name or the form of its value.
---@param name string
---@param value string
---@return boolean
function M.credential(name, value)
  if value == "" or harmless[name] then return false end
  local proxy = name:lower():find "_proxy$" -- commands need it to reach anything
  if not proxy and value:find "^%a[%w+.-]*://[^/%s@:]*:[^/%s@]+@" then return true end
  if #value >= SHORTEST then
    for _, form in ipairs(forms) do
      if value:find(form) then return true end
    end
  end
  local split = name:gsub("(%l)(%u)", "%1_%2"):upper()
  for word in split:gmatch "[^_.%-]+" do
    if words[word:gsub("%f[%d]%d+$", "")] then return true end
    for _, tail in ipairs(ends) do
      if #word > #tail and word:sub(-#tail) == tail then return true end
    end
  end
  return secret.redact(value) ~= value
end

-- Folders of a list that are absolute.
local function absolute(list)
  local out = {}
  for entry in list:gmatch "[^:]+" do
    if entry:sub(1, 1) == "/" then out[#out + 1] = entry end
  end
  return table.concat(out, ":")
end

-- A program that asks for an editor gets an answer at once: nobody could type into one. Its value is read by a shell.
local EDITORS = { "EDITOR", "VISUAL", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR" }
local NO_EDITOR = "echo 'There is no editor here: use -m TEXT, --no-edit, GIT_EDITOR=true, or a file.' >&2; false"

---The variables of a command that the model or a project causes.
---@param options {pass: string[]?, trusted: boolean?, cwd: string?}? pass: names that go through;
--- trusted: only programs and
---libraries of the system and the user, none of the project
---@return table<string, string> env
---@return string[] taken names of credentials that were taken out
function M.for_command(options)
  options = options or {}
  local env, taken, pass = {}, {}, {}
  for _, name in ipairs(options.pass or {}) do pass[name] = true end
  for name, value in pairs(sys.environ()) do
    if M.credential(name, value) and not pass[name] then
      taken[#taken + 1] = name
    elseif not M.loads(name, value) then
      env[name] = value
    end
  end
  table.sort(taken)
  env.PATH = programs.path(options.trusted, options.cwd)
  local libraries = not options.trusted and absolute(env.LD_LIBRARY_PATH or "") or ""
  env.LD_LIBRARY_PATH = libraries ~= "" and libraries or nil
  env.QWEN_CODE, env.PAGER, env.GIT_PAGER = "1", "cat", "cat"
  env.LESSSECURE, env.GIT_TERMINAL_PROMPT = "1", "0"
  for _, name in ipairs(EDITORS) do env[name] = NO_EDITOR end
  if not (env.FORCE_COLOR or env.CLICOLOR_FORCE) then env.NO_COLOR = env.NO_COLOR or "1" end
  env.CLICOLOR = env.CLICOLOR or "0"
  if not pass.TERM then env.TERM = "dumb" end
  return env, taken
end

local HELPER = { "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "TERM", "TMPDIR", "TZ", "USER" }

---The few variables that a program of ours needs to look at files.
---@return table<string, string>
function M.for_helper()
  local env = { PATH = programs.path(true), GIT_TERMINAL_PROMPT = "0", GIT_OPTIONAL_LOCKS = "0" }
  for _, name in ipairs(HELPER) do env[name] = sys.env(name) end
  return env
end

---All our variables, with a PATH of absolute entries; in a folder that is not trusted without the
---project's: for programs of the user's own settings, such as hooks and tool servers.
---@param trusted boolean? the folder is
---@return table<string, string>
function M.for_own(trusted)
  local env = {}
  for name, value in pairs(sys.environ()) do env[name] = value end
  env.PATH = programs.path(not trusted)
  return env
end

---All variables but credentials, with a PATH of trusted folders: for programs of the desktop.
---@return table<string, string>
function M.for_desktop()
  local env = {}
  for name, value in pairs(sys.environ()) do
    if not M.credential(name, value) then env[name] = value end
  end
  env.PATH = programs.path(true)
  return env
end

return M
