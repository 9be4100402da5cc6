-- Themes: the words of a style as numbers for each kind of terminal, the background, which theme is taken, and that each one is complete.
local t = dofile "tests/check.lua"
local resource = require "qwen.resource"
local style = require "qwen.ui.style"
local theme = require "qwen.ui.theme"

resource.scan { safe = true }

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

local names = resource.names "themes"
t.eq(names, { "ansi", "colour-blind", "dark", "high-contrast", "light" }, "the shipped themes")
local used = { "accent", "good", "bad", "warn", "dim", "user", "heading", "strong", "em", "del", "tt", "link", "quote", "rule", "keyword", "string", "number",
  "comment", "added", "removed", "added_word", "removed_word", "think" }
for _, name in ipairs(names) do
  local styles = theme.load(name)
  for _, word in ipairs(used) do
    for spec in (styles[word] or "missing"):gmatch "%S+" do
      t.ok(spec == "on" or theme.sgr(spec, 1 << 24) ~= "", ("%s: %s: %s"):format(name, word, spec))
    end
  end
end

style.force(0)
t.eq(style.paint("bold", "a"), "a", "no escape byte without colours")
style.force(16)
style.use { x = "red", y = "bold" }
t.eq(style.paint("x y", "a"), "\27[31;1ma\27[m", "two styles")
t.eq(style.paint("nosuch", "a"), "a", "a style of nobody")
t.eq(style.paint("x", ""), "", "no text")

t.done()
