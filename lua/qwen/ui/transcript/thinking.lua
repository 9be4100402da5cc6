-- What the model thinks: folded to one line with its time, or written out when the person wants to read it.
local live = require "qwen.ui.screen.live"
local style = require "qwen.ui.render.style"
local task = require "sys.task"
local term = require "sys.term"
local text = require "qwen.util.text"
local texts = require "qwen.util.text"
local words = require "qwen.ui.render.words"

local M = {}

local MOST = 256 * 1024 -- bytes of the last thoughts that can be unfolded

local shown, hinted = false, false
local current -- { since, parts, size, line, through }
local last = ""

local function write(line)
  local _, columns = term.size()
  for _, row in ipairs(term.wrap((line:gsub("\t", "    ")), math.max(columns - 2, 8))) do live.write("  " .. style.paint("think", row) .. "\n") end
end

local function write_all(thoughts)
  for line in (texts.trim_end(thoughts) .. "\n"):gmatch "(.-)\n" do write(line) end
end

---The next piece.
---@param piece string
function M.add(piece)
  if not current then current = { since = task.now(), parts = {}, size = 0, line = "", through = text.cleaner() } end
  local clean = current.through(piece)
  if current.size < MOST then
    current.parts[#current.parts + 1] = clean
    current.size = current.size + #clean
  end
  if not shown then return end
  current.line = current.line .. clean
  if not clean:find("\n", 1, true) then return end
  local whole, rest = current.line:match "^(.*)\n(.*)$"
  write_all(whole)
  current.line = rest
end

---Whether there are unfinished thoughts.
---@return boolean
function M.any()
  return current ~= nil
end

---The unfinished thoughts.
---@return string?
function M.current()
  return current and table.concat(current.parts)
end

---Something else begins.
function M.finish()
  local now = current
  if not now then return end
  current, last = nil, table.concat(now.parts)
  if shown and now.line:find "%S" then write_all(now.line) end
  if not last:find "%S" then return end
  local hint = not shown and not hinted and " (" .. words.say "thought_key" .. ")" or ""
  hinted = hinted or not shown
  live.write(style.paint("dim", (style.reader() and "" or "∴ ") .. words.say("thought", words.span(task.now() - now.since)) .. hint) .. "\n")
end

---Folds from now on, or unfolds: the last thoughts and all that follow.
function M.toggle()
  shown = not shown
  live.write(style.paint("dim", words.say(shown and "thoughts_shown" or "thoughts_folded")) .. "\n")
  if not shown then return end
  write_all(M.current() or last)
  if current then current.line = "" end
end

return M
