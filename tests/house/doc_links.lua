-- House rule: what the documentation points to is there: links between pages with their headings, the files that docs/walk.md names, and
-- the tests that docs/reliability.md names.
local t = dofile "tests/check.lua"
local tree = dofile "tests/tree.lua"

local there = {}
for _, path in ipairs(tree.files "") do there[path] = true end

-- The anchor that a heading gets: lower case, blanks as dashes, signs left out.
local function anchor(heading)
  return (heading:lower():gsub("[^%w%s_-]", ""):gsub("%s", "-"))
end

local function anchors_of(text)
  local out = {}
  for heading in ("\n" .. text):gmatch "\n#+%s+([^\n]+)" do out[anchor(heading)] = true end
  return out
end
t.eq(anchor "Lua of a project, and your own", "lua-of-a-project-and-your-own", "an anchor")

-- The path of a link as seen from the top folder.
local function resolve(from, link)
  local parts = {}
  for part in (from:match "^(.*/)" or ""):gmatch "[^/]+" do parts[#parts + 1] = part end
  for part in link:gmatch "[^/]+" do
    if part == ".." then parts[#parts] = nil elseif part ~= "." then parts[#parts + 1] = part end
  end
  return table.concat(parts, "/")
end
t.eq(resolve("docs/a.md", "../lua/meta/qwen.lua"), "lua/meta/qwen.lua", "a link upwards")

local linked = {}
for _, path in ipairs(tree.files("^README%.md$", "^docs/.*%.md$")) do
  local text = tree.read(path)
  local prose = text:gsub("```.-\n```", "")
  for link in prose:gmatch "%]%(([^)%s]+)%)" do
    local file, heading = link:match "^([^#]*)#?(.*)$"
    if not link:find "^%a+:" then
      local target = file == "" and path or resolve(path, file)
      linked[target] = true
      local is_there = there[target] or #tree.files("^" .. target:gsub("%W", "%%%0") .. "/") > 0
      if t.ok(is_there, ("%s: nothing at %s"):format(path, link)) and heading ~= "" then
        t.ok(anchors_of(tree.read(target))[heading], ("%s: no heading for %s"):format(path, link))
      end
    end
  end
end
for _, path in ipairs(tree.files "^docs/[^/]+%.md$") do t.ok(linked[path], path .. ": no page links to it") end

-- The walk names each file by its path from the top or below lua/qwen; one without a folder lies where the one before it does.
local folder, count = "", 0
for name in tree.read("docs/walk.md"):gsub("```.-\n```", ""):gmatch "`([%w_/*-]+%.[lc]u?a?)[:` ]" do
  local at = there[name] and name or there["lua/qwen/" .. name] and "lua/qwen/" .. name
    or name:find "*" and name or folder .. name
  local pattern = "^" .. at:gsub("[%.%-]", "%%%0"):gsub("%*", "[^/]*") .. "$"
  t.ok(#tree.files(pattern) > 0, "docs/walk.md: there is no " .. name)
  folder, count = at:match "^(.*/)" or "", count + 1
end
t.ok(count > 40, "files are named")

-- The tables of faults name tests that are there, and every test of faults.
local reliability, faults = tree.read "docs/reliability.md", 0
for place, name in reliability:gmatch "`(%l+)/([%w_]+)`" do
  local file = place == "c" and "tests/c/test_" .. name .. ".c" or ("tests/%s/%s.lua"):format(place, name)
  if #tree.files("^tests/" .. place .. "/") > 0 then
    t.ok(there[file], "docs/reliability.md: there is no test " .. file)
    faults = faults + 1
  end
end
t.ok(faults > 20, "tests are named")
for _, path in ipairs(tree.files "^tests/faults/.*%.lua$") do
  local name = path:match "^tests/(.*)%.lua$"
  t.ok(reliability:find(("`%s`"):format(name), 1, true), "docs/reliability.md does not name " .. name)
end

t.done()
