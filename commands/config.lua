-- `qwen config` and `/config`: the settings, where each value comes from and who lost, and changing one in place.

local tr = qwen.tr

local C = { summary = "show settings, where they come from, or change one", shell = true }

local secret_names = { "key$", "token", "secret", "password", "authorization", "credential", "cookie" }

local function is_secret(name)
  name = name:lower()
  for _, pattern in ipairs(secret_names) do
    if name:find(pattern) and name ~= "envkey" then return true end
  end
  return false
end

-- A copy to be shown: keys, variables and passwords of addresses are hidden.
local function hidden(name, value, under_env)
  if type(value) == "string" then
    if under_env or is_secret(name) or name:lower() == "envkey" and qwen.x.redact.is_key(value) then return "(hidden)" end
    return qwen.x.redact.text(value)
  end
  if type(value) ~= "table" then return value end
  if name == "args" and type(value[1]) == "string" then return qwen.json.array(qwen.x.redact.words(value)) end
  local out = #value > 0 and qwen.json.array {} or setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do out[key] = hidden(tostring(key), item, under_env or name == "env") end
  return out
end

local function show(key, value)
  local under_env = key:find "^env%." ~= nil or key:find "%.env%." ~= nil
  value = hidden((key:gsub("^.*%.", "")), value, under_env)
  return qwen.text.visible(type(value) == "table" and qwen.json.encode(value) or tostring(value))
end

local function nearest(ctx, key)
  local near = ctx.settings.nearest(key)
  return near and tr("; did you mean %s?", near) or ""
end

local function is_known(ctx, key) return ctx.settings.effect(key) ~= "unknown" end

-- Says of a key that it has no effect here.
local function tell_effect(ctx, key)
  local state, entry = ctx.settings.effect(key)
  if state == "named" then ctx.notice(tr("%s has no effect here: %s", key, tr(entry.text))) end
end

local function explain(ctx, key)
  local rows = ctx.settings:explain(key)
  if #rows == 0 then
    if not is_known(ctx, key) then return nil, qwen.err("usage", tr("nothing sets '%s'%s", key, nearest(ctx, key))) end
    ctx.print(tr("%s is not set: nothing sets it, and it has no default", key))
    tell_effect(ctx, key)
    return 0
  end
  local value, first = ctx.settings:get(key), true
  ctx.print(("%s = %s"):format(key, value == nil and tr "(not set)" or show(key, value)))
  local parts = 0
  for _, row in ipairs(rows) do parts = parts + (row.used and 1 or 0) end
  for _, row in ipairs(rows) do
    local role = not row.used and tr "lost" or first and tr "from" or tr "and"
    local where = row.source .. (row.line and ":" .. row.line or "")
    local said = (not row.used or parts > 1) and "  " .. show(key, row.value)
      .. (row.note and "  (" .. tr("%s", row.note) .. ")" or "") or ""
    ctx.print(("  %s %s%s"):format(qwen.text.pad(role, 4), tr("%s", where), said))
    first = false
  end
  tell_effect(ctx, key)
  return 0
end

local function get(ctx, key)
  local value = ctx.settings:get(key)
  if value == nil then
    return nil, qwen.err("missing", tr("'%s' is not set%s", key, is_known(ctx, key) and ""
      or nearest(ctx, key)))
  end
  ctx.print(show(key, value))
  return 0
end

local function list(ctx)
  for _, name in ipairs(ctx.settings.keys()) do
    local value = ctx.settings:get(name)
    local empty = type(value) == "table" and next(value) == nil
    if value ~= nil and not empty then
      local row = ctx.settings:explain(name)[1]
      ctx.print(("%-30s %s  (%s)"):format(name, show(name, value),
        tr("%s", row.source .. (row.line and ":" .. row.line or ""))))
    end
  end
  for _, row in ipairs(ctx.settings.without) do
    local why = row.text and tr(row.text) or tr("it is unknown%s", (row.near and tr("; did you mean %s?", row.near) or ""))
    ctx.print(tr("no effect: %s  (%s; %s)", row.key, row.place, why))
  end
  return 0
end

-- Says who keeps a new value from counting. The file itself has just been written and read again.
local function tell_shadow(ctx, key, path)
  local rows, place = ctx.settings:explain(key), qwen.paths.short(path)
  for _, row in ipairs(rows) do
    if row.source == place and not row.used then
      local winner = rows[1].source .. (rows[1].line and ":" .. rows[1].line or "")
      ctx.notice(tr("%s sets %s too and is stronger than the file", winner, key))
    end
  end
end

local function at(value, names)
  for _, name in ipairs(names) do
    if type(value) ~= "table" then return nil end
    value = value[name]
  end
  return value
end

local function change(ctx, key, text, project)
  local value, e
  if text ~= nil then
    value, e = ctx.settings.read_value(key, text)
    if e then return nil, e end
  end
  if project and not ctx.settings.project_may(key) then
    return nil, qwen.err("denied", tr("a project may not set %s; leave out --project to set it for yourself", key))
  end
  local folder = project and qwen.paths.project_config(ctx.cwd) or nil
  if project and not folder then
    return nil, qwen.err("usage", tr "the home folder is no project; leave out --project")
  end
  local names = {}
  for name in key:gmatch "[^.]+" do names[#names + 1] = name end
  local path
  if text == nil then
    local now
    now, e = qwen.x.settings_writer.read(folder)
    if not now then return nil, e end
    if at(now, names) == nil then return nil, qwen.err("missing", tr("the file does not set '%s'", key)) end
  end
  path, e = qwen.x.settings_writer.set({ { path = names, value = value } }, folder)
  if not path then return nil, e end
  local ok
  ok, e = ctx.settings:reload()
  if not ok then return nil, e end
  ctx.print(text == nil and tr("took %s out of %s", key, qwen.paths.short(path))
    or ("%s = %s in %s"):format(key, show(key, value), qwen.paths.short(path)))
  if text ~= nil and not is_known(ctx, key) then
    ctx.notice(tr("%s is no setting of ours%s", key, nearest(ctx, key)))
  end
  if text ~= nil then tell_effect(ctx, key) end
  if project and not ctx.trusted then ctx.notice(tr "this folder is not trusted, so its settings are not read (trust it: --trust-folder)") end
  if not (project and not ctx.trusted) then tell_shadow(ctx, key, path) end
  return 0
end

local function keys(ctx, _, before) return before[1] and {} or ctx.settings.keys() end

-- A key, then the values that it can have, where they can be counted.
local function values(ctx, word, before)
  local option = before[1] and not before[2] and ctx.settings.option(before[1])
  if option and option.choices then return option.choices end
  return option and option.type == "boolean" and { "true", "false" } or keys(ctx, word, before)
end

-- A sub-command about one key, and as many words as it takes; `--project` stands anywhere.
local function about(summary, args, count, run)
  return { summary = summary, args = args, complete = count == 2 and values or keys, run = function(ctx, given)
    local words, project = {}, false
    for _, word in ipairs(given) do
      if word == "--project" then project = true else words[#words + 1] = word end
    end
    if #words ~= count or not words[1]:find "^[^.]+%f[.\0]" or project and not args:find("--project", 1, true) then return false end
    return run(ctx, words[1], words[2], project)
  end }
end

C.subcommands = {
  list = { summary = "all settings with their sources", run = list },
  get = about("one value", "KEY", 1, get),
  explain = about("where a value comes from, and who lost", "KEY", 1, explain),
  set = about("change one in place", "KEY VALUE [--project]", 2, change),
  unset = about("take one out", "KEY [--project]", 1, function(ctx, key, _, project) return change(ctx, key, nil, project) end),
}

return C
