-- Any server on this machine or a private network: thinking and calls may be written into the text, and templates want the sides to take turns.
return {
  summary = "a server on this machine or in a private network",
  base = "openai",
  match = function(model) return qwen.models.keyless(model.base_url) end,
  think_tags = true,
  text_tool_calls = true,
  alternate = true,
}
