-- Fuzzes a session file: whatever stands in it, the session opens with a conversation that can be sent and goes on, and opens again.
local fs = require "sys.fs"
local json = require "sys.json"
local Session = require "qwen.session.session"
local message = require "qwen.session.message"
local paths = require "qwen.util.paths"

local CWD, ID = "/fuzz", "11111111-1111-1111-1111-111111111111"
local path = assert(paths.chats(CWD)) .. "/" .. ID .. ".jsonl"
assert(fs.mkdir(path:match "^(.*)/"))

local roles = { user = true, assistant = true, tool = true }

local function check(session)
  for _, m in ipairs(session.messages) do
    assert(roles[m.role] and type(m.id) == "string" and type(m.parts) == "table", "a message")
    message.text_of(m)
    message.prompt_of(m)
    message.calls_of(m)
  end
  json.encode(json.array(session.messages))
end

return function(input)
  assert(fs.write(path, input, { fsync = false }))
  Session.summary(path)
  local session = assert(Session.open(CWD, ID))
  check(session)
  assert(session:add(message.user "and now?"))
  local count = #session.messages
  session:close()
  session = assert(Session.open(CWD, ID))
  check(session)
  local last = session.messages[#session.messages]
  assert(last.role == "user" and message.text_of(last) == "and now?", "what was added is there: " .. count)
  session:close()
end
