-- Gemini: a request from a view, deltas from a stream. Each event is a whole answer of its own; signatures go back on the part they came with.
-- Long because one protocol is one file.
-- Protocol facts: ai.google.dev/api/generate-content and ai.google.dev/gemini-api/docs/thought-signatures.
local json, wire = qwen.json, qwen.wire
local encode = json.encode

local P = {
  summary = "Gemini",
  protocol = "gemini",
  default_url = "https://generativelanguage.googleapis.com",
  failure = function(...) return qwen.x.failure(...) end, -- read when the first one comes
  media = "image pdf audio video", -- files that models here take, where neither entry nor name tells
  sign = function(_, key) return { ["x-goog-api-key"] = { key } } end,
}

-- Requests ----------------------------------------------------------------------------------------------------------

---The part of an image or a file; a note in words for a model that is known not to take it.
---@param model Model
---@param part MediaPart
---@return table
function P.encode_media(model, part)
  local note = wire.unseen(model, part, P.media)
  if note then return { text = note } end
  return { inlineData = { mimeType = part.mime, data = part.data } }
end

-- What Google names for calls whose signature nobody has: those of another model. Newer models refuse a call without any.
local NO_SIGNATURE = "skip_thought_signature_validator"

local function version(id)
  local major, minor = id:match "gemini%-(%d+)%.?(%d*)"
  return (tonumber(major) or 0) + (tonumber(minor) or 0) / 10
end

---The wire form of one part; nil for what is not sent: empty text, and thinking that is not signed or of another model.
---@param model Model
---@param part Part
---@param message Message
---@return table?
function P.encode_part(model, part, message)
  local own = message.model == model.id and part.data or {}
  if own.part then return own.part end
  if part.type == "text" then
    return (part.text ~= "" or own.thoughtSignature) and { text = part.text, thoughtSignature = own.thoughtSignature } or nil
  elseif part.type == "think" then
    return own.thoughtSignature and { text = part.text, thought = true, thoughtSignature = own.thoughtSignature } or nil
  elseif part.type == "call" then
    local call = { id = part.id, name = part.name, args = json.raw(wire.arguments(part.args)) }
    return { functionCall = call, thoughtSignature = own.thoughtSignature }
  elseif part.type == "result" then
    return { functionResponse = { id = part.id, name = part.name, response = { [part.error and "error" or "output"] = part.text } } }
  end
  return P.encode_media(model, part)
end

