-- Searches the web by the service that the settings or a key choose; each is a file in search/. Not
-- offered where there is none.

local tr = qwen.tr
local MOST, SECONDS, PER_SESSION = 10, 120, 200
local TITLE, SNIPPET, ANSWER = 200, 600, 6000 -- bytes

local T = {
  summary = "Search the web. Read what you need of the pages with web_fetch, and name the addresses that "
    .. "you use.",
  effect = "read", deferred = true,
  schema = {
    type = "object",
    properties = { query = { type = "string", minLength = 2 } },
    required = { "query" },
  },
}

T.verbs = { ask = qwen.phrase "Search the web for", done = qwen.phrase "Searched the web for",
  host = qwen.phrase "Search the web by" }

function T.label(args) return args.query end

function T.preview(_, args) return args.query end

-- The address of a service: of the settings, else its own.
local function address_of(ctx, service)
  local url = ctx.settings:get "tools.webSearch.url"
  url = url and url ~= "" and url or service.url
  return url and (url:gsub("/$", ""))
end

-- The key for a service as a secret for its address alone; nil where there is none.
local function key_of(ctx, service, url)
  local place = url and qwen.http.parse_url(url)
  if not place then return nil end
  local value = ctx.settings:env(service.key)
  if value and value ~= "" then return qwen.secret.new(service.key, value, { place.origin }) end
  if not qwen.credentials.has(service.key, place.origin) then return nil end
  local record = qwen.credentials.get(service.key)
  return record and record.secret
end

local function has_key(ctx, service, url)
  local place = url and qwen.http.parse_url(url)
  return place ~= nil and ((ctx.settings:env(service.key) or "") ~= ""
    or qwen.credentials.has(service.key, place.origin))
end

-- Whether all is there that a service needs.
local function is_ready(ctx, service)
  local url = address_of(ctx, service)
  return url ~= nil and (not service.key or has_key(ctx, service, url))
end

-- The service in use, and its name: the one of the settings, else the first that is ready.
local function chosen(ctx)
  local name = ctx.settings:get "tools.webSearch.provider"
  if ctx.settings:get "tools.webSearch.enabled" == false then return nil end
  if name and name ~= "" then
    local service = qwen.x.registry.has("search", name) and qwen.x.registry.get("search", name)
    return service and is_ready(ctx, service) and service or nil, name
  end
  local best, best_name
  for _, entry in ipairs(qwen.x.registry.list "search") do
    local service = entry.value
    local usable = service and not service.named and is_ready(ctx, service)
    if usable and (not best or (service.order or 100) < (best.order or 100)) then
      best, best_name = service, entry.name
    end
  end
  return best, best_name
end

local KEYS = { "TAVILY_API_KEY", "BRAVE_API_KEY" } -- of the shipped services that need no setting

-- Whether anything is set up at all: most runs have nothing, and no service is loaded for that.
local function is_set_up(ctx)
  if ctx.settings:get "tools.webSearch.provider" or ctx.settings:get "tools.webSearch.url" then return true end
  for _, name in ipairs(qwen.x.registry.names "search") do
    if qwen.x.registry.tiers("search", name)[1].tier ~= "shipped" then return true end
  end
  for _, key in ipairs(KEYS) do
    if (ctx.settings:env(key) or "") ~= "" then return true end
  end
  local home = qwen.paths.qwen_home()
  return home ~= nil and qwen.fs.stat(home .. "/credentials.json") ~= nil
end

function T.offered(ctx) return is_set_up(ctx) and chosen(ctx) ~= nil end

function T.domain(_, ctx)
  local service = chosen(ctx)
  local place = service and qwen.http.parse_url(address_of(ctx, service))
  return place and place.host, true
end

local counts = setmetatable({}, { __mode = "k" }) -- searches by session

local function count(ctx)
  local most = ctx.settings:get "tools.webSearch.maxPerSession" or PER_SESSION
  local n = (counts[ctx.session or T] or 0) + 1
  if n > most then
    return nil, qwen.err("limit", tr("there were %d searches in this session, the most that "
      .. "tools.webSearch.maxPerSession allows", most))
  end
  counts[ctx.session or T] = n
  return true
