-- Errors and warnings of a language server: as a plain list, which of them are new after a change,
-- and a line of text for each. Pure.
local positions = require "qwen.extension.lsp.positions"
local text = require "qwen.util.text"

local M = {}

local MOST, LONGEST, NEAR = 500, 300, 3 -- of a file; bytes of a message; lines
local SEVERITIES = { "error", "warning", "information", "hint" }

local function place_of(range)
  local start = type(range) == "table" and type(range.start) == "table" and range.start or {}
  local line, unit = tonumber(start.line), tonumber(start.character)
  return line and math.tointeger(math.max(line, 0) // 1) or 0, unit and math.max(unit, 0) // 1 or 0
end

---What a server said of a file, in a form that is known.
---@param list any
---@return LspDiagnostic[]
function M.read(list)
  local out = {}
  for _, one in ipairs(type(list) == "table" and list or {}) do
    if type(one) == "table" and type(one.message) == "string" and #out < MOST then
      local code = (type(one.code) == "string" or type(one.code) == "number") and one.code or nil
      if math.type(code) == "float" then code = math.tointeger(code) or code end
      local line, unit = place_of(one.range)
      out[#out + 1] = { line = line, unit = unit, severity = SEVERITIES[one.severity] or "error",
        message = text.trim((text.head(one.message, LONGEST):gsub("%s+", " "))),
        code = code and text.head(tostring(code), 80) or nil,
        source = type(one.source) == "string" and text.head(one.source, 40) or nil }
    end
  end
  return out
end

---Whether it is an error or a warning.
---@param one LspDiagnostic
---@return boolean
function M.matters(one) return one.severity == "error" or one.severity == "warning" end

-- How many lines two texts have in common at their beginning and at their end.
local function common(before, after)
  local first, last, least = 0, 0, math.min(#before, #after)
  while first < least and before[first + 1] == after[first + 1] do first = first + 1 end
  while last < least - first and before[#before - last] == after[#after - last] do
    last = last + 1
  end
  return first, last
end

---The errors and warnings that were not there before a change: same words near the place that the
---old line has now make an old one, and each old one stands for one.
---@param before LspDiagnostic[]
---@param after LspDiagnostic[]
---@param old string text before the change
---@param new string
---@return LspDiagnostic[] fresh
---@return LspDiagnostic[] gone those that are not there any more, at the lines they would have now
function M.fresh(before, after, old, new)
  local lines, now = positions.lines(old), positions.lines(new)
  local first, last = common(lines, now)
  local grown, left, out = #now - #lines, {}, {}
  for _, one in ipairs(before) do
    local key = one.severity .. "\0" .. (one.code or "") .. "\0" .. one.message
    left[key] = left[key] or {}
    -- From the changed part a line may have gone anywhere in it.
    local from, to = one.line, one.line
    if one.line >= #lines - last then
      from, to = one.line + grown, one.line + grown
    elseif one.line >= first then
      from, to = first, #now - last
    end
    table.insert(left[key], { from = from - NEAR, to = to + NEAR, one = one, line = from })
  end
  for _, one in ipairs(after) do
    local known = left[one.severity .. "\0" .. (one.code or "") .. "\0" .. one.message]
    local found
    for i, range in ipairs(known or {}) do
      if not found and one.line >= range.from and one.line <= range.to then found = i end
    end
    if found then table.remove(known, found) elseif M.matters(one) then out[#out + 1] = one end
  end
  local gone = {}
  for _, list in pairs(left) do
    for _, range in ipairs(list) do
      gone[#gone + 1] = setmetatable({ line = range.line }, { __index = range.one })
    end
  end
  return out, gone
end

---One as a line: `path:line:column: error: message [code]`.
---@param path string as it is shown
---@param one LspDiagnostic
---@param lines string[] of the file
---@param encoding string how the server counts
---@return string
function M.words(path, one, lines, encoding)
  local column = positions.character_of(lines[one.line + 1] or "", one.unit, encoding)
  return ("%s:%d:%d: %s: %s%s"):format(path, one.line + 1, column, one.severity, one.message,
    one.code and (" [%s]"):format(one.code) or "")
end

return M
