-- Files that auto-edit must ask about, because they decide what runs later, and paths that no rule without a path reaches:
-- {name, path, tool, allow, mode, files, links}. Controls are allowed.
local out = {}
for path in (".git/hooks/pre-commit .git/config .hg/hgrc .jj/config.toml .sl/config .devcontainer.json .devcontainer/devcontainer.json .zed/tasks.json .vscode/tasks.json "
  .. ".vscode-server/x .vscode-insiders/tasks.json x.code-workspace .fleet/run.json .idea/workspace.xml .githooks/pre-commit lefthook.yml .lefthook.yml lefthook-local.yml .overcommit.yml "
  .. ".husky/pre-commit .pre-commit-config.yaml .travis.yml Jenkinsfile jenkinsfile azure-pipelines.yml .drone.yml .buildkite/pipeline.yml bitbucket-pipelines.yml .woodpecker.yml "
  .. ".woodpecker/x.yml .gitea/workflows/x.yml .forgejo/workflows/x.yml .github/workflows/x.yml .gitlab-ci.yml .circleci/config.yml .gemini/settings.json .codex/config.toml "
  .. ".opencode/x .windsurf/x .continue/config.json .roo/mcp.json .kiro/x .claude/settings.json .cursor/mcp.json .mcp.json opencode.json .cargo/config.toml .bazelrc mise.toml "
  .. ".mise.toml .tool-versions .pnpmfile.cjs .yarn/releases/yarn.cjs .yarnrc.yml .npmrc .cshrc .tcshrc .login .logout .bashrc .zshenv fish/conf.d/x.fish .config/fish/config.fish "
  .. ".config/git/config .config/environment.d/x.conf .config/autostart/x.desktop .config/systemd/user/x.service .pam_environment .gdbinit .lldbinit .nvim.lua .exrc .dir-locals.el "
  .. ".emacs.d/init.el .envrc .gitmodules .qwen/settings.json sub/.git/config sub/.vscode/tasks.json SUB/.GIT/config .Git/config .git./config git~1/config HEAD head sub/HEAD "
  .. ".g\u{200B}it/config .en\u{200D}vrc .\u{17F}sh/config .local/bin/git"):gmatch "%S+" do
  out[#out + 1] = { path, path = "$PROJ/" .. path, mode = "auto-edit" }
  out[#out + 1] = { path .. " under a bare rule", path = "$PROJ/" .. path, mode = "default", allow = { "Edit" } }
end
for path in ("a.c src/main.rs README.md docs/head.md config config.toml sub/config .gitignore .editorconfig .eslintrc.json package.json Makefile Dockerfile header.h objects/x refs.txt "
  .. "tests/hooks/x.lua .env.example git/x vscode/settings.json jenkins.md forgejo.txt conf.d/site.conf lib/headers/HEAD.h"):gmatch "%S+" do
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
  { "a bare Read outside", tool = "read_file", path = "$HOME/.ssh/id", allow = { "Read", "read_file" } }, { "a key through a link", tool = "read_file", path = "$PROJ/l", allow = { "Read" },
    links = { l = "$HOME/.ssh/id" }, files = { ["~/.ssh/id"] = "x" } },
  { "control: the offered rule", path = "$PROJ/a.c", allow = { "Edit(/$PROJ/**)" } }, { "control: a bare Edit", path = "$PROJ/a.c", allow = { "Edit" } },
  { "control: a rule for a place outside", path = "$HOME/notes/x", allow = { "Edit(~/notes/**)" } }, { "control: reading in the project", tool = "read_file", path = "$PROJ/a.c" },
  { "control: a rule to read outside", tool = "read_file", path = "$HOME/notes/x", allow = { "Read(~/notes/**)" } },
} do out[#out + 1] = case end
return out
