-- Arguments and schemas: what fits, and texts that are read as what the schema wants.
local t = dofile "tests/check.lua"
local json = require "sys.json"
local schema = qwen.x.json_schema

local object = { type = "object", required = { "path" }, additionalProperties = false, properties = {
  path = { type = "string" }, limit = { type = "integer", minimum = 1 }, deep = { type = "boolean" }, mode = { type = "string", enum = { "a", "b" } },
  list = { type = "array", minItems = 1, items = { type = "object", properties = { n = { type = "number" } } } }, either = { type = { "string", "number" } },
} }

local function read(text) return assert(json.decode(text)) end

for _, case in ipairs {
  { '{"path":"x"}' }, { '{"path":"x","limit":3,"deep":false,"mode":"b","list":[{"n":1.5}],"either":1}' },
  { "{}", "'path' is missing" }, { '{"path":5}', "path must be string, not integer" }, { '{"path":"x","limit":0}', "limit must be at least 1" },
  { '{"path":"x","limit":1.5}', "limit must be integer, not number" }, { '{"path":"x","mode":"c"}', "mode must be one of a, b" },
  { '{"path":"x","limt":1}', "did you mean 'limit'" }, { '{"path":"x","list":[{"n":"x"}]}', "list%[0%].n must be number" }, { '{"path":"x","list":[]}', "at least 1" },
  { "[1]", "must be object, not array" }, { '{"path":null}', "path must be string, not null" },
} do
  local ok, wrong = schema.check(object, read(case[1]))
  if case[2] then t.match(wrong, case[2], case[1]) else t.eq(ok, true, case[1] .. ": " .. tostring(wrong)) end
end

for _, case in ipairs {
  { '{"path":"5","limit":"5","deep":"true"}', { path = "5", limit = 5, deep = true } },
  { '{"path":"{\\"a\\":1}"}', { path = '{"a":1}' }, "a text that is wanted stays a text" },
  { '{"list":"[{\\"n\\":\\"2\\"}]"}', { list = { { n = 2 } } }, "lists, and what is in them" },
  { '{"either":"5"}', { either = "5" }, "where a text is good too" },
  { '{"limit":"five","deep":"yes","list":"x"}', { limit = "five", deep = "yes", list = "x" }, "what does not say one" },
  { '{"limit":"1.5"}', { limit = "1.5" }, "nor another kind" }, { '{"other":"5"}', { other = "5" }, "unknown names" }, { "[]", {}, "no object" },
} do
  t.eq(schema.typed(object, read(case[1])), case[2], case[3] or case[1])
end

-- The shipped tools, in the words that a model reads.
local function tool(name) return assert(qwen.x.registry.get("tools", name)).schema end

for _, case in ipairs {
  { "read_file", '{"file_path":"/x"}' }, { "read_file", '{"file_path":"/x","offset":0,"limit":5}' }, { "read_file", '{"file_path":"/x","offset":null,"limit":null}' },
  { "read_file", '{"file_path":"/x","offset":3.0}' }, { "read_file", '{"file_path":"/x","reason":"not asked for"}' },
  { "read_file", "{}", "arguments: 'file_path' is missing" }, { "read_file", '{"path":"/x","lines":2}', "arguments: 'file_path' is missing, and there is no 'lines', 'path'" },
  { "read_file", '{"file_path":null}', "file_path must be string, not null" }, { "read_file", '{"file_path":["/x"]}', "file_path must be string, not array" },
  { "read_file", '{"file_path":"/x","offset":"3"}', "offset must be integer or null, not string" }, { "read_file", '{"file_path":"/x","offset":1.5}', "offset must be integer or null, not number" },
  { "read_file", '{"file_path":"/x","offset":-1}', "offset must be at least 0" }, { "read_file", '{"file_path":"/x","limit":0}', "limit must be at least 1" },
  { "read_file", "[]" , "arguments: 'file_path' is missing" }, { "read_file", '["/x"]', "arguments must be object, not array" },
  { "run_shell_command", '{"command":"ls","timeout":0}', "timeout must be at least 1" }, { "run_shell_command", '{"command":"ls","is_background":"yes"}', "is_background must be boolean, not string" },
  { "run_shell_command", '{"command":{}}', "command must be string, not object" },
  { "todo_write", '{"todos":[]}' }, { "todo_write", '{"todos":[{"content":"a","status":"pending","id":"1"}]}' },
  { "todo_write", '{"todos":{"content":"a"}}', "todos must be array, not object" }, { "todo_write", '{"todos":[{"content":"a","status":"pending"},{"content":"a","status":"done"}]}',
    "todos[1].status must be one of pending, in_progress, completed" },
  { "todo_write", '{"todos":[{"status":"pending"}]}', "todos[0]: 'content' is missing" }, { "todo_write", '{"todos":["a"]}', "todos[0] must be object, not string" },
  { "todo_write", '{"todos":[null]}', "todos[0] must be object, not null" },
  { "list_directory", '{"path":"/x","ignore":[1]}', "ignore[0] must be string, not integer" },
  { "list_directory", '{"path":"/x","file_filtering_options":{"respect_git_ignore":1}}', "file_filtering_options.respect_git_ignore must be boolean, not integer" },
} do
  local ok, words = schema.check(tool(case[1]), assert(json.decode(case[2])))
  t.eq({ ok or false, words }, { not case[3], case[3] }, case[1] .. " " .. case[2])
