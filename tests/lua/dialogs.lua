-- Whatever stands in the place of the input takes its keys from the keymap: users' bindings reach
-- each of them, and no letter answers.
local t = dofile "tests/check.lua"
local keys = qwen.keys
local Picker = require "qwen.ui.widget.picker"
local Question = require "qwen.ui.widget.approval_dialog"
local Search = require "qwen.ui.widget.history_search"
local Line = require "qwen.ui.widget.text_input"
local View = require "qwen.ui.widget.watch_view"
local editor = require "qwen.ui.editor.editor"
local menu = require "qwen.ui.widget.menu"

local function event(name)
  local text = name == "space" and " " or utf8.len(name) == 1 and name or nil
  return { type = "key", key = name, text = text }
end

-- Presses keys until one answers.
local function press(dialog, names)
  for name in names:gmatch "%S+" do
    local answer = dialog:key(event(name))
    if answer ~= nil then return answer end
  end
end

local few = { "a", "b", "c", { label = "d", disabled = "not here" }, "e" }
local many = {}
for i = 1, 30 do many[i] = "choice " .. i end
local function pick(choices, options)
  local picker = Picker.new("Which?", choices, options)
  picker:rows(80, 14)
  return picker
end

-- Pickers, with the keys we ship.
t.eq(press(pick(few), "down down enter"), 3)
t.eq(press(pick(few), "up enter"), 5, "round the end")
t.eq(press(pick(few), "down down down enter"), 5, "not what cannot be chosen")
t.eq(press(pick(few), "end home tab enter"), 2)
t.eq(press(pick(few), "2"), 2, "a number")
t.eq(press(pick(few), "4"), nil, "not what cannot be chosen")
t.eq(press(pick(few), "x q space j"), nil, "letters mean nothing")
for _, key in ipairs { "esc", "ctrl-c", "ctrl-g", "ctrl-d" } do t.eq(press(pick(few), key), false, key) end
t.eq(press(pick(many), "1 3 enter"), 13, "searched")
t.eq(press(pick(many), "1 3 backspace backspace 2 9 enter"), 29, "and changed")
t.eq(press(pick(many), "1 3 ctrl-u enter"), 1, "and taken back")
t.eq(press(pick(many), "1 3 left backspace enter"), 3, "the keys of the prompt edit it")
t.eq(press(pick(many), "z z enter"), nil, "nothing fits")
t.eq(press(pick(many), "z z down pagedown end esc"), false, "nothing to move to")
local page = press(pick(many), "pagedown enter") - 1
t.ok(page > 5 and page < 14, "a page is what is shown: " .. page)
t.eq(press(pick(many), "pagedown pageup enter"), 1)
t.eq(press(pick(many), "end pagedown enter"), 30, "a page does not go round the end")
t.eq(press(pick({ "a", { label = "b", disabled = "no" }, "c", "d", { label = "e", disabled = "no" } }), "end enter"), 4)
local all_off = { { label = "a", disabled = "no" } }
t.eq(press(pick(all_off), "down enter home enter"), nil, "nothing can be chosen")
t.eq(press(pick(all_off), "esc"), false)
local pasted = pick(many)
t.eq(pasted:key { type = "paste", text = "choice\n 27" }, nil)
t.eq(press(pasted, "enter"), 27, "a paste is searched for")

-- A line, a view, the search of the history, a question.
t.eq(press(Line.new "Name:", "a space b enter"), "a b")
t.eq(press(Line.new "Name:", "enter"), "", "an empty one")
t.eq(press(Line.new "Name:", "ctrl-d"), false)
t.eq(press(Line.new "Name:", "a left ctrl-d b enter"), "b", "Ctrl-D in a text deletes")
t.eq(press(Line.new "Name:", "a esc"), false)
for _, key in ipairs { "q", "enter", "esc", "ctrl-d" } do t.eq(press(View.new(function() return { "a" } end), key), false, key) end
t.eq(press(View.new(function() return { "a" } end), "x up space"), nil)
local past = editor.new { history = { "one", "two", "one two" } }
local function found(names)
  local answer = press(Search.new(past), names)
  return answer and { answer.state.text, answer.event and answer.event.key }
