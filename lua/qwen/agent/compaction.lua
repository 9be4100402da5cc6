-- Making a long conversation short: first what tools printed long ago goes, then a model sums up all but the newest part, then what is
-- left is cut. What people wrote is kept apart from the summary. The whole history stays in the session file.
local err = require "qwen.util.err"
local message = require "qwen.session.message"
local tr = require("qwen.util.translate").tr
local window = require "qwen.agent.window"

local M = { fill = window.fill, estimate = window.estimate }

local KEEP = 0.3 -- of the conversation, the newest part: stays as it is
local CLEARED = 400 -- bytes of a result that is not worth clearing
local GAIN = 0.9 -- of a conversation of prompts: what shortening it by command has to come below
local ROOM = 0.7 -- of the limit: what a shortening brings the size below
local REFUSED = { 0.6, 0.4, 0.25 } -- of what a service refused as too long: what the next tries aim at
local LEAST_WINDOW = 4096 -- tokens, of a model that a coding assistant can use
local ANSWER = window.ANSWER

-- Where the newest part begins: at a prompt if there is one in the newer half, else at an answer. Calls and results are never parted.
local function cut_at(messages)
  local want, newest, answer = window.bytes(messages) * KEEP, 0, nil
  for i = #messages, 2, -1 do
    newest = newest + window.bytes { messages[i] }
    local role = messages[i].role
    if newest >= want and role == "user" then return i end
    if newest >= want and role == "assistant" then answer = answer or i end
    if newest >= want * 2 and answer then return answer end
  end
  return answer
end

local function copy(t)
  local out = {}
  for key, value in pairs(t) do out[key] = value end
  return out
end

