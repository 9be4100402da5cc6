-- A process exchanges a file with a link to a key, and a folder with a link to a folder, as fast as it can, while our tools read,
-- list, search and write there: nothing outside is read or changed. QWEN_LONG=1 tries ten thousand times each.
local t = dofile "tests/check.lua"
local act = require "qwen.agent.tool_calls"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local mentions = require "qwen.agent.mentions"
local proc = require "qwen.util.process"
local registry = require "qwen.extension.registry"
local repeats = require "qwen.agent.repeats"
local Session = require "qwen.session.session"

local TRIES = os.env "QWEN_LONG" and 10000 or 500
local SLOW = os.env "QWEN_LONG" and 10000 or 60 -- those that start a program
local KEY = "the-key-outside"

local root = assert(fs.realpath(assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/race-"))))
local cwd, outside = root .. "/project", root .. "/outside"
assert(fs.mkdir(cwd .. "/folder"))
assert(fs.mkdir(outside))
assert(fs.write(outside .. "/file", KEY .. "\n"))
assert(fs.write(outside .. "/name-" .. KEY, ""))
assert(fs.write(outside .. "/inner", KEY .. "\n"))
assert(fs.write(cwd .. "/file", "inside\n"))
assert(fs.write(cwd .. "/denied", KEY .. "\n"))
assert(fs.write(cwd .. "/near", "inside\n"))
assert(fs.write(cwd .. "/folder/inner", "inside\n"))
for link, target in pairs { ["file.link"] = outside .. "/file", ["folder.link"] = outside, ["near.link"] = cwd .. "/denied" } do
  assert(proc.run { argv = { "ln", "-s", target, cwd .. "/" .. link } })
end

-- renameat2 with RENAME_EXCHANGE
local EXCHANGER = [[
import ctypes, os, platform, sys
libc = ctypes.CDLL(None, use_errno=True)
number = 276 if platform.machine() == "aarch64" else 316
os.chdir(sys.argv[1])
print("ready", flush=True)
while os.getppid() != 1:
    for name in (b"file", b"folder", b"near"):
        libc.syscall(number, -100, name, -100, name + b".link", 2)
]]
local swapper <close> = assert(proc.open { argv = { "python3", "-c", EXCHANGER, cwd } })
assert(swapper:read() == "ready\n")

registry.scan { safe = true }
local settings = assert(require("qwen.config.settings").load { cwd = cwd, trusted = false, opts = {} })
local own = setmetatable({}, { __index = settings })
function own.get(_, key)
  if key == "permissions.deny" then return { "Read(denied)" } end
  if key == "tools.applyPatch.enabled" then return true end
  return settings:get(key)
end
local ctx = require("qwen.ctx").new { cwd = cwd, trusted = false, settings = own, opts = {} }
ctx.tools = require("qwen.agent.view").tools(ctx)
ctx.mode = "auto-edit"
function ctx.notice() end

local function call(name, args)
  local results = {}
  ctx.session = assert(Session.create(cwd, nil, true)) -- a new one each time: the guard against loops would not run a call that often
  act.run(ctx, { { type = "call", id = "1", name = name, args = json.encode(args) } }, results, {}, repeats.of(ctx))
  return results[1]
end

local function untouched()
  return fs.read(outside .. "/file") == KEY .. "\n" and fs.read(outside .. "/inner") == KEY .. "\n" and #fs.list(outside) == 3
end

local MOST = 100000 -- tries until one works, on a machine so busy that few do

-- So many tries, and more until one did what it should where `some` is set.
local function race(title, tries, attempt, some)
  local leaks, worked, i = 0, 0, 0
  while i < tries or some and worked == 0 and i < MOST do
    i = i + 1
    local text, ok = attempt(i)
    if text:find(KEY, 1, true) then leaks = leaks + 1 end
    if ok then worked = worked + 1 end
  end
  print(("%s: %d of %d read or wrote what they should"):format(title, worked, i))
  t.eq({ leaks, untouched() }, { 0, true }, title .. ": nothing outside")
  return worked
end

local function reading(name, args, good)
  return function()
    local result = call(name, args)
    return result.text, not result.error and result.text:find(good, 1, true)
  end
end

local worked = race("read_file", TRIES, reading("read_file", { file_path = cwd .. "/file" }, "inside"), true)
t.ok(worked > 0, "some tries read the file inside")
race("read_file, below a folder", TRIES, reading("read_file", { file_path = cwd .. "/folder/inner" }, "inside"))
race("read_file, of what a rule refuses", TRIES, reading("read_file", { file_path = cwd .. "/near" }, "inside"))
race("list_directory", SLOW, reading("list_directory", { path = cwd .. "/folder" }, "inner"))
race("glob", SLOW, reading("glob", { pattern = "**/*", path = cwd .. "/folder" }, "inner"))
race("glob, from above", SLOW, reading("glob", { pattern = "folder/*" }, "inner"))
race("grep_search", SLOW, reading("grep_search", { pattern = ".", path = cwd .. "/folder" }, "inside"))
race("grep_search, from above", SLOW, reading("grep_search", { pattern = "inside|key" }, "inside"))
race("mention", TRIES, function()
  local parts = mentions.parts(ctx, "look at @file and @folder/inner and @near")
  local text = json.encode(json.array(parts))
  return text, text:find("inside", 1, true)
end)
race("mention of a folder", SLOW, function() return json.encode(json.array(mentions.parts(ctx, "see @folder"))), true end)

worked = race("write_file", TRIES, function(i)
  call("read_file", { file_path = cwd .. "/file" })
  return "", not call("write_file", { file_path = cwd .. "/file", content = "inside\n" .. i % 2 }).error
end, true)
t.ok(worked > 0, "some tries wrote the file inside")
race("write_file, a new file", TRIES, function(i)
  return "", not call("write_file", { file_path = cwd .. "/folder/new" .. i, content = "x" }).error
end)
race("write_file, a new folder", TRIES, function(i)
  return "", not call("write_file", { file_path = ("%s/folder/sub%d/x"):format(cwd, i), content = "x" }).error
end)
race("apply_patch", TRIES, function(i)
  local name = "folder/made" .. i
  local made = call("apply_patch", { input = "*** Begin Patch\n*** Add File: " .. name .. "\n+x\n*** Update File: folder/inner\n@@\n-inside\n+inside!\n"
    .. "*** Delete File: file\n*** End Patch" })
  call("apply_patch", { input = "*** Begin Patch\n*** Delete File: " .. name .. "\n*** Update File: folder/inner\n@@\n-inside!\n+inside\n"
    .. "*** Add File: file\n+inside\n*** End Patch" })
  return "", not made.error
end)
race("edit", TRIES, function()
  call("read_file", { file_path = cwd .. "/folder/inner" })
  local result = call("edit", { file_path = cwd .. "/folder/inner", old_string = "inside", new_string = "inside" .. "!" })
  call("edit", { file_path = cwd .. "/folder/inner", old_string = "inside!", new_string = "inside" })
  return result.text, not result.error
end)
fs.remove_tree(root)
t.done()
