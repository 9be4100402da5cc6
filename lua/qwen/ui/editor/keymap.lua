-- Which key does what: keys, or rows of keys such as "ctrl-x ctrl-e", to names of actions or to
-- functions. Users bind their own. A key can mean one thing at the prompt, another in a list: the
-- name of the action says where it counts.
local err = require "qwen.util.err"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

-- Every action with what it does and its keys, in the order of /keys.
local prompt = {
  { "submit", "send; while the model works: queue", "enter" },
  { "newline", "a new line", "ctrl-j", "shift-enter", "alt-enter", "ctrl-enter", "super-enter" },
  { "complete", "complete the word", "tab" },
  { "cancel", "stop the answer and take back what is queued; twice: go back to an earlier prompt",
    "esc" },
  { "suspend", "stop the program; the shell's fg brings it back", "ctrl-z" },
  { "search_history", "search what was typed before", "ctrl-r" },
  { "open_editor", "write in the external editor", "ctrl-x ctrl-e" },
  { "paste_image", "attach the image of the clipboard", "ctrl-v" },
  { "stash", "put the text aside, or bring it back", "ctrl-s" },
  { "next_mode", "the next approval mode", "shift-tab" },
  { "next_effort", "the model thinks more; then as by itself", "alt-e" },
  { "transcript", "everything of the session in your pager, nothing folded", "ctrl-o" },
  { "thoughts", "show what the model thinks, or fold it", "alt-t" },
  { "todos", "hide the list of steps, or show it", "ctrl-t" },
  { "redraw", "paint again", "ctrl-l" },
  { "to_background", "the command that runs goes on in the background; else a character left",
    "ctrl-b" },
  { "left", "a character left", "left" },
  { "right", "a character right", "right", "ctrl-f" },
  { "word_left", "a word left", "ctrl-left", "alt-left", "alt-b" },
  { "word_right", "a word right", "ctrl-right", "alt-right", "alt-f" },
  { "line_start", "to the beginning of the line", "home", "ctrl-a" },
  { "line_end", "to the end of the line", "end", "ctrl-e" },
  { "text_start", "to the beginning of the text", "ctrl-home", "alt-<" },
  { "text_end", "to the end of the text", "ctrl-end", "alt->" },
  { "up", "a row up; from the first: what is queued, or was typed before", "up" },
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
  { "yank", "put in what was cut; in an empty input after a failure: send it again", "ctrl-y" },
  { "yank_older", "instead of it, what was cut before", "alt-y" },
  { "transpose", "swap two characters", "ctrl-x ctrl-t" },
  { "undo", "take back the last change", "ctrl-_", "ctrl-x ctrl-u" },
  { "redo", "make it again", "alt-_", "alt-z", "ctrl-shift-z" },
}

-- In pickers, questions, the search of the history and views; keys that are not here edit its text
-- as at the prompt.
local list = {
  { "list_accept", "take the marked choice, or the text", "enter" },
  { "list_cancel", "leave without an answer", "esc", "ctrl-c", "ctrl-g" },
  { "list_up", "a choice up", "up", "ctrl-p", "shift-tab" },
  { "list_down", "a choice down", "down", "ctrl-n", "tab" },
  { "list_page_up", "a page of choices up", "pageup" },
  { "list_page_down", "a page of choices down", "pagedown" },
  { "list_first", "the first choice", "home" },
  { "list_last", "the last choice", "end" },
}

-- In a view that renews itself, before the keys of lists.
local view = {
  { "view_close", "leave a view that renews itself", "q" },
}

-- In several questions that are asked together, before the keys of lists.
local form = {
  { "form_back", "the question before", "left" },
  { "form_next", "the question after", "right" },
  { "form_mark", "mark a choice, where several can be taken", "space" },
}

local contexts = { { "prompt", prompt }, { "list", list }, { "view", view }, { "form", form } }

-- Without a key for these nothing can be sent, or a question stays for ever: their shipped keys
-- count when no other does.
local needed = { submit = true, list_accept = true, list_cancel = true }

local rows, context_of = {}, {} -- by the name of an action
for _, context in ipairs(contexts) do
  for _, row in ipairs(context[2]) do rows[row[1]], context_of[row[1]] = row, context[1] end
end

local bound = {} -- by context: what was bound
local active, prefixes = {}, {} -- by context: what counts; the beginnings of rows of keys
local restored = {} -- by needed action: its shipped keys count
local refused = {} -- what a person bound in vain, until it was told

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

