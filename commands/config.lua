-- `qwen config explain KEY`: the value of a setting, where it comes from, and who lost. It changes nothing.

local C = { summary = "show settings and where they come from", args = "explain KEY | get KEY | list", shell = true }

local function show(value)
  if type(value) == "table" then return qwen.json.encode(value) end
  return tostring(value)
end

-- Keys are shown with what looks like a secret hidden.
local function hide(key, value)
  if key:lower():find("apikey", 1, true) or key:match("^env%.") then return "(hidden)" end
  if key == "env" and type(value) == "table" then
    local names = {}
    for name in pairs(value) do names[#names + 1] = name end
    table.sort(names)
    return "(hidden: " .. table.concat(names, ", ") .. ")"
  end
  return show(value)
end

local function explain(ctx, key)
  local found = ctx.settings:explain(key)
  if #found == 0 then
    local near = qwen.text.nearest(key, ctx.settings.keys())
    return nil, qwen.err("usage", ("nothing sets '%s'%s"):format(key, near and "; did you mean " .. near .. "?" or ""))
  end
  ctx.print(("%s = %s"):format(key, hide(key, found[1].value)))
  for i, item in ipairs(found) do
    local where = item.source .. (item.line and (":" .. item.line) or "")
    ctx.print(("  %s %s%s"):format(i == 1 and not item.note and "from" or "lost", where,
      (i > 1 or item.note) and ("  " .. hide(key, item.value) .. (item.note and "  (" .. item.note .. ")" or "")) or ""))
  end
  return 0
end

function C.complete(ctx)
  return ctx.settings.keys()
end

function C.run(ctx, args)
  local verb, key = args[1], args[2]
  if verb == "explain" and key then return explain(ctx, key) end
  if verb == "get" and key then
    local value = ctx.settings:get(key)
    if value == nil then return nil, qwen.err("missing", ("'%s' is not set"):format(key)) end
    ctx.print(hide(key, value))
    return 0
  end
  if verb == "list" then
    for _, name in ipairs(ctx.settings.keys()) do
      local value = ctx.settings:get(name)
      if value ~= nil then ctx.print(("%-32s %s"):format(name, hide(name, value))) end
    end
    return 0
  end
  return nil, qwen.err("usage", "usage: qwen config explain KEY | get KEY | list")
end

return C
