-- The file of an approved plan, where the setting plansDirectory names a folder of the project: one
-- for each session, as in Qwen Code.
local err = require "qwen.util.err"
local files = require "qwen.permission.files"
local paths = require "qwen.util.paths"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local OWN = "/.qwen/plans" -- the one folder of those that decide what runs which holds nothing but plans

-- Where the plan of this session goes; nil where no folder is set.
local function path_of(ctx)
  local folder = ctx.settings:get "plansDirectory"
  folder = folder and text.trim(folder)
  if not folder or folder == "" then return nil end
  folder = paths.expand(folder)
  if folder:sub(1, 1) ~= "/" then folder = ctx.cwd .. "/" .. folder end
  return paths.normal(folder .. "/" .. ctx.session.id .. ".md")
end

---Writes the plan of this session.
---@param ctx Ctx
---@param plan string
---@return string? path nil: no folder is set, or the file could not be written
---@return Err?
function M.save(ctx, plan)
  local path = path_of(ctx)
  if not path or ctx.settings:get "general.chatRecording" == false then return nil end
  local place = files.place(path)
  local guarded = files.place_protected(ctx, place) and not paths.below(place.real, ctx.cwd .. OWN)
  if guarded or place.unsure or not paths.below(place.real, ctx.cwd) then
    return nil, err("denied", tr("the plan was not saved: plansDirectory leads to %s, which is no "
      .. "folder for plans in this project", paths.short(place.real)))
  end
  local scoped = files.scope(ctx, "edit", { place })
  local before, e = files.stat(scoped, path)
  if not before and e.kind ~= "missing" then return nil, e end
  local ok
  ok, e = files.write(scoped, path, (plan:gsub("\n?$", "\n", 1)), before or false)
  return ok and place.real or nil, e
end

return M
