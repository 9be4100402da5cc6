-- What a tool shows below the line of its call, for people: its own Markdown as rows, such as a plan
-- or the answers to questions.
local Blocks = require "qwen.ui.render.blocks"
local json = require "sys.json"
local registry = require "qwen.extension.registry"
local text = require "qwen.util.text"

local M = {}

---@param call CallPart
---@param args table? where they are known already
---@param result string? what the model got, once it is known
---@param columns integer
---@return string[] none where the tool has nothing to show
function M.rows(call, args, result, columns)
  local tool = registry.get("tools", call.name)
  if not tool or not tool.shown then return {} end
  local ok, said = pcall(tool.shown, args or json.decode(call.args, false, true), result)
  return ok and said and Blocks.rows(text.clean(said), columns) or {}
end

return M
