-- Measures a session on a pseudo terminal: CPU and bytes while an answer streams, memory as turns go by. Gives figures; judges nothing.
local recorder = dofile "tests/recording.lua"
local fs = require "sys.fs"

local M = {}

-- CPU seconds of a process so far; the system counts in hundredths.
local function cpu(pid)
  local user, system = fs.read("/proc/" .. pid .. "/stat"):match("%) %S " .. ("%S+ "):rep(10) .. "(%d+) (%d+)")
  return (tonumber(user) + tonumber(system)) / 100
end

---An answer of n deltas of prose.
---@param n integer
---@return number cpu milliseconds
---@return number ratio bytes written for each byte of text
function M.stream(n)
  local pieces, size = {}, 0
  for i = 1, n do
    pieces[i] = i % 300 == 0 and "\n\n" or ("word%d "):format(i % 10)
    size = size + #pieces[i]
  end
  local run <close> = recorder.start { { text = pieces } }
  run.wait "/help"
  local before = cpu(run.pid)
  run.type "go\r"
  run.wait "> "
  local bytes = #run.wait "in, 5 out"
  return (cpu(run.pid) - before) * 1000, bytes / size
end

---Bytes that a turn leaves behind, once everything that is not needed has been collected.
---@param turns integer
---@return number lua
---@return number resident as the system counts
function M.growth(turns)
  local command = [[return { summary = "memory", run = function(ctx)
    for _ = 1, 2 do collectgarbage() end
    ctx.print(("MEMORY %d;"):format(qwen.os.memory().lua))
    return 0
  end }]]
  local run <close> = recorder.start({ { text = "A short answer.", times = 0 } }, { files = { ["~/.qwen/commands/memory-now.lua"] = command } })
  run.wait "/help"
  local function play(n)
    for _ = 1, n do
      run.type "go\r"
      run.wait "in, 5 out"
    end
    run.type "/memory-now\r"
    run.wait "MEMORY "
    local lua = tonumber(run.wait ";")
    return lua, tonumber(fs.read("/proc/" .. run.pid .. "/status"):match "VmRSS:%s*(%d+)") * 1024
  end
  local more = turns - turns // 5
  local lua, resident = play(turns // 5)
  local lua_later, resident_later = play(more)
  return (lua_later - lua) / more, (resident_later - resident) / more
end

return M
