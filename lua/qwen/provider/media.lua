-- Which files a model takes: as its entry says, else by the family of its name, else as is usual at its service.
local model_capabilities = require "qwen.model.capabilities"

local M = {}

local kinds = { image = "image", audio = "audio", video = "video" }

---Whether a model takes a file of that type: as its entry says, else as the family of its name does, else as is usual at its service.
---@param model Model
---@param part MediaPart
---@param usual string? kinds of files in words ("image pdf audio video"); all when left out
---@return string? note words to send instead of what it would not take
function M.unseen(model, part, usual)
  local kind = kinds[part.mime:match "^%a+"] or part.mime == "application/pdf" and "pdf"
  local modalities, files = model.config.modalities, nil
  if type(modalities) == "table" then
    if kind == nil or modalities[kind] == true then return nil end
  elseif model.vision == false then
    files = ""
  else
    files = model_capabilities.of(model.id).files or usual
    if kind == nil or not files or files:find(kind, 1, true) or model.vision and kind == "image" then return nil end
  end
  return ("[a file of type %s is left out: this model %s]"):format(part.mime, files == "" and "takes text only" or "does not take it")
end

---Whether a model is known not to look at images of that type.
---@param model Model
---@param mime string
---@return boolean
function M.image_unseen(model, mime)
  local provider = require("qwen.model.provider_of").of(model)
  if not provider then return false end
  return M.unseen(model, { type = "image", mime = mime, data = "" }, provider.media or "image") ~= nil
end

return M
