-- Where a service sends a request on: followed on its own origin, where nothing but the path changes; anything else is said, never done.
local err = require "qwen.util.err"
local http = require "sys.http"
local phrase = require("qwen.util.translate").phrase

local M = {}

local MOST = 3 -- from path to path

-- The address that a `Location` means beside the one that was asked.
local function target_of(url, location) return http.join(url, location) or location end

---What is said of a redirect that is not followed.
---@param url string that was asked
---@param location string as the service gave it
---@return Err
function M.refused(url, location)
  local target = target_of(url, location)
  local here, there = http.parse_url(url), http.parse_url(target)
  local secure = false
  if here and there and here.host == there.host and here.scheme == "http" and there.scheme == "https" then
    secure = true
  end
  local shown = require("qwen.net.redact").url(target):match "^[^?#]*"
  local words = phrase(secure and "%s sends on to %s: an address of http:// where https:// is spoken; correct the base URL"
    or "%s sends on to %s: correct the base URL if that is right; the key goes only to the address beside it",
    here and here.host or url, shown)
  return err("protocol", words, { code = "redirect" })
end

-- Whether asking there again is the same request: to its own origin, by a status that keeps it as it is.
local function keeps(request, status, target)
  local here, there = http.parse_url(request.url), http.parse_url(target)
  if not (here and there) or here.origin ~= there.origin or target == request.url then return false end
  return status == 307 or status == 308 or request.body == nil and (request.method or "GET") == "GET"
end

---Sends a request again where its own origin says that the path is another.
---@param transport fun(request: HttpRequest): HttpStream?, Err?
---@param request HttpRequest
---@param stream HttpStream? what was answered
---@return HttpStream?, Err?
function M.follow(transport, request, stream)
  local e
  for _ = 0, MOST do
    local location = stream and stream.status >= 301 and stream.status <= 308 and stream.headers.location
    if not location then return stream, e end
    local target = target_of(request.url, location)
    local status = stream.status
    stream:close()
    if not keeps(request, status, target) then
      local problem = M.refused(request.url, location)
      problem.status = status
      return nil, problem
    end
    request.url = target
    stream, e = transport(request)
  end
  if stream then stream:close() end
  return nil, err("protocol", phrase "the service sends on from one path to the next", { code = "redirect" })
end

---Sends a request, and again where its own origin says so; any other redirect is an error with its target.
---@param transport fun(request: HttpRequest): HttpStream?, Err?
---@param request HttpRequest
---@return HttpStream?, Err?
function M.open(transport, request)
  local stream, e = transport(request)
  if not stream or not stream.headers.location then return stream, e end
  return M.follow(transport, request, stream)
end

return M
