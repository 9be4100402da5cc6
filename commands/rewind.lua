-- `/rewind`, or Esc twice: back to an earlier prompt, which stands in the input again; on request also what tools changed in files since, or only
-- that. What was said since stays in the file of the session.

local tr = qwen.tr

local C = { summary = "go back to an earlier prompt, with or without the files", aliases = { "rollback", "checkpoint" } }

-- The prompts of the person: place among the messages, and text.
local function prompts(session)
  local out = {}
  for at, message in ipairs(session.messages) do
    local words = message.role == "user" and message.parts[1] and message.parts[1].text
    if words and words ~= "" then out[#out + 1] = { at = at, text = words, time = message.time } end
  end
  return out
end

-- What is to go back: "conversation", "files" or "both"; nil when the person leaves. Nothing is asked where no file was changed.
local function what(ctx, count)
  if count == 0 then return "conversation" end
  local rows = {}
  for i, file in ipairs(qwen.x.checkpoints.touched(ctx, count)) do
    rows[i] = qwen.paths.short(file.path, ctx.cwd)
      .. (file.changed and "  " .. tr "(somebody else changed it since: it stays)" or "")
  end
  ctx.print(tr "Files that tools changed since (what commands changed is not known):")
  for _, row in ipairs(rows) do ctx.print("  " .. row) end
  local choices = { tr "the conversation and these files", tr "the conversation only", tr "these files only" }
  return ({ "both", "conversation", "files" })[ctx.pick(tr "What goes back?", choices)]
end

local function take_back(ctx, count)
  local restored, problems = qwen.x.checkpoints.undo(ctx, count)
  local names = {}
  for i, path in ipairs(restored) do names[i] = qwen.paths.short(path, ctx.cwd) end
  for _, name in ipairs(names) do ctx.print(tr("restored %s", name)) end
  for _, e in ipairs(problems) do ctx.notice(tostring(e)) end
  return names
end

function C.run(ctx)
  if not ctx.pick then
    return nil, qwen.err("usage",
      tr "/rewind asks which prompt; it works in a session at the prompt only")
  end
  local found, choices = prompts(ctx.session), {}
  if #found == 0 then
    ctx.print(tr "there is no prompt to go back to yet")
    return 0
  end
  local now = qwen.task.time()
  for i, prompt in ipairs(found) do
    choices[i] = { label = prompt.text, columns = {
      prompt.time > 0 and qwen.x.words.ago(now - prompt.time) or "" } }
  end
  local choice = ctx.pick(tr "Go back to before:", choices, { at = #choices, search = true })
  if not choice then return 0 end
  local count = qwen.x.checkpoints.since(ctx, found[choice].at)
  local which = what(ctx, count)
  if not which then return 0 end
  local names = which ~= "conversation" and take_back(ctx, count) or {}
  if which == "files" then
    if #names == 0 then return 0 end
    ctx.session:add(qwen.message.user("I took back your changes of: " .. table.concat(names, ", ") .. ". Read a file again before you edit it."))
    return 0
  end
  local ok, e = ctx.session:rewind(found[choice].at)
  if not ok then return nil, e end
  ctx.todos = qwen.x.kept.todos(ctx.session.messages)
  ctx.prefill(found[choice].text)
  return 0
end

return C
