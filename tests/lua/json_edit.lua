-- Editing settings in place: pairs of files in cases/json_edit, and random edits that change nothing but the value.
local t = dofile "tests/check.lua"
local fs, json = require "sys.fs", require "sys.json"
local jsonc, jsonedit = require "qwen.util.jsonc", require "qwen.util.json_edit"

-- NAME.in: first line "path.to.key = JSON" or "path.to.key" to take it away, then the file; NAME.want: the file after it.
local folder = "tests/cases/json_edit"
for _, entry in ipairs(fs.list(folder)) do
  local name = entry.name:match "^(.*)%.in$"
  if name then
    local head, text = assert(fs.read(folder .. "/" .. entry.name)):match "^([^\n]*)\n(.*)$"
    local path, value = head:match "^(%S+) = (.*)$"
    local names = {}
    for part in (path or head):gmatch "[^.]+" do names[#names + 1] = part end
    local out, e = jsonedit.edit(text, names, value and json.decode("[" .. value .. "]")[1])
    t.eq(out or e.message, (fs.read(folder .. "/" .. name .. ".want")), name)
    if out then t.eq(jsonedit.edit(out, names, value and json.decode("[" .. value .. "]")[1]), out, name .. " twice is once") end
  end
end

-- Line ends and a BOM stay.
t.eq(jsonedit.edit("\xef\xbb\xbf{\r\n  \"a\": 1\r\n}\r\n", { "b" }, true), "\xef\xbb\xbf{\r\n  \"a\": 1,\r\n  \"b\": true\r\n}\r\n", "CRLF and BOM")
t.eq(jsonedit.edit("", { "a", "b" }, 1), '{\n  "a": {\n    "b": 1\n  }\n}\n', "an empty file")
t.err(jsonedit.edit('{"a":', { "b" }, 1), select(2, jsonedit.edit('{"a":', { "b" }, 1)), "usage", "a broken file is not touched")

-- Random files: after an edit everything else reads the same, and every comment is still there.
local seed = 11
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end
local function make(depth, indent)
  local kind = depth > 2 and 4 or random(5)
  if kind <= 3 then
    local names, out = {}, {}
    for i = 1, random(4) - 1 do names[i] = "k" .. i end
    for i, name in ipairs(names) do
      out[i] = ("\n%s  %s%q: %s"):format(indent, random(4) == 1 and "// note " .. random(1000) .. "\n" .. indent .. "  " or "", name, make(depth + 1, indent .. "  "))
    end
    return "{" .. table.concat(out, ",") .. (#out > 0 and (random(3) == 1 and "," or "") .. "\n" .. indent or "") .. "}"
  end
  return ({ "1", '"text // no comment"', "[1, 2]", "true" })[random(4)]
end
local function notes(text)
  local out = {}
  for note in text:gmatch "// note %d+" do out[#out + 1] = note end
  return out
end
local function at(value, names)
  for _, name in ipairs(names) do value = type(value) == "table" and value[name] or nil end
  return value
end
local edits = 0
for _ = 1, 2000 do
  local text = make(0, "") .. "\n"
  if text:sub(1, 1) == "{" then
    local names = {}
    for i = 1, random(3) do names[i] = "k" .. random(4) end
    local before = jsonc.parse(text)
    local value = random(3) > 1 and ({ 7, "new", { x = { 1, "y" } } })[random(3)] or nil
    local out, e = jsonedit.edit(text, names, value)
    if out then
      edits = edits + 1
      local after = jsonc.parse(out)
      local ok = t.eq(after ~= nil and at(after, names) or nil, value, text .. table.concat(names, ".") .. "\n" .. out)
      if ok and value ~= nil and #names == 1 then
        before[names[1]], after[names[1]] = nil, nil
        t.eq(after, before, "the rest")
      end
      if value ~= nil and not at(jsonc.parse(text), names) then t.eq(notes(out), notes(text), "comments\n" .. text .. out) end
    else
      t.match(e.message, "is not an object")
    end
  end
end
t.ok(edits > 500, "edits made: " .. edits)
t.done()
