-- Images that go with a prompt: each stands in the text as a label, `[image 1: 640x480 png]`, and is sent while the label is there. They are kept
-- for the run, so that a line from the history or the queue still has them.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local image = require "qwen.util.image"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local attached = {} -- parts by label, and the labels in their order

---Keeps an image.
---@param bytes string
---@return {label: string, text: string}? paste as the editor holds it
---@return string? mime
---@return Err?
function M.add(bytes)
  local look = image.look(bytes)
  if not look then return nil, nil, err("usage", tr "this is no image that models take (PNG, JPEG, GIF, WebP)") end
  if #bytes > image.most then
    return nil, nil, err("too_long",
      tr("the image has %s, models take up to %s: make a smaller copy of it",
      text.human_bytes(#bytes),
      text.human_bytes(image.most)))
  end
  local size = look.width and look.height and ("%dx%d "):format(look.width, look.height) or ""
  local label = ("[image %d: %s%s]"):format(#attached + 1, size, look.mime:match "/(.+)")
  attached[#attached + 1] = label
  attached[label] = { type = "image", mime = look.mime, data = sys.base64(bytes) }
  return { label = label, text = label }, look.mime
end

---The path of an image that was pasted or dropped as its name: alone, absolute or from the home or this folder, as terminals write it.
---@param pasted string
---@param cwd string
---@return string?
function M.path_of(pasted, cwd)
  local path = text.trim(pasted)
  if path:find "[\n%z]" or #path > 4096 then return nil end
  path = path:match "^'(.*)'$" or path:match '^"(.*)"$' or path:gsub("\\(.)", "%1")
  if path:find "^file://" then path = path:gsub("^file://[^/]*", ""):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end) end
  path = path:gsub("^~/", (paths.home() or "~") .. "/"):gsub("^%./", cwd .. "/")
  if path:sub(1, 1) ~= "/" or not path:lower():find "%.%a+$" then return nil end
  local ending = path:lower():match "%.(%a+)$"
  if not ({ png = 1, jpg = 1, jpeg = 1, gif = 1, webp = 1 })[ending] then return nil end
  local stat = fs.stat(path)
  return stat and stat.type == "file" and path or nil
end

---The parts that the labels in a prompt stand for.
---@param prompt string
---@return Part[]
function M.parts(prompt)
  local out = {}
  for _, label in ipairs(attached) do
    if prompt:find(label, 1, true) then out[#out + 1] = attached[label] end
  end
  return out
end

return M
