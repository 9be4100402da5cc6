-- A prompt of a tool server as a command: `/SERVER:NAME ARGUMENT NAME=VALUE`.
local content = require "qwen.extension.mcp.content"
local err = require "qwen.util.err"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_SUMMARY, MOST_KNOWN = 200, 50

-- Arguments as typed: NAME=VALUE, or in the order in which the server names them.
local function arguments(declared, words)
  local out, rest = {}, {}
  for _, word in ipairs(words) do
    local name, value = word:gsub("^%-+", ""):match "^([%w_-]+)=(.*)$"
    local known = false
    for _, one in ipairs(declared) do known = known or one.name == name end
    if known then out[name] = value else rest[#rest + 1] = word end
  end
  for _, one in ipairs(declared) do
    if out[one.name] == nil then out[one.name] = table.remove(rest, 1) end
    if out[one.name] == nil and one.required == true then return nil, one.name end
  end
  return out
end

-- The argument that a word is for, and what of the word is its value.
local function argument_of(declared, word, before)
  local name, value = word:gsub("^%-+", ""):match "^([%w_-]+)=(.*)$"
  if name then return name, value, word:sub(1, #word - #value) end
  local one = declared[#before + 1]
  return one and one.name, word, ""
end

-- Completes what is typed from the answers of the server. It is asked beside the typing: what it
-- says is there with the next key.
local function completion(client, prompt, declared)
  local known, count = {}, 0
  return function(ctx, word, before)
    local name, value, lead = argument_of(declared, word, before)
    if not name then return {} end
    local key, out = name .. "\0" .. value, {}
    if not known[key] and count < MOST_KNOWN then
      known[key], count = {}, count + 1
      ctx.background(function()
        known[key] = client:complete({ type = "ref/prompt", name = prompt.name }, name, value)
      end)
    end
    for _, each in ipairs(known[key] or {}) do
      if text.clean(each) == each and not each:find "%s" then out[#out + 1] = lead .. each end
    end
    return out
  end
end

---@param client McpClient
---@param server string
---@param prompt table as the server lists it
---@return Command
function M.command(client, server, prompt)
  local declared, usage = {}, {}
  for _, one in ipairs(type(prompt.arguments) == "table" and prompt.arguments or {}) do
    if type(one) == "table" and type(one.name) == "string" then
      declared[#declared + 1] = one
      local name = one.name:upper()
      usage[#usage + 1] = one.required == true and name or "[" .. name .. "]"
    end
  end
  local about = type(prompt.description) == "string" and prompt.description or prompt.name
  return {
    summary = text.head_tail(text.clean(about), MOST_SUMMARY),
    args = #usage > 0 and table.concat(usage, " ") or nil,
    complete = declared[1] and completion(client, prompt, declared) or nil,
    run = function(_, words)
      local args, missing = arguments(declared, words)
      if not args then
        return nil, err("usage", tr("the prompt %s of %s needs %s", prompt.name, server, missing))
      end
      local answer, e = client:request("prompts/get",
        { name = prompt.name, arguments = next(args) and args or nil })
      if not answer then return nil, e end
      local parts = {}
      for _, one in ipairs(type(answer.messages) == "table" and answer.messages or {}) do
        parts[#parts + 1] = type(one) == "table" and type(one.content) == "table" and one.content
          or nil
      end
      return { prompt = content.result({ content = parts }).text }
    end,
  }
end

return M
