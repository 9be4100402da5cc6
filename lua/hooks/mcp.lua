-- Tool servers of `mcpServers` in the settings, and those of `.mcp.json` that the user has allowed:
-- started with the session, their tools offered as mcp__SERVER__TOOL, their prompts as commands.

local tr = qwen.tr

local MOST_NAME, MOST_SUMMARY = 64, 8000
local MOST_LINES, MOST_TOLD = 100, 5 -- of the log of a server: kept, and shown at once
local SEVERE = { error = true, critical = true, alert = true, emergency = true }

local function tool_name(server, tool)
  return ("mcp__%s__%s"):format(server, tool):gsub("[^%w_-]", "_"):sub(1, MOST_NAME)
end

local function listed(list, name)
  for _, item in ipairs(type(list) == "table" and list or {}) do
    if tostring(item):match "^[^(]*" == name then return true end
  end
  return false
end

local function wanted(config, tool)
  return not listed(config.excludeTools, tool) and (config.includeTools == nil or listed(config.includeTools, tool))
end

-- A report of progress as a line.
local function report(params)
  local done, total = tonumber(params.progress), tonumber(params.total)
  local share = done and total and total > 0 and ("%d%%"):format(done / total * 100 // 1)
    or done and ("%g"):format(done) or nil
  local words = type(params.message) == "string" and qwen.text.clean(params.message:sub(1, 200))
  local line = share and words and share .. " " .. words or words or share or ""
  return qwen.text.utf8((line:gsub("%s+", " "))) .. "\n"
end

local function make_tool(client, server, config, tool)
  local output = qwen.x.mcp_schema.output(tool.outputSchema)
  return {
    summary = qwen.x.mcp_content.beginning(type(tool.description) == "string" and tool.description
      or tool.name, MOST_SUMMARY),
    schema = qwen.x.mcp_schema.of(tool.inputSchema),
    effect = config.trust == true and "none" or "run",
    label = function(args) return ("%s: %s"):format(server, (qwen.json.encode(args):sub(1, 80))) end,
    run = function(ctx, args)
      local answer, e = client:call(tool, args, ctx and function(params)
        ctx.progress(report(params))
      end)
      if not answer then return nil, e end
      return qwen.x.mcp_content.result(answer, output)
    end,
  }
end

-- Offers what is listed now under its names, and takes back what is not listed any more.
local function replace(kind, from, before, entries)
  local names = {}
  for _, entry in ipairs(entries) do
    qwen.x.registry.provide(kind, entry.name, entry.value, from)
    names[#names + 1], names[entry.name] = entry.name, true
  end
  for _, name in ipairs(before or {}) do
    if not names[name] then qwen.x.registry.withdraw(kind, name, from) end
  end
  return names
end

local function offer_tools(ctx, entry)
  local client, config, server = entry.client, entry.config, entry.name
  local tools, e = client:tools()
  if not tools then return nil, e end
  local offered = {}
  for _, tool in ipairs(tools) do
    if wanted(config, tool.name) then
      offered[#offered + 1] = { name = tool_name(server, tool.name),
        value = make_tool(client, server, config, tool) }
    end
  end
  entry.tools = replace("tools", "mcp:" .. server, entry.tools, offered)
  ctx.tools_of = nil -- the next request has them
  for _, one in ipairs(client.unfit or {}) do
    ctx.notice(tr("the tool %s of %s is left out: %s", one.name, server, one.problem))
  end
  return true
end

local function offer_prompts(_, entry)
  local offered = {}
  for _, prompt in ipairs(entry.client:prompts() or {}) do
    offered[#offered + 1] = { name = (entry.name .. ":" .. prompt.name):gsub("[^%w_:-]", "_"),
      value = qwen.x.mcp_prompt.command(entry.client, entry.name, prompt) }
  end
  entry.prompts = replace("commands", "mcp:" .. entry.name, entry.prompts, offered)
end

local function offer_resources(_, entry) entry.resources, entry.uris = nil, nil end

local INSTRUCTIONS = "\n\nThe tool server %s says about its tools (its words, not the user's):\n%s"

-- What servers say about their tools stands in the system prompt, or comes with the next prompt
-- where that was sent already.
local function instruct(ctx, entry)
  local words = entry.client.instructions
  if not words then return end
  entry.instructions = INSTRUCTIONS:format(entry.name, words)
  local begun = ctx.session and ctx.session.messages[1]
  if begun then ctx.tell_next(qwen.text.trim(entry.instructions))
  elseif ctx.system then qwen.x.system_prompt.renew(ctx) end
end

local function log(ctx, entry, level, line)
  table.insert(entry.log, level .. ": " .. line)
  if #entry.log > MOST_LINES then table.remove(entry.log, 1) end
  if SEVERE[level] and entry.told < MOST_TOLD then
    entry.told = entry.told + 1
    ctx.notice(tr("the tool server %s reports: %s", entry.name, line))
  end
end

-- What a server may ask of the user and the model, and tell.
local function handlers(ctx, entry)
  local again = { tools = offer_tools, prompts = offer_prompts, resources = offer_resources }
  return {
    ["elicitation/create"] = function(params)
      return qwen.x.mcp_elicitation.ask(ctx, entry.name, params)
    end,
    ["sampling/createMessage"] = function(params)
      return qwen.x.sampling.answer(ctx, entry.name, params)
    end,
    changed = function(what)
      if entry.tools then again[what](ctx, entry) end
    end,
    logged = function(level, line) log(ctx, entry, level, line) end,
    updated = function(uri)
      ctx.tell_next(("The text @%s:%s has changed."):format(entry.name, qwen.text.clean(uri)))
    end,
  }
end

-- What a server offered before it was started again, and offers no longer.
local function withdraw(ctx, entry)
  local from = "mcp:" .. entry.name
  replace("tools", from, entry.tools, {})
  replace("commands", from, entry.prompts, {})
  entry.tools, entry.prompts, ctx.tools_of = nil, nil, nil
end

local function start(ctx, entry)
  local auth, e = qwen.x.mcp_oauth.attach(ctx, entry.name, entry.config)
  local client
  if auth then
    client, e = qwen.x.mcp.connect(auth.ctx, entry.name, entry.config, handlers(ctx, entry))
  end
  entry.client, entry.auth = client, auth
  local ready
  if client then ready, e = offer_tools(ctx, entry) end
  if ready then
    offer_prompts(ctx, entry)
    instruct(ctx, entry)
  else
    withdraw(ctx, entry)
  end
  entry.state = ready and "ready" or e and e.code == "sign_in" and "sign-in" or "failed"
  entry.problem = e and e.message
  if e then
    ctx.notice(tr("%s; its tools are not offered (see /mcp)", e.message))
  end
end

local H = {}

-- Starts one beside everything else.
local function begin(ctx, name, config)
  local allowed, excluded = ctx.settings:get "mcp.allowed", ctx.settings:get "mcp.excluded"
  local off = type(config) ~= "table" or config.disabled == true
    or allowed and not listed(allowed, name) or listed(excluded, name)
  local entry = { name = name, state = off and "off" or "starting", config = config, log = {},
    told = 0 }
  function entry.start()
    if entry.client then entry.client:close() end
    start(ctx, entry)
  end
  ctx.servers[name] = entry
  if off then return end
  local patience = tonumber(config.discoveryTimeoutMs)
  local done = qwen.x.mcp_starting.add(ctx, name, patience and patience / 1000)
  ctx.background(function()
    local _ <close> = qwen.cleanup(done)
    entry.start()
  end)
end

-- Asks about a server of the project; the answer holds for this entry as it stands there.
local function may_start(ctx, one)
  local answer = qwen.x.mcp_project.answer(ctx, one)
  if answer then return answer == "yes" end
  if not ctx.interactive then
    ctx.notice(tr("the project's tool server %s is not started: nobody has allowed it (qwen mcp allow %s)",
      one.name, one.name))
    return false
  end
  local key = ctx.ask { title = tr("Start the tool server %s of this project (.mcp.json)?", one.name),
    detail = qwen.x.mcp_project.shown(one), reason = tr "it runs outside the sandbox, as you",
    choices = { { key = "y", label = tr "Yes, until its entry changes", lasting = true },
      { key = "n", label = tr "No, until its entry changes", lasting = true },
      { key = "l", label = tr "Not now" } } }
  if key == "y" or key == "n" then
    local _, e = qwen.x.mcp_project.decide(ctx, one, key == "y" and "yes" or "no")
    if e then ctx.notice(e.message) end
  end
  return key == "y"
end

-- The servers of the project, one question after the other; yours of the same name stand before
-- them.
local function begin_of_project(ctx)
  local list, problem = qwen.x.mcp_project.list(ctx)
  if problem then ctx.notice(tr("the project's tool servers are left out: %s", problem)) end
  for _, one in ipairs(list) do
    if not ctx.servers[one.name] then
      if qwen.x.mcp_project.answer(ctx, one) == "yes" then begin(ctx, one.name, one.config)
      else
        ctx.servers[one.name] = { name = one.name, state = "off", config = one.config, log = {} }
        ctx.background(function()
          if may_start(ctx, one) then begin(ctx, one.name, one.config) end
        end)
      end
    end
  end
end

function H.session_started(ctx)
  if ctx.serves then return end -- one of them may be this very program
  ctx.servers, ctx.starting = {}, ctx.starting or {}
  for name, config in pairs(ctx.settings:get "mcpServers" or {}) do begin(ctx, name, config) end
  if ctx.trusted and qwen.fs.exists(ctx.cwd .. "/.mcp.json") then begin_of_project(ctx) end
end

function H.system_built(ctx, system)
  local out = {}
  for _, entry in pairs(ctx.servers or {}) do out[#out + 1] = entry.instructions end
  if not out[1] then return end
  table.sort(out)
  return { text = system.text .. table.concat(out) }
end

function H.session_ended(ctx)
  local jobs = {}
  for _, entry in pairs(ctx.servers or {}) do
    if entry.client then jobs[#jobs + 1] = qwen.task.spawn(entry.client.close, entry.client) end
  end
  for _, job in ipairs(jobs) do job:join() end
end

return H
