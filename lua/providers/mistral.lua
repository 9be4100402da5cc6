-- Mistral: ids of calls have nine letters or digits, the sides take turns, and options of a stream are unknown.
local P = {
  summary = "Mistral",
  base = "openai",
  match = { hosts = { "mistral.ai" }, models = { "mistral", "mixtral", "codestral", "ministral", "pixtral", "magistral", "devstral" } },
  alternate = true,
}

function P.efforts() return "" end

-- An id of the right form stays; any other always becomes the same one.
local function short(id)
  return id:find "^%w%w%w%w%w%w%w%w%w$" and id or qwen.os.sha256(id):sub(1, 9)
end

function P.encode_message(model, message)
  local items = P.super.encode_message(model, message)
  for _, item in ipairs(items) do
    if item.tool_call_id then item.tool_call_id = short(item.tool_call_id) end
    for _, call in ipairs(item.tool_calls or {}) do call.id = short(call.id) end
  end
  return items
end

function P.body(model, view)
  local fields = P.super.body(model, view)
  fields.stream_options, fields.reasoning = nil, nil -- usage comes without being asked for
  return fields
end

return P
