-- `/mcp` and `qwen mcp`: the tool servers (Model Context Protocol) of the settings, their state and tools; adding and removing one.

local C = { summary = "list tool servers, add or remove one", shell = true }

local function where(config)
  if type(config) ~= "table" then return "(not an object)" end
  return config.httpUrl or config.url or table.concat({ tostring(config.command), table.unpack(type(config.args) == "table" and config.args or {}) }, " ")
end

local function list(ctx)
  local servers, names = ctx.settings:get "mcpServers" or {}, {}
  for name in pairs(servers) do names[#names + 1] = name end
  table.sort(names)
  if #names == 0 then ctx.print "no tool server is configured; add one: qwen mcp add NAME COMMAND [ARGS...]" end
  for _, name in ipairs(names) do
    local entry = ctx.servers and ctx.servers[name]
    ctx.print(("%-20s %-9s %s"):format(name, entry and entry.state or "", where(servers[name])))
    if entry and entry.problem then ctx.print("  " .. entry.problem) end
    for _, tool in ipairs(entry and entry.tools or {}) do ctx.print("  " .. tool) end
    for _, prompt in ipairs(entry and entry.prompts or {}) do ctx.print("  " .. prompt) end
  end
  return 0
end

local function described(words)
  local first = words[1]
  if not first:find "^https?://" then return { command = first, args = qwen.json.array(table.move(words, 2, #words, 1, {})) } end
  local headers, i = nil, 2
  while words[i] do
    local key, value = (words[i + 1] or ""):match "^([%w-]+):%s*(.+)$"
    if words[i] ~= "--header" or not key then return nil, qwen.err("usage", "a header is given as --header 'NAME: VALUE'") end
    headers = headers or {}
    headers[key] = value
    i = i + 2
  end
  return { httpUrl = first, headers = headers }
end

local function add(ctx, args)
  local name, words = args[1], table.move(args, 2, #args, 1, {})
  if not name:find "^[%w_-]+$" then return nil, qwen.err("usage", ("'%s' is no name for a server: letters, digits, - and _"):format(name)) end
  if (ctx.settings:get "mcpServers" or {})[name] then return nil, qwen.err("usage", ("there is a server '%s' already; remove it first"):format(name)) end
  local config, e = described(words)
  if not config then return nil, e end
  local path
  path, e = qwen.x.settings_writer.set { { path = { "mcpServers", name }, value = config } }
  if not path then return nil, e end
  ctx.print(("added %s to %s; it starts with the next session"):format(name, qwen.paths.short(path)))
  return 0
end

local function remove(ctx, args)
  local name = args[1]
  if args[2] then return false end
  local now, e = qwen.x.settings_writer.read()
  if not now then return nil, e end
  if not (type(now.mcpServers) == "table" and now.mcpServers[name]) then return nil, qwen.err("missing", ("your settings have no server '%s'"):format(name)) end
  local path
  path, e = qwen.x.settings_writer.set { { path = { "mcpServers", name }, value = nil } }
  if not path then return nil, e end
  ctx.print(("took %s out of %s"):format(name, qwen.paths.short(path)))
  return 0
end

-- The names of the servers in the person's own settings.
local function own_names()
  local now, out = qwen.x.settings_writer.read(), {}
  for name in pairs(type(now) == "table" and type(now.mcpServers) == "table" and now.mcpServers or {}) do out[#out + 1] = name end
  table.sort(out)
  return out
end

C.run = list
C.subcommands = {
  list = { summary = "servers, their state and tools", run = list },
  add = { summary = "add a program, or an address with its headers", args = "NAME COMMAND|URL [ARGS... | --header 'NAME: VALUE']", run = add },
  remove = { summary = "take a server out of your settings", args = "NAME", complete = own_names, run = remove },
}

return C
