-- What a bench has found: printed, and with --write put between its marks in docs/performance.md.
local fs = require "sys.fs"

---@param marks string words of the marks
---@param text string
---@param flag string?
return function(marks, text, flag)
  print(text)
  if flag ~= "--write" then return end
  local path = "docs/performance.md"
  local page = assert(fs.read(path))
  local before, after = page:match("^(.-<!%-%- " .. marks .. " %-%->\n).*(<!%-%- end of " .. marks .. " %-%->.*)$")
  assert(before, path .. " has lost its marks")
  assert(fs.write(path, before .. text .. after))
end
