-- DeepSeek: a key of its own platform.

return qwen.api_key_login.new {
  name = "deepseek", label = "DeepSeek", order = 61, summary = "DeepSeek - API key", env_key = "DEEPSEEK_API_KEY", key_form = "sk-...",
  console = "https://platform.deepseek.com",
  regions = { { name = "global", label = "DeepSeek", url = "https://api.deepseek.com" } },
  models = { { id = "deepseek-v4-pro" }, { id = "deepseek-v4-flash" } },
}
