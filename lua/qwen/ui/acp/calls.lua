-- Tool calls as an editor shows them: a title, a kind, the files, what an edit changes, and how the
-- call stands.
local content = require "qwen.ui.acp.content"
local files = require "qwen.permission.files"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local Calls = {}
Calls.__index = Calls

local MOST_TITLE, MOST_TEXT = 200, 64 * 1024 -- bytes
local KINDS = { read_file = "read", list_directory = "search", glob = "search", grep_search = "search",
  web_fetch = "fetch", web_search = "fetch", exit_plan_mode = "switch_mode",
  enter_plan_mode = "switch_mode", task = "think", agent = "think" }
local BY_EFFECT = { edit = "edit", read = "read" }
local PLANNED = { todo_write = true } -- shown as the plan

---@param ctx Ctx
---@param send fun(update: table)
---@return table
function M.new(ctx, send)
  return setmetatable({ ctx = ctx, send = send, open = {} }, Calls)
end

local function tool_of(name) return registry.has("tools", name) and registry.get("tools", name) or nil end

local function call_safely(fn, ...)
  if not fn then return nil end
  local ok, value = pcall(fn, ...)
  return ok and value or nil
end

local function title_of(ctx, name, tool, args)
  local label = tool and call_safely(tool.label, args)
  label = type(label) == "string" and paths.short(label, ctx.cwd) or ""
  if tool and tool.command then return text.head(label, MOST_TITLE) end
  local verb = tool and tool.verbs and tr(tool.verbs.ask) or name
  return text.head(text.trim_end(verb .. " " .. label), MOST_TITLE)
end

