-- `/help`: the commands there are, users' own among them. Flags of the program are in `qwen --help`.

local C = { summary = "list the commands, explain one, or show a page of the Lua API", args = "[COMMAND | lua [NAME]]", shell = true }

function C.complete()
  return qwen.resource.names "commands"
end

-- A page of the reference: all names, or one class with its fields.
local function lua_page(ctx, name)
  if not name then
    ctx.print "qwen help lua NAME shows one of:"
    local line = " "
    for _, known in ipairs(qwen.reference.names()) do
      if #line + #known > 98 then
        ctx.print(line)
        line = " "
      end
      line = line .. " " .. known
    end
    ctx.print(line)
    return 0
  end
  local class = qwen.reference.find(name)
  if not class then
    local near = qwen.text.nearest(name, qwen.reference.names())
    return nil, qwen.err("usage", ("there is no '%s' in the Lua API%s"):format(name, near and "; did you mean " .. near .. "?" or "; all names: qwen help lua"))
  end
  ctx.print(name .. (class.text ~= "" and ": " .. class.text or ""))
  for _, field in ipairs(class.fields) do
    ctx.print("")
    ctx.print(("  %s  %s"):format(field.name, field.type))
    if field.text ~= "" then ctx.print("      " .. field.text) end
  end
  if class.parent then ctx.print("\n  and all of " .. class.parent .. ": qwen help lua " .. class.parent) end
  return 0
end

function C.run(ctx, args)
  if args[1] == "lua" and (args[2] or not ctx.session) then return lua_page(ctx, args[2]) end
  local only = args[1] and args[1]:gsub("^/", "")
  local found = false
  for _, entry in ipairs(qwen.resource.list "commands") do
    local command = entry.value
    if (not only or entry.name == only) and (only or entry.problem or command.repl ~= false) then
      found = true
      local usage = "/" .. entry.name .. (command and command.args and " " .. command.args or "")
      ctx.print(("  %-50s %s"):format(usage, entry.problem and "out of order: " .. entry.problem
        or entry.summary .. (entry.tier ~= "shipped" and "  (" .. entry.tier .. ")" or "")))
    end
  end
  if only and not found then
    local near = qwen.text.nearest(only, qwen.resource.names "commands")
    return nil, qwen.err("usage", ("there is no command /%s%s"):format(only, near and "; did you mean /" .. near .. "?" or ""))
  end
  if not only then
    ctx.print ""
    ctx.print "  !COMMAND                                           run a shell command"
    ctx.print "  Ctrl-C                                             stop the answer; at an empty prompt, twice: leave"
  end
  return 0
end

return C
