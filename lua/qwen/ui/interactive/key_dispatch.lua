-- What a key does at the prompt: vi's commands first, then the keymap's action, for the list below the input, the session or the text.
local actions = require "qwen.ui.interactive.actions"
local editor = require "qwen.ui.editor.editor"
local history = require "qwen.ui.editor.history"
local KeyReader = require "qwen.ui.editor.key_reader"
local keymap = require "qwen.ui.editor.keymap"
local menu = require "qwen.ui.widget.menu"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr
local turn = require "qwen.ui.interactive.turn"
local unwritten = require "qwen.session.unwritten"

-- A paste may begin with what runs something, and nobody looked: this asks.
local function ask_pasted(self, line, shown)
  local answer = self.ctx.ask { title = tr "This was pasted. Run it?", detail = line, stands = true, choices = {
    { key = "r", label = tr "Run it" }, { key = "m", label = tr "Send it to the model as text" },
    { key = "n", label = tr "Neither; back to the prompt" },
  } }
  self.events:put { type = "answered", fn = function()
    if answer == "r" then return turn.send(self, line, shown) end
    if answer == "m" then return turn.send(self, " " .. line, shown) end
    self.state = editor.set(self.state, line)
  end }
end

local function submit(self)
  local line = text.trim_end(editor.text(self.state))
  if line == "" then return end
  self.menu, self.dismissed = nil, nil
  local shown, pasted = text.trim_end(self.state.text), self.pasted
  self.state, self.pasted = editor.sent(self.state, line), nil
  self.state.vim = nil -- the next one begins in insert mode
  if self.ctx.settings:get "general.chatRecording" then
    local ok, e = history.add(self.ctx.cwd, line)
    if not ok then unwritten(self.ctx, "history", tr("prompts are not kept for later: %s", e.message)) end
  end
  if pasted and turn.is_memory(self.ctx, line) then line = " " .. line end -- what others wrote goes to the model
  if not pasted or turn.is_message(self.ctx, line) then return turn.send(self, line, shown) end
  task.spawn(ask_pasted, self, line, shown)
end

local KEY_SECONDS = 0.5 -- of computing, between two waits

-- A function that the person bound to a key.
local function call_bound(self, fn, keys)
  local state = self.state
  task.spawn(function()
    local ok, new, cursor = task.limited(KEY_SECONDS, fn, self.ctx, editor.text(state), state.cursor)
    if not ok then
      local shipped = keymap.shipped(keys)
      self.ctx.notice(tr("the function of the key %s failed: %s%s", keys,
        require("qwen.extension.user_modules").words(new), shipped
        and "\n" .. tr("  it takes the place of '%s' (shipped); without yours: qwen --safe", shipped) or ""))
    elseif type(new) == "string" then
      self.state = editor.set(self.state, text.clean(new))
      if math.type(cursor) == "integer" then self.state = editor.move_to(self.state, cursor) end
    end
    self.events:put { type = "changed" }
  end)
end

local function act(self, action, event, keys)
  if type(action) == "function" then return call_bound(self, action, keys) end
  local empty = self.state.text == ""
  if empty and action == "up" and self.queue[1] then
    self.state = editor.set(self.state, turn.take_last(self))
    return
  end
  local suggestion = self.suggestion
  self.suggestion = nil
  if empty and suggestion and (action == "complete" or action == "right") then
    self.state = editor.set(self.state, suggestion)
    return
  end
  if empty and action == "yank" and self.failed then return actions.send_again(self) end
  if actions[action] then return actions[action](self) end
  local asks
  self.state, asks = editor.key(self.state, event, action)
  if asks == "submit" then return submit(self) end
  if asks == "end" and not self.busy then self.quit = 0 end
end

-- The mode of the vi keys; nil without them.
local function vim_mode(self)
  local wanted = self.ctx.settings:get "general.vimMode"
  if wanted ~= (self.state.vim and true or false) then
    self.state = require("qwen.ui.editor.vim").turn(self.state, wanted)
  end
  return wanted and self.state.vim.mode or nil
end

-- True when the vi keys took it.
local function to_vim(self, event)
  local state, asks = require("qwen.ui.editor.vim").key(self.state, event)
  self.state = state
  return asks ~= "unused"
end

---Does what a key means for the session.
---@param self TtySession
---@param event KeyEvent
return function(self, event)
  self.keys = self.keys or KeyReader.new("prompt", "list")
  self.hints = not self.hints and event.text == "?" and self.state.text == "" or nil
  if self.hints then return end
  local mode = vim_mode(self)
  local commands = mode and not self.keys.begun and (mode ~= "insert" or event.key == "esc")
  if commands and to_vim(self, event) then return end
  local action, keys = self.keys:action(event, true)
  if action == false or mode == "insert" and not action and to_vim(self, event) then return end
  self.leaving = nil
  if action ~= "cancel" then self.last_cancel = nil end
  if not menu.act(self, action) then act(self, action, event, keys) end
end
