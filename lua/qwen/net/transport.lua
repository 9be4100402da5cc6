-- The way to the network: what flags, settings and environment say about connections becomes fields of each request. A connection to
-- the model's service is opened while the person types and kept between turns.
local fs = require "sys.fs"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local M = {}

local KEPT = 50 -- seconds that a connection surely lives without use

-- Certificates beside the system's: of the real environment only, so that no file of a project adds an authority.
local function extra_certificates(ctx)
  local path = not ctx.opts.ca and sys.env "NODE_EXTRA_CA_CERTS" or ""
  if path == "" then return nil end
  if fs.stat(path) then return path end
  ctx.notice(tr("NODE_EXTRA_CA_CERTS: %s cannot be read; its certificates are left out", path))
end

---Which certificates a connection is checked with: what flags and environment say.
---@param ctx Ctx
---@return {ca: string?, extra_ca: string?, insecure: boolean?}
function M.trust(ctx)
  return { ca = ctx.opts.ca, extra_ca = extra_certificates(ctx), insecure = ctx.opts.insecure }
end

---Fills in `transport` and `warm`.
---@param ctx Ctx
function M.attach(ctx)
  local opts, proxy, extra, ready, used = ctx.opts, ctx.opts.proxy or ctx.settings:get "proxy", nil, false, nil

  -- A provider or a hook may choose a proxy; whom to trust is for the person alone to say.
  local function fill(request)
    if not ready then extra, ready = extra_certificates(ctx), true end
    if request.proxy == nil then request.proxy = proxy end
    request.ca, request.insecure, request.extra_ca = opts.ca, opts.insecure, extra
    used = task.now()
    return request
  end

  function ctx.transport(request)
    return require("sys.http").open(fill(request))
  end

  function ctx.warm()
    if not ctx.model or opts.replay or used and task.now() - used < KEPT then return end
    require("sys.http").warm(fill { url = ctx.model.base_url })
  end
end

return M
