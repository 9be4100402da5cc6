-- `qwen usage` and `/usage`: requests, tokens and cost from the ledger, per day, model, project or whatever is asked for.

local tr, phrase = qwen.tr, qwen.phrase

local C = { summary = "show requests, tokens and cost", aliases = { "quota" }, shell = true,
  args = "[--by day,model,project,...] [--days N] [--session] [--here] [--json]" }

local function usage() return tr("usage: %s", "qwen usage " .. C.args) end

local KINDS = { "day", "hour", "month", "model", "project", "service", "purpose", "outcome", "session" }

local function thousands(n)
  return (("%.0f"):format(n):reverse():gsub("(%d%d%d)(%f[%d])", "%1,"):reverse())
end

local function tokens(n)
  if n >= 1e7 then return ("%.0fM"):format(n / 1e6) end
  if n >= 1e6 then return ("%.1fM"):format(n / 1e6) end
  if n >= 1e4 then return ("%.0fk"):format(n / 1e3) end
  return ("%.0f"):format(n)
end

local function cost(row)
  if not row.currency then return row.requests > 0 and tr "unknown" or "" end
  local sign = row.currency == "USD" and "$" or row.currency .. " "
  return ("%s%.4f%s"):format(sign, row.cost, row.unpriced > 0 and " +?" or "")
end

-- Columns as wide as what is in them; the first ones are words, the others numbers.
local function table_of(head, rows, words)
  local width = {}
  for _, row in ipairs { head, table.unpack(rows) } do
    for i, cell in ipairs(row) do width[i] = math.max(width[i] or 0, qwen.text.width(cell)) end
  end
  local out = {}
  for _, row in ipairs { head, table.unpack(rows) } do
    local cells = {}
    for i, cell in ipairs(row) do
      cells[i] = qwen.text.pad(cell, i <= words and width[i] or -width[i])
    end
    out[#out + 1] = (table.concat(cells, "  "):gsub("%f[%s]%s+$", ""))
  end
  return table.concat(out, "\n")
end

-- Ours; others are names that users gave.
local purposes = { turn = phrase "turn", compaction = phrase "compaction", side = phrase "side",
  hook = phrase "hook", recap = phrase "recap", judge = phrase "judge", advisor = phrase "advisor",
  review = phrase "review", goal = phrase "goal", suggestion = phrase "suggestion",
  mcp = phrase "tool server" }

local function cell_of(ctx, kind, value)
  if kind == "project" and value == "" then return "-" end -- a session that keeps nothing
  if kind == "project" then return qwen.text.clean(qwen.paths.short(value)) end
  if kind == "purpose" and purposes[value] then return tr(purposes[value]) end
  if kind == "session" then return value and value:sub(1, 8) or "-" end
  return qwen.text.clean(tostring(value))
end

local function show(ctx, rows, by)
  local head, out = {}, {}
  for i, kind in ipairs(by) do head[i] = tr(kind) end
  for _, name in ipairs { tr "requests", tr "failed", tr "in", tr "cached", tr "out", tr "cost" } do
    head[#head + 1] = name
  end
  local function line(row, first)
    for _, text in ipairs { thousands(row.requests), row.errors > 0 and thousands(row.errors) or "", tokens(row.input), tokens(row.cached),
      tokens(row.output), cost(row) } do first[#first + 1] = text end
    out[#out + 1] = first
  end
  local sum = { requests = 0, errors = 0, input = 0, output = 0, cached = 0, cost = 0, unpriced = 0 }
  for _, row in ipairs(rows) do
    local first = {}
    for i, kind in ipairs(by) do first[i] = cell_of(ctx, kind, row[kind]) end
    line(row, first)
    for name in pairs(sum) do sum[name] = sum[name] + row[name] end
    sum.mixed = sum.mixed or sum.currency and row.currency and sum.currency ~= row.currency
    sum.currency = sum.currency or row.currency
  end
  if sum.mixed then sum.currency = nil end
  if #rows > 1 and #by > 0 then
    local first = { tr "all" }
    for i = 2, #by do first[i] = "" end
    line(sum, first)
  end
  ctx.print(table_of(head, out, #by))
end

-- Midnight, n - 1 days ago: n = 1 is today.
local function since(days)
  local now = os.date("*t")
  return os.time { year = now.year, month = now.month, day = now.day - days + 1, hour = 0 }
end

---The flags as {by, days, session, here, json}; nil and an error.
local function parse(args)
  local got, i = {}, 1
  while args[i] do
    local name, value = args[i]:match "^%-%-(%l+)=?(.*)$"
    if name == "session" or name == "here" or name == "json" then
      got[name] = true
    elseif name == "by" or name == "days" then
      if value == "" then
        value, i = args[i + 1] or "", i + 1
      end
      got[name] = value
    else
      return nil, qwen.err("usage", tr("unknown argument '%s'; %s", args[i], usage()))
    end
    i = i + 1
  end
  if got.days then
    local days = math.tointeger(tonumber(got.days))
    if not days or days < 1 or days > 36500 then
      return nil, qwen.err("usage", tr "--days wants a whole number of 1 or more")
    end
    got.days = days
  end
  local by = {}
  for kind in (got.by or "day,model"):gmatch "[^,]+" do by[#by + 1] = kind end
  for _, kind in ipairs(by) do
    if not table.concat(KINDS, " "):find("%f[%w]" .. kind:gsub("%W", "%%%0") .. "%f[%W]") then
      return nil, qwen.err("usage", tr("usage cannot be shown by '%s'; choose of: %s", kind, table.concat(KINDS, ", ")))
    end
  end
  got.by = by
  return got
end

function C.complete()
  return { "--by", "--days", "--session", "--here", "--json" }
end

function C.run(ctx, args)
  local got, e = parse(args)
  if not got then return nil, e end
  if got.session and not ctx.session then
    return nil, qwen.err("usage",
      tr "--session is for /usage, in a session; from a shell: --by session")
  end
  local rows
  rows, e = qwen.x.ledger.sum(got.by, { since = since(got.days or 30), session = got.session and ctx.session.id or nil, project = got.here and ctx.cwd or nil })
  if not rows then return nil, e end
  if got.json then
    ctx.print(qwen.json.encode(qwen.json.array(rows)))
  elseif #rows == 0 then
    ctx.print(got.session and tr "no requests in this session yet" or got.days == 1 and tr "no requests today"
      or tr("no requests in the last %d days", got.days or 30))
  else
    show(ctx, rows, got.by)
  end
  return 0
end

return C
