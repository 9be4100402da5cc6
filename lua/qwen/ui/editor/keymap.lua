-- Which key does what: keys, or rows of keys such as "ctrl-x ctrl-e", to names of actions or to functions. Users bind their own.
local err = require "qwen.util.err"
local text = require "qwen.util.text"

local M = {}

-- Every action with what it does and its keys, in the order of /keys.
local actions = {
  { "submit", "send; while the model works: queue", "enter" },
  { "newline", "a new line", "ctrl-j", "shift-enter", "alt-enter", "ctrl-enter", "super-enter" },
  { "complete", "complete the word", "tab" },
  { "cancel", "take back what is queued, stop the answer; twice: go back to an earlier prompt", "esc" },
  { "suspend", "stop the program; the shell's fg brings it back", "ctrl-z" },
  { "search_history", "search what was typed before", "ctrl-r" },
  { "open_editor", "write in the external editor", "ctrl-x ctrl-e" },
  { "paste_image", "attach the image of the clipboard", "ctrl-v" },
  { "stash", "put the text aside, or bring it back", "ctrl-s" },
  { "next_mode", "the next approval mode", "shift-tab" },
  { "thoughts", "show what the model thinks, or fold it", "ctrl-o" },
  { "redraw", "paint again", "ctrl-l" },
  { "left", "a character left", "left", "ctrl-b" },
  { "right", "a character right", "right", "ctrl-f" },
  { "word_left", "a word left", "ctrl-left", "alt-left", "alt-b" },
  { "word_right", "a word right", "ctrl-right", "alt-right", "alt-f" },
  { "line_start", "to the beginning of the line", "home", "ctrl-a" },
  { "line_end", "to the end of the line", "end", "ctrl-e" },
  { "text_start", "to the beginning of the text", "ctrl-home", "alt-<" },
  { "text_end", "to the end of the text", "ctrl-end", "alt->" },
  { "up", "a row up; from the first: what was typed before", "up" },
  { "down", "a row down; from the last: what was typed after", "down" },
  { "older", "what was typed before", "ctrl-p" },
  { "newer", "what was typed after", "ctrl-n" },
  { "delete_left", "delete the character before the cursor", "backspace", "shift-backspace", "ctrl-h" },
  { "delete_right", "delete the character under the cursor", "delete" },
  { "delete_or_leave", "delete the character under the cursor; in an empty input: leave", "ctrl-d" },
  { "kill_line", "cut to the end of the line", "ctrl-k" },
  { "kill_line_left", "cut to the beginning of the line", "ctrl-u" },
  { "kill_space_left", "cut to the blank before", "ctrl-w" },
  { "kill_word_left", "cut the word before", "alt-backspace", "ctrl-backspace" },
  { "kill_word_right", "cut the word after", "alt-d", "alt-delete", "ctrl-delete" },
  { "yank", "put in what was cut", "ctrl-y" },
  { "yank_older", "instead of it, what was cut before", "alt-y" },
  { "transpose", "swap two characters", "ctrl-t" },
  { "undo", "take back the last change", "ctrl-_", "ctrl-x ctrl-u" },
  { "redo", "make it again", "alt-_", "alt-z", "ctrl-shift-z" },
}

local bound, prefixes, known = {}, {}, {}

-- "alt-ctrl-x" as the decoder names it: super, ctrl, alt, shift.
local function normal_key(key)
  local has, rest = {}, key
  while true do
    local modifier, after = rest:match "^(%a+)%-(.+)$"
    if not modifier or not ({ super = 1, ctrl = 1, alt = 1, shift = 1 })[modifier] then break end
    has[modifier], rest = true, after
  end
  local out = ""
  for _, modifier in ipairs { "super", "ctrl", "alt", "shift" } do
    if has[modifier] then out = out .. modifier .. "-" end
  end
  return rest ~= "" and out .. rest or nil
end

local function normal(keys)
  local out = {}
  for key in tostring(keys):gmatch "%S+" do out[#out + 1] = normal_key(key) end
  return #out > 0 and table.concat(out, " ") or nil
end

local function find_prefixes()
  prefixes = {}
  for keys in pairs(bound) do
    for prefix in keys:gmatch "() " do prefixes[keys:sub(1, prefix - 1)] = true end
  end
end

---Binds a key to an action by its name, or to a function; false takes the binding away.
---@param keys string "ctrl-o", or one after the other: "ctrl-x ctrl-s"
---@param action string|false|fun(ctx: Ctx, text: string, cursor: integer): string?, integer? the function gives the new text and cursor, or nil
---@return boolean?, Err?
function M.bind(keys, action)
  local name = normal(keys)
  if not name then return nil, err("usage", ("'%s' is no key; write it as ctrl-o, alt-shift-f, f5, or ctrl-x ctrl-s"):format(tostring(keys))) end
  if type(action) == "string" and not known[action] then
    local names = {}
    for _, row in ipairs(actions) do names[#names + 1] = row[1] end
    local near = text.nearest(action, names)
    local hint = near and "; did you mean " .. near .. "?" or ""
    return nil, err("usage", ("there is no action '%s' for the key %s%s; the list: /keys"):format(action, name, hint))
  end
  if action and type(action) ~= "string" and type(action) ~= "function" then
    return nil, err("usage", ("the key %s wants the name of an action, a function, or false"):format(name))
  end
  bound[name] = action or nil
  find_prefixes()
  return true
end

---What a row of keys does.
---@param keys string as the decoder names them, with a space between
---@return string|function|nil action
---@return boolean more whether a longer row begins like this
function M.action(keys)
  return bound[keys], prefixes[keys] or false
end

---The action that we ship for a row of keys.
---@param keys string
---@return string?
function M.shipped(keys)
  for _, row in ipairs(actions) do
    for i = 3, #row do
      if row[i] == keys then return row[1] end
    end
  end
end

---Every binding, for people.
---@return {keys: string[], action: string, what: string}[]
function M.list()
  local by_action, out = {}, {}
  for keys, action in pairs(bound) do
    local name = type(action) == "string" and action or "function"
    by_action[name] = by_action[name] or {}
    table.insert(by_action[name], keys)
  end
  local function add(name, what)
    if not by_action[name] then return end
    table.sort(by_action[name])
    out[#out + 1] = { keys = by_action[name], action = name, what = what }
  end
  for _, row in ipairs(actions) do add(row[1], row[2]) end
  add("function", "a function of yours")
  return out
end

---The bindings we ship, again.
function M.reset()
  bound = {}
  for _, row in ipairs(actions) do
    known[row[1]] = true
    for i = 3, #row do bound[row[i]] = row[1] end
  end
  find_prefixes()
end

M.reset()

return M
