-- Says so when a model writes a tool call as text and nobody looks for it: without a word, the person would wait for nothing.

-- What is looked for first, which is quick in a long text, and what must then be there.
local forms = { ["<tool_call>"] = "<tool_call>%s*[{<]", ["<function="] = "<function=[%w_]+>%s*<parameter=", ["```tool_call"] = "```tool_call\n" }

return {
  message_added = function(ctx, message)
    if message.role ~= "assistant" or message.stop ~= "end" or not ctx.model or ctx.model.config.textToolCalls ~= nil then return end
    local text = qwen.message.text_of(message)
    for sign, form in pairs(forms) do
      if text:find(sign, 1, true) and text:find(form) then
        return ctx.notice(('%s wrote a tool call as text; it was not run. If its server does not read such calls, set "textToolCalls": true in the '
          .. "generationConfig of the model in ~/.qwen/settings.json"):format(ctx.model.id))
      end
    end
  end,
}
