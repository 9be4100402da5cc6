-- An address that a project's .env names: shown before anything goes there, and asked about where somebody is there. What was allowed
-- for good is remembered by file and address; another address is asked about anew.
local addresses = require "qwen.config.addresses"
local err = require "qwen.util.err"
local kv_store = require "qwen.extension.kv_store"
local paths = require "qwen.util.paths"

local M = {}

local NO, ALWAYS = 1, 3

local function words(model)
  local key = model.key and "with the key of that file" or "without a key"
  return ("prompts go to %s (%s, model %s), %s"):format(model.base_url, model.from, model.id, key)
end

-- The first choice is the one that Enter takes by mistake: it sends nothing. No digit and no typed prompt answers, as the list is searched.
-- The address stands above the question, where no width of a terminal cuts it.
local function ask(pick, model, notice)
  notice(("%s names the service for this folder: %s"):format(paths.short(model.project), words(model)))
  return pick("Use it?", { "no, and end", "this time", "always in this folder" }, { search = true })
end

---Gives the settings their question about addresses of a project.
---@param settings Settings
---@param pick fun(): (fun(title: string, choices: string[], options: table?): integer?)? the picker, where somebody can be asked
---@param notice fun(text: string)
function M.attach(settings, pick, notice)
  local allowed = {}
  function settings.consent(model)
    local place = addresses.normal(model.base_url)
    local store = kv_store.open "project-address"
    if allowed[place] or store:get(model.project) == place then return true end
    local picker = pick()
    if not picker then
      allowed[place] = true
      notice(words(model))
      return true
    end
    local choice = ask(picker, model, notice) or NO
    if choice == NO then
      return nil, err("denied", ("%s is not used, nor are the key and the model beside it; to use another service in this folder: "
        .. "--openai-base-url URL"):format(model.from))
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
