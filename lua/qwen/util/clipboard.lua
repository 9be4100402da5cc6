-- The clipboard: a program of the desktop where there is one, else the terminal itself (OSC 52), which also works over SSH and in tmux.
local err = require "qwen.util.err"
local proc = require "qwen.util.process"
local sys = require "sys.os"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST = 74994 -- bytes of base64 that terminals take
local MOST_IMAGE = 16 * 1024 * 1024
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
      local result = proc.run { argv = program.argv, env = proc.desktop_env(), input = text, stdout = "null", stderr = "null", timeout = 2 }
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
  if not sys.isatty(1) then
    return nil, err("missing",
      tr "there is no clipboard: no desktop, and the output is no terminal")
  end
  local encoded = sys.base64(text)
  if #encoded > MOST then
    return nil, err("too_long", tr("%d bytes are more than a terminal takes; use /export", #text))
  end
  sys.out("\27]52;c;" .. encoded .. "\7")
  return tr "the terminal"
end

local TYPES = { "image/png", "image/jpeg", "image/webp", "image/gif" }

-- Programs that give what is on the clipboard: how they list the types, and how they give one of them.
local readers = {
  { when = "WAYLAND_DISPLAY", list = { "wl-paste", "--list-types" }, get = { "wl-paste", "--no-newline", "--type" } },
  { when = "DISPLAY", list = { "xclip", "-selection", "clipboard", "-t", "TARGETS", "-o" }, get = { "xclip", "-selection", "clipboard", "-o", "-t" } },
  { get = { "pngpaste", "-" } },
}

local function read(argv, more)
  local path = proc.which(argv[1])
  if not path then return nil end
  local words = table.move(argv, 2, #argv, 2, { path })
  words[#words + 1] = more
  local result = proc.run { argv = words, env = proc.desktop_env(), stderr = "null", timeout = 5, limit = MOST_IMAGE }
  return result and result.code == 0 and result.out ~= "" and result.out or nil
end

---The image on the clipboard, as its bytes.
---@return string?
---@return Err?
function M.image()
  local some = false
  for _, reader in ipairs(readers) do
    if not reader.when or sys.env(reader.when) then
      some = some or proc.which(reader.get[1]) ~= nil
      local offered = reader.list and "\n" .. (read(reader.list) or "") .. "\n"
      for _, mime in ipairs(reader.list and TYPES or { false }) do
        local bytes = (not mime or offered:find("\n" .. mime .. "\n", 1, true)) and read(reader.get, mime or nil)
        if bytes then return bytes end
      end
    end
  end
  if some then return nil, err("missing", tr "there is no image on the clipboard") end
  return nil, err("missing", tr("the clipboard cannot be read: install wl-clipboard, xclip or "
    .. "pngpaste; or give the file as @picture.png"))
end

return M
