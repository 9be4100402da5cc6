-- Commands that run beside the model's work (`/btw`). What they print stands in a panel above the
-- input until the work is done, and goes to the scrollback then; the answer that is being written
-- is not disturbed.
local aliases = require "qwen.extension.aliases"
local commands = require "qwen.extension.commands"
local hooks = require "qwen.extension.hooks"
local input_area = require "qwen.ui.editor.input_area"
local live = require "qwen.ui.screen.live"
local redact = require("sys.secret").redact
local reply_view = require "qwen.ui.transcript.reply"
local style = require "qwen.ui.render.style"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr
local wrap = require "qwen.ui.render.wrap"

local M = {}

local MOST = 12 -- rows of the panel, and never more than a third of the screen

-- What was printed, by its kind, as rows.
local rows_of = {
  text = function(said, columns) return text.lines(wrap.text(said, columns)) end,
  markdown = function(said, columns) return reply_view.rows(said, columns) end,
  notice = function(said, columns)
    return (wrap.rows({ text = "! " .. said, spans = {} }, columns, "warn"))
  end,
  dim = function(said, columns) return { style.paint("dim", (wrap.cut(said, columns))) } end,
}

local function rows(self, columns, height)
  local out, width = {}, math.max(columns - 3, 4)
  local bar = style.reader() and "  " or style.paint("accent", "│ ")
  local function add(row) out[#out + 1] = bar .. row end
  local function cut(kind, words) return style.paint(kind, (wrap.cut(words, width))) end
  for _, one in ipairs(self.beside) do
    add(cut("user", one.line))
    for _, said in ipairs(one.said) do
      for _, row in ipairs(rows_of[said.kind](said.text, width)) do add(row) end
    end
    if one.note then add(cut("dim", one.note)) end
  end
  local most = math.max(math.min(MOST, height // 3), 2)
  if #out <= most then return out end
  local left = #out - most + 1
  out = table.move(out, 1, most - 1, 1, {})
  add(cut("dim", tr("%d more rows; all of it follows when the answer is complete", left)))
  return out
end

local function show(self)
  live.set("beside", function(columns, height) return rows(self, columns, height) end)
  live.paint()
end

-- A ctx whose words go to the panel, and whose requests are none of the turn that runs.
local function scoped(self, one)
  local ctx = self.ctx
  local own = {}
  local function say(kind)
    return function(words)
      one.said[#one.said + 1] = { kind = kind, text = text.clean(redact(words)) }
      show(self)
    end
  end
  own.print, own.print_markdown = say "text", say "markdown"
  own.notice, own.hint = say "notice", say "dim"
  function own.status(words)
    one.note = words and text.clean(redact(words)):gsub("%s+", " ") or nil
    show(self)
  end
  function own.show() end
  function own.progress() end
  function own.waiting(e) own.status(e and e.message) end
  function own.emit(event, ...)
    if event == "request_ended" then return hooks.emit(ctx, event, ...) end
    return ctx.emit(event, ...)
  end
  return setmetatable(own, { __index = ctx })
end

local printers = { text = "print", markdown = "print_markdown", notice = "notice",
  dim = "hint" }

---Writes what is complete to the scrollback: the work is done.
---@param self TtySession
function M.settle(self)
  local running = {}
  for _, one in ipairs(self.beside) do
    if one.done then
      live.write(input_area.sent(one.line))
      for _, said in ipairs(one.said) do
        self.ctx[printers[said.kind]](said.text)
      end
    else
      running[#running + 1] = one
    end
  end
  self.beside = running[1] and running
  live.set("beside", nil)
  if running[1] then show(self) end
end

---Starts the command of a line beside what runs; false when it is none of these.
---@param self TtySession
---@param line string
---@return boolean
function M.start(self, line)
  local name, rest = commands.split(line)
  -- What was saved in the meantime is for the turn that runs.
  local command = name and commands.find(name)
  local words = text.shell_words(rest or "")
  if not command or not command.beside or not command.beside(words) then return false end
  if aliases.is_disabled(self.ctx, name, rest) then return false end
  local one = { line = line, said = {} }
  self.beside = self.beside or {}
  table.insert(self.beside, one)
  show(self)
  task.spawn(function()
    local ctx, started = scoped(self, one), task.now()
    local ok, code, e = pcall(commands.call, ctx, name, command, words, rest)
    if not ok then code, e = nil, code end
    commands.ended(ctx, name, started, code, e)
    if code == nil and e then ctx.notice(tostring(e)) end
    one.done, one.note = true, nil
    self.events:put { type = "answered", fn = function()
      if not self.busy then M.settle(self) elseif self.beside then show(self) end
    end }
    if self.bell then self.bell:put(true) end
  end)
  return true
end

return M
