-- Tools that wait until they are found: what the first request holds, what a search brings, and
-- which settings change it. Through the real program.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local json = require "sys.json"
local program = dofile "tests/program.lua"

local TOOL = [[return { summary = %q, effect = "none", %s
  schema = { type = "object", properties = { x = { type = "string" } } },
  run = function(_, args) return "got " .. tostring(args.x) end }]]
local function tools(settings)
  return {
    ["~/.qwen/settings.json"] = settings,
    ["~/.qwen/tools/weather.lua"] = TOOL:format("Tells how the sky looks.", "deferred = true,"),
    ["~/.qwen/tools/tide_table.lua"] = TOOL:format("Tells the sea.", "deferred = true,"),
    ["~/.qwen/tools/nowhere.lua"] = TOOL:format("x", "offered = function() return false end,"),
    ["~/.qwen/tools/wrong.lua"] = TOOL:format("x", "offered = function(c) return c.no.such end,"),
    ["~/.qwen/tools/plain.lua"] = TOOL:format("Plain.", "offered = function() return true end,"),
  }
end

local function call(name, args) return { calls = { { name = name, arguments = args } } } end

local function run(settings, answers, ...)
  local server <close> = fake.start(answers)
  local place = program.place(tools(settings))
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "-p", "hi", ... })
  return server:requests(), r
end

-- The names that a request offers, without those that always are.
local function offered(request)
  local out = {}
  for _, tool in ipairs(request.body.tools) do
    local name = tool["function"].name
    if name == "tool_search" or name == "weather" or name == "tide_table" or name == "nowhere"
      or name == "wrong" or name == "plain" then out[#out + 1] = name end
  end
  return table.concat(out, " ")
end

local function described(request, name)
  for _, tool in ipairs(request.body.tools) do
    if tool["function"].name == name then return tool["function"].description end
  end
end

local function result(request)
  local last = request.body.messages[#request.body.messages]
  return last.role == "tool" and last.content or json.encode(last)
end

-- Named at first, offered once they were found, and the list before them stays as it is.
local asked, r = run(nil, { call("tool_search", { query = "what does the SKY do" }),
  call("weather", { x = "north" }), { text = "done" } })
t.eq(r.code, 0, r.err)
t.match(r.err, "wrong is not offered: .*tools/wrong.lua:1", "a function that fails is told")
t.eq(offered(asked[1]), "plain tool_search", "the others wait")
t.match(described(asked[1], "tool_search"), "tide_table, weather", "and are named")
t.eq(offered(asked[2]), "plain tool_search weather", "what was found is offered")
t.match(result(asked[2]), '<function>{"description":"Tells how the sky looks."', "its definition")
t.ok(not result(asked[2]):find "tide", "no other")
t.eq(result(asked[3]), "got north", "and it can be called")
local first, second = asked[1].body.tools, asked[2].body.tools
for i, tool in ipairs(first) do t.eq(tool, second[i], "a prefix that stays") end

-- Ways to find, and to miss.
for query, want in pairs {
  ["select:weather,tide_table"] = "plain tool_search weather tide_table",
  ["select:Tide_Table, nothing"] = "plain tool_search tide_table",
  ["tide"] = "plain tool_search tide_table",
  ["tells"] = "plain tool_search tide_table weather",
  ["select:"] = "plain tool_search", ["%a+"] = "plain tool_search", ["zzz"] = "plain tool_search",
  ["plain"] = "plain tool_search", ["天气"] = "plain tool_search",
} do
  asked = run(nil, { call("tool_search", { query = query }), { text = "done" } })
  t.eq(offered(asked[2]), want, query)
end
asked = run(nil, { call("tool_search", { query = "tells", max_results = 1 }), { text = "done" } })
t.eq(offered(asked[2]), "plain tool_search tide_table", "so many at most")
t.match(result(asked[2]), "weather", "the other is named")

-- A call by its name needs no search; one by another spelling of it does not either.
for name, want in pairs { weather = "weather", Weather = "weather", ["tide-table"] = "tide_table" } do
  asked = run(nil, { call(name, { x = "y" }), { text = "done" } })
  t.eq(result(asked[2]), "got y", name)
  t.eq(offered(asked[2]), "plain tool_search " .. want, name)
end

-- Settings, and rules that refuse.
for settings, want in pairs {
  ['{"tools":{"toolSearch":{"enabled":false}}}'] = "plain tide_table weather",
  ['{"tools":{"toolSearch":{"threshold":50}}}'] = "plain tide_table weather",
  ['{"tools":{"visible":["weather"]}}'] = "plain weather tool_search",
  ['{"permissions":{"deny":["weather"]}}'] = "plain tool_search",
  ['{"permissions":{"deny":["weather","tide_table"]},"tools":{"eager":["tool_search"]}}'] =
    "plain tool_search",
  ['{"permissions":{"deny":["tool_search"]}}'] = "plain tide_table weather",
} do
  asked = run(settings, { { text = "done" } })
  t.eq(offered(asked[1]), want, settings)
end
asked = run('{"tools":{"eager":["read_file"]}}', { { text = "done" } })
t.ok(described(asked[1], "read_file"), "what is named is there")
t.eq(described(asked[1], "glob"), nil, "what is not named waits")
t.match(described(asked[1], "tool_search"), "glob", "and is found")
asked = run('{"permissions":{"deny":["weather"]}}', { call("weather", { x = "y" }), { text = "done" } })
t.ok(not result(asked[2]):find "got y", "a rule that refuses holds for what waits")

t.done()
