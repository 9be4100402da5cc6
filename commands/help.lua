-- `/help`: the commands there are, users' own among them. Flags of the program are in `qwen --help`.

local tr, phrase = qwen.tr, qwen.phrase

local C = { summary = "list the commands, explain one, or show a page of the Lua API",
  aliases = { "?", "docs" }, args = "[COMMAND | all | lua [NAME | --markdown]]", shell = true }

function C.complete(ctx)
  return qwen.x.aliases.names(ctx)
end

-- A page of the reference: all names, or one class with its fields.
local function lua_page(ctx, name)
  if name == "--markdown" then
    ctx.print(qwen.x.api_reference.markdown())
    return 0
  end
  if not name then
    ctx.print(tr "qwen help lua NAME shows one of:")
    local line = " "
    for _, known in ipairs(qwen.x.api_reference.names()) do
      if #line + #known > 98 then
        ctx.print(line)
        line = " "
      end
      line = line .. " " .. known
    end
    ctx.print(line)
    return 0
  end
  local class, only = qwen.x.api_reference.find(name), nil
  if not class then -- a field of one, as in qwen.proc.run
    local owner
    owner, only = name:match "^(.+)[.:]([%w_]+)$"
    class = owner and qwen.x.api_reference.find(owner)
  end
  local shown = 0
  for _, field in ipairs(class and class.fields or {}) do
    if not only or field.name == only then
      if shown == 0 then ctx.print(name .. (class.text ~= "" and not only and ": " .. class.text or "")) end
      shown = shown + 1
      ctx.print("")
      local line = ("  %s  %s"):format(field.name, field.type):gsub("%f[%s]%s+$", "")
      ctx.print(line)
      if field.text ~= "" then ctx.print("      " .. field.text) end
    end
  end
  if class and class.alias and class.alias ~= "" and not only then
    ctx.print(("%s: %s\n\n  %s"):format(name, class.text, class.alias))
    shown = shown + 1
  end
  if class and class.parent and (not only or shown == 0) then
    if only then return lua_page(ctx, class.parent .. "." .. only) end
    ctx.print("\n" .. tr("  and all of %s: qwen help lua %s", class.parent, class.parent))
    shown = shown + 1
  end
  if shown > 0 then return 0 end
  local near = qwen.x.api_reference.nearest(name)
  return nil, qwen.err("usage", tr("there is no '%s' in the Lua API%s", name, near
    and tr("; did you mean %s?", near) or tr "; all names: qwen help lua"))
end

-- A line for each sub-command.
local function summary(entry)
  return entry.declared and tr(entry.summary) or entry.summary
end

local function sub_lines(command)
  local out = {}
  for name, sub in pairs(command.subcommands or {}) do
    out[#out + 1] = ("    %-30s %s"):format(name .. (sub.args and " " .. sub.args or ""), tr(sub.summary))
  end
  table.sort(out)
  return out
end

-- The other names of a command, as they are typed.
local function other_names(command)
  local out = {}
  for _, alias in ipairs(qwen.x.aliases.of(command)) do out[#out + 1] = "/" .. alias.name end
  return table.concat(out, ", ")
end

-- One command with its arguments.
local function explain(ctx, name)
  name = qwen.x.aliases.resolve(name)
  for _, entry in ipairs(qwen.x.aliases.listed(ctx, function(other) return other == name end)) do
    if entry.name == name then
      local command = entry.value
      ctx.print("/" .. name .. (command and command.args and " " .. command.args or ""))
      ctx.print("  " .. (entry.problem and tr("out of order: %s", entry.problem) or summary(entry)))
      for _, line in ipairs(command and sub_lines(command) or {}) do ctx.print(line) end
      local others = other_names(command)
      if others ~= "" then ctx.print("  also: " .. others) end
      if command and command.shell then ctx.print(tr("  also in the shell: qwen %s", name)) end
      ctx.print(tr("  from %s", (entry.tier == "shipped"
        and tr("the program; your own copy: qwen eject commands/%s", name)
        or qwen.paths.short(entry.path))))
      return 0
    end
  end
  local near = qwen.text.nearest(name, qwen.x.aliases.names(ctx))
  return nil, qwen.err("usage", tr("there is no command /%s%s", name, near and tr("; did you mean /%s?", near) or ""))
end

local keys = {
  { "@FILE", phrase "give the model a file" }, { "!COMMAND", phrase "run a shell command and tell the model what it printed; !! does not tell" },
  { "Esc", phrase "stop the answer; twice: go back to an earlier prompt" },
    { "Ctrl-C", phrase "the same; at an empty prompt, twice: leave" },
  { "/keys", phrase "all keys" }, { "/help all", phrase "what each command does" },
  { "/help NAME", phrase "a command with its arguments" },
}

-- The commands that count in a session.
local function offered(ctx)
  local out = {}
  for _, entry in ipairs(qwen.x.aliases.listed(ctx)) do
    if entry.problem or entry.value.repl ~= false then out[#out + 1] = entry end
  end
  return out
end

-- All names by what they are about, so that they fit a screen.
local function print_names(ctx)
  local groups, lines = qwen.x.command_groups, {}
  for _, entry in ipairs(offered(ctx)) do
    local i = groups.place(entry.name)
    lines[i] = (lines[i] and lines[i] .. " " or "") .. "/" .. entry.name
  end
  for i = 1, #groups.list + 1 do
    if lines[i] then ctx.print("  " .. qwen.text.pad(groups.title(i), 14) .. " " .. lines[i]) end
  end
end

-- All of them with what they do.
local function print_summaries(ctx)
  for _, entry in ipairs(offered(ctx)) do
    ctx.print(("  /%-13s %s"):format(entry.name, entry.problem and tr("out of order: %s", entry.problem)
      or summary(entry) .. (entry.tier ~= "shipped" and "  (" .. tr(entry.tier) .. ")" or "")))
  end
end

function C.run(ctx, args)
  if args[1] == "lua" and (args[2] or not ctx.session) then return lua_page(ctx, args[2]) end
  if args[1] and args[1] ~= "all" then return explain(ctx, (args[1]:gsub("^/", ""))) end
  local short = ctx.interactive and not args[1]
  if short then print_names(ctx) else print_summaries(ctx) end
  ctx.print ""
  for _, row in ipairs(keys) do ctx.print(("  %-14s %s"):format(row[1], tr(row[2]))) end
  return 0
end

return C
