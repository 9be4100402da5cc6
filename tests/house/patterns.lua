-- House rule: no pattern of shipped code goes over the same bytes again and again, because the text it searches may be anybody's.
--
-- A search costs the square of the length where two repetitions can share a run of bytes and what follows them can still fail: `%s+$` on
-- blanks, `([^\n]*)\n*$` on a long line. The search for a beginning is such a repetition, too, unless `^` holds it.
local t = dofile "tests/check.lua"
local tree = dofile "tests/tree.lua"

local sets = {}

-- The bytes that one item of a pattern fits.
local function set_of(item)
  local set = sets[item]
  if set then return set end
  set = {}
  for byte = 0, 255 do set[byte] = string.char(byte):find("^" .. item .. "$") ~= nil end
  sets[item] = set
  return set
end

local ALL = set_of "."

-- A pattern as a list: {set, q} with q one of 1 ? * + -; {frontier}; {back} for %1; `$` at its end. nil when it does not parse.
local function parse(pattern)
  local list, at, anchored = {}, 1, false
  if pattern:sub(1, 1) == "^" then at, anchored = 2, true end
  while at <= #pattern do
    local c = pattern:sub(at, at)
    local two = pattern:sub(at, at + 1)
    if c == "(" or c == ")" then
      at = at + 1
    elseif c == "$" and at == #pattern then
      list.ends, at = true, at + 1
    elseif two == "%b" then
      local open, close = pattern:match("^%%b(.)(.)", at)
      if not open then return nil end
      list[#list + 1] = { set = set_of("%" .. open), q = "1" }
      list[#list + 1] = { set = ALL, q = "*" }
      list[#list + 1] = { set = set_of("%" .. close), q = "1" }
      at = at + 4
    elseif two:find "^%%%d" then
      list[#list + 1], at = { back = true }, at + 2
    else
      local frontier = two == "%f"
      if frontier then at = at + 2 end
      local item = pattern:match("^%[%^?%]?[^%]]*%%%][^%]]*%]", at) or pattern:match("^%[%^?%]?[^%]]*%]", at)
        or pattern:match("^%%.", at) or pattern:match("^[^%%]", at)
      if not item or not pcall(string.find, "", item) then return nil end
      at = at + #item
      if frontier then
        list[#list + 1] = { frontier = set_of(item) }
      else
        local q = pattern:match("^[*+?-]", at)
        if item:find "^[^%w.]$" then item = "%" .. item end
        list[#list + 1] = { set = set_of(item), q = q or "1" }
        if q then at = at + 1 end
      end
    end
  end
  if not anchored then table.insert(list, 1, { set = ALL, q = "-" }) end
  return list
end

local function shared(a, b)
  local out, some = {}, false
  for byte = 0, 255 do
    out[byte] = a[byte] and b[byte]
    some = some or out[byte]
  end
  return some and out or nil
end

local endless = { ["*"] = true, ["+"] = true, ["-"] = true }

-- Whether what follows the item can fail once the item has taken what it can.
local function may_fail(list, j)
  local takes_all = list[j].set == ALL
  for k = j + 1, #list do
    local e = list[k]
    if e.frontier or e.back or e.q == "1" or e.q == "+" then return true end
    takes_all = takes_all or e.set == ALL and e.q ~= "?"
  end
  return list.ends and not takes_all
end

-- Whether what lies between two repetitions fits inside of a run that both can take.
local function fits_between(list, i, j, run)
  for k = i + 1, j - 1 do
    local e = list[k]
    if e.frontier then
      local inside, outside = false, false
      for byte = 0, 255 do
        if run[byte] then
          if e.frontier[byte] then inside = true else outside = true end
        end
      end
      if not (inside and outside) then return false end
    elseif (e.q == "1" or e.q == "+") and not shared(e.set, run) then
      return false
    end
  end
  return true
end

---Whether a search by a pattern can cost the square of the length of the text.
local function is_square(pattern)
  local list = parse(pattern)
  if not list then return false end
  for j = 2, #list do
    if endless[list[j].q] and may_fail(list, j) then
      for i = 1, j - 1 do
        local run = endless[list[i].q] and shared(list[i].set, list[j].set)
        if run and fits_between(list, i, j, run) then return true end
      end
    end
  end
  return false
end

local cases = {
  { "([^\n]*)\n*$", true }, { "%s+$", true }, { "^(.-)%s*$", true }, { "(%w+)%s*=", true }, { "<[^>]*>", true }, { "%b()", true }, { "^%b()", false },
  { "^(.-)%s*=%s*(.-)$", true }, { "(.-)\n", true }, { "[^/]+$", true }, { "\n%s*x", true }, { "^.*a.*b", true }, { "a%s*b%s*c", false },
  { "[^\n]+", false }, { "^.*%S", false }, { "^.*\n(.*)$", false }, { "%f[%w]%w+=", false }, { "([^\n]*)\n?", false }, { "\nPages:%s*(%d+)", false },
  { "^([^:]*):(.*)$", false }, { "^%s*(.*)$", false }, { "%s+", false }, { "x", false }, { "^[^%z]*%z(.*)$", false }, { "", false },
}
for _, case in ipairs(cases) do t.eq(is_square(case[1]), case[2], "the pattern " .. case[1]) end

local searches = { match = true, find = true, gmatch = true, gsub = true }

-- The literal patterns of a Lua text, each with its line; one that is put together from parts is judged by its beginning. Where the text
-- that is searched is made to end with a line end, a line end at the end of the pattern cannot fail.
local function patterns(text)
  local out, at, line, last, calls = {}, 1, 1, {}, {}
  local function token(kind, value) table.insert(last, 1, { kind = kind, value = value }) end
  local function ends_line(from)
    local paren, words = last[from + 1], last[from + 2]
    return last[from].value == ":" and paren.value == ")" and words.kind == "string" and words.value:sub(-1) == "\n"
  end
  while at <= #text do
    local _, from, to, blank
    from, to, blank = text:find("^(%s+)", at)
    if from then
      line = line + select(2, blank:gsub("\n", ""))
    elseif text:find("^%-%-%[%[", at) then
      _, to = text:find("]]", at, true)
      line = line + select(2, text:sub(at, to):gsub("\n", ""))
    elseif text:find("^%-%-", at) then
      _, to = text:find("^[^\n]*", at)
    elseif text:find("^%[=*%[", at) then
      local level = text:match("^%[(=*)%[", at)
      _, to = text:find("]" .. level .. "]", at, true)
      line = line + select(2, text:sub(at, to):gsub("\n", ""))
      token("long", "")
    elseif text:find("^[\"']", at) then
      local quote, stop = text:sub(at, at), at + 1
      while text:sub(stop, stop) ~= quote do stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1) end
      to = stop
      local value = load("return " .. text:sub(at, to))()
      local before = last[1] or {}
      local call = calls[#calls]
      if before.kind == "name" and searches[before.value] and last[2] and last[2].value == ":" then
        out[#out + 1] = { pattern = ends_line(2) and value:gsub("\n%)?$", "") or value, line = line }
      elseif call and call.search and not call.done and (call.method and before.value == "(" or before.value == "," and not call.method) then
        call.done, call.found = true, { pattern = call.ends_line and value:gsub("\n%)?$", "") or value, line = line }
        out[#out + 1] = call.found
      end
      token("string", value)
    elseif text:find("^[%a_]", at) then
      local name
      _, to, name = text:find("^([%w_]+)", at)
      local call = calls[#calls]
      if name == "true" and call and call.found and last[1].value == "," then call.found.plain = true end
      token("name", name)
    else
      to = at
      local c = text:sub(at, at)
      if c == "(" then
        local name, before = last[1] or {}, last[2] or {}
        local search = name.kind == "name" and searches[name.value]
        local method = before.value == ":"
        calls[#calls + 1] = { search = search, method = method, ends_line = search and method and ends_line(2) }
      elseif c == ")" or c == "]" or c == "}" then
        calls[#calls] = nil
      elseif c == "[" or c == "{" then
        calls[#calls + 1] = {}
      elseif c == "," and calls[#calls] and calls[#calls].search and calls[#calls].method and not calls[#calls].done then
        calls[#calls].done = true -- its pattern is no literal
      end
      if c == "." and text:sub(at, at + 1) == ".." then to = at + 1 end
      token("mark", text:sub(at, to))
    end
    at = to + 1
  end
  return out
end

local found = patterns('s:match "a" s:find("b", 1, true) s:gsub("c", "d") string.match(x(1, "n"), "e") s:find(f("g"))'
  .. ' (s .. "\\n"):gmatch "(.-)\\n" (s .. "\\n"):gmatch("h\\n")')
local seen = {}
for _, one in ipairs(found) do seen[#seen + 1] = one.pattern .. (one.plain and " plain" or "") end
t.eq(seen, { "a", "b plain", "c", "e", "(.-)", "h" }, "patterns are found")

-- What the rule does not see: why these are linear after all.
local linear = {
  ["\n```[^\n]*\n(.-)\n```"] = "a beginning is an end, too: only the last can fail",
  ["\n[ \t\n]*\n"] = "only what begins at the last line end of a run can fail",
  ["(.-)(<escape>)"] = "the text ends with the mark",
  ["<[sS][tT][yY][lL][eE].-</[sS][tT][yY][lL][eE]>"] = "16 KB at most",
  ["<[sS][cC][rR][iI][pP][tT].-</[sS][cC][rR][iI][pP][tT]>"] = "16 KB at most",
  ["^%s*[`~]*[ \t]*$"] = "a short line",
  ["%b[]"] = "the arguments that a command file declares",
  ["%-%-[%w-]+[ =]%u%S*"] = "the arguments that a command file declares",
  ["^%d*[dcy<>]?%d*([fFtT])(.+)$"] = "keys as they are pressed",
  ["\27[%[%]][^m\\]*[m\\]"] = "our own escape sequences: text of others is cleaned of them",
  ["^(%d+%.?%d*)%s*([km]?)%s*(%a*)%s*/%s*(%d*%.?%d*)%s*(%a+)%s*(%a*)$"] = "100 bytes at most",
  ["^([^:/%[%]?#@ \\]+):?(%d*)$"] = "an address in the user's settings",
  ["^(%a+)(%+?%a*)://(.+)$"] = "an address in the user's settings",
}

local count, used = 0, {}
for _, path in ipairs(tree.files("^lua/.*%.lua$", "^commands/.*%.lua$")) do
  if not path:find "^lua/meta/" then
    for _, one in ipairs(patterns(tree.read(path))) do
      count = count + 1
      local square = not one.plain and is_square(one.pattern)
      if square then used[one.pattern] = true end
      t.ok(not square or linear[one.pattern], ("%s:%d: %q can go over a long run again and again"):format(path, one.line, one.pattern))
    end
  end
end
for pattern in pairs(linear) do t.ok(used[pattern], "still there: " .. pattern) end
t.ok(count > 500, "the patterns of the tree were found: " .. count)

t.done()
