-- The status line below the input: what the hooks of `status_built` make of it, nothing without them. Asked for when a session starts, an
-- answer is complete, or the model changes; never while a key is waited for.
local live = require "qwen.ui.screen.live"
local style = require "qwen.ui.render.style"
local text = require "qwen.util.text"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local REFRESH = { "session_started", "prompt_answered", "model_switched", "conversation_compacted" }

local function show(words)
  words = text.clean(words):gsub("%s+", " ")
  live.set("footer", words:find "%S" and function(columns) return { style.paint("dim", (wrap.cut(words, math.max(columns - 1, 1)))) } end or nil)
  live.paint()
end

---Watches a session; to be called when the front end has put its own watchers in place.
---@param ctx Ctx
function M.attach(ctx)
  local function refresh()
    ctx.background(function() show(ctx.emit("status_built", { text = "" }).text) end)
  end
  for _, event in ipairs(REFRESH) do
    local before = ctx.watch[event]
    ctx.watch[event] = function(...)
      if before then before(...) end
      refresh()
    end
  end
end

return M
