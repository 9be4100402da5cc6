-- `qwen mcp serve`: our tools, agents among them, and the person's prompt commands for another
-- program, as a tool server on standard input and output. A call is judged as one of a model; what
-- would be asked is asked of that program, where it can ask somebody (elicitation).
local json = require "sys.json"
local models = require "qwen.model.registry"
local registry = require "qwen.extension.registry"
local server = require "qwen.extension.mcp.server"
local sys = require "sys.os"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr
local context = require "qwen.agent.view"

local M = {}

-- Tools that need the conversation or the screen that they are called from.
local OF_A_SESSION = { tool_search = true, todo_write = true, enter_plan_mode = true,
  exit_plan_mode = true, monitor = true }
local MOST_SHOWN = 4000 -- bytes of a command or change in a question
local NO_GUARD = { begin = function() end, answer = function() end, result = function() end }

local function has_provider(name) return registry.has("providers", name) end

local function choose_model(ctx)
  local model, e = models.choose(ctx.settings, ctx.opts, has_provider)
  if not model then return ctx.notice(tr("agents are not offered: %s", e.message)) end
  ctx.model, ctx.fallbacks = model, models.fallbacks(ctx.settings, ctx.opts, has_provider, model) or {}
end

-- What a run needs; no model is no obstacle to what needs none.
local function begin(ctx)
  require "qwen.extension.settings_words"(ctx)
  require("qwen.model.consent").attach(ctx.settings, function() return nil end, ctx.notice)
  require("qwen.permission.folders").attach(ctx)
  local ok, e = require("qwen.permission.sandbox").begin(ctx)
  if not ok then return nil, e end
  choose_model(ctx)
  ctx.session, e = require("qwen.session.start").open(ctx, ctx.opts)
  if not ctx.session then return nil, e end
  ctx.print, ctx.serves = ctx.notice, true
  ctx.offers = function(name) return not OF_A_SESSION[name] and (ctx.model ~= nil or name ~= "task") end
  ctx.emit("session_started", { source = "startup", model = ctx.model and ctx.model.id })
  return true
end

local function describe(ctx)
  local out = {}
  local offered, hidden = context.tools(ctx)
  local function add(name, words)
    local tool = registry.get("tools", name)
    out[#out + 1] = { name = name, description = words, inputSchema = tool.schema,
      annotations = { readOnlyHint = tool.effect == "read" } }
  end
  for _, each in ipairs(offered) do add(each.name, each.description) end
  for _, entry in ipairs(hidden) do add(entry.name, entry.value.summary) end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

-- A question of ours as a form of the client.
local function ask(request, question)
  local labels, by_label, words = {}, {}, nil
  for i, choice in ipairs(question.choices) do
    labels[i], by_label[choice.label] = choice.label, choice
    words = words or choice.words
  end
  local fields = { answer = { type = "string", title = question.title, enum = json.array(labels) } }
  if words then fields.words = { type = "string", title = words } end
  local said = { question.title, question.detail and text.head_tail(question.detail, MOST_SHOWN),
    question.reason }
  local result = request:ask("elicitation/create", {
    message = text.clean(table.concat(said, "\n\n")),
    requestedSchema = { type = "object", properties = fields, required = json.array { "answer" } },
  })
  if not result or result.action ~= "accept" or type(result.content) ~= "table" then return "n" end
  local choice = by_label[result.content.answer]
  return choice and choice.key or "n", type(result.content.words) == "string" and result.content.words or nil
end

-- A ctx of one call: its questions and its progress go to who has called.
local function of_call(ctx, request)
  local own, chunks = setmetatable({}, { __index = ctx }), 0
  if request:can "elicitation" then
    function own.ask(question) return ask(request, question) end
    function own.decide(call, tool, args, about)
      return require("qwen.permission.approval").ask(about.ctx, call, tool, args, about.reason, about.rule)
    end
  end
  function own.progress(chunk)
    chunks = chunks + 1
    request:progress(chunks, nil, text.clean(text.head(chunk, 400)))
  end
  return own
end

local function content_of(part, media)
  local out = { { type = "text", text = part.text } }
  for _, item in ipairs(media) do
    if item.type == "text" then
      out[#out + 1] = { type = "text", text = item.text }
    else
      local kind = item.mime:find "^image/" and "image" or item.mime:find "^audio/" and "audio"
      out[#out + 1] = kind and { type = kind, data = item.data, mimeType = item.mime }
        or { type = "resource", resource = { uri = "file:///" .. (item.name or "result"),
          mimeType = item.mime, blob = item.data } }
    end
  end
  return json.array(out)
end

-- Edits wait for each other, as they do in a turn of a model.
local function call(ctx, lock, name, args, request)
  local tool = registry.get("tools", name)
  local alone = tool.effect == "edit" or tool.serial == true
  if alone then lock:put(true) end
  local _ <close> = setmetatable({}, { __close = function()
    if alone then lock:get() end
  end })
  local own, results, media = of_call(ctx, request), {}, {}
  own.tools = context.tools(own)
  require("qwen.agent.tool_calls").run(own, {
    { type = "call", id = sys.uuid(), name = name, args = json.encode(args) } }, results, media, NO_GUARD)
  return { content = content_of(results[1], media), isError = results[1].error or false }
end

local function prompts()
  local out = {}
  for _, entry in ipairs(registry.list "commands") do
    if entry.value and entry.value.session and not entry.declared then
      out[#out + 1] = { name = entry.name, description = entry.summary,
        arguments = json.array { { name = "arguments", description = entry.value.args } } }
    end
  end
  return out
end

local function prompt(ctx, name, args, request)
  local given = type(args.arguments) == "string" and args.arguments or ""
  local command, e = registry.get("commands", name)
  local result
  if command then result, e = command.run(of_call(ctx, request), text.shell_words(given), given) end
  if not result then return nil, e end
  return { messages = json.array { { role = "user", content = { type = "text", text = result.prompt } } } }
end

local INSTRUCTIONS = "Tools of qwen for the folder %s; a call that the user's rules do not allow is "
  .. "asked about or refused. task gives a whole job to an agent."

---Serves one client until it closes its end.
---@param ctx Ctx
---@return integer? exit code
---@return Err?
function M.run(ctx)
  local ok, e = begin(ctx)
  if not ok then return nil, e end
  if sys.isatty(0) then ctx.hint(tr "waiting for the messages of a program; Ctrl-D ends it") end
  local lock = task.queue(1)
  server.serve(ctx, { name = "qwen", instructions = INSTRUCTIONS:format(ctx.cwd),
    tools = function() return describe(ctx) end, prompts = prompts,
    call = function(name, args, request) return call(ctx, lock, name, args, request) end,
    prompt = function(name, args, request) return prompt(ctx, name, args, request) end })
  ctx.emit("session_ended", { reason = "done" })
  ctx.session:close()
  return 0
end

return M
