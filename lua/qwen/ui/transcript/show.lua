-- What a session shows: answers as they come, one line a tool call, changes before they are made, questions, notices. All of it is cleaned first.
-- What changes in place is shown by others: reply, tool_calls, thinking and status.
local colours = require "qwen.ui.transcript.colours"
local reply_view = require "qwen.ui.transcript.reply"
local turn_summary = require "qwen.ui.transcript.turn_summary"
local tool_calls = require "qwen.ui.transcript.tool_calls"
local hints = require "qwen.ui.widget.hints"
local live = require "qwen.ui.screen.live"
local messages = require "qwen.session.message"
local paths = require "qwen.util.paths"
local patch = require "qwen.ui.render.patch"
local redact = require("sys.secret").redact
local registry = require "qwen.extension.registry"
local status = require "qwen.ui.transcript.status"
local style = require "qwen.ui.render.style"
local term = require "sys.term"
local text = require "qwen.util.text"
local thinking = require "qwen.ui.transcript.thinking"
local todos = require "qwen.ui.transcript.todos"
local tr = require("qwen.util.translate").tr
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local clean, say = text.clean, words.say

-- State of the page: whether what was written last ended a line; whether it was of the answer
-- ("text") or of the work ("work"); the last question about a call (`read`: it is in the scrollback);
-- the last reason to wait.
local page = { at_start = true }

local function write(bytes)
  if bytes == "" then return end
  live.write(bytes)
  page.at_start = bytes:byte(-1) == 10
end

local function line(bytes)
  if not page.at_start then write "\n" end
  write(bytes .. "\n")
end

local function lines(rows)
  if #rows > 0 then line(table.concat(rows, "\n")) end
end

local function columns()
  return select(2, term.size())
end

-- What the model says and what it does stand apart.
local function turn_to(kind)
  if page.last and page.last ~= kind then line "" end
  page.last = kind
end

---What is held back comes before anything else does: calls that only looked.
function M.settle()
  lines(tool_calls.together(columns()))
  status.touch()
end

local function end_thoughts()
  M.settle()
  if thinking.any() then turn_to "work" end
  thinking.finish()
end

---Ends what is unfinished: an answer, a line, a turn that was stopped.
function M.finish_line()
  end_thoughts()
  reply_view.finish()
  page.last = nil
  if not page.at_start then write "\n" end
  lines(tool_calls.cut(columns()))
  status.finish()
end

-- The piece of a stream, by its type.
local deltas = {}

function deltas.text(_, delta)
  end_thoughts()
  if not reply_view.open() and delta.text:find "%S" then turn_to "text" end
  status.phase(say "writing")
  reply_view.add(delta.text)
end

function deltas.think(_, delta)
  if not delta.text then return end
  status.phase(say "thinking")
  thinking.add(delta.text)
end

function deltas.call()
  end_thoughts()
  status.phase(say "writing")
end

function deltas.note(ctx, delta) ctx.notice(delta.text) end

local watch = {}

function watch.turn_started(ctx, turn)
  if turn == 1 then
    status.begin()
    turn_summary.begin()
    page.last = "prompt"
  end
  M.settle()
  page.told = nil
  status.phase(say("waiting", clean(ctx.model.id)))
end

function watch.request_ended(_, row) turn_summary.add(row) end

function watch.answer_ended()
  end_thoughts()
  reply_view.finish()
  status.phase(nil)
end

-- The last question, when it was about this call: it is told once.
local function take_asked(call)
  local asked = page.asked
  if not asked or asked.id ~= call.id then return nil end
  page.asked = nil
  return asked
end

-- What stands below a call: the change that it makes, or the command if it was asked about.
local function about(ctx, call, args)
  local tool, asked = registry.get("tools", call.name), take_asked(call)
  if asked then
    if asked.read then return { read = true } end
    if asked.diff then return { diff = clean(asked.detail) } end
    return { command = tool and tool.command and clean(asked.detail) }
  end
  local diff = tool and tool.effect == "edit" and tool.preview and tool.preview(ctx, args)
  return { diff = diff and patch.is_diff(diff) and clean(diff) or nil }
end

function watch.tool_started(ctx, call, args)
  if not tool_calls.asks(call) then turn_to "work" end -- so that nothing jumps when it ends
  tool_calls.start(call, args, about(ctx, call, args))
  status.phase(say "running")
  status.touch()
end

function watch.tool_ended(_, call, part)
  turn_to "work"
  local asked = take_asked(call)
  lines(tool_calls.ended(call, part, columns(), asked and asked.read))
  if not tool_calls.any() then status.phase(nil) end
  status.touch()
end

function watch.todos_changed(ctx, list)
  todos.show(ctx)
  if not live.dumb() and not style.reader() then return end
  turn_to "work"
  lines(todos.all(list, columns()))
end

