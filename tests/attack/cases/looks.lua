-- Repositories that are made to harm who looks at them with git unasked. `setup` runs in one with a commit; $EVIL is a program, $SECRET a
-- file outside the project that holds one line.
local function config(title, key, value, more)
  return { title, setup = ("git config '%s' \"%s\"; %s"):format(key, value, more or ":") }
end

local function link(title, path, more)
  return { title, setup = ("%s; rm -rf .git/%s; mkdir -p \"$(dirname .git/%s)\"; ln -s $SECRET .git/%s"):format(more or ":", path, path, path) }
end

local function filter(title, driver, key)
  return { title, setup = ("echo 'f filter=%s' > .gitattributes; git config 'filter.%s.%s' $EVIL; touch -d yesterday f"):format(driver, driver, key or "clean") }
end

local MERGE = "git checkout -qb o; echo 2 > f; git commit -qam 2; git checkout -q main; echo 3 > f; git commit -qam 3; git merge -q o >/dev/null 2>&1; "
  .. "echo 4 > f; git commit -qam 4; echo 'f merge=m' > .gitattributes; git config merge.m.driver \"$EVIL %A\"; "
local PARTIAL = "git clone -q --no-local --filter=blob:none --no-checkout file://$PWD $ROOT/pc >/dev/null 2>&1; rm -rf .git; mv $ROOT/pc/.git .; rm -rf $ROOT/pc; "
local OTHER = "rm -rf $ROOT/other; git init -q $ROOT/other; cd $ROOT/other; echo TOPSECRET > s; git add s; git commit -qm TOPSECRET; cd - >/dev/null; "

