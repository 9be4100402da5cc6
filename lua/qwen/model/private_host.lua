-- Where no key is needed: services on this machine or in a private network, by their address alone.
local http = require "sys.http"

---Whether a service at this address may be asked without a key: this machine, a private network.
---@param url string
---@return boolean
return function(url)
  local parsed = http.parse_url(url)
  if not parsed then return false end
  local host = parsed.host:gsub("[%[%]]", "")
  if parsed.loopback or not host:find "[.:]" or host:find "%.localhost$" or host:find "%.local$" or host:find "%.lan$" or host:find "%.internal$" then
    return true
  end
  local a, b = host:match "^(%d+)%.(%d+)%.%d+%.%d+$"
  a, b = tonumber(a), tonumber(b)
  if not a then return host:find "^f[cd]%x%x:" ~= nil or host:find "^fe[89ab]%x:" ~= nil end
  return a == 10 or a == 127 or a == 192 and b == 168 or a == 172 and b >= 16 and b <= 31 or a == 169 and b == 254 or a == 100 and b >= 64 and b <= 127
end