-- Works out what counts from what was bound.
local function settle()
  local reached = {}
  restored = {}
  for name, map in pairs(bound) do
    active[name], prefixes[name] = {}, {}
    for keys, action in pairs(map) do
      active[name][keys] = action
      for prefix in keys:gmatch "() " do prefixes[name][keys:sub(1, prefix - 1)] = true end
    end
    for keys, action in pairs(map) do
      reached[action] = reached[action] or not prefixes[name][keys]
    end
  end
  for action in pairs(needed) do
    local row, name = rows[action], context_of[action]
    restored[action] = not reached[action] or nil
    for i = 3, restored[action] and #row or 0 do
      active[name][row[i]], prefixes[name][row[i]] = action, nil
    end
  end
end

-- Whether a row of keys is nothing but what is typed as text.
local function is_text(keys)
  for key in keys:gmatch "%S+" do
    if utf8.len(key) ~= 1 and key ~= "space" and key ~= "shift-space" then return false end
  end
  return true
end

-- What is wrong with a binding; nil when it can be.
local function problem_of(keys, name, action)
  if not name then
    return tr("'%s' is no key; write it as ctrl-o, alt-shift-f, f5, or ctrl-x ctrl-s",
      tostring(keys))
  end
  if type(action) == "string" and not rows[action] then
    local names = {}
    for other in pairs(rows) do names[#names + 1] = other end
    table.sort(names)
    local near = text.nearest(action, names)
    local hint = near and tr("; did you mean %s?", near) or ""
    return tr("there is no action '%s' for the key %s%s; the list: /keys", action, name, hint)
  end
  if action and type(action) ~= "string" and type(action) ~= "function" then
    return tr("the key %s wants the name of an action, a function, or false", name)
  end
  if action == "list_accept" and is_text(name) then
    return tr("the key %s cannot be list_accept: what is typed for the prompt would answer a question", name)
  end
end

---Binds a key to an action by its name, or to a function at the prompt; false takes the key away
---everywhere. What is refused is also told when a session starts.
---@param keys string "ctrl-o", or one after the other: "ctrl-x ctrl-s"
---@param action string|false|fun(ctx: Ctx, text: string, cursor: integer): string?, integer? the function gives the new text and cursor, or nil
---@param from string? who says so, before messages; the caller's file and line when left out
---@return boolean?, Err?
function M.bind(keys, action, from)
  local name = normal(keys)
  local problem = problem_of(keys, name, action)
  if problem then
    local caller = not from and debug.getinfo(2, "Sl")
    from = from or ("%s:%d:"):format(caller.short_src, caller.currentline)
    refused[#refused + 1] = from .. " " .. problem
    return nil, err("usage", problem)
  end
  if action then
    bound[context_of[action] or "prompt"][name] = action
  else
    for _, map in pairs(bound) do map[name] = nil end
  end
  settle()
  return true
end

---What to tell of the bindings so far, once: those that were refused, and needed actions that have
---no key but those we ship.
---@return string[]
function M.problems()
  local out = refused
  refused = {}
  for action in pairs(restored) do
    local keys = table.concat(rows[action], ", ", 3)
    out[#out + 1] = tr("no key was left for %s: %s still count", action, keys)
  end
  table.sort(out)
  return out
end

---What a row of keys does.
---@param keys string as the decoder names them, with a space between
---@param context "prompt"|"list"|"view"|"form"|nil where; at the prompt when left out
---@return string|function|nil action
---@return boolean more whether a longer row begins like this
function M.action(keys, context)
  context = context or "prompt"
  return active[context][keys], prefixes[context][keys] or false
end

---The action of the prompt that we ship for a row of keys.
---@param keys string
---@return string?
function M.shipped(keys)
  for _, row in ipairs(prompt) do
    for i = 3, #row do
      if row[i] == keys then return row[1] end
    end
  end
end

---Every binding, for people; of an action the keys that we ship come first.
---@return {keys: string[], action: string, what: string, context: "prompt"|"list"|"view"|"form"}[]
function M.list()
  local out = {}
  local function add(context, name, what, shipped)
    local place, keys = {}, {}
    for i, key in ipairs(shipped) do place[key] = i end
    for key, action in pairs(active[context]) do
      local own = name == "function" and type(action) == "function"
      if own or action == name then keys[#keys + 1] = key end
    end
    table.sort(keys, function(a, b)
      if place[a] == place[b] then return a < b end
      return (place[a] or math.huge) < (place[b] or math.huge)
    end)
    if #keys == 0 then return end
    out[#out + 1] = { keys = keys, action = name, what = what, context = context }
  end
  for _, context in ipairs(contexts) do
    for _, row in ipairs(context[2]) do
      add(context[1], row[1], row[2], { table.unpack(row, 3) })
    end
    if context[1] == "prompt" then add("prompt", "function", "a function of yours", {}) end
  end
  return out
end

---The bindings we ship, again.
function M.reset()
  for _, context in ipairs(contexts) do
    local map = {}
    for _, row in ipairs(context[2]) do
      for i = 3, #row do map[row[i]] = row[1] end
    end
    bound[context[1]] = map
  end
  refused = {}
  settle()
end

M.reset()

return M
