-- `--print-lua`: a shipped file as it is in the program, or the names of all.
local embed = require "sys.embed"
local err = require "qwen.util.err"
local text = require "qwen.util.text"
local phrase = require("qwen.util.translate").phrase

---@param name string|true a name, with or without its folder and ending; true: all names
---@return string? text
---@return Err?
return function(name)
  if name == true then return table.concat(embed.names(), "\n") .. "\n" end
  local source = embed.source(name) or embed.source(name .. ".lua") or embed.source("lua/" .. name .. ".lua")
    or embed.source("commands/" .. name .. ".lua")
  if source then return source end
  local names = {}
  for i, full in ipairs(embed.names()) do names[i] = full:gsub("^lua/", ""):gsub("%.lua$", "") end
  local near = text.nearest(name, names)
  return nil, err("usage", phrase("there is no shipped file '%s'%s; the list: qwen --print-lua", name,
    near and phrase("; did you mean %s?", near) or ""))
end
