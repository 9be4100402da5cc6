-- Alibaba Cloud Token Plan: a subscription by tokens, with an address of its own.

return qwen.api_key_login.new {
  name = "token-plan", label = "Alibaba Cloud Token Plan", order = 60, summary = "Alibaba Cloud Token Plan - Paid · by tokens",
  env_key = "BAILIAN_TOKEN_PLAN_API_KEY", key_form = "KEY", console = "https://bailian.console.aliyun.com",
  regions = { { name = "china", label = "China (Beijing)", url = "https://token-plan.cn-beijing.maas.aliyuncs.com/compatible-mode/v1" } },
  models = { { id = "qwen3.6-plus" }, { id = "deepseek-v3.2" }, { id = "glm-5" }, { id = "MiniMax-M2.5" } },
  terms = { terms = "https://www.alibabacloud.com/terms-of-use", privacy = "https://www.alibabacloud.com/privacy-policy" },
}
