-- House rule: every file opens with a sentence, ends with a newline, names no machine, and leaves nothing undone.
local t = dofile "tests/check.lua"
local tree = dofile "tests/tree.lua"
local fs = require "sys.fs"

---The comment at the top of a file, nil when there is none.
local function opening(text, kind)
  if kind == "c" or kind == "h" then return text:match "^/%*(.-)%*/" end
  if kind == "lua" then return (text:gsub("^%-%-%-@meta\n", "")):match "^%-%- ([^\n]*\n[^\n]*)" end
  if kind == "py" then return text:match '^"""(.-)"""' end
  return (text:gsub("^#![^\n]*\n", "")):match "^# ([^\n]*)"
end
local function is_sentence(words)
  return words ~= nil and words:find "[.:?]" ~= nil and #words > 20
end
t.ok(not is_sentence(opening("int main(void) {}\n", "c")), "a file without a sentence is caught")
t.ok(is_sentence(opening("#!/bin/sh\n# Installs what is missing.\n", "sh")), "a script's sentence is found")
local patterns = { "^src/.*%.[ch]$", "%.lua$", "%.py$", "CMakeLists%.txt$", "%.cmake$", "^vendor/%w+$", "^tests/%w+$", "^tests/%w+/run$" }
for _, path in ipairs(tree.files(table.unpack(patterns))) do
  t.ok(is_sentence(opening(tree.read(path), path:match "%.(%w+)$")), path .. " opens with a sentence")
end

---What must not stand in any text.
local common = { ["/"] = true, ["/root"] = true, ["/tmp"] = true, ["/opt"] = true, ["/srv"] = true, ["/usr/src"] = true, ["/var/tmp"] = true }
local here = assert(fs.realpath "..")
if common[here] or here:find "^/home/[^/]+$" then here = assert(fs.realpath ".") end -- the parent's name is in many texts
local function leftover(text)
  if text:find(here .. "/", 1, true) then return "the path " .. here end
  return text:match "%f[%w/$]/root/[%w.]" or text:match("%f[%w]TO" .. "DO%f[%W]") or text:match("%f[%w]FIX" .. "ME%f[%W]")
end
t.ok(leftover("x /root" .. "/y"), "a path of one machine is caught")
t.ok(leftover("// TO" .. "DO later"), "a leftover is caught")
for _, path in ipairs(tree.files "") do
  local text = tree.read(path)
  if not text:find "\0" then
    t.ok(not leftover(text), ("%s: %s"):format(path, leftover(text)))
    t.ok(path:find "^tests/cases/" or path:find "^tests/fuzz/seeds/" or text == "" or text:sub(-1) == "\n", path .. " ends with a newline")
    t.ok(not text:find "\r\n" or path:find "^tests/", path .. " has plain line ends")
  end
end

t.done()
