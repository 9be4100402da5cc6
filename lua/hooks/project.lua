-- Guards that a project brings along (.qwen/hooks/*.lua), once the person has allowed them: qwen project. They can block and ask, and
-- nothing else.

local tr = qwen.tr

local H = { summary = "guards of the project, when they are allowed" }

local worker, failed

-- Started with the first event; nil when there is nothing to ask.
local function running(ctx)
  if worker or failed or not ctx.trusted then return worker end
  local files = qwen.x.project_lua.files(ctx.cwd)
  if not qwen.x.project_lua.is_allowed(ctx.cwd, files) then return nil end
  local e, problems
  worker, e, problems = qwen.x.project_lua.start(files)
  failed = e and e.message or problems and problems[1]
  if failed then
    ctx.notice(tr("the project's Lua is out of order, so no tool passes its guards: %s; to go on "
      .. "without: qwen project forget", failed))
  end
  return worker
end

local function ask(ctx, event, value)
  local one = running(ctx)
  if failed then return { block = "the project's Lua is out of order: " .. failed } end
  if not one or not one.events[event] then return {} end
  local answer, e = one:ask { kind = "event", event = event, value = value, cwd = ctx.cwd, mode = ctx.mode }
  if answer then return answer end
  failed = e.message
  return { block = "the project's Lua is out of order: " .. failed }
end

function H.session_started(ctx)
  if not ctx.trusted then return end
  local files = qwen.x.project_lua.files(ctx.cwd)
  if #files > 0 and not qwen.x.project_lua.is_allowed(ctx.cwd, files) then
    ctx.notice(tr("this project brings %d Lua guard%s that you have not allowed: qwen project",
      #files, #files == 1 and "" or "s"))
  end
end

function H.prompt_submitted(ctx, prompt)
  local said = ask(ctx, "prompt_submitted", { text = prompt.text })
  if failed then return end -- it is told, and closes the gates of tools and edits
  if said.block then return false, said.block end
end

function H.before_tool(ctx, call)
  local said = ask(ctx, "before_tool", { name = call.name, args = call.args, id = call.id })
  if said.block then return false, said.block end
  if said.ask then
    call.ask = call.ask or said.ask
    return call
  end
end

function H.before_edit(ctx, edit)
  local said = ask(ctx, "before_edit", { name = edit.name, args = edit.args, id = edit.id, paths = qwen.json.array(edit.paths) })
  if said.block then return false, said.block end
end

function H.session_ended()
  if worker then worker:close() end
  worker, failed = nil, nil
end

return H
