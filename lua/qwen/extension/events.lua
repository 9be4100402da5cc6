-- The events of a session's life, from its start to its end: what each gives to its handlers, and what these may give back.
-- value: fields of the first argument, each with its type ("?": may be absent); replace: a table takes its place (what it lacks stays
-- as it was), with second = true in the place of the second argument; block: false and a reason stop what is about to happen.
-- The same in words is class Hook of lua/meta/qwen.lua; a test holds both together.

local call = { name = "string", args = "table", id = "string" }

local function with(fields, more)
  local out = {}
  for name, kind in pairs(fields) do out[name] = kind end
  for name, kind in pairs(more) do out[name] = kind end
  return out
end

return {
  session_started = { value = { source = "string", model = "string?" } },
  instructions_loaded = { value = { path = "string" } },
  system_built = { value = { text = "string" }, replace = true },
  prompt_expanded = { value = { command = "string", args = "string", text = "string" }, replace = true, block = true },
  prompt_submitted = { value = { text = "string", typed = "string?" }, replace = true, block = true },
  turn_started = {},
  request_built = { value = { method = "string", url = "string", headers = "table", body = "any", proxy = "string?", ca = "string?", insecure = "boolean?",
    connect_timeout = "number?", first_timeout = "number?", idle_timeout = "number?", total_timeout = "number?", max_body = "number?", ca_pem = "string?",
    client_cert = "string?", client_key = "string?", client_password = "string?", outside = "boolean?" },
    replace = true, block = true },
  response_started = { value = { status = "number", headers = "table" } },
  delta = { value = { type = "string", text = "string?", signature = "string?", taken = "boolean?", data = "table?", index = "number?",
    last = "boolean?",
    id = "string?", name = "string?", args = "string?", usage = "table?", reason = "string?", word = "string?", err = "table?" }, replace = true },
  request_failed = { value = { err = "any", class = "string", attempt = "number", shown = "boolean", model = "string", wait = "any?", switch = "string?" },
    replace = true },
  request_ended = { value = { model = "string", service = "string", account = "string", purpose = "string", outcome = "string", usage = "table?",
    prices = "table?", seconds = "number", status = "number?" } },
  answer_ended = {},
  message_added = {},
  turn_ended = {},
  before_tool = { value = with(call, { ask = "string?" }), replace = true, block = true },
  before_edit = { value = with(call, { paths = "table" }), block = true },
  permission_asked = { value = with(call, { reason = "string", rule = "string?", kind = "string?", verdict = "string?" }), replace = true, block = true },
  permission_denied = { value = with(call, { reason = "string" }) },
  tool_started = {},
  edit_ended = { value = { path = "string", tool = "string", id = "string" } },
  tool_ended = { value = { type = "string", id = "string", name = "string", text = "string", error = "boolean?", display = "string?",
    below = "table?" },
    replace = true, second = true },
  todos_changed = {},
  prompt_answered = { block = true },
  agent_started = { value = { id = "string", name = "string", prompt = "string" }, replace = true, block = true },
  agent_ended = { value = { id = "string", name = "string", text = "string", stop = "string", turns = "number" }, block = true },
  session_deleted = { value = { id = "string", path = "string" } },
  before_compaction = { value = { messages = "number", tokens = "number", instruction = "string?" }, replace = true, block = true },
  conversation_compacted = { value = { before = "number", after = "number", how = "string" } },
  notice_shown = {},
  command_ended = { value = { name = "string", ok = "boolean", seconds = "number" } },
  model_switched = {},
  status_built = { value = { text = "string" }, replace = true },
  session_ended = { value = { reason = "string" } },
}
