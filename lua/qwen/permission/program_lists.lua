-- Which programs run other programs, which take their words from elsewhere, and where a program's
-- subcommand stands. Data alone.

local M = {}

local function set(list)
  local out = {}
  for name in list:gmatch "%S+" do out[name] = true end
  return out
end

-- Their arguments are a command, or a text for a shell.
M.runners = set("env nice ionice nohup time timeout xargs sudo su doas pkexec runuser setpriv "
  .. "capsh stdbuf setsid setarch linux32 linux64 i386 x86_64 uname26 taskset chrt prlimit "
  .. "numactl cgexec schedtool unbuffer command builtin exec eval trap coproc busybox toybox ssh "
  .. "mosh watch entr parallel sem chroot unshare nsenter flock lckdo strace ltrace perf valgrind "
  .. "script expect bash sh zsh dash ksh mksh pdksh oksh yash ash rbash fish csh tcsh pwsh nu "
  .. "elvish xonsh rc es osh find systemd-run systemd-inhibit systemd-nspawn fakeroot fakechroot "
  .. "proot bwrap firejail dbus-run-session dbus-launch xvfb-run start-stop-daemon daemonize tsp "
  .. "nq dumb-init tini catchsegv npx pnpx bunx uvx direnv dotenv chpst s6-setuidgid gosu su-exec "
  .. "setuidgid softlimit envdir")

-- They may run what their words say, among other things: languages, builders, editors, containers,
-- pagers.
M.hosts = set("at batch crontab ts gdb lldb rr tmux screen byobu zellij dtach abduco machinectl "
  .. "pipx corepack nix nix-shell guix op fd fdfind hash enable alias source . python perl ruby "
  .. "node nodejs deno bun lua luajit php awk gawk mawk nawk original-awk tclsh wish guile racket "
  .. "sbcl ghci runghc R Rscript julia groovy scala kotlin jshell irb ipython osascript make "
  .. "gmake ninja just task rake vi vim nvim view ex ed emacs nano less more man most lftp ftp "
  .. "sftp socat nc ncat docker podman nerdctl kubectl lxc vagrant ansible salt zip split m4 sed "
  .. "dc bc openssl rsync scp git-shell dotnet java mvn gradle psql mysql sqlite3 sort tar ip")

-- Their standard input is a program.
M.readers = set("sh bash zsh dash ksh mksh pdksh yash ash rbash fish csh tcsh pwsh nu elvish "
  .. "xonsh rc es osh python perl ruby node nodejs deno bun lua luajit php xargs parallel at "
  .. "batch crontab tclsh guile R Rscript julia psql mysql sqlite3 ed ex gdb lldb bc dc socat source .")

-- These run others only by some words: program, then any of the words (as a whole word, before `=`,
-- or its beginning).
M.some_words = {
  git = set("bisect submodule rebase filter-branch difftool mergetool for-each-repo grep blame "
    .. "daemon hook send-email web--browse --exec-path --upload-pack --receive-pack --exec -x -O "
    .. "--open-files-in-pager --extcmd --tool --ext-diff --textconv shell config clone -u"),
  tar = set("--checkpoint-action --to-command --use-compress-program -I -F --info-script "
    .. "--new-volume-script --rsh-command --rmt-command"), ip = set("netns vrf"),
  npm = set("exec x explore init create config c set --script-shell --shell --git --editor --viewer "
    .. "--browser"),
  pnpm = set("exec dlx create --script-shell --shell"), yarn = set("exec dlx create node run"), uv = set("run tool x"), cargo = set("--config"),
  poetry = set("run"), pipenv = set("run"), hatch = set("run"), conda = set("run"),
  mamba = set("run"), rustup = set("run"), go = set("-exec -toolexec -vettool generate run"),
  bundle = set("exec"), gem = set("exec"), composer = set("exec"), pixi = set("run"),
  mise = set("exec x"), asdf = set("exec"), rg = set("--pre --hostname-bin"),
  gh = set("alias extension ext"), svn = set("--config-option --diff-cmd --diff3-cmd --editor-cmd"),
  hg = set("--config --debugger"), wget = set("--use-askpass --execute -e"), install = set("--strip-program"),
}

-- git's options that take the next word as their value.
M.git_values = set("-C -c --git-dir --work-tree --namespace --exec-path --super-prefix "
  .. "--config-env --attr-source --list-cmds")

