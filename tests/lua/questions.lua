-- Questions of the model: what keys answer, go back to and send; whatever a model writes into them fits any screen; where nobody can
-- answer they are not offered, and hooks and rules see them.
local t = dofile "tests/check.lua"
local ansi = require "qwen.ui.render.ansi"
local fake = dofile "tests/fake/fake.lua"
local Form = require "qwen.ui.widget.form"
local live = require "qwen.ui.screen.live"
local program = dofile "tests/program.lua"
local recording = dofile "tests/recording.lua"
local style = require "qwen.ui.render.style"

local dumb = live.dumb
live.dumb = function() return false end

local cache = { question = "Which cache?", header = "Cache", options = { { label = "Redis", description = "fast" }, { label = "Memory" } } }
local tests = { question = "Which tests?", header = "Tests", multiple = true, options = { { label = "unit" }, { label = "e2e" } } }
local bare = { question = "Which name?", header = "Name", options = {} }

-- The answer that keys give, and the form.
local function press(list, names)
  local form = Form.new(list)
  form:rows(80, 24, true)
  for name in names:gmatch "%S+" do
    local text = name == "space" and " " or utf8.len(name) == 1 and name or nil
    local answer = form:key { type = "key", key = name, text = text }
    if answer ~= nil then return answer, form end
    form:rows(80, 24, true)
  end
  return nil, form
end

for _, row in ipairs {
  { { cache }, "1", { { "Redis" } } },
  { { cache }, "enter", { { "Redis" } } },
  { { cache }, "down enter", { { "Memory" } } },
  { { cache }, "4", nil },
  { { cache }, "x q y n j left right space", nil },
  { { cache }, "3 o w n enter", { { "own" } } },
  { { cache }, "3 enter", nil },
  { { cache }, "3 1 2 esc 2", { { "Memory" } } },
  { { cache }, "esc", false },
  { { cache }, "3 esc esc", false },
  { { tests }, "1 2", nil },
  { { tests }, "1 2 4", { { "unit", "e2e" } } },
  { { tests }, "1 1 4", { {} } },
  { { tests }, "enter down enter 4", { { "unit", "e2e" } } },
  { { tests }, "space down space 3 m y enter 4", { { "unit", "e2e", "my" } } },
  { { tests }, "3 m y enter 3 enter 4", { {} } },
  { { bare }, "enter m e enter", { { "me" } } },
  { { cache, tests }, "2 1 4", nil },
  { { cache, tests }, "2 1 4 enter", { { "Memory" }, { "unit" } } },
  { { cache, tests }, "2 1 4 3", { { "Memory" }, { "unit" } } },
  { { cache, tests }, "2 left 1 1 4 enter", { { "Redis" }, { "unit" } } },
  { { cache, tests }, "2 1 4 1 1 enter", { { "Redis" }, { "unit" } } }, -- from the overview and back to it
  { { cache, tests }, "right right right enter", { false, false } },
  { { cache, tests }, "right 1 right enter", { false, { "unit" } } },
  { { cache, tests }, "left left 1 2 right 3", { { "Redis" }, { "e2e" } } },
  { { cache, tests }, "2 1 4 esc", false },
} do
  local answer = press(row[1], row[2])
  t.eq(answer, row[3], row[2])
end

-- What is marked and typed is seen.
local function screen(form, columns, height)
  local rows, cursor = form:rows(columns, height, true)
  return ansi.plain(table.concat(rows, "\n")), rows, cursor
end
local _, form = press({ cache, tests }, "2 1 3 m y enter")
t.match(screen(form, 80, 24), "☑ Cache.*☑ Tests.*Send \n.*Which tests%?.*%[x%] unit\n.*%[ %] e2e\n.*%[x%] Something else: my\n", "marks")
_, form = press({ cache, tests }, "2 right right")
t.match(screen(form, 80, 24), "Cache: Memory\n.*Tests: %(no answer%)\n.*❯ 3%. Send", "the overview")
_, form = press({ cache }, "3 a b")
t.match(screen(form, 80, 24), "Which cache%?.*Your answer: ab", "the question stays while an answer is typed")

local long = { question = "Which of these should the service use, given that no disk is shared?", header = "C", options = cache.options }
t.match(screen(Form.new { long }, 40, 24), "service\n  use, given", "a long question is broken between words")

-- Whatever a model writes: it fits, nothing in it steers the terminal, and the marked choice is seen.
local nasty = { "\27[2J\27]0;x\7\27[31mred", ("wide 中文"):rep(1000), ("x"):rep(10000), "a\r\nb\tc\0d", "\u{202e}evil\u{200b}", "# h\n```\n" .. ("code "):rep(300),
  ("line\n"):rep(300), "**" }
