-- Text in the styles of the theme, or none: NO_COLOR, TERM=dumb and pipes get plain text. Only this file writes SGR sequences.
local plain = require("qwen.extension.theme_schema").plain
local theme = require "qwen.ui.render.theme"

local M = {}

local level = theme.level()
local listening = false
local current -- the styles of the theme
local codes -- by names: the parameters of SGR, "" for none

---Takes the styles of a theme from now on.
---@param styles table<string, string>
function M.use(styles)
  current = styles
  codes = setmetatable({}, { __index = function(self, names)
    local parts = {}
    for name in names:gmatch "%S+" do
      local code = theme.sgr(styles[name] or plain[name] or "", level)
      if code ~= "" then parts[#parts + 1] = code end
    end
    self[names] = table.concat(parts, ";")
    return self[names]
  end })
end

---Whether there are styles at all.
---@return boolean
function M.enabled()
  return level > 0
end

---Whether a style has a ground that leaves room for other colours on it.
---@param name string
---@return boolean
function M.ground(name)
  if level < 256 then return false end
  if not codes then M.use(theme.first()) end
  return (current[name] or ""):find "%f[%w]on%f[%W]" ~= nil
end

---Whether somebody listens instead of looking: no boxes, no spinners, words instead of signs.
---@return boolean
function M.reader()
  return listening
end

---Sets what `reader` says.
---@param on boolean
function M.listen(on)
  listening = on and true or false
end

---Text in a style, or in several: "heading strong". The text must be clean already and stand on one line.
---@param names string
---@param text string
---@return string
function M.paint(names, text)
  if level == 0 or text == "" then return text end
  if not codes then M.use(theme.first()) end
  local code = codes[names]
  if code == "" then return text end
  return "\27[" .. code .. "m" .. text .. "\27[m"
end

---For tests: as if the terminal knew so many colours. Gives what was before.
---@param colours integer
---@return integer
function M.force(colours)
  local before = level
  level, codes = colours, nil
  return before
end

return M
