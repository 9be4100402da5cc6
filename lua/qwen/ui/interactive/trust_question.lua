-- The question at the first start in a folder that brings files for qwen: trust it this time, always, or not. Writes what was decided.
-- Letters search its list, so that a prompt that was typed ahead chooses nothing, and no single key decides for good.
local project_files = require "qwen.config.project_files"
local sys = require "sys.os"
local term = require "sys.term"
local trust = require "qwen.config.trust"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local choices = {
  { label = "no, not this time" },
  { label = "yes, this time" },
  { label = "yes, always", word = "TRUST_FOLDER" },
  { label = "no, and do not ask again", word = "DO_NOT_TRUST" },
}

local function tell(sentence)
  sys.err(wrap.text("qwen: " .. words.lines(sentence), (select(2, term.size()))) .. "\n")
end

---Asks, when there is something to ask about and nobody has decided yet.
---@param cwd string
---@param settings Settings as they are without the folder's own
---@return boolean trusted
function M.ask(cwd, settings)
  local files = project_files.list(cwd, settings:get "context.fileName")
  if #files == 0 or trust.decided(cwd) then return false end
  words.use(settings:get "general.language")
  tell(("this folder brings %s. In a trusted folder they are read: instructions go to the model, settings and variables count")
    :format(table.concat(files, ", ")))
  local i = require("qwen.ui.widget.ask").pick("Do you trust this folder?", choices, { search = true })
  local choice = i and choices[i] or choices[1]
  if choice.word then
    local ok, e = trust.set(cwd, choice.word)
    if not ok then tell(e.message) end
  end
  return i == 2 or i == 3
end

return M
