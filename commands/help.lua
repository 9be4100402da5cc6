-- `/help`: the commands there are, users' own among them. Flags of the program are in `qwen --help`.

local C = { summary = "list the commands, or explain one", args = "[COMMAND]" }

function C.complete()
  return qwen.resource.names "commands"
end

function C.run(ctx, args)
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
