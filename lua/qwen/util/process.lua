-- Running programs to their end: `sys.proc` and `run`. A name is looked up outside the project
-- only; judging whether a program may run is not done here.
local child_env = require "qwen.util.child_env"
local err = require "qwen.util.err"
local phrase = require("qwen.util.translate").phrase
local proc = require "sys.proc"
local programs = require "qwen.util.programs"
local task = require "sys.task"

local M = { which = programs.trusted, helper_env = child_env.for_helper, desktop_env = child_env.for_desktop,
  own_env = child_env.for_own }

-- The options with a program's absolute path in the place of its name.
local function located(options)
  local name = type(options) == "table" and type(options.argv) == "table" and options.argv[1]
  if type(name) ~= "string" or name:find "[/%z]" then return options end
  local path, problem = programs.trusted(name)
  if not path and problem then
    return nil, err("denied", phrase("cannot run %s: %s; give its absolute path if you mean it", name, problem))
  end
  if not path then return nil, err("missing", phrase("cannot run %s: not found in PATH", name)) end
  local copy = {}
  for key, value in pairs(options) do copy[key] = value end
  copy.argv = table.move(options.argv, 2, #options.argv, 2, { path })
  return copy
end

---Starts a program; a name is one in PATH that is not the project's. Without `env` it gets ours, with a PATH of absolute entries.
---@param options ProcOptions
---@return Process?, Err?
function M.open(options)
  local found, e = located(options)
  if not found then return nil, e end
  if found.env == nil then
    local copy = {}
    for key, value in pairs(found) do copy[key] = value end
    copy.env, found = child_env.for_own(true), copy
  end
  return proc.open(found)
end

-- Gathers chunks up to a limit: the beginning of them, or with `ends` a quarter from the beginning and the rest from the end.
local function gatherer(limit, ends)
  local head, tail, first, size, held, lost = {}, {}, 1, 0, 0, 0
  local most = ends and limit // 4 or limit
  local function add(chunk)
    local room = most - size
    if room > 0 then
      head[#head + 1] = chunk:sub(1, room)
      size = size + #head[#head]
    end
    if #chunk <= room then return end
    chunk = room > 0 and chunk:sub(room + 1) or chunk
    if not ends then
      lost = lost + #chunk
      return
    end
    tail[#tail + 1], held = chunk, held + #chunk
    while held - #tail[first] >= limit - most do
      held, lost = held - #tail[first], lost + #tail[first]
      tail[first], first = false, first + 1
    end
  end
  return add, function()
    local mark = ends and lost > 0 and ("\n[... %d bytes are lost here ...]\n"):format(lost) or ""
    return table.concat(head) .. mark .. table.concat(tail, "", first), lost > 0
  end
end

-- Reads all that a program writes.
local function read_all(child, options, add)
  while true do
    local chunk, from = child:read()
    if not chunk then return from end
    if options.on_output then options.on_output(chunk, from) end
    add[from](chunk)
  end
end

-- Reads until the end, or until `aside` gets a value: then the program is still running, and the
-- second result is true. The time limit is kept here, for it ends with the reading.
local function read_beside(child, options, add)
  local pieces, timed_out = task.queue(), false
  local reader = task.spawn(function()
    repeat
      local chunk, from = child:read()
      pieces:put { chunk = chunk, from = from }
    until not chunk
  end)
  local watcher = task.spawn(function()
    if options.aside:get() then pieces:put { aside = true } end
  end)
  local limit = options.timeout and task.spawn(function()
    task.sleep(options.timeout)
    timed_out = true
    child:kill()
  end)
  local function take(piece)
    if options.on_output then options.on_output(piece.chunk, piece.from) end
    add[piece.from](piece.chunk)
  end
  local piece = pieces:get()
  while piece.chunk do
    take(piece)
    piece = pieces:get()
  end
  for _, one in ipairs { reader, watcher, limit or nil } do one:cancel() end
  local late = piece.aside and pieces:get(0)
  while late and late.chunk do
    take(late)
    late = pieces:get(0)
  end
  return piece.from, piece.aside and not late, timed_out
end

---Runs a program and waits until its pipes are at their end and it has exited. With `left` what it
---left behind may go on: the function is asked again and again after the program's end, gets the
---process, and says "wait", "keep" (it belongs to the function from then on) or "end".
---@param options table ProcOptions and: input (text for stdin), limit (bytes kept of each stream,
--- default 16 MiB), ends (of what is longer the beginning and the end are kept),
--- on_output(chunk, "out"|"err"), left(child, status, holds, others): holds: its pipes; others: of its
--- group are there; aside: a queue; when something is put into it, left(child, nil) gets the process
--- that still runs
---@return table? result {code, signal, timed_out, out, err, truncated, pid}; {aside = true, out, err,
---truncated, pid} of one that goes on
---@return Err?
function M.run(options)
  local given = options
  if options.input or options.left then
    local copy = {}
    for key, value in pairs(options) do copy[key] = value end
    copy.stdin, copy.leave = options.input and "pipe" or options.stdin, options.left ~= nil
    if options.aside then copy.timeout = nil end
    options, given = copy, options
  end
  local child, e = M.open(options)
  if not child then return nil, e end
  local held <close> = setmetatable({ child = child }, { __close = function(self)
    if self.child then self.child:close() end
  end })
  local writer
  if options.input then
    writer = task.spawn(function()
      if child:write(options.input) then child:close_stdin() end
    end)
  end
  local limit = options.limit or 16 * 1024 * 1024
  local add, finish = {}, {}
  for _, from in ipairs { "out", "err" } do add[from], finish[from] = gatherer(limit, options.ends) end
  local silent, result, verdict, aside, timed_out
  repeat
    if given.aside then
      silent, aside, timed_out = read_beside(child, given, add)
    else
      silent = read_all(child, options, add)
    end
    if aside then
      result, verdict = { aside = true }, options.left(child)
      break
    end
    result = child:status() or child:wait() and child:status()
    result.timed_out = result.timed_out or timed_out or false
    verdict = options.left and options.left(child, result, silent, result.others)
  until verdict ~= "wait"
  if verdict == "keep" then held.child = nil end
  if writer then writer:cancel() end
  result.others, result.pid = nil, child:pid()
  local cut_out, cut_err
  result.out, cut_out = finish.out()
  result.err, cut_err = finish.err()
  result.truncated = cut_out or cut_err
  return result
end

return M
