-- How much to think: which levels each family knows at each service, what its requests then hold, and
-- what is stronger than what.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local effort = require "qwen.model.effort"
local json = require "sys.json"

local urls = {
  openai = "https://api.openai.com/v1", anthropic = "https://api.anthropic.com",
  gemini = "https://generativelanguage.googleapis.com/v1beta",
  dashscope = "https://dashscope.aliyuncs.com/compatible-mode/v1", deepseek = "https://api.deepseek.com",
  openrouter = "https://openrouter.ai/api/v1", fireworks = "https://api.fireworks.ai/inference/v1",
  groq = "https://api.groq.com/openai/v1", ollama = "http://127.0.0.1:11434/v1",
  vllm = "http://127.0.0.1:8000/v1", ["llama-cpp"] = "http://127.0.0.1:8080/v1",
  ["lm-studio"] = "http://127.0.0.1:1234/v1", moonshot = "https://api.moonshot.ai/v1",
  zai = "https://api.z.ai/api/paas/v4", xai = "https://api.x.ai/v1", mistral = "https://api.mistral.ai/v1",
  minimax = "https://api.minimax.io/v1", modelscope = "https://api-inference.modelscope.cn/v1", elsewhere = "https://llm.example.com/v1",
}

local function model(protocol, place, id, config)
  return { id = id, name = id, provider = protocol, base_url = urls[place], config = config or {},
    max_output = 64000 }
end

