-- The terminal says its background when it is asked (OSC 11), whenever it likes: the theme follows,
-- unless the user chose one.
local t = dofile "tests/check.lua"
local recording = dofile "tests/recording.lua"
local json = require "sys.json"
local theme = require "qwen.ui.render.theme"

-- The colour of a heading after the terminal has said that.
local function heading(reply, options)
  options = options or {}
  local run <close> = recording.start({ { text = "# Title\n\nend." } }, { env = options.env,
    files = options.theme and { ["~/.qwen/settings.json"] = json.encode { ui = { theme = options.theme } } } })
  local greeting = run.wait "/help"
  local asked = greeting:find("\27]11;?\27\\", 1, true) ~= nil
  run.type(reply .. "go\r")
  run.wait "10 in"
  local shown = run.bytes()
  run.type "/quit\r"
  t.eq(select(2, run.finish()), 0, "it ends")
  return shown:match "\27%[([%d;]*)m[^\27\n]*Title", asked
end

local function of(name) return theme.sgr(assert(theme.load(name)).heading, 256) end
t.ok(of "light" ~= of "dark", "the themes differ")

t.eq({ heading "" }, { of "dark", true }, "it is asked, and need not answer")
t.eq(heading "\27]11;rgb:ffff/ffff/ffff\27\\", of "light", "white")
t.eq(heading "\27]11;rgb:f/f/e\a", of "light", "in a short form")
t.eq(heading "\27]11;rgb:1e1e/1e1e/2e2e\27\\", of "dark", "dark")
t.eq(heading("\27]11;rgb:0000/0000/0000\a", { env = { COLORFGBG = "0;15" } }), of "dark", "it knows better than the environment")
t.eq(heading("", { env = { COLORFGBG = "0;15" } }), of "light", "which counts without an answer")
t.eq(heading "\27]11;rgb:zz/0/0\27\\\27]11;\27\\\27]10;rgb:ffff/ffff/ffff\27\\", of "dark", "what is no answer")
t.eq({ heading("\27]11;rgb:ffff/ffff/ffff\27\\", { theme = "dark" }) }, { of "dark", false }, "the user chose one")
t.eq({ heading("\27]11;rgb:ffff/ffff/ffff\27\\", { theme = "auto" }) }, { of "light", true }, "or leaves it to the terminal")

t.done()
