-- Blocks of code on a web page: their language, and their lines between fences.
local text = require "qwen.util.text"

local M = {}

---The language of a block, as highlighters write it into a class.
---@param class string?
---@return string?
function M.language(class)
  return class and (class:match "%f[%w]language%-([%w+#-]+)"
    or class:match "%f[%w]lang%-([%w+#-]+)"
    or class:match "%f[%w]highlight%-source%-([%w+#-]+)"
    or class:match "%f[%w]highlight%-([%w+#-]+)"
    or class:match "%f[%w]sourceCode ([%w+#-]+)" or class:match "brush:%s*([%w+#-]+)")
end

---The lines of a block with its fences; nil for one without a word.
---@param source string
---@param language string?
---@return string[]?
function M.lines(source, language)
  local words = text.trim_end(source:gsub("\r\n?", "\n"):gsub("^\n+", ""))
  if words == "" then return nil end
  local fence, lines = "```", {}
  for run in words:gmatch "`+" do
    if #run >= #fence then fence = run .. "`" end
  end
  lines[1] = fence .. (language ~= "default" and language ~= "text" and language or "")
  for line in (words .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  lines[#lines + 1] = fence
  return lines
end

return M
