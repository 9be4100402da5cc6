-- What a session shows: answers as they come, one line a tool call, changes before they are made, questions, notices. All of it is cleaned first.
-- What changes in place is shown by others: reply, tool_calls, thinking and status.
local custom_themes = require "qwen.ui.render.custom_themes"
local reply_view = require "qwen.ui.transcript.reply"
local turn_summary = require "qwen.ui.transcript.turn_summary"
local tool_calls = require "qwen.ui.transcript.tool_calls"
local live = require "qwen.ui.screen.live"
local messages = require "qwen.session.message"
local patch = require "qwen.ui.render.patch"
local redact = require("sys.secret").redact
local registry = require "qwen.extension.registry"
local status = require "qwen.ui.transcript.status"
local style = require "qwen.ui.render.style"
local sys = require "sys.os"
local term = require "sys.term"
local text = require "qwen.util.text"
local theme = require "qwen.ui.render.theme"
local thinking = require "qwen.ui.transcript.thinking"
local tr = require("qwen.util.translate").tr
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local clean, say = text.clean, words.say

local MOST_DIFF = 60 -- rows of a change that nobody is asked about

-- State of the page: whether what was written last ended a line; whether it was of the answer ("text") or of the work ("work"); the call
-- of the last question; whether the theme goes with the background; the last reason to wait.
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

local function end_thoughts()
  if thinking.any() then turn_to "work" end
  thinking.finish()
end

---Ends what is unfinished: an answer, a line, a turn that was stopped.
function M.finish_line()
  end_thoughts()
  reply_view.finish()
  page.last = nil
  if not page.at_start then write "\n" end
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
  page.told = nil
  status.phase(say("waiting", clean(ctx.model.id)))
end

function watch.request_ended(_, row) turn_summary.add(row) end

function watch.answer_ended()
  end_thoughts()
  reply_view.finish()
  status.phase(nil)
end

-- A change that nobody was asked about is shown before it is made.
function watch.tool_started(ctx, call, args)
  local tool = registry.get("tools", call.name)
  local asked = page.asked == call.id
  if tool and tool.effect == "edit" and tool.preview and not asked then
    local diff = tool.preview(ctx, args)
    if diff and patch.is_diff(diff) then
      turn_to "work"
      lines(patch.detail(clean(diff), MOST_DIFF))
    end
  end
  page.asked = nil
  tool_calls.start(call, args, asked)
  status.phase(say "running")
  status.touch()
end

function watch.tool_ended(_, call, part)
  turn_to "work"
  lines(tool_calls.ended(call, part, columns(), page.asked == call.id))
  page.asked = nil
  if not tool_calls.any() then status.phase(nil) end
  status.touch()
end

function watch.todos_changed(_, todos)
  local signs = { pending = { "☐", "" }, in_progress = { "▶", "accent" }, completed = { "☑", "dim" } }
  local rows = {}
  for i, item in ipairs(todos) do
    local sign, look = table.unpack(signs[item.status])
    if style.reader() then sign = say(item.status) .. ":" end
    rows[i] = "  " .. style.paint(look, (term.cut(sign .. " " .. clean(item.content):gsub("%s+", " "), columns() - 2)))
  end
  turn_to "work"
  lines(rows)
end

---Fills in the front end of a ctx.
---@param ctx Ctx
function M.attach(ctx)
  tool_calls.folder = ctx.cwd
  style.listen(ctx.settings:get "ui.accessibility.screenReader")
  M.use_theme(ctx)
  function ctx.print(words_of_it, as_is)
    local said = clean(redact(words_of_it))
    line(as_is and said or wrap.text(said, columns()))
  end
  function ctx.notice(words_of_it)
    local content = { text = wrap.untab("! " .. clean(redact(words_of_it)):gsub("\n$", "")), spans = {} }
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
  function ctx.theme(name) M.use_theme(ctx, nil, name) end
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

local told_themes = {}