for _, words in ipairs(nasty) do
  local options = {}
  for i = 1, 50 do options[i] = { label = words .. i, description = i % 2 == 0 and words or nil } end
  for count, list in pairs { [0] = options, [1] = { options[1] }, [4] = table.move(options, 1, 4, 1, {}) } do
    local one = { question = words, header = words, options = list, multiple = count == 4 }
    for _, place in ipairs { { 80, 24 }, { 40, 24 }, { 20, 8 }, { 200, 60 } } do
      form = Form.new { one, one, one }
      for _ = 1, 3 do
        local plain, rows, cursor = screen(form, place[1], place[2])
        local name = ("%q... in %d columns, %d rows"):format(words:sub(1, 8), place[1], place[2])
        t.ok(#rows <= place[2], name .. ": " .. #rows .. " rows")
        t.ok(cursor.row <= #rows and cursor.column < place[1], name .. ": the cursor")
        t.eq(recording.hostile(plain), nil, name)
        t.match(plain, "❯", name)
        for _, row in ipairs(rows) do t.ok(ansi.width(row) <= place[1], name .. ": " .. ansi.width(row)) end
        form:key { type = "key", key = "down" }
        form:key { type = "key", key = "right" }
      end
    end
  end
end
live.dumb = dumb

-- Who listens gets each question written once.
style.listen(true)
_, form = press({ cache, tests }, "")
t.match(form:lines(), "1 of 2: Cache\n.*Which cache%?\n", "the first question")
t.ok(not screen(form, 80, 24):find("[ ]", 1, true), "no boxes")
style.listen(false)

-- Where nobody can answer.
local function call(name, arguments) return { calls = { { name = name, arguments = arguments } } } end
local asking = call("ask_user_question", { questions = { { question = "Which?", header = "H", options = { { label = "a", description = "b" } } } } })
local server <close> = fake.start { asking, { text = "done" } }
local place = program.place {}
local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "-p", "hi" })
local asked = server:requests()
t.eq(r.out, "done\n", r.err)
local said = asked[2].body.messages
t.match(said[#said].content, "Nobody can answer", "a sentence")
for _, tool in ipairs(asked[1].body.tools) do
  local name = tool["function"].name
  t.ok(name ~= "ask_user_question" and not name:find "plan_mode", name .. " is not offered")
end

-- At the prompt: hooks see the question as others, may refuse it and answer in nobody's place; a rule takes it away.
local HOOK = [[return { permission_asked = function(_, q) return { verdict = %q, reason = "not now" } end }]]
local function session(files, done)
  local run <close> = recording.start({ asking, { text = "Ended." } }, { files = files, log = true })
  run.wait "/help"
  run.type "go\r"
  if done then
    run.wait "❯"
    run.type "1"
  end
  t.ok(run.wait "Ended.", "it goes on")
  run.type "/quit\r"
  run.finish()
  local requests = run.server:requests()
  local messages = requests[2].body.messages
  return messages[#messages].content, requests[1]
end
t.match(session({}, true), "^User has provided the following answers:\n\n%*%*H%*%*: a$", "the answer")
t.match(session({ ["~/.qwen/hooks/no.lua"] = HOOK:format "deny" }), "not now", "refused by a hook")
t.match(session({ ["~/.qwen/hooks/yes.lua"] = HOOK:format "allow" }, true), "%*%*H%*%*: a", "a hook answers in nobody's place")
local PROGRAM = [[{"hooks":{"PermissionRequest":[{"matcher":"AskUserQuestion","hooks":[{"command":"echo by name >&2; exit 2"}]}]}}]]
t.match(session { ["~/.qwen/settings.json"] = PROGRAM }, "by name", "a program of the settings")
local words, first = session { ["~/.qwen/settings.json"] = '{"permissions":{"deny":["AskUserQuestion"]}}' }
t.match(words, "There is no tool", "refused by a rule")
for _, tool in ipairs(first.body.tools) do t.ok(tool["function"].name ~= "ask_user_question", "and not offered") end

-- What a model gets wrong is told, and nothing is asked.
do
  local empty = call("ask_user_question", { questions = { { question = " ", header = "H", options = {} } } })
  local run <close> = recording.start { empty, { text = "Ended." } }
  run.wait "/help"
  run.type "go\r"
  t.match(run.wait "Ended.", "Question 1 is empty", "for people, too")
  run.type "/quit\r"
  run.finish()
end
local tool = require("qwen.extension.registry").get("tools", "ask_user_question")
local function run(...) return tool.run({ questions = function(list) return list end }, { questions = { ... } }) end
t.match(run({ question = " ", header = "H", options = {} }).text, "Question 1 is empty", "an empty question")
local many = {}
for i = 1, 51 do many[i] = { label = "l" .. i } end
t.match(run({ question = "q", header = "H", options = many }).text, "51 options", "too many")
local got
tool.run({ questions = function(list)
  got = list
end }, { questions = { { question = "q", header = " ", options = { { label = "a" }, { label = " a " }, { label = "b", description = " " } } } } })
t.eq(got, { { question = "q", header = "Question 1", multiple = false, options = { { label = "a" }, { label = "b" } } } }, "twice, blank")

t.done()
