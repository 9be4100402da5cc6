-- What others write may be one very long run of the same letter: whatever reads it takes a number of steps that grows with its length only.
local t = dofile "tests/check.lua"
local text = require "qwen.util.text"
local task = require "sys.task"

local LONG = 1 << 20
local blanks, dashes, marks = (" "):rep(LONG), ("-"):rep(LONG), ("<"):rep(LONG)

-- CPU time, and very much of it; a search that goes back at every letter would take hours.
local function soon(name, fn)
  local ok, e = task.limited(10, fn)
  t.ok(ok, ("%s: %s"):format(name, e))
end

soon("trim", function()
  t.eq(text.trim(blanks .. "a" .. blanks .. "b" .. blanks), "a" .. blanks .. "b", "trimmed")
  t.eq(text.trim_end("a" .. blanks .. "b\n" .. blanks), "a" .. blanks .. "b", "the end trimmed")
  t.eq({ text.trim(blanks), text.trim_end(blanks), text.trim "", text.trim_end "" }, { "", "", "", "" }, "nothing but blanks")
end)
soon("last line", function()
  t.eq(text.last_line("one\n" .. dashes), dashes, "the last line")
  t.eq({ text.last_line "one", text.last_line "one\n", text.last_line "" }, { "one", "", "" }, "at the ends")
end)
soon("an error page", function()
  local failure = require "qwen.provider.failure"
  t.match(failure(500, {}, marks).message, "^500 <", "marks without an end")
  t.match(failure(500, {}, "<style" .. ("<style"):rep(LONG // 6)).message, "^500 ", "styles without an end")
  t.match(failure(500, {}, "<p>sorry" .. blanks .. "</p>").message, "^500 sorry %(", "blanks")
end)
soon("an .env file", function()
  t.eq(require("qwen.config.dotenv").parse("A=b" .. blanks .. "c" .. blanks .. "# d\nB=" .. blanks), { A = "b" .. blanks .. "c", B = "" }, "blanks in a value")
end)
soon("calls in a text", function()
  local split, out, size = require "qwen.provider.text_tool_calls"(), {}, 0
  for _ = 1, 64 do split(blanks:sub(1, LONG // 64) .. "x", out) end
  split(nil, out)
  for _, delta in ipairs(out) do size = size + #(delta.text or "") end
  t.eq(size, LONG + 64, "all of it is text")
end)
soon("an answer", function()
  local Blocks = require "qwen.ui.render.blocks"
  for name, line in pairs { dashes = dashes:sub(1, 50000), ["dashes and blanks"] = ("- "):rep(4000), stars = ("* "):rep(4000), blanks = "a" .. blanks:sub(1, 50000) } do
    local blocks = Blocks.new(function() return 80 end)
    blocks:add(line .. "x\n")
    blocks:finish()
    t.ok(#blocks:take() > 0, name)
  end
end)

t.done()
