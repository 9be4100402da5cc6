-- The sandbox around commands, with the real bubblewrap: what works inside, what must not get out, and that nothing runs when it does not start.
-- Long because the attempts to escape are one list.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fake = dofile "tests/fake/fake.lua"
local fs, os_, proc, probe = require "sys.fs", require "sys.os", require "qwen.util.process", require "sys.probe"
require "qwen.api"
local sandbox, tool = qwen.x.sandbox, dofile "lua/tools/run_shell_command.lua"

local home = os_.home()
local place = program.place { ["a.txt"] = "inside\n", [".git/config"] = "[core]\n", [".git/HEAD"] = "ref: refs/heads/main\n", [".git/objects/x"] = "", [".git/refs/x"] = "", [".git/hooks/old"] = "" }

local function ctx_with(values, cwd, mode)
  local all = { ["tools.executionSandbox.backend"] = "bubblewrap" }
  for name, value in pairs(values or {}) do all["tools.executionSandbox." .. name] = value end
  return { cwd = cwd or place.cwd, mode = mode or "default", settings = { get = function(_, key) return all[key] end }, progress = function() end,
    spill = function() end }
end

-- What a configuration means.
t.eq(sandbox.state(ctx_with { backend = "none" }), { backend = "none", filesystem = "workspace-write", network = "closed", read = {}, write = {} }, "without words")
for name, value in pairs { backend = "docker", filesystem = "all", network = true } do
  t.err(nil, select(2, sandbox.state(ctx_with { [name] = value })), "usage", name .. " that is not known")
end
t.err(nil, select(2, sandbox.state(ctx_with { read = { "/" } })), "usage", "/ is not shown")
t.err(nil, select(2, sandbox.state(ctx_with { write = { "relative" } })), "usage", "a relative path")
t.eq(sandbox.state(ctx_with({}, nil, "plan")).filesystem, "read-only", "plan mode writes nothing")
for _, cwd in ipairs { "/", home, "/tmp", home:match "^(.*)/" } do
  t.err(nil, select(2, sandbox.wrap(ctx_with({}, cwd), { argv = { "true" } })), "denied", "no project at " .. cwd)
end

local started, why = sandbox.start(ctx_with())
if not started then
  t.skip("no sandbox: " .. why.message)
  return t.done()
end

local function run(command, values, mode, cwd)
  local result, e = tool.run(ctx_with(values, cwd, mode), { command = command })
  return result and result.text or tostring(e), result
end

local function works(name, command, values)
  local text, result = run(command, values)
  t.ok(result and not result.error, name .. ": " .. text)
end

-- What must go on working.
works("reading and writing the project", "cat a.txt && echo new > b.txt && mkdir d && mv b.txt d/ && rm -r d")
works("temporary files", "mktemp && echo x > /tmp/x && echo y > \"$HOME/y\" && test -z \"$TMPDIR\"")
works("git reads", "command -v git >/dev/null || exit 0; git -C . rev-parse --git-dir")
works("many processes", "for i in 1 2 3 4 5 6 7 8; do sh -c : & done; wait")
works("pipes, devices", "head -c 10 /dev/urandom | wc -c > /dev/null; /usr/bin/python3 -ISc 'import socket; socket.socketpair(); socket.socket(socket.AF_UNIX)'")
works("loopback inside", "/usr/bin/python3 -ISc 'import socket as s; l=s.create_server((\"127.0.0.1\",0)); s.create_connection(l.getsockname())'")
t.match(run "exit 7", "%[exit code 7%]", "its exit code")
t.match(run "kill -9 $$", "%[exit code 137%]", "a signal comes as the shell's code for it")
t.match(run "sleep 7654321 & echo hi", "^hi\n%[what it started in the background ended with it", "nothing goes on")
t.eq(run "echo a && echo b 2>&1 >&2 |& cat", "a\nb", "no word where nothing is started")
t.match(run "pwd; echo $0", "^" .. place.cwd:gsub("%p", "%%%0") .. "\n", "the folder")

-- A file that another listens at, by path and by abstract name, and a port; told by "ready".
local outside = place.root .. "/outside"
assert(fs.mkdir(outside))
for _, name in ipairs { "/.ssh", "/.qwen", "/.config/gh", "/.local/bin" } do assert(fs.mkdir(home .. name)) end
for _, name in ipairs { "/.ssh/id", "/.qwen/settings.json", "/.config/gh/hosts.yml", "/.netrc", "/.profile", "/.local/bin/tool" } do
  assert(fs.write(home .. name, "the secret of home\n"))
