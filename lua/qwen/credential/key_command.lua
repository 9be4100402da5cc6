-- Keys from programs of the person (a password manager, a cloud's token command): run when a key is needed, cached for a while in memory only.
local err = require "qwen.util.err"
local http = require "sys.http"
local proc = require "qwen.util.process"
local secret = require "sys.secret"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local KEEP, PATIENCE, MOST = 300, 60, 65536

local kept = {} -- by variable and origin: {secret, ends}

---What the settings say for a variable: a list of words, or {argv, seconds}.
---@param settings Settings
---@param name string
---@return string[]? argv
---@return number? seconds it is good for
function M.of(settings, name)
  local all = settings:get "security.auth.keyCommands"
  local value = type(all) == "table" and all[name]
  if type(value) ~= "table" then return nil end
  local argv = type(value.argv) == "table" and value.argv or value
  return #argv > 0 and argv or nil, tonumber(value.seconds) or KEEP
end

-- Runs the program; its first line is the key.
local function ask(argv, what)
  local result, e = proc.run { argv = argv, env = proc.own_env(false), stderr = "pipe", timeout = PATIENCE, limit = MOST }
  if not result then return nil, err("auth", tr("the program for %s could not be run: %s", what, e.message)) end
  if result.timed_out then return nil, err("auth", tr("%s, the program for %s, gave no key within %d s", argv[1], what, PATIENCE)) end
  if result.code ~= 0 then
    local words = text.visible(text.trim(result.err):sub(1, 300))
    local how = result.code and tr("code %s", result.code) or "signal " .. result.signal
    return nil, err("auth", tr("%s, the program for %s, failed (%s)%s", argv[1], what, how,
      words ~= "" and ": " .. words or ""))
  end
  local key, problem = require("qwen.util.key_text").clean(result.out)
  if key and key ~= "" then return key end
  return nil, err("auth", tr("%s, the program for %s, printed something that cannot be a key: %s",
    argv[1], what, problem or tr "it is empty"))
end

---The key for a model from the program that the settings name for its variable; nil without an error when they name none.
---@param settings Settings
---@param model Model
---@param fresh boolean? not the one that is kept
---@return Secret?, Err?
function M.key(settings, model, fresh)
  local argv, seconds = nil, nil
  local own = model.env_key and not model.project -- an address of a project gets no key from elsewhere
  if own then argv, seconds = M.of(settings, model.env_key) end
  local url = argv and http.parse_url(model.base_url)
  if not url then return nil end
  local name = model.env_key .. " " .. url.origin
  local have = kept[name]
  if have and not fresh and task.now() < have.ends then return have.secret end
  local key, e = ask(argv, model.env_key)
  if not key then return nil, e end
  local made
  made, e = secret.new(model.env_key, key, { url.origin })
  if not made then return nil, e end
  kept[name] = { secret = made, ends = task.now() + seconds }
  return made
end

---Runs a program once to see whether it gives a key.
---@param argv string[]
---@param name string
---@return boolean?, Err?
function M.try(argv, name)
  local key, e = ask(argv, name)
  return key ~= nil or nil, e
end

return M
