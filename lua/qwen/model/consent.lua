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
  return ("prompts go to %s (%s), %s"):format(model.base_url, model.from, key)
end

-- The first choice is the one that Enter takes by mistake: it sends nothing.
local function ask(pick, model)
  return pick(("%s names the service that this folder's prompts go to: %s, model %s. Use it?"):format(paths.short(model.project),
    model.base_url, model.id), { "no, and end", "this time", "always in this folder" })
end

---Gives the settings their question about addresses of a project.
---@param settings Settings
---@param pick fun(): (fun(title: string, choices: string[]): integer?)? the picker, where somebody can be asked
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
    local choice = ask(picker, model) or NO
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
