-- `/undo`: the files that tools changed for the last prompts get their former content again; the model is told.

local tr = qwen.tr

local C = { summary = "take back what the last prompt, or the last N, changed in files", aliases = { "restore" }, args = "[N]", session = true }

-- How many of the newest edits belong to the last n prompts that changed something.
local function belonging(edits, n)
  local count, prompt = 0, nil
  for i = #edits, 1, -1 do
    if edits[i].prompt ~= prompt then
      if n == 0 then break end
      prompt, n = edits[i].prompt, n - 1
    end
    count = count + 1
  end
  return count
end

function C.run(ctx, args)
  local n = args[1] and math.tointeger(tonumber(args[1])) or not args[1] and 1
  if not n or n < 1 or args[2] then
    return nil, qwen.err("usage", tr("usage: %s", "/undo [N], the number of prompts"))
  end
  local count = belonging(qwen.x.checkpoints.list(ctx), n)
  if count == 0 then
    ctx.print(tr "no file was changed in this session, or all of it was taken back")
    return 0
  end
  local restored, problems = qwen.x.checkpoints.undo(ctx, count)
  local names = {}
  for i, path in ipairs(restored) do names[i] = qwen.paths.short(path, ctx.cwd) end
  for _, name in ipairs(names) do ctx.print(tr("restored %s", name)) end
  for _, e in ipairs(problems) do ctx.notice(tostring(e)) end
  if #names > 0 then
    ctx.session:add(qwen.message.user("I took back your last changes of: " .. table.concat(names, ", ") .. ". Read a file again before you edit it."))
  end
  return #problems > 0 and 1 or 0
end

return C
