-- Alibaba Cloud Coding Plan: a key of a subscription, its region's address, and the models it may use.

return qwen.api_key_login.new {
  name = "coding-plan", label = "Alibaba Cloud Coding Plan", mark = "codingPlan", order = 20,
  summary = "Alibaba Cloud Coding Plan - Paid · Up to 6,000 requests/5 hrs · All Alibaba Cloud Coding Plan Models",
  env_key = "BAILIAN_CODING_PLAN_API_KEY", key_form = "sk-sp-...", key_pattern = "^sk%-sp%-[%w_-]+$",
  regions = {
    { name = "china", label = "China (Beijing)", url = "https://coding.dashscope.aliyuncs.com/v1",
      console = "https://bailian.console.aliyun.com" },
    { name = "global", label = "Singapore (International)", url = "https://coding-intl.dashscope.aliyuncs.com/v1",
      console = "https://bailian.console.alibabacloud.com" },
  },
  models = {
    { id = "qwen3.5-plus", context = 1000000, thinking = true, media = true }, { id = "qwen3.6-plus", context = 1000000, thinking = true, media = true },
    { id = "glm-5", context = 202752, thinking = true }, { id = "kimi-k2.5", context = 262144, thinking = true, media = true },
    { id = "MiniMax-M2.5", context = 196608, thinking = true }, { id = "qwen3-coder-plus", context = 1000000 },
    { id = "qwen3-coder-next", context = 262144 }, { id = "qwen3-max-2026-01-23", name = "qwen3-max", context = 262144, thinking = true },
    { id = "glm-4.7", context = 202752, thinking = true },
  },
  terms = { terms = "https://www.alibabacloud.com/terms-of-use", privacy = "https://www.alibabacloud.com/privacy-policy" },
}
