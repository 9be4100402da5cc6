-- `/mcp` and `qwen mcp`: the tool servers (Model Context Protocol) of the settings, their state and tools; adding and removing one.

local tr = qwen.tr

local MOST_RESOURCES = 20

local C = { summary = "list tool servers, add or remove one, sign in to one", shell = true }

local function where(config)
  if type(config) ~= "table" then return tr "(not an object)" end
  local address = config.httpUrl or config.url
  if address then return qwen.x.redact.text(tostring(address)) end
  local args = type(config.args) == "table" and config.args or { config.args }
  return table.concat(qwen.x.redact.words { tostring(config.command), table.unpack(args) }, " ")
end

-- What the texts of a server are, and the forms of more.
local function list_resources(ctx, entry)
  local client = entry and entry.client
  if not client or client.ended or entry.state ~= "ready" then return end
  entry.resources = entry.resources or client:resources() or {}
  for i, one in ipairs(entry.resources) do
    if i > MOST_RESOURCES then
      ctx.print("  " .. tr("and %d more", #entry.resources - MOST_RESOURCES))
      break
    end
    ctx.print(("  @%s:%s"):format(entry.name, qwen.text.clean(one.uri)))
  end
  for _, one in ipairs(client:templates() or {}) do
    ctx.print(("  @%s:%s"):format(entry.name, qwen.text.clean(one.uriTemplate)))
  end
end

local answers = { yes = qwen.phrase "allowed", no = qwen.phrase "refused",
  none = qwen.phrase "not asked" }

local function list(ctx)
  local servers, names = ctx.settings:get "mcpServers" or {}, {}
  for name in pairs(servers) do names[#names + 1] = name end
  table.sort(names)
  local of_project = ctx.cwd and qwen.x.mcp_project.list(ctx) or {}
  if not (names[1] or of_project[1]) then
    ctx.print(tr "no tool server is configured; add one: qwen mcp add NAME COMMAND [ARGS...]")
  end
  for _, name in ipairs(names) do
    local entry = ctx.servers and ctx.servers[name]
    ctx.print(("%-20s %s %s"):format(name, qwen.text.pad(entry and tr(entry.state) or "", 9), where(servers[name])))
    local said = not entry and qwen.x.mcp_oauth.state(ctx, name, servers[name])
    if said then ctx.print("  " .. said) end
    if entry and entry.problem then ctx.print("  " .. entry.problem) end
    for _, tool in ipairs(entry and entry.tools or {}) do ctx.print("  " .. tool) end
    for _, prompt in ipairs(entry and entry.prompts or {}) do ctx.print("  /" .. prompt) end
    list_resources(ctx, entry)
  end
  for _, one in ipairs(of_project) do
    local entry = ctx.servers and ctx.servers[one.name]
    if not servers[one.name] then
      local said = answers[qwen.x.mcp_project.answer(ctx, one) or "none"]
      ctx.print(("%-20s %s %s"):format(one.name, qwen.text.pad(tr(entry and entry.client
        and entry.state or said), 9), where(one.config)) .. tr " (of this project)")
      for _, tool in ipairs(entry and entry.tools or {}) do ctx.print("  " .. tool) end
    end
  end
  return 0
end

local function usage(text) return nil, qwen.err("usage", text) end

-- Writes entries into the person's own settings.
local function write(ctx, entries)
  local changes = {}
  for i, one in ipairs(entries) do
    changes[i] = { path = { "mcpServers", one.name }, value = one.config }
  end
  local path, e = qwen.x.settings_writer.set(changes)
  if not path then return nil, e end
  for _, one in ipairs(entries) do
    ctx.print(tr("added %s to %s; it starts with the next session: %s", one.name,
      qwen.paths.short(path), where(one.config)))
  end
  return 0
end

local function add(ctx, args)
  local said, words = qwen.x.mcp_words.read(args)
  if not said then return nil, words end
  local name = table.remove(words, 1)
  if not name then return false end
  if not name:find "^[%w_-]+$" then return usage(tr("'%s' is no name for a server: letters, digits, - and _", name)) end
  if said.scope and said.scope ~= "user" then
    return usage(tr("a project cannot make servers start, so the scope is user, not %s", said.scope))
  end
  if (ctx.settings:get "mcpServers" or {})[name] then
    return usage(tr("there is a server '%s' already; remove it first", name))
  end
  local config, e = qwen.x.mcp_words.entry(said, words)
  if not config then return config, e end
  return write(ctx, { { name = name, config = config } })
end

local function add_json(ctx, args, rest)
  local name = args[1]
  if not (name and args[2]) then return false end
  if not name:find "^[%w_-]+$" then
    return usage(tr("'%s' is no name for a server: letters, digits, - and _", name))
  end
  local source = args[3] and rest:match "^%S+%s+(.*)$" or args[2]
  local config, problem = qwen.json.decode(source, false, true)
  if type(config) ~= "table" then
    return usage(tr("that is no JSON object: %s", problem and problem.message or source))
  end
  local one = config.mcpServers and config.mcpServers[name] or config
  if type(one) ~= "table" or not (one.command or one.url or one.httpUrl) then
    return usage(tr("mcpServers.%s has neither command nor httpUrl", name))
  end
  if (ctx.settings:get "mcpServers" or {})[name] then
    return usage(tr("there is a server '%s' already; remove it first", name))
  end
  return write(ctx, { { name = name, config = one } })
end

local function import(ctx, args)
  local program = args[1]
  local known = qwen.x.mcp_import.names()
  local fits = false
  for _, each in ipairs(known) do fits = fits or each == program end
  if not fits then
    return usage(tr("import from one of %s", table.concat(known, ", ")))
  end
  local found, path = qwen.x.mcp_import.read(program)
  if not path then return nil, qwen.err("missing", tr("%s has no file of servers here", program)) end
  local taken, mine, wanted = {}, ctx.settings:get "mcpServers" or {}, {}
  for _, name in ipairs(table.move(args, 2, #args, 1, {})) do wanted[name] = true end
  for _, one in ipairs(found) do
    local problem = one.problem or mine[one.name] and tr "there is one of that name already"
    local asked = not next(wanted) or wanted[one.name]
    if asked and problem then
      ctx.notice(tr("%s is left out: %s", one.name, tr("%s", problem)))
    elseif asked then
      taken[#taken + 1] = one
    end
  end
  if not taken[1] then
    ctx.print(tr("nothing to take from %s", qwen.paths.short(path)))
    return 0
  end
  return write(ctx, taken)
end

-- The answer about a server of the project.
local function decide(answer)
  return function(ctx, args)
    if not ctx.trusted then
      return nil, qwen.err("denied", tr "this folder is not trusted: qwen trust yes")
    end
    for _, one in ipairs(qwen.x.mcp_project.list(ctx)) do
      if one.name == args[1] then
        local ok, e = qwen.x.mcp_project.decide(ctx, one, answer)
        if not ok then return nil, e end
        ctx.print(qwen.x.mcp_project.shown(one))
        ctx.print(tr(answer == "yes" and "%s may start in this folder, until its entry changes"
          or "%s does not start in this folder, until its entry changes", one.name))
        return 0
      end
    end
    return nil, qwen.err("missing", tr("this project names no tool server %s", tostring(args[1])))
  end
end

local function show_log(ctx, args)
  for name, entry in pairs(ctx.servers or {}) do
    if not args[1] or name == args[1] then
      for _, line in ipairs(entry.log or {}) do ctx.print(name .. " " .. line, true) end
    end
  end
  return 0
end

local function remove(ctx, args)
  local name = args[1]
  if args[2] then return false end
  local now, e = qwen.x.settings_writer.read()
  if not now then return nil, e end
  if not (type(now.mcpServers) == "table" and now.mcpServers[name]) then
    return nil, qwen.err("missing", tr("your settings have no server '%s'", name))
  end
  local path
  path, e = qwen.x.settings_writer.set { { path = { "mcpServers", name }, value = nil } }
  if not path then return nil, e end
  ctx.print(tr("took %s out of %s", name, qwen.paths.short(path)))
  return 0
end

-- The names of the servers in the person's own settings.
local function own_names()
  local now, out = qwen.x.settings_writer.read(), {}
  for name in pairs(type(now) == "table" and type(now.mcpServers) == "table" and now.mcpServers or {}) do out[#out + 1] = name end
  table.sort(out)
  return out
end

local function project_names(ctx)
  local out = {}
  for i, one in ipairs(qwen.x.mcp_project.list(ctx)) do out[i] = one.name end
  return out
end

local function serve(ctx, args)
  if args[1] then return false end
  if ctx.interactive then return usage(tr "a server needs standard input and output for itself: qwen mcp serve") end
  return qwen.x.serve_tools.run(ctx)
end
local function remote_names(ctx) return qwen.x.mcp_sign_in.names(ctx) end

C.run = list
C.subcommands = {
  list = { summary = "servers, their state and tools", run = list },
  add = { summary = "add a program, or an address with its headers", run = add,
    args = "[OPTIONS] NAME COMMAND|URL [ARGS...]" },
  login = { summary = "sign in to a server at an address", args = "[--scope SCOPES] [--store STORE] [--paste] NAME",
    complete = remote_names, run = function(ctx, words) return qwen.x.mcp_sign_in.login(ctx, words) end },
  logout = { summary = "forget the sign-in of a server", args = "NAME", complete = remote_names,
    run = function(ctx, words) return qwen.x.mcp_sign_in.logout(ctx, words) end },
  ["add-json"] = { summary = "add a server as a JSON object", args = "NAME JSON", run = add_json },
  import = { summary = "take servers from Claude Desktop, Claude Code, VS Code or Cursor",
    args = "PROGRAM [NAME...]", complete = function() return qwen.x.mcp_import.names() end,
    run = import },
  allow = { summary = "let a server of this project's .mcp.json start", args = "NAME",
    complete = project_names, run = decide "yes" },
  refuse = { summary = "never start a server of this project's .mcp.json", args = "NAME",
    complete = project_names, run = decide "no" },
  log = { summary = "what servers have logged in this session", args = "[NAME]", run = show_log },
  remove = { summary = "take a server out of your settings", args = "NAME", complete = own_names, run = remove },
  serve = { summary = "offer the tools of qwen to another program, as a tool server on standard input and output", run = serve },
}

return C
