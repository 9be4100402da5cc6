-- How much a model is told before the conversation: everything, or the little that a small window has room for.
local window = require "qwen.agent.window"

local M = {}

local SMALL = 16000 -- tokens of a window below which little is told
local PART = 0.25 -- of a small window: what the user's instructions may take

---@param ctx Ctx
---@return "full"|"tiny"
function M.of(ctx)
  local set = ctx.settings:get "context.promptProfile"
  if set == "full" or set == "tiny" then return set end
  return ctx.model and window.size(ctx.model) < SMALL and "tiny" or "full"
end

---Bytes that the user's instructions may have; nil where the window says nothing of it.
---@param ctx Ctx
---@return integer?
function M.room(ctx)
  local size = ctx.model and window.size(ctx.model) or SMALL
  return size < SMALL and math.floor(size * window.token(ctx) * PART) or nil
end

-- The shipped tools of a small window: what each is for, and the arguments that it is shown with.
local BRIEF = {
  apply_patch = { "Change files by a patch: *** Begin Patch, *** Update File: PATH, @@, lines with a blank, - or +, *** End Patch.", "input" },
  edit = { "Replace old_string, which must be in the file once, by new_string. Read the file first.", "file_path old_string new_string replace_all" },
  glob = { "Find files: **/*.c", "pattern path" },
  grep_search = { "Search files by regular expression.", "pattern path glob" },
  read_file = { "Read a file, or lines of it.", "file_path offset limit" },
  run_shell_command = { "Run a command with bash in the project folder.", "command is_background" },
  write_file = { "Write a whole file.", "file_path content" },
}

local small = setmetatable({}, { __mode = "k" }) -- by tool: its schema in few words

-- A schema with the arguments that matter most, and without the words about them.
local function few(tool, names)
  local properties = {}
  for name in names:gmatch "%S+" do
    local full = tool.schema.properties[name]
    properties[name] = { type = type(full.type) == "table" and full.type[1] or full.type }
  end
  return { type = "object", properties = properties, required = tool.schema.required }
end

---What a tool is called with and said to be for, in a profile; nil where it is not offered there. Whatever is not said is taken all
---the same. A tool that does not ship is the user's choice, and stays whole.
---@param profile "full"|"tiny"
---@param entry {name: string, tier: string, value: Tool}
---@return string? summary
---@return table? schema
function M.tool(profile, entry)
  local tool, ours = entry.value, entry.tier == "shipped" or entry.tier == "agents"
  if profile == "full" or not ours then return tool.summary, tool.schema end
  local brief = BRIEF[entry.name]
  if not brief then return nil end
  small[tool] = small[tool] or few(tool, brief[2])
  return brief[1], small[tool]
end

return M
