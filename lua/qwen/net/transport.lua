-- The way to the network: what flags, settings and variables say about connections counts for every request (sys.http.use). A connection to
-- the model's service is opened while the user types and kept between turns.
local is_private_name = require("sys.http").is_private
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local M = {}

local KEPT = 50 -- seconds that a connection surely lives without use

local PROXIES = { "https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY" }

-- Variables of .env and the settings; those of the environment are read where the proxy is chosen.
local function variables(settings)
  local out = {}
  for _, name in ipairs(PROXIES) do
    local value = (sys.env(name) or "") == "" and settings:env(name) or nil
    if value ~= "" then out[name] = value end
  end
  return out
end

local function certificates(ctx)
  local out, problems = require("qwen.net.certificates").read(ctx.settings, ctx.opts)
  out.insecure = ctx.opts.insecure
  return out, problems
end

---Which certificates a connection is checked with: what flags, settings and variables say.
---@param ctx Ctx
---@return {ca: string?, ca_pem: string?, insecure: boolean?}
function M.trust(ctx)
  return (certificates(ctx))
end

-- Hands everything on; what was wrong with it comes back as sentences.
local function apply(ctx)
  local opts, settings = ctx.opts, ctx.settings
  local route, problems = certificates(ctx)
  route.proxy, route.forced = opts.proxy or settings:get "proxy", opts.proxy ~= nil
  route.variables = variables(settings)
  if settings:get "connections" then
    local more
    route.rules, more = require("qwen.net.connections").read(settings)
    table.move(more, 1, #more, #problems + 1, problems)
  end
  require("sys.http").use(route)
  return problems
end

---Our own certificate of the variables, which is for the service of a model alone.
---@param ctx Ctx
---@param request HttpRequest
---@param model Model?
function M.show_certificate(ctx, request, model)
  local cert = model and not request.client_cert and ctx.settings:env "QWEN_CODE_CLIENT_CERT"
  if not cert or cert == "" then return end
  local addresses, paths = require "qwen.config.addresses", require "qwen.util.paths"
  if not addresses.same_origin(request.url, model.base_url) then return end
  local key = ctx.settings:env "QWEN_CODE_CLIENT_KEY"
  request.client_cert = paths.expand(cert)
  request.client_key = key and key ~= "" and paths.expand(key) or nil
  request.client_password = ctx.settings:env "QWEN_CODE_CLIENT_KEY_PASSPHRASE"
end

local function has_credential(request)
  for name, value in pairs(request.headers or {}) do
    for _, part in ipairs(type(value) == "table" and value or { value }) do
      if type(part) == "userdata" then return true end
    end
    if is_private_name(name) then return true end
  end
  return false
end

local parsed_urls = setmetatable({}, { __mode = "v" }) -- the address of a service comes again with each turn

-- The origin of a request that shows a credential to a private network.
local function shown_to(request)
  if request.url:sub(1, 5):lower() ~= "http:" then return nil end
  local parsed = parsed_urls[request.url] or require("sys.http").parse_url(request.url)
  parsed_urls[request.url] = parsed
  return parsed and not parsed.loopback and parsed.private and has_credential(request) and parsed.origin or nil
end

---Fills in `transport` and `warm`.
---@param ctx Ctx
function M.attach(ctx)
  local opts, known, problems, used, told = ctx.opts, ctx.settings.dotenv, apply(ctx), nil, {}

  -- A provider or a hook may choose a proxy; whom to trust is for the user alone to say.
  local function fill(request)
    if known ~= ctx.settings.dotenv then -- settings that were read anew have another one
      known, problems = ctx.settings.dotenv, apply(ctx)
    end
    for _, problem in ipairs(problems) do
      if not told[problem] then ctx.notice(problem) end
      told[problem] = true
    end
    problems = {}
    request.ca, request.insecure, request.ca_pem = nil, nil, nil
    M.show_certificate(ctx, request, ctx.model)
    used = task.now()
    return request
  end

  function ctx.transport(request)
    fill(request)
    local origin = shown_to(request)
    if origin and not told[origin] then
      told[origin] = true
      ctx.notice(tr("a key goes to %s without TLS: others in that network can read it", origin))
    end
    return require("sys.http").open(request)
  end

  function ctx.warm()
    if not ctx.model or opts.replay or used and task.now() - used < KEPT then return end
    require("sys.http").warm(fill { url = ctx.model.base_url })
  end
end

return M
