-- Says so when a model writes a tool call as text and nobody looks for it: without a word, the user would wait for nothing.
local tr = qwen.tr

return {
  message_added = function(ctx, message)
    if message.role ~= "assistant" or message.stop ~= "end" or not ctx.model or ctx.model.config.textToolCalls ~= nil then return end
    local text, names = qwen.message.text_of(message), {}
    for _, tool in ipairs(ctx.tools or {}) do names[tool.name] = true end
    if qwen.wire.has_tool_call(text, names) then
      ctx.notice(tr('%s wrote a tool call as text; it was not run. If its server does not read such calls, set "textToolCalls": true in the '
        .. "generationConfig of the model in ~/.qwen/settings.json", ctx.model.id))
    end
  end,
}
