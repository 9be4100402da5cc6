-- Plain output of a headless run: the answer's text on standard output as it comes, everything else on standard error.
local exit = require "qwen.util.exit"
local message = require "qwen.session.message"
local sys = require "sys.os"
local clean = require("sys.text").clean

local M = {}

-- Escapes split over pieces are the cleaner's business; a pipe gets the bytes as the model wrote them: nil.
local function filter()
  return sys.isatty(1) and require("sys.text").cleaner() or nil
end

local function tool_of(call)
  return require("qwen.extension.registry").get("tools", call.name)
end

-- One line for each call, what an edit changes, and one line for the result.
local function watch_tools(ctx)
  function ctx.watch.tool_started(call, args)
    local tool = tool_of(call)
    local label = tool and tool.label and tool.label(args) or ""
    sys.err(("> %s %s\n"):format(clean(call.name), clean(label)))
    local diff = tool and tool.effect == "edit" and tool.preview and tool.preview(ctx, args) -- none where the edit will fail
    if diff then sys.err(clean(diff):gsub("[^\n]+", "    %0") .. "\n") end
  end
  function ctx.watch.tool_ended(_, part)
    sys.err(("  %s %s\n"):format(part.error and "failed:" or "=>", clean(part.display or "done")))
  end
end

local lost -- fn() for when nobody can read what is written

---What ends the run when its output cannot be written any more.
---@param child Task
function M.on_lost(child)
  lost = function() child:cancel() end
end

---Fills in the front end of a ctx.
---@param ctx Ctx
---@param opts table
function M.attach(ctx, opts)
  local out, through, last = sys.out, filter(), nil -- the last piece that was written
  local function finish_line()
    if last and last:sub(-1) ~= "\n" then sys.out "\n" end
    last = nil
  end
  M.cancelled = finish_line
  local function write(piece)
    if piece == "" then return end
    out(piece)
    last = piece
    if lost and not sys.flush() then lost() end
  end
  function ctx.show(delta)
    if delta.type == "text" and not opts.json_schema then
      write(through and through(delta.text) or delta.text)
    elseif delta.type == "note" then
      ctx.notice(delta.text)
    end
  end
  if opts.json_schema then ctx.shows = {} end -- nobody sees the words
  ctx.watch = {
    answer_ended = function()
      if through then write(through(nil)) end
      finish_line()
      through = filter()
    end,
  }
  if opts.verbose or sys.isatty(2) then watch_tools(ctx) end
end

---The end of the run: an exit code, and the reason on standard error when it failed.
---@param ctx Ctx
---@param answer Message
---@return integer
function M.finish(ctx, answer)
  M.cancelled()
  if answer.stop == "error" or answer.stop == "loop" then
    ctx.notice(answer.err.message)
    return answer.err.exit or exit.failed
  end
  if answer.stop == "turns" then
    ctx.notice "the limit of turns is reached (--max-session-turns)"
    return exit.turns
  end
  if answer.stop == "length" then ctx.notice "the answer was cut: it reached the limit of output tokens" end
  if answer.stop == "filter" then ctx.notice("the service's content filter ended the answer" .. message.filter_word(answer)) end
  if answer.stop == "refusal" then ctx.notice "the model declined to answer" end
  if ctx.structured then
    sys.out(require("qwen.ui.headless.json").line(ctx.structured.value))
    return exit.done
  end
  if message.is_empty(answer) then ctx.notice "the model's answer is empty" end
  return exit.done
end

return M