end
t.eq(found "t w enter", { "one two", "enter" })
t.eq(found "t w ctrl-r enter", { "two", "enter" }, "an older one")
t.eq(found "o n e up left", { "one", "left" }, "another key is the prompt's")
t.eq(found "t w x backspace enter", { "one two", "enter" })
t.eq(found "o backspace enter", { "", "enter" })
t.eq(found "o n ctrl-x", { "one two", "ctrl-x" }, "a row of the prompt's begins")
t.eq(press(Search.new(past), "o esc"), false)
local choices = { { key = "y", label = "yes" }, { key = "d", label = "no, because", words = "Why?" }, { key = "n", label = "no" } }
local function question(armed, typing, answers)
  local asked = Question.new { title = "run", choices = answers or choices }
  asked:rows(80, 24, armed, typing)
  return asked
end
t.eq(press(question(), "x q enter j space ctrl-d"), nil, "only what is shown answers")
t.eq(press(question(), "y").key, "y")
t.eq(press(question(), "3").key, "n", "a number")
t.eq(press(question(), "4 0"), nil, "that is there")
t.eq(press(question(), "esc"), false)
t.eq(press(question(), "d h i enter").words, "hi")
t.eq(press(question(), "d h esc n").key, "n", "back from the words")
t.eq(press(question(true), "enter").key, "y", "the first is marked")
t.eq(press(question(true, true), "enter"), nil, "nothing is, beside a text")
t.eq(press(question(true, true), "down enter").key, "y", "until one is marked")
t.eq(press(question(true), "up enter").key, "n", "round the end")
t.eq(press(question(true), "down down down enter").key, "y", "round the end")
local lasting = { { key = "a", label = "always", lasting = true }, { key = "n", label = "no" } }
t.eq(press(question(true, false, lasting), "a"), nil, "no letter for what lasts")
t.eq(press(question(true, false, lasting), "1").key, "a")

-- A user's keys in all of them.
keys.bind("f5", "list_accept")
keys.bind("alt-j", "list_down")
keys.bind("ctrl-x n", "list_down")
keys.bind("f9", "list_cancel")
keys.bind("j", "list_down")
keys.bind("q", "list_cancel")
keys.bind("alt-r", "search_history")
keys.bind("alt-h", "delete_left")
t.eq(press(pick(few), "alt-j f5"), 2)
t.eq(press(pick(few), "ctrl-x n ctrl-x n f5"), 3, "a row of keys")
t.eq(press(pick(few), "ctrl-x z f5"), 1, "a row that means nothing")
t.eq(press(pick(few), "j f5"), 2, "a letter moves where nothing is typed")
t.eq(press(pick(many), "j q enter f9"), false, "and is text where something is")
t.eq(press(pick(many), "1 x alt-h 4 f5"), 14)
t.eq(press(Line.new "Name:", "j q f5"), "jq")
t.eq(press(Line.new "Name:", "j f9"), false)
t.eq(press(View.new(function() return { "a" } end), "f9"), false)
t.eq(found "t w alt-r enter", { "two", "enter" })
t.eq(found "t w f5", { "one two" }, "taken, and not sent")
t.eq(press(Search.new(past), "q f9"), false)
t.eq(press(question(), "j j j f5").key, "n", "and in a question")
t.eq(press(question(), "j f5").key, "y")
t.eq(press(question(), "f9"), false)
local list = { menu = { at = 1, items = { { text = "/a" }, { text = "/b" } } } }
t.ok(menu.act(list, "list_down") and list.menu.at == 2, "the list below the input")
t.match(table.concat((pick(few):rows(80, 14))), "Enter, Esc", "the keys are shown")
for _, key in ipairs { "enter", "esc", "ctrl-c", "ctrl-g" } do keys.bind(key, false) end
t.match(table.concat((pick(few):rows(80, 14))), "F5, F9", "those that count")

-- Without one they are ours again.
for _, key in ipairs { "f5", "f9", "q" } do keys.bind(key, false) end
t.eq(press(pick(few), "down enter"), 2)
t.eq(press(question(), "esc"), false)
keys.reset()
keys.bind("enter", "newline")
keys.bind("ctrl-enter", "submit")
t.eq(press(Line.new "Name:", "a enter"), "a", "one line has no second")
t.eq(press(Line.new "Name:", "a ctrl-enter"), "a")
t.eq(found "t w enter", { "one two" }, "taken, and not sent")
keys.reset()

t.done()
