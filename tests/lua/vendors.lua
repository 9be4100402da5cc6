-- Provider files that build on others: what is laid over what, and which file serves a model.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local resource = require "qwen.resource"
local vendors = require "qwen.vendors"

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
resource.scan { use = argv }

local function body(provider)
  return table.concat(provider.request({ id = "m", base_url = "http://x", config = {} }, { system = "", messages = {}, tools = {} }).body)
end
t.eq(body(resource.get("providers", "gateway")), '{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true},"team":"a"}', "an override is used by the base")
t.match(body(resource.get("providers", "inner")), '"inner":true,"team":"a"}$', "two levels")
t.ok(not body(resource.get("providers", "openai")):find "team", "the base itself is not changed")
t.eq({ resource.get("providers", "gateway").summary, resource.get("providers", "inner").summary }, { "OpenAI chat completions and compatible services", "inner" }, "fields")
local mine = resource.get("providers", "anthropic")
t.eq({ mine.summary, mine.super.summary, mine.protocol }, { "mine", "Anthropic messages", "anthropic" }, "on top of the shipped one of its own name")
local _, e = resource.get("providers", "nobody")
t.eq({ e.kind, e.message:match "base .*" }, { "broken", "base 'nothing' is no provider" })
_, e = resource.get("providers", "a")
t.match(e.message, "base '[ab]' builds on this file itself", "a circle")

local function serves(url, id, provider)
  return vendors.name { id = id or "m", base_url = url, provider = provider or "openai", config = {} }
end
t.eq(serves "https://example.com/v1", "openai", "nobody claims it")
t.eq(serves "https://gw.example/v1", "gateway", "by host; a file that does not load claims nothing")
t.eq(serves "https://eu.gw.example:8443/v1", "gateway", "below it")
t.eq(serves "https://gw.example/inner/v1", "inner", "and on from there")
t.eq(serves "https://evilgw.example/v1", "openai", "a host that only ends alike")
t.eq(serves "https://evil.example/gw.example/v1", "openai", "nor one whose path says so")
t.eq(serves("https://example.com/v1", "House-1"), "gateway", "by name")
t.eq(serves("https://gw.example/v1", "m", "anthropic"), "anthropic", "of its own base only")
t.eq(serves("https://example.com/v1", "m", "gateway"), "gateway", "when it is named")
t.done()
