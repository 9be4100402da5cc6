-- Which theme the screen has: the one of the settings, or what goes with the terminal's background.
local custom_themes = require "qwen.ui.render.custom_themes"
local style = require "qwen.ui.render.style"
local sys = require "sys.os"
local text = require "qwen.util.text"
local theme = require "qwen.ui.render.theme"
local tr = require("qwen.util.translate").tr

local M = {}

local page = {} -- the background that the terminal tells; whether the theme goes with it

local told_themes = {}

-- Says once that a theme of Qwen Code is not here, and what is wrong with those of the settings.
local function tell_theme(ctx, set, name, problems)
  for _, problem in ipairs(problems) do
    if not told_themes[problem] then ctx.notice(problem) end
    told_themes[problem] = true
  end
  if not set or set == "auto" or set == name or set:find("/", 1, true) or told_themes[set] then return end
  told_themes[set] = true
  local store = require("qwen.extension.kv_store").open "theme"
  if store:get(set) then return end
  store:update(set, function() return true end)
  ctx.notice(tr("qwen has no theme '%s'; the nearest is %s (others: /theme)", text.visible(set), name))
end

---Takes the theme of the settings, or the one that goes with the background.
---@param ctx Ctx
---@param background "dark"|"light"|nil as the terminal says
---@param try string? in the place of the one of the settings, for a look at it
---@return string name
function M.use(ctx, background, try)
  page.background = background or page.background
  local set, problems = ctx.settings:get "ui.theme", custom_themes.provide(ctx)
  local name, automatic = theme.choose(try or set, page.background)
  if not try then tell_theme(ctx, set, name, problems) end
  local styles, e = theme.load(name)
  if styles then style.use(styles) else ctx.notice(e.message) end
  page.automatic = automatic
  return name
end

---A terminal's answer to a question of ours: its background.
---@param ctx Ctx
---@param reply string
function M.reply(ctx, reply)
  local background = theme.background(reply)
  if background and page.automatic then M.use(ctx, background) end
end

---Asks the terminal for its background; nobody waits for the answer.
function M.ask_background()
  local asks = style.enabled() and sys.env "TERM" ~= "linux" and page.automatic
  if asks then sys.out "\27]11;?\27\\" end
end

return M
