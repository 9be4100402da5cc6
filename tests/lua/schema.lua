-- Arguments and schemas: what fits, and texts that are read as what the schema wants.
local t = dofile "tests/check.lua"
local json = require "sys.json"
local schema = qwen.schema

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

t.done()