---Fills in the front end of a ctx.
---@param ctx Ctx
function M.attach(ctx)
  tool_calls.folder = ctx.cwd
  style.listen(ctx.opts.screen_reader or ctx.settings:get "ui.accessibility.screenReader")
  colours.use(ctx)
  function ctx.print(words_of_it, as_is)
    local said = clean(redact(words_of_it))
    M.settle()
    line(as_is and said or wrap.text(said, columns()))
  end
  function ctx.print_diff(diff)
    local said = clean(redact(diff))
    local name = said:match "^[^\n]*\n%+%+%+ ([^\n\t]*)" or ""
    line(style.paint("bold", name) .. "  " .. style.paint("dim", patch.count(said)))
    lines(patch.rows(said, columns()))
  end
  function ctx.notice(words_of_it)
    local content = { text = wrap.untab("! " .. clean(redact(words_of_it)):gsub("\n$", "")), spans = {} }
    M.settle()
    lines((wrap.rows(content, columns(), "warn")))
  end
  function ctx.raw(bytes)
    write(clean(bytes))
    live.room()
  end
  function ctx.show(delta)
    local show = deltas[delta.type]
    if show then show(ctx, delta) end
  end
  function ctx.theme(name) colours.use(ctx, nil, name) end
  function ctx.progress(chunk)
    tool_calls.progress(chunk)
    status.touch()
  end
  function ctx.earlier() M.earlier(ctx) end
  function ctx.status(line_of_it) status.note(line_of_it) end
  -- The reason once, then one line that counts down and goes away.
  function ctx.waiting(e, left, attempt)
    if e and e.message ~= page.told then
      page.told = e.message
      ctx.notice(e.message)
    end
    status.note(e and (attempt and say("attempt", attempt + 1, math.ceil(left)) or say("goes_on", math.ceil(left))))
  end
  ctx.watch = {}
  for event, fn in pairs(watch) do
    ctx.watch[event] = function(...) fn(ctx, ...) end
  end
end

---The first lines of a session.
---@param ctx Ctx
function M.greet(ctx)
  status.open(ctx)
  colours.ask_background()
  local url = clean(require("qwen.auth.login").asked_at(ctx, ctx.model))
  local host = url:match "^%a+://([^/]*)" or url
  local head, id, tip = "qwen " .. require("sys.embed").version, clean(ctx.model.id), hints.tip()
  local folder = "  " .. clean(paths.short(ctx.cwd))
  local rest
  for _, one in ipairs { { folder, url, " · " .. tip }, { folder, host, " · " .. tip },
    { folder, url, "" }, { folder, host, "" }, { "", host, "" } } do
    rest = one[1] .. tr("  %s at %s  /help", id, one[2]) .. one[3]
    if term.width(head .. rest) < columns() then break end
  end
  if term.width(head .. rest) >= columns() then rest = "\n" .. wrap.text((rest:gsub("^ +", "")), columns()) end
  line(style.paint("bold", head) .. rest:gsub("[^\n]+", function(row) return style.paint("dim", row) end))
  M.earlier(ctx)
end

---What was said in a session before it goes on here.
---@param ctx Ctx
function M.earlier(ctx)
  local list = ctx.session.messages
  if #list == 0 then return end
  ctx.todos = require("qwen.agent.kept").todos(list)
  line(style.paint("dim", say("resumed", ctx.session.id, words.plural("messages", #list))))
  for _, left_out in ipairs(ctx.session:left_out()) do ctx.notice(left_out) end
  lines(require("qwen.ui.transcript.earlier").rows(list, columns()))
end

---How the session goes on another time, where it was kept.
---@param ctx Ctx
function M.farewell(ctx)
  if #ctx.session.messages == 0 or not ctx.settings:get "general.chatRecording" or ctx.tree then return end
  line(style.paint("dim", "qwen --resume " .. ctx.session.id))
end

---A command of the person's own begins: to be called in its task.
function M.runs()
  status.begin()
  status.phase(say "running")
end

---A word that nobody needs to read.
---@param said string
function M.hint(said) line(style.paint("dim", said)) end

---The session ends.
function M.leave()
  status.close()
end

---A question begins: it stands among the work, and the screen waits for the person.
---@param asked {id: string?, detail: string?, diff: boolean?} id: of the call that it is about
---@param stands boolean? it goes away with its answer
function M.asking(asked, stands)
  end_thoughts()
  reply_view.finish()
  if not page.at_start then write "\n" end
  if not stands then turn_to "work" end
  page.asked = asked.id and { id = asked.id, detail = asked.detail or "", read = not stands,
    diff = asked.diff and patch.is_diff(asked.detail or "") }
  status.phase(nil)
  status.tell(say "asks")
end

local reasons = { said_nothing = true, length = true, filter = true, refusal = true, turns = true }

---How an answer ended: why it failed, or what it cost.
---@param ctx Ctx
---@param message Message
function M.ended(ctx, message)
  local told = turn_summary.line(ctx.model, message.usage)
  if page.last == "prompt" then line "" end
  status.tell(say "long_turn")
  M.finish_line()
  if message.stop == "error" or message.stop == "loop" then return ctx.notice(message.err.message) end
  local why = messages.is_empty(message) and "said_nothing" or message.stop
  if reasons[why] then ctx.notice(say(why) .. (message.stop == "filter" and messages.filter_word(message) or "")) end
  line(style.paint("dim", told))
end

return M
