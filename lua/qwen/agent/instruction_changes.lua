-- Instruction files that were changed during a session: the model is told what changed before the next prompt, so that the system
-- prompt stays the same bytes. A shortened conversation and a new one get the system prompt made anew.
local instruction_files = require "qwen.agent.instructions"
local message = require "qwen.session.message"

local M = {}

local CHANGED = "The user's instructions in %s have changed. What counts from now on, as a diff:\n%s"
local NEW = "The user has new instructions, in %s:\n%s"
local GONE = "The user's instructions in %s no longer count: the file is gone or empty."

---What the system prompt tells the model of.
---@param ctx Ctx
---@param files {path: string, text: string}[]
function M.told(ctx, files)
  local told = {}
  for _, file in ipairs(files) do told[file.path] = file.text end
  ctx.instructed, ctx.reread, ctx.noted_in = told, nil, nil
end

---The files are read again before the next prompt.
---@param ctx Ctx
function M.expect(ctx) ctx.reread = true end

local function words_of(path, old, new)
  if not old then return NEW:format(path, new) end
  local changes = require "qwen.util.diff"(old, new, path:match "^.*/(.*)$")
  return #changes < #new and CHANGED:format(path, changes) or NEW:format(path, new)
end

-- What differs from what the model was told, in words, in the order of the files.
local function changes(ctx)
  local out, now = {}, {}
  for _, file in ipairs(instruction_files.files(ctx)) do
    now[file.path] = file.text
    local old = ctx.instructed[file.path]
    if old ~= file.text then
      out[#out + 1] = words_of(file.path, old, file.text)
      ctx.emit("instructions_loaded", { path = file.path })
    end
  end
  local gone = {}
  for path in pairs(ctx.instructed) do
    if not now[path] then gone[#gone + 1] = GONE:format(path) end
  end
  table.sort(gone)
  ctx.instructed = now
  return table.move(gone, 1, #gone, #out + 1, out)
end

---Puts what has changed before a prompt that is not yet in the session.
---@param ctx Ctx
---@param prompt Message
function M.tell(ctx, prompt)
  if ctx.agent or not ctx.reread or not ctx.instructed then return end
  ctx.reread = nil
  local words = changes(ctx)
  if not words[1] then return end
  table.insert(prompt.parts, 1, message.note(table.concat(words, "\n\n")))
  ctx.noted_in = prompt.id
end

---Whether what was told beside the system prompt is no longer in the conversation.
---@param ctx Ctx
---@return boolean
function M.lost(ctx)
  local messages = ctx.noted_in and ctx.session.messages or {}
  for i = #messages, 1, -1 do
    if messages[i].id == ctx.noted_in then return false end
  end
  return ctx.noted_in ~= nil
end

return M
