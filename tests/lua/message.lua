-- Messages: what they say, and conversations that services take: every call answered, every result asked for.
local t = dofile "tests/check.lua"
local message = qwen.message

local function call(id) return { type = "call", id = id, name = "f", args = "{}" } end
local function result(id) return { type = "result", id = id, name = "f", text = "r" .. id } end
local function user(text) return message.user(text) end
local function answer(...) return message.assistant({ ... }, { stop = "calls" }) end

-- A conversation in short: u, a(ids), t(ids).
local function short(messages)
  local out = {}
  for i, m in ipairs(messages) do
    local ids = {}
    for _, part in ipairs(m.parts) do ids[#ids + 1] = part.id and (part.error and part.id .. "!" or part.id) or part.type == "image" and "img" or nil end
    out[i] = m.role:sub(1, 1) .. (#ids > 0 and "(" .. table.concat(ids, ",") .. ")" or "")
  end
  return table.concat(out, " ")
end

do
  local before = os.time()
  local m = message.user("hello", { { type = "image", mime = "image/png", data = "x" } })
  t.eq({ m.role, #m.parts, m.parts[2].type }, { "user", 2, "image" }, "a prompt with an image")
  t.match(m.id, "^%x+%-%x+%-%x+%-%x+%-%x+$", "has an id")
  t.ok(m.time >= before and m.time < os.time() + 1, "and a time")
  local a = message.assistant({ { type = "think", text = "hm" }, { type = "text", text = "a" }, call "1", { type = "text", text = "b" } }, { id = "own", model = "m" })
  t.eq({ message.text_of(a), #message.calls_of(a), a.id, a.model }, { "ab", 1, "own", "m" }, "its text without the rest, its calls, its fields")
end

local cases = {
  { "u a", { user "x", answer() } },
  { "u a(1,2) t(1,2) a", { user "x", answer(call "1", call "2"), message.results { result "1", result "2" }, answer() } },
  { "u a(1,2) t(1) t(2)", { user "x", answer(call "1", call "2"), message.results { result "1" }, message.results { result "2" } }, name = "results in messages of their own" },
  { "u a(1,2) t(1)", { user "x", answer(call "1", call "2"), message.results { result "1" } }, "t(2!)", name = "half answered at the end" },
  { "u a(1)", { user "x", answer(call "1") }, "t(1!)", name = "cut after the call" },
  { "u a(1) t(1!) u", { user "x", answer(call "1"), user "y" }, name = "in the middle" },
  { "u a(1) t(1!) a(2) t(2)", { user "x", answer(call "1"), answer(call "2"), message.results { result "2" } }, name = "between two answers" },
  { "u a(1,2) t(2) t(1!) u", { user "x", answer(call "1", call "2"), message.results { result "2" }, user "y" }, name = "half answered in the middle" },
  { "u u", { user "x", message.results { result "1" }, user "y" }, name = "a result of nothing" },
  { "u a(1) t(1) u", { user "x", answer(call "1"), message.results { result "1", result "9" }, user "y" }, name = "one result too many" },
  { "u a(1) t(1) u", { user "x", answer(call "1"), message.results { result "1" }, message.results { result "1" }, user "y" }, name = "the same result twice" },
  { "u a(1,1) t(1,1)", { user "x", answer(call "1", call "1"), message.results { result "1", result "1" } }, name = "two calls with one id" },
  { "u a(1) t(1,img)", { user "x", answer(call "1"), message.results { result "1", { type = "image", mime = "image/png", data = "x" } } }, name = "an image beside a result" },
  { "", {} },
}
for _, case in ipairs(cases) do
  local before = short(case[2])
  local mended, closing = message.mend(case[2], "why")
  t.eq(short(mended), case[1], case.name or case[1])
  t.eq(closing and short { closing }, case[3], (case.name or case[1]) .. ": the end")
  t.eq(short(case[2]), before, "what was given stays as it was")
  local dangling = message.close_dangling(case[2], "why")
  t.eq(dangling and short { dangling }, case[3], (case.name or case[1]) .. ": close_dangling")
  mended[#mended + 1] = closing
  t.eq({ short((message.mend(mended, "why"))), select(2, message.mend(mended, "why")) }, { short(mended) }, "what is mended needs no more")
end

t.done()
