-- The guard against loops: what was called with what result, so that a call which can bring nothing new is answered instead of run, and
-- a run that goes in a circle ends. A changed file or another result is progress, and begins the count anew.
local err = require "qwen.util.err"
local exit = require "qwen.util.exit"
local json = require "sys.json"
local tr = require("qwen.util.translate").tr

local Repeats = {}
Repeats.__index = Repeats

local M = {}

local RUN, ENDED = 2, 6 -- times that the same call with the same result is run, and that ends the run
local CIRCLE = 10 -- calls that alternate between two
local FAILURES, WARNED = 5, 3 -- the same failure in a row
local SHORT = 400 -- bytes of a result that costs nothing to give again

local SAME = "Not run: you made this very call before and it gave the same result each time. The result is above, and nothing has changed "
  .. "since. Do something else: look for the cause, change the arguments, or say what keeps you from going on."
local UNCHANGED = "Unchanged since you read it above."
local AGAIN = "\n[The same failure for the %s time. Look for its cause before you try again.]"

---The guard of a session; a new prompt begins its counts anew.
---@param ctx Ctx
---@return table
function M.of(ctx)
  local self = ctx.session.repeats
  if not self then
    self = setmetatable({ known = {} }, Repeats)
    ctx.session.repeats = self
  end
  self.ends = not ctx.settings:get "model.skipLoopDetection"
  self.recent, self.stale, self.failures, self.over = {}, 0, 0, nil
  for _, entry in pairs(self.known) do entry.times = 1 end
  return self
end

-- A call by its name and arguments, whatever the order of the arguments.
local keys = setmetatable({}, { __mode = "k" }) -- by call

local function make_key(call)
  local args = call.args ~= "" and json.decode(call.args, false, true)
  local ok, words = pcall(json.encode, args)
  return call.name .. "\0" .. (type(args) == "table" and ok and words or call.args)
end

local function key_of(call)
  local key = keys[call]
  if not key then
    key = make_key(call)
    keys[call] = key
  end
  return key
end

-- A result without what differs by itself: numbers of processes and names of our own files.
local function plain(words)
  local varies = words:find("pid ", 1, true) or words:find("PGID", 1, true)
    or words:find(".output", 1, true)
  if not varies then return words end -- most; the patterns take ten times as long
  return (words:gsub("%f[%a]pid %d+", "pid"):gsub("PGID: %d+", "PGID"):gsub("_%x+%.output", ".output"))
end

---Before the calls of a turn: what is no longer in view is not known.
---@param messages Message[]
function Repeats:begin(messages)
  if self.messages ~= messages then self.known, self.messages = {}, messages end
  self.turn, self.answered, self.failed = {}, {}, false
end

---The result of a call that need not be run; nil when it is to be run.
---@param call CallPart
---@return ResultPart?
function Repeats:answer(call)
  if not self.ends then return nil end
  local key = key_of(call)
  local known, now = self.known[key], self.turn[key] or 0
  self.turn[key] = now + 1
  if (known and known.times or 0) + now < RUN then return nil end
  return { type = "result", id = call.id, name = call.name, text = SAME, error = true, display = tr "the same call again", again = true }
end

-- The same failure again and again, with whatever arguments; calls of one turn count once.
local function count_failure(self, call, part, words)
  local same = part.error and call.name .. "\0" .. words or nil
  if same and same == self.failure then
    if not self.failed then self.failures = self.failures + 1 end
  elseif not (same and self.failed) then
    self.failure, self.failures = same, same and 1 or 0
  end
  self.failed = self.failed or same ~= nil
  if same and self.failures >= WARNED and self.failures < FAILURES then
    part.text = part.text .. AGAIN:format(self.failures == 3 and "third" or "fourth")
  end
  if self.failures >= FAILURES then self.over = self.over or tr("%s failed %d times in a row in the same way", call.name, FAILURES) end
end

local function is_circle(recent)
  if #recent < CIRCLE or recent[1] == recent[2] then return false end
  for i = 3, CIRCLE do
    if recent[i] ~= recent[i - 2] then return false end
  end
  return true
end

---Takes the result of a call; a range that was read before and has not changed is not shown twice.
---@param call CallPart
---@param part ResultPart
---@param job {tool: Tool, barrier: boolean}? nil for a call that was not run
function Repeats:result(call, part, job)
  local key = key_of(call)
  local known, words = self.known[key], plain(part.text)
  if part.again and known then words = known.words end
  local same = part.again or known and known.words == words
  if part.again and self.answered[key] then return end -- many in one turn count once
  if part.again then self.answered[key], part.again = true, nil end
  if same then
    known = known or { words = words, times = RUN }
    self.known[key] = known
    known.times, self.stale = known.times + 1, self.stale + 1
    if known.times >= ENDED and self.stale >= ENDED - 1 then self.over = self.over or tr("%s was called %d times with the same result", call.name, ENDED) end
    if job and job.tool.effect == "read" and not part.error and #part.text > SHORT then part.text = UNCHANGED end
  else
    if known or job and job.barrier and not part.error then self.known = {} end -- the world is another now
    self.known[key], self.stale = { words = words, times = 1 }, 0
    count_failure(self, call, part, words)
  end
  if #self.recent == CIRCLE then table.remove(self.recent, 1) end
  self.recent[#self.recent + 1] = ("%s\0%d %s"):format(key, #words, words:sub(1, SHORT))
  if is_circle(self.recent) then self.over = self.over or tr("the same two calls went by turns %d times", CIRCLE) end
end

---Why the run ends after this turn; nil where it goes on.
---@return Err?
function Repeats:ended()
  if not (self.ends and self.over) then return nil end
  return err("limit", tr("stopped because the model goes in a circle: %s (model.skipLoopDetection turns this guard off)", self.over),
    { exit = exit.loop })
end

return M