-- Says once that a theme of Qwen Code is not here, and what is wrong with those of the settings.
local function tell_theme(ctx, set, name, problems)
  for _, problem in ipairs(problems) do
    if not told_themes[problem] then ctx.notice(problem) end
    told_themes[problem] = true
  end
  if not set or set == "auto" or set == name or set:find("/", 1, true) or told_themes[set] then return end
  told_themes[set] = true
  local store = require("qwen.extension.kv_store").open "theme"
  if store:get(set) then return end
  store:update(set, function() return true end)
  ctx.notice(tr("qwen has no theme '%s'; the nearest is %s (others: /theme)", text.visible(set), name))
end

---Takes the theme of the settings, or the one that goes with the background.
---@param ctx Ctx
---@param background "dark"|"light"|nil as the terminal says
---@param try string? in the place of the one of the settings, for a look at it
---@return string name
function M.use_theme(ctx, background, try)
  page.background = background or page.background
  local set, problems = ctx.settings:get "ui.theme", custom_themes.provide(ctx)
  local name, automatic = theme.choose(try or set, page.background)
  if not try then tell_theme(ctx, set, name, problems) end
  local styles, e = theme.load(name)
  if styles then style.use(styles) else ctx.notice(e.message) end
  page.automatic = automatic
  return name
end

---A terminal's answer to a question of ours: its background.
---@param ctx Ctx
---@param reply string
function M.reply(ctx, reply)
  local background = theme.background(reply)
  if background and page.automatic then M.use_theme(ctx, background) end
end

---The first lines of a session.
---@param ctx Ctx
function M.greet(ctx)
  status.open(ctx)
  local name = sys.env "TERM"
  if style.enabled() and name ~= "linux" and page.automatic then sys.out "\27]11;?\27\\" end -- nobody waits for the answer
  local url = require("qwen.auth.login").asked_at(ctx, ctx.model)
  local head, where = "qwen " .. require("sys.embed").version, tr("  %s at %s  /help", clean(ctx.model.id), clean(url))
  if term.width(head .. where) >= columns() then -- the host is what matters
    where = tr("  %s at %s  /help", clean(ctx.model.id), clean((url:match "^%a+://([^/]*)" or url)))
  end
  line(style.paint("bold", head) .. style.paint("dim", where))
  M.earlier(ctx)
end

---What was said in a session before it goes on here.
---@param ctx Ctx
function M.earlier(ctx)
  local list = ctx.session.messages
  if #list == 0 then return end
  line(style.paint("dim", say("resumed", ctx.session.id, words.plural("messages", #list))))
  for _, left_out in ipairs(ctx.session:left_out()) do ctx.notice(left_out) end
  lines(require("qwen.ui.transcript.earlier").rows(list, columns()))
end

---How the session goes on another time, where it was kept.
---@param ctx Ctx
function M.farewell(ctx)
  if #ctx.session.messages == 0 or not ctx.settings:get "general.chatRecording" then return end
  line(style.paint("dim", "qwen --resume " .. ctx.session.id))
end

---The session ends.
function M.leave()
  status.close()
end

---A question begins: it stands among the work, and the screen waits for the person.
---@param id string? of the call that it is about
function M.asking(id)
  end_thoughts()
  reply_view.finish()
  if not page.at_start then write "\n" end
  turn_to "work"
  page.asked = id
  status.phase(nil)
  status.tell(say "asks")
end

local reasons = { said_nothing = true, length = true, filter = true, refusal = true, turns = true }

---How an answer ended: why it failed, or what it cost.
---@param ctx Ctx
---@param message Message
function M.ended(ctx, message)
  local told = turn_summary.line(ctx.model, message.usage)
  status.tell(say "long_turn")
  M.finish_line()
  if message.stop == "error" or message.stop == "loop" then return ctx.notice(message.err.message) end
  local why = messages.is_empty(message) and "said_nothing" or message.stop
  if reasons[why] then ctx.notice(say(why) .. (message.stop == "filter" and messages.filter_word(message) or "")) end
  line(style.paint("dim", told))
end

return M
