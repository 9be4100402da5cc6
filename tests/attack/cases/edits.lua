-- Files that auto-edit must ask about, because they decide what runs later, and paths that no rule without a path reaches:
-- {name, path, tool, allow, mode, files, links, project: folder we run in, deny}. Controls are allowed.
local out = {}
for path in (".git/hooks/pre-commit .git/config .hg/hgrc .jj/config.toml .sl/config .devcontainer.json .devcontainer/devcontainer.json .zed/tasks.json .vscode/tasks.json "
  .. ".vscode-server/x .vscode-insiders/tasks.json x.code-workspace .fleet/run.json .idea/workspace.xml .githooks/pre-commit lefthook.yml .lefthook.yml lefthook-local.yml .overcommit.yml "
  .. ".husky/pre-commit .pre-commit-config.yaml .travis.yml Jenkinsfile jenkinsfile azure-pipelines.yml .drone.yml .buildkite/pipeline.yml bitbucket-pipelines.yml .woodpecker.yml "
  .. ".woodpecker/x.yml .gitea/workflows/x.yml .forgejo/workflows/x.yml .github/workflows/x.yml .gitlab-ci.yml .circleci/config.yml .gemini/settings.json .codex/config.toml "
  .. ".opencode/x .windsurf/x .continue/config.json .roo/mcp.json .kiro/x .claude/settings.json .cursor/mcp.json .mcp.json .lsp.json .luarc.json .clangd rust-analyzer.toml opencode.json .cargo/config.toml .bazelrc mise.toml "
  .. ".mise.toml .tool-versions .pnpmfile.cjs .yarn/releases/yarn.cjs .yarnrc.yml .npmrc .cshrc .tcshrc .login .logout .bashrc .zshenv fish/conf.d/x.fish .config/fish/config.fish "
  .. ".config/git/config .config/environment.d/x.conf .config/autostart/x.desktop .config/systemd/user/x.service .pam_environment .gdbinit .lldbinit .nvim.lua .exrc .dir-locals.el "
  .. ".emacs.d/init.el .envrc .gitmodules .qwen/settings.json sub/.git/config sub/.vscode/tasks.json SUB/.GIT/config .Git/config .git./config git~1/config HEAD head sub/HEAD "
  .. ".helix/languages.toml .bsp/x.json .ropeproject/config.py .Rprofile .Renviron .ghci .ocamlinit .iex.exs .octaverc .pdbrc .sqliterc .psqlrc .ycm_extra_conf.py .vs/tasks.vs.json "
  .. ".run/x.run.xml .trae/mcp.json crush.json .crush.json .amazonq/mcp.json .augment/x .junie/x .goose/config.yaml .cline/x .clinerules/x .kilocode/mcp.json .lintstagedrc simple-git-hooks.json "
  .. ".simple-git-hooks.cjs .lefthook/pre-commit/x .git-hooks/x .hooks/x hk.pkl prek.toml .trunk/trunk.yaml .semaphore/x.yml .teamcity/settings.kts .azuredevops/x .tekton/x.yml .build.yml "
  .. ".builds/x.yml buildspec.yml cloudbuild.yaml .gitpod.yml devbox.json devenv.nix .autoenv.zsh bunfig.toml rust-toolchain.toml ansible.cfg .user.ini .htaccess .replit _vimrc .lvimrc .rspec "
  .. ".pylintrc .perldb x.sublime-project .env .env.local .venv/bin/python .gradle/init.gradle .huskyrc .theia/tasks.json .nova/Tasks/x .aws/config .kube/config .docker/config.json "
  .. ".git::$INDEX_ALLOCATION/config .\u{FF47}it/config .g\u{131}t/config .git\u{301}/config ..git/config .an-editor-of-tomorrow/tasks.json .somethingrc "
  .. ".g\u{200B}it/config .en\u{200D}vrc .\u{17F}sh/config .local/bin/git"):gmatch "%S+" do
  out[#out + 1] = { path, path = "$PROJ/" .. path, mode = "auto-edit" }
  out[#out + 1] = { path .. " under a bare rule", path = "$PROJ/" .. path, mode = "default", allow = { "Edit" } }
end
for path in ("a.c src/main.rs README.md docs/head.md config config.toml sub/config .gitignore .editorconfig .eslintrc.json package.json Makefile Dockerfile header.h objects/x refs.txt "
  .. "tests/hooks/x.lua .env.example git/x vscode/settings.json jenkins.md forgejo.txt conf.d/site.conf lib/headers/HEAD.h .prettierrc src/.gitkeep .clang-format .dockerignore"):gmatch "%S+" do
  out[#out + 1] = { "control: " .. path, path = "$PROJ/" .. path, mode = "auto-edit" }
end
for _, case in ipairs {
  { "a config beside a HEAD", path = "$PROJ/bare/config", mode = "auto-edit", files = { ["bare/HEAD"] = "x" } },
  { "a config beside objects", path = "$PROJ/bare/config", mode = "auto-edit", files = { ["bare/objects/x"] = "x" } },
  { "a hook of a bare repository", path = "$PROJ/bare/hooks/post-update", mode = "auto-edit", files = { ["bare/HEAD"] = "x", ["bare/objects/x"] = "", ["bare/refs/x"] = "" } },
  { "a bare Edit outside", path = "$HOME/.local/bin/git", allow = { "Edit" } }, { "the tool's name outside", path = "$HOME/x", allow = { "edit" } },
  { "all tools outside", path = "$HOME/x", allow = { "*" } }, { "a group with a star outside", path = "$HOME/x", allow = { "Edit(*)" } },
  { "an autostart entry", path = "$HOME/.config/autostart/x.desktop", allow = { "Edit", "edit", "write_file" } }, { "a unit", path = "$HOME/.config/systemd/user/x.service", allow = { "Edit" } },
  { "a start file", path = "$HOME/.bashrc", allow = { "Edit" } }, { "auto-edit outside", path = "$HOME/x", mode = "auto-edit" }, { "auto-edit through ..", path = "$PROJ/../x", mode = "auto-edit" },
  { "auto-edit through a link", path = "$PROJ/l/x", mode = "auto-edit", links = { l = "$HOME" } }, { "a rule for a folder, through a link in it", path = "$PROJ/src/l/x", allow = { "Edit(/src/**)" },
    links = { ["src/l"] = "$HOME" } },
  { "a rule for a folder, through a link of a file", path = "$PROJ/src/f", allow = { "Edit(/src/**)" }, links = { ["src/f"] = "$HOME/.profile" }, files = { ["~/.profile"] = "x" } },
  { "the offered rule outside", path = "$HOME/x", allow = { "Edit(/$PROJ/**)" } }, { "the offered rule next door", path = "$ROOT/project-2/x", allow = { "Edit(/$PROJ/**)" } },
  { "a bare Read outside", tool = "read_file", path = "$HOME/.ssh/id", allow = { "Read", "read_file" }, home = { ".ssh/id" } }, { "a key through a link", tool = "read_file", path = "$PROJ/l", allow = { "Read" },
    links = { l = "$HOME/.ssh/id" }, files = { ["~/.ssh/id"] = "x" } },
  { "a key where home is the project", tool = "read_file", project = "$HOME", path = "$HOME/.ssh/id_rsa", home = { ".ssh/id_rsa" } },
  { "a history where home is the project", tool = "read_file", project = "$HOME", path = "$HOME/.bash_history", home = { ".bash_history" } },
  { "a key where everything is the project", tool = "read_file", project = "/", path = "$HOME/.aws/credentials", home = { ".aws/credentials" } },
  { "a folder of keys where home is the project", tool = "grep_search", project = "$HOME", path = "$HOME/.ssh", home = { ".ssh/id_rsa" } },
  { "a rule that refuses where / is the project", tool = "read_file", project = "/", path = "/srv/x/.env", deny = { "Read(.env)" } },
  { "a rule with a folder where / is the project", tool = "read_file", project = "/", path = "/srv/x", deny = { "Read(/srv/**)" } },
  { "control: a file where home is the project", tool = "read_file", project = "$HOME", path = "$HOME/notes", home = { "notes" } },
  { "control: the offered rule", path = "$PROJ/a.c", allow = { "Edit(/$PROJ/**)" } }, { "control: a bare Edit", path = "$PROJ/a.c", allow = { "Edit" } },
  { "control: a rule for a place outside", path = "$HOME/notes/x", allow = { "Edit(~/notes/**)" } }, { "control: reading in the project", tool = "read_file", path = "$PROJ/a.c" },
  { "control: a rule to read outside", tool = "read_file", path = "$HOME/notes/x", allow = { "Read(~/notes/**)" } },
} do out[#out + 1] = case end
-- Another name of a file is written in place, wherever the first one is: {name, the other}.
for name, other in pairs { [".bashrc"] = "$HOME/.bashrc", ["a git hook"] = "$PROJ/.git/hooks/pre-commit", ["git's settings"] = "$PROJ/.git/config", ["a store"] = "$HOME/store/x.js",
  ["another project"] = "$ROOT/other/x.c", ["a program"] = "$HOME/.local/bin/x", ["a file of the project"] = "$PROJ/b.c", ["a key"] = "$HOME/.ssh/authorized_keys" } do
  for _, tool in ipairs { "edit", "write_file" } do
    local case = { ("a hard link to %s, %s"):format(name, tool), tool = tool, mode = "auto-edit", path = "$PROJ/a.c", after = { ["a.c"] = other } }
    if other:find "^%$HOME" then case.home = { other:sub(7) } else case.files = { [other:find "^%$ROOT" and "../other/x.c" or other:sub(7)] = "x" } end
    out[#out + 1] = case
    if other:find "^%$HOME" then
      out[#out + 1] = { case[1] .. ", under a rule for the project", tool = tool, mode = "auto-edit", path = "$PROJ/a.c", after = case.after, home = case.home, allow = { "Edit(/$PROJ/**)" } }
    end
  end
end
return out
