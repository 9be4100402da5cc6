-- MiniMax: a key of its international or its Chinese platform.

return qwen.api_key_login.new {
  name = "minimax", label = "MiniMax", order = 62, summary = "MiniMax - API key", env_key = "MINIMAX_API_KEY", key_form = "KEY",
  console = "https://platform.minimax.io",
  regions = {
    { name = "global", label = "International", url = "https://api.minimax.io/v1" },
    { name = "china", label = "China", url = "https://api.minimaxi.com/v1", console = "https://platform.minimaxi.com" },
  },
  models = { { id = "MiniMax-M2.7" }, { id = "MiniMax-M2.7-highspeed" }, { id = "MiniMax-M2.5" }, { id = "MiniMax-M2.5-highspeed" } },
}
