-- sys.json: each known trap of lua-cjson, and every promise of our encoder.
local t = dofile "tests/check.lua"
local json = require "sys.json"

local encode, decode = json.encode, json.decode

-- decoding
t.eq(decode '{"a":[1,2,{"b":null}],"c":"x"}', { a = { 1, 2, { b = json.null } }, c = "x" }, "a document")
t.eq(decode "null", json.null, "null")
t.eq(decode "false", false, "false is a value, not a failure")
t.eq(decode '\xef\xbb\xbf{"a":1}', { a = 1 }, "byte order mark")
t.eq(decode ' \t\r\n[1]\n', { 1 }, "white space")
t.eq(decode '"\\ud83d\\ude00\\u0000"', "\u{1F600}\0", "surrogate pair and NUL")
for _, text in ipairs { "1e400", "-1e400", "[1E+400]", '{"a":"\\"","b":1e999}', ("9"):rep(400) } do
  local value, problem = decode(text)
  t.err(value, problem, "protocol", "what could not be written again: " .. text:sub(1, 20))
end
t.eq(decode '["1e999", 1e300, 0.5, -0, 1e-999, "\\\\", "x"]', { "1e999", 1e300, 0.5, -0.0, 0, "\\", "x" }, "others stay")
-- Half a surrogate pair: U+FFFD, or, for those who can join it with the other half, the bytes it would have.
for text, want in pairs {
  ['"\\ud83d"'] = "\u{FFFD}", ['"a\\uDE00b"'] = "a\u{FFFD}b", ['"\\ud83d\\ud83d\\ude00"'] = "\u{FFFD}\u{1F600}", ['"\\ud83d\\u0041"'] = "\u{FFFD}A",
  ['"\\\\ud83d"'] = "\\ud83d", ['"\\\\\\ud83d"'] = "\\\u{FFFD}", ['"\\ud83d\\n"'] = "\u{FFFD}\n",
} do t.eq(decode(text), want, text) end
t.eq(decode('{"\\ude00x\\ud83d":"\\ude00x\\ud83d","y":"\\"\\ude00\\ud83d\\""}', true),
  { ["\xED\xB8\x80x\xED\xA0\xBD"] = "\xED\xB8\x80x\xED\xA0\xBD", y = '"\u{FFFD}\u{FFFD}"' }, "at an end of a string")
t.err(nil, select(2, decode '"\\ud83d'), "protocol", "half and no end")
t.err(nil, select(2, decode '"\\ud8'), "protocol", "half of a half")
t.ok(utf8.len(json.encode(decode('"\\ud83d"', true))), "it is never written")
t.eq(math.tointeger(decode "9007199254740991"), 9007199254740991, "integers below 2^53 are whole")
for _, text in ipairs { "NaN", "[-NaN]", "Infinity", "[-Infinity]", "inf", "nan", "0x10", "[01]", "[1,]", "{,}", "{a:1}", "'x'", "[1] x",
  '"\\x"', '"abc', "[1", '{"a"', "tru", "\0", "[1\0]", "[1]\0", "1\0x", '{"a":"x\0"}' } do
  local value, e = decode(text)
  t.err(value, e, "protocol", text)
  t.match(e.message, "^not valid JSON: .+ at character %d+$", text)
