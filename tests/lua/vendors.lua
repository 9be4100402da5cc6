-- Provider files that build on others: what is laid over what, and which file serves a model.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local registry = require "qwen.extension.registry"
local provider_of = require "qwen.model.provider_of"

local place = program.place {
  ["~/.qwen/providers/gateway.lua"] = [[
local P = { base = "openai", match = { hosts = { "gw.example" }, models = { "^house" } } }
function P.body(model, view)
  local fields = P.super.body(model, view)
  fields.team = "a"
  return fields
end
return P]],
  ["~/.qwen/providers/inner.lua"] = [[
local P = { summary = "inner", base = "gateway", match = function(model) return model.base_url:find "/inner" end }
function P.body(model, view)
  local fields = P.super.body(model, view)
  fields.inner = true
  return fields
end
return P]],
  ["~/.qwen/providers/anthropic.lua"] = 'return { base = "anthropic", summary = "mine" }',
  ["~/.qwen/providers/nobody.lua"] = 'return { base = "nothing" }',
  ["~/.qwen/providers/a.lua"] = 'return { base = "b" }',
  ["~/.qwen/providers/b.lua"] = 'return { base = "a" }',
  ["~/.qwen/providers/wrong.lua"] = 'return { base = "openai", match = { hosts = { "gw.example" } }, body = nil + 1 }',
}
local argv = {}
for _, name in ipairs { "gateway", "inner", "anthropic", "nobody", "a", "b", "wrong" } do argv[#argv + 1] = place.home .. "/.qwen/providers/" .. name .. ".lua" end
registry.scan { use = argv }

local function body(provider)
  return table.concat(provider.request({ id = "m", base_url = "http://x", config = {} }, { system = "", messages = {}, tools = {} }).body)
end
t.eq(body(registry.get("providers", "gateway")), '{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true},"team":"a"}', "an override is used by the base")
t.match(body(registry.get("providers", "inner")), '"inner":true,"team":"a"}$', "two levels")
t.ok(not body(registry.get("providers", "openai")):find "team", "the base itself is not changed")
t.eq({ registry.get("providers", "gateway").summary, registry.get("providers", "inner").summary }, { "OpenAI chat completions and compatible services", "inner" }, "fields")
local mine = registry.get("providers", "anthropic")
t.eq({ mine.summary, mine.super.summary, mine.protocol }, { "mine", "Anthropic messages", "anthropic" }, "on top of the shipped one of its own name")
local _, e = registry.get("providers", "nobody")
t.eq({ e.kind, e.message:match "base .*" }, { "broken", "base 'nothing' is no provider" })
_, e = registry.get("providers", "a")
t.match(e.message, "base '[ab]' builds on this file itself", "a circle")

local function serves(url, id, provider)
  return provider_of.name { id = id or "m", base_url = url, provider = provider or "openai", config = {} }
end
t.eq(serves "https://example.com/v1", "openai", "nobody claims it")
t.eq(serves "https://gw.example/v1", "gateway", "by host; a file that does not load claims nothing")
t.eq(serves "https://eu.gw.example:8443/v1", "gateway", "below it")
t.eq(serves "https://gw.example/inner/v1", "inner", "and on from there")
t.eq(serves "https://evilgw.example/v1", "openai", "a host that only ends alike")
t.eq(serves "https://evil.example/gw.example/v1", "openai", "nor one whose path says so")
t.eq(serves("https://example.com/v1", "House-1"), "gateway", "by name")
t.eq(serves("https://gw.example/v1", "m", "anthropic"), "anthropic", "of its own base only")
t.eq(serves "http://127.0.0.1:9999/v1", "local", "a server here")
t.eq(serves "http://[::1]:11434/v1", "ollama", "by its port")
t.eq(serves "https://example.com:11434/v1", "openai", "which says nothing elsewhere")
t.eq(serves "http://evil.example/dashscope.aliyuncs.com/v1", "openai", "a path is no host")
t.eq(serves "https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1", "dashscope", "below a host")
t.eq(serves("https://openrouter.ai/api/v1", "deepseek/deepseek-v3.2"), "openrouter", "an address goes before a name")
t.eq(serves("https://example.com/v1", "m", "gateway"), "gateway", "when it is named")

-- Streams of vendors.
local function decoded(url, id, config, ...)
  local model, out, got = { id = id, base_url = url, provider = "openai", config = config }, {}, {}
  local feed = provider_of.of(model).decoder(model)
  for _, data in ipairs { ... } do
    feed(data, nil, out)
    for i, delta in ipairs(out) do
      if delta.text and delta.text ~= "" then got[#got + 1] = delta.type .. " " .. delta.text end
      if delta.usage then got[#got + 1] = "out " .. delta.usage.output end
      out[i] = nil
    end
  end
  return got
end
local tagged = '{"choices":[{"delta":{"content":"<think>a</think>b"}}]}'
t.eq(decoded("https://api.minimaxi.com/v1", "MiniMax-M2.5", {}, tagged), { "think a", "text b" }, "MiniMax")
t.eq(decoded("http://localhost:1/v1", "m", {}, tagged), { "think a", "text b" }, "here")
t.eq(decoded("http://localhost:1/v1", "m", { thinkTags = false }, tagged), { "text <think>a</think>b" }, "unless it is told not to")
t.eq(decoded("https://api.x.ai/v1", "grok-4", {}, '{"usage":{"prompt_tokens":165,"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":129}}}'), { "out 131" }, "xAI")
t.eq(provider_of.of({ id = "m", base_url = "https://a.openai.azure.com", provider = "openai", config = {} }).sign(nil, "k"), { ["api-key"] = { "k" } }, "Azure's header")

-- What a file says of limits is understood.
for _, name in ipairs(registry.names "providers") do
  local limit = qwen.x.registry.has("providers", name) and (registry.get("providers", name) or {}).limit
  if limit then t.ok(qwen.x.rate_limit.read(limit), name .. ": its limit can be read") end
end

-- A shipped vendor amended by a file of its own name.
local ours = program.place { ["providers/openrouter.lua"] = 'return { base = "openrouter", headers = function() return { ["X-Title"] = "ours" } end }' }
registry.scan { use = { ours.cwd .. "/providers/openrouter.lua" } }
local or_model = { id = "m", base_url = "https://openrouter.ai/api/v1", provider = "openai", config = {} }
t.eq(provider_of.of(or_model).request(or_model, { system = "", messages = {}, tools = {} }).headers["X-Title"], "ours", "amended")
t.done()