end
assert(fs.write(outside .. "/data", "the secret outside\n"))
local mark = "qwen-test-" .. os_.uuid()
local listener <close> = assert(proc.open { stdin = "pipe", argv = { "/usr/bin/python3", "-ISc", [[
import socket, sys
held = []
for address in sys.argv[1], "\0" + sys.argv[2]:
    s = socket.socket(socket.AF_UNIX); s.bind(address); s.listen(50); held.append(s)
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    s = socket.socket(socket.AF_INET, kind); s.bind(("127.0.0.1", held[2].getsockname()[1] if len(held) > 2 else 0)); held.append(s)
held[2].listen(50); held[3].settimeout(0)
print(held[2].getsockname()[1], flush=True)
sys.stdin.readline()
try: print(held[3].recv(10).decode(), flush=True)
except OSError: print("nothing came", flush=True)
sys.stdin.readline()
]], outside .. "/socket", mark } })
local port = assert(listener:read()):match "%d+"
t.ok(probe.try("connect", outside .. "/socket"), "the control: the socket answers outside")
t.ok(probe.try("connect", "@" .. mark), "and the abstract one")

local function python(code) return "/usr/bin/python3 -ISc '" .. code .. "' && echo GOT" end
local function socket(family, address) return python(("import socket as s; x=s.socket(s.%s); x.settimeout(3); x.connect(%s)"):format(family, address)) end
local function call(number, ...) -- a system call by its number on this machine
  return python(("import ctypes; l=ctypes.CDLL(None, use_errno=True); assert l.syscall(%d, %s) >= 0"):format(number, table.concat({ ... }, ", ")))
end
local x64 = os_.platform().arch == "x64"
local numbers = x64 and { add_key = 248, request_key = 249, keyctl = 250, bpf = 321, io_uring = 425, perf = 298 }
  or { add_key = 217, request_key = 218, keyctl = 219, bpf = 280, io_uring = 425, perf = 241 }

-- Each prints GOT when it got out; those that write are looked for outside, too.
local attempts = {
  -- files
  "cat ~/.ssh/id && echo GOT", "cat ~/.qwen/settings.json && echo GOT", "cat ~/.netrc && echo GOT", "cat ~/.config/gh/hosts.yml && echo GOT",
  "test -e ~/.profile && echo GOT", "cat " .. outside .. "/data && echo GOT", "ln -s " .. outside .. "/data l; cat l && echo GOT",
  "ln -s ~/.ssh s; cat s/id && echo GOT", "cat /proc/1/root/" .. outside .. "/data && echo GOT", "ln " .. outside .. "/data hard && echo GOT",
  "touch /etc/qwen-test && echo GOT", "touch /usr/bin/qwen-test && echo GOT", "touch /qwen-test && echo GOT", "rm -f /bin/sh && echo GOT",
  "echo x > " .. place.root .. "/made", "cd .. && mkdir made", "touch ~/made ~/.ssh/made", "mv " .. place.cwd .. " " .. place.root .. "/moved && echo GOT",
  "touch /sys/x && cat /sys/class/net/*/address && echo GOT", "test -n \"$(ls -A /run)\" && echo GOT", "test -S /run/docker.sock && echo GOT",
  -- what decides about later programs
  "echo x > .git/hooks/pre-commit && echo GOT", "echo x >> .git/config && echo GOT", "rm -rf .git/hooks && echo GOT", "mv .git old && echo GOT",
  "rm -rf .git; test -e .git/HEAD || echo GOT", "mkdir -p .qwen && echo '{}' > .qwen/settings.json && echo GOT", "rmdir .qwen && echo GOT",
  "mv .qwen x && echo GOT", "rm -rf .qwen; mkdir .qwen && echo GOT", "ln -s /tmp .qwen/x && echo GOT", "mount --bind /tmp .qwen && echo GOT",
  "umount .qwen && echo GOT", "mount -o remount,rw / && echo GOT", "umount ~ && echo GOT", "mv ../project ../other && echo GOT",
  -- namespaces and privileges
  "unshare -Ur true && echo GOT", "unshare -m true && echo GOT", "nsenter -t 1 -m true && echo GOT", "mount -t tmpfs t /mnt && echo GOT",
  "mount -t proc p /mnt && echo GOT", "chroot / true && echo GOT", "mknod disk b 8 0 && echo GOT", "su -c true nobody && echo GOT",
  "grep -q 'CapEff:.*[1-9a-f]' /proc/self/status && echo GOT", "grep -q 'NoNewPrivs:.0' /proc/self/status && echo GOT", "echo x > /proc/sys/kernel/hostname && echo GOT", "echo x > /proc/sys/vm/drop_caches && echo GOT", "test -w /proc/sys/kernel/core_pattern && echo GOT",
  "echo h > /proc/sysrq-trigger && echo GOT", "hostname qwen-test && echo GOT", "test $(ls /proc | grep -c '^[0-9]') -gt 12 && echo GOT",
  ("kill -0 %d && echo GOT"):format(os_.pid()), ("cat /proc/%d/environ && echo GOT"):format(os_.pid()), ("test -d /proc/%d && echo GOT"):format(os_.pid()),
  "ulimit -c unlimited && echo GOT", "head -c 3000000000 /dev/zero > big && echo GOT; rm -f big; false", "nice -n -5 true 2>&1 | grep -q cannot || echo GOT",
  -- sockets and network
  socket("AF_UNIX", '"' .. outside .. '/socket"'), socket("AF_UNIX", '"\\0' .. mark .. '"'), socket("AF_INET", '("127.0.0.1",' .. port .. ")"),
  socket("AF_INET", '("192.0.2.1",53)'), "ln -s " .. outside .. "/socket s2; " .. socket("AF_UNIX", '"s2"'),
  python('import socket as s; s.socket(s.AF_VSOCK)'), python('import socket as s; s.socket(s.AF_PACKET, s.SOCK_RAW)'), python('import socket as s; s.socket(38, 5)'),
  "test $(grep -c : /proc/net/dev) -gt 1 && echo GOT",
  -- keys, terminal, kernel
  call(numbers.add_key, 'b"user"', 'b"k"', 'b"v"', "1", "-3"), call(numbers.keyctl, "0", "-3", "0"), call(numbers.keyctl, "1", "0"),
  call(numbers.request_key, 'b"user"', 'b"' .. mark .. '"', "0", "0"), call(numbers.bpf, "0", "0", "0"), call(numbers.io_uring, "1", "ctypes.create_string_buffer(200)"),
  call(numbers.perf, "ctypes.create_string_buffer(200)", "0", "-1", "-1", "0"),
  python 'import fcntl, termios; fcntl.ioctl(0, termios.TIOCSTI, b"x")', python 'import fcntl, os, termios; fcntl.ioctl(os.open("/dev/tty", 2), termios.TIOCSTI, b"x")',
}
t.ok(probe.try("key_add", mark), "the control: a key can be put into our session keyring")
for _, command in ipairs { "cat ~/.ssh/id && echo GOT", socket("AF_UNIX", '"' .. outside .. '/socket"'), socket("AF_UNIX", '"\\0' .. mark .. '"'),
  socket("AF_INET", '("127.0.0.1",' .. port .. ")"), call(numbers.keyctl, "0", "-3", "0"), ("kill -0 %d && echo GOT"):format(os_.pid()) } do
  t.match(run(command, { backend = "none" }), "GOT$", "the control, without a sandbox: " .. command)
