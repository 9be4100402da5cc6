-- What decides which programs run later: version control, editors, other assistants, build servers,
-- start files of shells. One list, for the approval modes and for the sandbox.
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local text = require "sys.text"

local M = {}

local function words(list)
  local out = {}
  for word in list:gmatch "%S+" do out[#out + 1] = word end
  return out
end

local function set(list)
  local out = {}
  for _, word in ipairs(list) do out[word] = true end
  return out
end

---Folders: everything in them counts.
M.folders = words(".git .hg .svn .jj .sl .bzr .qwen .vscode .idea .fleet .zed .devcontainer "
  .. ".cursor .claude .gemini .codex .opencode .windsurf .continue .roo .kiro .aider .ssh .gnupg "
  .. ".github .gitea .forgejo .circleci .buildkite .woodpecker .gitlab .husky .githooks .yarn "
  .. ".cargo .emacs.d .vim .mise .direnv .config .bundle .mvn .local .bashrc.d .profile.d .zsh "
  .. ".oh-my-zsh")

---Files, by their names in any folder.
M.files = words(".envrc .bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile "
  .. ".zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .mkshrc .cshrc .tcshrc .login .logout "
  .. ".inputrc .xprofile .xinitrc .xsession .xsessionrc .pam_environment config.fish .gitconfig "
  .. ".gitmodules .hgrc .mcp.json .npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs .pnpmfile.mjs .netrc "
  .. ".vimrc .gvimrc .exrc .nvimrc .nvim.lua .dir-locals.el .dir-locals-2.el .emacs .tmux.conf "
  .. ".screenrc .gdbinit .lldbinit .bazelrc .bazeliskrc mise.toml .mise.toml .tool-versions "
  .. ".rtx.toml .irbrc .pryrc .pythonrc .pypirc .wgetrc .curlrc .devcontainer.json opencode.json "
  .. "opencode.jsonc .cursorrules .windsurfrules .clinerules .aider.conf.yml lefthook.yml "
  .. "lefthook.yaml lefthook.toml lefthook.json .lefthook.yml .lefthook.yaml lefthook-local.yml "
  .. ".lefthook-local.yml .overcommit.yml .pre-commit-config.yaml .pre-commit-config.yml "
  .. ".gitlab-ci.yml .travis.yml jenkinsfile azure-pipelines.yml .azure-pipelines.yml .drone.yml "
  .. ".drone.star bitbucket-pipelines.yml .woodpecker.yml .woodpecker.yaml .cirrus.yml "
  .. "appveyor.yml .appveyor.yml buildkite.yml .qwenignore .agentignore .aiignore")

---Of these an editor, a shell or git takes notice by itself: in the sandbox they cannot be made either.
M.at_once = words(".git .qwen .hg .jj .vscode .idea .devcontainer .cursor .claude .husky .github "
  .. ".githooks .zed .fleet .envrc .mcp.json .devcontainer.json")

local folders, files = set(M.folders), set(M.files)
local pairs_of = { ["fish/conf.d"] = true, ["fish/functions"] = true, ["etc/profile.d"] = true }

-- As file systems that fold names, or leave out what cannot be seen, would read it.
local function folded(part)
  return (text.clean(part):lower():gsub("\u{17F}", "s"):gsub("\u{212A}", "k"):gsub("%f[%. ][%. ]+$", ""))
end

local function there(path)
  return fs.stat(path, false) ~= nil
end

local git_files = set(words "config config.worktree commondir gitdir packed-refs")

-- Whether writing a path makes or changes a bare repository: git runs what its config names.
local function in_repository(path)
  local folder, name = path:match "^(.*)/([^/]*)$"
  if not folder then return false end
  local low = folded(name)
  if low == "head" then return true end
  local like = there(folder .. "/HEAD") or there(folder .. "/objects") or there(folder .. "/refs")
  if git_files[low] and like then return true end
  local at = folder
  while at ~= "" do
    local whole = there(at .. "/HEAD") and there(at .. "/objects") and there(at .. "/refs")
    if whole then return true end
    at = at:match "^(.*)/[^/]*$" or ""
  end
  return false
end

---Whether a name alone says so, whatever folder it is in.
---@param name string
---@return boolean
function M.named(name)
  local low = folded(name)
  local pattern = low:find "^git~%d" or low:find "^%.vscode%-" or low:find "%.code%-workspace$"
  return folders[low] or files[low] or pattern ~= nil
end

---Whether what is at a path decides what runs later.
---@param path string absolute, in its normal form
---@param project string? whose own path does not count
---@return boolean
function M.is(path, project)
  local before, rest = "", path
  if project and project ~= "/" and paths.below(path, project) then rest = path:sub(#project + 1) end
  for part in rest:gmatch "[^/]+" do
    local name = folded(part)
    if M.named(name) or pairs_of[before .. "/" .. name] then return true end
    before = name
  end
  return in_repository(path)
end

return M
