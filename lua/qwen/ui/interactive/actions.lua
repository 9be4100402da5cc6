-- Actions of keys that concern more than the text: each takes the session at the prompt. Those of the text are in editor.lua.
local editor = require "qwen.ui.editor.editor"
local live = require "qwen.ui.screen.live"
local plan_mode = require "qwen.agent.plan_mode"
local status_line = require "qwen.ui.widget.status_line"
local style = require "qwen.ui.render.style"
local task = require "sys.task"
local term = require "sys.term"
local text = require "qwen.util.text"
local thinking = require "qwen.ui.transcript.thinking"
local tr = require("qwen.util.translate").tr
local turn = require "qwen.ui.interactive.turn"

local M = {}

local TWICE = 1 -- seconds between two Esc that belong together

-- The list of what the word can become, again after Esc.
function M.complete(self)
  self.dismissed = nil
end

function M.search_history(self)
  self:show_question(require("qwen.ui.widget.history_search").new(self.state), function(found)
    if not found then return end
    self.state = found.state
    if found.event then self:press(found.event) end
  end)
end

function M.cancel(self)
  local again = self.last_cancel and task.now() - self.last_cancel < TWICE
  self.last_cancel = task.now()
  if self.busy then
    self.busy:cancel() -- its end brings back what is queued
    self.last_cancel = nil
  elseif again then
    self.last_cancel = nil
    if self.state.text ~= "" then
      self.state = editor.set(self.state, "")
    else
      turn.send(self, "/rewind")
    end
  end
end

-- The prompt whose answer failed, once more.
function M.send_again(self)
  if self.failed and not self.busy then turn.send(self, self.failed) end
end

function M.suspend()
  live.hide()
  term.suspend()
  live.show()
end

function M.open_editor(self)
  local state = self.state
  task.spawn(function()
    local after, e = require("qwen.ui.interactive.dialogs").edit(self, editor.text(state))
    if after then self.state = editor.set(self.state, text.clean(after)) end
    if e then self.ctx.notice(e.message) end
    self.events:put { type = "changed" }
  end)
end

-- An image goes with the text from now on: its bytes, or why there are none.
local function attach(self, bytes, problem)
  local paste, mime
  if bytes then paste, mime, problem = require("qwen.ui.editor.attach").add(bytes) end
  if not paste then return self.ctx.notice(problem.message) end
  self.state = editor.attach(self.state, paste)
  if require("qwen.provider.media").image_unseen(self.ctx.model, mime) then
    self.ctx.notice(tr("%s takes no images: it will only be told that one was left out; choose "
      .. "another model with /model", self.ctx.model.id))
  end
end

---What was pasted: an image by its path, or text.
---@param self TtySession
---@param pasted string
function M.paste(self, pasted)
  local path = require("qwen.ui.editor.attach").path_of(pasted, self.ctx.cwd)
  if path then return attach(self, require("sys.fs").read(path)) end
  self.pasted = self.pasted or self.state.text == ""
  self.state = editor.paste(self.state, pasted)
end

function M.paste_image(self)
  task.spawn(function()
    attach(self, require("qwen.util.clipboard").image())
    self.events:put { type = "changed" }
  end)
end

-- Puts the text aside, or brings it back.
function M.stash(self)
  local state, stashed = self.state, self.stashed
  if state.text ~= "" then
    self.stashed = { text = state.text, pastes = state.pastes }
    self.state = editor.set(state, "")
  elseif stashed then
    self.state, self.stashed = editor.set(state, stashed.text, stashed.pastes), nil
  end
end

local MODES = { "default", "auto-edit", "plan" } -- yolo is not one key away
local WITH_AUTO = { "default", "auto-edit", "auto", "plan" } -- where somebody chose it already

function M.next_mode(self)
  local ctx = self.ctx
  if ctx.mode == "auto" then self.modes = WITH_AUTO end
  local modes, at = self.modes or MODES, 0
  for i, mode in ipairs(modes) do
    if mode == ctx.mode then at = i end
  end
  plan_mode.take(ctx, modes[at % #modes + 1])
  if style.reader() or live.dumb() then ctx.print(tr("mode: %s", ctx.mode)) end
  status_line.refresh()
end

function M.next_effort(self)
  local ctx, effort = self.ctx, require "qwen.model.effort"
  local level = ctx.model and effort.next(ctx)
  if not ctx.model then return end
  if not level then return ctx.notice(tr("%s cannot be told how much to think", ctx.model.id)) end
  effort.set(ctx, level)
  if style.reader() or live.dumb() then ctx.print(effort.words(ctx.model)) end
  status_line.refresh()
end

function M.transcript(self)
  task.spawn(function()
    local ok, e = require("qwen.ui.interactive.dialogs").view(self)
    if not ok then self.ctx.notice(e.message) end
    self.events:put { type = "changed" }
  end)
end

-- What runs, commands and agents, goes on in the background; without it, as ctrl-b does in shells.
function M.to_background(self)
  local asides = self.ctx.asides
  for _, aside in ipairs(asides) do aside:put(true) end
  if asides[1] then return end
  self.state = editor.key(self.state, {}, "left")
end

function M.todos()
  require("qwen.ui.transcript.todos").toggle()
end

function M.thoughts() thinking.toggle() end

function M.redraw() live.redraw() end

return M
