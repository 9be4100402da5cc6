-- What the ways to sign in with a browser share: the proof key, asking for a token, and what is kept of the answer. Tokens are secrets from the
-- moment they arrive.
local err = require "qwen.util.err"
local http = require "sys.http"
local redirect = require "qwen.net.redirect"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr
local visible = require("sys.text").visible

local M = {}

local TOKENS = { "access_token", "refresh_token", "id_token" }
local PATIENCE = 30 -- seconds for one answer

---Base64 for addresses: of a text of bytes, without filling.
---@param bytes string
---@return string
function M.base64url(bytes)
  return (sys.base64(bytes):gsub("[+/=]", { ["+"] = "-", ["/"] = "_", ["="] = "" }))
end

local function bytes_of(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

---A new proof key: what is kept and what is shown of it (S256).
---@return string verifier
---@return string challenge
function M.pkce()
  local verifier = M.base64url(sys.random(32))
  return verifier, M.base64url(bytes_of(sys.sha256(verifier)))
end

---The parts of an address that tokens go to or come from; it must be a safe place.
---@param url string
---@param what string for the words of an error
---@return table?, Err?
function M.checked(url, what)
  local parsed, e = http.parse_url(url)
  if not parsed then return nil, err("usage", tr("the %s '%s' cannot be used: %s", what, visible(url), e.message)) end
  if parsed.exposed then
    return nil, err("usage", tr("the %s %s is not protected; it must be https://, or be allowed: "
      .. "\"connections\": {\"%s\": {\"plainHttp\": true}}", what, visible(url), parsed.origin))
  end
  return parsed
end

---Why a service said no, in its own words.
---@param answer table
---@return string
function M.words_of(answer)
  local detail = answer.error_description or answer.message
  return visible(tostring(type(detail) == "string" and detail or type(answer.error) == "string" and answer.error or "no reason given"):sub(1, 300))
end

---Asks for a token; the answer as a table, its tokens already secrets. An answer that is no JSON comes as an empty table.
---@return table? answer
---@return Err?
---@return integer? status
function M.ask(o, url, request_body, content_type)
  local place, wrong = M.checked(url, "address")
  if not place then return nil, wrong end
  local headers = { Accept = "application/json", ["Content-Type"] = content_type or "application/x-www-form-urlencoded", ["User-Agent"] = o.ctx.user_agent }
  for name, value in pairs(o.headers or {}) do headers[name] = value end
  local stream <close>, e = redirect.open(o.ctx.transport,
    { method = "POST", url = url, headers = headers, body = request_body, total_timeout = PATIENCE })
  if not stream then return nil, e end
  local answer, problem = stream:sealed(o.seal or TOKENS, o.name, function(value)
    local list = { place.origin }
    for _, address in ipairs(type(o.origins) == "function" and o.origins(value) or o.origins or {}) do
      local parsed = http.parse_url(address)
      list[#list + 1] = parsed and parsed.origin or address
    end
    return list
  end)
  if not answer and stream.status == 200 then return nil, problem end
  return type(answer) == "table" and answer or {}, nil, stream.status
end

---What is kept of an answer with a token.
---@return table?, Err?
function M.record_of(o, answer)
  local secret = answer[o.token or "access_token"]
  if type(secret) ~= "userdata" then return nil, err("protocol", tr("%s answered without a token", o.title)) end
  local refresh = type(answer.refresh_token) == "userdata" and answer.refresh_token or nil
  local record = { secret = secret, refresh = refresh, origins = secret:origins(), fields = {} }
  local seconds = tonumber(answer.expires_in)
  if seconds and seconds > 0 and seconds < 1e10 then record.expires = math.floor(task.time() + seconds) end
  for name, value in pairs(answer) do
    if type(value) == "string" or type(value) == "number" or type(value) == "boolean" then record.fields[name] = value end
  end
  return record
end

---Two tables as one, the second on top.
---@param fields table
---@param more table?
---@return table
function M.merged(fields, more)
  local out = {}
  for name, value in pairs(fields) do out[name] = value end
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

---Shows how long the browser is still waited for.
---@param o table
---@param deadline number by task.now
function M.show_left(o, deadline)
  local left = math.max(0, math.ceil(deadline - task.now()))
  o.ctx.status(tr("waiting for the browser, %d:%02d left (%s)", left // 60, left % 60, o.ctx.session
    and tr "Esc stops" or tr "Ctrl-C stops"))
end

---Takes the line about waiting away when the scope is left.
---@param o table
function M.cleared(o)
  return setmetatable({}, { __close = function() o.ctx.status() end })
end

return M
