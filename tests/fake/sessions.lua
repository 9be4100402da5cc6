-- Writes session files of a given size for tests and measurements: the same records as qwen or
-- Qwen Code writes, in few kinds of conversation.
local chat_record = require "qwen.session.chat_record"
local fs, json, sys = require "sys.fs", require "sys.json", require "sys.os"
local message = require "qwen.session.message"

local M = {}

local WORDS = { "the cache", "is flushed", "before", "an \"entry\"", "expires,\n", "so that", "é 你好", "0x1f", "return nil\n" }

local function prose(bytes, seed)
  local out, size = {}, 0
  while size < bytes do
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    out[#out + 1] = WORDS[seed % #WORDS + 1]
    size = size + #out[#out] + 1
  end
  return table.concat(out, " ")
end

local picture = ("iVBORw0KGgoAAAANSUhEUgAA"):rep(1 << 16) -- 1.5 MB

local function step(n, i, result)
  local id = ("call_%d_%d"):format(n, i)
  local args = json.encode { file_path = ("/src/file%d.lua"):format(i), offset = i * 10 }
  local call = { type = "call", id = id, name = "read_file", args = args }
  local answer = message.assistant({ { type = "text", text = prose(200, n + i) }, call }, {
    model = "fake", stop = "calls", usage = { input = 20000 + i, output = 100 } })
  return answer, message.results { { type = "result", id = id, name = "read_file", text = prose(result, n * 7 + i) } }
end

-- One turn: a prompt, so many calls with their results, an answer.
local function turn(add, n, calls, result)
  add(message.user(("Prompt %d: %s"):format(n, prose(150, n))))
  for i = 1, calls do
    local call, answer = step(n, i, result)
    add(call)
    add(answer)
  end
  add(message.assistant({ { type = "text", text = ("Answer %d: %s"):format(n, prose(900, n)) } }, {
    model = "fake", stop = "end", usage = { input = 20000, output = 300 } }))
end

local kinds = {}

---Many turns with calls; nothing was shortened.
function kinds.turns(w)
  local n = 0
  while w.size < w.bytes do
    n = n + 1
    turn(w.add, n, 8, 6000)
  end
end

---As an ordinary long session: shortened each time about 400 KB have come together.
function kinds.compacted(w)
  local n, since = 0, 0
  while w.size < w.bytes or w.size - since < 100000 do
    n = n + 1
    turn(w.add, n, 8, 6000)
    if w.size - since > 400000 and w.size < w.bytes then
      w.compact { message.user("The conversation before this point was shortened.", {
        { type = "text", text = "Prompt 1" }, { type = "text", text = "Your notes on the work so far:\n" .. prose(9000, n) } }),
        message.assistant({ { type = "text", text = "I go on from these notes." } }, { model = "fake", stop = "end" }) }
      since = w.size
    end
  end
end

---One prompt, and calls without end.
function kinds.one_turn(w)
  w.add(message.user "Prompt 1: do all of it")
  local i = 0
  while w.size < w.bytes do
    i = i + 1
    local call, answer = step(1, i, 20000)
    w.add(call)
    w.add(answer)
  end
end

---Prompts with pictures.
function kinds.images(w)
  local n = 0
  while w.size < w.bytes do
    n = n + 1
    w.add(message.user("Prompt " .. n, { { type = "image", mime = "image/png", data = picture } }))
    w.add(message.assistant({ { type = "text", text = "Answer " .. n } }, {
      model = "fake", stop = "end", usage = { input = 2000 * n, output = 300 } }))
  end
end

---All but the first and the last prompt were left by going back to the first.
function kinds.rewound(w)
  turn(w.add, 1, 1, 1000)
  local leaf, n = w.leaf, 1
  while w.size < w.bytes do
    n = n + 1
    turn(w.add, n, 8, 6000)
  end
  w.leaf = leaf
  turn(w.add, n + 1, 1, 1000)
end

---Prompts with a megabyte pasted into each.
function kinds.pasted(w)
  local n = 0
  while w.size < w.bytes do
    n = n + 1
    w.add(message.user(("Prompt %d: %s"):format(n, prose(1 << 20, n))))
    w.add(message.assistant({ { type = "text", text = "Answer " .. n } }, { model = "fake", stop = "end" }))
  end
end

---One result that has it all, as of a program that cuts nothing.
function kinds.one_result(w)
  w.add(message.user "Prompt 1: read it")
  local call, answer = step(1, 1, w.bytes)
  w.add(call)
  w.add(answer)
  w.add(message.assistant({ { type = "text", text = "Answer 1" } }, { model = "fake", stop = "end" }))
end

---Short prompts and answers, millions of lines at last.
function kinds.short(w)
  local n = 0
  while w.size < w.bytes do
    n = n + 1
    w.add(message.user("Prompt " .. n))
    w.add(message.assistant({ { type = "text", text = "Answer " .. n } }, { model = "fake", stop = "end" }))
  end
end

M.kinds = kinds

-- The record as Qwen Code writes it: other fields, in another order, and a record of telemetry
-- behind each answer.
local function foreign(line, head)
  local r = json.decode(line)
  local function field(name) return r[name] ~= nil and (',"%s":%s'):format(name, json.encode(r[name])) or "" end
  r.qwen = nil
  local text = ('{"uuid":"%s","parentUuid":%s,"sessionId":"%s","timestamp":"%s"%s,"cwd":%s,"version":"0.15.10"%s%s%s%s}\n')
    :format(r.uuid, head.parent and '"' .. head.parent .. '"' or "null", head.session, r.timestamp, field "type", json.encode(head.cwd),
      field "model", field "message", field "usageMetadata", field "systemPayload")
  if r.subtype then text = text:gsub('"version"', '"subtype":"' .. r.subtype .. '","version"', 1) end
  if r.type ~= "assistant" then return text end
  return text .. ('{"uuid":"%s","parentUuid":"%s","sessionId":"%s","timestamp":"%s","type":"system","subtype":"ui_telemetry",')
    :format(sys.uuid(), r.uuid, head.session, r.timestamp) .. '"systemPayload":{"uiEvent":{"event.name":"qwen-code.api_response"}}}\n'
end

---Writes one; its folder must be there.
---@param path string
---@param kind string a name of kinds
---@param bytes integer at least so many
---@param options {id: string?, cwd: string?, foreign: boolean?}?
function M.write(path, kind, bytes, options)
  options = options or {}
  local file <close> = assert(io.open(path, "w"))
  local w = { size = 0, bytes = bytes }
  local function put(line)
    file:write(line)
    w.size = w.size + #line
  end
  local function head() return { session = options.id, cwd = options.cwd or "/", version = "0", parent = w.leaf } end
  function w.add(m)
    local line = chat_record.encode(m, head())
    put(options.foreign and foreign(line, head()) or line)
    w.leaf = m.id
  end
  function w.compact(list)
    local h = head()
    h.id, h.time = sys.uuid(), 1.7e9
    local line = chat_record.encode_compaction(list, h, { before = 100000, after = 3000 })
    put(options.foreign and foreign(line, head()) or line)
    w.leaf = h.id
  end
  kinds[kind](w)
  assert(fs.stat(path) or file)
end

return M
