-- Themes: lua/themes/NAME.lua and ~/.qwen/themes/NAME.lua; which one it is, and its words as the numbers a terminal wants. Paints nothing.
-- A style is words: "bold #61afef on black"; colours are the sixteen names, #rrggbb, or a number of the 256.
local registry = require "qwen.extension.registry"
local theme_schema = require "qwen.extension.theme_schema"
local sys = require "sys.os"

local M = {}

local TRUE_COLOUR = 1 << 24

---How many colours standard output shows: 0 (no escape sequence at all), 16, 256 or 2^24.
---@return integer
function M.level()
  local term = sys.env "TERM" or ""
  if not sys.isatty(1) or (sys.env "NO_COLOR" or "") ~= "" or term == "" or term == "dumb" then return 0 end
  local colours = sys.env "COLORTERM" or ""
  if colours == "truecolor" or colours == "24bit" or term:find "direct$" then return TRUE_COLOUR end
  return term:find "256color" and 256 or 16
end

-- What most terminals show for the sixteen.
local sixteen = { 0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff,
  0xff00ff, 0x00ffff, 0xffffff }

local steps = { [0] = 0, 95, 135, 175, 215, 255 }

local function rgb_of(index)
  if index < 16 then return sixteen[index + 1] end
  if index >= 232 then return (8 + 10 * (index - 232)) * 0x010101 end
  local i = index - 16
  return steps[i // 36] << 16 | steps[i // 6 % 6] << 8 | steps[i % 6]
end

local function distance(a, b)
  local red, green, blue = (a >> 16) - (b >> 16), (a >> 8 & 255) - (b >> 8 & 255), (a & 255) - (b & 255)
  return 3 * red * red + 4 * green * green + 2 * blue * blue
end

local function nearest(rgb, first, last)
  local best, least
  for i = first, last do
    local d = distance(rgb, rgb_of(i))
    if not least or d < least then best, least = i, d end
  end
  return best
end

local function indexed(index, base)
  if index < 8 then return tostring(base + index) end
  if index < 16 then return tostring(base + 52 + index) end
  return ("%d;5;%d"):format(base + 8, index)
end

-- A colour as a foreground (base 30) or background (base 40).
local function colour(word, base, level)
  local index, rgb = theme_schema.colour(word)
  if not rgb and not index then return nil end
  if rgb and level == TRUE_COLOUR then return ("%d;2;%d;%d;%d"):format(base + 8, rgb >> 16, rgb >> 8 & 255, rgb & 255) end
  if rgb and level == 256 then return indexed(nearest(rgb, 16, 255), base) end
  if rgb or index > 15 and level == 16 then index = nearest(rgb or rgb_of(index), 0, 15) end
  return indexed(index, base)
end

---The parameters of SGR for a style; "" for none. Words that mean nothing are left out.
---@param words string
---@param level integer
---@return string
function M.sgr(words, level)
  local out, base = {}, 30
  for word in words:gmatch "%S+" do
    local code = theme_schema.attributes[word] or word ~= "on" and colour(word, base, level)
    base = word == "on" and 40 or 30
    if code then out[#out + 1] = tostring(code) end
  end
  return table.concat(out, ";")
end

---The darkness of a terminal's answer to OSC 11, "]11;rgb:RRRR/GGGG/BBBB".
---@param reply string
---@return "dark"|"light"|nil
function M.background(reply)
  local red, green, blue = reply:match "^%]11;rgba?:(%x+)/(%x+)/(%x+)"
  if not red then return nil end
  local function part(hex) return tonumber(hex, 16) / (16 ^ #hex - 1) end
  return 0.299 * part(red) + 0.587 * part(green) + 0.114 * part(blue) > 0.5 and "light" or "dark"
end

-- Some terminals tell their colours in the environment: "15;0" is white on black.
local function background_of_environment()
  local index = tonumber((sys.env "COLORFGBG" or ""):match "%f[%d](%d+)$")
  return index and (index == 7 or index > 8) and "light" or "dark"
end

---The name of the theme to use: the one that was set, else what goes with the terminal.
---@param set string? setting ui.theme
---@param background "dark"|"light"|nil what the terminal says
---@return string name
---@return boolean automatic
function M.choose(set, background)
  if set and registry.has("themes", set) then return set, false end
  local lower = set and set:lower() or "" -- names of Qwen Code's own themes
  if lower:find "light" or lower == "xcode" or lower == "google code" then return "light", false end
  if lower ~= "" and lower ~= "auto" then return lower:find "ansi" and "ansi" or "dark", false end
  if M.level() == 16 then return "ansi", true end
  return background or background_of_environment(), true
end

---The styles of a theme; those it leaves out are those of the shipped theme for its background.
---@param name string
---@return table<string, string>?, Err?
function M.load(name)
  local value, e = registry.get("themes", name)
  if not value then return nil, e end
  local base = registry.shipped("themes/" .. (value.background == "light" and "light" or "dark")).styles
  return setmetatable({}, { __index = function(_, style) return value.styles[style] or base[style] end })
end

---The styles before anybody has chosen.
---@return table<string, string>
function M.first()
  return M.load((M.choose())) or {}
end

return M
