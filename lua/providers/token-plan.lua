-- Alibaba Cloud Token Plan: DashScope by subscription, counted in tokens.
return {
  summary = "Alibaba Cloud Token Plan",
  base = "dashscope",
  match = function(model)
    local url = qwen.http.parse_url(model.base_url)
    return url and url.host:find "^token%-plan%." and url.host:find "%.maas%.aliyuncs%.com$"
  end,
}
