-- The other side of project_lua.lua: a process that holds a project's Lua and nothing else. It reads questions and writes answers, one JSON
-- object a line; its scripts see pure functions only, no file, no network, no process, and the parent ends it when it does not answer.
local json = require "sys.json"
local task = require "sys.task"

local SECONDS = 0.5 -- of computing for one question

local libraries = { "string", "table", "math", "utf8", "coroutine" }
local functions = { "assert", "error", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "select", "setmetatable",
  "tonumber", "tostring", "type", "xpcall" }

local function copy(of, ...)
  local out = {}
  for name, value in pairs(of) do out[name] = value end
  for i = 1, select("#", ...) do out[select(i, ...)] = nil end
  return out
end

-- Globals of one file.
local function environment()
  local env = {}
  for _, name in ipairs(functions) do env[name] = _G[name] end
  for _, name in ipairs(libraries) do env[name] = copy(_G[name], "dump") end
  env.os = { time = os.time, date = os.date, clock = os.clock }
  env.json = { encode = json.encode, decode = json.decode, null = json.null, array = json.array }
  env._G, env._VERSION, env.print = env, _VERSION, function() end
  function env.getmetatable(value)
    if type(value) ~= "string" then return getmetatable(value) end
  end
  function env.load(chunk, name, _, own) return load(chunk, name, "t", own == nil and env or own) end
  return env
end

local function words(e)
  local ok, text = pcall(tostring, e)
  return (ok and text or "an error that cannot be printed"):sub(1, 2000)
end

local hooks = {}

local answers = {}

-- The files of the project: what each listens to, and what is wrong.
function answers.load(question)
  local events, problems = {}, {}
  for _, file in ipairs(question.files) do
    local chunk, e = load(file.source, "@" .. file.path, "t", environment())
    local ok, hook = false, e
    if chunk then ok, hook = task.limited(SECONDS, chunk) end
    if ok and type(hook) == "table" then
      hooks[#hooks + 1] = { path = file.path, handlers = hook }
      for event, handler in pairs(hook) do
        if type(event) == "string" and type(handler) == "function" then events[event] = true end
      end
    else
      problems[#problems + 1] = ok and file.path .. ": must return a table of handlers" or words(hook)
    end
  end
  return { events = events, problems = json.array(problems) }
end

-- One event through all files, in order: the first that blocks, and the first reason to ask.
function answers.event(question)
  local out = {}
  for _, hook in ipairs(hooks) do
    local handler = rawget(hook.handlers, question.event)
    if type(handler) == "function" then
      local ok, result, reason = task.limited(SECONDS, handler, { cwd = question.cwd, mode = question.mode }, question.value)
      if not ok then return { block = "a guard of the project failed: " .. words(result) } end
      if result == false then return { block = words(reason or "blocked by " .. hook.path) } end
      local ask = type(result) == "table" and rawget(result, "ask")
      if type(ask) == "string" then out.ask = out.ask or ask:sub(1, 2000) end
    end
  end
  return out
end

return function()
  for line in io.stdin:lines() do
    local question = json.decode(line)
    local answer = type(question) == "table" and answers[question.kind]
    io.stdout:write(json.encode(answer and answer(question) or {}), "\n")
    io.stdout:flush()
  end
  return 0
end
