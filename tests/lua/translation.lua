-- The words of the screen: each language has all of them with the same places to fill in, and the person's language is found.
local t = dofile "tests/check.lua"
local registry = require "qwen.extension.registry"
local words = require "qwen.ui.render.words"

registry.scan { safe = true }

local function places(text)
  local out = {}
  for place in text:gmatch "%%[%d.]*[%a%%]" do out[#out + 1] = place end
  return table.concat(out, " ")
end

local english = registry.get("languages", "en").words
for _, name in ipairs(registry.names "languages") do
  local language = registry.get("languages", name).words
  for id, text in pairs(english) do
    if id:find "_one$" and not language[id] then goto next end -- a language need not know them
    if t.ok(language[id], name .. " has " .. id) then t.eq(places(language[id]), places(text), name .. ": " .. id) end
    ::next::
  end
end

t.eq(words.use "zh", "zh", "by name")
t.eq(words.use "zh-CN", "zh", "with a country")
t.eq(words.use "中文", "zh", "by its own name")
t.eq(words.translate "no", "否", "an English text")
t.eq(words.translate "restored a b.txt", "已恢复 a b.txt", "something is filled in")
t.eq(words.translate "there is no command /hepl; did you mean /help?", "没有命令 /hepl；是否想输入 /help？", "a text in a text")
t.eq(words.translate "7 messages in session abc", "会话 abc 中有 7 条消息", "another order")
t.eq(words.translate "some messages in session abc", "some messages in session abc", "a number is a number")
t.eq(words.lines "  /undo          list the tools that the model is offered\nmodel     gpt-x", "  /undo          列出提供给模型的工具\n模型      gpt-x", "cells")
t.eq(words.lines "model  requests     cost\nm            10  unknown", "模型       请求     费用\nm            10     未知", "columns that end together")
t.eq(words.lines " off", " off", "a word alone may be anything")
t.eq(words.translate(("restored "):rep(200)), ("restored "):rep(200), "a long text is not ours")
t.eq(words.translate "nosuch", "nosuch", "no translation")
t.eq(words.translate "environment KEY", "环境变量 KEY", "where a key comes from")
t.match(words.lines(require("qwen.config.args").help {}), "\n对话：\n  %-p, %-%-prompt TEXT              回答一条提示后结束\n", "the help of the shell")
t.eq(words.say "nosuch", "nosuch", "without a translation")
t.eq(words.use "klingon", "en", "an unknown one")
t.eq(words.use "auto", "en", "what the environment says")
t.eq(words.say("attempt", 2, 5), "attempt 2 in 5 s (Esc stops)", "filled in")

t.eq({ words.span(0.04), words.span(3, true), words.span(59.9), words.span(61) }, { "0.0 s", "3 s", "59 s", "1 min 01 s" }, "times")
t.eq({ words.count(999), words.count(1234), words.count(45210), words.count(999499), words.count(1200000) }, { "999", "1.23k", "45.2k", "999k", "1.2M" }, "counts")

t.done()
