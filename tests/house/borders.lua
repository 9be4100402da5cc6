-- House rule: who may call whom. Each rule is first shown to catch an offender, then holds for every file.
local t = dofile "tests/check.lua"
local tree = dofile "tests/tree.lua"

---Runs a rule (text, path -> what is wrong, or nil) on an offender and on all files of the patterns.
local function holds(title, rule, offender, offending_path, ...)
  t.ok(rule(offender, offending_path), title .. ": the rule catches an offender")
  local files = tree.files(...)
  t.ok(#files > 0, title .. ": there are files")
  for _, path in ipairs(files) do
    local wrong = rule(tree.read(path), path)
    t.ok(not wrong, ("%s: %s: %s"):format(path, title, wrong))
  end
end

holds("lua.h only in src/bind and src/host.c", function(text, path)
  if path:find "^src/bind/" or path == "src/host.c" then return end
  for name in text:gmatch "#%s*include%s*[<\"]([^>\"\n]+)[>\"]" do
    local base = name:match "[^/]+$"
    if base == "lua.h" or base == "lauxlib.h" or base == "lualib.h" or name == "bind/bind.h" then return name end
  end
end, "#include <lauxlib.h>\n", "src/core/x.c", "^src/.*%.[ch]$")

local agent_words = { "provider", "providers", "assistant", "openai", "anthropic", "gemini", "dashscope", "deepseek", "openrouter", "prompt",
  "chat", "completion", "completions", "tool_call", "tool_calls" }
holds("no word of agents in the core", function(text)
  local words = {}
  for word in tree.c_code(text):lower():gmatch "[%a_]+" do words[word] = true end
  for _, word in ipairs(agent_words) do
    if words[word] then return word end
  end
end, "struct provider *p;", "src/core/x.c", "^src/core/.*%.[ch]$")

holds("shipped content uses ctx and qwen alone", function(text)
  local code = tree.lua_code(text)
  for _, pattern in ipairs { "require%f[^%w_]", "sys%.[%w_]+", "debug%.[%w_]+", "io%.[%w_]+", "os%.e%w+", "os%.[grs]%w+", "os%.tmpname" } do
    local found = code:match("%f[%w_.]" .. pattern)
    if found then return found end
  end
end, 'local fs = sys.fs', "lua/tools/x.lua", "^lua/providers/", "^lua/auth/", "^lua/tools/", "^lua/search/", "^lua/hooks/", "^commands/")

-- Strict globals, as the running program has them.
t.fails(load "undeclared = 1", "undeclared", "no new globals")
t.fails(load "return undeclared", "undeclared", "no unknown globals")

t.done()
