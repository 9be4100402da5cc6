-- Fuzzes JSON both ways: what was decoded can be written, what is written reads as the same value, what a template takes from an event is
-- what decoding finds there, and the reader for settings agrees with the strict one.
local json = require "sys.json"
local jsonc = require "qwen.util.jsonc"

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" or a == json.null or b == json.null then return a == b or a ~= a end
  for name, value in pairs(a) do
    if not same(value, b[name]) then return false end
  end
  for name in pairs(b) do
    if a[name] == nil then return false end
  end
  return true
end

-- Names that are no UTF-8 are repaired, and so are texts: then it is compared what became of them.
local function round_trip(value)
  local written = json.encode(value)
  local again, e = json.decode(written)
  assert(e == nil, "written, it cannot be read")
  assert(json.encode(again) == written, "written twice, it differs")
  if utf8.len(written) and not written:find("\u{FFFD}", 1, true) then assert(same(value, again), "read again, it differs") end
  local indented = json.decode(json.encode(value, { indent = 2 }))
  assert(json.encode(indented) == written, "indented, it differs")
end

-- Two events in the input, one above the other: the template of the first reads the second.
local function by_template(input)
  local first, second = input:match "^(.-)\n(.*)$"
  local event = first and json.decode(first)
  local text = type(event) == "table" and event.text
  if type(text) ~= "string" then return end
  local template = json.template()
  template:learn(first, "text", text, "name", "\\")
  local found, whole = template:read(second), json.decode(second)
  if found and type(whole) == "table" then assert(whole.text == found, "the template found another text") end
end

return function(input)
  local value, e = json.decode(input)
  assert(value ~= nil or e.kind == "protocol" or e.kind == "too_long", "why it cannot be read")
  for _, halves in ipairs { false, true } do
    for _, foreign in ipairs { false, true } do json.decode(input, halves, foreign) end
  end
  if value ~= nil then
    round_trip(value)
    assert(json.decode(json.encode(json.raw(input))) ~= nil, "raw text")
  end
  local read = jsonc.parse(input)
  if read ~= nil then json.encode(read) end
  by_template(input)
end
