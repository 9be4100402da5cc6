-- The newest part of a conversation as one text, for a question beside it: who said what, calls
-- on one line, results cut. No calls and results in the form of messages, which services take
-- only together with the tools.
local message = require "qwen.session.message"
local text = require "qwen.util.text"

local M = {}

local MOST_SAID, MOST_CALL, MOST_RESULT = 6000, 400, 1500 -- bytes of one
local MOST = 60000 -- of all

local function one_line(words) return (words:gsub("%s+", " ")) end

-- A part of a message in words; nil for what has none.
local function words_of(m, part)
  if part.type == "text" then
    local who = m.role == "assistant" and "Assistant: "
      or message.is_note(m, part) and "Program: " or "User: "
    return part.text:find "%S" and who .. text.head_tail(part.text, MOST_SAID) or nil
  end
  if part.type == "call" then
    return ("Assistant calls %s %s"):format(part.name, text.head(one_line(part.args), MOST_CALL))
  end
  if part.type == "result" then
    return ("Result of %s: %s"):format(part.name, (text.head_tail(part.text, MOST_RESULT)))
  end
end

---The newest messages as a text, oldest first.
---@param messages Message[]
---@param most integer messages
---@return string "" when there is none
function M.text(messages, most)
  local out, size, first = {}, 0, math.max(1, #messages - most + 1)
  for i = #messages, first, -1 do
    local lines = {}
    for _, part in ipairs(messages[i].parts) do lines[#lines + 1] = words_of(messages[i], part) end
    local said = table.concat(lines, "\n")
    size = size + #said
    if size > MOST then
      first = i + 1
      break
    end
    if said ~= "" then table.insert(out, 1, said) end
  end
  if first > 1 and out[1] then table.insert(out, 1, "[earlier messages are left out]") end
  return table.concat(out, "\n\n")
end

return M