end

-- What a service answered, as a table.
local function decoded(stream, service)
  local body, e = stream:all()
  if not body then return nil, e end
  if stream.status ~= 200 then
    local kind = stream.status == 401 and "auth" or stream.status == 429 and "limit" or "protocol"
    return nil, qwen.err(kind, tr("%s answered with status %d: %s", service.summary, stream.status,
      qwen.text.head(qwen.text.visible(body), 300)), { status = stream.status })
  end
  local answer = qwen.json.decode(body, false, true)
  if type(answer) == "table" then return answer end
  return nil, qwen.err("protocol", tr("%s sent something that is no answer: %s", service.summary,
    qwen.text.head(qwen.text.visible(body), 300)))
end

-- Asks the service; the search stands in the ledger like a question to a model.
local function ask(ctx, service, name, query)
  local url = address_of(ctx, service)
  local at = { url = url, most = MOST, key = service.key and key_of(ctx, service, url) or nil,
    model = ctx.settings:get "tools.webSearch.model" or service.model }
  local request = service.request(query, at)
  request.headers = request.headers or {}
  request.headers["User-Agent"] = ctx.user_agent
  request.total_timeout = (ctx.settings:get "tools.webSearch.timeoutMs" or SECONDS * 1000) / 1000
  local asked = { id = at.model or name, name = name, provider = name, base_url = url, config = {} }
  local place, e = qwen.x.limits.acquire(ctx, asked, { purpose = "web_search" })
  if not place then return nil, e end
  local stream
  stream, e = ctx.transport(request)
  if not stream then
    place:cancel(e)
    return nil, e
  end
  local _ <close> = stream
  local answer
  answer, e = decoded(stream, service)
  place:settle(answer and service.usage and service.usage(answer), e)
  return answer, e
end

local function words(value, most)
  if type(value) ~= "string" then return "" end
  return qwen.text.head(qwen.text.trim((value:gsub("%s+", " "))), most)
end

local function as_text(list, said)
  local lines = {}
  if type(said) == "string" and said:find "%S" then
    lines[1] = qwen.text.head(said, ANSWER) .. "\n"
  end
  for i, each in ipairs(list) do
    if i > MOST then break end
    local snippet = words(each.snippet, SNIPPET)
    lines[#lines + 1] = ("%d. %s\n   %s%s"):format(i, words(each.title, TITLE),
      words(each.url, 2000), snippet ~= "" and "\n   " .. snippet or "")
  end
  return table.concat(lines, "\n")
end

function T.run(ctx, args)
  local service, name = chosen(ctx)
  if not service then
    return nil, qwen.err("missing",
      tr "no service for web search is set up; see tools.webSearch in the settings")
  end
  local ok, e = count(ctx)
  if not ok then return nil, e end
  local answer
  answer, e = ask(ctx, service, name, args.query)
  if not answer then return nil, e end
  local list, said = service.results(answer)
  local text = as_text(list, said)
  if text == "" then
    return { text = ("%s found nothing for: %s"):format(service.summary, args.query),
      display = tr "nothing found" }
  end
  return { text = qwen.x.web_page.marked(text, service.summary),
    display = tr(#list == 1 and "%d result" or "%d results", math.min(#list, MOST)) }
end

function T.check(ctx, report)
  local name = ctx.settings:get "tools.webSearch.provider"
  local off = not name or name == "" or ctx.settings:get "tools.webSearch.enabled" == false
  if off or chosen(ctx) then return end
  local service = qwen.x.registry.has("search", name) and qwen.x.registry.get("search", name)
  if not service then
    report.bad(tr("tools.webSearch.provider: there is no service '%s'; use %s", name,
      table.concat(qwen.x.registry.names "search", ", ")))
  else
    report.bad(tr("tools.webSearch.provider: %s needs %s", name,
      address_of(ctx, service) and service.key or "tools.webSearch.url"))
  end
end

return T