---The content of one message; none when nothing of it can be sent.
---@param model Model
---@param message Message
---@return table[]
function P.encode_message(model, message)
  local parts, signed = {}, message.model == model.id or version(model.id) < 3
  for _, part in ipairs(message.parts) do
    local item = P.encode_part(model, part, message)
    if item and item.functionCall and not signed then -- one a turn is enough
      item.thoughtSignature, signed = NO_SIGNATURE, true
    end
    parts[#parts + 1] = item
  end
  return { #parts > 0 and { role = message.role == "assistant" and "model" or "user", parts = parts } or nil }
end

---The JSON of one tool; its schema is JSON text already.
---@param model Model
---@param tool {name: string, description: string, schema: string}
---@return string
function P.encode_tool(model, tool)
  local item = { name = tool.name, description = tool.description }
  if model.config.schemaCompliance == "openapi_30" then
    item.parameters = wire.openapi_schema(tool.schema)
  else
    item.parametersJsonSchema = json.raw(tool.schema)
  end
  return encode(item)
end

local messages_of, tools_of = wire.encoders(P)

local levels = { low = "LOW", medium = "MEDIUM", high = "HIGH", max = "HIGH" }
local budgets = { low = 4096, medium = 16384, high = 24576, max = 24576 }

local FIRST_LEVELS, NO_MINIMAL = 3, 3.7 -- from 3.7 on the level MINIMAL is refused

-- Whether a model can do without thinking: the small ones up to 3.6.
local function may_rest(id, number)
  return number >= 2.5 and number < NO_MINIMAL and id:find("flash", 1, true) ~= nil
end

---The levels of effort that a model can be told.
---@param model Model
---@return string
function P.efforts(model)
  local number = version(model.id)
  if number < 2.5 then return "" end
  if may_rest(model.id, number) then return "none low medium high" end
  return model.id:find "gemini%-3%-pro" and "low high" or "low medium high"
end

-- From 3 on models think by level, those of 2.5 by a budget; older ones refuse to be asked.
local function thinking(model)
  local number, reasoning = version(model.id), model.config.reasoning
  if number < 2.5 and type(reasoning) ~= "table" then return nil end
  if reasoning == false then
    if not may_rest(model.id, number) then return { includeThoughts = false } end
    if number < FIRST_LEVELS then return { thinkingBudget = 0 } end
    return { includeThoughts = false, thinkingLevel = "MINIMAL" }
  end
  local out = { includeThoughts = true }
  if type(reasoning) ~= "table" then return out end
  local budget = wire.integer(reasoning.budget_tokens) or wire.integer(reasoning.budget)
  if number >= FIRST_LEVELS and not budget then
    out.thinkingLevel = levels[reasoning.effort]
  else
    out.thinkingBudget = budget or budgets[reasoning.effort]
  end
  return out
end

local names = { max_tokens = "maxOutputTokens", stop = "stopSequences" }

---The field generationConfig: sampling in the names of this protocol, the limit, thinking.
---@param model Model
---@param view View
---@return table
function P.generation(model, view)
  local out = { maxOutputTokens = view.max_tokens, thinkingConfig = thinking(model) }
  for key, value in pairs(model.config.samplingParams or {}) do
    out[names[key] or key:gsub("_(%l)", string.upper)] = value
  end
  wire.extra(out, (model.config.extra_body or {}).generationConfig)
  return out
end

-- An address may end in a version or not.
local function versioned(url)
  return url:find "/v1%w*$" and url or url .. "/v1beta"
end

---The address of a model's answers as a stream.
---@param model Model
---@return string
function P.url(model)
  return ("%s/%s:streamGenerateContent?alt=sse"):format(versioned(model.base_url), model.id:find "/" and model.id or "models/" .. model.id)
end

---Headers beside the usual ones.
---@return table<string, string>?
function P.headers(_, _) end

local first = { "systemInstruction", "tools", "toolConfig", "generationConfig", "contents" }

---The request of a view. Pure: same in, same bytes; the credential is joined later.
---@param model Model
---@param view View
---@return Request
function P.request(model, view)
  local generation, tools = P.generation(model, view), tools_of(model, view.tools)
  local fields = { generationConfig = next(generation) and generation or nil }
  if view.system ~= "" then fields.systemInstruction = { parts = { { text = view.system } } } end
  for key, value in pairs(model.config.extra_body or {}) do
    if key ~= "generationConfig" then wire.extra(fields, { [key] = value }) end -- what is below that one stands there already
  end
  local declared = #tools > 0 and { '{"functionDeclarations":[' .. table.concat(tools, ",") .. "]}" } or nil
  local body = wire.body(fields, { contents = messages_of(model, view.messages), tools = declared }, first)
  return wire.post(model, P.url(model), body, P.headers(model, view))
end

-- Whether a model of the list answers in words; where nothing is said it may.
local function answers(item)
  local methods = item.supportedGenerationMethods
  if type(methods) ~= "table" then return true end
  for _, method in ipairs(methods) do
    if method == "generateContent" then return true end
  end
  return false
end

---What asks for the next page of a list.
---@param answer table
---@return {pageToken: string}?
function P.next_page(answer)
  return wire.text(answer.nextPageToken) and { pageToken = answer.nextPageToken } or nil
end

---The models that the service offers and that answer in words, with the room for context and answers.
---@param ctx Ctx
---@param model Model any model there: its address and key are used
---@return {id: string, name: string?, context: integer?, max_output: integer?}[]?, Err?
function P.models(ctx, model)
  return qwen.x.remote_models.ask(ctx, model, P, {
    url = versioned(model.base_url) .. "/models?pageSize=1000",
    list = function(answer) return answer.models or {} end,
    item = function(item)
      local name = answers(item) and wire.text(item.name)
      return { id = name and name:gsub("^models/", ""), name = item.displayName, context = item.inputTokenLimit, max_output = item.outputTokenLimit }
    end,
    next = P.next_page,
  })
end

-- Streams -----------------------------------------------------------------------------------------------------------

local reasons = { STOP = "end", MAX_TOKENS = "length" }
for word in ("SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION MODEL_ARMOR")
  :gmatch "%S+" do
  reasons[word] = "filter"
end
-- Answers that went wrong where they were made: another one may be good.
local spoilt = { MALFORMED_FUNCTION_CALL = true, UNEXPECTED_TOOL_CALL = true, MALFORMED_RESPONSE = true, TOO_MANY_TOOL_CALLS = true,
  MISSING_THOUGHT_SIGNATURE = true, OTHER = true }

local function data_of(part)
  local signature = wire.text(part.thoughtSignature)
  return signature and { thoughtSignature = signature } or nil
end

-- One value of arguments that come in pieces: a JSON path, and a text or a plain value.
local function add_piece(call, piece)
  local path = wire.text(piece.jsonPath)
  if not path then return end
  local text, last = wire.text(piece.stringValue), call.pieces[#call.pieces]
  if last and last.path == path and last.text then
    last.text[#last.text + 1] = text
    return
  end
  local value = piece.numberValue
  if value == nil then value = piece.boolValue end
  if value == nil and piece.stringValue == nil then value = json.null end
  call.pieces[#call.pieces + 1] = { path = path, value = value, text = piece.stringValue ~= nil and { text } or nil }
end

local MOST_ITEMS = 10000

-- The arguments that pieces describe, by paths such as "$.edits[0].path".
local function whole(pieces)
  local top = {}
  for _, piece in ipairs(pieces) do
    local at, key = top, 1
    for mark, name in piece.path:gmatch "([.%[])[\"']?([^.%[%]\"']+)" do
      local index = mark == "[" and math.tointeger(tonumber(name))
      if index and (index < 0 or index > MOST_ITEMS) then return nil end
      if type(at[key]) ~= "table" then at[key] = {} end
      at, key = at[key], index and index + 1 or name
    end
    at[key] = piece.text and table.concat(piece.text) or piece.value
  end
  return top[1]
end

-- A call comes whole, or it is begun by its name and goes on in parts that have none.
local function read_call(answer, part)
  local given = wire.object(part.functionCall)
  local call = answer.open
  if wire.text(given.name) or not call then
    call = { index = answer:call(given.name, nil, given.id, data_of(part)), pieces = {} }
  end
  for _, piece in ipairs(wire.object(given.partialArgs)) do add_piece(call, wire.object(piece)) end
  answer.open = given.willContinue == true and call or nil
  if answer.open then return end
  answer:more(call.index, wire.object(#call.pieces > 0 and whole(call.pieces) or given.args))
end

-- What the service did by itself (a search, a program run) goes back as it came.
local own_work = { "toolCall", "toolResponse", "executableCode", "codeExecutionResult" }

local function read_part(answer, part)
  if part.functionCall then return read_call(answer, part) end
  for _, name in ipairs(own_work) do
    if type(part[name]) == "table" and pcall(encode, part) then return answer:add { type = "think", text = "", data = { part = part } } end
  end
  local text, data, kind = wire.text(part.text), data_of(part), part.thought == true and "think" or "text"
  -- The counts of such events are passed over: the last one, which says how the answer ended, has the whole sums.
  if not data then return answer[kind](answer, text, "text") end
  answer.spoke = answer.spoke or text and kind == "text"
  if part.text then answer:add { type = kind, text = text or "", data = data } end
end

-- The first of several answers, which come side by side under numbers from 0, or without one.
local function first_candidate(list)
  for _, candidate in ipairs(wire.object(list)) do
    if type(candidate) == "table" and (wire.integer(candidate.index) or 0) == 0 then return candidate end
  end
  return {}
end

local function read(answer, event)
  local candidate, blocked = first_candidate(event.candidates), wire.object(event.promptFeedback)
  for _, part in ipairs(wire.object(wire.object(candidate.content).parts)) do read_part(answer, wire.object(part)) end
  local word = wire.text(candidate.finishReason)
  if word and word ~= "FINISH_REASON_UNSPECIFIED" then
    answer:stop(reasons[word] or "end", word)
    answer.why = wire.text(candidate.finishMessage)
  end
  if wire.text(blocked.blockReason) then
    answer:stop("filter", blocked.blockReason)
    answer.why = wire.text(blocked.blockReasonMessage)
  end
  local u = event.usageMetadata
  if type(u) == "table" then
    answer:usage { input = u.promptTokenCount, output = u.candidatesTokenCount, cached = u.cachedContentTokenCount, reasoning = u.thoughtsTokenCount }
  end
end

local function finish(answer)
  local word, why = answer.word, answer.why
  if answer.reason == "filter" then
    answer.word = why and word .. ", " .. why or word
  elseif spoilt[word] then
    answer:fail(wire.spoilt(word, why))
  end
end

P.decoder = wire.decoder(P, read, { finish = finish })

return P
