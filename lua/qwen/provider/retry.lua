-- Whether and when a failed request is asked again: by the class of the failure, by what the service asked for, by the user's limits.
-- Pure: it neither waits nor looks at a clock.
local http = require "sys.http"

local M = {}

local RETRIES, FIRST_WAIT, LONGEST_WAIT, JITTER = 6, 1.5, 30, 0.3
local LONGEST_ASKED, LONGEST_IN_ALL = 600, 1800 -- an hour of silence helps nobody: it is said instead
local UNATTENDED_WAIT, UNATTENDED_ASKED = 300, 6 * 3600
local FEW = 2

local by_kind = { overloaded = "overload", auth = "auth", denied = "auth", network = "network", timeout = "network", protocol = "protocol",
  too_long = "too_long" }

---The class of a failure: burst, quota, overload, auth, network, protocol, too_long; else its kind.
---@param e Err
---@return string
function M.class(e)
  local own = e.kind == "limit" and not e.status and e.code and e.code:find "^E%u+$"
  if e.path or own then return "broken" end -- of this machine: no service has to do with it
  if e.kind == "limit" then return e.quota and "quota" or "burst" end
  return by_kind[e.kind] or e.kind
end

local waits = { burst = true, overload = true, network = true }
local final = { certificate = true, proxy = true, total_timeout = true }

local function listed(e, model)
  local codes = model.config.retryErrorCodes
  for _, code in ipairs(type(codes) == "table" and codes or {}) do
    if code == e.status or tostring(math.tointeger(code) or code) == e.code then return true end
  end
  return false
end

-- How often a request may be asked again.
local function most(e, class, model, options)
  if options.unattended and (class == "burst" or class == "overload") then return math.huge end
  local set = math.tointeger(tonumber(model.config.maxRetries))
  local retries = math.min(set or RETRIES, e.retries or math.huge)
  if e.code == "ECONNREFUSED" or e.code == "host" then
    -- Nobody listens: on this machine waiting changes nothing, elsewhere a service may be starting again.
    local url = http.parse_url(model.base_url)
    return math.min(retries, url and url.loopback and 0 or FEW)
  end
  if e.kind == "timeout" then return math.min(retries, FEW) end -- each has taken long already
  if options.fallback and not set then return FEW end
  return retries
end

---Seconds until the next attempt; nil when trying again does not help, or would take too long.
---@param e Err
---@param class string
---@param state {attempt: integer, waited: number} attempts so far, seconds waited between them
---@param model Model
---@param options {unattended: boolean?, fallback: boolean?, random: (fun(): number)?} fallback: another model would be asked instead
---@return number?
function M.wait(e, class, state, model, options)
  if not listed(e, model) then
    if not waits[class] or final[e.code] then return nil end
  elseif not waits[class] then
    class = "burst"
  end
  if state.attempt > most(e, class, model, options) then return nil end
  local wait
  local asked, config = e.retry_after, model.config
  if asked and asked >= 0 and (asked > 0 or state.attempt == 1) then
    if asked > (options.unattended and UNATTENDED_ASKED or LONGEST_ASKED) then return nil end
    wait = asked
  else
    local first = (tonumber(config.retryInitialDelayMs) or FIRST_WAIT * 1000) / 1000
    local cap = options.unattended and UNATTENDED_WAIT or (tonumber(config.retryMaxDelayMs) or LONGEST_WAIT * 1000) / 1000
    wait = math.min(first * 2.0 ^ (state.attempt - 1), cap)
    wait = wait * (1 + JITTER * ((options.random or math.random)() * 2 - 1))
  end
  if not options.unattended and state.waited + wait > LONGEST_IN_ALL then return nil end
  return math.max(wait, 0)
end

return M
