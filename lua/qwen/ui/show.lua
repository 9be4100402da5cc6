-- What a session writes into the scrollback: answers as they come, one line a tool call, questions, notices. Everything is cleaned first.
local answer = require "qwen.ui.answer"
local resource = require "qwen.resource"
local redact = require("sys.secret").redact
local live = require "qwen.ui.live"
local style = require "qwen.ui.style"
local task = require "sys.task"
local text = require "sys.text"

local M = {}

local clean = text.clean

-- State of the page: whether what was written last ended a line.
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

---Ends what is unfinished: an answer, a line.
function M.finish_line()
  answer.finish()
  if not page.at_start then write "\n" end
end

local function label_of(call, args)
  local tool = resource.get("tools", call.name)
  return tool and tool.label and tool.label(args) or ""
end

local function short(words, most)
  words = clean(words):gsub("%s+", " ")
  return #words > most and require("sys.term").cut(words, most) .. "…" or words
end

---Fills in the front end of a ctx.
---@param ctx Ctx
function M.attach(ctx)
  function ctx.print(words) line(clean(redact(words))) end
  function ctx.notice(words) line(style.paint("warn", "! " .. clean(redact(words)))) end
  function ctx.raw(bytes) write(clean(bytes)) end
  function ctx.show(delta)
    if delta.type == "text" then
      answer.add(delta.text)
    elseif delta.type == "note" then
      ctx.notice(delta.text)
    end
  end
  -- The reason once, then one line that counts down and goes away.
  local told
  function ctx.waiting(e, left, attempt)
    if e and e.message ~= told then
      told = e.message
      ctx.notice(told)
    end
    live.set("status", e and { style.paint("dim", ("  attempt %d in %.0f s (Esc stops)"):format(attempt + 1, math.ceil(left))) })
  end
  ctx.watch = {
    answer_ended = function()
      answer.finish()
    end,
    tool_started = function(call, args)
      line(style.paint("accent", "● ") .. clean(call.name) .. " " .. style.paint("dim", short(label_of(call, args), 100)))
    end,
    tool_ended = function(_, part)
      line("  " .. style.paint(part.error and "bad" or "dim", (part.error and "✗ " or "→ ") .. short(part.display or "done", 120)))
    end,
    turn_started = function(turn)
      if turn == 1 then page.started = task.now() end
      told = nil
    end,
    todos_changed = function(todos)
      local marks = { pending = "☐", in_progress = "▶", completed = "☑" }
      for _, item in ipairs(todos) do line("  " .. marks[item.status] .. " " .. short(item.content, 100)) end
    end,
  }
end

---The first lines of a session.
---@param ctx Ctx
function M.greet(ctx)
  local where = ("  %s at %s  /help"):format(clean(ctx.model.id), clean(ctx.model.base_url))
  line(style.paint("bold", "qwen " .. require("sys.embed").version) .. style.paint("dim", where))
  if #ctx.session.messages > 0 then line(style.paint("dim", ("session %s goes on with %d messages"):format(ctx.session.id, #ctx.session.messages))) end
end

---How an answer ended: why it failed, or what it cost.
---@param ctx Ctx
---@param message Message
function M.ended(ctx, message)
  M.finish_line()
  if message.stop == "error" then return ctx.notice(message.err.message) end
  local words = { length = "the answer was cut: it reached the limit of output tokens", filter = "the service's content filter ended the answer",
    refusal = "the model declined to answer", turns = "the limit of turns is reached" }
  if words[message.stop] then ctx.notice(words[message.stop]) end
  local usage = message.usage or {}
  local cost = usage.input and ("%d in, %d out, "):format(usage.input, usage.output or 0) or ""
  line(style.paint("dim", ("%s%.1f s"):format(cost, task.now() - (page.started or task.now()))))
end

return M
