-- Who types is asked nothing by accident: keys go to the text until a pause, a character waits to
-- see whether it begins a word, and ten thousand random pieces of text never give an approval.
local t = dofile "tests/check.lua"
local Question = require "qwen.ui.widget.approval_dialog"
local Picker = require "qwen.ui.widget.picker"
local Form = require "qwen.ui.widget.form"
local key_guard = require "qwen.ui.interactive.key_guard"

local choices = {
  { key = "y", label = "yes" }, { key = "a", label = "for this session", lasting = true },
  { key = "A", label = "always", lasting = true }, { key = "e", label = "change it first" },
  { key = "n", label = "no", words = "Why?" },
}

local function event(key)
  if key == "paste" then return { type = "paste", text = "y\n1\n" } end
  return { type = "key", key = key, text = utf8.len(key) == 1 and key or nil }
end

-- Plays {seconds of pause, key...} against a question that comes up at 0 beside `typed`, whose last
-- key was `since` before: the answer and the text.
local function play(question, typed, since, steps)
  local now, text, answer = 0, typed, nil
  local guard = key_guard.new(since)
  local shown
  local function show()
    local armed, typing = guard:armed(now), text ~= ""
    local state = (armed and 2 or 0) + (typing and 1 or 0)
    if state ~= shown then question:rows(80, 24, armed, typing) end
    shown = state
  end
  local function give(one)
    if answer == nil then answer = question:key(one) end
  end
  local function pass(seconds)
    now = now + seconds
    local due = guard:due(now)
    if due then give(due) end
    show()
  end
  for _, step in ipairs(steps) do
    if type(step) == "number" then
      pass(step)
    elseif answer == nil then
      for _, item in ipairs(guard:sort(event(step), now, question)) do
        if item.to == "question" then
          give(item.event)
        elseif item.event.key == "enter" then
          text = "" -- it is sent
        else
          text = text .. (item.event.text or "")
        end
      end
      show()
    end
  end
  pass(10)
  return type(answer) == "table" and answer.key or answer, text, question
end

local function asked() return Question.new { title = "run", choices = choices } end

-- What is typed when it comes up, when it was typed last, the keys: the answer, the text.
local rows = {
  { "", 0, { 2, "y" }, "y", "" },
  { "", 0, { 0.2, "y" }, nil, "y" }, -- it was on its way
  { "", 0, { 0.7, "1" }, "y", "" },
  { "", 0, { 0.3, "1" }, nil, "1" },
  { "", 0, { 0.7, "y" }, nil, "y" }, -- a letter needs a whole second
  { "", 0, { 2, "y", 0.1, "e", "s" }, nil, "yes" },
  { "", 0, { 2, "1", "enter" }, "y", "" },
  { "", 0, { 2, "1", 0.1, "0" }, nil, "10" },
  { "", 0, { 2, "A" }, nil, "A" }, -- never for what lasts
  { "", 0, { 2, "3" }, "A", "" },
  { "", 0, { 2, "enter" }, "y", "" },
  { "", 0, { 0.1, "enter" }, nil, "" },
  { "", 0, { 2, "down", "enter" }, "a", "" },
  { "", 0, { 2, "E", 0.1, "x", 0.1, "enter" }, nil, "" },
  { "Also run", 0, { 0.1, " ", 0.1, "A", 0.1, "l", 0.1, "l" }, nil, "Also run All" },
  { "Also run", 0, { 0.1, "enter", 0.1, "y" }, nil, "y" },
  { "why did", 0, { 0.1, " ", 0.1, "y", 0.1, "o", 0.1, "u" }, nil, "why did you" },
  { "why did", 0, { 2, "enter" }, nil, "why did" }, -- nothing is marked beside a text
  { "why did", 0, { 2, "down", "enter" }, "y", "why did" },
  { "why did", 0, { 2, "2" }, "a", "why did" },
  { "", 0, { 2, "paste" }, nil, "y\n1\n" },
  { "", 0, { 2, "esc" }, false, "" },
}
for i, row in ipairs(rows) do
  local answer, text = play(asked(), row[1], row[2], row[3])
  t.eq({ answer, text }, { row[4], row[5] }, "row " .. i)
end

-- A list that the person opened takes keys at once; one that comes up while they type does not.
t.eq((play(Picker.new("Which?", { "a", "b" }), "", nil, { "down", "enter" })), 2)
t.eq((play(Picker.new("Which?", { "a", "b" }), "", nil, { "2" })), 2)
local function typed(...)
  local answer, text = play(...)
  return { text, answer }
end
t.eq(typed(Picker.new("Which?", { "a", "b" }), "so", 0, { "2", "enter" }), { "" })
t.eq((play(Picker.new("Which?", { "a", "b" }, { search = true }), "", nil, { "b", "enter" })), 2)
t.eq(typed(Picker.new("Which?", { "a" }, { search = true }), "so", 0, { "a", "enter" }), { "" })

-- The random typist: words of prose, with slips, at any moment around the question.
math.randomseed(15)
local letters = { "y", "n", "e", "A", "a", "1", "2", "3", "v", " ", "x", "backspace", "left", "é" }
local function typist()
  local steps = { math.random() * 4 }
  for _ = 1, math.random(1, 3) do
    for _ = 1, math.random(2, 12) do
      steps[#steps + 1] = letters[math.random(#letters - (#steps == 1 and 3 or 0))]
      steps[#steps + 1] = 0.02 + math.random() * 0.25
    end
    steps[#steps + 1] = math.random() < 0.5 and "enter" or nil
    steps[#steps + 1] = math.random() < 0.5 and math.random() * 3 or nil
  end
  return steps
end
local given = 0
for _ = 1, 10000 do
  local answer, _, question = play(asked(), math.random() < 0.5 and "so" or "", 0, typist())
  if answer or question.entry then given = given + 1 end
end
t.eq(given, 0, "approvals that a typist gave")

-- The same for questions of the model: no answer, no mark, no page. Left is a word of theirs where no
-- text is, and nobody begins a prompt with it.
letters[13] = "o"
local two = { { label = "one" }, { label = "two" } }
local changed = 0
for n = 1, 5000 do
  local form = Form.new { { question = "Which?", header = "a", options = two, multiple = n % 2 == 0 },
    { question = "Which?", header = "b", options = two } }
  local answer = play(form, math.random() < 0.5 and "so" or "", 0, typist())
  local touched = form.at > 1 or form.page.entry or form.given[1].own or next(form.given[1].marked)
  if answer or touched then changed = changed + 1 end
end
t.eq(changed, 0, "answers that a typist gave")

t.done()
