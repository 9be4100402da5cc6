-- The beginning of a conversation with a tool server: which transport it speaks, and which revision
-- of the protocol. Over HTTP it is asked in the newest one, and greeted as the older ones want it
-- where it does not know that. A program is greeted first: those of the newest revision say that
-- they know no greeting, and some of the older ones end when they hear anything else.
local ask = require "qwen.extension.mcp.ask"
local err = require "qwen.util.err"
local json_rpc = require "qwen.extension.json_rpc"
local metadata = require "qwen.extension.mcp.metadata"
local phrase = require("qwen.util.translate").phrase
local incoming = require "qwen.extension.mcp.incoming"
local task = require "sys.task"
local texts = require "qwen.util.text"

local M = {}

local NEWEST_GREETED = "2025-11-25"
local GREETED = { [NEWEST_GREETED] = true, ["2025-06-18"] = true, ["2025-03-26"] = true,
  ["2024-11-05"] = true, ["2024-10-07"] = true }
local UNSUPPORTED = -32022
local ASKED = 3 -- seconds for the answer to a question that older servers may not answer
local MOST_INSTRUCTIONS = 2000 -- bytes

local transports = { stdio = "qwen.extension.mcp.stdio", http = "qwen.extension.mcp.http",
  sse = "qwen.extension.mcp.sse", sdk = "qwen.extension.mcp.sdk" }

local function take(self, hello)
  self.can = type(hello.capabilities) == "table" and hello.capabilities or {}
  local words = hello.instructions
  self.instructions = type(words) == "string" and words:find "%S"
    and texts.head_tail(texts.clean(texts.utf8(words)), MOST_INSTRUCTIONS) or nil
end

-- Which of the revisions that a server names are ours: the newest one, or one that greets.
local function common(offered)
  local new, old, names = false, false, {}
  for i, version in ipairs(offered) do
    names[i] = tostring(version)
    new, old = new or version == metadata.REVISION, old or GREETED[version] or false
  end
  return new, old, table.concat(names, ", ")
end

-- The newest revision has no greeting: what the server can is asked. Nil without an error: it
-- speaks an older one.
local function discover(self, limit)
  self.modern, self.can = true, {}
  if self.link.version then self.link.version(metadata.REVISION) end
  local found, e, new, old, names
  for _ = 1, 2 do
    found, e = ask.ask(self, "server/discover", nil, limit)
    local offered = found and found.supportedVersions
      or e and e.rpc == UNSUPPORTED and type(e.data) == "table" and e.data.supported or nil
    new, old, names = common(type(offered) == "table" and offered or {})
    if found or not new then break end
  end
  if found and new then
    self.version = metadata.REVISION
    take(self, found)
    return true
  end
  self.modern = false
  if self.link.version then self.link.version(nil) end
  if names == "" or old then return nil, e end
  return nil, err("protocol", phrase("the tool server %s speaks revisions of the protocol that "
    .. "qwen does not: %s", self.name, names), { code = "revision" })
end

-- What ends the search for a revision: the server is not reached, wants a sign-in, is elsewhere, or
-- has said that none is common.
local function is_final(e)
  if not e then return false end
  if e.code == "revision" or e.code == "redirect" or e.code == "sign_in" then return true end
  if e.status then return e.status == 401 or e.status == 403 or e.status >= 500 end
  return not e.rpc and e.kind == "network"
end

-- Whether an answer to the greeting may come from a server that knows none.
local function knows_no_greeting(e) return e.rpc ~= nil end

---Greets the server: what it can is known, and it knows that it may begin, before anything else is
---asked.
---@param self table the client
---@return boolean?, Err?
function M.greet(self)
  local asked = self.modern or self.link.version and not self.version
  if asked then -- over HTTP it is not known yet which it speaks, or it is
    local ok, e = discover(self, math.min(self.start_limit, ASKED))
    if ok or is_final(e) then return ok, e end
  end
  local hello, e = ask.ask(self, "initialize", { protocolVersion = NEWEST_GREETED,
    capabilities = metadata.capabilities(self), clientInfo = metadata.me() }, self.start_limit)
  if not hello then
    if asked or not knows_no_greeting(e) then return nil, e end
    local ok, problem = discover(self, self.start_limit)
    if ok then return true end
    return nil, problem and problem.code == "revision" and problem or e
  end
  local version = tostring(hello.protocolVersion or "2024-11-05")
  if not GREETED[version] then
    return nil, err("protocol", phrase("the tool server %s speaks revisions of the protocol that "
      .. "qwen does not: %s", self.name, version))
  end
  self.version = version
  if self.link.version then self.link.version(version) end
  take(self, hello)
  -- Servers refuse what comes before it; what they answer to it does not matter.
  ask.notify(self, "notifications/initialized")
  return true
end

-- Reads until the server ends; whoever waits hears of it.
local function read_all(self, link)
  local e
  while true do
    local text
    text, e = link.read()
    if not text then break end
    json_rpc.receive(self, text, incoming.heard)
  end
  if self.link ~= link then return end -- another has taken its place
  self.ended = e or err("broken", phrase "the connection was closed")
  json_rpc.close(self)
end

---Ends a connection.
---@param link table
function M.close(link)
  link.over = true
  if link.reader then link.reader:cancel() end
  link.close()
end

-- Opens the connection in one way and greets.
local function open_as(self, kind)
  local function receive(text) return json_rpc.receive(self, text, incoming.heard) end
  local link, e = require(transports[kind]).open(self.config, self.ctx, self.name, receive)
  if not link then
    return nil, err(e.kind, phrase("the tool server %s: %s", self.name, err.phrase(e)),
      { status = e.status, code = e.code })
  end
  self.link, self.ended, self.modern = link, nil, false
  if link.read then
    self.ctx.background(function()
      link.reader = not link.over and task.spawn(read_all, self, link)
      if link.reader then link.reader:join() end
    end)
  end
  local ok
  ok, e = M.greet(self)
  if ok then return true end
  M.close(link)
  self.ended = self.ended or e
  return nil, e
end

-- A server of one transport refuses the other with a status of the client's fault, or with what is
-- no stream.
local function speaks_otherwise(e)
  local status = e.status
  if status == 401 or status == 403 or e.rpc then return false end
  return e.code == "no_stream" or status and status >= 400 and status < 500 or false
end

---Opens the connection in the first way that the server understands.
---@param self table the client
---@return boolean?, Err?
function M.open(self)
  local first
  for i, kind in ipairs(self.config.kinds) do
    local ok, e = open_as(self, kind)
    if ok then
      self.config.kinds = { kind }
      return true
    end
    first = first or e
    if i == #self.config.kinds or not speaks_otherwise(e) then
      return nil, i > 1 and speaks_otherwise(e) and first or e
    end
  end
end

return M
