-- All of a session for a pager: what was asked, thought, said and done, with nothing folded.
local Blocks = require "qwen.ui.render.blocks"
local earlier = require "qwen.ui.transcript.earlier"
local input_area = require "qwen.ui.editor.input_area"
local json = require "sys.json"
local messages = require "qwen.session.message"
local registry = require "qwen.extension.registry"
local shown = require "qwen.ui.transcript.shown"
local style = require "qwen.ui.render.style"
local text = require "qwen.util.text"
local thinking = require "qwen.ui.transcript.thinking"
local tool_calls = require "qwen.ui.transcript.tool_calls"
local words = require "qwen.ui.render.words"

local M = {}

local function add(out, rows, lead, names)
  for _, row in ipairs(rows) do
    out[#out + 1] = row == "" and "" or lead .. (names and style.paint(names, row) or row)
  end
end

local function lines(said)
  return text.lines((text.trim_end(text.clean((said:gsub("\r\n?", "\n"))))))
end

-- What a call was given: the command as it was written, else all arguments.
local function given(call)
  local tool, args = registry.get("tools", call.name), json.decode(call.args)
  local command = tool and tool.command and type(args) == "table" and tool.command(args)
  return type(command) == "string" and command or type(args) == "table"
    and json.encode(args, { indent = 2 }) or call.args
end

local kinds = {}

function kinds.text(out, part, columns)
  if not part.text:find "%S" or part.note then return end
  out[#out + 1] = ""
  add(out, Blocks.rows(text.clean(part.text), columns), "")
end

function kinds.think(out, part)
  if not part.text:find "%S" then return end
  out[#out + 1] = ""
  add(out, lines(part.text), style.reader() and "" or "∴ ", "think")
end

-- The agent that a call started; the newest, should two have the same id.
local function agent_of(agents, id)
  for i = #agents, 1, -1 do
    if agents[i].call == id then return agents[i] end
  end
end

function kinds.call(out, part, columns, results, agents, agent)
  local result = results[part.id]
  out[#out + 1] = ""
  out[#out + 1] = tool_calls.title(part, result, columns)
  local own = shown.rows(part, nil, result and result.text, columns - 4)
  if own[1] then return add(out, own, "    ") end
  add(out, lines(given(part)), "    ")
  local below = agent_of(agents, part.id)
  local list = below and below.session and below.session.messages or {}
  if list[1] then add(out, M.rows(list, columns - 4, agents, below), "  ┊ ") end
  local now = agent and agent.now and agent.now.call.id == part.id and agent.now.tail
  local printed = result and result.text or now or tool_calls.so_far(part.id)
  if printed ~= "" then add(out, lines(printed), "  │ ", "dim") end
end

---@param list Message[]
---@param columns integer
---@param agents Agent[] those of the session: each is shown below the call that started it
---@param agent Agent? whose conversation this is
---@return string[] rows, clean
function M.rows(list, columns, agents, agent)
  local results, out = earlier.results_of(list, 1), {}
  for _, message in ipairs(list) do
    local prompt = message.role == "user" and messages.prompt_of(message) or ""
    if prompt:find "%S" then add(out, text.lines(input_area.sent(text.clean(prompt))), "") end
    for _, part in ipairs(message.role == "assistant" and message.parts or {}) do
      local kind = kinds[part.type]
      if kind then kind(out, part, columns, results, agents, agent) end
    end
  end
  local thoughts = not agent and thinking.current()
  if thoughts then kinds.think(out, { text = thoughts }) end
  return #out > 0 and out or { style.paint("dim", words.say "nothing_said") }
end

return M
