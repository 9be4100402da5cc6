-- Tool servers of `mcpServers` in the settings: started with the session, their tools offered as mcp__SERVER__TOOL. Only the person's own
-- settings are asked: a project cannot make programs start.

local tr = qwen.tr

local MOST_NAME, MOST_SUMMARY = 64, 8000

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

local sane

local keep = {
  properties = function(value)
    local out = {}
    for name, child in pairs(value) do out[name] = type(child) == "table" and sane(child) or {} end
    return out
  end,
  items = function(value) return #value == 0 and sane(value) or {} end,
  required = function(value)
    local out = qwen.json.array {}
    for _, name in ipairs(value) do out[#out + 1] = type(name) == "string" and name or nil end
    return out
  end,
  enum = function(value) return qwen.json.array(value) end,
}
for _, key in ipairs { "anyOf", "oneOf", "allOf" } do
  keep[key] = function(value)
    local out = qwen.json.array {}
    for i, child in ipairs(value) do out[i] = type(child) == "table" and sane(child) or {} end
    return out
  end
end

-- Whether a schema is one of lists, also in its alternatives.
local function is_of_lists(schema)
  local kinds = schema.type
  for _, kind in ipairs(type(kinds) == "table" and kinds or { kinds }) do
    if kind == "array" then return true end
  end
  for _, key in ipairs { "anyOf", "oneOf" } do
    for _, child in ipairs(type(schema[key]) == "table" and schema[key] or {}) do
      if type(child) == "table" and child.type == "array" then return true end
    end
  end
  return false
end

-- An empty list of JSON is a table like any other: what must be a list is marked as one.
local function as_list(value)
  return type(value) == "table" and next(value) == nil and qwen.json.array {} or value
end

-- The schema of a stranger in the form that ours have: lists are lists, and what must be an object, a list or a number is one.
function sane(schema)
  local out = {}
  for key, value in pairs(schema) do
    if keep[key] then
      out[key] = type(value) == "table" and keep[key](value) or nil
    elseif key == "minimum" or key == "maximum" or key == "minItems" then
      out[key] = type(value) == "number" and value or nil
    elseif key == "type" then
      out[key] = type(value) == "string" and value or type(value) == "table" and #value > 0 and qwen.json.array(value) or nil
    elseif key == "default" or key == "const" then
      out[key] = is_of_lists(schema) and as_list(value) or value
    elseif key == "examples" then
      out[key] = type(value) == "table" and qwen.json.array(value) or nil
    else
      out[key] = value
    end
  end
  return out
end

-- The beginning of a text, up to a word, and a sign where more would follow.
local function beginning(text, most)
  text = qwen.text.utf8(text)
  if #text <= most then return text end
  local head = text:sub(1, most)
  local word = head:match "^(.*%S)%s+%S*$"
  if word and #word > most - 200 then head = word end
  return qwen.text.utf8(head):gsub("\u{FFFD}*$", "") .. " [...]"
end

local function string_of(value) return type(value) == "string" and value or nil end

local function size_of(data)
  return #data * 3 // 4
end

-- Bytes of a resource or a sound: what models take goes along, text is read, of the rest it is said that it came.
local function blob_part(mime, data, uri)
  local kind = mime:match "^[%w.+-]+/[%w.+-]+" or "application/octet-stream"
  if kind:find "^image/" then return { type = "image", mime = kind, data = data } end
  if kind == "application/pdf" or kind:find "^audio/" then return { type = "file", mime = kind, data = data } end
  local bytes = (kind:find "^text/" or kind == "application/json") and qwen.os.unbase64(data)
  return nil, bytes and qwen.text.utf8(bytes) or ("[%s: %d bytes of type %s]"):format(uri or "data", size_of(data), kind)
end

-- Where to find what the server names and does not send.
local function link_words(object)
  local about = string_of(object.description) or string_of(object.title)
  return ("[resource %s: %s%s]"):format(string_of(object.name) or "", object.uri, about and " (" .. about .. ")" or "")
end

-- The content of an answer: texts together, images as they are. What is no object, or no text where one must be, is told.
local function result_of(answer)
  local texts, media = {}, {}
  for i, item in ipairs(type(answer.content) == "table" and answer.content or {}) do
    local object = type(item) == "table" and item or {}
    local inner = type(object.resource) == "table" and object.resource or {}
    local words = object.type == "text" and string_of(object.text) or string_of(inner.text) or string_of(object.uri)
    local data = (object.type == "image" or object.type == "audio") and string_of(object.data) or string_of(inner.blob)
    local usual = object.type == "image" and "image/png" or ""
    if object.type == "resource_link" and words then
      texts[#texts + 1] = link_words(object)
    elseif data then
      local part, said = blob_part(string_of(object.mimeType) or string_of(inner.mimeType) or usual, data, string_of(inner.uri))
      media[#media + 1], texts[#texts + 1] = part, said
    else
      texts[#texts + 1] = words or ("[item %d of the answer is of no known kind]"):format(i)
    end
  end
  if #texts == 0 and type(answer.structuredContent) == "table" then texts[1] = qwen.json.encode(answer.structuredContent) end
  local text, first = table.concat(texts, "\n"), media[1]
  if text == "" then text = first and (first.type == "image" and "[an image]" or "[a file]") or "[nothing]" end
  return { text = text, parts = media, error = answer.isError == true or nil }
end

local function make_tool(client, server, config, tool)
  local schema = sane(type(tool.inputSchema) == "table" and tool.inputSchema or {})
  schema.type = "object"
  return {
    summary = beginning(type(tool.description) == "string" and tool.description or tool.name, MOST_SUMMARY),
    schema = schema, effect = config.trust == true and "none" or "run",
    label = function(args) return ("%s: %s"):format(server, (qwen.json.encode(args):sub(1, 80))) end,
    run = function(_, args)
      local answer, e = client:call(tool.name, args)
      if not answer then return nil, e end
      return result_of(answer)
    end,
  }
end

local function offer(client, server, config)
  local tools, e = client:tools()
  if not tools then return nil, e end
  local names = {}
  for _, tool in ipairs(tools) do
    if wanted(config, tool.name) then
      local name = tool_name(server, tool.name)
      qwen.x.registry.provide("tools", name, make_tool(client, server, config, tool), "mcp:" .. server)
      names[#names + 1] = name
    end
  end
  return names
end

-- Arguments of a prompt as typed: NAME=VALUE, or in the order in which the server names them.
local function prompt_arguments(declared, words)
  local out, rest = {}, {}
  for _, word in ipairs(words) do
    local name, value = word:gsub("^%-+", ""):match "^([%w_-]+)=(.*)$"
    local known = false
    for _, one in ipairs(declared) do known = known or one.name == name end
    if known then out[name] = value else rest[#rest + 1] = word end
  end
  for _, one in ipairs(declared) do
    if out[one.name] == nil then out[one.name] = table.remove(rest, 1) end
    if out[one.name] == nil and one.required == true then return nil, one.name end
  end
  return out
end

local function make_prompt(client, server, prompt)
  local declared, usage = {}, {}
  for _, one in ipairs(type(prompt.arguments) == "table" and prompt.arguments or {}) do
    if type(one) == "table" and type(one.name) == "string" then
      declared[#declared + 1] = one
      usage[#usage + 1] = one.required == true and one.name:upper() or "[" .. one.name:upper() .. "]"
    end
  end
  return {
    summary = qwen.text.head_tail(qwen.text.clean(type(prompt.description) == "string" and prompt.description or prompt.name), 200),
    args = #usage > 0 and table.concat(usage, " ") or nil,
    run = function(_, words)
      local args, missing = prompt_arguments(declared, words)
      if not args then
        return nil, qwen.err("usage", tr("the prompt %s of %s needs %s", prompt.name, server,
          missing))
      end
      local answer, e = client:request("prompts/get", { name = prompt.name, arguments = next(args) and args or nil })
      if not answer then return nil, e end
      local content = {}
      for _, one in ipairs(type(answer.messages) == "table" and answer.messages or {}) do
        content[#content + 1] = type(one) == "table" and type(one.content) == "table" and one.content or nil
      end
      return { prompt = result_of({ content = content }).text }
    end,
  }
end

-- A prompt of a server is a command, /SERVER:NAME.
local function offer_prompts(client, server)
  local names = {}
  for _, prompt in ipairs(client:prompts() or {}) do
    local name = (server .. ":" .. prompt.name):gsub("[^%w_:-]", "_")
    qwen.x.registry.provide("commands", name, make_prompt(client, server, prompt), "mcp:" .. server)
    names[#names + 1] = "/" .. name
  end
  return names
end

local function start(ctx, server, config, entry)
  local client, auth, e
  auth, e = qwen.x.mcp_oauth.attach(ctx, server, config)
  if auth then client, e = qwen.x.mcp.connect(auth.ctx, server, config) end
  entry.client, entry.auth = client, auth
  if client then
    entry.tools, e = offer(client, server, config)
    entry.prompts = entry.tools and offer_prompts(client, server)
  end
  entry.state = entry.tools and "ready" or e and e.code == "sign_in" and "sign-in" or "failed"
  entry.problem = e and e.message
  if e then
    ctx.notice(tr("%s; its tools are not offered (see /mcp)", e.message))
  end
end

return {
  needs = "mcpServers",
  session_started = function(ctx)
    if ctx.serves then return end -- one of them may be this very program
    ctx.servers, ctx.starting = {}, ctx.starting or {}
    local allowed, excluded = ctx.settings:get "mcp.allowed", ctx.settings:get "mcp.excluded"
    for server, config in pairs(ctx.settings:get "mcpServers" or {}) do
      local off = type(config) ~= "table" or config.disabled == true or allowed and not listed(allowed, server) or listed(excluded, server)
      local entry = { state = off and "off" or "starting", config = config }
      function entry.start() start(ctx, server, config, entry) end
      ctx.servers[server] = entry
      if not off then
        local done = qwen.task.queue(1)
        ctx.starting[#ctx.starting + 1] = done
        ctx.background(function()
          local _ <close> = qwen.cleanup(function() done:close() end)
          entry.start()
        end)
      end
    end
  end,
}
