-- Checks for Lua tests: each compares, counts, and says what differs; done() prints the count that the runner reads.
local json = require "sys.json"

local M = { passed = 0, failed = 0, skipped = 0 }

local function show(value)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" then return tostring(value) end
  local ok, text = pcall(json.encode, value)
  return ok and text or tostring(value)
end

local SHOWN = 600

local function short(text)
  return #text > SHOWN and text:sub(1, SHOWN) .. " ..." or text
end

local function same(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function count(ok, name, detail)
  if ok then
    M.passed = M.passed + 1
  else
    M.failed = M.failed + 1
    local where = debug.getinfo(2, "Sl") -- the checks end in tail calls
    io.write(("FAILED %s:%d %s\n%s\n"):format(where.short_src, where.currentline, name or "", detail or ""))
  end
  return ok
end

---Deep equality.
function M.eq(got, want, name)
  return count(same(got, want), name, "  got  " .. short(show(got)) .. "\n  want " .. short(show(want)))
end

function M.ok(condition, name)
  return count(condition and true or false, name)
end

---The text contains the pattern.
function M.match(text, pattern, name)
  return count(type(text) == "string" and text:find(pattern) ~= nil, name, "  got  " .. show(text) .. "\n  want a match of " .. pattern)
end

---The function raises an error that matches.
function M.fails(fn, pattern, name)
  local ok, e = pcall(fn)
  return count(not ok and tostring(e):find(pattern) ~= nil, name, "  raised " .. show(ok and "nothing" or tostring(e)))
end

---An expected failure: nil and an error of that kind.
function M.err(value, e, kind, name)
  return count(value == nil and type(e) == "table" and e.kind == kind, name, "  got " .. show(value) .. ", " .. show(e))
end

function M.skip(reason)
  M.skipped = M.skipped + 1
  io.write("SKIPPED ", reason, "\n")
end

---Whether these programs, of packages in the group test of vendor/packages.txt, are installed; counted as skipped when not.
function M.need(...)
  for _, name in ipairs { ... } do
    if not require("sys.proc").which(name) then
      M.skip(name .. " is not installed; run: vendor/install test")
      return false
    end
  end
  return true
end

---Prints the count; raises when a check failed, so that the run fails.
function M.done()
  if M.passed + M.failed == 0 then -- the runner reports such a test as skipped
    if M.skipped == 0 then error("this test checks nothing", 0) end
    io.write(("nothing checked, %d skipped\n"):format(M.skipped))
    return
  end
  io.write(("%d passed, %d failed, %d skipped\n"):format(M.passed, M.failed, M.skipped))
  io.stdout:flush()
  if M.failed > 0 then error("checks failed", 0) end
end

return M
