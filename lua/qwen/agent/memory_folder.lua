-- What Qwen Code has kept of earlier sessions: the MEMORY.md of its memory folders, the user's own and that of a trusted project. They
-- are read, within its own limits; qwen writes none by itself.
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local prompt_profile = require "qwen.agent.prompt_profile"
local texts = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_LINES, MOST_BYTES = 200, 25000
local MOST_READ = 1024 * 1024

-- The name of a project's folder as JavaScript makes it: one "-" for each UTF-16 unit.
local function key_of(path)
  return (path:gsub("[\xf0-\xf4][\x80-\xbf]+", "--"):gsub("[\xc2-\xef][\x80-\xbf]+", "-"):gsub("[^%w]", "-"))
end

-- The files there may be.
local function candidates(ctx)
  local home = paths.qwen_home()
  if not home then return {} end
  local out = { home .. "/memories/MEMORY.md" }
  if ctx.trusted then out[2] = ("%s/projects/%s/memory/MEMORY.md"):format(home, key_of(paths.project_root(ctx.cwd))) end
  return out
end

-- The beginning of a text, in whole lines.
local function cut(text, most)
  local at, lines = 0, 0
  while lines < MOST_LINES do
    local stop = text:find("\n", at + 1, true) or #text
    if stop > most or stop <= at then break end
    at, lines = stop, lines + 1
  end
  return text:sub(1, at)
end

---The notes in force, each as far as it is read.
---@param ctx Ctx
---@return {path: string, text: string}[]
function M.files(ctx)
  local out = {}
  if ctx.settings:get "memory.enableManagedAutoMemory" == false then return out end
  local most = math.min(MOST_BYTES, prompt_profile.room(ctx) or MOST_BYTES)
  for _, path in ipairs(candidates(ctx)) do
    local stat = fs.stat(path)
    local text, e = nil, nil
    if stat and stat.type == "file" then text, e = fs.read(path, MOST_READ) end
    if e then ctx.notice(tr("%s is left out: %s", paths.short(path), e.message)) end
    text = text and texts.trim(texts.utf8(text)) or ""
    local shown = cut(text, most)
    if #shown < #text then
      ctx.notice(tr("%s is longer than %d lines or %d KB: the rest is left out", paths.short(path), MOST_LINES, most // 1000))
    end
    if shown:find "%S" then out[#out + 1] = { path = path, text = shown } end
  end
  return out
end

return M
