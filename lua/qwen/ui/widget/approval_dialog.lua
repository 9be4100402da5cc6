-- A question about an effect: the whole command or change in the scrollback with nothing hidden, and one key to answer it.
-- What the answer means is the business of who asks.
local Dialog = require "qwen.ui.widget.dialog"
local Entry = require "qwen.ui.widget.text_input"
local style = require "qwen.ui.render.style"
local ansi = require "qwen.ui.render.ansi"
local live = require "qwen.ui.screen.live"
local lookalike = require "qwen.ui.render.lookalike"
local patch = require "qwen.ui.render.patch"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"

local say = words.say

local Question = Dialog.class({ list_cancel = function() return false end }, "list")

local MANY_SPACES, MANY_LINES = 24, 3
local MOST_DIFF = 200 -- rows of a change that are shown at once

-- Blanks that a terminal shows as it shows a space.
local blanks = { "\u{A0}", "\u{1680}", "\xe2\x80[\x80-\x8a\xaf]", "\u{205F}", "\u{2800}", "\u{3000}" }

---A detail with everything in it shown: what has no picture as its code, what could push the rest out of sight as a count.
---@param detail string
---@param prose boolean? it is the text of a file
---@return string
function Question.visible(detail, prose)
  local shown = lookalike.marked(text.visible(detail), prose)
  for _, blank in ipairs(blanks) do
    shown = shown:gsub(blank, function(found) return ("\\u%04x"):format(utf8.codepoint(found)) end)
  end
  shown = shown:gsub("([^ \t\n])([ \t]+)", function(before, gap)
    if #gap >= MANY_SPACES then return ("%s [%d blanks] "):format(before, #gap) end
  end)
  shown = shown:gsub("\n[ \t\n]*\n", function(gap)
    local _, lines = gap:gsub("\n", "")
    if lines > MANY_LINES then return ("\n[%d empty lines]\n"):format(lines - 1) end
  end)
  return (shown:gsub("%f[ \t]([ \t]+)%f[\n\0]", function(gap) return ("·"):rep(#gap) end))
end

---@param asked {title: string, detail: string?, diff: boolean?, reason: string?, choices: {key: string, label: string}[]} diff: the
---detail is a change that we made out; a command that only looks like one is shown whole
function Question.new(asked)
  return Question.make { asked = asked, choices = asked.choices }
end

---What goes into the scrollback before the answer: everything that is asked about, but of a long change the beginning; a key shows the rest.
---@return string
function Question:lines()
  local asked = self.asked
  local out = { style.paint("warn", "? ") .. Question.visible((asked.title:gsub("%s+", " "))) }
  local detail = Question.visible(asked.detail or "", asked.diff)
  local rows = patch.detail(detail, nil, not asked.diff)
  local shown = asked.diff and patch.is_diff(detail) and #rows > MOST_DIFF and MOST_DIFF - MOST_DIFF // 4 or #rows
  table.move(rows, 1, shown, #out + 1, out)
  if shown < #rows then
    self.rest = table.move(rows, shown + 1, #rows, 1, {})
    out[#out + 1] = "  " .. style.paint("warn", words.plural("more_lines", #self.rest))
  end
  if asked.reason then out[#out + 1] = "  " .. style.paint("dim", say("because", lookalike.marked(text.clean(asked.reason)))) end
  return table.concat(out, "\n") .. "\n"
end

function Question:rows(columns, height)
  if self.entry then return self.entry:rows(columns, height) end
  local keys = {}
  for i, choice in ipairs(self.choices) do
    keys[i] = style.paint("accent", "[" .. choice.key .. "]") .. " " .. text.clean(choice.label)
  end
  if self.rest then table.insert(keys, 1, style.paint("accent", "[v]") .. " " .. say "show_rest") end
  local line = "  " .. table.concat(keys, "  ")
  if ansi.width(line) < columns then return { line }, { row = 1, column = ansi.width(line) } end
  local rows = {}
  for _, key in ipairs(keys) do
    for _, row in ipairs(ansi.wrap("  " .. key, columns - 1)) do rows[#rows + 1] = row end
  end
  return rows, { row = #rows, column = ansi.width(rows[#rows]) }
end

---@param event KeyEvent
---@return {key: string, words: string?}|false|nil
function Question:key(event)
  if self.entry then
    local said = self.entry:key(event)
    if said == false then
      self.entry = nil
    elseif said then
      return { key = self.chosen.key, label = self.chosen.label, words = said }
    end
    return nil
  end
  if event.type ~= "key" then return nil end
  if event.key == "v" and self.rest then
    live.write(table.concat(self.rest, "\n") .. "\n")
    self.rest = nil
    return nil
  end
  for _, choice in ipairs(self.choices) do
    if choice.key == event.key then
      if not choice.words then return { key = choice.key, label = choice.label } end
      self.chosen, self.entry = choice, Entry.new(choice.words)
      return nil
    end
  end
  if not event.text then return Dialog.key(self, event) end -- a letter is only what is shown here
end

function Question:said(answer)
  local sign = style.paint("dim", style.reader() and "" or "→ ")
  return "  " .. sign .. (answer and text.clean(answer.label)
    .. (answer.words and ": " .. text.clean(answer.words) or "") or say "no_answer")
end

return Question
