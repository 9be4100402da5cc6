-- Where what belongs to a session is kept beside its conversation: the rest of long outputs, and
-- what was in files before edits. A session that leaves nothing on the disk has a private folder
-- for both, which goes with it.
local fs = require "sys.fs"
local paths = require "qwen.util.paths"

local M = {}

-- The session that all agents of a ctx share.
local function main_session(ctx)
  local session = ctx.session
  return session and (session.main or session)
end

local function private(session, make)
  if make and not session.private then
    local made = fs.mkdtemp "qwen-session-"
    session.private = made and fs.realpath(made)
  end
  return session.private
end

---The folder of outputs that were too long. It need not be there.
---@param ctx Ctx
---@param make boolean? a private one is made where it is missing
---@return string?
function M.outputs(ctx, make)
  local session = main_session(ctx)
  if session and session.in_memory then return private(session, make) end
  return paths.tmp(session and session.cwd or ctx.cwd)
end

---The folder of what was in files before edits.
---@param ctx Ctx
---@param make boolean? as above
---@return string?
function M.backups(ctx, make)
  local session = main_session(ctx)
  if session.in_memory then return private(session, make) end
  local project = paths.project(session.cwd)
  return project and project .. "/backups"
end

return M
