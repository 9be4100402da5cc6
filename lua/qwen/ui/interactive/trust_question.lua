-- The question at the first start in a folder that brings files for qwen: trust it this time, always, or not. Writes what was decided.
-- Letters search its list, so that a prompt that was typed ahead chooses nothing, and no single key decides for good.
local language = require "qwen.extension.language"
local project_files = require "qwen.config.project_files"
local sys = require "sys.os"
local term = require "sys.term"
local translate = require "qwen.util.translate"
local trust = require "qwen.config.trust"
local wrap = require "qwen.ui.render.wrap"

local tr, phrase = translate.tr, translate.phrase

local M = {}

local choices = {
  { label = phrase "no, not this time" },
  { label = phrase "yes, this time" },
  { label = phrase "yes, always", word = "TRUST_FOLDER" },
  { label = phrase "no, and do not ask again", word = "DO_NOT_TRUST" },
}

local function tell(sentence)
  sys.err(wrap.text("qwen: " .. sentence, (select(2, term.size()))) .. "\n")
end

---Asks, when there is something to ask about and nobody has decided yet.
---@param cwd string
---@param settings Settings as they are without the folder's own
---@param ctx Ctx? of a session: asks and tells there
---@return boolean trusted
function M.ask(cwd, settings, ctx)
  local say, pick = ctx and ctx.notice or tell, ctx and ctx.pick or require("qwen.ui.widget.ask").pick
  local files = project_files.list(cwd, settings:get "context.fileName")
  if #files == 0 or trust.decided(cwd) then return false end
  language.use(settings:get "general.language")
  say(tr("this folder brings %s. In a trusted folder they are read: instructions go to the model, "
    .. "settings and variables count", table.concat(files, ", ")))
  local labels = {}
  for at, choice in ipairs(choices) do labels[at] = tr(choice.label) end
  local i = pick(tr "Do you trust this folder?", labels, { search = true })
  local choice = i and choices[i] or choices[1]
  if choice.word then
    local ok, e = trust.set(cwd, choice.word)
    if not ok then say(e.message) end
  end
  return i == 2 or i == 3
end

return M
