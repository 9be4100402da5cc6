-- Keywords of JSON Schema: what fits each, what does not, and what a schema may refer to. The rows are schema, values that fit, values that do not.
local t = dofile "tests/check.lua"
local json = require "sys.json"
local schema = qwen.x.json_schema
local problems = require "qwen.util.schema_problems"

for _, row in ipairs {
  { '{"type": "integer"}', "3 3.0", "3.5 true" }, { '{"type": ["string", "null"]}', '"" null', "0 false" },
  { '{"const": {"a": [1, 2]}}', '{"a":[1,2]}', '{"a":[2,1]} {}' }, { '{"enum": [[], {}, 1]}', "[] {} 1.0", "[1] true" },
  { '{"minimum": 1, "exclusiveMaximum": 3}', '1 2.9 "text"', "0.9 3" }, { '{"exclusiveMinimum": 1, "maximum": 3}', "1.1 3", "1 3.1" },
  { '{"multipleOf": 0.01}', "4.02 0 1e300", "4.025" }, { '{"multipleOf": 3}', "9 -3", "10" },
  { '{"minLength": 2, "maxLength": 3}', '"ab" "äöü" 5', '"a" "abcd"' },
  { '{"pattern": "^a+b$"}', '"aab" 5', '"xaab" ""' }, { '{"pattern": "\\\\d{2}"}', '"x12y"', '"1"' },
  { '{"items": {"type": "number"}}', "[] [1] {}", '["a"]' }, { '{"prefixItems": [{"type": "string"}], "items": {"type": "number"}}', '["a",1] []', '["a","b"] [1]' },
  { '{"items": [{"type": "string"}], "additionalItems": false}', '["a"] []', '["a",1] [1]' }, { '{"items": false}', "[]", "[1]" },
  { '{"minItems": 1, "maxItems": 2, "uniqueItems": true}', "[1] [1,2] [[1],[2]]", "[] [1,2,3] [1,1] [1,1.0]" },
  { '{"contains": {"type": "string"}, "maxContains": 1}', '["a"] [1,"a"]', '[] [1] ["a","b"]' }, { '{"contains": true, "minContains": 0}', "[] [1]", "" },
  { '{"properties": {"a": {"type": "string"}, "b": false}}', '{"a":"x"} {"c":1} []', '{"a":1} {"b":1}' },
  { '{"required": ["a"]}', '{"a":null} 5', "{}" }, { '{"additionalProperties": {"type": "number"}, "properties": {"a": true}}', '{"a":"x","b":1}', '{"b":"x"}' },
  { '{"patternProperties": {"^x": {"type": "number"}}, "additionalProperties": false}', '{"x1":1} {}', '{"x1":"a"} {"y":1}' },
  { '{"propertyNames": {"maxLength": 2}}', '{"ab":1} {}', '{"abc":1}' }, { '{"minProperties": 1, "maxProperties": 1}', '{"a":1}', '{} {"a":1,"b":2}' },
  { '{"dependentRequired": {"a": ["b"]}}', '{"a":1,"b":2} {"b":1}', '{"a":1}' }, { '{"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}', '{"a":1,"b":1}', '{"a":1} {"c":1}' },
  { '{"dependentSchemas": {"a": {"required": ["b"]}}}', '{"a":1,"b":1}', '{"a":1}' },
  { '{"anyOf": [{"type": "string"}, {"minimum": 5}]}', '"x" 5', "4" }, { '{"oneOf": [{"type": "number"}, {"minimum": 5}]}', '4 "x"', "6" },
  { '{"allOf": [{"minimum": 1}, {"maximum": 2}]}', "1 2", "0 3" }, { '{"not": {"type": "string"}}', "1", '"x"' },
  { '{"if": {"minimum": 10}, "then": {"multipleOf": 10}, "else": {"maximum": 5}}', "10 20 5", "15 6" },
  { '{"$defs": {"n": {"type": "number"}}, "items": {"$ref": "#/$defs/n"}}', "[1]", '["a"]' },
  { '{"properties": {"next": {"$ref": "#"}, "n": {"type": "number"}}, "required": ["n"]}', '{"n":1,"next":{"n":2}}', '{"n":1,"next":{}}' },
  { '{"$defs": {"a/b~c": false}, "properties": {"x": {"$ref": "#/$defs/a~1b~0c"}}}', "{}", '{"x":1}' },
  { '{"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"type": "null"}}, "$ref": "#/definitions/a"}', "null", "1" },
  { '{"$defs": {"n": {"$anchor": "num", "type": "number"}}, "items": {"$ref": "#num"}}', "[1]", '["a"]' },
  { '{"pattern": "^\\\\u0041[\\\\x42-\\\\x44]\\\\u{1F600}?$"}', '"AB" "AD😀"', '"AE" "BB"' }, { '{"pattern": "^(?<y>\\\\d{4})-[\\\\u4e00-\\\\u9fff]$"}', '"2026-中"', '"2026-a"' },
  { '{"allOf": [{"properties": {"a": true}}], "properties": {"b": true}, "unevaluatedProperties": false}', '{"a":1,"b":1} {} 5', '{"c":1}' },
  { '{"anyOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": true}}], "unevaluatedProperties": false}', '{"a":"x","b":1} {"a":"x"}', '{"a":1}' },
  { '{"$defs": {"n": {"patternProperties": {"^x": true}}}, "$ref": "#/$defs/n", "unevaluatedProperties": {"type": "number"}}', '{"xa":"t","y":1}', '{"y":"t"}' },
  { '{"if": {"required": ["k"], "properties": {"k": true}}, "then": {"properties": {"v": true}}, "unevaluatedProperties": false}', '{"k":1,"v":2} {}', '{"v":2}' },
  { '{"allOf": [{"additionalProperties": true}], "unevaluatedProperties": false}', '{"a":1}', "" },
  { '{"allOf": [{"prefixItems": [true]}], "unevaluatedItems": {"type": "string"}}', '[1] [1,"a"] []', "[1,2]" },
  { '{"contains": {"type": "string"}, "unevaluatedItems": false}', '["a"]', '["a",1]' },
  { '{"format": "email", "title": "t", "x-own": 1}', '"none"', "" }, { "{}", "1 null", "" },
} do
  local one = json.decode(row[1])
  t.eq(problems.of(one), nil, row[1] .. " can be checked")
  for i, want in ipairs { true, false } do
    for text in row[i + 1]:gmatch "%S+" do
      local ok, words = schema.check(one, json.decode(text))
      t.eq(ok or false, want, ("%s: %s: %s"):format(row[1], text, tostring(words)))
      t.ok(want or #words > 5, "words")
    end
  end
end

-- Texts that are read as what is wanted, behind references and choices: schema, value, what it becomes.
for _, row in ipairs {
  { '{"$defs": {"n": {"type": "number"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}', '{"a":"5"}', '{"a":5}' },
  { '{"properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}}', '{"a":"12"}', '{"a":12}' },
  { '{"properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}}', '{"a":"null"}', '{"a":null}' },
  { '{"properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}}', '{"a":null}', '{"a":null}' },
  { '{"properties": {"a": {"oneOf": [{"type": "integer"}, {"type": "string"}]}}}', '{"a":"12"}', '{"a":"12"}' },
  { '{"$defs": {"o": {"type": "object", "properties": {"n": {"type": "integer"}}}}, "items": {"$ref": "#/$defs/o"}, "type": "array"}', '"[{\\"n\\": \\"3\\"}]"', '[{"n":3}]' },
  { '{"properties": {"a": {"anyOf": [{"type": "object", "properties": {"n": {"type": "integer"}}}, {"type": "null"}]}}}', '{"a":{"n":"3"}}', '{"a":{"n":3}}' },
  { '{"$ref": "#"}', '"x"', '"x"' }, { '{"anyOf": [{"$ref": "#"}]}', '"x"', '"x"' }, { '{"properties": {"a": {"$ref": "#"}}}', '{"a":{"a":{}}}', '{"a":{"a":{}}}' },
} do
  t.eq(json.encode(schema.typed(json.decode(row[1]), json.decode(row[2]))), row[3], row[1] .. " " .. row[2])
end

-- What ends: a schema without end, one that is tried in very many ways, and a pattern that takes long.
for text, value in pairs { ['{"$ref": "#"}'] = 1, ['{"allOf": [{"$ref": "#"}, {"$ref": "#"}]}'] = 1, ['{"anyOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]}'] = false,
  ['{"pattern": "^(a+)+$"}'] = ("a"):rep(60) .. "b" } do
  local deep = value
  if not deep then
    deep = json.array { 1 }
    for _ = 1, 60 do deep = json.array { deep, deep } end
  end
  local ok, words = schema.check(json.decode(text), deep)
  t.ok(value == false or not ok and words:find "without end" or words and words:find "pattern", text .. tostring(words))
end

-- A tool's schema of any form raises nothing.
for _, text in ipairs { '{"required": true}', '{"properties": 5}', '{"items": 7}', '{"enum": "x"}', '{"type": 5}', '{"anyOf": 1}', '{"pattern": "("}', '{"$ref": 5}',
  '{"properties": {"a": true}}', '{"minimum": "x"}', '{"allOf": {"a": 1}}', '{"additionalProperties": "no"}', '{"dependencies": 5}', '{"if": 5, "then": 6}' } do
  local ok, e = pcall(function()
    local one = json.decode(text)
    schema.check(one, schema.typed(one, { a = 1, b = json.array { 1 } }))
    return schema.check(one, 5)
  end)
  t.ok(ok, text .. ": " .. tostring(e))
end
t.done()