end

-- Many models write every argument they know of, with null for what they do not mean.
local args = json.decode '{"command":"ls","timeout":null,"directory":null,"is_background":null,"description":null}'
t.eq(schema.typed(tool "run_shell_command", args), { command = "ls" }, "nulls count as left out")
args = json.decode '{"path":"/x","file_filtering_options":{"respect_git_ignore":null}}'
t.eq(schema.typed(tool "list_directory", args), { path = "/x", file_filtering_options = {} }, "also inside")
args = schema.typed(object, read '{"path":"x","limit":3,"list":[{"n":2},{"n":1.5}]}')
t.eq({ args.limit .. "", args.list[1].n .. "", args.list[2].n .. "" }, { "3", "2", "1.5" }, "a whole number is an integer")
args = schema.typed(tool "read_file", json.decode '{"file_path":null,"limit":null}')
t.eq(args, { file_path = json.null, limit = json.null }, "but not what is required, nor what may be null")

-- Schemas of others.
local closed = { type = "object", properties = { colour = { enum = { "red", 1, true } }, size = { type = { "number", "string" }, maximum = 3 } }, additionalProperties = false }
t.eq(select(2, schema.check(closed, { color = "red" })), "arguments: there is no 'color', did you mean 'colour'? (known: colour, size)")
t.eq(select(2, schema.check(closed, { colour = "blue" })), "colour must be one of red, 1, true")
t.eq({ schema.check(closed, { colour = 1 }), schema.check(closed, { size = "x" }), (schema.check(closed, { size = 2.5 })) }, { true, true, true })
t.eq(select(2, schema.check(closed, { size = 4 })), "size must be at most 3")
t.eq(select(2, schema.check({ type = "array", items = {}, minItems = 2 }, json.array { 1 })), "arguments needs at least 2 items")
t.ok(schema.check({}, { anything = 1 }) and schema.check({ type = "object" }, {}) and schema.check({ type = "array" }, json.array {}), "empty schemas and values")

-- What is sent with every request stays small.
local total = 0
for _, name in ipairs(qwen.x.registry.names "tools") do
  local one = qwen.x.registry.get("tools", name)
  local size = #json.encode { name = name, description = one.summary, schema = one.schema }
  if not one.deferred and not one.offered then total = total + size end
  t.ok(size < 1100, ("%s: %d bytes"):format(name, size))
  t.ok(#one.summary > 30 and (one.summary:sub(-1) == "." or name == "tool_search"), name .. ": sentences for the model")
  t.eq(one.schema.type, "object", name)
  for _, required in ipairs(one.schema.required or {}) do t.ok(one.schema.properties[required], name .. "." .. required) end
end
t.ok(total < 5632, ("all tools: %d bytes"):format(total))
t.done()
