-- The pieces of an answer as stream events, for --include-partial-messages. The whole messages are written by json.lua.
local sys = require "sys.os"
local json = require "sys.json"

local blocks = {
  text = function() return { type = "text", text = "" } end,
  think = function() return { type = "thinking", thinking = "", signature = "" } end,
  call = function(delta) return { type = "tool_use", id = delta.id or "", name = delta.name or "", input = {} } end,
}

local pieces = {
  text = function(delta) return { type = "text_delta", text = delta.text } end,
  think = function(delta) return { type = "thinking_delta", thinking = delta.text } end,
  call = function(delta) return { type = "input_json_delta", partial_json = delta.args or "" } end,
}

---@param ctx Ctx
---@param event fun(value: table)
return function(ctx, event)
  local index, open, call

  local function emit(value)
    event { type = "stream_event", parent_tool_use_id = json.null, event = value }
  end

  local function close()
    if open then emit { type = "content_block_stop", index = index } end
    open = nil
  end

  function ctx.show(delta)
    if not blocks[delta.type] or delta.type ~= "call" and not delta.text then return end
    if not index then
      index = -1
      emit { type = "message_start", message = { id = sys.uuid(), type = "message", role = "assistant", model = ctx.model.id, content = json.array {} } }
    end
    if open ~= delta.type or delta.type == "call" and call ~= delta.index then
      close()
      index, open, call = index + 1, delta.type, delta.index
      emit { type = "content_block_start", index = index, content_block = blocks[delta.type](delta) }
    end
    if delta.type ~= "call" or delta.args and delta.args ~= "" then
      emit { type = "content_block_delta", index = index, delta = pieces[delta.type](delta) }
    end
  end

  function ctx.watch.answer_ended()
    if not index then return end
    close()
    emit { type = "message_stop" }
    index, open = nil, nil
  end

  -- An answer that is stopped is kept without having ended.
  local added = ctx.watch.message_added
  function ctx.watch.message_added(m)
    ctx.watch.answer_ended()
    return added(m)
  end
end
