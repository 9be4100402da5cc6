-- model.reasoningEffort: how much models think that say nothing of it themselves, in the words that each family takes.
local M = {}

-- Families that refuse to be told how much to think, or are told in another way.
local unmoved = { "^qwen", "^coder%-model", "^gpt%-[34]", "^gpt%-5.*chat", "^claude%-3[%-.]5", "^claude%-3%-[ohs]", "^gemini%-1",
  "^gemini%-2%.0", "^deepseek%-chat", "instruct" }
-- Those that know more than low, medium and high.
local more = { { "^gpt%-5%.[2-9]", "xhigh" }, { "codex%-max", "xhigh" }, { "^claude%-opus%-4[%-.][7-9]", "xhigh max" },
  { "^claude%-opus%-[5-9]", "xhigh max" }, { "^claude%-%a+%-4[%-.]6", "max" }, { "^deepseek", "xhigh max" } }

---The nearest effort that a model knows; nil where it is not told.
---@param id string
---@param effort string
---@return string?
function M.nearest(id, effort)
  local name = id:lower():gsub("^.*/", "")
  for _, pattern in ipairs(unmoved) do
    if name:find(pattern) then return nil end
  end
  if effort ~= "xhigh" and effort ~= "max" then return effort end
  for _, row in ipairs(more) do
    if name:find(row[1]) then return row[2]:find(effort, 1, true) and effort or effort == "max" and "xhigh" or "high" end
  end
  return "high"
end

---Gives a model the effort; what its own settings say stays.
---@param model Model
---@param effort string? none, low, medium, high, xhigh or max
function M.apply(model, effort)
  local set = model.effort and nil or model.config.reasoning -- one that was given here may change
  if not effort or effort == "default" or set ~= nil then return end
  local config, own = {}, effort ~= "none" and M.nearest(model.id, effort)
  for name, value in pairs(model.config) do config[name] = value end
  config.reasoning = nil
  if effort == "none" then config.reasoning = false elseif own then config.reasoning = { effort = own } end
  model.config, model.effort = config, effort
end

return M
