-- The lines that a program writes, whole, one at a time.
local err = require "qwen.util.err"
local phrase = require("qwen.util.translate").phrase
local texts = require "qwen.util.text"

local M = {}

local LINE_MAX = 32 * 1024 * 1024

---A function that waits for the next line of a program's standard output.
---@param child Process
---@param heard fun(chunk: string)? gets what it says on standard error
---@return fun(): string?, Err? nil at the end; err: a line is too long
function M.of(child, heard)
  local pieces, size, queued, first = {}, 0, {}, 1
  local function take(chunk)
    pieces[#pieces + 1], size = chunk, size + #chunk
    if not chunk:find("\n", 1, true) then return end
    local whole = table.concat(pieces)
    local behind = texts.last_line(whole)
    for line in whole:sub(1, #whole - #behind):gmatch "([^\n]*)\n?" do queued[#queued + 1] = line end
    pieces, size = { behind }, #behind
  end
  return function()
    while not queued[first] do
      queued, first = {}, 1
      local chunk, from = child:read()
      if not chunk then return nil end
      if from == "err" then
        if heard then heard(chunk) end
      else
        take(chunk)
        if size > LINE_MAX then return nil, err("too_long", phrase "a message is larger than 32 MB") end
      end
    end
    first = first + 1
    return queued[first - 1]
  end
end

return M
