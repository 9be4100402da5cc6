-- Cutting what is too long for the model's window: results of a turn before they are kept, and messages when nothing else helps.
-- What is cut lies whole in a file, and the words in its place say which and how to read it.
local json = require "sys.json"
local output = require "qwen.util.output"
local text = require "qwen.util.text"
local window = require "qwen.agent.window"

local M = {}

local ONE, ALL = 0.10, 0.30 -- of the window: one result, and all results of one turn
local LEAST = 4000 -- bytes that one result may have in any window, as far as all of them have room
local LEAST_CUT = 300 -- bytes; a text is never cut below that
local ARGUMENT = 200 -- bytes that stay of a long text in the arguments of an old call

---The most that each of some texts may have, so that all together have no more than `total`: short ones leave room for long ones.
---@param sizes integer[]
---@param total number
---@return number
function M.share(sizes, total)
  local sorted = table.move(sizes, 1, #sizes, 1, {})
  table.sort(sorted)
  local left = total
  for i, size in ipairs(sorted) do
    local share = left / (#sorted - i + 1)
    if size > share then return share end
    left = left - size
  end
  return math.huge
end

---A text within a limit; what is left out is in a file.
---@param ctx Ctx
---@param name string begins the name of the file
---@param words string
---@param limit number bytes
---@return string
function M.cut(ctx, name, words, limit)
  limit = math.max(LEAST_CUT, math.floor(limit))
  if #words <= limit then return words end
  local path = ctx.spill(name, words)
  local mark = path and ("[%d bytes, cut to fit your window. All of it is in %s: read parts with read_file (offset, limit) or search it "
    .. "with grep_search.]\n"):format(#words, path) or ("[%d bytes, cut to fit your window. Ask for less to see the rest.]\n"):format(#words)
  local head, tail, left_out = output.cut(words, math.max(40, limit - #mark - 40), false)
  return mark .. text.utf8(("%s\n[... %d bytes left out ...]\n%s"):format(head, left_out, tail))
end

---The bytes that one of so many results of a turn may have.
---@param ctx Ctx
---@param count integer
---@return integer
function M.result_limit(ctx, count)
  local bytes = window.size(ctx.model) * window.token(ctx)
  local most, budget = ctx.settings:get "tools.truncateToolOutputThreshold", ctx.settings:get "tools.toolOutputBatchBudget"
  return math.floor(math.min(math.max(LEAST, bytes * ONE), bytes * ALL / math.max(count, 1), most and most > 0 and most or math.huge,
    budget and budget > 0 and budget / math.max(count, 1) or math.huge))
end

---The results of one turn as the window and the settings have room for them.
---@param ctx Ctx
---@param parts Part[]
function M.results(ctx, parts)
  local bytes, sizes = window.size(ctx.model) * window.token(ctx), {}
  for _, part in ipairs(parts) do sizes[#sizes + 1] = part.type == "result" and #part.text or nil end
  local one = math.max(LEAST, bytes * ONE)
  for i, size in ipairs(sizes) do sizes[i] = math.min(size, one) end
  local budget = ctx.settings:get "tools.toolOutputBatchBudget"
  local limit = math.min(one, M.share(sizes, math.min(bytes * ALL, budget and budget > 0 and budget or math.huge)))
  for _, part in ipairs(parts) do
    if part.type == "result" then part.text = M.cut(ctx, part.name, part.text, limit) end
  end
end

-- The arguments of an old call without its long texts.
local function shorter_args(args)
  local value = json.decode(args, false, true)
  if type(value) ~= "table" then return "{}" end
  local function walk(t)
    for key, item in pairs(t) do
      if type(item) == "string" and #item > ARGUMENT then
        t[key] = text.utf8((text.head_tail(item, ARGUMENT)))
      elseif type(item) == "table" then
        walk(item)
      end
    end
  end
  walk(value)
  local ok, words = pcall(json.encode, value)
  return ok and words or "{}"
end

local function with(part, fields)
  local out = {}
  for key, value in pairs(part) do out[key] = value end
  for key, value in pairs(fields) do out[key] = value end
  return out
end

-- The ways to make messages shorter, in the order in which they are tried. Each gives another part, or nil where it has nothing to do.
local ways = {
  function(ctx, part, limit)
    if part.type == "result" and #part.text > limit then return with(part, { text = M.cut(ctx, part.name, part.text, limit) }) end
  end,
  function(_, part)
    if part.type == "call" and #part.args > 2 * ARGUMENT then return with(part, { args = shorter_args(part.args) }) end
  end,
  function(ctx, part, limit, role) -- of a person's text a tenth of the window stays
    if role == "user" then limit = math.max(limit, window.size(ctx.model) * window.token(ctx) * ONE) end
    if part.type == "text" and #part.text > limit then return with(part, { text = M.cut(ctx, "text", part.text, limit) }) end
  end,
  function(_, part)
    if part.type == "image" or part.type == "file" then return { type = "text", text = "[a file was shown here]" } end
  end,
}

-- The messages with one way applied, oldest first, until they fit. Those that do not change are the same tables.
local function apply(ctx, messages, way, limit, room)
  local out, size = table.move(messages, 1, #messages, 1, {}), window.bytes(messages)
  for i, message in ipairs(messages) do
    if size <= room then break end
    local parts, changed = table.move(message.parts, 1, #message.parts, 1, {}), false
    for j, part in ipairs(parts) do
      local other = way(ctx, part, limit, message.role)
      if other then parts[j], changed = other, true end
    end
    if changed then
      out[i] = with(message, { parts = parts })
      size = size + window.bytes { out[i] } - window.bytes { message }
    end
  end
  return out
end

---Where messages begin that have no more than so many bytes together with the first; an answer and its results are never parted.
---@param messages Message[]
---@param room number bytes
---@return integer from 2 where nothing has to go
function M.newest(messages, room)
  local from, size = 2, window.bytes(messages)
  while size > room do
    local stop = from + 1
    while messages[stop] and messages[stop].role == "tool" do stop = stop + 1 end
    if not messages[stop] then break end
    size = size - window.bytes(messages, from) + window.bytes(messages, stop)
    from = stop
  end
  return from
end

---Messages that have no more than so many bytes, as far as cutting can do that: results first, then arguments, texts and files.
---@param ctx Ctx
---@param messages Message[]
---@param room number bytes
---@return Message[]
function M.messages(ctx, messages, room)
  for _, way in ipairs(ways) do
    for _, part in ipairs { 0.3, 0.1, 0.03 } do
      if window.bytes(messages) <= room then return messages end
      messages = apply(ctx, messages, way, math.max(LEAST_CUT, room * part), room)
    end
  end
  return messages
end

return M
