-- One of many processes that find the same token expired. Reads it, says "ready", waits for a line, renews, says which token it has.
-- Usage: qwen lua tests/fake/renewer.lua NAME PORT ROUNDS
local credentials, http, os, task = require "qwen.credential.credentials", require "sys.http", require "sys.os", require "sys.task"
local body = require "qwen.net.body"

local _, name, port, rounds = ...
local base = "http://127.0.0.1:" .. port

local function refresh(record)
  local stream <close>, e = http.open { url = base .. "/token", headers = { ["content-type"] = "application/x-www-form-urlencoded" },
    body = body.form { grant_type = "refresh_token", refresh_token = record.refresh } }
  if not stream then return nil, e end
  local answer
  answer, e = stream:sealed({ "access_token", "refresh_token" }, name, { base })
  if not answer then return nil, e end
  if stream.status ~= 200 then return nil, require "qwen.util.err"("auth", tostring(answer.error)) end
  return { secret = answer.access_token, refresh = answer.refresh_token, expires = task.time() + answer.expires_in }
end

for _ = 1, tonumber(rounds) do
  local record, e = credentials.get(name)
  if record then
    os.out "ready\n"
    os.flush()
    if not io.read "l" then return end
    record, e = credentials.renew(name, refresh)
  end
  os.out(record and "has " .. record.secret:hmac("sha256", "x") .. "\n" or "failed " .. tostring(e) .. "\n")
  os.flush()
end
