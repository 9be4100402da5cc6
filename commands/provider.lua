-- `qwen provider test`: asks what is configured, step by step, and says of each step what went wrong and what to do about it.

local tr, phrase = qwen.tr, qwen.phrase

local C = { summary = "try a provider: reach, key, stream, tool call, usage", shell = true }

local function has_provider(name)
  return qwen.x.registry.has("providers", name)
end

-- The model that is meant: an entry by its id, the first of a provider, or the chosen one.
local function find(ctx, name)
  if not name then return qwen.models.choose(ctx.settings, ctx.opts, has_provider) end
  local list, named = qwen.models.list(ctx.settings, has_provider), nil
  for _, entry in ipairs(list) do
    if entry.id == name then named = named or entry end
  end
  local provider = has_provider(name) and qwen.x.registry.get("providers", name)
  for _, entry in ipairs(list) do
    if entry.provider == name or provider and qwen.models.provider(entry) == provider then named = named or entry end
  end
  if named then return qwen.models.take(ctx.settings, ctx.opts, named.id, named.provider, has_provider) end
  if has_provider(name) then return qwen.models.choose(ctx.settings, setmetatable({ auth_type = name }, { __index = ctx.opts }), has_provider) end
  local names = qwen.x.registry.names "providers"
  for _, entry in ipairs(list) do names[#names + 1] = entry.id end
  local near = qwen.text.nearest(name, names)
  return nil, qwen.err("usage", tr("there is no model and no provider '%s'%s", name, near
    and tr("; did you mean %s?", near) or tr "; see: qwen models"))
end

local function complete(ctx, _, before)
  if before[1] then return {} end
  local out = qwen.x.registry.names "providers"
  for _, entry in ipairs((qwen.models.list(ctx.settings, has_provider))) do out[#out + 1] = entry.id end
  return out
end

local function milliseconds(since)
  return (qwen.task.now() - since) * 1000
end

-- One question without a second try; gives what came: text, pieces, calls, usage, or err.
local function ask(ctx, model, words, tools)
  local once = setmetatable({ config = setmetatable({ maxRetries = 0 }, { __index = model.config }) }, { __index = model })
  local got, started = { text = {}, pieces = 0, calls = {} }, qwen.task.now()
  local view = { system = "You are being tested. Do what is asked, in as few words as possible.", messages = { qwen.message.user(words) },
    tools = tools or {}, max_tokens = 2000, purpose = "side" }
  local deltas <close> = qwen.x.client.open(setmetatable({ shows = {} }, { __index = ctx }), once, view)
  for delta in deltas.next do
    if delta.type == "text" or delta.type == "think" then
      got.first = got.first or milliseconds(started)
      if delta.type == "text" then
        got.text[#got.text + 1], got.pieces = delta.text, got.pieces + 1
      else
        got.thought = true
      end
    elseif delta.type == "call" then
      local call = got.calls[delta.index or 1] or { args = {} }
      got.calls[delta.index or 1] = call
      call.name = call.name or delta.name
      call.args[#call.args + 1] = delta.args
    elseif delta.type == "usage" then
      got.usage = delta.usage
    elseif delta.type == "stop" then
      got.stop, got.word = delta.reason, delta.word
    elseif delta.type == "error" then
      got.err = delta.err
    end
  end
  got.text = table.concat(got.text)
  return got
end

local steps = {}

function steps.reach(ctx, run)
  local started = qwen.task.now()
  local stream <close>, e = ctx.transport { method = "GET", url = run.model.base_url, headers = { ["User-Agent"] = ctx.user_agent } }
  if not stream then return nil, e.message end
  local tls = run.model.base_url:find "^https"
    and (ctx.opts.insecure and tr ", certificate NOT checked (--insecure)"
    or tr ", certificate is good") or ""
  return tr("%s answers after %.0f ms%s", run.model.base_url, milliseconds(started), tls)
end

function steps.key(ctx, run)
  local provider, e = qwen.models.provider(run.model)
  if not provider then return nil, e.message end
  local auth
  auth, e = qwen.x.registry.get("auth", provider.auth or "api-key")
  if not auth then return nil, e.message end
  local headers
  headers, e = auth.headers(ctx, run.model, { method = "GET", url = run.model.base_url, headers = {}, body = {} })
  if not headers then return nil, e.message end
  if provider.auth then return tr("from auth/%s", provider.auth) end
  if not run.model.key then return tr "none is sent: a private address needs none" end
  return tr("%s from %s", run.model.key:hint() ~= "" and run.model.key:hint() or tr "there is one",
    run.model.key_source)
end

function steps.stream(ctx, run)
  local got = ask(ctx, run.model, "Count from 1 to 20 in digits, separated by spaces. Say nothing else.")
  run.usage = got.usage
  if got.err and not got.err.unsaid then return nil, got.err.message end
  if not got.text:find "%S" then
    return nil, got.thought and tr "it thought, but said nothing within 2000 tokens: raise samplingParams.max_tokens"
      or got.stop == "filter" and tr("the service's content filter ended the answer: %s", tostring(got.word))
      or got.stop == "refusal" and tr "the model declined to answer"
      or tr "the answer is empty: is this a model for chat?"
  end
  local note = got.pieces == 1
    and tr ", in one piece: something on the way may hold the stream back"
    or tr(", %d pieces", got.pieces)
  return tr("first words after %.0f ms%s", got.first, got.thought and tr(", thinking%s", note) or note)
end

local echo = { name = "echo", description = "Gives back a text.", schema =
  '{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}' }

steps["tool call"] = function(ctx, run)
  local got = ask(ctx, run.model, "Call the tool echo with the text: ready", { echo })
  run.usage = got.usage or run.usage
  if got.err then return nil, tr("%s (without tools it answered)", got.err.message) end
  local call = got.calls[1]
  if not call then
    if qwen.wire.has_tool_call(got.text, { echo = true }) or got.text:find '"name"%s*:%s*"echo"' or got.text:find "echo%(" then
      return nil, tr 'the model writes calls into its text: set "textToolCalls": true in its generationConfig'
    end
    return nil, tr("it answered without a call: the model, or its server, does not know tools: %s",
      qwen.text.visible(got.text):sub(1, 80))
  end
  local args = qwen.json.decode(table.concat(call.args))
  if call.name ~= "echo" then return nil, tr("it called '%s', which was not offered", tostring(call.name)) end
  if type(args) ~= "table" or type(args.text) ~= "string" then
    return nil, tr("the arguments of its call are not what was asked for: %s", table.concat(call.args))
  end
  return ("echo %q"):format(args.text)
end

function steps.usage(_, run)
  local usage = run.usage
  if not (usage and usage.input) then return tr "not told by the service: tokens will be estimated" end
  return tr("%d tokens in, %d out%s", usage.input, usage.output or 0, usage.cached
    and tr(", %d of them cached", usage.cached) or "")
end

local order = { phrase "key", phrase "reach", phrase "stream", phrase "tool call", phrase "usage" }
local ends = { reach = true, key = true, stream = true } -- without it the rest makes no sense

local function test(ctx, args)
  if args[2] then return false end
  local model, e = find(ctx, args[1])
  if not model then return nil, e end
  local run, failed = { model = model }, false
  ctx.print(tr("%s (%s), set by %s", model.id, model.provider, model.from or tr "flags"))
  for _, title in ipairs(order) do
    local name = tostring(title)
    local words, problem = steps[name](ctx, run)
    ctx.print(("  %s  %s %s"):format(qwen.text.pad(words and tr "ok" or tr "FAIL", 4),
      qwen.text.pad(tr(title), 10), (words or problem):gsub("%s+", " ")))
    failed = failed or not words
    if not words and ends[name] then break end
  end
  return failed and 1 or 0
end

C.subcommands = { test = { summary = "ask it step by step, and say what is wrong", args = "[MODEL|PROVIDER]", complete = complete, run = test } }

return C
