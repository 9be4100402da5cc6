-- Paths and links: where tools may go unasked, by the verdict on each tool's own call; what was approved and then moved away under it.
local t = dofile "tests/check.lua"
local fs, os_, proc = require "sys.fs", require "sys.os", require "qwen.util.process"
local files, policy = require "qwen.permission.files", require "qwen.permission.policy"

local root = assert(fs.realpath(assert(fs.mkdtemp "files-")))
local cwd = root .. "/proj"
assert(proc.run { argv = { "sh", "-c", [[
mkdir -p proj/sub proj-evil out/deep; echo secret > out/secret; echo s > proj-evil/s; echo in > proj/sub/in
ln -s ../out/secret proj/link; ln -s ../out proj/dirlink; ln -s ../out/new proj/dangling; ln -s link proj/chain; ln -s loop proj/loop; ln -s /proc/self/cwd proj/magic
ln -s sub/in proj/inner; ln -s ../../out/deep proj/sub/deep]] }, cwd = root })
local ctx = { cwd = cwd, mode = "default", seen = {}, session = { id = "s", cwd = cwd, messages = {} },
  settings = { get = function() end, env = function() end } }

local function verdict(name, args, mode)
  ctx.mode = mode or "default"
  return (policy.judge(ctx, name, assert(qwen.x.registry.get("tools", name)), args))
end

-- Each way out, through each tool. Looking inside is free; whatever leads outside asks; so does every change.
local function calls(path)
  return { read_file = { file_path = path }, list_directory = { path = path }, glob = { pattern = "*", path = path }, grep_search = { pattern = "x", path = path },
    edit = { file_path = path, old_string = "a", new_string = "b" }, write_file = { file_path = path, content = "x" } }
end
for _, path in ipairs { "/link", "/dirlink", "/dirlink/secret", "/dirlink/not/yet", "/dangling", "/dangling/x", "/chain", "/loop", "/loop/x", "/magic/x", "/../out/secret", "-evil/s",
  "/./sub/../../proj-evil/s", "/sub//deep", "/inner/../../out" } do
  for name, args in pairs(calls(cwd .. path)) do
    t.eq({ verdict(name, args), verdict(name, args, "auto-edit"), verdict(name, args, "plan") }, { "ask", "ask", "deny" }, name .. " " .. path)
  end
end
-- Tools open a path by its text, so `..` takes the link before it away; it is judged so, too.
for _, path in ipairs { "", "/sub/in", "/sub/new/file", "/inner", "/.", "/sub/../sub/in", "/...", "/sub/deep/../secret", "/dirlink/../x" } do
  for name, args in pairs(calls(cwd .. path)) do
    local changes = name == "edit" or name == "write_file"
    t.eq({ verdict(name, args), verdict(name, args, "auto-edit"), verdict(name, args, "plan") }, { changes and "ask" or "allow", "allow", changes and "deny" or "allow" }, name .. " " .. path)
  end
end
for _, path in ipairs { "/.git/config", "/.qwen/settings.json", "/sub/.GIT/hooks/x", "/.bashrc", "/.vscode/tasks.json" } do
  t.eq({ verdict("write_file", { file_path = cwd .. path, content = "" }, "auto-edit"), verdict("read_file", { file_path = cwd .. path }) }, { "ask", "allow" }, path)
end

-- Names.
for path, normal in pairs { ["/a/./b//c/"] = "/a/b/c", ["/../../x"] = "/x", ["/"] = "/", ["//a"] = "/a", ["/a/b/../../.."] = "/" } do t.eq(files.normal(path), normal, path) end
for path, want in pairs { x = "/x", ["./x"] = "/x", ["../x"] = "/../x", ["C:\\x"] = "/C:\\x" } do
  t.eq(files.resolve(ctx, path), files.normal(cwd .. want), "relative to the project: " .. path)
end
t.eq({ files.resolve(ctx, "~/x"), files.resolve(ctx, "~") }, { os_.env "HOME" .. "/x", os_.env "HOME" }, "the home folder")
t.eq(files.places(ctx, { "~/x", "x" })[1].name, os_.env "HOME" .. "/x", "what is judged is what is opened")
t.err(files.resolve(ctx, ""), select(2, files.resolve(ctx, "")), "usage", "empty")
t.eq({ files.relative(ctx, cwd .. "/sub/in"), files.relative(ctx, cwd .. "-evil/s") }, { "sub/in", root:sub(2) .. "/proj-evil/s" })
t.eq({ files.real(cwd .. "/inner") }, { cwd .. "/sub/in", false }, "a link inside")
t.eq({ files.real(cwd .. "/dirlink/new/x") }, { root .. "/out/new/x", false }, "of what does not exist, the folder's")
t.eq({ files.real(cwd .. "/dangling") }, { cwd .. "/dangling", true }, "a link that leads nowhere is not sure")

