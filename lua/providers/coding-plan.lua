-- Alibaba Cloud Coding Plan: DashScope by subscription, with a number of requests for five hours.
return {
  summary = "Alibaba Cloud Coding Plan",
  base = "dashscope",
  match = { hosts = { "coding.dashscope.aliyuncs.com", "coding-intl.dashscope.aliyuncs.com" } },
  limit = { "6000/5h" },
}