end
t.err(nil, select(2, decode ""), "protocol", "empty text")
t.ok(decode(("["):rep(128) .. ("]"):rep(128)), "128 levels")
t.err(nil, select(2, decode(("["):rep(129) .. ("]"):rep(129))), "protocol", "129 levels")
t.err(nil, select(2, decode(("["):rep(1000000))), "protocol", "a million levels")
t.err(nil, select(2, decode(('{"a":'):rep(1000000))), "protocol", "a million objects")
t.fails(function() decode(nil) end, "string expected", "nil is no text")
do
  local long = ("x"):rep(32 * 1024 * 1024 + 2)
  t.err(nil, select(2, decode('["' .. long .. '"]')), "too_long", "a string over 32 MiB")
  t.err(nil, select(2, decode('["' .. long)), "too_long", "a string over 32 MiB without end")
  t.err(nil, select(2, decode("[" .. ("[],"):rep(250000) .. '"', false, true)), "too_long", "many tables before an end that is missing")
  t.fails(function() encode { a = { long } } end, "too long at %.a%[1%]", "a string over 32 MiB is not written")
  local halves = decode('["' .. long:sub(1, #long // 2) .. '","\\"' .. long:sub(1, #long // 2) .. '"]')
  t.eq(halves and #halves[2], #long // 2 + 1, "a long text of shorter strings")
end

-- encoding: tables
t.eq(encode { b = 1, a = 2, c = { z = 1, y = 2 }, aa = 3 }, '{"a":2,"aa":3,"b":1,"c":{"y":2,"z":1}}', "sorted keys")
t.eq(encode {}, "{}", "empty table")
t.eq(encode(json.array()), "[]", "empty array")
t.eq(encode(json.array {}), "[]", "marked table")
t.eq(encode { required = json.array {}, type = "object" }, '{"required":[],"type":"object"}', "schema")
t.eq(encode { 1, { 2 }, "3" }, '[1,[2],"3"]', "sequence")
t.eq(encode { a = json.raw '{"b" : 1}', c = { json.raw "[]" } }, '{"a":{"b" : 1},"c":[[]]}', "raw text verbatim")
t.eq(encode { a = json.raw '{\n  "b":\r\n "x\\"\ny\\n"\n}' }, '{"a":{  "b": "x\\"\\ny\\n"}}', "raw text stays on one line")
t.eq(encode { json.null, true, false }, "[null,true,false]", "words")
t.eq(encode(nil), "null", "nil")
t.eq(encode({ a = { 1, 2 }, b = {}, c = json.array() }, { indent = 2 }),
  '{\n  "a": [\n    1,\n    2\n  ],\n  "b": {},\n  "c": []\n}', "indent")
t.eq(encode({ 1 }, {}), "[1]", "options without indent")
t.eq(encode { ["k\n\xff"] = 1 }, '{"k\\n\u{FFFD}":1}', "keys are escaped as well")

-- encoding: numbers
local numbers = { [0] = "0", [-1] = "-1", [3.0] = "3", [1e15] = "1000000000000000", [123456789012345.0] = "123456789012345",
  [2.0 ^ 53 - 1] = "9007199254740991", [math.maxinteger] = "9223372036854775807", [math.mininteger] = "-9223372036854775808",
  [0.1] = "0.1", [0.1 + 0.2] = "0.30000000000000004", [0.1 + 0.7] = "0.7999999999999999", [1e300] = "1e+300", [1.5] = "1.5" }
for number, text in pairs(numbers) do t.eq(encode(number), text, text) end
for _, number in ipairs { 5e-324, 1.7976931348623157e308, 2.0 ^ 53, 2.0 ^ 63, -2.0 ^ 70, 1 / 3, math.pi, 1e21, 123456789.123 } do
  t.ok(decode(encode(number)) == number, "round trip of " .. number)
end
t.eq(encode(-0.0), "-0", "minus zero")

-- encoding: strings
t.eq(encode 'a/b"c\\d', [["a/b\"c\\d"]], "no escaped slash")
t.eq(encode "\n\r\t\0\x1f\x7f", [["\n\r\t\u0000\u001f]] .. '\x7f"', "control characters")
t.eq(encode "é漢\u{1F600}", '"é漢\u{1F600}"', "UTF-8 as it is")
t.eq(encode "a\xffb\xc3", '"a\u{FFFD}b\u{FFFD}"', "bytes that are no text")
t.eq(encode "\xc0\xaf", '"\u{FFFD}\u{FFFD}"', "overlong")
t.eq(encode "\xed\xa0\x80", '"\u{FFFD}\u{FFFD}\u{FFFD}"', "surrogate")
t.eq(encode "\xf4\x90\x80\x80", '"' .. ("\u{FFFD}"):rep(4) .. '"', "beyond U+10FFFF")
local every = {}
for i = 0, 255 do every[#every + 1] = string.char(i) end
every = table.concat(every)
t.eq(decode(encode(every:sub(1, 128))), every:sub(1, 128), "every ASCII byte comes back")
t.ok(utf8.len(encode(every)), "every byte gives valid UTF-8")

-- what cannot be written raises and says where
local loop = { a = {} }
loop.a.b = loop
t.fails(function() encode(loop) end, "contains itself at %.a%.b%.a.*%.%.%..*%.b$", "cycle")
t.fails(function() encode { a = { 1, { b = print } } } end, "cannot write a function %(.-%) at %.a%[2%]%.b$", "function")
t.fails(function() encode { x = 0 / 0 } end, "NaN is not a JSON number at %.x", "NaN")
t.fails(function() encode { math.huge } end, "infinity is not a JSON number at %[1%]", "infinity")
t.fails(function() encode(-math.huge) end, "infinity is not a JSON number$", "infinity at the top")
t.fails(function() encode { f = io.stdout } end, "cannot write a userdata .- at %.f", "userdata")
t.fails(function() encode { 1, 2, a = 3 } end, "names beside its positions", "mixed keys")
t.fails(function() encode { x = { [1] = 1, [2000] = 2 } } end, "holes.* at %.x", "sparse")
t.fails(function() encode { a = { [5] = 1 } } end, "key of type number %(5%).* at %.a", "number as a key")
t.fails(function() encode { [true] = 1 } end, "key of type boolean", "boolean as a key")
t.fails(function() encode({}, { indent = 99 }) end, "field .indent. must be a number from 0 to 16", "indent")
t.fails(function() encode() end, "value expected", "no value")
do
  local deep = {}
  for _ = 1, 191 do deep = { deep } end
  t.eq(#encode(deep), 2 * 192, "192 levels are written: what was decoded fits into other values")
  t.fails(function() encode { deep } end, "deeper than 192 levels", "193 levels are not")
end

-- the same value, the same bytes, whatever the order of insertion
do
  local names = {}
  for i = 1, 200 do names[i] = "k" .. i end
  local first
  for round = 1, 20 do
    for i = #names, 2, -1 do
      local j = math.random(i)
      names[i], names[j] = names[j], names[i]
    end
    local value = {}
    for _, name in ipairs(names) do value[name] = name end
    local text = encode(value)
    first = first or text
    if text ~= first then t.eq(text, first, "round " .. round) end
  end
  t.ok(first, "stable bytes")
end

-- Templates: events that differ in one text, in numbers, in padding; anything else is decoded.
do
  local function reads(first, key, text, ...)
    local template, out = json.template(), {}
    template:learn(first, key, text)
    for i, data in ipairs { ... } do out[i] = template:read(data) or false end
    return out
  end
  local chat = '{"id":"a1","n":12,"choices":[{"index":0,"delta":{"content":"%s"},"finish":null}],"obfuscation":"%s"}'
  t.eq(reads(chat:format("x", "abc"), "content", "x", chat:format("hello }", "d"), chat:format("y", ""), (chat:format("z", "q"):gsub("12", "9999"))),
    { "hello }", "y", "z" }, "text, padding, numbers")
  for _, other in ipairs { chat:format("a\\n", ""), chat:format('a","b":"c', ""), chat:format("a\1b", ""), chat:format("", ""), (chat:format("a", ""):gsub("null", '"stop"')),
    (chat:format("a", ""):gsub("a1", "a2")), chat:format("a", "") .. "x", chat:format("a", ""):sub(1, -2), "", "{", (chat:format("a", ""):gsub("12", "")),
    chat:format("a", "b\\") } do
    t.eq(reads(chat:format("x", "abc"), "content", "x", other), { false }, "not of the run: " .. other)
  end
  t.eq(reads('{"d":{"text": "x"}}', "text", "x", '{"d":{"text": "a"}   }', '{"d":{"text": "b"  }  }', '{"d":{"text":"c"}}'), { "a", "b", false }, "white space before braces")
  t.eq(reads('{"text":"x","more":{"text":"y"}}', "text", "x", '{"text":"z","more":{"text":"y"}}'), { false }, "two of that name")
  t.eq(reads('{"a":"\\"text\\":\\"no\\"","text":"x"}', "text", "x", '{"a":"\\"text\\":\\"no\\"","text":"z"}'), { "z" }, "a name inside a text is none")
  t.eq(reads('{"text":"x"}', "text", "other", '{"text":"z"}'), { false }, "the text must be there")
  t.eq(reads('{"n":' .. ("[1,2],"):rep(60) .. '"text":"x"}', "text", "x", "{}"), { false }, "too many numbers")
  local template = json.template()
  template:learn('{"text":"x"}', "text", "x")
  template:learn("nothing", "text", "x")
  t.eq(template:read '{"text":"y"}', nil, "what cannot be learnt takes the place of what was")
end

t.done()
