-- Searching files that are not in UTF-8. The programs that search compare bytes, so in these files they miss what is there: which
-- files these are is found by bytes, and then their texts are searched.
local encoding = require "qwen.util.encoding"
local files = require "qwen.permission.files"
local text = require "qwen.util.text"

local M = {}

M.LINE = 400 -- bytes of a line in a row

local MOST_FILES, MOST_BYTES = 500, 32 * 1024 * 1024 -- whose texts are searched

---Bytes that no UTF-8 has, as an expression of Perl over bytes; of UTF-16 the mark at its beginning.
M.BYTES = "[\\xc0\\xc1\\xf5-\\xff]|[\\xc2-\\xdf]([^\\x80-\\xbf]|$)|[\\xe0-\\xef](.?[^\\x80-\\xbf]|.?$)"
  .. "|[\\xf0-\\xf4](.?.?[^\\x80-\\xbf]|.?.?$)|(^|[\\x00-\\x7f])[\\x80-\\xbf]"

---Whether a pattern can fit what is no ASCII.
---@param pattern string
---@return boolean
function M.concerns(pattern)
  return pattern:find "[\x80-\xff]" ~= nil or pattern:gsub("\\[%p]", ""):find "%." ~= nil or pattern:find "\\[WDSwpPux]" ~= nil
    or pattern:find("[^", 1, true) ~= nil
end

-- The texts of files, one behind the other, and whose each line is.
local function joined(ctx, list)
  local pieces, owners, size, left = {}, {}, 0, 0
  for i, file in ipairs(list) do
    local bytes = i <= MOST_FILES and size < MOST_BYTES and files.read(ctx, file, MOST_BYTES - size, true) or nil
    local words, set = nil, nil
    if bytes then words, set = encoding.decode(bytes) end
    left = left + (bytes and 0 or 1)
    for number, line in ipairs(set and text.lines(words) or {}) do
      pieces[#pieces + 1] = line
      owners[#owners + 1] = { file, number }
    end
    size = size + #(set and words or "")
  end
  return pieces, owners, left
end

---The lines that fit in files that are not in UTF-8, as rows of a search.
---@param ctx Ctx
---@param list string[] files that have such bytes
---@param search fun(lines: string[]): integer[]?, string? the numbers of the lines that fit, and why these may be too few
---@return string[] rows
---@return table<string, boolean> searched the files whose text was searched
---@return string? part
function M.rows(ctx, list, search)
  local lines, owners, left = joined(ctx, list)
  local rows, searched = {}, {}
  for _, owner in ipairs(owners) do searched[owner[1]] = true end
  local numbers, why = nil, nil
  if #lines > 0 then numbers, why = search(lines) end
  for _, number in ipairs(numbers or {}) do
    local owner = owners[number]
    if owner then rows[#rows + 1] = ("%s\0%d:%s"):format(owner[1], owner[2], text.head(lines[number], M.LINE)) end
  end
  if #lines > 0 and not numbers then why = why or "files that are not in UTF-8 were searched by their bytes alone" end
  if left > 0 then why = text.count(left, "file that is not in UTF-8 was", "files that are not in UTF-8 were") .. " not searched" end
  return rows, searched, why
end

return M
