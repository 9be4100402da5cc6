-- Fireworks AI: a key of its platform; its models are chosen from its own list.

return qwen.api_key_login.new {
  name = "fireworks", label = "Fireworks AI", order = 55, summary = "Fireworks AI - API key", env_key = "FIREWORKS_API_KEY", key_form = "fw_...",
  console = "https://app.fireworks.ai",
  regions = { { name = "global", label = "Fireworks AI", url = "https://api.fireworks.ai/inference/v1" } },
}
