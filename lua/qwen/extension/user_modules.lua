-- What is known of the user's own Lua while it runs: modules that were read, who hears what it prints, and a test's own API. Apart from
-- environment.lua, so that a run without a file of the user's does not load that.
local M = {}

---Modules in the place of those of `qwen`, while tests run.
---@type table<string, table>?
M.instead = nil

---Who hears what a file prints: fn(text). Never standard output, which belongs to the answer.
function M.say(line)
  require("sys.os").err(line .. "\n")
end

---Modules of ~/.qwen/lua are read anew from now on: `loaded` has their values by name, `preload` the
---functions that files gave for some, `files` their paths; `added` what they put into standard libraries.
function M.forget()
  M.loaded, M.preload, M.files, M.added = {}, {}, {}, {}
end

M.forget()

---Whether a chunk ships with the program.
---@param place string as debug.getinfo has it in short_src; a line may stand behind it
---@return boolean
function M.ships(place)
  return place:find "^lua/" ~= nil or place:find "^commands/" ~= nil or place:find "^%[C%]" ~= nil
end

---Whatever was raised, as words.
---@param e any
---@return string
function M.words(e)
  if e == nil then return "an error without a message" end
  local ok, words = pcall(tostring, e)
  return ok and words or "an error that cannot be printed"
end

return M