end
local state_before = fs.list(place.root)
for _, command in ipairs(attempts) do t.ok(not (run(command) .. "\n"):find "GOT\n", command) end
run(python(('import socket as s; s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b"GOT", ("127.0.0.1", %s))'):format(port)))
listener:write "\n"
t.eq(listener:read(), "nothing came\n", "a datagram")
probe.try("key_drop", mark)
t.eq(fs.list(place.root), state_before, "nothing was made beside the project")
t.ok(not fs.stat(home .. "/made") and not fs.stat(home .. "/.ssh/made"), "nor in the home folder")
t.eq(fs.read(place.cwd .. "/.git/config"), "[core]\n", "the config is as it was")
t.eq(#fs.list(place.cwd .. "/.git/hooks"), 1, "and the hooks")
t.eq(fs.stat(place.cwd .. "/.qwen"), nil, "the place that was kept is cleared away")
t.eq(#attempts >= 60, true, "sixty and more")

-- A process that would outlive the call.
local long = ("%d.%07d"):format(876501, os_.pid())
run("(setsid nohup sleep " .. long .. " >/dev/null 2>&1 &) ; echo started")
local function alive()
  for _, entry in ipairs(fs.list "/proc") do
    local line = entry.name:match "^%d+$" and fs.read("/proc/" .. entry.name .. "/cmdline") or ""
    if line:find("sleep\0" .. long, 1, true) then return true end
  end
end
-- The kernel ends them when the first process of their namespace is gone; /proc tells nobody when.
t.ok(wait.until_true(function() return not alive() end), "nobody outlives it")

-- What a person allows.
assert(fs.write(outside .. "/.npmrc", "x\n"))
works("a path to read", "cat ~/.local/bin/tool && cat " .. outside .. "/data", { read = { "~/.local/bin", outside } })
t.match(run("echo x > " .. outside .. "/data", { read = { outside } }), "Read%-only file system", "and only to read")
works("a path to write", "echo x > " .. outside .. "/new", { write = { outside } })
t.match(run("cat ~/.ssh/id ~/.netrc; ls -A ~/.qwen; cat ~/.profile", { read = { "~" } }), "\nthe secret of home$", "home but for its secrets")
works("a secret that is named", "cat ~/.ssh/id", { read = { "~/.ssh" } })
t.match(run("touch x", { filesystem = "read-only" }), "Read%-only file system", "a project to read only")
t.match(run("touch x", {}, "plan"), "Read%-only file system", "the same in plan mode")
works("an open network", ("/usr/bin/python3 -ISc 'import socket as s; s.create_connection((\"127.0.0.1\", %s))'"):format(port), { network = "open" })
for _, address in ipairs { '"\\0' .. mark .. '"', '"' .. outside .. '/socket"' } do
  t.ok(not run(socket("AF_UNIX", address), { network = "open" }):find "\nGOT", "an open network opens no unix socket")
end
works(".git to write", "echo ref > .git/HEAD", { write = { place.cwd .. "/.git" } })
t.match(run("echo x > .git/hooks/x; echo x > .git/config", { write = { place.cwd .. "/.git" } }), "Read%-only.*Read%-only", "but not its hooks and config")
assert(fs.remove_tree(place.cwd .. "/.git"))
local linked = program.place()
assert(fs.write(linked.cwd .. "/.git", "gitdir: " .. outside .. "/worktrees/w\n"))
t.match(run("cat " .. outside .. "/data", nil, nil, linked.cwd), "No such file", "a project cannot have a folder shown")
assert(fs.mkdir(outside .. "/worktrees/w"))
assert(fs.write(outside .. "/worktrees/w/gitdir", linked.cwd .. "/.git\n"))
t.match(run("cat " .. outside .. "/data", nil, nil, linked.cwd), "No such file", "nor by a folder that is no repository")
local history = outside .. "/repo.git"
for _, name in ipairs { "/worktrees/w/gitdir", "/objects/x", "/refs/x", "/HEAD", "/data" } do
  assert(fs.mkdir((history .. name):match "^(.*)/"))
  assert(fs.write(history .. name, name == "/data" and "the secret outside\n" or linked.cwd .. "/.git\n"))
end
assert(fs.write(linked.cwd .. "/.git", "gitdir: " .. history .. "/worktrees/w\n"))
t.match(run("cat " .. history .. "/data", nil, nil, linked.cwd), "^the secret outside$", "the history of a linked working tree")
assert(proc.run { argv = { "ln", "-s", outside, place.cwd .. "/.qwen" } })
t.match(run "true", "is a link", "a link where something is kept")
assert(fs.remove(place.cwd .. "/.qwen"))

-- A failure is told with the sandbox in mind.
local text, result = run "touch /etc/x"
t.match(text, "\nSandbox: commands run in one", "the model is told")
t.match(result.display, "^exit 1 %(the sandbox%? !COMMAND runs it outside%): touch", "and the person")
t.ok(not run("exit 3"):find "Sandbox:", "not of every failure")

-- The whole program.
local verified = program.run(place, { "sandbox", "--verify" })
t.eq(verified.code, 0, verified.out .. verified.err)
t.match(verified.out, "the sandbox holds what was tried", "verified")
t.ok(not verified.out:find "ESCAPED", "none got out")
local server <close> = fake.start { { calls = { { name = "run_shell_command", arguments = { command = "cat a.txt; touch /etc/made; touch made" } } } }, { text = "Done." } }
local env = { OPENAI_API_KEY = "key-of-the-test", OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }
local r = program.run(place, { "--sandbox", "--yolo", "-p", "hi" }, { env = env })
t.eq({ r.code, r.out }, { 0, "Done.\n" }, r.err)
t.ok(fs.stat(place.cwd .. "/made"), "the command ran")
t.match(qwen.json.encode(server:requests()), "Read%-only file system", "in the sandbox")
env.QWEN_SANDBOX = "docker"
r = program.run(place, { "--yolo", "-p", "hi" }, { env = env })
t.eq(r.code, 1, "the model has no more to say")
t.match(r.err, "bubblewrap instead of docker", "a sandbox that we have not: ours, and said")
env.QWEN_SANDBOX = "my-own-command"
r = program.run(place, { "--yolo", "-p", "hi" }, { env = env })
t.eq(r.code, 44, "a command of the user's own")
t.match(r.err, "'my%-own%-command'", "in words")
assert(fs.mkdir(place.cwd .. "/.qwen"))
assert(fs.write(place.cwd .. "/.qwen/settings.json", '{"tools": {"executionSandbox": {"backend": "none", "write": ["~"]}}}'))
env.QWEN_SANDBOX = "true"
r = program.run(place, { "--trust-folder", "sandbox" }, { env = env })
t.match(r.out, "bubblewrap, workspace%-write, network closed\n$", "a project has no say")
t.match(program.run(place, { "about" }, { env = env }).out, "sandbox +bubblewrap", "/about")
t.match(program.run(place, { "permissions" }, { env = env }).out, "sandbox: bubblewrap", "/permissions")

t.done()
