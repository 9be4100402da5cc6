-- qwen.keys: names in any order of modifiers, rows of keys, what is refused, and a person's function.
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

t.done()