local function paths_of(ctx, tool, args)
  local out = {}
  for _, path in ipairs(tool and call_safely(tool.paths, args) or {}) do
    out[#out + 1] = files.resolve(ctx, path)
  end
  return out
end

local function locations_of(list, args)
  local out = json.array {}
  for i, path in ipairs(list) do
    local line = #list == 1 and math.tointeger(args.offset) or nil
    out[i] = { path = path, line = line and line > 0 and line or nil }
  end
  return out[1] and out or nil
end

---What is shown of a call from its beginning on.
---@param ctx Ctx
---@param name string
---@param args table
---@param id string
---@return table
function M.describe(ctx, name, args, id)
  local tool = tool_of(name)
  local kind = tool and tool.command and "execute" or KINDS[name] or tool and BY_EFFECT[tool.effect] or "other"
  local given = next(args) ~= nil and args or nil
  return { toolCallId = id, name = name, title = title_of(ctx, name, tool, args), kind = kind,
    locations = locations_of(paths_of(ctx, tool, args), args), rawInput = given }
end

-- Without the line end that a side has not.
local function cut_end(one, mark)
  for side, of in pairs { old = "-", new = "+" } do
    local lines = one[side]
    if lines[1] and (mark == " " or mark == of) then lines[#lines] = lines[#lines]:gsub("\n$", "") end
  end
end

-- The old and the new lines of a unified diff, file by file.
local function sides(diff)
  local out, old, new, last = {}, 0, 0, nil -- old, new: lines of the hunk that are still to come
  for line in diff:gmatch "[^\n]*\n?" do
    local mark, one = line:sub(1, 1), out[#out]
    if old + new > 0 and (mark == " " or mark == "-" or mark == "+") then
      last = mark
      if mark ~= "+" then one.old[#one.old + 1], old = line:sub(2), old - 1 end
      if mark ~= "-" then one.new[#one.new + 1], new = line:sub(2), new - 1 end
    elseif mark == "\\" and one then
      cut_end(one, last)
    elseif line:find "^%-%-%- " then
      out[#out + 1] = { old = {}, new = {} }
    elseif line:find "^%+%+%+ " and one then
      one.name = line:match "^%+%+%+ ([^\n\t]*)"
    elseif mark == "@" then
      local before, after = line:match "^@@ %-([%d,]*) %+([%d,]*)"
      old = tonumber((before or ""):match ",(%d+)$") or 1
      new = tonumber((after or ""):match ",(%d+)$") or 1
    end
  end
  return out
end

---What an edit would change, by its tool's own preview.
---@param ctx Ctx
---@param name string
---@param args table
---@return table[]? content nil: it is no edit, or would change nothing
function M.diffs(ctx, name, args)
  local tool = tool_of(name)
  if not tool or tool.effect ~= "edit" then return nil end
  local diff, by_name, out = call_safely(tool.preview, ctx, args), {}, json.array {}
  if type(diff) ~= "string" then return nil end
  local list = paths_of(ctx, tool, args)
  for _, path in ipairs(list) do by_name["b/" .. files.relative(ctx, path)] = path end
  for _, one in ipairs(sides(diff)) do
    local path = by_name[one.name] or #list == 1 and list[1]
    if path then
      out[#out + 1] = { type = "diff", path = path, newText = table.concat(one.new),
        oldText = one.old[1] and table.concat(one.old) or nil }
    end
  end
  return out[1] and out or nil
end

-- A command's output stands as it is.
local function result_content(one, part)
  local words = text.head_tail(part.text, MOST_TEXT)
  if one.kind == "execute" then
    local fence = "```"
    while words:find(fence, 1, true) do fence = fence .. "`" end
    words = ("%s\n%s\n%s"):format(fence, words, fence)
  end
  return json.array { { type = "content", content = content.text(words) } }
end

---A call that the model made: it waits for what hooks, rules and the user say.
---@param call {name: string, args: table, id: string}
function Calls:wait_for(call)
  if PLANNED[call.name] or self.open[call.id] then return end
  local one = M.describe(self.ctx, call.name, call.args, call.id)
  one.status, one.sessionUpdate = "pending", "tool_call"
  self.open[call.id] = one
  self.send(one)
end

---A call whose run begins.
---@param call CallPart
---@param args table as they are run
function Calls:start(call, args)
  self:wait_for { name = call.name, args = args, id = call.id }
  local one = self.open[call.id]
  if not one then return end
  one.running, one.args, one.diffs = true, args, M.diffs(self.ctx, call.name, args)
  self.send { sessionUpdate = "tool_call_update", toolCallId = call.id, status = "in_progress",
    content = one.diffs }
end

---The call that is running with an argument of that name and value, and shows no terminal yet.
---@param command string
---@return table?
function Calls:running(command)
  for _, one in pairs(self.open) do
    if one.running and not one.terminal and one.args.command == command then return one end
  end
end

---A call whose command runs in a terminal of the editor.
---@param one table of `running`
---@param terminal string
function Calls:show_terminal(one, terminal)
  one.terminal = terminal
  self.send { sessionUpdate = "tool_call_update", toolCallId = one.toolCallId,
    content = json.array { { type = "terminal", terminalId = terminal } } }
end

---A call with its result.
---@param call CallPart
---@param part ResultPart
function Calls:finish(call, part)
  if PLANNED[call.name] then return end
  local one = self.open[call.id]
  if not one then -- it was answered before anybody was asked
    local args = json.decode(call.args, false, true)
    one = M.describe(self.ctx, call.name, type(args) == "table" and args ~= json.null and args or {}, call.id)
    one.sessionUpdate = "tool_call"
    one.status, one.content = part.error and "failed" or "completed", result_content(one, part)
    self.send(one)
    return
  end
  self.open[call.id] = nil
  local shown = not part.error and one.diffs or result_content(one, part)
  if one.terminal then shown = json.array { { type = "terminal", terminalId = one.terminal } } end
  self.send { sessionUpdate = "tool_call_update", toolCallId = call.id, content = shown,
    status = part.error and "failed" or "completed" }
end

---What has no end yet has none any more: the turn was stopped.
function Calls:stop()
  local open = self.open
  self.open = {}
  for id in pairs(open) do
    self.send { sessionUpdate = "tool_call_update", toolCallId = id, status = "failed" }
  end
end

return M