-- A part with less in it; nil where nothing is to be gained.
local function shorter(part)
  if part.type ~= "result" then return { type = "text", text = "[a file was shown here]" } end
  if #part.text <= CLEARED then return nil end
  local out = copy(part)
  out.text = ("[output of %d bytes, cleared; run it again if it matters]"):format(#part.text)
  return out
end

-- The messages, those before `cut` without what tools printed. What does not change is the same table.
local function cleared(messages, cut)
  local out = table.move(messages, 1, #messages, 1, {})
  for i = 1, cut - 1 do
    if messages[i].role == "tool" then
      local m = copy(messages[i])
      m.parts = copy(m.parts)
      for j, part in ipairs(m.parts) do m.parts[j] = shorter(part) or part end
      out[i] = m
    end
  end
  return out
end

-- A model's notes on the messages before `cut`, asked for behind the conversation as it was sent, with its prompt and tools. What does
-- not fit is cut; what the service refuses as too long is asked for again with less.
local function summary(ctx, messages, cut, instruction)
  local fit, notes = require "qwen.agent.fit", require "qwen.agent.notes"
  local order = notes.ORDER .. (instruction and instruction ~= "" and "\nAbove all keep: " .. instruction or "")
  local most = math.max(1024, math.min(ANSWER, window.size(ctx.model) // 8))
  local room = window.usable(ctx.model, most) * window.token(ctx) - window.fixed(ctx) - #order
  local head, problem = message.mend(table.move(messages, 1, cut - 1, 1, {}), "not answered"), nil
  for try = 1, 3 do
    local shown = fit.messages(ctx, head, room / 2 ^ (try - 1))
    shown = table.move(shown, fit.newest(shown, room / 2 ^ (try - 1)), #shown, 2, { shown[1] })
    local words, e, answer = require("qwen.agent.one_shot").ask(ctx, {
      system = ctx.system, tools = ctx.tools, messages = shown, prompt = order, max_tokens = most,
      purpose = "compaction", model = ctx.settings:get "compactionModel" })
    if words then return words end
    local cut_short = answer and answer.stop == "length" and message.text_of(answer)
    if cut_short and cut_short:find "%S" then return cut_short end
    problem = e
    if e.kind ~= "too_long" then break end
  end
  if problem.kind == "too_long" or problem.kind == "protocol" then return notes.plain(messages, cut - 1) end
  return nil, problem
end

-- The messages with one in the place of all before `cut`.
local function headed(ctx, messages, cut, words)
  local out = { require("qwen.agent.notes").head(ctx, messages, cut - 1, words) }
  if messages[cut].role == "user" then
    out[2] = message.assistant({ { type = "text", text = "I go on from these notes." } }, { model = ctx.model.id, stop = "end" })
  end
  return table.move(messages, cut, #messages, #out + 1, out)
end

-- Where all but a little is prompts, no summary is worth a request: the prompts alone are shortened, when that gains something.
local function prompts_cut(ctx, messages, cut)
  local new = cut and headed(ctx, messages, cut, require("qwen.agent.notes").plain(messages, cut - 1))
  if new and window.bytes(new) < window.bytes(messages) * GAIN then return new end
end

---Makes the conversation shorter.
---@param ctx Ctx
---@param options {instruction: string?, enough: integer?}? what to keep above all; the tokens of a conversation that is short enough:
---without it there is a summary in any case
---@return {before: integer, after: integer, how: string}? tokens
---@return Err?
function M.run(ctx, options)
  local fit, notes = require "qwen.agent.fit", require "qwen.agent.notes" -- here: most runs need neither
  options = options or {}
  local messages, token = ctx.session.messages, window.token(ctx)
  local cut = #messages > 2 and cut_at(messages)
  cut = cut and cut >= 2 and cut or nil
  local worth = cut and notes.worth(messages, cut - 1)
  local cut_prompts = not worth and not options.enough and prompts_cut(ctx, messages, cut)
  if not (worth or options.enough or cut_prompts) then
    return nil, err("usage", tr "the conversation is too short to be shortened")
  end
  local before = window.estimate(messages, 1, token)
  local allowed, reason = ctx.emit("before_compaction", { messages = #messages, tokens = before, instruction = options.instruction })
  if not allowed then return nil, err("denied", tr("shortening was blocked: %s", tostring(reason))) end
  local room = (options.enough or window.usable(ctx.model, ANSWER)) * token - window.fixed(ctx)
  local new, how = cut_prompts or cut and cleared(messages, cut) or messages, cut_prompts and "prompts cut" or "old tool output cleared"
  if worth and (not options.enough or window.bytes(new) > room) then
    local words, e = summary(ctx, messages, cut, allowed.instruction)
    if not words then return nil, e end
    new, how = headed(ctx, messages, cut, words), "summed up"
  end
  if window.bytes(new) > room then
    new, how = fit.messages(ctx, new, room), worth and how or "the newest output cut"
    local from = fit.newest(new, room)
    if from > 2 then new = headed(ctx, new, from, notes.earlier(new)) end -- prompts are never left out
  end
  local after = window.estimate(new, 1, token)
  if after >= before then
    return nil, err("too_long",
      tr "the shortened conversation would not be shorter; nothing was changed")
  end
  local ok, e = ctx.session:compact(new, { before = before, after = after })
  if not ok then return nil, e end
  local result = { before = before, after = after, how = how }
  ctx.emit("conversation_compacted", result)
  return result
end

---Before a turn: shortens when the window is nearly full, or has no room for an answer. Says so; a failure is no reason to stop.
---@param ctx Ctx
---@return boolean shortened
function M.when_full(ctx)
  local limit, used, size = window.full(ctx)
  if not limit then return false end
  ctx.show { type = "note", text = tr("%d%% of the model's window is used; the conversation is being shortened", used * 100 // size) }
  local result, e = M.run(ctx, { enough = math.floor(limit * ROOM) })
  if not result then
    ctx.notice(tr("the conversation could not be shortened: %s", e.message))
    return false
  end
  ctx.show { type = "note", text = tr("shortened: about %d tokens are now %d (%s)", result.before,
    result.after, result.how) }
  return true
end

---After a service refused the conversation as too long: shortens it, more with each try. What the service says of the window counts
---from then on; where it says nothing, what it refused is more than the window.
---@param ctx Ctx
---@param e Err
---@param try integer
---@return boolean shortened
function M.refused(ctx, e, try)
  if not REFUSED[try] then return false end
  local used, size = M.fill(ctx)
  local known = e.context or math.max(used, LEAST_WINDOW)
  local learned = known < size
  if learned then ctx.model.context, size = known, known end
  if learned and used < window.usable(ctx.model, ANSWER) then return true end -- only the answer had too much room
  if used < size then ctx.session.token = math.max(1, window.token(ctx) * used / size) end -- there are more tokens than it seemed
  ctx.show { type = "note", text = tr("%s; the conversation is being shortened", e.message) }
  local result, problem = M.run(ctx, { enough = math.floor(math.min(used, size) * REFUSED[try]) })
  if not result then ctx.notice(tr("it could not be shortened: %s", problem.message)) end
  return result ~= nil
end

return M
