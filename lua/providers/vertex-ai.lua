-- Gemini on Vertex AI: a project's own address with a token, or express mode with a key.
local P = { summary = "Gemini on Vertex AI", base = "gemini", default_url = "https://aiplatform.googleapis.com/v1" }

---The address of a model's answers as a stream.
---@param model Model
---@return string
function P.url(model)
  local id = model.id:find "/" and model.id or "publishers/google/models/" .. model.id
  return ("%s/%s:streamGenerateContent?alt=sse"):format(model.base_url, id)
end

-- In a project the variable holds a token (gcloud auth print-access-token); a key is for express mode, which has no project.
function P.sign(model, key)
  if model.base_url:find("/projects/", 1, true) then return { Authorization = { "Bearer ", key } } end
  return { ["x-goog-api-key"] = { key } }
end

---The models of Google's that Vertex AI lists; it tells no sizes.
---@param ctx Ctx
---@param model Model any model there: its address and key are used
---@return {id: string, name: string?}[]?, Err?
function P.models(ctx, model)
  local top, project = model.base_url:match "^(.-)/projects/([^/]+)"
  return qwen.x.remote_models.ask(ctx, model, P, {
    url = (top or model.base_url):gsub("/v1%w*$", "") .. "/v1beta1/publishers/google/models?pageSize=1000", -- v1 has no list
    headers = { ["x-goog-user-project"] = project },
    list = function(answer) return answer.publisherModels or {} end,
    item = function(item) return { id = type(item.name) == "string" and item.name:match "/(gemini[^/]*)$" } end,
    next = P.super.next_page,
  })
end

return P
