-- Qwen Code's `ui.statusLine`: a command that gets the state of the session as JSON and prints up to two lines, or a list of ready items.

local H = { summary = "the status line of the settings' ui.statusLine", needs = "ui.statusLine" }

local SECONDS = 5

-- What is counted in a session: requests by model, lines of edits, whether an answer is on its way.
local counted

local function of_model(id)
  local models = counted.models
  models[id] = models[id] or { api = { total_requests = 0, total_errors = 0, total_latency_ms = 0 },
    tokens = { prompt = 0, completion = 0, total = 0, cached = 0, thoughts = 0 } }
  return models[id]
end

local function add_tokens(model, usage)
  local input, output = usage.input or 0, usage.output or 0
  for name, more in pairs { prompt = input, completion = output, total = input + output, cached = usage.cached or 0,
    thoughts = usage.reasoning or 0 } do
    model.tokens[name] = model.tokens[name] + more
  end
end

-- Begins to count; a session that is gone on with has its answers counted.
local function count_anew(ctx)
  counted = { session = ctx.session, models = {}, added = 0, removed = 0, before = {} }
  for _, message in ipairs(ctx.session and ctx.session.messages or {}) do
    if message.usage then
      local model = of_model(message.model or "?")
      add_tokens(model, message.usage)
      model.api.total_requests = model.api.total_requests + 1
    end
  end
end

local function is_set(ctx)
  local set = ctx.settings:get "ui.statusLine"
  if type(set) ~= "table" then return nil end
  if not counted or counted.session ~= ctx.session and not ctx.agent then count_anew(ctx) end
  return set
end

function H.session_started(ctx)
  if is_set(ctx) then count_anew(ctx) end
end

function H.request_ended(ctx, row)
  if not is_set(ctx) then return end
  local model = of_model(row.model)
  model.api.total_requests = model.api.total_requests + 1
  model.api.total_latency_ms = model.api.total_latency_ms + math.floor(row.seconds * 1000)
  if row.outcome ~= "ok" then model.api.total_errors = model.api.total_errors + 1 end
  if row.usage then add_tokens(model, row.usage) end
end

function H.prompt_submitted(ctx)
  if is_set(ctx) then counted.working = true end
end

function H.prompt_answered(ctx)
  if is_set(ctx) and not ctx.agent then counted.working = false end
end

local MOST = 4 * 1024 * 1024 -- bytes of a file whose lines are counted

