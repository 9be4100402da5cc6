-- Requests and answers as they may be written down: without secrets, and without what stands as plain text where credentials stand.
local redact = require("sys.secret").redact

local M = {}

local REMOVED = "<removed>"

---Whether a credential stands under this name.
---@param name string of a header or a parameter
---@return boolean
function M.is_private(name)
  name = name:lower()
  return (name:find "auth" or name:find "cookie" or name:find "secret" or name:find "key$" or name:find "token$") ~= nil
end
local is_private = M.is_private

---Header values. A secret prints as its name; where a credential stands as plain text, the header's name tells.
---@param headers table<string, HeaderValue>?
---@return table<string, string>
function M.headers(headers)
  local out = {}
  for name, value in pairs(headers or {}) do
    local texts, handle = {}, false
    for i, part in ipairs(type(value) == "table" and value or { value }) do
      handle = handle or type(part) == "userdata"
      texts[i] = redact(tostring(part))
    end
    out[name] = is_private(name) and not handle and REMOVED or table.concat(texts)
  end
  return out
end

---@param body HeaderValue?
---@return string?
function M.body(body)
  local texts = {}
  for i, part in ipairs(type(body) == "table" and body or { body }) do texts[i] = tostring(part) end
  return body and redact(table.concat(texts))
end

---@param url string
---@return string
function M.url(url)
  url = redact(url):gsub("//[^/@]*@", "//")
  return (url:gsub("([?&])([^?=&#]*)=([^&#]*)", function(mark, name)
    return is_private(name) and mark .. name .. "=" .. REMOVED or nil
  end))
end

return M
