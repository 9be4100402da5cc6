-- The model's window: its size, how full it is, how many bytes a token has, and the room for an answer. It only reads the session.
local M = { ANSWER = 8000 } -- tokens of an answer that are usual

local SIZE = 131072 -- tokens, where the model's own size is unknown
local BYTES, LEAST_BYTES, MOST_BYTES = 3.5, 2, 5 -- of a token, and what a service's figures may say of it
local COUNTED = 500 -- tokens; a count below that says little about bytes
local ODD = 10 -- bytes of a token at which the service has not counted everything, as one that leaves out what its cache has
local LEAST_ANSWER = 1024 -- tokens
local SPARE = 0.05 -- of the window: no estimate is exact
local IMAGE, FILE = 6000, 4 -- bytes of text that an image is worth; bytes of a file that are worth one
local PART, TOOL = 40, 60 -- bytes around a part and around a tool

-- An image costs the same whatever its bytes are; a file costs by its pages, which have text and picture.
local function bytes_of(part)
  if part.type == "image" then return IMAGE end
  return #(part.text or "") + #(part.args or "") + (type(part.data) == "string" and #part.data // FILE or 0) + PART
end

local sums = setmetatable({}, { __mode = "k" }) -- by list of messages: bytes of the first n; a list only grows at its end

local function sum(messages, n)
  local known = sums[messages] or { [0] = 0 }
  sums[messages] = known
  for i = #known + 1, n do
    local bytes = 0
    for _, part in ipairs(messages[i].parts) do bytes = bytes + bytes_of(part) end
    known[i] = known[i - 1] + bytes
  end
  return known[n]
end

---Bytes of messages, as they weigh for a model.
---@param messages Message[]
---@param from integer?
---@return integer
function M.bytes(messages, from)
  return sum(messages, #messages) - sum(messages, (from or 1) - 1)
end

local tool_sums = setmetatable({}, { __mode = "k" }) -- by list of tools, which is made anew when they change

local function of_tools(tools)
  local bytes = tool_sums[tools]
  if bytes then return bytes end
  bytes = 0
  for _, tool in ipairs(tools) do bytes = bytes + #tool.name + #tool.description + #tool.schema + TOOL end
  tool_sums[tools] = bytes
  return bytes
end

---Bytes that stand before the messages: system prompt and tools.
---@param ctx Ctx
---@return integer
function M.fixed(ctx)
  return #(ctx.system or "") + (ctx.tools and of_tools(ctx.tools) or 0)
end

local counts = setmetatable({}, { __mode = "k" }) -- by list of messages: what `counted` found for so many of them

-- The newest answer whose tokens a service has counted. Figures of before a compaction are of another conversation.
local function newest_counted(ctx, messages)
  for i = #messages, (ctx.session.compacted or 0) + 1, -1 do
    local usage = messages[i].usage
    if usage and usage.input then
      if usage.input * ODD < M.fixed(ctx) + sum(messages, i - 1) then return nil end
      return i, usage
    end
  end
end

local function counted(ctx)
  local messages, from, fixed = ctx.session.messages, ctx.session.compacted, M.fixed(ctx)
  local known = counts[messages]
  if not known or known.n ~= #messages or known.from ~= from or known.fixed ~= fixed then
    known = { n = #messages, from = from, fixed = fixed }
    known.at, known.usage = newest_counted(ctx, messages)
    counts[messages] = known
  end
  return known.at, known.usage
end

---Bytes of one token, as far as the service has counted.
---@param ctx Ctx
---@return number
function M.token(ctx)
  local at, usage = counted(ctx)
  if at and usage.input >= COUNTED then
    local bytes = (M.fixed(ctx) + sum(ctx.session.messages, at - 1)) / usage.input
    if bytes >= LEAST_BYTES and bytes <= MOST_BYTES then ctx.session.token = bytes end
  end
  return ctx.session.token or BYTES
end

---@param model Model
---@return integer tokens
function M.size(model) return model.context or SIZE end

---About how large messages are.
---@param messages Message[]
---@param from integer?
---@param token number? bytes of one
---@return integer tokens
function M.estimate(messages, from, token)
  return math.ceil(M.bytes(messages, from) / (token or BYTES))
end

---How full the window is: what the service counted last, and an estimate of what came after it.
---@param ctx Ctx
---@return integer tokens
---@return integer window tokens
function M.fill(ctx)
  local messages, token = ctx.session.messages, M.token(ctx)
  local at, usage = counted(ctx)
  local used = at and usage.input + (usage.output or 0) + M.estimate(messages, at + 1, token)
    or math.ceil((M.fixed(ctx) + M.bytes(messages)) / token)
  return used, M.size(ctx.model)
end

---The tokens that an answer may have: at most so many, within what is free.
---@param ctx Ctx
---@param model Model
---@param most integer
---@return integer
function M.answer(ctx, model, most)
  local free = math.floor(M.size(model) * (1 - SPARE)) - M.fill(ctx)
  return math.max(math.min(most, free), math.min(most, LEAST_ANSWER))
end

---The tokens that a conversation may fill, so that an answer still has its room.
---@param model Model
---@param most integer tokens of an answer that are wanted
---@return integer
function M.usable(model, most)
  local size = M.size(model)
  return math.floor(size * (1 - SPARE)) - math.max(LEAST_ANSWER, math.min(most, size // 8))
end

---Whether the window is nearly full, or has no room for an answer: then the conversation is to be
---shortened.
---@param ctx Ctx
---@return integer? limit of tokens that is reached
---@return integer? used
---@return integer? window
function M.full(ctx)
  local threshold = tonumber(ctx.settings:get "context.autoCompactThreshold") or 0
  if threshold <= 0 then return nil end
  local used, size = M.fill(ctx)
  local limit = math.min(math.floor(size * threshold), M.usable(ctx.model, M.ANSWER))
  if used >= limit then return limit, used, size end
end

return M