-- What git can be asked to do. Another word is an alias of somebody's, which can be anything.
M.git_commands = set("add am annotate apply archive bisect blame branch bundle cat-file "
  .. "check-attr check-ignore check-mailmap check-ref-format checkout checkout-index cherry "
  .. "cherry-pick citool clean clone column commit commit-graph commit-tree config count-objects "
  .. "credential daemon describe diff diff-files diff-index diff-tree difftool fast-export "
  .. "fast-import fetch fetch-pack filter-branch fmt-merge-msg for-each-ref for-each-repo "
  .. "format-patch fsck gc grep gui hash-object help hook http-fetch http-push index-pack init "
  .. "init-db instaweb interpret-trailers lfs log ls-files ls-remote ls-tree mailinfo mailsplit "
  .. "maintenance merge merge-base merge-file merge-index merge-tree mergetool mktag mktree "
  .. "multi-pack-index mv name-rev notes pack-objects pack-redundant pack-refs patch-id prune "
  .. "prune-packed pull push range-diff read-tree rebase reflog remote repack replace "
  .. "request-pull rerere reset restore rev-list rev-parse revert rm send-email send-pack "
  .. "shortlog show show-branch show-index show-ref sparse-checkout stage stash status stripspace "
  .. "submodule switch symbolic-ref tag unpack-file unpack-objects update-index update-ref "
  .. "update-server-info upload-archive var verify-commit verify-pack verify-tag version "
  .. "whatchanged worktree write-tree")

-- Built-ins that compute what stands in their words, quoted or not.
M.computing = set("let declare typeset local readonly export printf read test [ unset mapfile readarray getopts")

-- Built-ins that set variables for the commands behind them.
M.declaring = set("declare typeset local readonly export")

-- They take whole folders: what they name, they read or hand on.
M.deep = set("cp mv ln tar bsdtar zip 7z 7za rar rsync scp cpio pax ar dar restic borg rclone "
  .. "install docker podman nerdctl")

-- Of those that may run others: a rule for exactly these words is offered all the same.
M.builders = set "make gmake ninja just task rake mvn gradle tar ip"

-- They talk to other machines: no rule for them is offered.
M.network = set "curl wget nc ncat telnet scp sftp rsync ftp socat gh glab"

-- They read every file below a folder; the first four only when asked to.
M.searchers = { grep = "r", egrep = "r", fgrep = "r", diff = "r", rg = "", ag = "", ack = "", ugrep = "", ["git-grep"] = "" }

-- They run nothing that is named in their words, but for those above.
M.plain = set("git npm pnpm yarn cargo go cp mv rm rmdir ln mkdir touch chmod chown gzip "
  .. "gunzip zstd xz bzip2 unzip date sleep kill cd pushd popd export unset set unalias local "
  .. "declare typeset readonly read shift return exit wait jobs umask hash type ulimit shopt "
  .. "mktemp tee pytest mypy ruff black eslint prettier tsc jest vitest ar objdump nm strip file "
  .. "jq yq curl wget ping dig host ss ps top free gh svn hg base64 xxd od hexdump sha512sum "
  .. "b2sum install truncate dd lsof pgrep pkill id groups hostname locale clear tput for fi done "
  .. "in")

---A program's name without its folder and version: `/usr/bin/python3.11` is python.
---@param name string
---@return string bare
---@return string base
function M.names(name)
  local bare = name:gsub("^.*/", "")
  local base = bare:gsub("%-?%f[%d.][%d.]+$", "")
  return bare, base ~= "" and base or bare
end

-- What others cannot take back: another user's rights first, then what destroys or ends something.
local rights = set "sudo su doas pkexec runuser su-exec gosu"
local destroys = set("rm rmdir unlink shred dd mkfs wipefs truncate mv chmod chown chattr kill "
  .. "pkill killall fuser shutdown reboot halt poweroff systemctl service crontab userdel passwd "
  .. "iptables nft mount umount fdisk parted")

---How much a program can do, for the choice of the part of a command that a person is told of.
---@param name string?
---@return integer 3 the rights of another user, 2 it destroys or ends something, 1 the network, 0
function M.weight(name)
  local bare, base = M.names(name or "")
  if rights[bare] then return 3 end
  if destroys[bare] or bare:find "^mkfs%." then return 2 end
  return (M.network[bare] or M.network[base]) and 1 or 0
end

---@param name string
---@return boolean
function M.runs_others(name)
  local bare, base = M.names(name)
  return M.runners[bare] or M.runners[base] or bare:find "^ld%-linux" ~= nil or false
end

---Whether a program may run what its words say, among other things.
---@param name string
---@return boolean
function M.hosts_others(name)
  local bare, base = M.names(name)
  return M.hosts[bare] or M.hosts[base] or false
end

return M
