-- Error answers in the words of many services (tests/cases/errors/*.tsv): what kind each is, what it asks for, how large the window is.
require "qwen.api"
local t = dofile "tests/check.lua"
local failure = require "qwen.provider.failure"
local fs = require "sys.fs"
local retry = require "qwen.provider.retry"

local function lines(path)
  local out = {}
  for line in assert(fs.read(path)):gmatch "[^\n]+" do
    if not line:find "^#" then
      local fields = {}
      for field in (line .. "\t"):gmatch "(.-)\t" do fields[#fields + 1] = field end
      out[#out + 1] = fields
    end
  end
  return out
end

-- status, kind, class, window or "-", body
local seen = 0
for _, entry in ipairs(assert(fs.list "tests/cases/errors")) do
  for number, row in ipairs(lines("tests/cases/errors/" .. entry.name)) do
    local status, kind, class, window, body = table.unpack(row)
    local e = failure(tonumber(status), {}, body)
    seen = seen + 1
    t.eq({ e.kind, retry.class(e), tostring(e.context or "-") }, { kind, class, window }, ("%s:%d %s"):format(entry.name, number, body))
  end
end
t.ok(seen > 80, seen .. " errors")

-- A refusal is asked once, whatever it calls itself.
local plain = { id = "m", base_url = "https://api.test", config = {} }
local function tries(status, body)
  local e = failure(status, {}, body)
  return retry.wait(e, retry.class(e), { attempt = 1, waited = 0 }, plain, { random = function() return 0.5 end }) and "again" or "once"
end
t.eq(tries(400, '{"error":{"message":"x","type":"server_error"}}'), "once", "400 with a type of 5xx")
t.eq(tries(422, '{"error":{"message":"x","code":"internal_server_error"}}'), "once", "so with 422")
t.eq(tries(400, '{"error":{"message":"x","type":"overloaded_error"}}'), "once", "and with overloaded")
t.eq(tries(500, '{"error":{"message":"x","type":"server_error"}}'), "again", "500 is another thing")
t.eq(tries(429, '{"error":{"message":"x","type":"engine_overloaded_error"}}'), "again", "so is 429")
t.eq(tries(500, '{"error":{"code":500,"message":"tools param requires --jinja flag","type":"server_error"}}'), "once", "what a flag mends")

-- A plan's quota says when it comes back, in the words of the service where those name no zone.
local function says(body) return failure(429, {}, body) end
local z = says '{"error":{"code":"1308","message":"Usage limit reached for 5 hour. Your limit will reset at 2099-11-11 14:33:05"}}'
t.eq({ z.quota, z.kind }, { true, "limit" }, "Z.AI")
t.match(z.message, "used up until 2099%-11%-11 14:33:05;", "as it is written")
local cn = says '{"error":{"code":"1308","message":"已达到 5 小时的使用上限。您的限额将在 2099-11-11 14:33:05 重置。"}}'
t.match(cn.message, "used up until 2099%-11%-11 14:33:05;", "in Chinese")
t.eq(math.abs(cn.retry_after - z.retry_after) < 3, true, "the same moment")
local iso = says '{"error":{"code":"insufficient_quota","message":"quota exceeded, resets at 2099-11-11T06:33:05Z"}}'
t.ok(math.abs(iso.retry_after - z.retry_after) < 3, "a time with a zone is that moment; without one it is in Beijing")
t.match(iso.message, "used up until 2099%-11%-11 %d%d:%d%d;", "and said in ours")
local offset = says '{"error":{"code":"insufficient_quota","message":"quota exceeded, resets at 2099-11-11T14:33:05+08:00"}}'
t.ok(math.abs(offset.retry_after - z.retry_after) < 3, "with an offset")
t.eq(says('{"error":{"code":"insufficient_quota","message":"plan of 2099-11-11 14:33:05 quota exceeded"}}').retry_after, nil, "a date of something else")

-- Advice.
t.match(failure(400, {}, '{"error":{"message":"registry.ollama.ai/library/gemma:latest does not support tools"}}').message, "takes no tools.*/model")
t.match(failure(500, {}, '{"error":{"code":500,"message":"tools param requires --jinja flag","type":"server_error"}}').message, "llama%-server with %-%-jinja")
t.match(failure(400, {}, '{"object":"error","message":"\\"auto\\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set","code":400}').message,
  "start the server with %-%-enable%-auto%-tool%-choice")
t.match(failure(404, {}, '{"error":{"message":"No endpoints found that support tool use.","code":404}}').message, "takes no tools")

-- Foreign text costs what it is long.
for _, unit in ipairs { "context ", "maximum context length ", "1,234", "2099-11-11 ", "<", "{", "reset at 2099-11-11 11:11:11 " } do
  t.ok(failure(400, {}, unit:rep(1024 * 1024 // #unit)), "a megabyte of " .. unit)
end
t.done()
