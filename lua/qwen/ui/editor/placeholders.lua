-- Labels that stand for long texts in the editor, and the way back. Pure; how the cursor passes them is in cursor.lua.
local M = {}

local LONG_PASTE, LONG_LINES, LONG_ENTRY = 1000, 10, 8000

---Whether a text is better shown as a label.
---@param text string
---@return boolean
function M.is_long(text)
  return #text > LONG_PASTE or select(2, text:gsub("\n", "")) >= LONG_LINES
end

---A label that is not yet in use.
---@param text string
---@param shown string the text it will stand in
---@param pastes {label: string, text: string}[]
---@return {label: string, text: string}
function M.new(text, shown, pastes)
  local base = ("[Pasted Content %d chars"):format(utf8.len(text) or #text)
  local label, n, taken = base .. "]", 1, {}
  for _, paste in ipairs(pastes) do taken[paste.label] = true end
  while taken[label] or shown:find(label, 1, true) do
    n = n + 1
    label = base .. " #" .. n .. "]"
  end
  return { label = label, text = text }
end

---The text with what its labels stand for.
---@param text string
---@param pastes {label: string, text: string}[]
---@return string
function M.expand(text, pastes)
  if #pastes == 0 then return text end
  local by_label = {}
  for _, paste in ipairs(pastes) do by_label[paste.label] = paste.text end
  return (text:gsub("%[Pasted Content %d+ chars[ #%d]*%]", by_label)) -- in one pass: a paste may hold what looks like a label
end

---An entry of the history as it stands in the buffer; one that would make every key slow becomes a label.
---@param text string
---@return {text: string, pastes: {label: string, text: string}[]}
function M.entry(text)
  if #text <= LONG_ENTRY then return { text = text, pastes = {} } end
  local paste = M.new(text, "", {})
  return { text = paste.label, pastes = { paste } }
end

return M
