-- `qwen limits` and `/limits`: the windows of each account as bars, and setting a limit.

local tr = qwen.tr

local C = { summary = "show or set rate limits", shell = true, args = "[--json]" }

local WIDTH = 16

local function span(seconds)
  if seconds < 1 then return tr "now" end
  if seconds < 100 then return tr("in %.0f s", seconds) end
  if seconds < 5400 then return tr("in %.0f min", seconds / 60) end
  if seconds < 172800 then return tr("in %.1f h", seconds / 3600) end
  return tr("in %.0f days", seconds / 86400)
end

local function bar(used, n)
  local full = math.min(math.floor(used / n * WIDTH + 0.5), WIDTH)
  if used > 0 and full == 0 then full = 1 end
  return ("█"):rep(full) .. ("░"):rep(WIDTH - full)
end

local function number(n)
  return (("%.0f"):format(n):reverse():gsub("(%d%d%d)(%f[%d])", "%1,"):reverse())
end

-- The lines for one account.
local function lines_of(row, out)
  out[#out + 1] = row.key .. (row.current and "  " .. tr "(now)" or "")
  if row.shut > 0 then out[#out + 1] = "  " .. tr("the service asked for a pause; it goes on %s", span(row.shut)) end
  if row.lost then out[#out + 1] = "  " .. tr("the Redis server of the limits lost its count; all windows are known again %s", span(row.lost)) end
  if row.background > 0 then out[#out + 1] = "  " .. tr("%d waiting, %d of them in the background",
    row.waiting, row.background)
  elseif row.waiting > 0 then out[#out + 1] = "  " .. tr("%d waiting", row.waiting) end
  local wide = 0
  for _, w in ipairs(row.windows) do wide = math.max(wide, #w.words) end
  for _, w in ipairs(row.windows) do
    local when = w.used == 0 and "" or tr("one back %s, all %s", span(w.next), span(w.all))
    out[#out + 1] = "  " .. tr("%s %s %s of %s  %s", w.words .. (" "):rep(wide - #w.words),
      bar(w.used, w.n), number(w.used), number(w.n), when)
  end
  if #row.windows == 0 and row.shut == 0 then out[#out + 1] = "  " .. tr "no limit" end
end

local function lines(ctx)
  local state, e = qwen.x.limits.state(ctx)
  if not state then return nil, e end
  local out = {}
  for _, row in ipairs(state) do lines_of(row, out) end
  if #out == 0 then out[1] = tr "no limits are kept; set one: qwen limits set \"60/min, 1000/day\"" end
  return out
end

local function show(ctx, as_json)
  if as_json then
    local state, e = qwen.x.limits.state(ctx)
    if not state then return nil, e end
    for _, row in ipairs(state) do row.windows = qwen.json.array(row.windows) end
    ctx.print(qwen.json.encode(qwen.json.array(state)))
    return 0
  end
  if ctx.live then return ctx.live(function() return lines(ctx) end) end
  local out, e = lines(ctx)
  if not out then return nil, e end
  ctx.print(table.concat(out, "\n"))
  return 0
end

-- For whom a limit is: the account at hand unless something is named.
local function name_of(ctx, given)
  if given then return given end
  local url = ctx.model and qwen.http.parse_url(ctx.model.base_url)
  return url and url.host or "*"
end

local function change(ctx, words, given)
  local name = name_of(ctx, given)
  local kept, e = qwen.x.limits.set(name, words)
  if not kept then return nil, e end
  ctx.settings:reload()
  ctx.print(words and tr("%s: %s is kept from the next request on, by all processes together", name,
    kept) or tr("%s: no rule of yours", name))
  return 0
end

local function forget(ctx, args)
  local key = table.concat(args, " ")
  local store, e = qwen.x.limits.store(ctx)
  if not store then return nil, e end
  local keys
  keys, e = store:keys()
  if not keys then return nil, e end
  for _, row in ipairs(keys) do
    if row.name == key then
      local ok
      ok, e = store:forget(key)
      if not ok then return nil, e end
      ctx.print(tr("%s: what was counted is forgotten", key))
      return 0
    end
  end
  return nil, qwen.err("usage", tr("nothing is counted for '%s'; see: qwen limits", key))
end

-- The model at hand, when there is none in this run yet: one need not be configured to see the limits.
local function with_model(ctx)
  if not ctx.model then
    ctx.model = qwen.models.choose(ctx.settings, ctx.opts, function(name) return qwen.x.registry.has("providers", name) end)
  end
end

-- The words of a change, and for whom it is; false when they do not fit.
local function words_of(args)
  local words, given, i = {}, nil, 1
  while args[i] do
    local value = args[i]:match "^%-%-for=(.+)$"
    if args[i] == "--for" then
      if not args[i + 1] then return false end
      given, i = args[i + 1], i + 1
    elseif value then
      given = value
    else
      words[#words + 1] = args[i]
    end
    i = i + 1
  end
  return table.concat(words, " "), given
end

local function changing(wanted)
  return function(ctx, args)
    local words, given = words_of(args)
    if not words or (words ~= "") ~= wanted then return false end
    with_model(ctx)
    return change(ctx, wanted and words or nil, given)
  end
end

-- Where it is counted: in a Redis server, its password asked for and kept with the credentials, or on this machine again.
local function store(ctx, args)
  local address, asked = args[1], args[2] == "--password"
  if args[3] or args[2] and not asked or address:find "^%-" then return false end
  if address == "off" and not asked then
    local ok, e = qwen.x.redis_limiter.leave()
    if not ok then return nil, e end
    ctx.print(tr "limits are counted on this machine; the password of the Redis server is forgotten")
    return 0
  end
  if asked and not ctx.line then
    return nil, qwen.err("usage", tr("--password asks for the password, and there is no terminal; "
      .. "set QWEN_REDIS_PASSWORD instead"))
  end
  local password = asked and ctx.line(tr "Password of the Redis server (it is not shown):", true) or nil
  if asked and (password or "") == "" then
    return nil, qwen.err("cancelled", tr "nothing was typed and nothing is written")
  end
  local place, e = qwen.x.redis_limiter.choose(ctx, address, password)
  if not place then return nil, e end
  ctx.print(tr("limits are counted in %s from the next start on%s", address, password
    and tr("; its password is in the store '%s'", place) or ""))
  return 0
end

local function flags() return { "--for" } end

C.subcommands = {
  set = { summary = "such as \"60/min, 100/day\"", args = "WINDOWS [--for NAME]", complete = flags, run = changing(true) },
  unset = { summary = "take your limit away", args = "[--for NAME]", complete = flags, run = changing(false) },
  store = { summary = "count in a Redis server, with other machines", args = "ADDRESS|off [--password]",
    complete = function(_, _, before) return before[1] and { "--password" } or { "off" } end, run = store },
  forget = { summary = "forget what was counted", args = "KEY", run = forget },
}

function C.complete() return { "--json" } end

function C.run(ctx, args)
  if args[2] or args[1] and args[1] ~= "--json" then return false end
  with_model(ctx)
  return show(ctx, args[1] ~= nil)
end

return C
