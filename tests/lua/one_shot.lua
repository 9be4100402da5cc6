-- Side requests: their budgets of money and time, and their line in the ledger.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local json = require "sys.json"

-- Asks with these options (Lua text); gives what was printed, what was asked, and the ledger by purpose.
local function ask(options, answer, prices)
  local server <close> = fake.start { answer }
  local place = program.place {
    ["~/.qwen/commands/side.lua"] = ([[
      return { summary = "x", session = true, run = function(ctx)
        local text, e, answer = qwen.one_shot.ask(ctx, { prompt = ("word "):rep(300), %s })
        ctx.print(text or e.kind .. ": " .. e.message)
        for _, row in ipairs(qwen.x.ledger.sum({ "purpose", "outcome" }, {})) do ctx.print(row.purpose .. " " .. row.outcome .. " " .. tostring(row.cost)) end
      end }]]):format(options),
    ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = json.array { { id = "m", baseUrl = server.url, envKey = "K", prices = prices } } },
      model = { name = "m" }, security = { auth = { selectedType = "openai" } } },
  }
  local r = program.run(place, { "/side" }, { env = { K = "key-0123456789" } })
  t.eq({ r.code, r.err }, { 0, "" }, options)
  return r.out, server:requests()
end

local prices = { input = 2, output = 10, currency = "EUR" }

-- The question is about 500 tokens: 0.001. What is left of 0.005 buys 400 tokens.
local out, asked = ask("cost = 0.005, purpose = 'small'", { text = "42", usage = { prompt_tokens = 300, completion_tokens = 20 } }, prices)
t.match(out, "^42\nsmall ok 0%.0008", "answered, and in the ledger under its purpose")
t.eq(asked[1].body.max_tokens, 400, "what the money buys is the limit of the answer")

out, asked = ask("cost = 0.001", { text = "42" }, prices)
t.match(out, "^limit: nothing was asked: the question alone costs about 0%.00100%d EUR of the 0%.001 that it may cost\n$")
t.eq(#asked, 0, "too dear, so nobody was asked")

out, asked = ask("cost = 0.01", { text = "42" })
t.match(out, "^missing: nothing was asked: a budget of money needs the prices of m, which are not known; set prices of its entry in modelProviders")
t.eq(#asked, 0, "a budget that cannot be kept is not ignored")

out = ask("cost = 0.001", { text = "42" }, { input = 0, output = 0 })
t.match(out, "^42\n", "a model that costs nothing")

out = ask("seconds = 0.3", { text = "never whole", fault = "stall" })
t.match(out, "^timeout: m gave no whole answer within 0%.3 s\nside cancelled ", "given up, and in the ledger")

out = ask("seconds = 60", { text = "42" })
t.match(out, "^42\nside ok ")
t.done()
