-- Content of ACP: the blocks of a prompt as a text and the parts of a message, and a text as a block.
local json = require "sys.json"
local phrase = require("qwen.util.translate").phrase
local sys = require "sys.os"

local M = {}

---@param words string
---@return table
function M.text(words) return { type = "text", text = words } end

local function decoded(path)
  return (path:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- The path of an address of a file, as the user names one in a prompt; nil for other addresses.
local function mention(uri)
  local path = uri:match "^file://[^/]*(/.*)$"
  if not path then return nil end
  path = decoded(path:gsub("[?#].*$", ""))
  if path:find "[%c@]" then return nil end -- no path that a mention can name
  return "@" .. path:gsub("%s", "\\ ")
end

local function string_of(value) return type(value) == "string" and value or nil end

local function file_part(mime, data)
  if type(mime) ~= "string" or type(data) ~= "string" then return nil end
  if not sys.unbase64(data) then return nil end
  if mime:find "^image/" then return { type = "image", mime = mime, data = data } end
  if mime == "application/pdf" then return { type = "file", mime = mime, data = data } end
end

local read = {}

function read.text(block) return string_of(block.text) end

function read.image(block)
  local part = file_part(block.mimeType, block.data)
  return part and "", part
end

-- A link to a file is read as a file that the user names: with the border and the rules of those.
function read.resource_link(block)
  local uri = string_of(block.uri)
  if not uri then return nil end
  return " " .. (mention(uri) or ("[%s](%s)"):format(string_of(block.name) or uri, uri)) .. " "
end

-- What the editor sends along, such as a selection or a buffer.
function read.resource(block)
  local inner = type(block.resource) == "table" and block.resource or {}
  local uri, words = string_of(inner.uri), string_of(inner.text)
  if uri and words then
    local name = uri:match "^file://[^/]*(/.*)$"
    return "", { type = "text", text = ("\n\n@%s:\n%s\n"):format(name and decoded(name) or uri, words) }
  end
  local part = uri and file_part(inner.mimeType, inner.blob)
  if part then return "", part end
  return uri and string_of(inner.blob) and ("[%s: a file of a kind that is not read]"):format(uri)
end

---Reads the blocks of a prompt.
---@param blocks any
---@return string? text nil: they are wrong
---@return Part[]|Phrase parts or what is wrong
function M.read(blocks)
  if type(blocks) ~= "table" or blocks == json.null then return nil, phrase "prompt is no list" end
  local texts, parts = {}, {}
  for i, block in ipairs(blocks) do
    local reader = type(block) == "table" and read[block.type]
    local words, part
    if reader then words, part = reader(block) end
    if not words then return nil, phrase("prompt[%d] is no content that was offered", i) end
    texts[#texts + 1], parts[#parts + 1] = words, part
  end
  local words = table.concat(texts)
  if not words:find "%S" and not parts[1] then return nil, phrase "the prompt is empty" end
  return words, parts
end

return M
