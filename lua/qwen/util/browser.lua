-- Showing a person an address to open: in the browser of this machine, or as text, and as a QR code where a telephone has to do.
local http = require "sys.http"
local proc = require "qwen.util.process"
local sys = require "sys.os"
local term = require "sys.term"
local tr = require("qwen.util.translate").tr

local M = {}

local function set(name)
  return (sys.env(name) or "") ~= ""
end

---Whether this machine is reached over the network: a browser here would not be seen, and one elsewhere cannot come back to it.
---@return boolean
function M.remote()
  return set "SSH_CONNECTION" or set "SSH_TTY" or set "SSH_CLIENT"
end

-- The program that opens addresses, when somebody could see what it opens.
local function opener()
  if set "NO_BROWSER" or set "CI" or sys.env "BROWSER" == "www-browser" or sys.env "DEBIAN_FRONTEND" == "noninteractive" then return nil end
  if not (set "DISPLAY" or set "WAYLAND_DISPLAY" or set "MIR_SOCKET") then return nil end
  return proc.which "xdg-open" or proc.which "gio" or proc.which "x-www-browser"
end

-- Whether a browser was started; nobody waits for it.
local function open(url)
  local program = opener()
  if not program then return false end
  local argv = program:find "/gio$" and { program, "open", url } or { program, url }
  local detach = proc.which "setsid" -- a browser that this starts has to outlive us
  if detach then argv = { detach, "--fork", table.unpack(argv) } end
  local result = proc.run { argv = argv, env = proc.desktop_env(), stdout = "null", stderr = "null", group = false, timeout = 10 }
  return result ~= nil and result.code == 0
end

---Shows an address and, if it can, opens it.
---@param ctx Ctx
---@param url string https, or of this machine
---@param code string? to compare with what the page shows, clean
---@return boolean opened
function M.show(ctx, url, code)
  local parsed = http.parse_url(url)
  local safe = parsed and (parsed.scheme == "https" or parsed.loopback) and not url:find "[%c%s'\"<>\\^`{|}]"
  if not safe then
    ctx.notice(tr "the service gave an address that is not safe to open")
    return false
  end
  local opened = open(url)
  if not opened and sys.isatty(1) then -- above the address, which a small terminal then still shows
    local rows, columns = term.size()
    local lines = require("qwen.util.qrcode").lines(url, columns) or {}
    for i = 1, #lines < rows and #lines or 0 do ctx.print(lines[i]) end
  end
  ctx.print(opened and tr "The browser opens; if it does not, open this address:"
    or tr "Open this address in a browser, on any device:")
  ctx.print("")
  ctx.print("  " .. url)
  if code then ctx.print("\n" .. tr("  and compare the code: %s", code)) end
  ctx.print("")
  return opened
end

return M
