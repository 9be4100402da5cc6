-- An address that a project's .env names: shown before anything goes there, and asked about where somebody is there. What was allowed
-- for good is remembered by file and address; another address is asked about anew.
local addresses = require "qwen.config.addresses"
local err = require "qwen.util.err"
local paths = require "qwen.util.paths"
local tr = require("qwen.util.translate").tr

local M = {}

local NO, ALWAYS = 1, 3

local function words(model)
  local key = model.key and tr "with the key of that file" or tr "without a key"
  return tr("prompts go to %s (%s, model %s), %s", model.base_url, model.from, model.id, key)
end

-- The first choice is the one that Enter takes by mistake: it sends nothing. No digit and no typed prompt answers, as the list is searched.
-- The address stands above the question, where no width of a terminal cuts it.
local function ask(pick, model, notice)
  notice(tr("%s names the service for this folder: %s", paths.short(model.project), words(model)))
  return pick(tr "Use it?", { tr "no, and end", tr "this time", tr "always in this folder" }, { search = true })
end

---Gives the settings their question about addresses of a project.
---@param settings Settings
---@param pick fun(): (fun(title: string, choices: string[], options: table?): integer?)? the picker, where somebody can be asked
---@param notice fun(text: string)
function M.attach(settings, pick, notice)
  local allowed = {}
  function settings.consent(model)
    local place = addresses.normal(model.base_url)
    local store = require("qwen.extension.kv_store").open "project-address"
    if allowed[place] or store:get(model.project) == place then return true end
    local picker = pick()
    if not picker then
      allowed[place] = true
      notice(words(model))
      return true
    end
    local choice = ask(picker, model, notice) or NO
    if choice == NO then
      return nil, err("denied", tr("%s is not used, nor are the key and the model beside it; to use another service in this folder: "
        .. "--openai-base-url URL", model.from))
    end
    allowed[place] = true
    if choice == ALWAYS then
      local ok, e = store:set(model.project, place)
      if not ok then notice(e.message) end
    end
    return true
  end
end

return M
