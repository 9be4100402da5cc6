-- With the sandbox on and in yolo: what our own file tools must not reach, since commands do not reach it either:
-- {name, path, tool, set: settings, files, links}. Controls are allowed.
local out = {}
for _, path in ipairs { "$HOME/.bashrc", "$HOME/.profile", "$HOME/x", "$PROJ/.git/hooks/x", "$PROJ/.git/config", "$HOME/.qwen/hooks/x.lua", "$HOME/.qwen/settings.json", "$PROJ/.qwen/settings.json",
  "/etc/x", "/tmp/x", "/var/tmp/x", "$ROOT/x", "$PROJ/../x", "$PROJ/l/x", "$PROJ/.vscode/tasks.json", "$PROJ/.envrc", "$PROJ/.husky/x", "$PROJ/.github/workflows/x.yml", "$PROJ/.mcp.json",
  "$PROJ/HEAD", "$HOME/.local/bin/git", "$HOME/.config/autostart/x.desktop", "/proc/self/mem", "/dev/shm/x", "/usr/local/bin/git" } do
  for _, tool in ipairs { "write_file", "edit" } do out[#out + 1] = { tool .. " " .. path, tool = tool, path = path, links = { l = "$HOME" } } end
end
for _, path in ipairs { "$HOME/.ssh/id_rsa", "$HOME/.netrc", "$HOME/.qwen/settings.json", "$HOME/notes", "/tmp/x", "/run/x", "/var/tmp/x", "$PROJ/l/.ssh/id_rsa", "$PROJ/k", "$ROOT/other/x" } do
  for _, tool in ipairs { "read_file", "grep_search", "list_directory", "glob" } do
    out[#out + 1] = { tool .. " " .. path, tool = tool, path = path, links = { l = "$HOME", k = "$HOME/.ssh/id_rsa" }, files = { ["~/.ssh/id_rsa"] = "x" } }
  end
end
for _, path in ipairs { ".bash_history", ".pgpass", ".vault-token", ".config/gcloud/x", ".config/op/x", ".terraform.d/credentials.tfrc.json", ".m2/settings.xml", ".cache/huggingface/token", ".claude.json",
  ".codex/auth.json", ".config/github-copilot/x", ".config/Code/x", ".local/share/kwalletd/x", ".config/rclone/rclone.conf", ".authinfo", ".Xauthority" } do
  out[#out + 1] = { "home is shown, not " .. path, tool = "read_file", path = "$HOME/" .. path, set = { read = { "$HOME" } }, home = { path } }
end
for _, case in ipairs {
  { "a token in git's settings where home is shown", tool = "read_file", path = "$HOME/.gitconfig", set = { read = { "$HOME" } }, home = { [".gitconfig"] = "[github]\n\ttoken = x\n" } },
  { "the same with a search", tool = "grep_search", path = "$HOME/.gitconfig", set = { read = { "$HOME" } }, home = { [".gitconfig"] = "[github]\n\ttoken = x\n" } },
  { "control: git's settings where home is shown", tool = "read_file", path = "$HOME/.gitconfig", set = { read = { "$HOME" } }, home = { [".gitconfig"] = "[user]\n\tname = Me\n" } },
  { "a project to read only", tool = "edit", path = "$PROJ/a.c", set = { filesystem = "read-only" } },
  { "a bare rule does not open it", tool = "edit", path = "$HOME/x", allow = { "Edit", "edit", "*" } },
  { "a rule does not open what decides what runs later", tool = "edit", path = "$PROJ/.git/config", allow = { "Edit(/**)" } },
  { "a key in a folder that is shown", tool = "read_file", path = "$HOME/.ssh/id_rsa", set = { read = { "$HOME" } }, home = { ".ssh/id_rsa" } },
  { "writing where reading is allowed", tool = "edit", path = "$HOME/notes/x", set = { read = { "$HOME/notes" } }, home = { "notes/x" } },
  { "a word that is not understood", tool = "read_file", path = "$HOME/x", set = { backend = "bubblewarp" } },
  { "control: the project", tool = "edit", path = "$PROJ/a.c" }, { "control: a new folder in it", tool = "write_file", path = "$PROJ/a/b/c.c" },
  { "control: reading it", tool = "read_file", path = "$PROJ/a.c" }, { "control: reading the system", tool = "read_file", path = "/usr/include/x.h" },
  { "control: searching the project", tool = "grep_search", path = "$PROJ" }, { "control: a path to read", tool = "read_file", path = "$HOME/notes/x", set = { read = { "$HOME/notes" } }, home = { "notes/x" } },
  { "control: a path to write", tool = "edit", path = "$HOME/notes/x", set = { write = { "$HOME/notes" } }, home = { "notes/x" } },
  { "control: a rule with a path", tool = "edit", path = "$HOME/notes/x", allow = { "Edit(~/notes/**)" } },
  { "control: the history of the project", tool = "read_file", path = "$PROJ/.git/HEAD", files = { [".git/HEAD"] = "ref" } },
} do out[#out + 1] = case end
-- Another name of a file is written in place, wherever the first one is: {name, the other}.
for name, other in pairs { [".bashrc"] = "$HOME/.bashrc", ["a git hook"] = "$PROJ/.git/hooks/pre-commit", ["git's settings"] = "$PROJ/.git/config", ["a store"] = "$HOME/store/x.js",
  ["another project"] = "$ROOT/other/x.c", ["a program"] = "$HOME/.local/bin/x", ["a file of the project"] = "$PROJ/b.c", ["a key"] = "$HOME/.ssh/authorized_keys" } do
  for _, tool in ipairs { "edit", "write_file" } do
    local case = { ("a hard link to %s, %s"):format(name, tool), tool = tool, path = "$PROJ/a.c", after = { ["a.c"] = other } }
    if other:find "^%$HOME" then case.home = { other:sub(7) } else case.files = { [other:find "^%$ROOT" and "../other/x.c" or other:sub(7)] = "x" } end
    out[#out + 1] = case
  end
end
return out