local cases = {
  { "control: a plain repository", setup = ":" },
  { "control: of somebody who works", setup = "git config user.name x; git config remote.origin.url https://h/x; git config branch.main.remote origin; "
    .. "git config core.autocrlf input; git config pull.rebase true; git config filter.lfs.clean 'git-lfs clean'; git config core.sshCommand 'ssh -i k'" },
  { "control: a longer command", setup = ":", commands = { "git log --oneline | head -3; git status && git branch -a; git ls-files | wc -l" } },
  { "control: a merge", setup = MERGE .. "rm .gitattributes; git config --unset merge.m.driver" },
  { "control: a revision list of blame", setup = "git config blame.ignoreRevsFile .git-blame-ignore-revs; git rev-parse HEAD > .git-blame-ignore-revs",
    commands = { "git log" } },

  filter("a filter", "x"), filter("a filter, process", "x", "process"), filter("a filter, smudge", "x", "smudge"),
  filter("a filter with = in its name", "a=b"), filter("a filter that ends in =", "a="), filter("a filter that begins with =", "=a"),
  filter("a filter with a dot", "a.b"), filter("a filter named clean", "clean"), filter("a filter named clean=", "x.clean="),
  filter("a filter with quotes", 'a"b'), filter("a filter with a bracket", "a]b"), filter("a filter with a dollar", "a$b"),
  filter("a filter with a backslash", "a\\\\b"), filter("a filter with a percent", "%%"), filter("a filter with wide letters", "ä"),
  filter("a filter with a star", "*"), filter("a filter with a hash", "a#b"), filter("a filter with a semicolon", "a;b"),
  { "a filter by an included file", setup = "printf '[filter \"x\"]\\nclean = %s\\n' $EVIL > inc; git config include.path ../inc; echo 'f filter=x' > .gitattributes" },
  { "a filter by includeIf gitdir", setup = "printf '[filter \"x\"]\\nclean = %s\\n' $EVIL > inc; git config includeIf.gitdir:/.path $PWD/inc; echo 'f filter=x' > .gitattributes" },
  { "a filter by includeIf onbranch", setup = "printf '[filter \"x\"]\\nclean = %s\\n' $EVIL > inc; git config includeIf.onbranch:main.path ../inc; echo 'f filter=x' > .gitattributes" },
  { "a filter by includeIf hasconfig", setup = "printf '[filter \"x\"]\\nclean = %s\\n' $EVIL > inc; git config remote.o.url u; git config includeIf.hasconfig:remote.*.url:u.path ../inc; echo 'f filter=x' > .gitattributes" },
  { "a filter in the worktree's config", setup = "git config extensions.worktreeConfig true; git config --worktree filter.x.clean $EVIL; echo 'f filter=x' > .gitattributes" },
  { "a filter by .git/info/attributes", setup = "echo 'f filter=x' > .git/info/attributes; git config filter.x.clean $EVIL; touch -d yesterday f" },
  { "a filter in letters of two cases", setup = "printf '[FilTer \"X\"]\\nCLEAN = %s\\n' $EVIL >> .git/config; echo 'f filter=X' > .gitattributes" },
  { "a filter in the old form of a section", setup = "printf '[filter.x]\\nclean = %s\\n' $EVIL >> .git/config; echo 'f filter=x' > .gitattributes" },
  { "a filter of another user's repository", setup = "echo 'f filter=x' > .gitattributes; git config filter.x.clean $EVIL; touch -d yesterday f; "
    .. "[ $(id -u) != 0 ] || chown -R 1234 ." },
  { "a filter of another user's .git", setup = "echo 'f filter=x' > .gitattributes; git config filter.x.clean $EVIL; touch -d yesterday f; "
    .. "[ $(id -u) != 0 ] || chown -R 1234 .git" },

  { "a merge driver by log.diffMerges", setup = MERGE .. "git config log.diffMerges remerge" },
  { "a merge driver by log.diffMerges r", setup = MERGE .. "git config log.diffMerges r" },
  { "a merge driver, named in the command", setup = MERGE, commands = { "git log --remerge-diff", "git show --diff-merges=remerge HEAD", "git log --diff-merges=r -p" } },
  { "a default merge driver", setup = MERGE .. "git config merge.default m; rm .gitattributes; git config log.diffMerges remerge" },
  { "a merge driver for status", setup = MERGE .. "git config merge.renormalize true" },

  config("fsmonitor", "core.fsmonitor", "$EVIL"), config("fsmonitor, version 1", "core.fsmonitor", "$EVIL", "git config core.fsmonitorHookVersion 1"),
  config("a pager", "core.pager", "$EVIL"), config("a pager of log", "pager.log", "$EVIL"), config("a pager of status", "pager.status", "$EVIL"),
  config("an external diff", "diff.external", "$EVIL"), config("an editor", "core.editor", "$EVIL"), config("a sequence editor", "sequence.editor", "$EVIL"),
  config("a diff driver", "diff.d.command", "$EVIL", "echo '* diff=d' > .gitattributes; echo 2 >> f"),
  config("a diff driver with = in its name", "diff.a=b.command", "$EVIL", "echo '* diff=a=b' > .gitattributes; echo 2 >> f"),
  config("textconv", "diff.d.textconv", "$EVIL", "echo '* diff=d' > .gitattributes; echo 2 >> f"),
  config("textconv, cached", "diff.d.textconv", "$EVIL", "git config diff.d.cachetextconv true; echo '* diff=d' > .gitattributes; echo 2 >> f"),
  config("an alias of a command", "alias.status", "!$EVIL"), config("an alias of log", "alias.log", "!$EVIL"),
  config("gpg", "gpg.program", "$EVIL", "git config log.showSignature true"), config("gpg of openpgp", "gpg.openpgp.program", "$EVIL", "git config format.pretty %G?"),
  config("gpg of ssh", "gpg.ssh.program", "$EVIL", "git config format.pretty %G?"), config("gpg of x509", "gpg.x509.program", "$EVIL", "git config format.pretty %G?"),
  config("a key command of gpg", "gpg.ssh.defaultKeyCommand", "$EVIL", "git config format.pretty %G?"),
  config("a trailer's command", "trailer.sign.command", "$EVIL", "git config format.pretty '%(trailers)'"),
  config("a trailer's cmd", "trailer.sign.cmd", "$EVIL", "git config format.pretty '%(trailers)'"),
  config("hooks", "core.hooksPath", "hk", "mkdir hk; cp $EVIL hk/post-index-change; cp $EVIL hk/reference-transaction; touch -d yesterday f"),
  { "hooks in their own place", setup = "cp $EVIL .git/hooks/post-index-change; cp $EVIL .git/hooks/fsmonitor-watchman; touch -d yesterday f" },
  config("alternates' command", "core.alternateRefsCommand", "$EVIL"), config("ask for a password", "core.askPass", "$EVIL"),
  config("a proxy", "core.gitProxy", "$EVIL"), config("a helper of credentials", "credential.helper", "!$EVIL"),
  config("a packer", "uploadpack.packObjectsHook", "$EVIL"), config("a way of ssh", "core.sshCommand", "$EVIL"),
  config("a browser", "browser.x.cmd", "$EVIL"), config("a tool for differences", "difftool.x.cmd", "$EVIL"),
  config("a helper of merges", "mergetool.x.cmd", "$EVIL"), config("a filter of add -p", "interactive.diffFilter", "$EVIL"),
  config("a packed history", "gc.recentObjectsHook", "$EVIL"), config("corrected names", "help.autocorrect", "immediate"),
  config("a submodule's update", "submodule.s.update", "!$EVIL", "printf '[submodule \"s\"]\\npath=s\\nurl=./s\\n' > .gitmodules"),
  config("a submodule's log", "diff.submodule", "log", "git init -q s; cd s; git commit -q --allow-empty -m s; git config core.fsmonitor $EVIL; cd ..; git add s 2>/dev/null"),
  config("a submodule's summary", "status.submoduleSummary", "true", "git init -q s; cd s; git commit -q --allow-empty -m s; git config core.fsmonitor $EVIL; cd ..; git add s 2>/dev/null"),
  config("a nested repository", "submodule.recurse", "true", "git init -q s; cd s; git commit -q --allow-empty -m s; git config core.fsmonitor $EVIL; cd ..; git add s 2>/dev/null"),
  config("another work tree", "core.worktree", "$ROOT", "git config core.bare false"),
  { "a bare repository in the project", setup = "git init -q --bare . && git --git-dir=. config core.fsmonitor $EVIL; rm -rf .git" },
  { "a .git that is a file", setup = "mv .git real; echo 'gitdir: real' > .git; git config core.fsmonitor $EVIL" },
  { "a .git that is a link", setup = "git config core.fsmonitor $EVIL; mv .git real; ln -s real .git" },
  { "a .git of nothing", setup = "rm -rf .git; mkdir .git; git init -q --bare . ; git --git-dir=. config core.fsmonitor $EVIL" },

  { "lazy fetching by ext", setup = PARTIAL .. "git config remote.origin.url \"ext::$EVIL\"; git config protocol.ext.allow always" },
  { "lazy fetching by a packer", setup = PARTIAL .. "git config remote.origin.uploadpack $EVIL; git config protocol.file.allow always" },
  { "lazy fetching by ssh", setup = PARTIAL .. "git config remote.origin.url ssh://h/x; git config core.sshCommand $EVIL; git config protocol.ssh.allow always" },
  { "lazy fetching by a helper", setup = PARTIAL .. "git config remote.origin.vcs evil; git config protocol.evil.allow always" },
  { "lazy fetching by another name", setup = PARTIAL .. "git config url.ext::$EVIL.insteadOf https://x; git config remote.origin.url https://x; git config protocol.ext.allow always" },

  config("revisions that blame leaves out", "blame.ignoreRevsFile", "$SECRET"), config("names of people", "mailmap.file", "$SECRET"),
  config("an order of files", "diff.orderFile", "$SECRET"), config("an attributes file", "core.attributesFile", "$SECRET"),
  config("an excludes file", "core.excludesFile", "$SECRET"), config("an included file", "include.path", "$SECRET"),
  config("a template", "commit.template", "$SECRET"), config("signers", "gpg.ssh.allowedSignersFile", "$SECRET", "git config gpg.format ssh; git config format.pretty %G?"),
  config("revoked signers", "gpg.ssh.revocationFile", "$SECRET", "git config format.pretty %G?"),

  link("packed refs", "packed-refs"), link("alternates", "objects/info/alternates"), link("HEAD", "HEAD"), link("config", "config"), link("index", "index"),
  link("shallow", "shallow"), link("grafts", "info/grafts"), link("sparse paths", "info/sparse-checkout"), link("attributes", "info/attributes"),
  link("excludes", "info/exclude"), link("a branch", "refs/heads/main"), link("a tag", "refs/tags/x"), link("a reference below", "refs/heads/a/b/c"),
  link("a log", "logs/HEAD"), link("MERGE_HEAD", "MERGE_HEAD"), link("CHERRY_PICK_HEAD", "CHERRY_PICK_HEAD"), link("REVERT_HEAD", "REVERT_HEAD"),
  link("BISECT_START", "BISECT_START", "touch .git/BISECT_LOG"), link("a sequence", "sequencer/todo"), link("a commit graph", "objects/info/commit-graph"),
  link("a pack's list", "objects/info/packs"), link("commondir", "commondir"), link("gitdir", "gitdir"),
  link("what a rebase has done", "rebase-merge/done", "mkdir .git/rebase-merge; touch .git/rebase-merge/interactive"),
  link("what a rebase will do", "rebase-merge/git-rebase-todo", "mkdir .git/rebase-merge; touch .git/rebase-merge/interactive .git/rebase-merge/done"),
  link("where a rebase goes", "rebase-merge/onto", "mkdir .git/rebase-merge; touch .git/rebase-merge/interactive; echo refs/heads/x > .git/rebase-merge/head-name"),
  link("what a rebase is named", "rebase-merge/head-name", "mkdir .git/rebase-merge; touch .git/rebase-merge/interactive"),
  link("the name of an am", "rebase-apply/head-name", "mkdir .git/rebase-apply; touch .git/rebase-apply/applying"),
  link("where an am goes", "rebase-apply/onto", "mkdir .git/rebase-apply; touch .git/rebase-apply/rebasing"),
  link("another worktree's HEAD", "worktrees/x/HEAD"),

  { "alternates that name a secret", setup = "cp $SECRET .git/objects/info/alternates" },
  { "objects of another repository", setup = OTHER .. "echo $ROOT/other/.git/objects > .git/objects/info/alternates; cp $ROOT/other/.git/refs/heads/* .git/refs/heads/main" },
  { "a common folder elsewhere", setup = OTHER .. "echo $ROOT/other/.git > .git/commondir" },
  { "folders that are links", setup = OTHER .. "rm -rf .git/objects .git/refs; ln -s $ROOT/other/.git/objects .git/objects; ln -s $ROOT/other/.git/refs .git/refs" },
  { "a folder of objects that is a link", setup = OTHER .. "cp $ROOT/other/.git/refs/heads/* .git/refs/heads/main; for d in $ROOT/other/.git/objects/??; do rm -rf .git/objects/${d##*/}; ln -s $d .git/objects/; done" },
  { "packs that are a link", setup = OTHER .. "git -C $ROOT/other gc -q; cp $ROOT/other/.git/packed-refs .git/; rm -rf .git/refs/heads/main .git/objects/pack; ln -s $ROOT/other/.git/objects/pack .git/objects/" },
  { "a file that is a link", setup = "rm f; ln -s $SECRET f" },
  { "a folder that is a link", setup = "mkdir d; echo x > d/secret; git add d; git commit -qm d; rm -r d; ln -s $ROOT d" },
  { "a mail map that is a link", setup = "ln -s $SECRET .mailmap; git config log.mailmap true" },
  { "attributes that are a link", setup = "ln -s $SECRET .gitattributes; ln -s $SECRET .gitignore" },
  { "a pipe for HEAD", setup = "rm .git/HEAD; mkfifo .git/HEAD" },
  { "replaced objects", setup = "git config core.fsmonitor $EVIL; git replace HEAD $(git commit-tree -m TOP HEAD^{tree})" },
}

