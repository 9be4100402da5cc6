-- What everything that stands in the place of the input shares: the keymap says what a key means,
-- and the dialog's own actions or its line of text do it. A dialog gives rows(columns, height),
-- key(event) and said(answer); who shows it is tty.lua or ask.lua.
local KeyReader = require "qwen.ui.editor.key_reader"
local editor = require "qwen.ui.editor.editor"
local keymap = require "qwen.ui.editor.keymap"
local style = require "qwen.ui.render.style"
local term = require "sys.term"
local wrap = require "qwen.ui.render.wrap"

local Dialog = {}
Dialog.__index = Dialog

---A class of dialogs.
---@param actions table<string, fun(self: table, event: KeyEvent): any> what an action of the keymap answers; nil to go on
---@param ... string contexts of the keymap
---@return table
function Dialog.class(actions, ...)
  local contexts = { ... }
  local class = setmetatable({ actions = actions }, Dialog)
  class.__index = class
  ---@param fields table with `line`, an editor's state, where text is typed; `changed` is called when it has become another
  function class.make(fields)
    fields.keys = KeyReader.new(table.unpack(contexts))
    return setmetatable(fields, class)
  end
  return class
end

---Whether a text is typed in it.
---@return boolean
function Dialog:types() return self.line ~= nil end

---Whether a key means something in it.
---@param event KeyEvent
---@return boolean
function Dialog:wants(event)
  if self.keys.begun then return true end
  for _, context in ipairs(self.keys.contexts) do
    local action, begins = keymap.action(event.key, context)
    local known = begins or self.actions[action]
    if known and (context ~= "prompt" or not event.text) then return true end
  end
  return false
end

---@param event KeyEvent
---@return any answer; false when the person leaves; nil to go on
function Dialog:key(event)
  local action, asks
  if event.type == "key" then action = self.keys:action(event, self.line ~= nil) end
  if action == false then return nil end
  if self.actions[action] then return self.actions[action](self, event) end
  if not self.line then return nil end
  local before = self.line.text
  self.line, asks = editor.key(self.line, event, type(action) == "string" and action or nil)
  if asks == "submit" then return self.actions.list_accept(self, event) end
  if asks == "end" then return false end
  if self.changed and self.line.text ~= before then self:changed() end
end

---A question and its answer as they stand in the scrollback, broken between words.
---@param title string
---@param said string
---@return string
function Dialog.told(title, said)
  local told = wrap.text(title .. " " .. said, (select(2, term.size())))
  if told:sub(1, #title) ~= title then return told end
  return style.paint("bold", title) .. told:sub(#title + 1)
end

return Dialog
