-- Alibaba Cloud ModelStudio (Bailian): an ordinary key of one region, paid by use.

return qwen.api_key_login.new {
  name = "modelstudio", label = "Alibaba Cloud ModelStudio", order = 35, summary = "Alibaba Cloud ModelStudio - API key · paid by use",
  env_key = "DASHSCOPE_API_KEY", key_form = "sk-...", console = "https://modelstudio.console.alibabacloud.com",
  regions = {
    { name = "china", label = "China (Beijing)", url = "https://dashscope.aliyuncs.com/compatible-mode/v1", console = "https://bailian.console.aliyun.com" },
    { name = "global", label = "Singapore (International)", url = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1" },
    { name = "us", label = "US (Virginia)", url = "https://dashscope-us.aliyuncs.com/compatible-mode/v1" },
    { name = "hongkong", label = "Hong Kong", url = "https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1" },
  },
  models = { { id = "qwen3.6-plus" }, { id = "glm-5.1" }, { id = "deepseek-v4-pro" }, { id = "deepseek-v4-flash" } },
  terms = { terms = "https://www.alibabacloud.com/terms-of-use", privacy = "https://www.alibabacloud.com/privacy-policy" },
}
