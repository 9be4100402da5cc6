-- Writes one credential after the other until it is killed, and says what is kept: "N" once the credential holds value N.
-- Usage: qwen lua tests/fake/writer.lua FIRST BACKEND
local credentials = require "qwen.credential.credentials"
local os = require "sys.os"

local _, first, backend = ...
for n = tonumber(first), math.huge do
  local ok, e = credentials.put(n % 2 == 0 and "even" or "odd", { secret = ("sk-%d-0123456789abcdef"):format(n), origins = {} }, { backend = backend })
  os.out(ok and n .. "\n" or "failed " .. tostring(e) .. "\n")
  os.flush()
end
