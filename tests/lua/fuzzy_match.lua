-- Edits: pairs of files in cases/edit through the edit tool, and random edits against a plain model of what an edit is.
local t = dofile "tests/check.lua"
local fs, json = require "sys.fs", require "sys.json"
local match = require "qwen.util.fuzzy_match"
local similar = require "qwen.util.similar"

local root = assert(fs.realpath(assert(fs.mkdtemp "match-")))
local ctx = { cwd = root, seen = {} }
local edit = assert(qwen.x.registry.get("tools", "edit"))

-- NAME.in: a line of JSON (old, new, all, error: words of the refusal), then the file. NAME.want: the file after it.
local folder, path, cases = "tests/cases/edit", root .. "/file", 0
for _, entry in ipairs(fs.list(folder)) do
  local name = entry.name:match "^(.*)%.in$"
  if name then
    cases = cases + 1
    local head, before = assert(fs.read(folder .. "/" .. entry.name)):match "^([^\n]*)\n(.*)$"
    local case = assert(json.decode(head))
    fs.write(path, before, { fsync = false })
    qwen.x.files.mark_seen(ctx, path)
    local args = { file_path = path, old_string = case.old, new_string = case.new, replace_all = case.all }
    local result, e = edit.run(ctx, args)
    if case.error then
      t.ok(not result and e.message:find(case.error), name .. ": " .. (e and e.message or "it was done"))
      t.eq(fs.read(path), before, name .. " changed nothing")
    else
      t.ok(result, name .. ": " .. (e and e.message or ""))
      t.eq(fs.read(path), fs.read(folder .. "/" .. name .. ".want"), name)
    end
  end
end
t.ok(cases > 50, "cases: " .. cases)

-- What the model is told: three lines on each side, and of a long change where it begins and ends.
local function told(before, old, new, all)
  fs.write(path, before)
  ctx.seen[path] = nil
  qwen.x.files.mark_seen(ctx, path)
  local text = assert(edit.run(ctx, { file_path = path, old_string = old, new_string = new, replace_all = all })).text
  local head, lines = text:match "^The file: (.- from the edited file:)\n\n%-%-%-\n\n(.*)$"
  return head and head:gsub("^" .. path:gsub("%p", "%%%0") .. " ", ""), lines
