-- Images by their first bytes: what they are and how large. Decodes nothing.
local M = { most = 5 * 1024 * 1024 } -- bytes; the least that services take

-- The size of a JPEG is in the first frame header, behind segments of other kinds.
local function jpeg_size(bytes)
  local at = 3
  while at + 8 <= #bytes and bytes:byte(at) == 0xFF do
    local kind = bytes:byte(at + 1)
    if kind == 0xFF then
      at = at + 1
    elseif kind >= 0xC0 and kind <= 0xCF and kind ~= 0xC4 and kind ~= 0xC8 and kind ~= 0xCC then
      local height, width = string.unpack(">I2I2", bytes, at + 5)
      return width, height
    else
      at = at + 2 + string.unpack(">I2", bytes, at + 2)
    end
  end
end

local function webp_size(bytes)
  local kind = bytes:sub(13, 16)
  if #bytes < 30 then return nil end
  if kind == "VP8X" then return (string.unpack("<I3", bytes, 25)) + 1, (string.unpack("<I3", bytes, 28)) + 1 end
  if kind == "VP8L" then
    local bits = string.unpack("<I4", bytes, 22)
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
  end
  if kind == "VP8 " then return string.unpack("<I2", bytes, 27) & 0x3FFF, string.unpack("<I2", bytes, 29) & 0x3FFF end
end

---What an image is; nil for anything else. A wrong type would make a service refuse the whole conversation, so names do not count.
---@param bytes string
---@return {mime: string, width: integer?, height: integer?}?
function M.look(bytes)
  local mime, width, height
  if bytes:find "^\137PNG\r\n" then
    mime = "image/png"
    if #bytes >= 24 then width, height = string.unpack(">I4I4", bytes, 17) end
  elseif bytes:find "^\255\216\255" then
    mime = "image/jpeg"
    width, height = jpeg_size(bytes)
  elseif bytes:find "^GIF8[79]a" then
    mime = "image/gif"
    if #bytes >= 10 then width, height = string.unpack("<I2I2", bytes, 7) end
  elseif bytes:find "^RIFF....WEBP" then
    mime = "image/webp"
    width, height = webp_size(bytes)
  end
  return mime and { mime = mime, width = width, height = height }
end

return M
