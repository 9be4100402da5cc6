-- Where a service sends a request on: followed on its own origin, where nothing but the path changes; anything else is said, never done.
local err = require "qwen.util.err"
local http = require "sys.http"
local phrase = require("qwen.util.translate").phrase

local M = {}

local MOST = 3 -- from path to path

-- The address that a `Location` means beside the one that was asked.
local function target_of(url, location)
  if location:find "^//" then return url:match "^%a+:" .. location end
  if location:find "^%a[%w+.-]*:" then return location end
  if location:find "^/" then return url:match "^%a+://[^/?#]+" .. location end
  return (url:match "^[^?#]*/" or url .. "/") .. location
end

-- What is said of a redirect that is not followed.
local function refused(url, target)
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

---Sends a request again where its own origin says that the path is another (307, 308).
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
    local here, there = http.parse_url(request.url), http.parse_url(target)
    local follows = (stream.status == 307 or stream.status == 308) and here and there and here.origin == there.origin and target ~= request.url
    local status = stream.status
    stream:close()
    if not follows then
      local problem = refused(request.url, target)
      problem.status = status
      return nil, problem
    end
    request.url = target
    stream, e = transport(request)
  end
  if stream then stream:close() end
  return nil, err("protocol", phrase "the service sends on from one path to the next", { code = "redirect" })
end

return M
