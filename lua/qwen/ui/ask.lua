-- Questions of a command in the shell: one of several, or a line of text, hidden when it is a secret. Asked on standard error.
local editor = require "qwen.ui.editor"
local style = require "qwen.ui.style"
local sys = require "sys.os"
local term = require "sys.term"
local text = require "sys.text"

local M = {}

---Whether somebody can be asked.
function M.possible()
  return sys.isatty(0) and sys.isatty(1)
end

local function with_terminal(fn)
  local ok, e = term.open()
  if not ok then return nil, e end
  local _ <close> = setmetatable({}, { __close = function()
    sys.flush()
    term.close()
  end })
  return fn()
end

local function leaves(event)
  return not event or event.type == "key" and (event.key == "ctrl-c" or event.key == "esc" or event.key == "ctrl-d")
end

local function words_of(choice)
  if type(choice) == "string" then return choice end
  local words = choice.label .. (choice.detail and choice.detail ~= "" and "  " .. choice.detail or "")
  return words .. (choice.disabled and "  (" .. choice.disabled .. ")" or "")
end

---One of several by arrow keys or number; nil when the person leaves.
---@param title string
---@param choices (string|{label: string, detail: string?, group: string?, disabled: string?})[]
---@return integer?
function M.pick(title, choices)
  return with_terminal(function()
    local at = 1
    local _, columns = term.size()
    local function row(i) -- never wider than the screen: the rows are counted to be painted again
      return (term.cut(("%d. %s"):format(i, text.clean(words_of(choices[i])):gsub("\n", " ")), math.max(columns - 3, 1)))
    end
    sys.out(style.paint("bold", text.clean(title)) .. "\n")
    while true do
      for i = 1, #choices do sys.out((i == at and style.paint("accent", "> ") or "  ") .. row(i) .. "\27[K\n") end
      sys.out(style.paint("dim", "(Use ↑ ↓ arrows to navigate, Enter to select, Ctrl+C to exit)"))
      local event = term.key()
      sys.out(("\r\27[K\27[%dA"):format(#choices))
      local number = event and event.type == "key" and math.tointeger(tonumber(event.key))
      if leaves(event) or event.key == "enter" or number and choices[number] then
        sys.out(("\27[%dB"):format(#choices))
        if leaves(event) then return nil end
        return number or at
      end
      if event.key == "up" then at = (at - 2) % #choices + 1 end
      if event.key == "down" then at = at % #choices + 1 end
    end
  end)
end

---A line of text; nil when the person leaves.
---@param title string
---@param hidden boolean? show dots
---@return string?
function M.line(title, hidden)
  return with_terminal(function()
    local state = editor.new {}
    while true do
      local typed = editor.text(state)
      sys.out("\r\27[K" .. text.clean(title) .. " " .. (hidden and ("•"):rep(math.min(utf8.len(typed) or #typed, 40)) or text.clean(typed)))
      local event = term.key()
      local action
      if not leaves(event) then state, action = editor.key(state, event) end
      if leaves(event) or action == "submit" then
        sys.out "\n"
        if leaves(event) then return nil end
        return (typed:gsub("^%s+", ""):gsub("%s+$", ""))
      end
    end
  end)
end

return M
