-- The commands that a part of a command may start: behind `env` or `sudo`, after `find -exec`, in the text given to `sh -c`. It names
-- rather too many than too few, for rules that refuse or ask; nothing is allowed by what is found here.
local shell_parser = require "qwen.permission.shell_parser"

local M = {}

local MOST_WORDS = 64

local runners = {}
for name in ("env nice ionice nohup time timeout xargs sudo su doas stdbuf setsid command builtin exec eval busybox ssh watch parallel chroot unshare "
  .. "flock strace script bash sh zsh dash ksh fish find"):gmatch "%S+" do runners[name] = true end

local function bare(name)
  return name:match "[^/]*$"
end

---Whether a program is there to run others.
---@param name string
---@return boolean
function M.runs_others(name)
  return runners[bare(name)] or false
end

---The words of each command that a part may start, the part itself first, also without the folder of its program.
---@param part table as shell.parse gives it
---@return string[][]
function M.commands(part)
  local argv = part.argv
  local out = { argv }
  if not argv[1] then return out end
  if argv[1]:find "/" then out[2] = { bare(argv[1]), table.unpack(argv, 2) } end
  if not M.runs_others(argv[1]) then return out end
  for i = 2, math.min(#argv, MOST_WORDS) do
    if bare(argv[1]) ~= "find" or argv[i - 1]:find "^%-exec" or argv[i - 1]:find "^%-ok" then
      out[#out + 1] = { bare(argv[i]), table.unpack(argv, i + 1) }
    end
  end
  return out
end

---The part and those in the texts that it gives to a shell, at any depth.
---@param part table as shell.parse gives it
---@param out table[]?
---@return table[]
function M.parts(part, out)
  out = out or {}
  out[#out + 1] = part
  if part.argv[1] and M.runs_others(part.argv[1]) then
    for i = 2, #part.argv do
      if part.argv[i]:find "[%s;&|<>()]" then
        for _, one in ipairs(shell_parser.parse(part.argv[i]).parts) do M.parts(one, out) end
      end
    end
  end
  return out
end

return M
