-- The command line: pairs of files in cases/args, the help text, and every declared flag.
local t = dofile "tests/check.lua"
local fs, json = require "sys.fs", require "sys.json"
local args, flags = require "qwen.config.args", require "qwen.config.flags"

-- NAME.in: one argument a line; NAME.want: the table as JSON without what is empty, or the error.
local folder, cases = "tests/cases/args", 0
for _, entry in ipairs(assert(fs.list(folder))) do
  local name = entry.name:match "^(.*)%.in$"
  if name then
    local argv = {}
    for line in assert(fs.read(folder .. "/" .. entry.name)):gmatch "([^\n]*)\n" do argv[#argv + 1] = line end
    local opts, e = args.parse(argv, function(word) return word == "config" or word == "auth" end)
    for key, value in pairs(opts or {}) do
      if type(value) == "table" and next(value) == nil then opts[key] = nil end
    end
    t.eq((opts and json.encode(opts) or e.kind .. ": " .. e.message) .. "\n", (fs.read(folder .. "/" .. name .. ".want")), name)
    cases = cases + 1
  end
end
t.ok(cases > 10, "cases were found")

-- Numbers as people write them, and what is none: value, or the words about it.
for _, case in ipairs {
  { "max-tool-calls", "0", 0 }, { "max-tool-calls", "7", 7 }, { "max-tool-calls", "-1", -1 }, { "max-tool-calls", "-5", "a whole number" },
  { "max-tool-calls", "1e9", "a whole number" }, { "max-tool-calls", "1000001", "at most 1000000" }, { "max-tool-calls", "abc", "not 'abc'" },
  { "max-tool-calls", "0x10", "a whole number" }, { "max-tool-calls", "1.0", "a whole number" }, { "max-tool-calls", "", "wants a value" },
  { "max-tokens", "1", 1 }, { "max-tokens", "0", "at least 1" }, { "max-tokens", "10k", "a whole number" },
  { "max-session-turns", "1e9", "a whole number" }, { "max-session-turns", "-1", -1 },
  { "max-cost", "0.50", 0.5 }, { "max-cost", "2", 2 }, { "max-cost", "-1", -1 }, { "max-cost", "0", "at least" }, { "max-cost", "1e9", "an amount" },
  { "max-cost", "$5", "an amount" }, { "max-cost", "1,50", "an amount" }, { "max-cost", "-0.5", "an amount" },
  { "max-wall-time", "90", 90 }, { "max-wall-time", "90s", 90 }, { "max-wall-time", "5m", 300 }, { "max-wall-time", "1h", 3600 },
  { "max-wall-time", "1.5h", 5400 }, { "max-wall-time", "-1", -1 }, { "max-wall-time", "0", "a time from 1s" },
  { "max-wall-time", "0.5", "a time from 1s" }, { "max-wall-time", "500ms", "a time" }, { "max-wall-time", "5 minutes", "not '5 minutes'" },
  { "max-wall-time", "1d", "a time" }, { "max-wall-time", "1e9", "a time" }, { "max-wall-time", "9999h", "a time" }, { "max-wall-time", "abc", "a time" },
} do
  local opts, e = args.parse { "--" .. case[1], case[2] }
  local field = case[1]:gsub("session%-", ""):gsub("%-", "_"):gsub("tool_", ""):gsub("wall_time", "seconds")
  local name = case[1] .. " " .. case[2]
  if type(case[3]) == "number" then t.eq(opts and opts[field] or tostring(e), case[3], name) else t.match(tostring(e), (case[3]:gsub("[$%-]", "%%%0")), name) end
end

-- Each flag of the table does what it declares.
local commands = { { name = "config", summary = "" }, { name = "auth", summary = "" } }
local help, seen = args.help(commands), {}
for _, group in ipairs(flags) do
  t.match(help, "\n" .. group.group .. "\n", "help has the group")
  for _, flag in ipairs(group) do
    for _, name in ipairs { flag.long, flag.also, flag.short } do
      t.ok(not seen[name], name .. " is declared once")
      seen[name] = true
    end
    local value = flag.choices and flag.choices[1] or flag.kind and "3" or "v"
    local want = flag.kind and 3 or flag.list and { value } or flag.value and value or true
    for _, name in ipairs { "--" .. flag.long, flag.also and "--" .. flag.also, flag.short and "-" .. flag.short } do
      local argv = { flag.value and name .. "=" .. value or name }
      if flag.field == "partial" then argv[2] = "--output=stream-json" end
      if flag.field == "fork_session" then argv[2] = "--continue" end
      local opts, e = args.parse(argv)
      t.eq(opts and opts[flag.field] or tostring(e), want, argv[1])
      if flag.value and not flag.optional then
        t.err(args.parse({ name }), select(2, args.parse({ name })), "usage", name .. " without its value")
        t.eq((args.parse({ name, value }) or {})[flag.field], want, name .. " value")
      elseif not flag.value then
        t.err(args.parse({ name .. "=1" }), select(2, args.parse({ name .. "=1" })), "usage", name .. " takes no value")
      end
    end
    t.match(help, "%-%-" .. flag.long:gsub("%-", "%%-") .. "%f[^%w-]", "help names it")
  end
end

-- The help fits.
local lines = 0
for line in help:gmatch "([^\n]*)\n" do
  lines = lines + 1
  t.ok(#line <= 80, "fits 80 columns: " .. line)
end
t.ok(lines <= 40, "fits 40 lines: " .. lines)

-- An argument of any bytes gives a table or an error of usage, never a crash.
local seed = 5
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end
local pieces = { "-", "--", "=", "-p", "--model", "--resume", "-y", "(", ",", "\27", "\xff", "", " ", "--use", "--output=json", "config" }
for _ = 1, 3000 do
  local argv = {}
  for i = 1, random(4) do argv[i] = pieces[random(#pieces)] .. (random(2) == 1 and pieces[random(#pieces)] or "") end
  local opts, e = args.parse(argv, function(word) return word == "config" end)
  if not t.ok(opts or e.kind == "usage", json.encode(argv)) then break end
end
-- Flags of other programs are refused with what is nearest here, which is there; so are values of theirs behind a switch of ours.
local foreign = require "qwen.config.foreign_flags"
local count = 0
for name, instead in pairs(foreign.nearest) do
  count = count + 1
  local opts, e = args.parse { name, "x" }
  t.eq(opts, nil, name)
  t.match(tostring(e), "unknown flag .*; here: ", name)
  t.ok(not seen[name:match "^%-+(.*)$"], name .. " is no flag of ours")
  for flag in instead:gmatch "%-%-([%w-]+)" do t.ok(seen[flag], name .. ": there is --" .. flag) end
end
t.ok(count > 80, "flags were looked at")
for _, case in ipairs {
  { { "-s", "workspace-write", "fix it" }, "takes no value" }, { { "--sandbox", "read-only" }, "takes no value" },
  { { "-c", "model_reasoning_effort=high", "fix it" }, "qwen config set" }, { { "-s", "fix it" } }, { { "-c", "a = b?" } }, { { "-c", "go on" } },
} do
  local opts, e = args.parse(case[1])
  t.eq(opts == nil, case[2] ~= nil, table.concat(case[1], " "))
  if case[2] then t.match(tostring(e), case[2]) end
end
t.done()
