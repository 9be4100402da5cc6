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

return P
