-- Leads a session of the program under test, for tests that answer what it asks: writes objects, reads events.
local json, os, proc = require "sys.json", require "sys.os", require "sys.proc"
local program = dofile "tests/program.lua"

local Lead = {}
Lead.__index = Lead

---Starts it.
---@param place table of program.place
---@param server table the fake server
---@param args string[]?
---@return table lead
local function start(place, server, args)
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = "dumb",
    OPENAI_BASE_URL = server.url, OPENAI_API_KEY = "k", OPENAI_MODEL = "m" }
  local argv = { program.binary, "--input-format", "stream-json", "--output-format", "stream-json", table.unpack(args or {}) }
  local child = assert(proc.open { argv = argv, cwd = place.cwd, env = env, stdin = "pipe" })
  return setmetatable({ child = child, text = "", err = "", last = 0, all = {} }, Lead)
end

function Lead:send(value) return self.child:write(json.encode(value) .. "\n") end

---Sends bytes as they are.
function Lead:raw(bytes) return self.child:write(bytes) end

function Lead:prompt(words, more)
  local value = { type = "user", message = { role = "user", content = words } }
  for name, item in pairs(more or {}) do value[name] = item end
  return self:send(value)
end

---Asks for something; its answer comes as an event.
function Lead:request(request)
  self.last = self.last + 1
  self:send { type = "control_request", request_id = "r" .. self.last, request = request }
  return "r" .. self.last
end

function Lead:reply(event, response)
  return self:send { type = "control_response",
    response = { subtype = "success", request_id = event.request_id, response = response } }
end

---The next event; nil when there are no more.
function Lead:event()
  while true do
    local line, rest = self.text:match "^([^\n]*)\n(.*)$"
    if line then
      self.text = rest
      local value = assert(json.decode(line), line)
      self.all[#self.all + 1] = value
      return value
    end
    local chunk, from = self.child:read()
    if not chunk then return nil end
    if from == "err" then self.err = self.err .. chunk else self.text = self.text .. chunk end
  end
end

---The next event of a kind: a type, or a type and a subtype of what is asked or answered.
function Lead:await(kind, subtype)
  for event in function() return self:event() end do
    local inner = event.request or event.response or {}
    if event.type == kind and (not subtype or event.subtype == subtype or inner.subtype == subtype) then return event end
  end
  error(("no %s %s: %s"):format(kind, subtype or "", self.err))
end

---The answer to a request.
function Lead:answer(request)
  local id = self:request(request)
  for event in function() return self:event() end do
    if event.type == "control_response" and event.response.request_id == id then return event.response end
  end
  error("no answer: " .. self.err)
end

---Closes standard input and reads to the end.
---@return integer? code
function Lead:finish()
  self.child:close_stdin()
  for _ in function() return self:event() end do end
  return self.child:wait().code
end

return { start = start }
