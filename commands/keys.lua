-- `/keys`: which key does what at the prompt, users' own bindings among them.

local C = { summary = "list the keys of the prompt" }

function C.run(ctx)
  for _, row in ipairs(qwen.keys.list()) do
    ctx.print(("  %-30s %-17s %s"):format(table.concat(row.keys, ", "), row.action, row.what))
  end
  ctx.print ""
  ctx.print '  change them in settings.json: "ui": {"keys": {"ctrl-o": "newline"}}'
  ctx.print '  or in ~/.qwen/init.lua: qwen.keys.bind("ctrl-o", "newline")'
  return 0
end

return C
