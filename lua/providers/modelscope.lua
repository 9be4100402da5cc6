-- ModelScope: options of a stream are refused where there is none.
local P = { summary = "ModelScope", base = "openai", match = { hosts = { "modelscope.cn", "modelscope.ai" } } }

function P.body(model, view)
  local fields = P.super.body(model, view)
  if not fields.stream then fields.stream_options = nil end
  return fields
end

return P
