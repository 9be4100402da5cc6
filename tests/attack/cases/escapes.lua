-- Commands inside the sandbox, with the real bubblewrap: {name, command, set, files, links, made: what must not exist afterwards,
-- never: what the output must not hold, told: what the runner must name as made}. $SHOWN is a folder outside that `read` shows, with a socket that answers GOT and a datagram
-- socket of the abstract name $MARK beside it. Controls work.
local out = {}
for name in (".git .qwen .hg .jj .vscode .idea .devcontainer .cursor .claude .husky .github .githooks .zed .fleet"):gmatch "%S+" do
  out[#out + 1] = { "making " .. name, command = ("mkdir %s; echo x > %s/x"):format(name, name), made = { name .. "/x" } }
end
for name in (".envrc .mcp.json .devcontainer.json"):gmatch "%S+" do
  out[#out + 1] = { "making " .. name, command = ("echo x > %s"):format(name), made = { name } }
  out[#out + 1] = { "moving " .. name .. " there", command = ("echo x > y; mv -T y %s || ln -T y %s || cp -T y %s"):format(name, name, name), made = { name } }
end
for _, name in ipairs { ".vscode/tasks.json", ".github/workflows/x.yml", ".husky/pre-commit", ".envrc", ".mcp.json", ".npmrc", ".bazelrc", "lefthook.yml", ".cargo/config.toml", ".gitlab-ci.yml",
  "Jenkinsfile", ".pre-commit-config.yaml", "opencode.json", ".yarnrc.yml", "mise.toml", ".config/x", ".gitmodules" } do
  out[#out + 1] = { "changing " .. name, command = ("echo evil >> %s; rm -f %s; mv %s z; chmod 777 %s"):format(name, name, name, name), files = { [name] = "mine\n" }, kept = { [name] = "mine\n" } }
end
-- In two pieces, because Python 3.13 shows the line that failed.
local DGRAM = [[/usr/bin/python3 -ISc 'import socket as s
a, b = s.socketpair(s.AF_UNIX, s.SOCK_DGRAM)
a.sendto(b"hello", "\0$MARK"); print("SE" + "NT")']]
local CONNECT = [[/usr/bin/python3 -ISc 'import socket as s
c = s.socket(s.AF_UNIX); c.connect("$SHOWN/socket"); print(c.recv(9))']]
local RECONNECT = [[/usr/bin/python3 -ISc 'import socket as s
a, b = s.socketpair()
b.close(); a.connect("\0$MARK"); print("SE" + "NT")']]
local SOCKET = [[/usr/bin/python3 -ISc 'import socket; socket.socket(KIND); print("MA" + "DE")']]
local PYTHON = [[/usr/bin/python3 -ISc "import ctypes; print('DO' + 'NE' if ctypes.CDLL(None).syscall(CALL) >= 0 else 'no')"]]
for _, case in ipairs {
  { "a bare repository", command = "git init -q --bare x && mv x/* . ; printf '[core]\\n\\tbare=false\\n\\tworktree=.\\n\\tfsmonitor=touch ran\\n' > config; ls", made = { "HEAD", "ran" } },
  { "a bare repository by hand", command = "mkdir objects refs; echo 'ref: refs/heads/main' > HEAD; echo x > config", made = { "HEAD" } },
  { "a datagram pair with the network open", command = DGRAM, set = { network = "open" }, never = "SENT" },
  { "a datagram pair with the network closed", command = DGRAM, never = "SENT" },
  { "a pair of raw sockets with the network open", command = (DGRAM:gsub("SOCK_DGRAM", "SOCK_RAW")), set = { network = "open" }, never = "SENT" },
  { "a pair of datagram sockets with flags", command = (DGRAM:gsub("SOCK_DGRAM", "SOCK_DGRAM | s.SOCK_CLOEXEC | s.SOCK_NONBLOCK")), set = { network = "open" }, never = "SENT" },
  { "a stream that is connected anew", command = RECONNECT, set = { network = "open" }, never = "SENT" },
  { "vsock", command = SOCKET:gsub("KIND", "40, 1"), never = "MADE" }, { "packet sockets", command = SOCKET:gsub("KIND", "17, 3, 3"), set = { network = "open" }, never = "MADE" },
  { "sockets of the kernel's ciphers", command = SOCKET:gsub("KIND", "38, 5"), never = "MADE" }, { "a unix socket with the network open", command = SOCKET:gsub("KIND", "1, 1"), set = { network = "open" }, never = "MADE" },
  { "a path to write that holds the project", command = "mkdir -p .vscode; echo x > .vscode/tasks.json; echo x >> .envrc", files = { [".envrc"] = "mine\n" }, set = { write = { "$ROOT" } }, made = { ".vscode/tasks.json" },
    kept = { [".envrc"] = "mine\n" } },
  { "git's config in a path to write that holds the project", command = "git config alias.x '!touch ran' && echo DONE", git = true, set = { write = { "$ROOT" } }, never = "DONE" },
  { "a token in git's settings where home is shown", command = "cat ~/.gitconfig", home = { [".gitconfig"] = "[github]\n\ttoken = git-secret\n" }, set = { read = { "$HOME" } }, never = "git-secret" },
  { "the same where home is written", command = "cat ~/.gitconfig", home = { [".gitconfig"] = "[github]\n\ttoken = git-secret\n" }, set = { write = { "$HOME" } }, never = "git-secret" },
  { "an editor's folder below the top", command = "echo evil > sub/.vscode/tasks.json; rm -rf sub/.vscode", files = { ["sub/.vscode/tasks.json"] = "mine" }, kept = { ["sub/.vscode/tasks.json"] = "mine" } },
  { "a file below the top", command = "echo evil > a/b/c/.envrc; rm a/b/c/.envrc; chmod 777 a/b/c/.envrc", files = { ["a/b/c/.envrc"] = "mine" }, kept = { ["a/b/c/.envrc"] = "mine" } },
  { "a hook of a repository below the top", command = "echo evil > sub/.git/hooks/x; echo evil >> sub/.git/config", files = { ["sub/.git/config"] = "mine", ["sub/.git/hooks/x"] = "mine" },
    kept = { ["sub/.git/config"] = "mine", ["sub/.git/hooks/x"] = "mine" } },
  { "the file of a submodule", command = "echo evil > sub/.git", files = { ["sub/.git"] = "gitdir: ../.git/modules/sub\n" }, kept = { ["sub/.git"] = "gitdir: ../.git/modules/sub\n" } },
  { "the same moved away and made anew is told", command = "mv sub s2; cp -r s2 sub; echo evil > sub/.envrc", files = { ["sub/.envrc"] = "mine" }, told = "sub/.envrc" },
  { "a repository made below the top is told", command = "git init -q sub; touch x", told = "sub/.git" },
  { "handles of files", command = PYTHON:gsub("CALL", "304, 3, b'x' * 128, 0"), never = "DONE" }, { "the new calls of mounts", command = PYTHON:gsub("CALL", "430, b'tmpfs', 0"), never = "DONE" },
  { "io_uring", command = PYTHON:gsub("CALL", "425, 8, bytes(120)"), never = "DONE" }, { "userfaultfd", command = PYTHON:gsub("CALL", "323, 1"), never = "DONE" },
  { "calls by the numbers of x32", command = PYTHON:gsub("CALL", "0x40000000 + 39"), never = "DONE" }, { "a new user namespace", command = PYTHON:gsub("CALL", "272, 0x10000000"), never = "DONE" },
  { "uncovering", command = "umount .vscode; umount -l .vscode; mount -o remount,rw / ; mkdir -p .vscode && echo x > .vscode/x", made = { ".vscode/x" } },
  { "the parent's root", command = "echo x > /proc/1/root$ROOT/made", made = { "../made" } }, { "settings of the kernel", command = "echo x > /proc/sys/kernel/core_pattern && echo DONE", never = "DONE" },
  { "exchanging .git", command = PYTHON:gsub("CALL", "316, -100, b'n', -100, b'.git', 2"):gsub("^", "mkdir n; "), git = true, never = "DONE" },
  { "limits raised", command = "ulimit -c 1 && echo DONE; ulimit -f unlimited && echo DONE", never = "DONE" },
  { "a socket in a folder that is shown", command = CONNECT, set = { read = { "$SHOWN" } }, never = "GOT" },
  { "the same with the network open", command = CONNECT, set = { read = { "$SHOWN" }, network = "open" }, never = "GOT" },
  { "a .git file that names home", command = "cat $HOME/private", files = { [".git"] = "gitdir: $HOME/worktrees/x\n" }, home = { ["worktrees/x/gitdir"] = "$PROJ/.git\n", private = "home-secret" }, never = "home-secret" },
  { "a .git file in a folder named worktrees", command = "cat $ROOT/project/notes", cwd = "worktrees/x", files = { ["worktrees/x/.git"] = "gitdir: $PROJ/worktrees/x\n", ["worktrees/x/gitdir"] = "$PROJ/worktrees/x/.git\n",
    notes = "above-secret" }, never = "above-secret" },
  { "memory through /tmp", command = "head -c 1300000000 /dev/zero > /tmp/a; wc -c < /tmp/a", never = "1300000000" }, { "memory through home", command = "cd; head -c 1300000000 /dev/zero > a; wc -c < a", never = "1300000000" },
  { "memory through /dev/shm", command = "head -c 300000000 /dev/zero > /dev/shm/a; wc -c < /dev/shm/a", never = "300000000" }, { "files in /dev", command = "echo x > /dev/made && echo MADE", never = "MADE" },
  { "a token in git's settings", command = "cat ~/.gitconfig", home = { [".gitconfig"] = "[user]\n\tname = Me\n[github]\n\ttoken = git-secret\n" }, never = "git-secret" },
  { "a header in git's settings", command = "git config --get-all http.https://h.test/.extraheader; cat ~/.gitconfig", home = { [".gitconfig"] = "[http \"https://h.test/\"]\n\textraheader = Authorization: Basic git-secret\n" }, never = "git-secret" },
  { "a password in an address", command = "cat ~/.gitconfig", home = { [".gitconfig"] = "[url \"https://me:git-secret@h.test/\"]\n\tinsteadOf = h:\n" }, never = "git-secret" },
  { "a helper in git's settings", command = "cat ~/.gitconfig", home = { [".gitconfig"] = "[credential]\n\thelper = \"!echo password=git-secret\"\n" }, never = "git-secret" },
  { "control: git's settings", command = "cat ~/.gitconfig", home = { [".gitconfig"] = "[user]\n\tname = Plain Me\n[alias]\n\tst = status\n" }, works = "Plain Me" },
  { "control: git's settings without the token", command = "cat ~/.gitconfig", home = { [".gitconfig"] = "[user]\n\tname = Plain Me\n[github]\n\ttoken = x\n" }, works = "Plain Me" },
  { "control: writing the project", command = "mkdir -p a/b && echo yes > a/b/c && cat a/b/c", works = "yes" }, { "control: a stream pair", command = "/usr/bin/python3 -ISc 'import socket as s; a, b = s.socketpair(); a.send(b\"yes\"); print(b.recv(9))'",
    set = { network = "open" }, works = "yes" }, { "control: shared memory", command = "head -c 1000000 /dev/zero > /dev/shm/a; wc -c < /dev/shm/a", works = "1000000" },
  { "control: a terminal and devices", command = "head -c 4 /dev/urandom | wc -c; echo x > /dev/null; : > /dev/tty 2>/dev/null; echo yes", works = "yes" },
  { "control: a file in /tmp", command = "head -c 100000000 /dev/zero > /tmp/a; wc -c < /tmp/a", works = "100000000" }, { "control: git log", command = "git log --oneline 2>&1 | head -1; git rev-parse --is-inside-work-tree",
    git = true, works = "true" },
} do out[#out + 1] = case end
return out
