-- What goes on now: the calls that run, what is waited for, and for how long; the terminal's title; a word when a long turn ends.
-- It ticks once a second while a turn runs and not at all otherwise.
local agents = require "qwen.ui.transcript.agents"
local KeyReader = require "qwen.ui.editor.key_reader"
local reply_view = require "qwen.ui.transcript.reply"
local tool_calls = require "qwen.ui.transcript.tool_calls"
local live = require "qwen.ui.screen.live"
local style = require "qwen.ui.render.style"
local sys = require "sys.os"
local task = require "sys.task"
local term = require "sys.term"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"

local M = {}

local SOON, LONG = 1, 15 -- seconds until something is said, and until the end of a turn is worth a bell
local STEADY = 10 -- seconds between two times that are told while a growing answer shows that something goes on

local state = {} -- since, phase, note, detail

local function rows(columns)
  local out = tool_calls.rows(columns)
  if state.note then
    out[#out + 1] = "  " .. style.paint("dim", state.note)
  elseif state.phase and M.elapsed() >= SOON then
    local elapsed = M.elapsed()
    if reply_view.open() then elapsed = elapsed - elapsed % STEADY end
    local parts = { state.phase, words.span(elapsed, true), words.say "stops" }
    if (M.asides or {})[1] then parts[4] = state.moves end
    if style.reader() or elapsed == 0 then table.remove(parts, 2) end -- a second is nothing to be told
    while #parts > 1 and term.width(table.concat(parts, " · ")) > columns - 3 do table.remove(parts) end
    out[#out + 1] = style.paint("accent", style.reader() and "" or "✻ ") .. style.paint("dim", table.concat(parts, " · "))
  end
  return out
end

---Something has changed.
function M.touch()
  live.set("status", (state.since or state.note) and rows or nil)
end

local function escapes()
  local name = sys.env "TERM" or ""
  return sys.isatty(1) and name ~= "" and name ~= "dumb" and name ~= "linux"
end

local function title(words_of_it)
  if not M.titled then return end
  sys.out("\27]0;" .. text.clean(words_of_it):gsub("%c", " ") .. "\27\\")
end

---A session begins.
---@param ctx Ctx
function M.open(ctx)
  M.asides = ctx.asides
  agents.attach(ctx, M.touch)
  M.bell = ctx.settings:get "general.terminalBell"
  M.titled = escapes() and not ctx.settings:get "ui.hideWindowTitle"
  if M.titled then term.keep_title(true) end
  M.moved(ctx)
end

---The session goes on in another folder.
---@param ctx Ctx
function M.moved(ctx)
  M.name = "qwen · " .. (ctx.cwd:match "^.*/([^/]+)/?$" or "/")
  title(M.name)
end

function M.close()
  if M.titled then term.keep_title(false) end
end

---A turn begins: to be called in its task.
function M.begin()
  state = { since = task.now(), moves = words.say("moves", (KeyReader.labels "to_background")) }
  title("● " .. M.name)
  task.spawn(function()
    while true do
      task.sleep(1)
      M.touch()
    end
  end)
end

---What is done now; nil when that can be seen elsewhere.
---@param phase string?
function M.phase(phase)
  if state.phase == phase then return end
  state.phase = phase
  M.touch()
end

---A line in place of the phase.
---@param note string?
function M.note(note)
  if state.note == note then return end
  state.note = note
  M.touch()
end

---Seconds since the turn began.
---@return number
function M.elapsed()
  return state.since and task.now() - state.since or 0
end

---Tells somebody who looks elsewhere, when it took long.
---@param message string
function M.tell(message)
  if not M.bell or M.elapsed() < LONG then return end
  local program = sys.env "TERM_PROGRAM" or ""
  local knows = program == "iTerm.app" or program == "WezTerm" or program == "ghostty" or sys.env "KITTY_WINDOW_ID"
  sys.out(knows and "\27]9;" .. M.name .. ": " .. message .. "\27\\" or "\7")
end

---The turn is over.
function M.finish()
  if not state.since then return end
  state = {}
  title(M.name)
  M.touch()
end

return M
