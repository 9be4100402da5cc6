-- Qwen Code's `ui.statusLine`: {"type": "command", "command": "..."} gets the state of the session as JSON; the first line that it prints
-- is the status line.

local H = { summary = "the status line of the settings' ui.statusLine" }

local SECONDS = 5

local function last_usage(session)
  for i = #session.messages, 1, -1 do
    if session.messages[i].usage then return session.messages[i].usage end
  end
  return {}
end

local function state(ctx)
  local usage = ctx.session and last_usage(ctx.session) or {}
  local size, used = ctx.model and ctx.model.context, usage.input
  local window = { context_window_size = size, total_input_tokens = used, total_output_tokens = usage.output, current_usage = used }
  if size and used then
    window.used_percentage = math.floor(used * 100 / size + 0.5)
    window.remaining_percentage = 100 - window.used_percentage
  end
  return { session_id = ctx.session and ctx.session.id, version = qwen.version, workspace = { current_dir = ctx.cwd }, context_window = window,
    model = { id = ctx.model and ctx.model.id, display_name = ctx.model and ctx.model.name } }
end

function H.status_built(ctx)
  local set = ctx.settings:get "ui.statusLine"
  if type(set) ~= "table" or type(set.command) ~= "string" then return end
  local result, e = qwen.proc.run { argv = { "/bin/sh", "-c", set.command }, cwd = ctx.cwd, env = qwen.proc.own_env(ctx.trusted),
    input = qwen.json.encode(state(ctx)), timeout = SECONDS,
    limit = 64 * 1024 }
  if not result then return { text = e.message } end
  return { text = result.out:match "^[^\n]*" }
end

return H
