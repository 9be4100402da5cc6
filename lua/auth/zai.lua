-- Z.AI: a key of its platform, paid by use or with its own coding plan.

return qwen.api_key_login.new {
  name = "zai", label = "Z.AI", order = 63, summary = "Z.AI - API key or GLM coding plan", env_key = "ZAI_API_KEY", key_form = "KEY", console = "https://z.ai",
  regions = {
    { name = "standard", label = "Paid by use", url = "https://api.z.ai/api/paas/v4" },
    { name = "coding", label = "GLM coding plan", url = "https://api.z.ai/api/coding/paas/v4" },
  },
  models = { { id = "GLM-5.1" }, { id = "GLM-5" }, { id = "GLM-5-Turbo" } },
}
