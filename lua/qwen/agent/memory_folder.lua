-- What Qwen Code has kept of earlier sessions: the MEMORY.md of its memory folders, the user's own, that of a trusted project, and
-- what the project's team shares. They are read, within its own limits; qwen writes none by itself.
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local project_files = require "qwen.config.project_files"
local prompt_profile = require "qwen.agent.prompt_profile"
local sys = require "sys.os"
local texts = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_LINES, MOST_BYTES = 200, 25000
local MOST_READ = 1024 * 1024

-- Whether the notes of the project's team are wanted.
local function of_team(ctx)
  local said = sys.env "QWEN_CODE_MEMORY_TEAM"
  if said == "1" or said == "0" then return said == "1" end
  return ctx.settings:get "memory.enableTeamMemory" == true
end

-- The files there may be, by the variables of Qwen Code in the real environment. Those with `border` are the project's own.
local function candidates(ctx)
  local base, out = sys.env "QWEN_CODE_MEMORY_BASE_DIR", {}
  base = base and base ~= "" and paths.expand(base) or paths.qwen_home()
  if base and base:sub(1, 1) ~= "/" then base = ctx.cwd .. "/" .. base end
  if base then out[1] = { path = base .. "/memories/MEMORY.md" } end
  if not ctx.trusted then return out end
  local border, root = project_files.border(ctx.cwd), paths.project_root(ctx.cwd)
  local scope = texts.trim(sys.env "QWEN_CODE_MEMORY_PROJECT_SCOPE" or ""):lower()
  if sys.env "QWEN_CODE_MEMORY_LOCAL" == "1" then
    out[#out + 1] = { path = ctx.cwd .. "/.qwen/memory/MEMORY.md", border = border }
  elseif base then
    local key = paths.project_key(scope == "workspace" and ctx.cwd or root)
    out[#out + 1] = { path = ("%s/projects/%s/memory/MEMORY.md"):format(base, key) }
  end
  if of_team(ctx) then out[#out + 1] = { path = root .. "/.qwen/team-memory/MEMORY.md", border = border } end
  return out
end

local function read(file)
  local stat = fs.stat(file.path)
  if not stat or stat.type ~= "file" then return nil end
  if file.border then return project_files.read(file.border, file.path, MOST_READ) end
  return fs.read(file.path, MOST_READ)
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
  for _, file in ipairs(candidates(ctx)) do
    local path, text, e = file.path, read(file)
    if not text and e then ctx.notice(tr("%s is left out: %s", paths.short(path), e.message)) end
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
