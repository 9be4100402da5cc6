-- The status line below the input: up to two rows of what the hooks of `status_built` make of it, the footer without them. Asked for when a
-- session starts, something is said, the model changes, and at the interval of the settings; never while a key is waited for.
local footer = require "qwen.ui.widget.footer"
local live = require "qwen.ui.screen.live"
local style = require "qwen.ui.render.style"
local text = require "qwen.util.text"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local REFRESH = { "session_started", "message_added", "prompt_answered", "model_switched", "conversation_compacted",
  "command_ended" }
local MOST_ROWS = 2

---Makes the line anew; of a session.
function M.refresh() end

local function show(ctx, words)
  local rows = {}
  for line in text.clean(words):gmatch "[^\n]+" do
    line = line:gsub("%s+", " ")
    if #rows < MOST_ROWS and line:find "%S" then rows[#rows + 1] = line end
  end
  live.set("footer", not rows[1] and footer.rows(ctx) or function(columns)
    local out = {}
    for i, row in ipairs(rows) do out[i] = style.paint("dim", (wrap.cut(row, math.max(columns - 1, 1)))) end
    return out
  end)
  live.paint()
end

---Watches a session; to be called when the front end has put its own watchers in place.
---@param ctx Ctx
function M.attach(ctx)
  function ctx.jobs_changed() M.refresh() end
  local busy, again = false, false
  local function refresh() -- what is asked for while it is being made is made once more
    again = true
    if busy then return end
    busy = true
    ctx.background(function()
      local _ <close> = setmetatable({}, { __close = function() busy = false end })
      while again do
        again = false
        show(ctx, ctx.emit("status_built", { text = "" }).text)
      end
    end)
  end
  M.refresh = refresh
  for _, event in ipairs(REFRESH) do
    local before = ctx.watch[event]
    ctx.watch[event] = function(...)
      if before then before(...) end
      refresh()
    end
  end
  local set = ctx.settings:get "ui.statusLine"
  local seconds = type(set) == "table" and tonumber(set.refreshInterval)
  if seconds then ctx.every(math.max(seconds, 1), refresh) end
end

return M
