-- ModelScope: options of a stream are refused where there is none. What is told of thinking is what
-- DashScope, which serves its models, takes.
local dashscope = qwen.shipped "providers/dashscope"

local P = { summary = "ModelScope", base = "openai",
  match = { hosts = { "modelscope.cn", "modelscope.ai" } } }

function P.efforts(model) return dashscope.efforts(model) end
function P.reason(fields, model, reasoning) dashscope.reason(fields, model, reasoning) end

function P.body(model, view)
  local fields = P.super.body(model, view)
  if not fields.stream then fields.stream_options = nil end
  return fields
end

return P
