-- What each command offers for a word: the `complete` of every shipped command and sub-command,
-- with words that make sense and words that do not, in a run of the program with models, sessions,
-- servers and settings to choose from.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

-- Asks every command of the registry; prints what it offers, and each failure.
local asker = [==[
local odd = { "", "x", "-", "--", "é", "%", "[", "a/b", ("w"):rep(500) }
local function wrong(list)
  if type(list) ~= "table" then return "no list: " .. type(list) end
  for i, item in ipairs(list) do
    local text = type(item) == "table" and item.text or item
    if type(text) ~= "string" or text == "" or text:find "[%c]" then return ("item %d is %s"):format(i, tostring(text)) end
  end
end
return { summary = "ask all", run = function(ctx)
  local cases = qwen.json.decode(qwen.fs.read(ctx.cwd .. "/cases.json"))
  local out = { offers = {}, failures = {}, names = {} }
  for _, entry in ipairs(qwen.x.registry.list "commands") do
    local command = qwen.x.registry.get("commands", entry.name)
    local subs = { [""] = command.complete }
    for name, sub in pairs(command.subcommands or {}) do subs[name] = sub.complete end
    for sub, complete in pairs(entry.tier == "shipped" and subs or {}) do
      local name = sub == "" and entry.name or entry.name .. " " .. sub
      if complete then out.names[#out.names + 1] = name end
      for _, word in ipairs(complete and odd or {}) do
        for _, before in ipairs { {}, { word }, { word, word }, { "--to" }, { "--for", word } } do
          if sub ~= "" then table.insert(before, 1, sub) end
          local ok, list = pcall(command.complete, ctx, word, before)
          local problem = not ok and tostring(list) or wrong(list)
          if problem then out.failures[#out.failures + 1] = name .. " " .. word:sub(1, 9) .. ": " .. problem end
        end
      end
    end
  end
  for i, case in ipairs(cases) do
    local list, words = {}, qwen.json.array(case.before)
    local ok, items = pcall(function() return qwen.x.registry.get("commands", case.name).complete(ctx, case.word, words) end)
    for j, item in ipairs(ok and items or {}) do list[j] = type(item) == "table" and item.text or item end
    out.offers[i] = ok and qwen.json.array(list) or tostring(items)
  end
  ctx.print(qwen.json.encode(out))
  return 0
end }
]==]

-- By the words that stand already: the command, what comes before; then what must be offered, and
-- what must not (behind a minus).
local cases = {
  { "auth", "status", "qwen-oauth", "openrouter", "logout" },
  { "auth logout", "openrouter", "-status" },
  { "auth move", "--to", "-vault" }, { "auth move --to", "vault", "-openrouter" },
  { "cd", "../home/", "-show" }, { "cd ..", "-../home/" },
  { "directory", "add", "show" }, { "directory add", "../home/" },
  { "config", "set", "unset", "explain" }, { "config get", "model.name" },
  { "config set", "model.name", "ui.theme" }, { "config unset", "model.name" },
  { "config explain", "model.name" }, { "config explain general.vimMode", "-true", "-model.name" },
  { "config set general.vimMode", "true", "false", "-model.name" },
  { "agents", "create", "list" }, { "agents show", "explore" }, { "agents edit", "mine", "-explore" },
  { "agents delete", "mine" },
  { "config set tools.approvalMode", "plan" },
  { "copy", "code" }, { "diff", "last" }, { "eject", "providers/openai", "commands/copy" },
  { "explain", "override", "providers/openai" }, { "explain override", "tools/edit" },
  { "explain config", "model.name" },
  { "export", "html", "json", "md" }, { "export md", "-html" }, { "help", "keys" },
  { "limits", "--json", "set", "store" }, { "limits set", "--for" }, { "limits unset", "--for" },
  { "limits store", "off" }, { "limits store 127.0.0.1", "--password" },
  { "lsp", "log", "restart", "stop" }, { "lsp log", "-log" }, { "lsp restart", "-log" }, { "lsp stop", "-log" },
  { "plan", "exit" }, { "plan exit", "-exit" },
  { "mcp", "add", "add-json", "import", "allow", "refuse", "log", "remove" },
  { "mcp import", "cursor", "vscode", "claude-desktop", "claude-code" }, { "mcp allow", "-mine" },
  { "mcp login", "-mine" }, { "mcp logout", "-mine" },
  { "mcp refuse", "-mine" }, { "mcp remove", "mine" }, { "memory", "add" },
  { "effort", "default", "-ultra" }, { "effort low", "save", "-high" },
  { "mode", "plan", "yolo" }, { "mode plan", "-yolo" },
  { "model", "first", "second", "-third" }, { "model first", "-second" },
  { "new", "tool", "types" }, { "new tool", "-hook" }, { "permissions", "test" },
  { "package", "add", "list", "approve" }, { "package add ./x", "--yes", "--link" }, { "package info", "mine" },
  { "package update", "mine" }, { "package update mine", "--yes", "-mine" }, { "package approve", "mine" }, { "package remove", "mine" },
  { "package enable", "mine" }, { "package disable mine", "--project" },
  { "extensions", "install", "link", "settings", "-add" }, { "extensions install ./x", "--yes" }, { "extensions link ./x", "--yes" },
  { "extensions update", "mine" }, { "extensions uninstall", "mine" }, { "extensions enable", "mine" }, { "extensions disable", "mine" },
  { "extensions settings", "list" },
  { "privacy", "--json" }, { "project", "allow" },
  { "memory", "add", "show", "refresh" }, { "memory add", "--project", "--user" },
  { "provider", "test" }, { "provider test", "first", "openai" }, { "resume", "@SESSION", "--fork" }, { "resume --fork", "@SESSION" },
  { "sandbox", "verify" }, { "sessions", "list", "search", "delete" }, { "sessions search", "-list" },
  { "sessions list", "--json", "--limit" }, { "sessions delete", "@SESSION" },
  { "settings", "model.name", "general.vimMode" },
  { "settings general.vimMode", "true", "-model.name" },
  { "settings general.vimMode true", "-true" }, { "settings nothing.of.it", "-true" },
  { "tasks", "show", "stop" }, { "trust", "yes", "parent", "no" },
  { "advisor", "first", "second" }, { "advisor first", "-second" }, { "goal", "--check", "--judge", "stop" },
  { "language", "ui", "output" }, { "language ui", "auto", "zh" }, { "loop", "stop" },
  { "output-style", "default", "Concise", "new" }, { "output-style Concise", "-default" },
  { "review", "--fail-on", "--fix" }, { "review --fail-on", "critical", "-x" },
  { "theme", "auto", "dark" }, { "theme dark", "-auto" }, { "usage", "--by", "--days" },
}

local entry = { id = "first", envKey = "FIRST_KEY", baseUrl = "http://127.0.0.1:9/v1" }
local place = program.place { ["~/.qwen/commands/all.lua"] = asker,
  ["~/.qwen/packages/mine/package.lua"] = "return {}",
  ["~/.qwen/agents/mine.md"] = "---\ndescription: Mine\n---\nYou are mine.\n", ["~/.qwen/settings.json"] = json.encode {
  mcpServers = { mine = { command = "true", disabled = true } },
  modelProviders = { openai = json.array { entry, { id = "second", envKey = "FIRST_KEY", baseUrl = "http://127.0.0.1:9/v1" } } } } }
local server <close> = fake.start { { text = "hello" } }
local env = { env = { OPENAI_API_KEY = "key-0123456789", FIRST_KEY = "key-0123456789" } }
local r = program.run(place, { "--openai-base-url", server.url, "-m", "third", "-p", "hi" }, env)
t.eq({ r.code, r.out }, { 0, "hello\n" }, r.err)
local session = json.decode(program.run(place, { "sessions", "list", "--json" }).out)[1].id

local sent = {}
for i, case in ipairs(cases) do
  local words = {}
  for word in case[1]:gmatch "%S+" do words[#words + 1] = word end
  sent[i] = { name = table.remove(words, 1), before = json.array(words), word = "" }
end
assert(fs.write(place.cwd .. "/cases.json", json.encode(json.array(sent))))
r = program.run(place, { "--openai-base-url", server.url, "-m", "third", "-p", "/all" }, env)
t.eq(r.code, 0, r.err)
local got = json.decode(r.out)
t.eq(got.failures, {}, "odd words")
local tried = {}
for i, case in ipairs(cases) do
  local first, second = case[1]:match "^(%S+) ?(%S*)"
  tried[first], tried[first .. " " .. second] = true, true
  local offers = type(got.offers[i]) == "table" and "\n" .. table.concat(got.offers[i], "\n") .. "\n" or "?" .. tostring(got.offers[i])
  for j = 2, #case do
    local unwanted, word = case[j]:match "^(%-?)([^-].*)$"
    if not word then unwanted, word = "", case[j] end
    word = word == "@SESSION" and session or word
    local found = offers:find("\n" .. word .. "\n", 1, true) ~= nil
    t.eq(found, unwanted == "", ("/%s: %s of %s"):format(case[1], word, offers:sub(1, 200):gsub("\n", " ")))
  end
end
for _, name in ipairs(got.names) do t.ok(tried[name], "the completion of '" .. name .. "' has a case here") end

t.done()