-- Longer commands: another repository below, and what is not git in them.
local NESTED = "git init -q sub; cp $EVIL sub/evil; for key in core.fsmonitor diff.external core.pager; do git -C sub config $key $EVIL; done; "
  .. "cp f sub/f; git -C sub add f; git -C sub commit -qm sub; echo 2 > sub/f"
for _, command in ipairs { "cd sub && git status", "cd sub; git diff", "git log; cd sub; git status", "cd ./sub/../sub && git diff", "cd sub | git status",
  "cd sub && cd .. && cd sub && git status", "pushd sub; git status", "GIT_DIR=sub/.git git status", "export GIT_DIR=sub/.git; git status", "git -C sub status",
  "git --git-dir=sub/.git status", "git log | sub/evil", "git log; sub/evil", "git status | xargs sub/evil", "git log && (sub/evil)", "git log | tee ../ran",
  "git log > ../ran", "git log >& ../ran", "git log 2>../ran", "git log $(sub/evil)", "git log; cat ../secret", "git log; sed -n '1e sub/evil' f",
  "git log | sed 'w ../ran'", "git status; sed -n 1p ../secret", "git branch x", "git branch -d main", "git ls-files --eol --format=x" } do
  cases[#cases + 1] = { "longer: " .. command, setup = NESTED, commands = { command } }
end

-- Words of the command that would write, run or read elsewhere.
for _, word in ipairs { "log --output=$PWD/x", "diff --output x", "log -p --ext-diff", "show --textconv", "log --show-signature", "log --format=%GG", "log --pretty='%G?'",
  "diff --no-index f ../secret", "diff -O../secret", "log -O$SECRET", "blame -S ../secret f", "blame --ignore-revs-file=../secret f", "blame --contents ../secret f",
  "blame --contents=../secret f", "status -v", "status --column=always -v", "log --exec=x", "-p log", "--paginate log", "-c core.fsmonitor=x status", "--exec-path=. status",
  "--git-dir=../other/.git log", "-C .. status", "--work-tree=.. status", "--config-env=core.fsmonitor=PWD status", "--namespace=x log", "--super-prefix=x status",
  "log --alternate-refs", "log -g", "log --walk-reflogs", "log --stdin", "show --stdin", "log --remerge-diff", "diff -- ../secret /dev/null", "diff /dev/null ../secret",
  "log --git-dir=x", "diff --submodule=log", "status --ignore-submodules=none", "log -L:x:../secret", "log --mailmap", "difftool -x touch", "log ';touch ran'", "log -n1 -O ../secret",
  "log -pO../secret", "blame -LS../secret f", "blame -sS ../secret f", "show ~/secret", "log $(touch ran)", "log `touch ran`", "log &touch ran", "log\ntouch ran", "log <../secret" } do
  cases[#cases + 1] = { "git " .. word, setup = "cp $EVIL x; git config diff.d.textconv $EVIL; echo '* diff=d' > .gitattributes", commands = { "git " .. word } }
end
return cases
