-- Themes: the words of a style as numbers for each kind of terminal, the background, which theme is taken, and that each one is complete.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local registry = require "qwen.extension.registry"
local style = require "qwen.ui.render.style"
local theme = require "qwen.ui.render.theme"

registry.scan { safe = true }

t.eq(theme.sgr("bold #ff8000 on black", 1 << 24), "1;38;2;255;128;0;40", "true colour")
t.eq(theme.sgr("#ff8000 on #000000", 256), "38;5;208;48;5;16", "256 colours")
t.eq(theme.sgr("#f01010 on #101010", 16), "91;40", "16 colours")
t.eq(theme.sgr("bright-blue on bright-red", 16), "94;101", "bright ones")
t.eq(theme.sgr("208", 256), "38;5;208", "by number")
t.eq(theme.sgr("208", 16), "33", "by number, with 16")
t.eq(theme.sgr("nonsense #12 999 italic", 256), "3", "what means nothing is left out")
t.eq(theme.sgr("", 256), "", "nothing")

t.eq(theme.background "]11;rgb:ffff/ffff/ffff", "light", "a white background")
t.eq(theme.background "]11;rgb:1e/1e/2e", "dark", "a dark one")
t.eq(theme.background "]11;rgba:0000/0000/0000/ffff", "dark", "with alpha")
t.eq(theme.background "]10;rgb:ffff/ffff/ffff", nil, "another answer")

t.eq({ theme.choose("light", "dark") }, { "light", false }, "the one that was set")
t.eq({ theme.choose("GitHub Light") }, { "light", false }, "a theme of Qwen Code")
t.eq({ theme.choose("Dracula") }, { "dark", false }, "another one")
t.eq(theme.choose("ANSI"), "ansi", "the terminal's colours")

local names = registry.names "themes"
t.eq(names, { "ansi", "colour-blind", "dark", "high-contrast", "light" }, "the shipped themes")
local used = { "accent", "good", "bad", "warn", "dim", "user", "heading", "strong", "em", "del", "tt", "link", "quote", "rule", "keyword", "string", "number",
  "comment", "added", "removed", "added_row", "removed_row", "added_word",
  "removed_word", "think" }
for _, name in ipairs(names) do
  local styles = theme.load(name)
  for _, word in ipairs(used) do
    for spec in (styles[word] or "missing"):gmatch "%S+" do
      t.ok(spec == "on" or theme.sgr(spec, 1 << 24) ~= "", ("%s: %s: %s"):format(name, word, spec))
    end
  end
end

-- What a person's theme says wrong: file, line and the nearest name; what it may say passes.
do
  local wrong = {
    name = { 'summary = "x", styles = {\n  good = "green",\n  acent = "blue" }', ":4: unknown style 'acent'; did you mean 'accent'?" },
    word = { 'styles = {\n  accent = "bould #61afef" }', ":3: style 'accent' has an unknown word 'bould'; did you mean 'bold'?" },
    colour = { 'styles = {\n\n  accent = "bold #61afe" }', ":4: style 'accent' has an unknown word '#61afe'\n" },
    range = { 'styles = { dim = "256" }', ":2: style 'dim' has an unknown word '256'\n" },
    number = { 'styles = { dim = 8 }', ":2: style 'dim' must be a string, not a number" },
    list = { 'styles = { "bold" }', ".lua: unknown style '1'\n" },
  }
  local files = { ["~/.qwen/themes/fine.lua"] = 'return { styles = { chosen = "reverse bright-red on 208", accent = "bold #61AFEF on black", dim = "" } }' }
  for name, case in pairs(wrong) do files[("~/.qwen/themes/%s.lua"):format(name)] = "return {\n" .. case[1] .. " }" end
  local told = program.run(program.place(files), { "doctor" }).out
  for name, case in pairs(wrong) do
    t.ok(told:find(("WRONG themes/%s is out of order: ~/.qwen/themes/%s"):format(name, name) .. (case[2]:find "^:" and ".lua" or "") .. case[2], 1, true), name .. ": " .. told)
  end
  t.match(told, "ok    themes/fine ")
end

style.force(0)
t.eq(style.paint("bold", "a"), "a", "no escape byte without colours")
style.force(16)
style.use { x = "red", y = "bold" }
t.eq(style.paint("x y", "a"), "\27[31;1ma\27[m", "two styles")
t.eq(style.paint("nosuch", "a"), "a", "a style of nobody")
t.eq(style.paint("x", ""), "", "no text")

-- Themes of settings.json.
do
  local custom = require "qwen.ui.render.custom_themes"
  local value, wrong = custom.convert { name = "mine", type = "custom", Background = "#fafafa", Foreground = "#111", AccentBlue = "Teal",
    AccentGreen = "#00FF00", Gray = "rebeccapurple", DiffAdded = "#ccffcc", Comment = "no colour" }
  t.eq({ value.background, wrong }, { "light", "Comment" }, "its background, and what is no colour")
  local styles = value.styles
  t.eq({ styles.accent, styles.heading, styles.good, styles.added_word, styles.dim, styles.comment, styles.bad },
    { "#008080", "bold #008080", "#00ff00", "bold #111111 on #ccffcc", "#663399", nil, nil }, "its styles")
  t.eq(require("qwen.extension.theme_schema").problem(styles), nil, "each of them is one of ours")
  local set = { ["ui.customThemes"] = { night = { Background = "black", AccentRed = "crimson" }, light = { Background = "black" } },
    ["ui.theme"] = "/etc/passwd" }
  local problems = custom.provide { settings = { get = function(_, key) return set[key] end } }
  t.match(table.concat(problems), "/etc/passwd is not a JSON file in your home folder", "a file elsewhere is not read")
  t.eq({ theme.choose("night", "light") }, { "night", false }, "it can be chosen")
  t.eq({ theme.load("night").bad, theme.load("night").good, theme.load("light").bad ~= nil },
    { "#dc143c", theme.load("dark").good, true }, "with the shipped one behind it")
end

t.done()
