-- Themes of settings.json (`ui.customThemes`, or a JSON file that `ui.theme` names) as themes of ours: Qwen Code's names of colours become
-- our styles. What a theme leaves out is that of the shipped theme for its background.
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local text = require "sys.text"
local theme = require "qwen.ui.render.theme"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_FILE = 256 * 1024

-- Our styles, with the colours of Qwen Code that they are made of.
local made_of = {
  accent = "AccentBlue", good = "AccentGreen", bad = "AccentRed", warn = "AccentYellow", dim = "Gray", heading = "bold AccentBlue",
  del = "strike Gray", tt = "AccentYellow", link = "underline AccentCyan", quote = "LightBlue", rule = "Gray", keyword = "AccentPurple",
  string = "AccentGreen", number = "AccentYellow", comment = "italic Comment", added = "AccentGreen", removed = "AccentRed",
  added_row = "on DiffAdded", removed_row = "on DiffRemoved",
  added_word = "bold Foreground on DiffAdded", removed_word = "bold Foreground on DiffRemoved",
  think = "italic Gray",
}

-- A colour as #rrggbb: hexadecimal, or a name of CSS.
local function colour(value)
  if type(value) ~= "string" then return nil end
  local low = value:lower()
  local red, green, blue = low:match "^#(%x)(%x)(%x)$"
  if red then return "#" .. red:rep(2) .. green:rep(2) .. blue:rep(2) end
  return low:match "^#%x%x%x%x%x%x$" or require("qwen.ui.render.css_colours")[low]
end

-- The colours of a theme, and the first that is none.
local function colours_of(given)
  local out, wrong = {}, nil
  for name, value in pairs(given) do
    if type(name) == "string" and name:find "^%u" and type(value) == "string" then
      out[name] = colour(value)
      if not out[name] then wrong = wrong or name end
    end
  end
  return out, wrong
end

---A theme of ours from one of Qwen Code's.
---@param given table
---@return {summary: string, background: string, styles: table<string, string>}
---@return string? wrong name of a colour that is none
function M.convert(given)
  local colours, wrong = colours_of(given)
  local styles = {}
  for style, words in pairs(made_of) do
    local whole = true
    local said = words:gsub("%u%a+", function(name)
      whole = whole and colours[name] ~= nil
      return colours[name]
    end)
    if whole then styles[style] = said end
  end
  local red, green, blue = (colours.Background or "#000000"):match "#(..)(..)(..)"
  local background = theme.background(("]11;rgb:%s/%s/%s"):format(red, green, blue))
  return { summary = "of the settings", background = background, styles = styles }, wrong
end

local function add(name, given, problems)
  if registry.has("themes", name) then return end
  local value, wrong = M.convert(given)
  registry.provide("themes", name, value, "settings")
  if wrong then
    problems[#problems + 1] = tr("the theme %s: %s is no colour, '%s'", text.visible(name), wrong, text.visible(tostring(given[wrong])))
  end
end

-- The theme in a file that `ui.theme` names, which Qwen Code takes from the home folder only.
local function from_file(name, problems)
  local path = name:gsub("^~%f[/]", paths.home() or "~")
  local home = paths.home() and fs.realpath(paths.home())
  local real = path:sub(1, 1) == "/" and fs.realpath(path)
  local source = real and home and paths.below(real, home) and fs.read(real, MOST_FILE)
  local given = source and json.decode(source)
  if type(given) == "table" then return add(name, given, problems) end
  problems[#problems + 1] = tr("the theme %s is not a JSON file in your home folder", text.visible(name))
end

---Makes the themes of the settings known, once.
---@param ctx Ctx
---@return string[] problems
function M.provide(ctx)
  local problems, list = {}, ctx.settings:get "ui.customThemes"
  for name, given in pairs(type(list) == "table" and list or {}) do
    if type(given) == "table" then add(name, given, problems) end
  end
  local set = ctx.settings:get "ui.theme"
  if set and set:find("/", 1, true) and not registry.has("themes", set) then from_file(set, problems) end
  return problems
end

return M
