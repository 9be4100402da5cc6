-- Whole tool calls at random (names, arguments, ids) through judgement, preview and run: each ends in one result that can be written
-- as JSON. 20 seconds, or as many as the argument says; the seed is printed.
local t = dofile "tests/check.lua"
local act = require "qwen.agent.tool_calls"
local fs, json, os, task = require "sys.fs", require "sys.json", require "sys.os", require "sys.task"
local Settings = require "qwen.config.settings"
local repeats = require "qwen.agent.repeats"
local resource = require "qwen.extension.registry"

local _, given = ...
local SECONDS = tonumber(given) or 20
local seed = tonumber(os.env "QWEN_SEED" or "") or math.random(1 << 30)
math.randomseed(seed)
print("seed " .. seed)

local cwd = assert(fs.realpath(assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/fuzz-"))))
assert(fs.mkdir(cwd .. "/sub/.git"))
assert(fs.write(cwd .. "/a.txt", "one\ntwo\n"))
assert(fs.write(cwd .. "/bytes", "\0\xff\xfe"))
assert(fs.write(cwd .. "/a.pdf", "%PDF-1.4\n"))
assert(fs.write(cwd .. "/a.png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))

resource.scan { safe = true }
local settings = assert(Settings.load { cwd = cwd, trusted = false, opts = {} })
local ctx = require("qwen.ctx").new { cwd = cwd, trusted = false, settings = settings, opts = {} }
ctx.tools = require("qwen.agent.view").tools(ctx)
function ctx.ask() return ({ "n", "d", "x" })[math.random(3)], "words" end
function ctx.print() end
local refused, get = {}, settings.get -- rules that refuse make the judgement look at every word
function settings.get(self, key)
  if key == "permissions.deny" then return refused end
  return get(self, key)
end
local inside -- the first time that a tool or the judgement failed inside: caught, but a bug all the same
function ctx.notice(words) inside = inside or words:find "the tool .* failed: " and words or nil end
assert(#ctx.tools > 5, "the tools are there")

local function pick(list) return list[math.random(#list)] end

local texts = { "", "\0", "/", "//", "..", "~", "-", "*", "[", "{", "\n", "\xff", "\u{202E}", "$HOME", "`", "'", '"', "\\", "a.txt", cwd, cwd .. "/a.txt", cwd .. "/sub",
  cwd .. "/bytes", cwd .. "/a.pdf", cwd .. "/a.png", "/etc/passwd", "/dev/null", "/proc/self/environ", "**/*", "(((", "%s%n%d", ("x"):rep(5000), ("/.."):rep(200), "one", "two",
  "ls", "cat a.txt | wc -l", "echo 'x", "cd sub && ls", "ls \\", "a b", "1-5", "find . -exec env rm {} ;", "env -S'rm f'", "docker run -v $HOME:/x y", "sh -c 'cat .env; rm f'",
  "sed r.env f", "cat <<E\n$(x)\nE\n", "for i in *; do rm $i; done", ("a=b:c@"):rep(300), ("-exec "):rep(300), "mcp__s__t", "(", ";", "$(", "<<E", "pending", "1e999", "null" }
local keys = { "file_path", "path", "pattern", "glob", "command", "directory", "content", "old_string", "new_string", "offset", "limit", "pages", "ignore", "todos",
  "replace_all", "is_background", "timeout", "description", "id", "status", "x", "", "file_filtering_options" }

local function text()
  local word = pick(texts)
  local kind = math.random(10)
  if kind == 1 then return word .. pick(texts) end
  if kind == 2 then return word:sub(1, math.random(0, #word)) .. string.char(math.random(0, 255)) .. word end
  return word
end

local value
function value(depth)
  local kind = math.random(depth > 3 and 5 or 8)
  if kind <= 3 then return text() end
  if kind == 4 then return pick { 0, -1, 1, 2.5, 1e308, math.maxinteger, math.mininteger, 600000 } end
  if kind == 5 then return pick { true, false, json.null } end
  local out = {}
  for i = 1, math.random(0, 4) do out[kind == 6 and i or pick(keys)] = value(depth + 1) end
  return kind == 6 and json.array(out) or out
end

-- A value that fits a schema, mostly.
local function fitting(schema)
  if math.random(12) == 1 then return value(0) end
  local kind = type(schema.type) == "table" and pick(schema.type) or schema.type
  if schema.enum and math.random(8) > 1 then return pick(schema.enum) end
  if kind == "string" then return text() end
  if kind == "integer" or kind == "number" then return pick { 0, 1, 5, -1, 1000, 2^53 } end
  if kind == "boolean" then return math.random(2) == 1 end
  if kind == "array" then
    local out = json.array {}
    for i = 1, math.random(0, 3) do out[i] = fitting(schema.items or {}) end
    return out
  end
  if kind == "object" then
    local out = {}
    for name, of in pairs(schema.properties or {}) do
      local needed = false
      for _, required in ipairs(schema.required or {}) do needed = needed or required == name end
      if needed and math.random(20) > 1 or math.random(4) == 1 then out[name] = fitting(of) end
    end
    return out
  end
  return value(1)
end

local function mutated(bytes)
  for _ = 1, math.random(3) do
    local at, kind = math.random(0, #bytes), math.random(5)
    local head, tail = bytes:sub(1, at), bytes:sub(at + 1)
    if kind == 1 then bytes = head .. string.char(math.random(0, 255)) .. tail end
    if kind == 2 then bytes = head .. tail:sub(math.random(1, 8)) end
    if kind == 3 then bytes = head .. pick { "1e999", "-1e999", "\\u0000", "\\ud800", "NaN", "[[[[", "}", '"', "\\" } .. tail end
    if kind == 4 then bytes = head end
    if kind == 5 then bytes = head .. tail:sub(1, 20):rep(3) .. tail end
  end
  return bytes
end

local function random_call(i)
  local tool = pick(ctx.tools)
  local arguments = json.encode(math.random(6) == 1 and value(0) or fitting(tool.schema))
  if math.random(4) == 1 then arguments = mutated(arguments) end
  if arguments:find("is_background", 1, true) then arguments = arguments:gsub('"is_background":true', '"is_background":false') end
  local name = math.random(15) == 1 and pick { text(), tool.name .. text(), "" } or tool.name
  return { type = "call", id = math.random(10) == 1 and text() or "call-" .. i, name = name, args = arguments }
end

local count, raised, missing, unwritable = 0, {}, 0, {}
local started = task.now()
while task.now() - started < SECONDS do
  local calls, results = {}, {}
  for i = 1, math.random(4) do calls[i] = random_call(i) end
  ctx.mode, ctx.interactive, ctx.granted = pick { "plan", "default", "default", "auto-edit" }, math.random(3) == 1, {}
  if not ctx.session or math.random(4) == 1 then ctx.session = { id = "fuzz", cwd = cwd, messages = {} } end
  refused = pick { {}, { "Bash(rm *)", "Read(.env)" }, { "Read(~/**)", "Bash(git push *)", text() }, { text(), text() } }
  local ok, e = xpcall(act.run, debug.traceback, ctx, calls, results, {}, repeats.of(ctx))
  if not ok then raised[#raised + 1] = tostring(e) .. "\n" .. json.encode(calls) end
  for i, call in ipairs(calls) do
    local result = results[i]
    if ok and not (result and result.type == "result" and type(result.text) == "string") then missing = missing + 1 end
    local written, problem = pcall(json.encode, { call = { id = call.id, name = call.name, args = json.decode(call.args) }, result = result })
    if not written then unwritable[#unwritable + 1] = problem .. "\n" .. call.args end
  end
  count = count + #calls
end
print(count .. " calls")
t.ok(count > 50, "calls were made")
t.eq(raised[1], nil, "nothing raises: " .. #raised)
t.eq(inside, nil, "nothing fails inside")
t.eq(missing, 0, "each call has a result")
t.eq(unwritable[1], nil, "what was decoded can be written: " .. #unwritable)
t.eq(fs.read(cwd .. "/bytes"), "\0\xff\xfe", "the files are still there")
fs.remove_tree(cwd)
t.done()
