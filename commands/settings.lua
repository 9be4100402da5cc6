-- `/settings`: the settings with their values, chosen from a list and changed in place. `/config` says the same in words.

local tr = qwen.tr

local C = { summary = "look at the settings and change one",
  aliases = { "preferences", statusline = "ui.statusLine" },
  args = "[KEY [VALUE]]" }

-- The keys, and the values that a key can have, as `config set` knows them.
function C.complete(ctx, word, before)
  return qwen.x.registry.get("commands", "config").complete(ctx, word, { "set", table.unpack(before) })
end

local function is_secret(key) return key:find "[kK]ey$" ~= nil end

-- A few characters of a value; never a key.
local function shown(ctx, key)
  local value = ctx.settings:get(key)
  if value == nil then return tr "(not set)" end
  if is_secret(key) then return tr "(hidden)" end
  if type(value) == "table" then
    return #value > 0 and tr("%d entries", #value) or next(value) and tr "(object)" or tr "(empty)"
  end
  return qwen.text.visible(tostring(value))
end

-- Its first 24 characters.
local function short(text) return text:sub(1, (utf8.offset(text, 25) or 0) - 1) end

local function run_config(ctx, ...)
  local command, e = qwen.x.registry.get("commands", "config")
  if not command then return nil, e end
  return command.run(ctx, { ... }, table.concat({ ... }, " "))
end

local function choose_value(ctx, key)
  local list = C.complete(ctx, "", { key })
  if list[1] then
    local i = ctx.pick(key, list)
    return i and list[i]
  end
  return ctx.line and ctx.line(tr("%s (now %s):", key, shown(ctx, key)), is_secret(key))
end

function C.run(ctx, args)
  if args[3] then return nil, qwen.err("usage", tr("usage: %s", "/settings [KEY [VALUE]]")) end
  if args[2] then return run_config(ctx, "set", args[1], args[2]) end
  if args[1] then return run_config(ctx, "explain", args[1]) end
  if not ctx.pick then return run_config(ctx, "list") end
  local keys, rows = ctx.settings.keys(), {}
  for i, key in ipairs(keys) do
    local option = ctx.settings.option(key)
    rows[i] = { label = key, detail = ("%s · %s"):format(short(shown(ctx, key)), option and tr(option.text) or "") }
  end
  local i = ctx.pick(tr "Which setting?", rows)
  if not i then return 0 end
  local value = choose_value(ctx, keys[i])
  if not value or value == "" then return run_config(ctx, "explain", keys[i]) end
  return run_config(ctx, "set", keys[i], value)
end

return C
