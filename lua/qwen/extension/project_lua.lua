-- Lua of a project, .qwen/hooks/*.lua of a trusted folder: it runs only after the person has allowed exactly these contents, in a process
-- of its own with limits, and it can add guards: what it says blocks or asks, and takes nothing away. When it does not answer, the gate
-- is closed.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_FILES, MOST_SOURCE, SECONDS = 50, 256 * 1024, 10
local LIMITS = 'ulimit -t 600; ulimit -f 0; ulimit -c 0; exec "$0" --project-worker'

---The files that would run, in the order of their names.
---@param cwd string
---@return {path: string, source: string}[]
function M.files(cwd)
  local config, out = paths.project_config(cwd), {}
  for _, entry in ipairs(config and fs.list(config .. "/hooks") or {}) do
    if entry.type == "file" and entry.name:find "^[%w_-]+%.lua$" and #out < MOST_FILES then
      local source = fs.read(config .. "/hooks/" .. entry.name, MOST_SOURCE)
      if source then out[#out + 1] = { path = ".qwen/hooks/" .. entry.name, source = source } end
    end
  end
  return out
end

---What stands for these contents.
---@param files {path: string, source: string}[]
---@return string
function M.hash(files)
  local parts = {}
  for i, file in ipairs(files) do parts[i] = file.path .. "\0" .. sys.sha256(file.source) end
  return sys.sha256(table.concat(parts, "\0"))
end

local function allowed() return require("qwen.extension.kv_store").open "project-lua" end

---Allows these contents for this folder.
---@param cwd string
---@param hash string
---@return boolean?, Err?
function M.allow(cwd, hash) return allowed():set(cwd, hash) end

---@param cwd string
---@return boolean?, Err?
function M.forget(cwd) return allowed():set(cwd, nil) end

---@param cwd string
---@param files table[]
---@return boolean
function M.is_allowed(cwd, files)
  return #files > 0 and allowed():get(cwd) == M.hash(files)
end

local Worker = {}
Worker.__index = Worker

---One question; the process is ended when it takes too long.
function Worker:ask(question)
  if not self.child then return nil, err("broken", tr "the process of the project's Lua has ended") end
  local lock = self.turn:get() -- one question at a time
  local _ <close> = setmetatable({}, { __close = function() self.turn:put(lock) end })
  local reader = task.spawn(function()
    self.child:write(json.encode(question) .. "\n")
    while not self.pending:find "\n" do
      local bytes, from = self.child:read()
      if not bytes then return nil end
      if from == "out" then self.pending = self.pending .. bytes end
    end
    local line, rest = self.pending:match "^([^\n]*)\n(.*)$"
    self.pending = rest
    return (json.decode(line))
  end)
  local ok, answer = reader:join(SECONDS)
  if ok and type(answer) == "table" then return answer end
  reader:cancel()
  self:close()
  return nil, err("timeout", tr "the project's Lua did not answer; it was ended")
end

function Worker:close()
  if self.child then self.child:close() end
  self.child = nil
end

---Starts the process with these files.
---@param files {path: string, source: string}[]
---@return table? worker with `events`
---@return Err?
---@return string[]? problems
function M.start(files)
  local program = fs.realpath "/proc/self/exe"
  if not program then return nil, err("missing", tr "the program's own path is not known") end
  local child, e = require("sys.proc").open { argv = { "/bin/sh", "-c", LIMITS, program }, cwd = "/", env = {}, stdin = "pipe", stderr = "null" }
  if not child then return nil, e end
  local self = setmetatable({ child = child, pending = "", turn = task.queue(1) }, Worker)
  self.turn:put(true)
  local answer
  answer, e = self:ask { kind = "load", files = json.array(files) }
  if not answer then return nil, e end
  self.events = type(answer.events) == "table" and answer.events or {}
  return self, nil, type(answer.problems) == "table" and answer.problems or {}
end

return M