-- protocol, place, model, the levels it knows, and what some of them send.
local rows = {
  { "openai", "openai", "gpt-5", "low medium high",
    { low = 'reasoning_effort: "low"', none = 'reasoning_effort: "low"', max = 'reasoning_effort: "high"' } },
  { "openai", "openai", "gpt-5.2", "none low medium high xhigh",
    { none = 'reasoning_effort: "none"', max = 'reasoning_effort: "xhigh"' } },
  { "openai", "openai", "gpt-5.6-sol", "none low medium high xhigh max", { max = 'reasoning_effort: "max"' } },
  { "openai", "openai", "gpt-5.1-codex-max", "low medium high xhigh", {} },
  { "openai", "openai", "o3", "low medium high", { medium = 'reasoning_effort: "medium"' } },
  { "openai", "openai", "gpt-4o", "", { high = "" } },
  { "openai", "openai", "gpt-5-chat-latest", "", { high = "" } },
  { "openai-responses", "openai", "gpt-5.1-codex", "low medium high",
    { high = 'reasoning: {"effort":"high","summary":"auto"}' } },
  { "openai-responses", "openai", "gpt-5.2", "none low medium high xhigh", { none = 'reasoning: {"effort":"none"}' } },
  { "anthropic", "anthropic", "claude-opus-4-7", "none low medium high xhigh max",
    { low = 'output_config: {"effort":"low"}', none = "no thinking" } },
  { "anthropic", "anthropic", "claude-sonnet-4-6", "none low medium high max", { xhigh = 'output_config: {"effort":"high"}' } },
  { "anthropic", "anthropic", "claude-sonnet-4-5", "none low medium high",
    { low = 'thinking: {"budget_tokens":16000,"type":"enabled"}' } },
  { "anthropic", "anthropic", "claude-3-5-haiku-latest", "", { high = "" } },
  { "gemini", "gemini", "gemini-2.5-flash", "none low medium high",
    { none = 'thinkingConfig: {"thinkingBudget":0}', low = 'thinkingConfig: {"includeThoughts":true,"thinkingBudget":4096}' } },
  { "gemini", "gemini", "gemini-2.5-pro", "low medium high", {} },
  { "gemini", "gemini", "gemini-3-pro-preview", "low high",
    { medium = 'thinkingConfig: {"includeThoughts":true,"thinkingLevel":"LOW"}' } },
  { "gemini", "gemini", "gemini-3.1-pro", "low medium high",
    { medium = 'thinkingConfig: {"includeThoughts":true,"thinkingLevel":"MEDIUM"}' } },
  { "gemini", "gemini", "gemini-3-flash-preview", "none low medium high",
    { none = 'thinkingConfig: {"includeThoughts":false,"thinkingLevel":"MINIMAL"}',
      medium = 'thinkingConfig: {"includeThoughts":true,"thinkingLevel":"MEDIUM"}' } },
  { "gemini", "gemini", "gemini-3.1-flash-lite", "none low medium high",
    { none = 'thinkingConfig: {"includeThoughts":false,"thinkingLevel":"MINIMAL"}' } },
  { "gemini", "gemini", "gemini-3.8-flash", "low medium high",
    { none = 'thinkingConfig: {"includeThoughts":true,"thinkingLevel":"LOW"}' } },
  { "gemini", "gemini", "gemini-2.0-flash", "", { high = "" } },
  { "openai", "modelscope", "Qwen/Qwen3-32B", "none low medium high",
    { none = "enable_thinking: false", low = "enable_thinking: true, thinking_budget: 4096" } },
  { "openai", "modelscope", "Qwen/Qwen3-Coder-480B-A35B-Instruct", "", { high = "" } },
  { "openai", "modelscope", "deepseek-ai/DeepSeek-V3.2", "none low medium high", { none = "enable_thinking: false" } },
  { "openai", "dashscope", "qwen3.5-plus", "none low medium high",
    { none = "enable_thinking: false", low = "enable_thinking: true, thinking_budget: 4096", max = "enable_thinking: true" } },
  { "openai", "dashscope", "qwen3.8-max", "none low medium high xhigh",
    { none = 'reasoning_effort: "none"', max = 'reasoning_effort: "xhigh"' } },
  { "openai", "dashscope", "qwen3-coder-plus", "", { high = "" } },
  { "openai", "dashscope", "qwen3-30b-a3b-thinking-2507", "low medium high", { none = "enable_thinking: true, thinking_budget: 4096" } },
  { "openai", "dashscope", "kimi-k2.5", "none high", { none = "enable_thinking: false" } },
  { "openai", "deepseek", "deepseek-v4", "none high max",
    { low = 'reasoning_effort: "high"', max = 'reasoning_effort: "max"', none = 'thinking: {"type":"disabled"}' } },
  { "openai", "elsewhere", "deepseek-v4", "low medium high xhigh max", { low = 'reasoning: {"effort":"low"}' } },
  { "openai", "openrouter", "anthropic/claude-sonnet-4.5", "none low medium high xhigh",
    { none = 'reasoning: {"effort":"none"}', max = 'reasoning: {"effort":"xhigh"}' } },
  { "openai", "fireworks", "accounts/fireworks/models/qwen3-8b", "none low medium high", { none = 'reasoning_effort: "none"' } },
  { "openai", "groq", "openai/gpt-oss-120b", "low medium high", { high = 'reasoning_effort: "high"' } },
  { "openai", "groq", "qwen/qwen3-32b", "none high", { none = 'reasoning_effort: "none"' } },
  { "openai", "groq", "llama-3.3-70b-versatile", "", { high = "" } },
  { "openai", "ollama", "qwen3:8b", "none low medium high", { none = 'reasoning_effort: "none"' } },
  { "openai", "vllm", "Qwen/Qwen3-8B", "none low medium high",
    { none = 'chat_template_kwargs: {"enable_thinking":false}', low = 'chat_template_kwargs: {"enable_thinking":true}, reasoning_effort: "low"' } },
  { "openai", "llama-cpp", "gpt-oss-20b", "none low medium high",
    { low = 'chat_template_kwargs: {"enable_thinking":true}, reasoning_effort: "low"' } },
  { "openai", "lm-studio", "gpt-oss-20b", "low medium high", { low = 'reasoning_effort: "low"' } },
  { "openai", "moonshot", "kimi-k2.5", "none high", { none = 'thinking: {"type":"disabled"}' } },
  { "openai", "moonshot", "kimi-k2-0711-preview", "", { high = "" } },
  { "openai", "zai", "glm-4.6", "none high", { low = 'thinking: {"type":"enabled"}' } },
  { "openai", "xai", "grok-3-mini", "low high", { medium = 'reasoning_effort: "low"' } },
  { "openai", "xai", "grok-4", "", { high = "" } },
  { "openai", "mistral", "mistral-large", "", { high = "" } },
  { "openai", "minimax", "MiniMax-M2", "", { high = "" } },
  { "openai", "elsewhere", "house-1", "none low medium high", { high = 'reasoning: {"effort":"high"}', none = "" } },
}

for _, row in ipairs(rows) do
  local what = table.concat(row, " ", 1, 3)
  local one = model(row[1], row[2], row[3])
  t.eq(table.concat(effort.known(one), " "), row[4], what .. ": what it knows")
  for level, sent in pairs(row[5]) do t.eq(effort.sent(one, level), sent, what .. " " .. level) end
  t.eq(effort.sent(one, "default"), "", what .. ": by itself")
  t.eq(one.effort, nil, what .. ": looking changes nothing")
