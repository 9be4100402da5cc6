-- Languages: the words of the screen with the same places in each, the user's language is found, and texts are translated before they
-- are filled in.
local t = dofile "tests/check.lua"
local err = require "qwen.util.err"
local language = require "qwen.extension.language"
local registry = require "qwen.extension.registry"
local translate = require "qwen.util.translate"
local words = require "qwen.ui.render.words"

local tr, phrase = translate.tr, translate.phrase

registry.scan { safe = true }

local function places(text)
  local out = {}
  for place in text:gmatch "%%[%d.]*[%a%%]" do out[#out + 1] = place end
  return table.concat(out, " ")
end

local english = registry.get("languages", "en").words
for _, name in ipairs(registry.names "languages") do
  local texts = registry.get("languages", name).words
  for id, text in pairs(english) do
    if id:find "_one$" and not texts[id] then goto next end -- a language need not know them
    if t.ok(texts[id], name .. " has " .. id) then t.eq(places(texts[id]), places(text), name .. ": " .. id) end
    ::next::
  end
end

t.eq(language.use "zh", "zh", "by name")
t.eq(language.use "zh-CN", "zh", "with a country")
t.eq(language.use "中文", "zh", "by its own name")
t.eq(words.plural("more_lines", 1), "… 还有 1 行", "a language without a singular")
t.eq({ words.ago(59), words.ago(3600), words.ago(86400) }, { "刚刚", "1 小时前", "1 天前" },
  "how long ago")

-- The template is translated; what is filled in never is.
t.eq(tr "no", "否", "a text")
t.eq(tr("restored %s", "no"), "已恢复 no", "data is a word of ours")
t.eq(tr("%d messages in session %s", 7, "none"), "会话 none 中有 7 条消息", "another order")
t.eq(tr("restored %s", "%d %1 %%"), "已恢复 %d %1 %%", "data looks like places")
t.eq(tr("restored %s", tr "none"), "已恢复 无", "a text in a text")
t.eq(tr "nosuch", "nosuch", "no translation")
t.eq(tr("nosuch %s %d", "x", 3), "nosuch x 3", "no translation, filled in")
t.eq(tr "100% of it", "100% of it", "nothing to fill in")
t.eq(tr("in %.1f h", 1.25), "1.2 小时后", "a number as the template writes it")
t.eq(words.say "nosuch", "nosuch", "a name without a text")

-- A phrase is English to a model and translated for a person, with the phrases in it.
local reason = phrase("it writes to %s", "none")
t.eq({ tostring(reason), tr(reason) }, { "it writes to none", "它会写入 none" }, "a phrase")
t.eq(tr("it has %s: what it does cannot be told beforehand", phrase "a here-document"),
  "命令中含有 here-document：无法预先判断其作用", "a phrase in a text")
t.eq(tostring(phrase("the tool server %s: %s", "x", phrase "the connection was closed")),
  "the tool server x: the connection was closed",
  "a phrase in a phrase")
local place = phrase("flag %s", "--model") .. ":3"
t.eq({ tostring(place), tr(place), tr("%s", place) }, { "flag --model:3", "命令行参数 --model:3",
  "命令行参数 --model:3" }, "something beside it")
t.eq({ translate.for_user "none", translate.for_user(phrase "none") }, { "none", "无" }, "text of a stranger stays")
t.eq(qwen.json.encode { a = { phrase "none", phrase("a %d", 1) } }, '{"a":["none","a 1"]}', "data for other programs")
local e = err("denied", phrase("'%s' was not allowed to run (%s)", "none", reason))
t.eq({ e.message, tostring(e), err.english(e) }, { "“none”未获准运行（它会写入 none）", "“none”未获准运行（它会写入 none）",
  "'none' was not allowed to run (it writes to none)" }, "an error for both")
t.eq(err.english(err("usage", "said in English")), "said in English", "an error for one")

-- A translation that does not fit its text counts as missing; nothing is raised.
translate.use { texts = { ["a %s"] = "%s %s", ["b %d"] = "%2", ["d %5.1f %s"] = "%2:%1", ["e %d%%"] = "%d%%!" } }
t.eq({ tr("a %s", "x"), tr("b %d", 1), tr("d %5.1f %s", 2, "x"), tr("e %d%%", 5) }, { "a x", "b 1", "x:  2.0", "5%!" },
  "places that do not fit")

t.match((function()
  language.use "zh"
  return require("qwen.config.args").help {}
end)(), "\n对话：\n  %-p, %-%-prompt TEXT              回答一条提示后结束\n", "the help of the shell")
t.eq(language.use "klingon", "en", "an unknown one")
t.eq(language.use "auto", "en", "what the environment says")
t.eq(words.say("attempt", 2, 5), "attempt 2 in 5 s (Esc stops)", "filled in")
t.eq({ tr "no", tr("restored %s", "x") }, { "no", "restored x" }, "English")

t.eq({ qwen.text.pad("模型", 6) .. "|", qwen.text.pad("ok", -5), qwen.text.pad("longer", 3) },
  { "模型  |", "   ok", "longer" }, "columns")
t.eq({ words.span(0.04), words.span(3, true), words.span(59.9), words.span(61) }, { "0.0 s", "3 s", "59 s", "1 min 01 s" }, "times")
for _, case in ipairs { { -5, "0 s", "just now" }, { 59.9, "59 s", "just now" }, { 60, "1 min", "1 min ago" },
  { 3599, "59 min", "59 min ago" }, { 3 * 3600, "3 h", "3 h ago" }, { 86400, "1 day", "1 day ago" },
  { 29 * 86400, "29 days", "29 days ago" }, { 30 * 86400, "1 month", "1 month ago" },
  { 364 * 86400, "12 months", "12 months ago" }, { 365 * 86400, "1 year", "1 year ago" },
  { 800 * 86400, "2 years", "2 years ago" } } do
  t.eq({ words.age(case[1]), words.ago(case[1]) }, { case[2], case[3] }, "an age of " .. case[1])
end
t.eq({ words.count(999), words.count(1234), words.count(45210), words.count(999499), words.count(1200000) }, { "999", "1.23k", "45.2k", "999k", "1.2M" }, "counts")

t.done()
