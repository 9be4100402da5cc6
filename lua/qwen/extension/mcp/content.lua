-- What a tool server answers with, in the form of the results of our tools. Icons and annotations
-- are left out.
local json = require "sys.json"
local json_schema = require "qwen.util.json_schema"
local sys = require "sys.os"
local texts = require "qwen.util.text"

local M = {}

local MISFIT = "[qwen] The structured content does not fit the tool's own schema: %s. "
  .. "Do not rely on it."

---The beginning of a text, up to a word, and a sign where more would follow.
---@param text string
---@param most integer bytes
---@return string
function M.beginning(text, most)
  text = texts.utf8(text)
  if #text <= most then return text end
  local head = text:sub(1, most)
  local word = head:match "^(.*%S)%s+%S*$"
  if word and #word > most - 200 then head = word end
  return texts.utf8(head):gsub("\u{FFFD}*$", "") .. " [...]"
end

local function string_of(value) return type(value) == "string" and value or nil end

local function size_of(data)
  return #data * 3 // 4
end

-- Bytes of a resource or a sound: what models take goes along, text is read, of the rest it is said
-- that it came.
local function blob_part(mime, data, uri)
  local kind = mime:match "^[%w.+-]+/[%w.+-]+" or "application/octet-stream"
  if kind:find "^image/" then return { type = "image", mime = kind, data = data } end
  if kind == "application/pdf" or kind:find "^audio/" then
    return { type = "file", mime = kind, data = data }
  end
  local bytes = (kind:find "^text/" or kind == "application/json") and sys.unbase64(data)
  return nil, bytes and texts.utf8(bytes)
    or ("[%s: %d bytes of type %s]"):format(uri or "data", size_of(data), kind)
end

-- Where to find what the server names and does not send.
local function link_words(object)
  local about = string_of(object.description) or string_of(object.title)
  return ("[resource %s: %s%s]"):format(string_of(object.name) or "", object.uri,
    about and " (" .. about .. ")" or "")
end

-- What a structured answer has against the schema that the tool has promised.
local function unlike(schema, value)
  if type(schema) ~= "table" or value == nil then return nil end
  local ok, problem = json_schema.check(schema, value)
  return not ok and MISFIT:format(texts.utf8(tostring(problem))) or nil
end

---The content of an answer: texts together, images as they are. What is no object, or no text
---where one must be, is told, and so is what does not fit the schema of the tool.
---@param answer table {content, structuredContent, isError}
---@param schema table? outputSchema of the tool
---@return {text: string, parts: Part[], error: boolean?}
function M.result(answer, schema)
  local lines, media = {}, {}
  for i, item in ipairs(type(answer.content) == "table" and answer.content or {}) do
    local object = type(item) == "table" and item or {}
    local inner = type(object.resource) == "table" and object.resource or {}
    local words = object.type == "text" and string_of(object.text) or string_of(inner.text)
      or string_of(object.uri)
    local direct = object.type == "image" or object.type == "audio"
    local data = direct and string_of(object.data) or string_of(inner.blob)
    local usual = object.type == "image" and "image/png" or ""
    if object.type == "resource_link" and words then
      lines[#lines + 1] = link_words(object)
    elseif data then
      local mime = string_of(object.mimeType) or string_of(inner.mimeType) or usual
      local part, said = blob_part(mime, data, string_of(inner.uri))
      media[#media + 1], lines[#lines + 1] = part, said
    else
      lines[#lines + 1] = words or ("[item %d of the answer is of no known kind]"):format(i)
    end
  end
  local given = answer.structuredContent
  if #lines == 0 and given ~= nil and given ~= json.null then lines[1] = json.encode(given) end
  local misfit = answer.isError ~= true and unlike(schema, given)
  if misfit then lines[#lines + 1] = misfit end
  local text, first = table.concat(lines, "\n"), media[1]
  if text == "" then
    text = first and (first.type == "image" and "[an image]" or "[a file]") or "[nothing]"
  end
  return { text = text, parts = media, error = answer.isError == true or nil }
end

return M
