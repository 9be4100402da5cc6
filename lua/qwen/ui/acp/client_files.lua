-- Files as the editor has them: what stands in a buffer and is not saved is what tools read, and
-- what they write goes through the editor. Rules and borders are kept before; only files of the
-- project go this way.
local encoding = require "qwen.util.encoding"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local seen = require "qwen.session.seen"
local sys = require "sys.os"

local M = {}

local MOST = 8 * 1024 * 1024 -- bytes that are asked for

local function same_words(a, b)
  local function plain(words) return (words:gsub("^\u{FEFF}", ""):gsub("\r\n", "\n")) end
  return a == b or plain(a) == plain(b)
end

-- What stands for a text that is in no file: it changes with each byte of it.
local function stat_of(words, stat)
  local out = {}
  for key, value in pairs(stat or {}) do out[key] = value end
  out.type, out.size, out.mtime = "file", #words, -tonumber(sys.sha256(words):sub(1, 12), 16)
  return out
end

---What the editor can do with files, for a ctx.
---@param self table the session
---@param can {readTextFile: boolean?, writeTextFile: boolean?}
---@return ClientFiles?
function M.new(self, can)
  if can.readTextFile ~= true and can.writeTextFile ~= true then return nil end
  local files = {}

  function files.read(path, bytes, stat)
    if can.readTextFile ~= true or not bytes or #bytes > MOST then return bytes, stat end
    local words = encoding.decode(bytes)
    if not words then return bytes, stat end -- no text: the editor has none of it
    local reply = self.connection:ask("fs/read_text_file", { sessionId = self.id, path = path })
    local buffer = reply and reply.content
    if type(buffer) ~= "string" or same_words(buffer, words) then return bytes, stat end
    return buffer, stat_of(buffer, stat)
  end

  if can.writeTextFile ~= true then return files end
  function files.write(path, words, before)
    local bytes, now = fs.read_exact(path)
    if bytes then bytes, now = files.read(path, bytes, now) end
    local there = bytes and now or nil
    if before and not (there and seen.same(before, there)) or not before and there then
      return nil, err("usage", path .. " has changed", { code = "ESTALE" })
    end
    local ok, e = self.connection:ask("fs/write_text_file", { sessionId = self.id, path = path, content = words })
    if not ok then return nil, e end
    local saved, stat = fs.read_exact(path)
    return true, saved and same_words(saved, words) and stat or stat_of(words, saved and stat or nil)
  end
  return files
end

return M
