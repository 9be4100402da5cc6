-- qwen.keys: names in any order of modifiers, rows of keys, what is refused, a person's function, and the keys of lists.
local t = dofile "tests/check.lua"
local keys = qwen.keys

t.eq(keys.action "ctrl-a", "line_start", "shipped")
t.eq({ keys.action "ctrl-x" }, { nil, true }, "a longer row begins so")
t.eq(keys.action "ctrl-x ctrl-e", "open_editor", "a row")
t.ok(keys.bind("shift-alt-ctrl-x", "undo"), "modifiers in any order")
t.eq(keys.action "ctrl-alt-shift-x", "undo", "as the decoder names them")
t.ok(keys.bind("ctrl-a", false))
t.eq({ keys.action "ctrl-a" }, { nil, false }, "taken away")
t.ok(keys.bind("ctrl--", "redo"))
t.eq(keys.action "ctrl--", "redo", "a minus")
local function mine() end
t.ok(keys.bind("f5  f6", mine))
t.eq({ keys.action "f5 f6", select(2, keys.action "f5") }, { mine, true }, "a function, and blanks")
t.err(select(1, keys.bind("ctrl-a", "line_strat")), select(2, keys.bind("ctrl-a", "line_strat")), "usage")
t.match(select(2, keys.bind("ctrl-a", "line_strat")).message, "did you mean line_start", "the nearest is named")
t.err(select(1, keys.bind("", "undo")), select(2, keys.bind("", "undo")), "usage")
t.err(select(1, keys.bind("a", 5)), select(2, keys.bind("a", 5)), "usage")
for _, row in ipairs(keys.list()) do t.ok(row.what ~= "" and #row.keys > 0, row.action) end
keys.reset()
t.eq(keys.action "ctrl-a", "line_start", "the keys we ship, again")
t.eq(keys.action "f5 f6", nil)

-- The name of an action says where it counts.
t.ok(keys.bind("ctrl-a", "list_first"))
t.eq({ keys.action "ctrl-a", (keys.action("ctrl-a", "list")) }, { "line_start", "list_first" }, "one key, two places")
t.ok(keys.bind("ctrl-a", false))
t.eq({ keys.action "ctrl-a", keys.action("ctrl-a", "list") }, { nil, nil, false }, "taken away everywhere")
t.eq({ keys.action("q", "view"), keys.action "q" }, { "view_close", nil, false }, "a letter in a view only")
local contexts = {}
for _, row in ipairs(keys.list()) do contexts[row.context] = true end
t.eq(contexts, { prompt = true, list = true, view = true, form = true }, "all are listed")

-- A question can always be answered.
keys.reset()
t.err(select(1, keys.bind("j", "list_accept")), select(2, keys.bind("j", "list_accept")), "usage", "a letter does not accept")
t.eq(keys.action("j", "list"), nil)
for _, key in ipairs { "space", "é", "g g", "1" } do t.eq((keys.bind(key, "list_accept")), nil, key .. " does not accept") end
t.eq(#keys.problems(), 6, "each refusal is told")
t.eq(keys.problems(), {}, "once")
t.ok(keys.bind("enter", "list_down"))
t.eq(keys.action("enter", "list"), "list_accept", "no other key accepts")
t.ok(keys.bind("f5 f6", "list_accept"))
t.eq(keys.action("enter", "list"), "list_down", "now there is another one")
t.ok(keys.bind("f5 f6", false))
t.ok(keys.bind("enter f7", "list_up"))
t.eq({ keys.action("enter", "list") }, { "list_accept", false }, "the beginning of a row is no key either")
for _, key in ipairs { "esc", "ctrl-c", "ctrl-g" } do keys.bind(key, false) end
t.eq(keys.action("esc", "list"), "list_cancel", "no other key leaves")
t.eq(keys.action "esc", nil, "at the prompt it means nothing")
t.ok(keys.bind("enter", "newline"))
t.eq(keys.action "enter", "submit", "no other key sends")
t.ok(keys.bind("ctrl-enter", "submit"))
t.eq(keys.action "enter", "newline", "now there is another one")
local told = table.concat(keys.problems(), "\n")
t.ok(told:find("list_accept", 1, true) and told:find("list_cancel", 1, true) and not told:find("submit", 1, true), told)
t.eq(keys.bind("nonsense", "nowhere", "here:"), nil)
t.match(keys.problems()[1], "^here: ", "who said so")
t.eq(keys.bind("nonsense", "nowhere"), nil)
t.match(table.concat(keys.problems(), "\n"), "keymap.lua:%d+: ", "or the file and line")
keys.reset()

t.done()