-- Lines that an edit adds and takes away: its files before it are kept until it has ended.
function H.tool_started(ctx, call, args)
  local tool = is_set(ctx) and qwen.x.registry.get("tools", call.name)
  if not tool or tool.effect ~= "edit" or not tool.paths then return end
  local files = {}
  for _, path in ipairs(tool.paths(args)) do
    path = qwen.x.files.resolve(ctx, path)
    files[#files + 1] = path and { path = path, text = qwen.fs.read(path, MOST) or "" } or nil
  end
  counted.before[call.id] = files
end

function H.tool_ended(ctx, call, result)
  local files = is_set(ctx) and counted.before[call.id]
  if not files then return end
  counted.before[call.id] = nil
  for _, file in ipairs(not result.error and files or {}) do
    local after = qwen.fs.read(file.path, MOST) or ""
    for line in qwen.text.diff(file.text, after, "file"):gmatch "[^\n]+" do
      local name = line:find "^%+" and "added" or line:find "^%-" and "removed"
      if name and not line:find "^%+%+%+ " and not line:find "^%-%-%- " then counted[name] = counted[name] + 1 end
    end
  end
end

local function percent(part, whole) return math.floor(part * 1000 / whole + 0.5) / 10 end

local function state(ctx)
  local size, used = ctx.model and ctx.model.context, ctx.session and (qwen.message.last_usage(ctx.session.messages) or {}).input
  local window = { context_window_size = size or 0, current_usage = used or 0, total_input_tokens = 0, total_output_tokens = 0,
    used_percentage = 0, remaining_percentage = 100 }
  for _, model in pairs(counted.models) do
    window.total_input_tokens = window.total_input_tokens + model.tokens.prompt
    window.total_output_tokens = window.total_output_tokens + model.tokens.completion
  end
  if size and used then
    window.used_percentage = percent(used, size)
    window.remaining_percentage = math.max(0, 100 - window.used_percentage)
  end
  local tree = ctx.tree
  local branch, mode = qwen.x.git.branch(ctx.cwd), ctx.vim_mode and ctx.vim_mode()
  return { session_id = ctx.session and ctx.session.id, version = qwen.version, workspace = { current_dir = ctx.cwd }, context_window = window,
    git = branch and { branch = branch } or nil, vim = mode and { mode = mode == "insert" and "INSERT" or "NORMAL" } or nil,
    metrics = { models = counted.models, files = { total_lines_added = counted.added, total_lines_removed = counted.removed } },
    model = { id = ctx.model and ctx.model.id, display_name = ctx.model and ctx.model.name },
    worktree = tree and { name = tree.name, path = tree.path, branch = tree.branch, original_cwd = tree.root,
      original_branch = tree.from } or nil }
end

local function short(tokens)
  return tokens < 1000 and tostring(tokens) or ("%.1fk"):format(tokens / 1000)
end

-- The ready items by name; one that has nothing to say gives nothing.
local items = {
  model = function(s) return s.model.display_name end,
  ["git-branch"] = function(s) return s.git and s.git.branch end,
  ["context-remaining"] = function(s) return ("Context %g%% left"):format(s.context_window.remaining_percentage) end,
  ["context-used"] = function(s)
    return s.context_window.current_usage > 0 and ("Context %g%% used"):format(s.context_window.used_percentage) or nil
  end,
  ["context-window-size"] = function(s)
    return s.context_window.context_window_size > 0 and short(s.context_window.context_window_size) .. " window" or nil
  end,
  ["used-tokens"] = function(s) return s.context_window.current_usage > 0 and short(s.context_window.current_usage) .. " used" or nil end,
  ["total-input-tokens"] = function(s) return short(s.context_window.total_input_tokens) .. " total in" end,
  ["total-output-tokens"] = function(s) return short(s.context_window.total_output_tokens) .. " total out" end,
  ["current-dir"] = function(s) return s.workspace.current_dir end,
  ["project-name"] = function(s) return s.workspace.current_dir:match "^.*/(.*)$" end,
  ["branch-changes"] = function(s)
    local files = s.metrics.files
    return files.total_lines_added + files.total_lines_removed > 0
      and ("+%d -%d"):format(files.total_lines_added, files.total_lines_removed) or nil
  end,
  ["run-state"] = function() return counted.working and "Working" or "Ready" end,
  ["qwen-version"] = function(s) return "v" .. s.version end,
  ["session-id"] = function(s) return s.session_id end,
}
items["model-only"] = items.model
items["model-with-reasoning"] = function(s, ctx)
  local reasoning = ctx.model and ctx.model.config.reasoning
  local effort = type(reasoning) == "table" and reasoning.effort
  return s.model.display_name and s.model.display_name .. (effort and " " .. effort or "")
end

local function ready(ctx, wanted)
  local out, s = {}, state(ctx)
  for _, name in ipairs(type(wanted) == "table" and wanted or {}) do
    local make = items[name]
    local words = make and make(s, ctx) or not make and ("?%s"):format(tostring(name)) or nil
    out[#out + 1] = words and words ~= "" and words or nil
  end
  return table.concat(out, " | ")
end

function H.status_built(ctx)
  local set = is_set(ctx)
  if not set then return end
  if set.type == "preset" then return { text = ready(ctx, set.items) } end
  if type(set.command) ~= "string" then return end
  local result, e = qwen.proc.run { argv = { "/bin/sh", "-c", set.command }, cwd = ctx.cwd, env = qwen.proc.own_env(ctx.trusted),
    input = qwen.json.encode(state(ctx)), timeout = SECONDS,
    limit = 64 * 1024 }
  if not result then return { text = e.message } end
  return { text = result.out }
end

return H
