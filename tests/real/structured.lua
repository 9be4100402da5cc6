-- An answer by a JSON Schema (--json-schema): by the tool, as a text, once more, and not at all; schemas that are refused.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local SCHEMA = '{"type": "object", "properties": {"risk": {"enum": ["low", "high"]}, "list": {"type": "array", "items": {"type": "string"}}}, '
  .. '"required": ["risk"], "additionalProperties": false}'

local function run(answers, argv, schema, files)
  local server <close> = fake.start(answers)
  local place = program.place(files)
  fs.write(place.cwd .. "/schema.json", SCHEMA)
  local words = table.move(argv, 1, #argv, 5, { "-p", "hi", "--json-schema", schema or SCHEMA })
  local r = program.run(place, words, { env = { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }, timeout = 60 })
  return r, server:requests(), place
end

local function says(args) return { calls = { { name = "structured_output", arguments = args } } } end
local good = says { risk = "low", list = json.array { "a" } }
local GOOD = '{"list":["a"],"risk":"low"}\n'

for name, case in pairs {
  -- answers, requests, code, standard output
  ["by the tool"] = { { good }, 1, 0, GOOD },
  ["words beside it"] = { { { text = "Here it is.", calls = good.calls } }, 1, 0, GOOD },
  ["after other tools"] = { { { calls = { { name = "read_file", arguments = { file_path = "schema.json" } } } }, good }, 2, 0, GOOD },
  ["an empty list"] = { { says { risk = "low", list = json.array {} } }, 1, 0, '{"list":[],"risk":"low"}\n' },
  ["numbers as text are no numbers here"] = { { says { risk = "low", list = json.array { 1 } } }, 1, 0, '{"list":["1"],"risk":"low"}\n' },
  ["as a text"] = { { { text = ' {"risk": "high"}\n' } }, 1, 0, '{"risk":"high"}\n' },
  ["as a block"] = { { { text = 'Look:\n\n```json\n{"risk": "high"}\n```\nDone.' } }, 1, 0, '{"risk":"high"}\n' },
  ["the last block counts"] = { { { text = '```json\n{"risk": "low"}\n```\nor\n```json\n{"risk": "high"}\n```' } }, 1, 0, '{"risk":"high"}\n' },
  ["in a sentence"] = { { { text = 'The answer is {"risk": "high"}.' } }, 1, 0, '{"risk":"high"}\n' },
  ["asked once more"] = { { says { risk = "middling" }, good }, 2, 0, GOOD },
  ["asked once more after a text"] = { { { text = "It is low." }, good }, 2, 0, GOOD },
  ["a text that does not fit"] = { { { text = '{"risk": 5}' }, { text = '{"risk": "low"}' } }, 2, 0, '{"risk":"low"}\n' },
  ["twice wrong"] = { { says { risk = "middling" }, says { risk = "low", more = 1 }, { text = "late" } }, 2, 1, "" },
  ["twice a text"] = { { { text = "low" }, { text = "high" }, { text = "late" } }, 2, 1, "" },
  ["cut"] = { { { text = '{"risk": "low"}', finish = "content_filter", times = 0 } }, 2, 1, "" },
  ["a failure"] = { { { status = 400, error = "no", times = 0 } }, 1, 1, "" },
} do
  local r, asked = run(case[1], { "-y" })
  t.eq({ r.code, #asked, r.out }, { case[3], case[2], case[4] }, name .. ": " .. r.err)
  t.ok(case[3] == 0 or r.err:find "%S", name .. " says why")
end

-- What the model is told.
local r, asked = run({ says { risk = "middling" }, good }, {}, "@schema.json")
local names = {}
for _, tool in ipairs(asked[1].body.tools) do names[tool["function"].name] = tool["function"].parameters end
t.eq(names.structured_output, json.decode(SCHEMA), "the tool has the schema of the file")
t.match(asked[1].body.messages[1].content, "structured_output", "the prompt names the tool")
local messages = asked[2].body.messages
t.match(messages[#messages].content, "risk must be one of low, high", "and what was wrong")
t.eq(r.code, 0)
t.eq(run({ good }, {}, "schema.json").out, GOOD, "a file without @")
t.eq(run({ good }, {}, "bom.json", { ["bom.json"] = "\xef\xbb\xbf" .. SCHEMA }).out, GOOD, "a file with a mark of its order")
t.eq(run({ says { n = { n = {} } } }, {}, '{"properties": {"n": {"$ref": "#"}}}').code, 0, "a schema may be in itself")

-- JSON.
for _, format in ipairs { "json", "stream-json" } do
  local out = run({ good }, { "-o", format }).out
  local last = format == "json" and json.decode(out) or out:match "([^\n]+)\n$"
  last = type(last) == "table" and last[#last] or json.decode(last)
  t.eq({ last.subtype, last.structured_result, last.result }, { "success", json.decode(GOOD), GOOD:sub(1, -2) }, format)
end
local out = json.decode(run({ { text = "no", times = 0 } }, { "-o", "json" }).out)
t.eq({ out[#out].subtype, out[#out].is_error, out[#out].structured_result }, { "error_max_structured_output_retries", true }, "a failure")

-- The tool is no call of the budget, and a run without it takes a text.
t.eq(run({ good }, { "--max-tool-calls", "0" }).code, 0, "the answer is no work")
r = run({ { text = '{"risk": "low"}' } }, { "--exclude-tools", "structured_output" })
t.eq({ r.code, r.out }, { 0, '{"risk":"low"}\n' }, "a text alone")
r = run({ good }, { "--core-tools", "read_file" })
t.eq({ r.code, r.out }, { 0, GOOD }, "tools.core does not take it away: " .. r.err)

-- Schemas that are refused, before anything is sent.
for schema, words in pairs {
  ["{"] = "JSON object", ["missing.json"] = "missing.json", ["."] = "no file", ["@."] = "no file", ["[]"] = "%[%]",
  ['{"type": "string"}'] = "tools take objects", ['{"propertees": {}}'] = "did you mean 'properties'", ['{"type": "objekt"}'] = "tools take objects",
  ['{"properties": {"a": {"type": "text"}}}'] = "cannot be 'text'", ['{"properties": {"a": {"pattern": "("}}}'] = "pattern",
  ['{"properties": {"a": {"$ref": "#/$defs/b"}}}'] = "referred to", ['{"properties": {"a": {"$ref": "https://x.example/y"}}}'] = "referred to",
  ['{"$ref": "#"}'] = "leads back", ['{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}'] = "leads back",
  ['{"$dynamicRef": "#a"}'] = "does not check '%$dynamicRef'", ['{"unevaluatedProperties": 5}'] = "a schema is", ['{"required": "a"}'] = "a list of names",
  ['{"properties": {"a": {"minimum": "1"}}}'] = "must be a number", ['{"properties": []}'] = false, ['{"properties": {"a": 5}}'] = "a schema is",
} do
  r, asked = run({ good }, {}, schema)
  if words then
    t.eq({ r.code, #asked, r.out }, { 2, 0, "" }, schema .. r.err)
    t.match(r.err, words, schema)
  end
end
t.eq(run({ says { any = "thing" } }, {}, "{}").out, '{"any":"thing"}\n', "the schema that takes all")
t.done()
