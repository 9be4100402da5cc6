-- A model server on this machine: found at the usual ports, or at the address given; its models are listed, one is chosen, no key is needed.

local tr = qwen.tr

local A = {
  summary = "Local model - LM Studio, Ollama, llama.cpp or vLLM · no key",
  order = 40,
  flags = { url = "ADDRESS", model = "ID" },
}

local function servers(ctx)
  return qwen.x.local_servers.find(ctx.settings:get "local.servers")
end

---What answers now, for the menus.
function A.state(ctx)
  local found = {}
  for i, server in ipairs(servers(ctx)) do found[i] = server.name end
  if found[1] then return tr("%s found", table.concat(found, ", ")), "ready" end
end

local function size(model)
  return (model.context and tr("%d tokens", model.context) or "") .. (model.loaded and " · loaded" or "")
end

-- The server and the model that the person, or the flags, mean.
local function choose(ctx, found, wanted)
  local rows, choices = {}, {}
  for _, server in ipairs(found) do
    for _, model in ipairs(server.models) do
      if not wanted or model.id == wanted then
        rows[#rows + 1] = { server = server, model = model }
        choices[#choices + 1] = { label = model.id, detail = size(model), group = server.name .. " " .. server.url }
      end
    end
  end
  if #rows == 0 then
    local ids = {}
    for _, model in ipairs(found[1].models) do ids[#ids + 1] = model.id end
    return nil, qwen.err("usage", tr("%s at %s has no model '%s'; it has %s", found[1].name,
      found[1].url, wanted, table.concat(ids, ", ")))
  end
  if #rows == 1 or wanted then return rows[1] end
  if not ctx.pick then return rows[1] end
  local index = ctx.pick(tr "Select a model:", choices)
  if not index then return nil, qwen.err("cancelled", tr "nothing was chosen and nothing is written") end
  return rows[index]
end

local function entries(server)
  local out = qwen.json.array {}
  for i, model in ipairs(server.models) do
    local config = {}
    if model.context then config.contextWindowSize = model.context end
    if model.vision then config.modalities = { image = true } end
    out[i] = { id = model.id, name = ("%s (%s)"):format(model.id, server.name), baseUrl = server.url, generationConfig = next(config) and config or nil }
  end
  return out
end

---@param ctx Ctx
---@param options {url: string?, model: string?}
function A.login(ctx, options)
  local found
  if options.url then
    local address, e = qwen.x.login.address(options.url)
    if not address then return nil, e end
    if not qwen.models.keyless(address) then
      return nil, qwen.err("usage",
        tr("%s is no local address; use: qwen auth api-key --base-url %s", address, address))
    end
    local server = qwen.x.local_servers.ask(address)
    if not server then
      return nil, qwen.err("network", tr("no model server answers at %s/v1/models; start it, or "
        .. "give another address: qwen auth local --url ADDRESS", (address:gsub("/v1$", ""))))
    end
    found = { server }
  else
    found = servers(ctx)
    if #found == 0 then
      return nil, qwen.err("missing", tr("no model server answers on this machine (looked for LM "
        .. "Studio :1234, Ollama :11434, llama.cpp :8080, vLLM :8000); start one with a model, or "
        .. "give its address: qwen auth local --url http://127.0.0.1:PORT"))
    end
  end
  local row, e = choose(ctx, found, options.model)
  if not row then return nil, e end
  local path
  path, e = qwen.x.login.install(ctx, { entries = entries(row.server), model = row.model.id,
    owns = function(entry) return entry.baseUrl == row.server.url and not entry.envKey end })
  if not path then return nil, e end
  ctx.print(tr("using %s of %s at %s, without a key. %s", row.model.id, row.server.name, row.server.url, path))
  return true
end

A.terms = { terms = qwen.phrase "your own", privacy = qwen.phrase "requests stay on this machine" }

return A
