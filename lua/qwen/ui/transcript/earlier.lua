-- What was said before a session goes on: its last turns as they stood on the screen, the rest as
-- a count.
local Blocks = require "qwen.ui.render.blocks"
local input_area = require "qwen.ui.editor.input_area"
local messages = require "qwen.session.message"
local style = require "qwen.ui.render.style"
local text = require "qwen.util.text"
local tool_calls = require "qwen.ui.transcript.tool_calls"
local words = require "qwen.ui.render.words"

local M = {}

local TURNS = 3 -- prompts that are shown with what followed them
local LONG = 60 -- rows of one answer; of a longer one its end

-- The message with which the last turns begin.
local function first_shown(list)
  local turns = 0
  for i = #list, 1, -1 do
    if list[i].role == "user" and messages.prompt_of(list[i]):find "%S" then
      turns = turns + 1
      if turns == TURNS then return i end
    end
  end
  return 1
end

local function answer_rows(said, columns)
  local rows = Blocks.rows(text.clean(said), columns)
  if #rows <= LONG then return rows end
  local last = table.move(rows, #rows - LONG + 1, #rows, 2, {})
  last[1] = style.paint("dim", words.plural("more_lines", #rows - LONG))
  return last
end

---The results in messages, by the ids of their calls.
---@param list Message[]
---@param from integer the first message that is looked at
---@return table<string, ResultPart>
function M.results_of(list, from)
  local results = {}
  for i = from, #list do
    for _, part in ipairs(list[i].parts) do
      if part.type == "result" then results[part.id] = part end
    end
  end
  return results
end

---@param list Message[]
---@param columns integer
---@return string[] rows, clean
function M.rows(list, columns)
  local first = first_shown(list)
  local results, out = M.results_of(list, first), {}
  if first > 1 then
    out[1] = style.paint("dim", "… " .. words.plural("messages", first - 1))
  end
  local function add(rows) table.move(rows, 1, #rows, #out + 1, out) end
  for i = first, #list do
    local message = list[i]
    local prompt = message.role == "user" and messages.prompt_of(message) or ""
    if prompt:find "%S" then add(text.lines(input_area.sent(text.clean(prompt)))) end
    local said = message.role == "assistant" and messages.text_of(message) or ""
    if said:find "%S" then
      add { "" }
      add(answer_rows(said, columns))
    end
    local calls = messages.calls_of(message)
    if calls[1] then add { "" } end
    for _, call in ipairs(calls) do
      if results[call.id] then add(tool_calls.ended(call, results[call.id], columns)) end
    end
  end
  return out
end

return M
