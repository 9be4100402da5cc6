-- Fuzzes what is filled in: prompt commands in Markdown and TOML, and our texts in a language. What a file, a command or an argument
-- says arrives as it is, whatever signs of a template it holds.
local DATA = "@{x} !{y} {{args}} %1 %s %% {name}"
local ran, read = 0, 0
package.loaded["qwen.permission.runner"] = { judge = function() return "allow" end, run = function()
  ran = ran + 1
  return { code = 0, out = DATA }
end }
package.loaded["qwen.permission.files"] = { normal = function(path) return path end, place = function() return { name = "x", real = "x" } end,
  place_inside = function() return true end, scope = function() return {} end, stat = function() return { type = "file" } end,
  read = function()
    read = read + 1
    return DATA
  end }
package.loaded["qwen.permission.policy"] = { hidden = function() return function() return false end end }

local prompt_command = require "qwen.extension.prompt_command"
local translate = require "qwen.util.translate"
local ctx = { cwd = "/", lent = {}, emit = function(_, event) return event end }

local function count(text, what)
  local n, at = 0, 1
  while true do
    at = text:find(what, at, true)
    if not at then return n end
    n, at = n + 1, at + #what
  end
end

local function command(form, source)
  local made = prompt_command.command({ name = "x", path = "/x", form = form }, source)
  if not made then return end
  ran, read = 0, 0
  local out = made.run(ctx, {}, DATA)
  if out then assert(count(out.prompt, DATA) >= ran + read, "what was put in is not as it was") end
end

return function(input)
  command("md", input)
  command("toml", input)
  local template, translation = input:match "^([^\n]*)\n(.*)$"
  if not template then return end
  local ok, plain = pcall(string.format, template, DATA, DATA)
  if ok then
    local filled = translate.fill(template, translation, DATA, DATA)
    assert(filled == plain or count(filled, DATA) <= count(translation, "%") + count(translation, DATA))
  end
end
