-- `/cd`: the session goes on in another folder, as if it had been started there: its trust, settings
-- and instructions count from now on, those of the first no more. The session's file stays.
local catalogue = require "qwen.extension.catalogue"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local reload = require "qwen.extension.reload"
local sandbox = require "qwen.permission.sandbox"
local Settings = require "qwen.config.settings"
local status = require "qwen.ui.transcript.status"
local tool_calls = require "qwen.ui.transcript.tool_calls"
local translate = require "qwen.util.translate"

local tr, for_user = translate.tr, translate.for_user

local M = {}

-- The real path of the folder that a person names.
local function target(ctx, name)
  local path = paths.expand(name)
  if path:sub(1, 1) ~= "/" then path = ctx.cwd .. "/" .. path end
  local real = not path:find("\0", 1, true) and fs.realpath(path)
  if not real then return nil, err("missing", tr("there is no folder %s", name)) end
  if not paths.is_folder(real) then return nil, err("usage", tr("%s is no folder", name)) end
  if real == ctx.cwd then return nil, err("usage", tr("the session is in %s already", name)) end
  return real
end

-- Takes the settings that count in a folder; gives what takes back the old ones.
local function take_settings(ctx, where)
  local settings, before = ctx.settings, ctx.settings.where
  settings.where = where
  local ok, e = settings:reload()
  if not ok then
    settings.where = before
    return nil, e
  end
  return function()
    settings.where = before
    settings:reload()
  end
end

-- The commands and hooks of the new folder, in the place of the old one's.
local function take_files(ctx, trusted)
  local options = {}
  for key, value in pairs(catalogue.state.options) do options[key] = value end
  options.project = trusted and paths.project_config(ctx.cwd) or nil
  catalogue.state.options = options
  for _, problem in ipairs((reload.all(true))) do ctx.notice(problem) end
end

-- The folders beside the project that are not in the new one.
local function take_folders(ctx)
  local out = {}
  for _, folder in ipairs(ctx.folders) do
    out[#out + 1] = not paths.below(folder, ctx.cwd) and folder or nil
  end
  ctx.folders = out
end

local function show(ctx, before)
  tool_calls.folder = ctx.cwd
  status.moved(ctx)
  local jobs = 0
  for _ in pairs(ctx.jobs) do jobs = jobs + 1 end
  if jobs > 0 then
    ctx.notice(tr(jobs == 1 and "%d command in the background goes on in %s"
      or "%d commands in the background go on in %s", jobs, paths.short(before)))
  end
  for _, words in ipairs(ctx.settings.problems) do ctx.notice(for_user(words)) end
  require "qwen.extension.settings_words"(ctx)
end

local began -- the folder that the run began in

-- Whether the new folder is trusted; the flag is about the one that the run began in, and what is below.
local function trust_of(ctx, real)
  began = began or ctx.cwd
  local flag = ctx.opts.trust_folder and paths.below(real, began) or false
  local opts = setmetatable({ trust_folder = flag }, { __index = ctx.opts })
  local settings, e, trusted = Settings.open(real, opts)
  if not settings then return nil, e end
  return trusted or require("qwen.ui.interactive.trust_question").ask(real, settings, ctx)
end

---@param ctx Ctx
---@param name string
---@return string? real path
---@return Err?
function M.to(ctx, name)
  local real, e = target(ctx, name)
  if not real then return nil, e end
  local trusted, back
  trusted, e = trust_of(ctx, real)
  if trusted == nil then return nil, e end
  back, e = take_settings(ctx, { cwd = real, trusted = trusted, opts = ctx.opts })
  if not back then return nil, e end
  local fatal = ctx.settings.fatal[1] -- what would end a run there
  if fatal then
    back()
    return nil, err("usage", fatal)
  end
  local before, folders = ctx.cwd, ctx.folders
  ctx.cwd = real
  take_folders(ctx)
  local ok
  ok, e = sandbox.start(ctx)
  if not ok then
    ctx.cwd, ctx.folders = before, folders
    back()
    return nil, e
  end
  ctx.trusted, ctx.granted = trusted, {}
  ctx.session:move(real)
  take_files(ctx, trusted)
  require("qwen.agent.system_prompt").renew(ctx)
  ctx.tools = require("qwen.agent.view").tools(ctx)
  ctx.tell_next(("The user moved this session from %s to %s: the project is there now, and relative "
    .. "paths and commands begin there."):format(before, real))
  require("qwen.agent.worktree").begin(ctx)
  show(ctx, before)
  return real
end

return M
