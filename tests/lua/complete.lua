-- The generated completions and man page: each shell accepts its own, bash completes with it, roff has no complaint.
local t = dofile "tests/check.lua"
local fs = require "sys.fs"
local proc = require "qwen.util.process"
local flags = require "qwen.config.flags"
local program, tmp = require("sys.os").env "QWEN", require("sys.os").env "TMPDIR"

local function generated(name, script, ...)
  local path = tmp .. "/" .. name
  local r = assert(proc.run { argv = { program, "lua", "docs/gen/" .. script .. ".lua", ... } })
  t.eq({ r.code, r.err }, { 0, "" }, name .. " is printed")
  assert(fs.write(path, r.out))
  return path, r.out
end

local function accepted_by(shell)
  local path, text = generated("qwen." .. shell, "complete", shell)
  for _, group in ipairs(flags) do
    for _, flag in ipairs(group) do t.match(text, "%f[%w-]%-?%-?" .. flag.long:gsub("%-", "%%-"), shell .. " knows " .. flag.long) end
  end
  if not t.need(shell) then return end
  t.eq(proc.run({ argv = { shell, "-n", path }, stderr = "stdout" }).out, "", shell .. " accepts it")
  return path
end

local path = accepted_by "bash"
accepted_by "zsh"
local fish = accepted_by "fish"

---What bash would offer after these words.
local function offers(...)
  local words = { "qwen", ... }
  local script = ('. %s; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _qwen; printf "%%s\\n" "${COMPREPLY[@]}"'):format(path)
  return proc.run({ argv = { "bash", "-c", script, "bash", table.unpack(words) } }).out
end
t.eq(offers("--approval-mode", "p"), "plan\n", "the choices of a flag")
t.eq(offers("sess"), "sessions\n", "commands come first")
t.match(offers("-p", "x", "--mo"), "^%-%-model\n", "flags")
t.eq(offers("--model", ""), "\n", "nothing where nothing is known")
t.eq(offers("limits", ""), "forget\nset\nstore\nunset\n", "sub-commands of a command")
t.eq(offers("limits", "se"), "set\n", "that begin so")
t.eq(offers("diff", "READ"), "README.md\n", "files where there are none")
if fish then
  local r = proc.run { argv = { "fish", "--no-config", "-c", ("source %s; complete -C 'qwen limits se'; complete -C 'qwen limits set limit'"):format(fish) } }
  t.match(r.out, "^set\t[^\n]+\n$", "fish offers a sub-command once")
end

local _, man = generated("qwen.1", "man")
t.match(man, "%.SH NAME\nqwen \\%- ", "a man page")
if t.need "groff" then
  local r = proc.run { argv = { "groff", "-man", "-ww", "-z", tmp .. "/qwen.1" } }
  t.eq({ r.code, r.err }, { 0, "" }, "groff has no complaint")
end

local bad = proc.run { argv = { program, "lua", "docs/gen/complete.lua", "tcsh" } }
t.ok(bad.code ~= 0, "an unknown shell is refused")
t.done()
