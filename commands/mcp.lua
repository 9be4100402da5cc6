-- `/mcp` and `qwen mcp`: the tool servers (Model Context Protocol) of the settings, their state and tools; adding and removing one.

local tr = qwen.tr

local C = { summary = "list tool servers, add or remove one, sign in to one", shell = true }

local function where(config)
  if type(config) ~= "table" then return tr "(not an object)" end
  local address = config.httpUrl or config.url
  if address then return qwen.x.redact.text(tostring(address)) end
  local args = type(config.args) == "table" and config.args or { config.args }
  return table.concat(qwen.x.redact.words { tostring(config.command), table.unpack(args) }, " ")
end

local function list(ctx)
  local servers, names = ctx.settings:get "mcpServers" or {}, {}
  for name in pairs(servers) do names[#names + 1] = name end
  table.sort(names)
  if #names == 0 then ctx.print(tr "no tool server is configured; add one: qwen mcp add NAME COMMAND [ARGS...]") end
  for _, name in ipairs(names) do
    local entry = ctx.servers and ctx.servers[name]
    ctx.print(("%-20s %s %s"):format(name, qwen.text.pad(entry and tr(entry.state) or "", 9), where(servers[name])))
    local said = not entry and qwen.x.mcp_oauth.state(ctx, name, servers[name])
    if said then ctx.print("  " .. said) end
    if entry and entry.problem then ctx.print("  " .. entry.problem) end
    for _, tool in ipairs(entry and entry.tools or {}) do ctx.print("  " .. tool) end
    for _, prompt in ipairs(entry and entry.prompts or {}) do ctx.print("  " .. prompt) end
  end
  return 0
end

-- Options of `mcp add`, as Qwen Code and Claude Code write them: the field of the server's entry, and how the value is read.
local options = {
  ["--transport"] = { field = "transport", choices = { "stdio", "http", "sse" } }, ["-t"] = "--transport",
  ["--scope"] = { field = "scope", choices = { "user", "local", "project" } }, ["-s"] = "--scope",
  ["--env"] = { field = "env", pair = "^([%a_][%w_]*)=(.*)$", form = "NAME=VALUE" }, ["-e"] = "--env",
  ["--header"] = { field = "headers", pair = "^([%w_-]+):%s*(.+)$", form = "'NAME: VALUE'" }, ["-H"] = "--header",
  ["--timeout"] = { field = "timeout", number = true }, ["--description"] = { field = "description" },
  ["--include-tools"] = { field = "includeTools", list = true }, ["--exclude-tools"] = { field = "excludeTools", list = true },
  ["--trust"] = { field = "trust", switch = true },
  ["--oauth-client-id"] = { oauth = "clientId" }, ["--oauth-client-secret"] = { oauth = "clientSecret" },
  ["--oauth-redirect-uri"] = { oauth = "redirectUri" }, ["--oauth-token-url"] = { oauth = "tokenUrl" },
  ["--oauth-authorization-url"] = { oauth = "authorizationUrl" },
  ["--oauth-scopes"] = { oauth = "scopes", list = true },
}

local function usage(text) return nil, qwen.err("usage", text) end

-- Takes the value of an option into `out`; true, or nil and what is wrong.
local function take(out, name, option, value)
  if option.oauth then
    out.oauth = out.oauth or { enabled = true }
    return take(out.oauth, name, { field = option.oauth, list = option.list }, value)
  elseif option.switch then
    out[option.field] = true
  elseif value == nil then
    return usage(tr("%s wants a value", name))
  elseif option.pair then
    local key, text = value:match(option.pair)
    if not key then return usage(tr("%s wants %s, not '%s'", name, option.form, value)) end
    out[option.field] = out[option.field] or {}
    out[option.field][key] = text
  elseif option.number then
    out[option.field] = math.tointeger(tonumber(value))
    if not out[option.field] then return usage(tr("%s wants a whole number, not '%s'", name, value)) end
  elseif option.list then
    out[option.field] = qwen.json.array {}
    for item in value:gmatch "[^,%s]+" do table.insert(out[option.field], item) end
  else
    local fits = not option.choices
    for _, choice in ipairs(option.choices or {}) do fits = fits or choice == value end
    if not fits then return usage(tr("%s must be one of %s, not '%s'", name, table.concat(option.choices, ", "), value)) end
    out[option.field] = value
  end
  return true
end

local function is_address(word) return word:find "^https?://" ~= nil end

-- The words of `mcp add`: what the options say, and the other words. Behind a command all words are the command's; `--` ends the options.
local function read(words)
  local out, plain, i = {}, {}, 1
  while words[i] do
    local word = words[i]
    local name, value = word:match "^(%-%-[%w-]+)=(.*)$"
    name = name or word
    local option = options[name]
    if type(option) == "string" then option = options[option] end
    local of_command = plain[2] and not is_address(plain[2])
    if word == "--" and not of_command then
      table.move(words, i + 1, #words, #plain + 1, plain)
      break
    elseif of_command or word:sub(1, 1) ~= "-" then
      -- Claude Code takes several variables behind one --env.
      local more = not of_command and out.env and word:find(options["--env"].pair)
      if more then
        local ok, e = take(out, "--env", options["--env"], word)
        if not ok then return nil, e end
      end
      if not more then plain[#plain + 1] = word end
    elseif not option then
      local names = {}
      for known in pairs(options) do names[#names + 1] = known end
      local near = qwen.text.nearest(name, names)
      return usage(tr("unknown option %s%s", name, near and tr("; did you mean %s?", near) or tr "; put -- before the command"))
    else
      if not value and not option.switch then
        i = i + 1
        value = words[i]
      end
      local ok, e = take(out, name, option, value)
      if not ok then return nil, e end
    end
    i = i + 1
  end
  return out, plain
end

-- The entry of a server from the words behind its name; false when there are none.
local function described(said, words)
  local target, kind = words[1], said.transport
  if not target then return false end
  local address = is_address(target)
  if kind == "stdio" and address then return usage(tr("%s is an address; use --transport http or sse", target)) end
  if kind and kind ~= "stdio" and not address then return usage(tr("--transport %s wants an address, not '%s'", kind, target)) end
  if address and words[2] then return usage(tr("'%s' behind the address is nothing that a server takes", words[2])) end
  if address and said.env then return usage(tr("--env is for a command, not for an address")) end
  if not address and said.oauth then return usage(tr("--oauth-... is for an address, not for a command")) end
  if not address and said.headers then return usage(tr("--header is for an address, not for a command")) end
  local config = { timeout = said.timeout, description = said.description, includeTools = said.includeTools,
    excludeTools = said.excludeTools, trust = said.trust, env = said.env, headers = said.headers, oauth = said.oauth }
  if address then
    config[kind == "sse" and "url" or "httpUrl"] = target
  else
    config.command, config.args = target, qwen.json.array(table.move(words, 2, #words, 1, {}))
  end
  return config
end

local function add(ctx, args)
  local said, words = read(args)
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
  local config, e = described(said, words)
  if not config then return config, e end
  local path
  path, e = qwen.x.settings_writer.set { { path = { "mcpServers", name }, value = config } }
  if not path then return nil, e end
  ctx.print(tr("added %s to %s; it starts with the next session: %s", name, qwen.paths.short(path), where(config)))
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
  remove = { summary = "take a server out of your settings", args = "NAME", complete = own_names, run = remove },
  serve = { summary = "offer the tools of qwen to another program, as a tool server on standard input and output", run = serve },
}

return C
