-- Folders beside the project: which are taken in, with which words the others are left out, and how paths are completed.
local t = dofile "tests/check.lua"
local fs = require "sys.fs"
local folders, paths = require "qwen.permission.folders", require "qwen.util.paths"
local trust = require "qwen.config.trust"
local proc = require "qwen.util.process"

local home = assert(fs.realpath(os.getenv "HOME"))
local root = assert(fs.realpath(assert(fs.mkdtemp(os.getenv "TMPDIR" .. "/folders-"))))
for _, path in ipairs { root .. "/all/project/sub", root .. "/all/lib/deep", root .. "/all/with blank", root .. "/all/.hidden", home .. "/notes",
  home .. "/.ssh", home .. "/.qwen" } do assert(fs.mkdir(path)) end
assert(fs.write(root .. "/all/file.txt", "x"))
assert(proc.run { argv = { "/bin/ln", "-s", "lib", root .. "/all/link" } })
assert(proc.run { argv = { "/bin/ln", "-s", "nowhere", root .. "/all/dangling" } })
assert(proc.run { argv = { "/bin/ln", "-s", "project/sub", root .. "/all/inward" } })

local function ctx_of()
  return { cwd = root .. "/all/project", folders = {}, settings = { get = function() end } }
end

local all = root .. "/all"
for _, row in ipairs {
  -- name, real path; or the words, and whether it belongs to the session already
  { "../lib", all .. "/lib" }, { "../lib/", all .. "/lib" }, { all .. "/lib", all .. "/lib" }, { "../lib/../lib/./deep", all .. "/lib/deep" },
  { "../link", all .. "/lib" }, { "~/notes", home .. "/notes" }, { "../with blank", all .. "/with blank" }, { "../.hidden", all .. "/.hidden" },
  { "..", all }, { root, root },
  { "../nowhere", "there is no such folder" }, { "../dangling", "there is no such folder" }, { "../file.txt", "it is no folder" },
  { "", "in the project already", true }, { "a\0b", "there is no such folder" }, { "~nobody", "there is no such folder" },
  { "/", "holds more than a project" }, { "~", "holds more than a project" }, { home, "holds more than a project" },
  { home:match "^(.+)/" or "/", "holds more than a project" }, { "~/.qwen", "files of qwen" }, { "~/.ssh", "holds keys" },
  { ".", "in the project already", true }, { "sub", "in the project already", true }, { "../inward", "in the project already", true },
  { "/proc", "system's own" }, { "/proc/self", "system's own" }, { "/dev", "system's own" }, { "/sys/kernel", "system's own" },
  { ("x/"):rep(4000), "there is no such folder" },
} do
  local ctx = ctx_of()
  local real, e = folders.add(ctx, row[1])
  if row[2]:sub(1, 1) == "/" then
    t.eq({ real, ctx.folders }, { row[2], { row[2] } }, row[1] .. (e and ": " .. e.message or ""))
  else
    t.eq({ real, #ctx.folders, e.kind, e.code == "there" }, { nil, 0, "usage", row[3] or false }, row[1])
    t.match(e.message, row[2], row[1])
  end
end

-- The same folder twice, one in another, one around another.
do
  local ctx = ctx_of()
  assert(folders.add(ctx, "../lib"))
  for _, name in ipairs { "../lib", "../link", "../lib/deep" } do
    local real, e = folders.add(ctx, name)
    t.eq({ real, e.code }, { nil, "there" }, name)
  end
  t.eq(folders.add(ctx, ".."), all, "one around both")
  t.eq(ctx.folders, { all .. "/lib", all }, "both stay")
  t.eq(folders.around(ctx, all .. "/project/sub"), all .. "/project", "the project is the project")
  t.eq(folders.around(ctx, all .. "/other"), all, "what is beside it belongs to the session")
end

-- Instructions of such a folder: where they are wanted, and not where its trust was refused.
do
  assert(fs.write(all .. "/lib/QWEN.md", "LIB RULES"))
  local files = require("qwen.agent.instructions").files
  local wanted = true
  local settings = { get = function(_, key) return key == "context.loadFromIncludeDirectories" and wanted or nil end, own = function() return "QWEN.md" end }
  local ctx = { cwd = all .. "/project", folders = { all .. "/lib" }, settings = settings, trusted = false, notice = function() end }
  local function texts()
    local out = {}
    for i, file in ipairs(files(ctx)) do out[i] = file.text end
    return out
  end
  t.eq(texts(), { "LIB RULES" }, "wanted")
  wanted = false
  t.eq(texts(), {}, "not wanted")
  wanted = true
  assert(trust.set(all .. "/lib", "DO_NOT_TRUST"))
  t.eq(texts(), {}, "refused")
end

-- What the model is told of them: once, before the next prompt, in their order; and again when the conversation was shortened.
do
  local told_next, message = require "qwen.agent.told_next", require "qwen.session.message"
  local ctx = { folders = { "/a/lib", "/a/new" }, system = "Also yours to read and change: /a/lib" }
  told_next.add(ctx, "one")
  told_next.add(ctx, "two")
  local prompt, next_one = message.user "hi", message.user "ho"
  told_next.tell(setmetatable({ agent = { id = "a" } }, { __index = ctx }), prompt)
  t.eq(#prompt.parts, 1, "an agent is not told")
  told_next.tell(ctx, prompt)
  told_next.tell(ctx, next_one)
  t.eq({ prompt.parts[1].text, prompt.parts[2].text, message.prompt_of(prompt), #next_one.parts }, { "[qwen] one", "[qwen] two", "hi", 1 }, "told once")
  t.match(told_next.part(ctx).text, "change: /a/new$", "what the system prompt does not name")
  ctx.folders[2] = nil
  t.eq(told_next.part(ctx), nil, "nothing")
end

-- Completion of paths.
for _, row in ipairs {
  { "../l", { "../lib/", "../link/" } }, { "../lib/", { "../lib/deep/" } }, { "", { "sub/" } }, { "s", { "sub/" } }, { "../f", {} },
  { "../with\\ b", { "../with\\ blank/" } }, { "../", { "../inward/", "../lib/", "../link/", "../project/", "../with\\ blank/" } },
  { "../.", { "../.hidden/" } }, { "~/no", { "~/notes/" } }, { "nowhere/x", {} }, { all .. "/lib/d", { all .. "/lib/deep/" } },
} do t.eq(paths.folders_like(row[1], all .. "/project"), row[2], row[1]) end

t.done()
