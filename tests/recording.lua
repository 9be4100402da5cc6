-- Runs a session on a pseudo terminal against the scripted server and keeps every byte that it writes; says which of them are ours.
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local os, proc = require "sys.os", require "sys.proc"

local M = {}

---@param answers table[] of the scripted server
---@param options {files: table?, env: table?, rows: integer?, cols: integer?, args: string[]?, log: boolean?}?
---@return table recording: type(text), wait(text, from?), close(); `bytes()` so far
function M.start(answers, options)
  options = options or {}
  local server = fake.start(answers, { log = options.log or false })
  local place = program.place(options.files)
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = "xterm-256color",
    OPENAI_BASE_URL = server.url, OPENAI_API_KEY = "key-for-a-recording", OPENAI_MODEL = "fake" }
  for name, value in pairs(options.env or {}) do env[name] = value end
  local child = assert(proc.open { argv = { program.binary, table.unpack(options.args or {}) }, cwd = place.cwd, env = env,
    pty = { rows = options.rows or 24, cols = options.cols or 80 } })
  local parts = {}
  local self = { place = place, pid = child:pid(), server = server }
  function self.bytes() return table.concat(parts) end
  function self.type(text) child:write(text) end
  ---Reads until the text has come; the bytes up to there, nil at the end of the program.
  function self.wait(text)
    local seen = #parts > 0 and self.rest or ""
    while true do
      local at = seen:find(text, 1, true)
      if at then
        self.rest = seen:sub(at + #text)
        return seen:sub(1, at - 1)
      end
      local chunk = child:read()
      if not chunk then return nil end
      parts[#parts + 1] = chunk
      seen = seen .. chunk
    end
  end
  ---Everything up to the end of the program, and its exit code.
  function self.finish()
    for chunk in function() return child:read() end do parts[#parts + 1] = chunk end
    return self.bytes(), child:wait().code
  end
  self.close = function()
    child:close()
    server:close()
  end
  return setmetatable(self, { __close = self.close })
end

---What is left of a recording without the sequences that the program may write: cursor, erasing, colours, its modes, title, questions.
---@param bytes string
---@return string
function M.foreign(bytes)
  local rest = bytes:gsub("\27%[[%d;]*[ABCDGJKLm]", ""):gsub("\27[78]", ""):gsub("\r", ""):gsub("\27%[%?[%d;]+[hl]", ""):gsub("\27%[>?[%d;]*[mt]", ""):gsub("\27%[%?4m", "")
  return (rest:gsub("\27%]0;[^%c]*\27\\", ""):gsub("\27%]11;%?\27\\", ""))
end

---The first thing in a text that no foreign text may bring onto a screen: a control, C1, bidi, invisible or tag character.
---@param text string
---@return string?
function M.hostile(text)
  local at = text:find "[%z\1-\8\11\12\14-\31\127]"
  if at then return ("byte %d: %q"):format(at, text:sub(at, at + 20)) end
  for position, point in utf8.codes(text) do
    if point >= 0x80 and point < 0xa0 or point == 0xad or point >= 0x200b and point <= 0x200f or point >= 0x2028 and point <= 0x202e
      or point >= 0x2060 and point <= 0x206f or point == 0xfeff or point >= 0xe0000 and point <= 0xe0fff then
      return ("byte %d: U+%04X"):format(position, point)
    end
  end
end

---The modes that are not at last as a shell wants them.
---@param bytes string
---@return string[]
function M.left_on(bytes)
  local modes, out = {}, {}
  for mode, way in bytes:gmatch "\27%[%?(%d+)([hl])" do modes[mode] = way end
  for mode, way in pairs(modes) do
    local normal = (mode == "7" or mode == "25") and "h" or "l" -- wrapping lines, a cursor
    if way ~= normal then out[#out + 1] = mode .. way end
  end
  return out
end

return M
