-- Which session a run begins with, by its flags and settings: a new one, an earlier one, or the
-- copy of one.
local err = require "qwen.util.err"
local Session = require "qwen.session.session"
local tr = require("qwen.util.translate").tr

local M = {}

---@param ctx Ctx
---@param opts table
---@return Session?, Err?
function M.open(ctx, opts)
  local earlier = opts.resume or opts.continue
  if ctx.settings:get "general.chatRecording" == false then
    if not earlier then return Session.create(ctx.cwd, opts.session_id, true) end
    return nil, err("usage", opts.no_session and tr "--no-session keeps no sessions and resumes none"
      or tr "general.chatRecording is false: sessions are not kept, so none is resumed")
  end
  local asks = opts.resume == true and ctx.interactive -- the prompt opens with /resume
  if asks then return Session.create(ctx.cwd) end
  if not earlier then return Session.create(ctx.cwd, opts.session_id) end
  local id = type(opts.resume) == "string" and opts.resume or nil
  if opts.fork_session then return Session.fork(ctx.cwd, id, { id = opts.session_id }) end
  if id then return Session.open(ctx.cwd, id) end
  return Session.latest(ctx.cwd)
end

return M
