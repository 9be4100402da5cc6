-- What decides which programs run later: version control, editors, other assistants, build servers,
-- start files of shells and languages. One list, for the approval modes and for the sandbox; a hidden
-- name on neither of its lists is asked about, too.
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
  .. ".oh-my-zsh .helix .bsp .ropeproject .vs .run .trae .amazonq .augment .junie .goose .cline "
  .. ".clinerules .kilocode .factory .crush .lefthook .overcommit .git-hooks .hooks .trunk "
  .. ".semaphore .teamcity .azuredevops .tekton .builds .gitpod .idx .theia .nova .m2 .aws "
  .. ".kube .docker .ipython .jupyter")

---Files, by their names in any folder.
M.files = words(".envrc .bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile "
  .. ".zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .mkshrc .cshrc .tcshrc .login .logout "
  .. ".inputrc .xprofile .xinitrc .xsession .xsessionrc .pam_environment config.fish .gitconfig "
  .. ".gitmodules .hgrc .mcp.json .lsp.json .luarc.json .luarc.jsonc .clangd rust-analyzer.toml .npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs .pnpmfile.mjs .netrc "
  .. ".vimrc .gvimrc .exrc .nvimrc .nvim.lua .dir-locals.el .dir-locals-2.el .emacs .tmux.conf "
  .. ".screenrc .gdbinit .lldbinit .bazelrc .bazeliskrc mise.toml .mise.toml .tool-versions "
  .. ".rtx.toml .irbrc .pryrc .pythonrc .pypirc .wgetrc .curlrc .devcontainer.json opencode.json "
  .. "opencode.jsonc .cursorrules .windsurfrules .clinerules .aider.conf.yml lefthook.yml "
  .. "lefthook.yaml lefthook.toml lefthook.json .lefthook.yml .lefthook.yaml lefthook-local.yml "
  .. ".lefthook-local.yml .overcommit.yml .pre-commit-config.yaml .pre-commit-config.yml "
  .. ".gitlab-ci.yml .travis.yml jenkinsfile azure-pipelines.yml .azure-pipelines.yml .drone.yml "
  .. ".drone.star bitbucket-pipelines.yml .woodpecker.yml .woodpecker.yaml .cirrus.yml "
  .. "appveyor.yml .appveyor.yml buildkite.yml .qwenignore .agentignore .aiignore .rprofile "
  .. ".renviron .ghci .ocamlinit .iex.exs "
  .. ".octaverc .pdbrc .sqliterc .psqlrc .ycm_extra_conf.py .perldb .rspec .pylintrc .autoenv.zsh "
  .. ".lintstagedrc .simple-git-hooks.json .simple-git-hooks.cjs simple-git-hooks.json "
  .. "simple-git-hooks.cjs hk.pkl prek.toml crush.json .crush.json devbox.json devenv.nix "
  .. "bunfig.toml rust-toolchain rust-toolchain.toml ansible.cfg buildspec.yml cloudbuild.yaml "
  .. ".gitpod.yml .build.yml .cirrus.star .user.ini .htaccess .replit _vimrc .lvimrc")

-- Hidden names that programs only read data or style from. Every other one is asked about.
local harmless = words(".gitignore .gitkeep .keep .gitattributes .gitmessage .mailmap .dockerignore "
  .. ".npmignore .eslintignore .prettierignore .stylelintignore .ignore .rgignore .fdignore "
  .. ".editorconfig .eslintrc.json .prettierrc .prettierrc.json .prettierrc.yml .prettierrc.yaml "
  .. ".prettierrc.toml .stylelintrc.json .markdownlint.json .markdownlint.yml .markdownlint.yaml "
  .. ".yamllint .yamllint.yml .hadolint.yaml .clang-format .clang-tidy .rustfmt.toml "
  .. ".scalafmt.conf .swiftlint.yml .flake8 .isort.cfg .coveragerc .codecov.yml .browserslistrc "
  .. ".nvmrc .node-version .python-version .ruby-version .java-version .env.example .env.sample "
  .. ".env.template .luacheckrc .jshintrc .nojekyll .well-known .vitepress .storybook .changeset")

---Below the home folder: what holds keys, logins, and what was typed in a shell.
M.keys = words(".qwen .ssh .gnupg .aws .azure .kube .docker .config/gh .config/gcloud "
  .. ".config/git/credentials .netrc .git-credentials .npmrc .pypirc .cargo/credentials "
  .. ".cargo/credentials.toml .local/share/keyrings .local/state/qwen .password-store .mozilla "
  .. ".thunderbird .config/google-chrome .config/chromium .config/BraveSoftware .config/hub "
  .. ".config/glab-cli .config/op .config/doctl .config/rclone .config/sops .config/age .age "
  .. ".config/containers/auth.json .config/pip .pip .pgpass .my.cnf .mylogin.cnf .s3cfg .boto "
  .. ".vault-token .terraform.d .m2/settings.xml .gradle/gradle.properties .gem/credentials "
  .. ".bundle/config .composer/auth.json .config/composer/auth.json .nuget .oci .ibmcloud .fly "
  .. ".heroku .netlify .config/netlify .vercel .local/share/com.vercel.cli .kaggle .huggingface "
  .. ".cache/huggingface/token .config/github-copilot .codex .claude .claude.json .gemini .grok "
  .. ".local/share/opencode .config/Code .config/Cursor .config/Signal .config/Slack "
  .. ".config/discord .local/share/kwalletd .gnome2/keyrings .electrum .bitcoin .ethereum "
  .. ".config/solana .var/app snap .krb5 .yubico .config/Yubico .tsh .minikube .config/heroku "
  .. ".bash_history .zsh_history .python_history .node_repl_history .psql_history .mysql_history "
  .. ".sqlite_history .rediscli_history .lesshst .local/share/fish .wget-hsts .authinfo "
  .. ".authinfo.gpg .config/filezilla .config/remmina .vnc .purple .irssi .weechat .mutt .muttrc "
  .. ".msmtprc .fetchmailrc .rhosts .Xauthority .ICEauthority .dbus .pki .config/pulumi .pulumi")

---Of these an editor, a shell or git takes notice by itself: in the sandbox they cannot be made either.
M.at_once = words(".git .qwen .hg .jj .vscode .idea .devcontainer .cursor .claude .husky .github "
  .. ".githooks .zed .fleet .envrc .mcp.json .devcontainer.json")

local folders, files, data = set(M.folders), set(M.files), set(harmless)
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
    or low:find "%.sublime%-project$"
  return folders[low] or files[low] or pattern ~= nil
end

-- Whether a name is hidden, and nobody knows what reads it.
local function unknown(name)
  return name:find "^%.[^.]" ~= nil and not data[name] or name:find "^%.%.." ~= nil
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
    if M.named(name) or unknown(name) or pairs_of[before .. "/" .. name] then return true end
    before = name
  end
  return in_repository(path)
end

---Whether a path is one of those that hold keys, or below one.
---@param real string
---@return boolean
function M.holds_keys(real)
  local home = paths.home() and fs.realpath(paths.home())
  if not home or home == "/" or not paths.below(real, home) then return false end
  for _, name in ipairs(M.keys) do
    if paths.below(real, home .. "/" .. name) then return true end
  end
  return false
end

return M
