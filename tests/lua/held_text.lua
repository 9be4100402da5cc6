-- A hook that holds text back until it knows what stands there gives it where the text ends: before a
-- call, and at the end.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local json = require "sys.json"
local program = dofile "tests/program.lua"

-- Words go on when they are whole.
local HOOK = [[
local held = ""
return { delta = function(_, delta)
  if delta.type ~= "text" then return end
  local all = held .. delta.text
  local cut = delta.last and #all or #all:match "^(.-)%S*$"
  held, delta.text = all:sub(cut + 1), all:sub(1, cut):gsub("Rumpelstiltskin", "***")
  return delta
end }
]]
-- Another one, which hears what the first one let through.
local SECOND = [[
return { delta = function(_, delta)
  if delta.type == "text" then delta.text = delta.text:upper() return delta end
end }
]]

-- A text in pieces of a few bytes.
local function pieces(text, bytes)
  local out = {}
  for at = 1, #text, bytes do out[#out + 1] = text:sub(at, at + bytes - 1) end
  return json.array(out)
end

for _, row in ipairs {
  { { { text = pieces("I am Rumpelstiltskin", 3) } }, "I AM ***\n" },
  { { { text = pieces("Rumpelstiltskin is my name", 3) } }, "*** IS MY NAME\n" },
  { { { text = pieces("so Rumpelstiltskin", 3), calls = { { name = "glob", arguments = { pattern = "*" } } } },
    { text = pieces("then Rumpelstiltskin", 3) } }, "SO ***\nTHEN ***\n" },
} do
  local server <close> = fake.start(row[1])
  local place = program.place { ["~/.qwen/hooks/a.lua"] = HOOK, ["~/.qwen/hooks/b.lua"] = SECOND }
  local r = program.run(place, { "-p", "hi" }, { env = { OPENAI_BASE_URL = server.url, OPENAI_API_KEY = "k", OPENAI_MODEL = "m" } })
  t.eq({ r.code, r.out }, { 0, row[2] }, r.err)
  local asked = server:requests()
  if asked[2] then
    local said = asked[2].body.messages[#asked[2].body.messages - 1]
    t.eq({ said.content, #said.tool_calls }, { "SO ***", 1 }, "what is kept, before its call")
  end
end
t.done()
