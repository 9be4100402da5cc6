-- Runs every interleaving of a few processes, each a coroutine that stops before each operation
-- others can see, with kills and faults at every such place. A state that was seen before is not
-- left a second time.
local sha256 = require("sys.os").sha256

local M = {}

local World = {}
World.__index = World

-- Goes on to the next operation of process i, or to its end.
local function resume(world, i, way)
  local one = world.processes[i]
  world.running = i
  local ok, request = coroutine.resume(one.thread, way)
  if not ok then error(request, 0) end
  if coroutine.status(one.thread) == "dead" then
    one.request, one.ended = nil, true
  else
    one.request = request
  end
end

local function start(make, budget)
  local world = setmetatable({ processes = {}, left = {} }, World)
  for name, count in pairs(budget) do world.left[name] = count end
  world.model = make(function(label, fn, more)
    more = more or {}
    local way = coroutine.yield { label = label, ready = more.ready, ways = more.ways or {} }
    local one = world.processes[world.running]
    local results = table.pack(fn(way))
    local seen = { one.digest, label, tostring(way), tostring(results[1]) }
    one.digest = sha256(table.concat(seen, "\0"))
    one.moved = true
    return table.unpack(results, 2, results.n)
  end, function() return world.running end, function(i) return world.processes[i].digest end)
  for i, fn in ipairs(world.model) do
    world.processes[i] = { thread = coroutine.create(fn), digest = world.model.roles[i] }
    resume(world, i)
  end
  return world
end

-- Processes of one role that saw the same are the same: only what each has seen names it.
function World:key()
  local names, parts = {}, {}
  for i, one in ipairs(self.processes) do
    local fate = one.killed and "killed " or one.ended and "ended " or ""
    names[i] = fate .. one.digest
    parts[i] = names[i]
  end
  table.sort(parts)
  for name, count in pairs(self.left) do parts[#parts + 1] = name .. count end
  table.sort(parts)
  return sha256(table.concat(parts, "\0") .. "\0" .. self.model.state(names))
end

function World:choices()
  local out = {}
  for i, one in ipairs(self.processes) do
    if not one.ended and not one.killed then
      if not one.request.ready or one.request.ready() then
        out[#out + 1] = { i }
        for _, way in ipairs(one.request.ways) do
          if self.left[way] > 0 then out[#out + 1] = { i, way } end
        end
      end
      if self.left.kill > 0 and one.moved then out[#out + 1] = { i, "kill" } end
    end
  end
  return out
end

function World:take(choice)
  local i, way = choice[1], choice[2]
  if way then self.left[way] = self.left[way] - 1 end
  if way == "kill" then
    self.processes[i].killed = true -- no <close> of it runs
    self.model.died(i)
  else
    resume(self, i, way)
  end
end

-- At the end of all: nobody waits, one more process can do what `last` does without waiting, and
-- what the model wants holds.
function World:finish()
  for i, one in ipairs(self.processes) do
    if not one.ended and not one.killed then
      error(("process %d waits for ever: %s"):format(i, one.request.label), 0)
    end
  end
  local more = { thread = coroutine.create(self.model.last), digest = "" }
  self.processes[#self.processes + 1] = more
  repeat
    resume(self, #self.processes)
    local waits = more.request and more.request.ready and not more.request.ready()
    if waits then error("nobody can go on: " .. more.request.label, 0) end
  until more.ended
  self.model.finish()
end

local function words(path, make, budget)
  local world, lines = start(make, budget), {}
  for k, choice in ipairs(path) do
    local request = world.processes[choice[1]].request
    local killed, way = choice[2] == "kill", choice[2]
    lines[k] = ("  process %d: %s%s%s"):format(choice[1], killed and "killed before " or "",
      request and request.label or "?", way and not killed and ", " .. way or "")
    pcall(world.take, world, choice)
  end
  return table.concat(lines, "\n")
end

---Explores everything that can happen.
---@param make fun(step: function, running: fun(): integer, digest: fun(i: integer): string): table
--- makes a model: functions, one a process; roles, state, died, last, finish
---@param budget table<string, integer> how often each fault may come; "kill" is one of them
---@return {states: integer, ends: integer, wrong: string?} # the first violation and the way to it
function M.explore(make, budget)
  local seen, states, ends, todo = {}, 0, 0, { {} }
  while #todo > 0 do
    local path = table.remove(todo)
    local ok, problem = pcall(function()
      local world = start(make, budget)
      for _, choice in ipairs(path) do world:take(choice) end
      while true do
        local key = world:key()
        if seen[key] then return end
        seen[key], states = true, states + 1
        local choices = world:choices()
        if #choices == 0 then
          ends = ends + 1
          return world:finish()
        end
        for k = 2, #choices do
          local other = table.move(path, 1, #path, 1, {})
          other[#other + 1] = choices[k]
          todo[#todo + 1] = other
        end
        path = table.move(path, 1, #path, 1, {})
        path[#path + 1] = choices[1]
        world:take(choices[1])
      end
    end)
    if not ok then
      problem = tostring(problem) .. "\n" .. words(path, make, budget)
      return { states = states, ends = ends, wrong = problem }
    end
  end
  return { states = states, ends = ends }
end

return M
