-- Hooks of settings.json as people write them: matchers, timeouts, and shapes that are no hooks. What is left out is told.
require "qwen.api"
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local hooks = require "qwen.extension.settings_hooks"
local json = require "sys.json"
local regex = require "qwen.util.regex"

-- Matchers over names of tools: the tools that each must fit, of these.
local tools = { "run_shell_command", "read_file", "write_file", "edit", "grep_search", "glob", "list_directory", "todo_write", "task", "skill",
  "mcp__files__write_file" }
local function fits(matcher)
  local out = {}
  for _, name in ipairs(tools) do
    if hooks.matches(matcher, name, hooks.tool_names[name]) then out[#out + 1] = name end
  end
  return table.concat(out, " ")
end
local all = table.concat(tools, " ")
for matcher, want in pairs {
  [""] = all, ["*"] = all, [" * "] = all, [".*"] = all, ["^Bash$"] = "run_shell_command", ["Bash"] = "run_shell_command",
  ["Write.*"] = "write_file", ["Read | Edit"] = "read_file edit", ["(Read|Edit)"] = "read_file edit", ["Edit|MultiEdit|Write"] = "write_file edit",
  ["^(run_shell_command|edit)$"] = "run_shell_command edit", ["FindFiles"] = "glob", ["SearchFiles"] = "grep_search", ["Agent"] = "task",
  ["Task"] = "task", ["Skill"] = "skill", ["mcp__.*"] = "mcp__files__write_file", ["mcp__files__.*write.*"] = "mcp__files__write_file",
  ["write"] = "write_file todo_write mcp__files__write_file", ["e{1}dit"] = "edit", ["[Ee]dit"] = "edit", ["^(?!mcp__).*write_file"] = "write_file",
  ["\\bglob\\b"] = "glob", ["\\w+_directory"] = "list_directory", ["Nothing"] = "", ["bash"] = "", ["(unclosed"] = all,
  ["Bash(git *)"] = "",
} do
  t.eq(fits(matcher), want, "matcher " .. matcher)
end
t.ok(hooks.matches(nil, "edit"), "no matcher fits all")

-- The engine: found, whole, not understood, without end.
for _, case in ipairs {
  { "a|b|", "x", true }, { "^a{2,3}$", "aaaa", false }, { "^a{2,3}$", "aaa", true }, { "a+?b", "aab", true }, { "[^a-c]", "abc", false },
  { "[^a-c]", "abd", true }, { "\\d\\D\\s", "1x ", true }, { "a.c", "abc", true }, { "^$", "", true }, { "(a(b|c))+d", "abacd", true },
  { "[\\]x-]", "-", true }, { "x(?=y)", "xz", false }, { "(?:ab)?c$", "zc", true }, { "a\\.b", "axb", false }, { "^.$", "é", true },
  { "[^é]", "é", false }, { "^[à-ö]+$", "dé", false }, { "^d[à-ö]{2}$", "déè", true }, { "é?x", "éx", true },
} do
  t.eq(regex.compile(case[1])(case[2]), case[3], case[1] .. " in " .. case[2])
end
for _, wrong in ipairs { "(", ")", "[a", "*a", "a\\", "(?<n>a", "(?<n", "\\1" } do
  local found, problem = regex.compile(wrong)
  t.ok(not found and problem, wrong .. " is not understood")
end
t.eq(regex.compile "^(a+)+$" (("a"):rep(60) .. "b"), nil, "one that takes too long ends")

-- Seconds, and milliseconds of old settings.
for _, case in ipairs { { 10, nil, 10 }, { 1000, nil, 1 }, { 30000, "command", 30 }, { 999, "command", 999 }, { 1000, "http", 1000 },
  { nil, nil, 60 }, { -1, nil, 60 }, { "5", nil, 5 } } do
  t.eq(hooks.seconds({ timeout = case[1], type = case[2] }, 60), case[3], "timeout " .. tostring(case[1]))
end

-- Shapes that are no hooks, each told by its key.
local function keys(text)
  local out = {}
  for i, wrong in ipairs(hooks.problems(json.decode(text))) do out[i] = wrong.key end
  return table.concat(out, " ")
end
t.eq(keys [[{"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "true", "timeout": 5}]}]}]], "", "a right one")
for text, want in pairs {
  [ [[{"PreToolUse": [{"type": "command", "command": "x"}]}]] ] = "hooks.PreToolUse.0",
  [ [[{"PreToolUse": {"hooks": []}}]] ] = "hooks.PreToolUse",
  [ [[{"PreToolUse": "x.sh"}]] ] = "hooks.PreToolUse",
  [ [[{"PreToolUse": ["x.sh"]}]] ] = "hooks.PreToolUse.0",
  [ [[{"PreToolUse": [{"hooks": ["x.sh"]}]}]] ] = "hooks.PreToolUse.0.hooks.0",
  [ [[{"PreToolUse": [{"hooks": [{"type": "function"}]}]}]] ] = "hooks.PreToolUse.0.hooks.0",
  [ [[{"PreToolUse": [{"hooks": [{"type": "command"}]}]}]] ] = "hooks.PreToolUse.0.hooks.0",
  [ [[{"PreToolUse": [{"hooks": [{"command": "x", "timeout": "soon"}]}]}]] ] = "hooks.PreToolUse.0.hooks.0",
  [ [[{"PreToolUse": [{"matcher": "(", "hooks": []}]}]] ] = "hooks.PreToolUse.0.matcher",
  [ [[{"PreToolUse": [{"matcher": {"tool": "x"}, "hooks": [{"command": "x"}]}]}]] ] = "hooks.PreToolUse.0.matcher",
  [ [[{"PreTooluse": []}]] ] = "hooks.PreTooluse",
} do
  t.eq(keys(text), want, text)
end

-- A wrong one is told at the start of a session and by the doctor.
local place = program.place { ["~/.qwen/settings.json"] = [[{"hooks": {"PreToolUse": [{"command": "exit 2"}]}}]] }
t.match(program.run(place, { "doctor" }).out, "WRONG hooks%.PreToolUse%.0 ", "the doctor")

t.done()
