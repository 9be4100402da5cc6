-- Reads the keys of one place: what each means in its contexts of the keymap; rows such as ctrl-x
-- ctrl-e are collected until they do.
local keymap = require "qwen.ui.editor.keymap"

local Reader = {}
Reader.__index = Reader

---@param ... "prompt"|"list"|"view"|"form" contexts; the first that knows the keys decides
---@return table
function Reader.new(...)
  return setmetatable({ contexts = { ... } }, Reader)
end

---What an event means: an action, nil where no context knows it, false when it belongs to a row
---that is not whole or means nothing.
---@param event KeyEvent
---@param typed boolean? text goes somewhere: what types a character is an action at the prompt only
---@return string|function|false|nil action
---@return string? keys the whole row
function Reader:action(event, typed)
  local begun = self.begun
  local keys = begun and begun .. " " .. event.key or event.key
  self.begun = nil
  for _, context in ipairs(self.contexts) do
    if context == "prompt" or not (typed and event.text) then
      local action, more = keymap.action(keys, context)
      if more then
        self.begun = keys
        return false
      end
      if action then return action, keys end
    end
  end
  if begun then return false end
end

local names = { up = "↑", down = "↓", left = "←", right = "→", pageup = "PgUp",
  pagedown = "PgDn" }

---The keys of actions for a hint: of each one that we ship where it still counts, else one of the
---user's.
---@param ... string
---@return string ...
function Reader.labels(...)
  local first = {}
  for _, row in ipairs(keymap.list()) do first[row.action] = row.keys[1] end
  local out = {}
  for i, action in ipairs { ... } do
    local key = first[action] or ""
    out[i] = names[key] or #key > 1 and key:gsub("%f[%w]%l", string.upper) or key
  end
  return table.unpack(out)
end

return Reader
