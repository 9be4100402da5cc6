-- Reading JSON with comments: values, lines, and what an error says. Writing it is tested in jsonedit.lua.
local t = dofile "tests/check.lua"
local json = require "sys.json"
local jsonc = require "qwen.util.jsonc"

-- Values and lines.
do
  local value, lines, problems = jsonc.parse '\xef\xbb\xbf// head\n{\r\n  "a": 1, /* x\n y */ "b": [1, "t//wo", {"c": null},],\n  "u": "\\u00e9\\n",\n}\n'
  t.eq(value.a, 1)
  t.eq(math.type(value.a), "integer", "whole numbers are integers")
  t.eq({ value.b[1], value.b[2], value.u }, { 1, "t//wo", "é\n" })
  t.eq(value.b[3].c, json.null)
  t.eq({ lines.a, lines.b, lines["b.0"], lines["b.2"], lines["b.2.c"], lines.u }, { 3, 4, 4, 4, 4, 5 }, "lines")
  t.eq(problems, {})
  for text, want in pairs {
    [""] = {}, [" // nothing\n"] = {}, ["{}"] = {}, ["[1,2,]"] = { 1, 2 }, ['{"a":{"b":{}}}'] = { a = { b = {} } }, ["/**/{/*,*/}//"] = {}, ["-1.5e2"] = -150, ["0"] = 0,
    ['"\\ud83d\\ude00"'] = "😀", ["true"] = true, ['{"":1}'] = { [""] = 1 }, ['{"a.b":1,"a":{"b":2}}'] = { ["a.b"] = 1, a = { b = 2 } },
    ["9007199254740993"] = 9007199254740993, ["{\"a\"\r:\r1}"] = { a = 1 },
  } do
    t.eq(jsonc.parse(text), want, text)
  end
  t.eq(json.encode((jsonc.parse '{"l":[],"o":{}}')), '{"l":[],"o":{}}', "an empty list stays a list")
  local last, _, twice = jsonc.parse '{"a":1,\n"b":{"x":1,"x":2},"a":2}'
  t.eq({ last.a, last.b.x }, { 2, 2 }, "the last one counts")
  for i, problem in ipairs(twice) do twice[i] = tostring(problem) end
  t.eq(twice, { 'line 2: "b.x" is there twice; the last one counts', 'line 2: "a" is there twice; the last one counts' })
end

-- Errors name line, column, and what was expected.
local deep = ("["):rep(129)
for text, want in pairs {
  ['{"a":1'] = "line 1, column 1: this object is never closed; it needs }", ['{"x":\n [1,\n'] = "line 2, column 2: this list is never closed; it needs ]",
  ['{"a" 1}'] = "line 1, column 6: expected : after \"a\", found '1'", ["{a:1}"] = "line 1, column 2: expected a name in quotes or }, found 'a'",
  ["{'a':1}"] = "line 1, column 2: expected a name in quotes or }, found '''",
  ['{"a":yes}'] = "line 1, column 6: expected a value, found 'yes'; texts need quotes", ['{"a":}'] = "line 1, column 6: expected a value, found '}'",
  ['{"a":'] = "line 1, column 6: expected a value, found the end of the file", ['{"a":1} x'] = "line 1, column 9: expected nothing more after the value, found 'x'",
  ['{"a":"x\n"}'] = "line 1, column 6: this text is never closed with a quote", ["\n /* x"] = "line 2, column 2: this comment is never closed; it needs */",
  ['{"a":1 "b":2}'] = "line 1, column 8: expected , or } after the value of \"a\", found '\"'", ["[1 2]"] = "line 1, column 4: expected , or ] in this list, found '2'",
  ["[,]"] = "line 1, column 2: expected a value, found ','", ['{"a":1,,}'] = "line 1, column 8: expected a name in quotes or }, found ','",
  ['{"a":01}'] = "line 1, column 6: expected a value, found '01'; texts need quotes", ["[0x10]"] = "expected a value, found '0x10'", ["[1.]"] = "found '1.'",
  ["[.5]"] = "found '.5'", ["[+1]"] = "found '+1'", ["[NaN]"] = "found 'NaN'", ["[-]"] = "found '-'", ["[1e400]"] = "the number '1e400' is too large",
  ['{"é":"é", "a":?}'] = "line 1, column 15: expected a value, found '?'", ["[\27]"] = "line 1, column 2: expected a value, found byte 27", ["[\xff]"] = "found byte 255",
  ['{"\\u001b[2J" 1}'] = 'expected : after "\\u001b[2J", found', ['{"a":"\\q"}'] = "line 1, column 6: this text holds an escape that JSON does not know",
  [deep] = "line 1, column 129: nested deeper than 128 levels", ["\xff\xfe{\0"] = "the file is UTF-16; save it as UTF-8",
} do
  local none, e = jsonc.parse(text)
  t.ok(none == nil and e.kind == "usage" and type(e.line) == "number" and e.message:find(want, 1, true), ("%q: %s, wanted %s"):format(text, tostring(e), want))
end
t.eq((jsonc.parse '"\\ud800"'), "\u{FFFD}", "half a character")
t.ok(jsonc.parse(("["):rep(128) .. ("]"):rep(128)), "128 levels are read")

-- No input of bytes crashes it.
local seed = 3
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end
local pieces = { "{", "}", "[", "]", ",", ":", '"a"', '"b\\n"', "1", "-2.5", "true", "null", " ", "\n", "// c\n", "/* c */", "\\", '"', "\xff", "x" }
for _ = 1, 20000 do
  local text = ""
  for _ = 1, random(8) do text = text .. pieces[random(#pieces)] end
  local value, e = jsonc.parse(text)
  if not t.ok(value ~= nil or e.kind == "usage", text) then break end
end

-- Strict JSON with comments, white space and trailing commas strewn in reads as the strict one does.
local function strewn()
  return ({ "", "", " ", "\n", "/* \"x\" , */", "// ] }\n", "\r\n\t" })[random(7)]
end
local function make(depth)
  local kind, parts = random(depth > 3 and 4 or 6), {}
  if kind <= 4 then
    local text = ({ "-12.5e1", '"\\u00e9 // \\" x"', "null", "false" })[kind]
    return text, strewn() .. text .. strewn()
  end
  local loose = {}
  for i = 1, random(4) - 1 do
    local strict, other = make(depth + 1)
    local name = kind == 5 and ('"k%d":'):format(i) or ""
    parts[i], loose[i] = name .. strict, strewn() .. name .. other
  end
  local open, close = kind == 5 and "{" or "[", kind == 5 and "}" or "]"
  local comma = #loose > 0 and random(2) == 1 and "," or ""
  return open .. table.concat(parts, ",") .. close, strewn() .. open .. table.concat(loose, ",") .. comma .. strewn() .. close .. strewn()
end
for _ = 1, 2000 do
  local strict, loose = make(0)
  if not t.eq((jsonc.parse(loose)), json.decode("[" .. strict .. "]")[1], loose) then break end
end

-- The work grows with the text, not with its square.
local function work(n)
  local long = '{"a":[' .. ('{"k":\n"v"},'):rep(n) .. "1]}"
  local before = os.clock() -- computing, not time
  local _, lines = jsonc.parse(long)
  t.eq(lines[("a.%d.k"):format(n - 1)], n, "lines of a long file")
  return os.clock() - before
end
t.ok(work(100000) < 30 * work(10000) + 0.2, "a long file takes a moment")
t.done()
