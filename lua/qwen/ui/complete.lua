-- Completion at the prompt: /commands, their arguments, and @files. It says what the word could become; the editor is not its business.
local proc = require "qwen.proc"
local resource = require "qwen.resource"

local M = {}

local function common(words)
  local prefix = words[1]
  for _, word in ipairs(words) do
    while word:sub(1, #prefix) ~= prefix do prefix = prefix:sub(1, -2) end
  end
  while #prefix > 0 and not utf8.len(prefix) do prefix = prefix:sub(1, -2) end
  return prefix
end

local function starting_with(list, word)
  local out = {}
  for _, item in ipairs(list) do
    if item:sub(1, #word) == word then out[#out + 1] = item end
  end
  return out
end

local function command_names()
  local out = {}
  for _, entry in ipairs(resource.list "commands") do
    if entry.value and entry.value.repl ~= false then out[#out + 1] = entry.name end
  end
  return out
end

-- Files of the project by the letters typed: those that begin so first, then those that hold it.
local function files(ctx, word)
  local rg = proc.which "rg"
  if not rg then return {} end
  local result = proc.run { argv = { rg, "--no-config", "--files", "--hidden", "--glob=!.git" }, cwd = ctx.cwd, timeout = 5, limit = 8 * 1024 * 1024 }
  local first, second = {}, {}
  for name in (result and result.out or ""):gmatch "[^\n]+" do
    if name:sub(1, #word) == word then
      first[#first + 1] = name
    elseif name:lower():find(word:lower(), 1, true) then
      second[#second + 1] = name
    end
  end
  local out = #first > 0 and first or second
  table.sort(out)
  return out
end

---What the text before the cursor can become.
---@param ctx Ctx
---@param before string
---@return integer length of the word to be replaced, in bytes
---@return string[] words it can become
---@return string? text the word is certain to begin with; with one word, that word and a space
function M.find(ctx, before)
  local lead, word, words
  local name, rest = before:match "^/([%w_-]+)%s+(.*)$"
  if before:match "^/[%w_-]*$" then
    lead, word = "/", before:sub(2)
    words = starting_with(command_names(), word)
  elseif before:match "@[^%s@]*$" then
    lead, word = "@", before:match "@([^%s@]*)$"
    words = files(ctx, word)
  elseif name then
    local command = resource.get("commands", name)
    lead, word = "", rest:match "(%S*)$"
    words = command and command.complete and starting_with(command.complete(ctx, word), word) or {}
  else
    return 0, {}
  end
  if #words == 0 then return 0, words end
  local sure = #words == 1 and words[1] .. " " or common(words)
  if #sure < #word then sure = word end
  return #lead + #word, words, lead .. sure
end

return M