end
local function numbered(from, to)
  local out = {}
  for i = from, to do out[#out + 1] = tostring(i) end
  return table.concat(out, "\n")
end
for _, case in ipairs {
  { numbered(1, 30), "\n15\n", "\nx\n", "11-18 of 30", "11\n12\n13\n14\nx\n16\n17\n18" }, -- the change begins in line 14
  { numbered(1, 30), "15", "x", "12-18 of 30", "12\n13\n14\nx\n16\n17\n18" },
  { numbered(1, 30), "1\n2\n3", "x", "1-4 of 28", "x\n4\n5\n6" }, { numbered(1, 30), "30", "x\ny", "27-31 of 31", "27\n28\n29\nx\ny" },
  { numbered(1, 30), "14\n15\n", "", "11-17 of 28", "11\n12\n13\n16\n17\n18\n19" },
  { numbered(1, 30), "15", numbered(101, 110), "12-27 of 39", "12\n13\n14\n" .. numbered(101, 110) .. "\n16\n17\n18" },
  { numbered(1, 30), "15", numbered(101, 150), "12-67 of 79", "12\n13\n14\n101\n102\n103\n[... 44 lines as you gave them ...]\n148\n149\n150\n16\n17\n18" },
  { "a\nx\nb\nc\nd\ne\nf\nx\n", "x", "y\nz", "1-6 of 10", "a\ny\nz\nb\nc\nd", true },
  { "x", "x", "y", "1-1 of 1", "y" },
} do
  local head, lines = told(case[1], case[2], case[3], case[6])
  t.eq({ head, lines }, { "has been updated. Showing lines " .. case[4] .. " from the edited file:", case[5] }, case[2] .. " to " .. case[3])
end
fs.write(path, "all\n")
qwen.x.files.mark_seen(ctx, path)
t.match(edit.run(ctx, { file_path = path, old_string = "all\n", new_string = "" }).text, " has been updated%. It is empty now%.$")
fs.write(path, ("line\n"):rep(30) .. "y\n")
qwen.x.files.mark_seen(ctx, path)
t.ok(edit.run(ctx, { file_path = path, old_string = "y", new_string = "z" }), "a second edit needs no second reading")
t.match(edit.preview(ctx, { file_path = path, old_string = "z", new_string = "w" }), "%-z\n%+w\n", "a preview is a diff")
t.eq(fs.read(path):find("w", 1, true), nil, "and writes nothing")

-- Random edits. The model: a file is a list of characters and line ends; the old text fits where all of it is the same, a line end being
-- the same as any other.
local seed = 5
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end
local function pick(list) return list[random(#list)] end

local function units(bytes)
  local out, at = {}, 1
  while at <= #bytes do
    local unit = bytes:sub(at, at + 1) == "\r\n" and "\r\n" or bytes:sub(at, at)
    out[#out + 1] = unit
    at = at + #unit
  end
  return out
end

local function plain(unit) return unit == "\r\n" and "\n" or unit end

local function places(file, old)
  local found, at = {}, 1
  while at <= #file - #old + 1 do
    local same = true
    for k = 1, #old do same = same and plain(file[at + k - 1]) == plain(old[k]) end
    if same then found[#found + 1] = at end
    at = at + (same and #old or 1)
  end
  return found
end

local function usual_end(file)
  local n = { ["\n"] = 0, ["\r\n"] = 0 }
  for _, unit in ipairs(file) do
    if n[unit] then n[unit] = n[unit] + 1 end
  end
  return n["\r\n"] > n["\n"] and "\r\n" or "\n"
end

-- What the file should be: each place is cut out and the new text put in, with the line end that comes next in the file.
local function expected(file, old, new, found)
  local out, at = {}, 1
  for _, first in ipairs(found) do
    table.move(file, at, first - 1, #out + 1, out)
    local line_end
    for k = first, #file do
      if plain(file[k]) == "\n" then line_end = file[k] break end
    end
    for _, unit in ipairs(new) do out[#out + 1] = plain(unit) == "\n" and (line_end or usual_end(file)) or unit end
    at = first + #old
    local starts = first == 1 or plain(file[first - 1]) == "\n"
    if #new == 0 and starts and plain(old[#old]) ~= "\n" and file[at] and plain(file[at]) == "\n" then at = at + 1 end
  end
  table.move(file, at, #file, #out + 1, out)
  return table.concat(out)
end

local pieces = { "a", "b", "ab", " ", "  ", "\t", "\n", "\n", "\r\n", "\r\n", "\u{2019}", "'", "\u{A0}", "\u{2013}", "-", "\xff", "\xe2", "\r", "é", "\0", "%", "." }
local endings = { pieces, { "a", "b", " ", "\n", "'", "\u{2019}" }, { "a", "b", " ", "\r\n", "'", "\u{2019}" } }
local function text_of(list, n)
  local out = {}
  for i = 1, n do out[i] = pick(list) end
  return table.concat(out)
end

-- Text that a reader who sees characters and lines would call the same.
local function loosely(bytes)
  return (bytes:gsub("\r\n", "\n"):gsub("\u{2019}", "'"):gsub("\u{2013}", "-"):gsub("\u{A0}", " "):gsub("[ \t\r\v\f]+\n", "\n"):gsub("[ \t\r]+$", ""))
end

local exact, loose, none, wrong = 0, 0, 0, 0
for _ = 1, 3000 do
  local list = pick(endings)
  local bytes = text_of(list, random(60))
  local file = units(bytes)
  local from = random(#file)
  local old = table.concat(file, "", from, math.min(#file, from + random(12) - 1))
  if random(3) == 1 then old = old:gsub("\u{2019}", "'"):gsub("\r\n", "\n"):gsub(" \n", "\n") end
  if random(12) == 1 then old = text_of(list, random(6)) end
  local new = random(5) == 1 and "" or text_of(list, random(8))
  local ranges, dropped = match.find(bytes, old)
  local found = places(file, units(old))
  local after = match.replace(bytes, ranges, new, dropped)
  local ok
  if #found > 0 then
    exact = exact + 1
    ok = #ranges == #found and after == expected(file, units(old), units(new), found)
  elseif #ranges == 0 then
    none = none + 1
    ok = after == bytes
  else
    loose = loose + 1
    local first, last = ranges[1][1], ranges[#ranges][2]
    local tail = bytes:sub(last + 1):gsub(new == "" and "^\r?\n" or "^$", "")
    ok = after:sub(1, first - 1) == bytes:sub(1, first - 1) and after:sub(#after - #tail + 1) == tail
    for _, range in ipairs(ranges) do
      local wanted = loosely(old):gsub(dropped and "\n$" or "^$", "")
      ok = ok and loosely(bytes:sub(range[1], range[2])) == wanted:gsub("[ \t\r]+$", "")
    end
  end
  if not ok then
    wrong = wrong + 1
    if wrong <= 3 then t.ok(false, ("file %q old %q new %q gave %q, %d places of %d"):format(bytes, old, new, after, #ranges, #found)) end
  end
end
t.eq(wrong, 0, "random edits that differ from the model")
t.ok(exact > 1500 and loose > 30 and none > 30, ("exact %d, loose %d, none %d"):format(exact, loose, none))

-- Hostile sizes: at anything above linear time the run does not end before its limit.
local spaces = (" "):rep(200000)
t.eq(#match.find("x" .. spaces .. "y\n", "x \n y"), 0, "a long run of blanks")
similar.nearest("x" .. spaces .. "y\n" .. spaces .. "\n", "abcd\n" .. spaces)
t.eq(#match.find(("x\r\n"):rep(50000), "x"), 50000, "many places")
t.eq(#match.replace(("x"):rep(100000), match.find(("x"):rep(100000), "x"), "\n", false), 100000, "many line ends in one line")
t.eq(#match.find(("“x” – é\r\n"):rep(100000), "“y”"), 0, "a large text of look-alikes")
similar.nearest(("some line\n"):rep(20000), ("some lime\n"):rep(2000))

fs.remove_tree(root)
t.done()
