-- Data in another language's run: what commands, errors and messages are filled in with stays as it is, also where it is a word of ours.
local t = dofile "tests/check.lua"
local fs = require "sys.fs"
local program = dofile "tests/program.lua"

local say = [[
local C = { summary = "end the session", shell = true }
function C.run(ctx, args)
  for _, line in ipairs { "refused", "model", "none", "12 files", "yes, once", "restored a", "model  requests  none" } do ctx.print(line) end
  ctx.print(qwen.tr("%d files in %s", 2, "none"))
  ctx.print(qwen.tr("%d files", 2))
  ctx.notice "no files"
  return args[1] and 0 or nil, not args[1] and qwen.err("usage", qwen.tr("there is no tool '%s'; such as: qwen explain permission 'Bash(rm x)'", "none")) or nil
end
return C
]]
local zh = 'local zh = qwen.shipped "languages/zh"\nzh.texts["%d files in %s"] = "%2 里有 %1 个文件"\nreturn zh\n'
local place = program.place { ["~/.qwen/settings.json"] = '{"general": {"language": "zh"}, "model": {"name": "none"}}',
  ["~/.qwen/commands/say.lua"] = say, ["~/.qwen/languages/zh.lua"] = zh }
local lines = "refused\nmodel\nnone\n12 files\nyes, once\nrestored a\nmodel  requests  none\nnone 里有 2 个文件\n2 个文件\n"

-- In the shell, with a pipe behind it, and as a prompt without a screen.
for _, argv in ipairs { { "say", "x" }, { "-p", "/say x" } } do
  local r = program.run(place, argv)
  t.eq({ r.code, r.out, r.err }, { 0, lines, "qwen: no files\n" }, table.concat(argv, " "))
end
t.match(program.run(place, { "say" }).err, "没有工具“none”", "an error of our own, with data in it")
t.match(program.run(place, { "config", "get", "model.name" }).out, "^none\n$", "a value")
t.match(program.run(place, { "config", "explain", "model.name" }).out, "none.*来自", "a value, and where it is from")
t.match(program.run(place, { "help", "say" }).out, "结束会话", "a declared text")

-- Names of files.
local folder = program.place { ["~/.qwen/settings.json"] = '{"general": {"language": "zh"}}', ["none/a"] = "", ["model"] = "", ["12 files"] = "" }
assert(fs.write(folder.cwd .. "/none_test.lua", "return { refused = function(t) t:eq(1, 1) end }\n"))
local r = program.run(folder, { "test", "none_test.lua" })
t.match(r.out, "none_test%.lua\n  正常 +refused\n", "a test of a user's")

-- Another program gets English kinds, whatever the language.
local status = program.run(place, { "auth", "status", "--json" })
t.eq(select(2, status.out:gsub("[\xE4-\xE9][\x80-\xBF]", "")), 0, "JSON holds no translation")

t.done()
