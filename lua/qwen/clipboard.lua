-- The clipboard: a program of the desktop where there is one, else the terminal itself (OSC 52), which also works over SSH and in tmux.
local err = require "qwen.err"
local proc = require "qwen.proc"
local sys = require "sys.os"

local M = {}

local MOST = 74994 -- bytes of base64 that terminals take
local programs = {
  { when = "WAYLAND_DISPLAY", argv = { "wl-copy" } },
  { when = "DISPLAY", argv = { "xclip", "-selection", "clipboard" } },
  { when = "DISPLAY", argv = { "xsel", "--clipboard", "--input" } },
}

local function by_program(text)
  if sys.env "SSH_CONNECTION" then return nil end
  for _, program in ipairs(programs) do
    local path = sys.env(program.when) and proc.which(program.argv[1])
    if path then
      local result = proc.run { argv = program.argv, input = text, stdout = "null", stderr = "null", timeout = 2 }
      if result and result.code == 0 then return program.argv[1] end
    end
  end
end

---Puts a text on the clipboard.
---@param text string
---@return string? how the program, or "the terminal"
---@return Err?
function M.copy(text)
  local program = by_program(text)
  if program then return program end
  if not sys.isatty(1) then return nil, err("missing", "there is no clipboard: no desktop, and the output is no terminal") end
  local encoded = sys.base64(text)
  if #encoded > MOST then return nil, err("too_long", ("%d bytes are more than a terminal takes; use /export"):format(#text)) end
  sys.out("\27]52;c;" .. encoded .. "\7")
  return "the terminal"
end

return M
