-- Programs that keep credentials are killed at any moment: nothing that was acknowledged is lost, nothing is unreadable. QWEN_LONG=1: 1000.
local t = dofile "tests/check.lua"
local credentials, fs, os, proc, secret, task = require "qwen.credential.credentials", require "sys.fs", require "sys.os", require "sys.proc", require "sys.secret",
  require "sys.task"

local QWEN, home = os.env "QWEN", os.env "HOME" .. "/.qwen"
local KILLS = os.env "QWEN_LONG" and 1000 or 40

-- The number in a credential, found by signing: a secret is not shown.
local function number(name, from, to)
  local record, e = credentials.get(name)
  if not record then return nil, e end
  local signed = record.secret:hmac("sha256", "x")
  for n = from, to do
    if secret.new("x", ("sk-%d-0123456789abcdef"):format(n), {}):hmac("sha256", "x") == signed then return n end
  end
  return nil, "another value"
end

local next_number, kept, lost, unreadable, written = 2, {}, 0, 0, 0
for round = 1, KILLS do
  local p <close> = assert(proc.open { argv = { QWEN, "lua", "tests/fake/writer.lua", tostring(next_number), "vault" }, stderr = "stdout" })
  local function kill_soon()
    return task.spawn(function()
      task.sleep(math.random() * 0.08)
      p:kill(9)
    end)
  end
  local out, killer = {}, round % 4 == 0 and kill_soon() or nil -- every fourth maybe before it has written anything
  for bytes in function() return (p:read()) end do
    out[#out + 1] = bytes
    killer = killer or kill_soon()
  end
  p:wait()
  local last = next_number - 1
  for line in table.concat(out):gmatch "(.-)\n" do
    local n = tonumber(line)
    if n then
      kept[n % 2 == 0 and "even" or "odd"], last, written = n, n, written + 1
    else
      unreadable = unreadable + 1
      io.write(line, "\n")
    end
  end
  for name, n in pairs(kept) do
    local found, e = number(name, n, last + 1) -- the one after the last may be there without having been acknowledged
    if not found then
      lost = lost + 1
      io.write(("%s: %d was acknowledged: %s\n"):format(name, n, tostring(e)))
    end
  end
  next_number = last + 2
end
t.eq({ lost, unreadable }, { 0, 0 }, "acknowledged and lost, unreadable")
t.ok(written > KILLS // 2, "it did write")
local temps = 0
for _, entry in ipairs(fs.list(home)) do
  if entry.name:find "%.tmp$" then temps = temps + 1 end
end
io.write(("%d kills, %d writes acknowledged, %d lost, %d unreadable, %d temporary files left\n"):format(KILLS, written, lost, unreadable, temps))
t.done()
