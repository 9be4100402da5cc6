-- The line under an answer: all requests of the turn, what they cost, singular and plural, and other languages.
local t = dofile "tests/check.lua"
local turn_summary = require "qwen.ui.transcript.turn_summary"
local recorder = dofile "tests/recording.lua"
local words = require "qwen.ui.render.words"

turn_summary.begin()
turn_summary.add { usage = { input = 1000000, output = 100, cached = 500000 }, prices = { input = 2, output = 10, cached = 0.5 } }
turn_summary.add { usage = { input = 500000, output = 900 }, prices = { input = 2, output = 10 } }
t.eq(turn_summary.line({ context = 1000000 }, { input = 500000, output = 900 }), "1.5M in, 1k out, 33% cached, $2.26, 0.0 s", "the sum of a turn")
turn_summary.begin()
turn_summary.add { usage = { input = 100, output = 1 }, prices = { input = 2, output = 10, currency = "CNY" } }
t.eq(turn_summary.line({}, { input = 100, output = 1 }), "100 in, 1 out, ¥0.0002, 0.0 s", "a small price")
turn_summary.begin()
turn_summary.add { usage = { input = 100, output = 1 } }
t.eq(turn_summary.line({}, { input = 100, output = 1 }), "100 in, 1 out, 0.0 s", "no price is known")
t.eq(turn_summary.line({}, nil), "0.0 s", "nothing is known")

t.eq({ words.plural("messages", 1), words.plural("messages", 2) }, { "1 message", "2 messages" }, "one and two")
t.eq({ qwen.text.count(1, "match", "matches"), qwen.text.count(0, "file") }, { "1 match", "0 files" }, "in tools")

-- A priced model, in Chinese.
do
  local settings = [[{"general": {"language": "zh"}, "modelProviders": {"openai": [{"id": "fake", "baseUrl": "%s", "envKey": "OPENAI_API_KEY",
    "prices": {"input": 1000, "output": 10}}]}}]]
  local ask = { calls = { { name = "run_shell_command", arguments = { command = "touch made" } } } }
  local fake = dofile "tests/fake/fake.lua"
  local server <close> = fake.start { ask, { text = "好" } }
  local run <close> = recorder.start({}, { files = { ["~/.qwen/settings.json"] = settings:format(server.url) }, env = { OPENAI_BASE_URL = server.url } })
  t.ok(run.wait "/help", "a session")
  run.type "go\r"
  t.ok(run.wait "询问原因：它会运行", "the reason")
  t.ok(run.wait "或数字", "the choices")
  run.type "1"
  t.ok(run.wait "$0.020", "two requests of ten tokens")
  run.type "/quit\r"
  t.eq(select(2, run.finish()), 0, "it ends")
end

t.done()
