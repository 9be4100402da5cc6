-- Rules that are offered: {name, command, never}: whatever is offered for the command must not allow `never`. Controls are offered a rule,
-- and it allows the very command.
local out = {}
for command, never in pairs { ["git diff"] = "git diff --output=x", ["git diff HEAD"] = "git diff HEAD --output=$HOME/.bashrc", ["git log"] = "git log --output=x", ["git log -3"] = "git log -3 --output=x",
  ["git -C . status"] = "git push", ["git status"] = "git status; rm f", ["git show"] = "git show --ext-diff", ["npm run build"] = "npm run build -- --x", ["npm test"] = "npm test -- --outputFile=x",
  ["cargo build"] = "cargo build --config x", ["go test ./..."] = "go test -exec x ./...", ["touch a"] = "touch b", ["mkdir a"] = "mkdir ../a", ["cp a b"] = "cp a c", ["sed -i s/a/b/ f"] = "sed -i s/a/b/ g",
  ["make"] = "make SHELL=x", ["make test"] = "make other" } do out[#out + 1] = { command, command = command, never = never } end
for command in pairs { ["php x.php"] = 1, ["deno run x.ts"] = 1, ["bun x.ts"] = 1, ["gawk x f"] = 1, ["python3.11 x.py"] = 1, ["nodejs x.js"] = 1, ["npm exec x"] = 1, ["pnpm dlx x"] = 1, ["yarn dlx x"] = 1,
  ["pipx run x"] = 1, ["socat - x"] = 1, ["gdb x"] = 1, ["tmux new"] = 1, ["man ls"] = 1, ["less f"] = 1, ["trap x EXIT"] = 1, ["declare x"] = 1, ["python3 x.py"] = 1, ["perl x"] = 1, ["ruby x"] = 1,
  ["node x.js"] = 1, ["lua x"] = 1, ["awk x f"] = 1, ["vim f"] = 1, ["ssh h"] = 1, ["curl h"] = 1, ["env make"] = 1, ["sudo make"] = 1, ["sh x"] = 1, ["bash x"] = 1, ["xargs x"] = 1, ["npx x"] = 1,
  ["uv run x"] = 1, ["docker run x"] = 1, ["watch x"] = 1, ["screen x"] = 1, ["expect x"] = 1, ["emacs f"] = 1, ["nix-shell x"] = 1, ["eval x"] = 1, ["source x"] = 1, ["export A=b"] = 1, ["alias a=b"] = 1,
  ["cat ~/x"] = nil, ["echo $X > f"] = 1, ["touch $X"] = 1, ["touch a*"] = 1, ["touch 'a b'"] = 1, ["touch ''"] = 1, ["git bisect run x"] = 1, ["git submodule foreach x"] = 1, ["tar -I x -cf a b"] = 1, ["tar cfI a x b"] = 1, ["tar --use=x -cf a b"] = 1, ["ip netns exec x y"] = 1, ["gh alias set a b"] = 1, ["wget -qe x h"] = 1,
  ["find . -delete"] = 1, ["mkdir 'a*'"] = 1, ["rsync a b"] = 1, ["x; touch a; touch b"] = 1 } do out[#out + 1] = { "nothing for " .. command, command = command } end
for _, command in ipairs { "git status", "git diff", "npm test", "npm run build", "cargo build", "make", "touch a", "git commit -m x", "go build ./...", "git -C . status", "pytest -q", "tar xf a.tar", "cmake --build build", "gcc -c a.c" } do
  out[#out + 1] = { "control: " .. command, command = command }
end
return out
