-- The sessions that are kept, as `session/list` tells them, and deleting one.
local connection = require "qwen.ui.acp.connection"
local folder = require "qwen.session.folder"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local phrase = require("qwen.util.translate").phrase
local summary = require "qwen.session.summary"

local M = {}

local PAGE = 50

---One page, newest first; the cursor is the number of those before it.
---@param params {cwd: string?, cursor: string?}
---@return table?, Err?
function M.page(params)
  local cwd = type(params.cwd) == "string" and params.cwd or nil
  local from = params.cursor == nil and 0 or params.cursor == json.null and 0 or math.tointeger(tonumber(params.cursor))
  if not from or from < 0 then return nil, connection.err("params", phrase "the cursor is none of ours") end
  local list = cwd and folder.list(cwd) or folder.all()
  local out = json.array {}
  for i = from + 1, math.min(#list, from + PAGE) do
    local entry = list[i]
    local at = cwd or folder.owner(entry.id)
    if at and paths.is_folder(at) then
      out[#out + 1] = { sessionId = entry.id, cwd = at, title = summary.of(entry.path).title,
        updatedAt = os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(entry.time)) }
    end
  end
  local more = #list > from + PAGE
  return { sessions = out, nextCursor = more and tostring(from + PAGE) or nil }
end

---Deletes one that nobody has open.
---@param ctx Ctx
---@param id any
---@return table?, Err?
function M.delete(ctx, id)
  local cwd = type(id) == "string" and folder.owner(id)
  if not cwd then return nil, connection.err("missing", phrase("there is no session '%s'", tostring(id))) end
  local gone, e = folder.delete(cwd, id)
  if not gone then return nil, e end
  ctx.emit("session_deleted", gone)
  return {}
end

return M