-- What searches whole folders does not follow links out of them.
local function text(name, args) return assert(assert(qwen.x.registry.get("tools", name)).run(ctx, args)).text end
ctx.spill = function() end
t.match(text("grep_search", { pattern = "secret" }), "^No matches")
t.eq(text("glob", { pattern = "**/secret" }):match "^No files" , "No files")
t.match(text("list_directory", { path = cwd }), "dirlink %(link%)\n")
local walked = {}
for name in files.walk(cwd) do walked[#walked + 1] = name end
t.eq(walked, { "sub/in" }, "the walk stays too")

-- A folder that becomes a link after the file was read: what was seen is not what would be written.
local path = cwd .. "/sub/in"
files.mark_seen(ctx, path)
assert(proc.run { argv = { "sh", "-c", "cp -p proj/sub/in out/in; mv proj/sub proj/was; ln -s ../out proj/sub" }, cwd = root })
local edit = qwen.x.registry.get("tools", "edit")
local done, e = edit.run(ctx, { file_path = path, old_string = "in", new_string = "OUT" })
t.err(done, e, "usage", "swapped under the approval")
t.eq(fs.read(root .. "/out/in"), "in\n", "nothing was written there")
done, e = qwen.x.registry.get("tools", "write_file").run(ctx, { file_path = path, content = "OUT" })
t.err(done, e, "usage")
t.match(e.message, "has not been read")

-- The same for a new file, while the person is asked.
local act = require "qwen.agent.tool_calls"
local function approve(name, args, meanwhile)
  ctx.mode, ctx.interactive, ctx.granted, ctx.denials, ctx.tools = "default", true, {}, {}, { { name = name } }
  ctx.emit = function(event, value, second) return event == "tool_ended" and second or value end
  ctx.notice = function() end
  function ctx.ask()
    if meanwhile then assert(proc.run { argv = { "sh", "-c", meanwhile }, cwd = root }) end
    return "y"
  end
  local results = {}
  act.run(ctx, { { id = "1", name = name, args = qwen.json.encode(args) } }, results, {}, require("qwen.agent.repeats").of(ctx))
  return results[1]
end
fs.mkdir(cwd .. "/fresh")
local result = approve("write_file", { file_path = cwd .. "/fresh/new", content = "x" }, "mv proj/fresh proj/gone; ln -s ../out proj/fresh")
t.eq({ result.error, fs.stat(root .. "/out/new") == nil }, { true, true }, "a folder swapped while the question was open")
t.match(result.text, "leads to another place than when the user was asked%. Nothing was done")
result = approve("write_file", { file_path = cwd .. "/plain/new", content = "x" })
t.eq({ result.error, fs.read(cwd .. "/plain/new") }, { nil, "x" }, "and when nothing was")
fs.write(cwd .. "/unread", "x")
result = approve("edit", { file_path = cwd .. "/unread", old_string = "x", new_string = "y" }, "touch asked")
t.match(result.text, "has not been read")
t.eq({ result.error, fs.stat(root .. "/asked") == nil }, { true, true }, "nobody is asked about what would fail")

-- Nothing outside: nobody is asked, what is meant in the project is named, and what comes there meanwhile is not read.
fs.mkdir(root .. "/away")
for name, words in pairs { ["app/sub/in"] = "^File not found: [^ ]+%. Did you mean " .. cwd:gsub("%p", "%%%0") .. "/sub/in%?$",
  ["away/later"] = "^File not found: [^ ]+%. The project is in " .. cwd:gsub("%p", "%%%0") .. "%.$" } do
  result = approve("read_file", { file_path = root .. "/" .. name }, "touch asked")
  t.match(result.text, words, name)
  t.eq(fs.stat(root .. "/asked"), nil, "not asked: " .. name)
end
do
  local places = files.places(ctx, { root .. "/away/later" })
  t.eq((require("qwen.permission.policy").judge(ctx, "read_file", qwen.x.registry.get("tools", "read_file"), {}, places)), "allow")
  fs.write(root .. "/away/later", "secret\n")
  local later, missing = files.read(files.scope(ctx, "read", places), root .. "/away/later")
  t.err(later, missing, "missing", "it came after it was judged")
  fs.remove(root .. "/away/later")
end

-- Outputs that were spilled: private, and read unasked.
local paths = require "qwen.util.paths"
local real_ctx = require("qwen.ctx").new { cwd = cwd, trusted = true, settings = ctx.settings, opts = {} }
local spilled = real_ctx.spill("run_shell_command", "long")
t.match(spilled, "/tmp/%x+/run_shell_command_%x+%.output$")
t.eq({ fs.read(spilled), fs.stat(spilled).mode, fs.stat(paths.tmp(cwd)).mode }, { "long", 384, 448 })
t.eq({ verdict("read_file", { file_path = spilled }), verdict("write_file", { file_path = spilled, content = "" }, "auto-edit") }, { "allow", "ask" })
fs.remove(spilled)
assert(proc.run { argv = { "ln", "-s", root .. "/out/secret", spilled } })
t.eq(verdict("read_file", { file_path = spilled }), "ask", "a link in their place")

fs.remove_tree(root)
t.done()