end

-- What an entry says itself yields to what was chosen, not to the setting; what was chosen can be taken back.
local own = { reasoning = { effort = "low" }, extra_body = { enable_thinking = true, top = 1 },
  samplingParams = { temperature = 0.5, thinking_budget = 9 } }
local one = model("openai", "dashscope", "qwen3.5-plus", own)
effort.apply(one, "high")
t.eq({ one.effort, one.config == own }, { nil, true }, "the setting leaves an entry that says something")
effort.apply(one, "none", true)
t.eq({ one.effort, one.effort_told, one.config.reasoning }, { "none", "none", false }, "what was chosen counts")
t.eq(one.config.extra_body, { top = 1 }, "and its opposite in the body goes")
t.eq(effort.sent(model("openai", "dashscope", "qwen3.5-plus", own), "none"),
  "enable_thinking: false, no thinking_budget", "parameters that go out alone do not hide it")
effort.apply(one, "default", true)
t.eq(one.config == own, true, "default is the entry's own again")
t.eq(effort.with(one, "high").config.reasoning, { effort = "high" }, "a copy has its own")
t.eq(one.config == own, true, "which leaves the model alone")

own = { extra_body = { chat_template_kwargs = { enable_thinking = true, other = 1 } } }
t.eq(effort.with(model("openai", "vllm", "Qwen/Qwen3-8B", own), "none").config.extra_body.chat_template_kwargs,
  { enable_thinking = false, other = 1 }, "a switch among other words")

-- Round with the key: each level that is known, then default.
t.eq(effort.next { model = model("openai", "elsewhere", "house-1") }, "low", "the key turns nothing off")
local ctx = { model = model("gemini", "gemini", "gemini-3-pro-preview"), fallbacks = {}, opts = {} }
local round = {}
for i = 1, 3 do
  round[i] = effort.next(ctx)
  effort.set(ctx, round[i])
end
t.eq(round, { "low", "high", "default" }, "round")
t.eq(effort.next { model = model("openai", "xai", "grok-4") }, nil, "none to go through")

-- Without a screen: the flag is stronger than the entry; a model that cannot be told is named.
for _, row in ipairs {
  { "o3", "low", { effort = "high" }, "low" }, { "o3", "default", { effort = "high" }, "high" }, { "o3", "max", nil, "high", "nearest" },
  { "gpt-4o", "high", nil, nil, "cannot be told" },
} do
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { model = { name = row[1] },
    security = { auth = { selectedType = "openai" } },
    modelProviders = { openai = json.array { { id = row[1], baseUrl = server.url,
      generationConfig = { reasoning = row[3] } } } } } }
  local r = program.run(place, { "--effort", row[2], "-p", "hi" })
  local body = server:requests()[1].body
  t.eq(body.reasoning_effort, row[4], row[1] .. " --effort " .. row[2])
  t.eq(r.err:find(row[5] or "effort", 1, true) ~= nil, row[5] ~= nil, row[1] .. ": what is said: " .. r.err)
end
t.eq(program.run(program.place {}, { "--effort", "much", "-p", "hi" }).code, 2, "no such level")

-- An agent thinks as the conversation does, or as it says itself; a word that is none is told to the model.
do
  local function task(name) return { calls = { { name = "task", arguments = { subagent_type = name, prompt = "look" } } } } end
  local server <close> = fake.start { task "plain", { text = "seen" }, task "deep", { text = "seen" }, task "odd", { text = "done" } }
  local function agent(words) return "---\ndescription: Reads\n" .. words .. "disallowedTools: [edit]\n---\nYou read.\n" end
  local place = program.place { ["~/.qwen/agents/plain.md"] = agent "", ["~/.qwen/agents/deep.md"] = agent "effort: high\n",
    ["~/.qwen/agents/odd.md"] = agent "effort: much\n" }
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "o3", "--effort", "low", "-p", "go" })
  local asked, efforts = server:requests(), {}
  for i, request in ipairs(asked) do efforts[i] = request.body.reasoning_effort end
  t.eq({ r.code, efforts }, { 0, { "low", "low", "low", "high", "low", "low" } }, r.err)
  t.match(asked[6].body.messages[#asked[6].body.messages].content, "no effort 'much'", "a wrong word")
  local names = {}
  for _, tool in ipairs(asked[2].body.tools) do names[tool["function"].name] = true end
  t.eq({ names.apply_patch, names.edit, names.read_file }, { nil, nil, true }, "who may not edit gets no patches either")
end

t.done()
