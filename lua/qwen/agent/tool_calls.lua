-- Carries out the calls of one turn: arguments, hooks, permission, run, results in the order of the calls.
-- Failures of every kind become results, written for the model; nothing here knows a provider or a screen.
local call_permission = require "qwen.agent.call_permission"
local err = require "qwen.util.err"
local files = require "qwen.permission.files"
local hooks = require "qwen.extension.hooks"
local json = require "sys.json"
local policy = require "qwen.permission.policy"
local registry = require "qwen.extension.registry"
local json_repair = require "qwen.util.json_repair"
local json_schema = require "qwen.util.json_schema"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local RESULT_LIMIT = 64 * 1024

-- An output within our limit and those of the settings: characters, and lines.
local function shortened(ctx, words, own)
  local most = ctx.settings:get "tools.truncateToolOutputThreshold"
  local lines = ctx.settings:get "tools.truncateToolOutputLines"
  local limit = math.min(most and most > 0 and most or math.huge, own or RESULT_LIMIT)
  local all = lines and lines > 0 and text.lines(words) or {}
  if lines and lines > 0 and #all > lines then
    local head = lines // 5
    local tail = lines - head
    words = ("%s\n[... %d lines left out ...]\n%s"):format(table.concat(all, "\n", 1, head), #all - lines,
      table.concat(all, "\n", #all - tail + 1))
  end
  return #words > limit and text.head_tail(words, math.floor(limit)) or words
end

local function failed(call, words, display)
  return { type = "result", id = call.id, name = call.name, text = words, error = true, display = display or words }
end

local function arguments(call)
  if call.args == "" then return {} end
  local args = json.decode(call.args, false, true)
  if type(args) == "table" and args ~= json.null then return args end
  local _, why = json_repair.object(call.args, false)
  return nil, ("The arguments of %s are not a valid JSON object (%s). Nothing was done. They were: %s")
    :format(call.name, why or "not an object", text.head_tail(call.args, 400))
end

local function find_tool(ctx, call)
  local offered = {}
  for _, tool in ipairs(ctx.tools) do offered[#offered + 1] = tool.name end
  for _, name in ipairs(offered) do
    if name == call.name then return registry.get("tools", name) end
  end
  local waiting = require("qwen.agent.view").offer(ctx, call.name)
  if waiting then return waiting end
  local hint, near = require("qwen.agent.call_hints").of(ctx, call.name), text.nearest(call.name, offered)
  hint = hint and " " .. hint .. "." or near and (" Did you mean %s?"):format(near) or ""
  return nil, err("missing", ("There is no tool '%s'.%s The tools are: %s."):format(call.name, hint, table.concat(offered, ", ")))
end

local CHANGED = "The user changed `%s` of this call before allowing it. It is now:\n%s\n\n"

-- C would see only what stands before a zero byte: another path or command than the one that is judged.
local function zero_byte(tool, args)
  for _, words in ipairs { tool.paths and tool.paths(args) or {}, tool.command and { tool.command(args) } or {} } do
    for _, word in pairs(words) do
      if type(word) == "string" and word:find("\0", 1, true) then return true end
    end
  end
  return false
end

local admit

-- A call whose arguments were written anew by who was asked about it.
local function admit_changed(ctx, call, tool, args)
  local ok, problem = json_schema.check(tool.schema, args)
  if not ok then
    return nil, failed(call, ("The changed arguments of %s do not fit: %s. Nothing was done."):format(call.name, problem), problem)
  end
  local name = ctx.decide and "arguments" or tool.editable
  local shown = ctx.decide and json.encode(args) or tostring(args[name])
  return admit(ctx, call, tool, args, CHANGED:format(name, text.head_tail(shown, 4000)), ctx.decide ~= nil)
end

-- Whether a call waits for those of the same turn before it: what changes something does, unless it
-- only starts something beside them.
local function waits(tool, args, reads)
  local serial = tool.serial
  if type(serial) == "function" then serial = serial(args) end
  if tool.effect == "edit" or serial ~= nil then return tool.effect == "edit" or serial end
  return tool.effect == "run" and not reads
end

-- Hooks, then permission; what the person has changed goes through both again.
function admit(ctx, call, tool, args, note, agreed)
  local before, reason = ctx.emit("before_tool", { name = call.name, args = args, id = call.id })
  if not before then return nil, failed(call, "Blocked: " .. tostring(reason)) end
  local must_ask = before.ask
  if before.args ~= args then -- a hook's own
    args = before.args
    local ok, problem = json_schema.check(tool.schema, args)
    if not ok then return nil, failed(call, ("A hook changed the arguments of %s and they do not fit: %s."):format(call.name, problem), problem) end
  end
  if zero_byte(tool, args) then
    return nil, failed(call, "A path or command cannot hold a zero byte. Nothing was done.")
  end
  if tool.effect == "edit" then
    local edit = { name = call.name, args = args, id = call.id, paths = tool.paths and tool.paths(args) or {} }
    before, reason = ctx.emit("before_edit", edit)
    if not before then return nil, failed(call, "Blocked: " .. tostring(reason)) end
  end
  local places = tool.paths and files.places(ctx, tool.paths(args))
  local scoped = places and files.scope(ctx, tool.effect, places) or ctx
  local allowed, words, changed, wrong, said = call_permission.of(ctx, scoped, call, tool, args,
    { must_ask = must_ask, places = places, agreed = agreed })
  if changed then return admit_changed(ctx, call, tool, changed) end
  if wrong then return nil, failed(call, words) end
  if not allowed then
    ctx.denials[#ctx.denials + 1] = { tool_name = call.name, tool_use_id = call.id, tool_input = args }
    ctx.emit("permission_denied", { name = call.name, args = args, id = call.id, reason = words })
    return nil, failed(call, words, said and tr("refused: %s", said) or tr "refused")
  end
  local reads = words and words.code == "reads"
  local safe, run = reads and policy.safe_look(ctx, tool, args), nil
  if safe and tool.editable then
    run = setmetatable({ [tool.editable] = safe }, { __index = args })
  end
  return { call = call, tool = tool, args = args, note = note, ctx = scoped, run = run,
    barrier = waits(tool, args, reads) }
end

local UNKNOWN = "(%s has no argument %s: it was left out of account.)\n"

-- Everything before the run. Gives a job to run, or a finished result.
local function prepare(ctx, call)
  local problem = require("qwen.agent.call_slips").problem(call) -- here: loaded with the first call
  if problem then return nil, failed(call, problem .. ". Nothing was done.") end
  local tool, e = find_tool(ctx, call)
  if not tool then return nil, failed(call, e.message) end
  local args, wrong = arguments(call)
  if not args then return nil, failed(call, wrong, tr "arguments are not JSON") end
  args = json_schema.typed(tool.schema, args)
  local ok
  ok, problem = json_schema.check(tool.schema, args)
  if not ok then return nil, failed(call, ("The arguments of %s do not fit: %s. Nothing was done."):format(call.name, problem), problem) end
  local unknown = require("qwen.agent.call_arguments").unknown(tool, call.name, args)
  return admit(ctx, call, tool, args, unknown[1] and UNKNOWN:format(call.name, table.concat(unknown, ", ")) or nil)
end

-- Hooks may go over what an edit wrote; the file counts as seen as they leave it. Without one it is what the tool wrote, while what is
-- there by now may be another program's.
local function edited(ctx, job)
  local hooked = hooks.wants(ctx, "edit_ended")
  for _, path in ipairs(job.tool.paths and job.tool.paths(job.args) or {}) do
    path = files.resolve(ctx, path)
    if path then
      ctx.emit("edit_ended", { path = path, tool = job.call.name, id = job.call.id })
      if hooked or not files.wrote(ctx, path) then files.mark_seen(ctx, path) end
    end
  end
end

-- What is wrong with what a tool gave back; nil when it is a text or a table with one.
local function misuse(result)
  if type(result) == "string" then return nil end
  if type(result) ~= "table" then return ("run gave back a %s, not a text or a table with one"):format(type(result)) end
  for name, kind in pairs { text = "string", display = "string", parts = "table" } do
    local found = type(result[name])
    if found ~= kind and not (found == "nil" and name ~= "text") then return ("'%s' of what run gave back is a %s, not a %s"):format(name, found, kind) end
  end
end

-- The paths of a call, from the root on.
local function absolute(ctx, job)
  local out = {}
  for _, path in ipairs(job.tool.paths(job.args)) do out[#out + 1] = files.resolve(ctx, path) end
  return out
end

local function run_tool(ctx, job)
  local call = job.call
  local checkpoints = job.tool.effect == "edit" and require "qwen.session.checkpoints"
  local watch, refused
  if checkpoints and job.tool.paths then watch, refused = checkpoints.begin(ctx, absolute(ctx, job)) end
  if refused then return failed(call, err.english(refused), tostring(refused)) end
  local ok, result, e = xpcall(job.tool.run, debug.traceback, job.ctx, job.run or job.args, call.id)
  if job.tool.effect == "edit" and ok and result and not (type(result) == "table" and result.error) then edited(ctx, job) end
  if watch then checkpoints.ended(ctx, watch, call.name) end
  if not ok then
    local words = require("qwen.extension.environment").own_error(result) or tostring(result)
    ctx.notice(registry.blamed(tr("the tool %s failed: %s", call.name, words), "tools", call.name))
    return failed(call, ("The tool %s failed inside: %s"):format(call.name,
      (tostring(result):gsub("\n.*", ""))), tr "failed inside")
  end
  if result == nil then return failed(call, e and err.english(e) or "The tool gave no result.", e and tostring(e)) end
  local wrong = misuse(result)
  if wrong then
    ctx.notice(registry.blamed(tr("the tool %s is wrong: %s", call.name, wrong), "tools", call.name))
    return failed(call, ("The tool %s failed inside: %s"):format(call.name, wrong), tr "failed inside")
  end
  if type(result) == "string" then result = { text = result } end
  local part = { type = "result", id = call.id, name = call.name, text = text.utf8(result.text), error = result.error or nil, display = result.display }
  if job.note then part.text = job.note .. part.text end
  part.text = shortened(ctx, part.text, job.tool.most)
  return part, result.parts
end

-- Whatever is raised before a tool runs, by its own file or by us, is a failed call: a model's words never end the run.
local function prepared(ctx, call)
  local ok, job, done = xpcall(prepare, debug.traceback, ctx, call)
  if ok then return job, done end
  local own = require("qwen.extension.environment").own_error(job)
  local words = own or tostring(job)
  ctx.notice(registry.blamed(tr("the tool %s failed: %s", call.name, words), "tools", call.name))
  return nil, failed(call, ("The tool %s failed inside: %s"):format(call.name,
    (words:gsub("\n.*", ""))), tr "failed inside")
end

local NAMED = "[from %s %s]"

local function label_of(job)
  local ok, label = pcall(job.tool.label or tostring, job.args)
  return ok and type(label) == "string" and text.head(label, 200) or ""
end

---Runs the calls. `results` is filled as they end, so that a cancelled turn keeps what was done.
---@param ctx Ctx
---@param calls CallPart[]
---@param results table by index of the call: ResultPart
---@param media Part[] what tools gave beside text, below words that say whose it is
---@param repeats table the guard against loops
function M.run(ctx, calls, results, media, repeats)
  local running, jobs = {}, {}
  repeats:begin(ctx.session.messages)
  ctx.result_room = ctx.model and require("qwen.agent.fit").result_limit(ctx, #calls) or nil
  local function finish_all()
    for _, child in ipairs(running) do
      local ok, e = child:join()
      if not ok then error(e, 0) end
    end
    running = {}
  end
  local function run(i, job)
    ctx.emit("tool_started", calls[i], job.args)
    local started = task.now()
    local part, more = run_tool(ctx, job)
    results[i] = part
    for n, item in ipairs(more or {}) do -- several of one turn stand together: each says whose it is
      if n == 1 then media[#media + 1] = { type = "text", text = NAMED:format(calls[i].name, label_of(job)) } end
      media[#media + 1] = item
    end
    results[i] = ctx.emit("tool_ended", calls[i], part, task.now() - started)
  end
  for i, call in ipairs(calls) do
    local job, done = nil, repeats:answer(call)
    local tool = running[1] and registry.has("tools", call.name) and registry.get("tools", call.name)
    if tool and tool.effect == "edit" then finish_all() end -- it is judged by what was read before it
    if not done then job, done = prepared(ctx, call) end
    jobs[i] = job
    if done then
      results[i] = ctx.emit("tool_ended", call, done, 0)
    elseif job.barrier then
      finish_all()
      run(i, job)
    else
      running[#running + 1] = task.spawn(run, i, job)
    end
  end
  finish_all()
  for i, call in ipairs(calls) do repeats:result(call, results[i], jobs[i]) end
end

return M
