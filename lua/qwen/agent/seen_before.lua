-- Which files count as read when a session goes on: those that were read or written in what is still in view, and have not
-- changed since. The file of the session says when that was; the file itself when it was changed.
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local seen = require "qwen.session.seen"

local M = {}

-- Seconds: a change so short before a read may be one after it, because clocks of file systems are coarse; what was written
-- may carry the time of its result, which the session keeps in whole milliseconds.
local BEFORE_READ, AFTER_WRITE = 0.05, 0.002
local MANY = 1 << 30 -- lines of a file whose lines are not known

local KINDS = { read_file = "read", edit = "edit", write_file = "write", apply_patch = "edit", notebook_edit = "edit" }

-- What a result shows of a file: nil for nothing, {} for all of it, else its lines.
local function shown_by(words)
  if words:find "^Unchanged since" or words:find "^Cannot display" or words:find "^The %a+ [^\n]+ follows%.$" then return nil end
  local body = words:gsub("^%(Form of the file:[^\n]*\n", "")
  local first, last, total = body:match "^Showing lines (%d+)%-(%d+) of (%d+) total lines%."
  local cut = words:find("left out", 1, true)
  if first and not cut then return { first = math.tointeger(first), last = math.tointeger(last), total = math.tointeger(total) } end
  return cut and { first = 1, last = 0, total = MANY } or {}
end

-- The files of a call; none where its arguments are not those of its tool.
local function paths_of(ctx, name, args)
  local tool, out = registry.get("tools", name), {}
  local ok, list = pcall(tool and tool.paths, args)
  for _, path in ipairs(ok and list or {}) do
    if type(path) == "string" then out[#out + 1] = files.resolve(ctx, path) end
  end
  return out
end

-- What was done to each file, in order.
local function doings(ctx)
  local calls, by_file = {}, {}
  for _, message in ipairs(ctx.session.messages) do
    for _, part in ipairs(message.parts) do
      if part.type == "call" and KINDS[part.name] then calls[part.id] = { call = part, time = message.time } end
      local asked = part.type == "result" and not part.error and calls[part.id]
      local args = asked and json.decode(asked.call.args ~= "" and asked.call.args or "{}", false, true)
      for _, path in ipairs(type(args) == "table" and paths_of(ctx, asked.call.name, args) or {}) do
        local real, kind = paths.real(path), KINDS[asked.call.name]
        by_file[real] = by_file[real] or {}
        table.insert(by_file[real], { kind = kind, words = part.text, time = kind == "read" and asked.time or message.time })
      end
    end
  end
  return by_file
end

local function file_seen(list, stat)
  local state, since = nil, 0
  for i, doing in ipairs(list) do -- the last change of ours, where the file is still as that left it
    if doing.kind ~= "read" and stat.mtime <= doing.time + AFTER_WRITE then since = i end
  end
  for i, doing in ipairs(list) do
    local read = doing.kind == "read" and (i < since or stat.mtime <= doing.time - BEFORE_READ)
    local shown = read and shown_by(doing.words)
    if shown then
      state = shown.total and seen.add(state, stat, shown) or { size = stat.size, mtime = stat.mtime }
    elseif i <= since and doing.kind == "write" then
      state = { size = stat.size, mtime = stat.mtime }
    elseif i <= since and doing.kind == "edit" then
      local whole = state and not state.total and not doing.words:find("had changed since you read it", 1, true)
      state = { size = stat.size, mtime = stat.mtime, total = not whole and MANY or nil, ranges = not whole and {} or nil }
      if doing.words:find "^Created" then state.total, state.ranges = nil, nil end
    end
  end
  return state
end

---Fills in what a session that goes on has seen.
---@param ctx Ctx
function M.restore(ctx)
  for real, list in pairs(doings(ctx)) do
    local stat = fs.stat_exact(real)
    if stat and stat.type == "file" and not ctx.seen[real] then ctx.seen[real] = file_seen(list, stat) end
  end
end

return M
