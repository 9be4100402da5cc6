-- The list below the input of what the word at the cursor can become. It follows the text; Tab and
-- Enter take the marked one, Esc sends it away.
local complete = require "qwen.ui.editor.complete"
local editor = require "qwen.ui.editor.editor"
local style = require "qwen.ui.render.style"
local term = require "sys.term"
local text = require "qwen.util.text"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local MOST = 8

---Follows the text of the session's editor.
---@param self TtySession
function M.follow(self)
  local state, old = self.state, self.menu
  local before = state.text:sub(1, state.cursor)
  if old and old.before == before and not old.stale then return end
  if self.dismissed and before:sub(1, #self.dismissed) == self.dismissed and not before:sub(#self.dismissed + 1):find "%s" then return end
  self.dismissed, self.menu = nil, nil
  if not before:find "[/@]" then return end
  local found = complete.find(self.ctx, before, function()
    if self.menu then self.menu.stale = true end
    self.events:put { type = "listed" }
  end)
  if not found then return end
  found.before, found.at = before, 1
  self.menu = found
end

-- One item: its text and arguments, and what it is.
local function row(item, marked, widest, columns)
  local room = math.max(item.args and item.detail and widest or columns - 3, term.width(item.text), 1)
  local words = text.clean(item.text .. (item.args and " " .. item.args or ""))
  local label, width = wrap.cut(words, math.min(room, math.max(columns - 3, 1)))
  local about = item.detail and text.clean(item.detail):gsub("%s+", " ")
  local detail = about and wrap.cut(about, math.max(columns - math.max(widest, width) - 5, 0)) or ""
  local gap = detail ~= "" and (" "):rep(math.max(widest - width, 0) + 2) or ""
  return (marked and style.paint("accent", "> " .. label) or "  " .. label) .. gap .. style.paint("dim", detail)
end

---Rows of the list.
---@param self TtySession
---@param columns integer
---@param height integer
---@return string[]
function M.rows(self, columns, height)
  local menu, out = self.menu, {}
  if not menu then return out end
  local items, room = menu.items, math.max(height // 2 - 1, 1)
  local titled = items[1].group and room > MOST -- titles of groups take rows of their own
  local most = math.min(#items, titled and MOST - 1 or MOST, room)
  local first = math.max(1, math.min(menu.at - most // 2, #items - most + 1))
  local widest = 0
  for i = first, first + most - 1 do
    local args = items[i].args
    widest = math.max(widest, term.width(items[i].text) + (args and #args + 1 or 0))
  end
  widest = math.min(widest, math.max(columns // (menu.kind == "command" and 3 or 2), 1))
  for i = first, first + most - 1 do
    local group = items[i].group
    if titled and (i == first or group ~= items[i - 1].group) then
      out[#out + 1] = style.paint("dim", " " .. wrap.cut(group, columns - 1))
    end
    out[#out + 1] = row(items[i], i == menu.at, widest, columns)
  end
  if most < #items then
    out[#out + 1] = style.paint("dim", ("  (%d/%d)"):format(menu.at, #items))
  end
  return out
end

---Takes the marked item into the text.
---@param self TtySession
function M.take(self)
  local menu, state = self.menu, self.state
  local item = menu.items[menu.at]
  local gap = (item.opens or state.text:sub(state.cursor + 1, state.cursor + 1) == " ") and "" or " "
  self.state = editor.replace(state, state.cursor - menu.length, state.cursor, item.text .. gap)
  self.menu = nil
end

-- What Enter means while the list is shown: true when it only took an item. A command that lacks
-- nothing is sent as well. A word that is whole, or not begun, and an argument, which may mean itself,
-- are sent as they stand.
local function enter(self)
  local menu, before = self.menu, self.state.text:sub(1, self.state.cursor)
  local word = before:sub(#before - menu.length + 1)
  local whole = word == menu.items[1].text or word:find "^@?$" or word:find "/$" and menu.kind == "file"
  if (whole or menu.kind == "argument") and not menu.moved then return false end
  local wants = menu.items[menu.at].args
  M.take(self)
  return menu.kind ~= "command" or (wants ~= nil and wants:sub(1, 1) ~= "[")
end

local function go(self, at)
  local menu = self.menu
  menu.at, menu.moved = at, true
  return true
end

local function up(self) return go(self, (self.menu.at - 2) % #self.menu.items + 1) end
local function down(self) return go(self, self.menu.at % #self.menu.items + 1) end

local actions = {
  complete = function(self)
    M.take(self)
    return true
  end,
  cancel = function(self)
    self.dismissed, self.menu = self.menu.before, nil
    return true
  end,
  up = up, down = down, older = up, newer = down, submit = enter,
  list_up = up, list_down = down, -- keys that the prompt does not know
  list_page_up = function(self) return go(self, math.max(self.menu.at - MOST, 1)) end,
  list_page_down = function(self)
    return go(self, math.min(self.menu.at + MOST, #self.menu.items))
  end,
}

---An action while the list is shown: true when that was all.
---@param self TtySession
---@param action string|function|nil
---@return boolean
function M.act(self, action)
  local fn = self.menu and actions[action]
  return fn ~= nil and fn(self)
end

return M
