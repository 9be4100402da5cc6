-- Finds tool calls that a model without a tool parser writes into its text. Only whole calls of offered tools count, never one in a fence, in a
-- code span, in a quotation or in the middle of a sentence; all else stays text. What cannot be of a call is passed on at once.
local MOST_FAILED = 20 -- beginnings that were none; then nothing more is looked for, so that no text costs more than its length
local MOST_HELD = 200 -- bytes of a line that may open or close a fence
local SPECIAL = "<[`~" -- what a call, a span or a fence begins with, in the middle of a line

local by_start -- forms by their first two bytes; read when the first may begin, which is never in most answers

local function forms_by_start()
  by_start = {}
  for _, form in ipairs(require("qwen.provider.text_calls.forms").tagged) do
    local start = form[1]:sub(1, 2)
    by_start[start] = by_start[start] or {}
    table.insert(by_start[start], form)
  end
  return by_start
end

-- Whether an answer that begins so may be calls and nothing else.
local function may_be_whole(names, text)
  local first = text:match "%S"
  local word = text:match "^%s*([%w_.:-]*)"
  if not first or first:find "[{%[`>]" or ("functools"):sub(1, #word) == word then return first ~= nil end
  for name in pairs(names or {}) do
    if name:sub(1, #word) == word then return true end
  end
  return false
end

-- The form that begins at a place; "wait" where more bytes decide.
local function form_at(text, at, last)
  local rest = #text - at + 1
  if rest == 1 then return not last and "wait" or nil end
  local found
  for _, form in ipairs((by_start or forms_by_start())[text:sub(at, at + 1)] or {}) do
    local start = form[1]
    if text:sub(at, at + #start - 1) == start then return form end
    if rest < #start and text:sub(at) == start:sub(1, rest) and not last then found = "wait" end
  end
  return found
end

local Scanner = {}
Scanner.__index = Scanner

-- Passes text on, and notes where in its line it ends.
local function say(self, text)
  if self.quiet then text = text:match "^%s*(.*)$" end -- white space behind a call is nobody's
  if text == "" then return end
  self.quiet, self.said[#self.said + 1] = false, text
  local line = text:match "^.*\n(.*)$"
  if line then self.blank, self.quotation, self.span = true, false, nil else line = text end
  local first = self.blank and line:match "%S"
  if first then self.blank, self.quotation = false, first == ">" end
end

local function flush(self, out)
  if #self.said == 0 then return end
  out[#out + 1] = { type = "text", text = table.concat(self.said) }
  self.said = {}
end

local function note(self, key, words, out)
  if not self.told[key] then out[#out + 1] = { type = "note", text = words } end
  self.told[key] = true
end

-- Resumes the candidate; the text that is left when it is decided, else nil.
local function resume(self, out, ...)
  local open = self.open
  local ok, found = coroutine.resume(open.run, ...)
  if not ok then error(found, 0) end
  if coroutine.status(open.run) ~= "dead" then return nil end
  self.open = nil
  if found then
    flush(self, out)
    note(self, "taken", ("the model wrote its call of %s as text; it is taken as a call (textToolCalls)"):format(open.calls[1].name), out)
    table.move(open.calls, 1, #open.calls, #out + 1, out)
    self.quiet = true
    return open.reader:rest()
  end
  local rest = table.concat(open.pieces)
  if open.start ~= "" then
    self.failed = self.failed + 1
    if rest:find "^%s*[{%[<]" and #rest > 1 then
      flush(self, out)
      note(self, "left", "the model wrote a call as text that cannot be read; it stays text", out)
    end
    say(self, open.start)
  end
  return rest
end

-- Begins a candidate. Inside of a line a call ends that line, or another call follows: what else follows makes it part of a sentence.
local function try(self, out, last, start, form, text)
  local r, calls, names, inline = require("qwen.provider.text_calls.reader").new(text), {}, self.names, start ~= "" and not self.blank
  local run = coroutine.create(function()
    if not form(r, names, calls) or #calls == 0 then return false end
    if inline then r:skip " \t" end
    return not inline or r:at_end() or r:is "\n<%["
  end)
  self.open = { run = run, reader = r, calls = calls, start = start, pieces = { text } }
  local rest = resume(self, out)
  if self.open and last then rest = resume(self, out, nil) end
  return rest
end

-- Gives the candidate more, or nil at the end.
local function go_on(self, out, text)
  table.insert(self.open.pieces, text)
  return resume(self, out, text)
end

-- Passes on the lines of a fence; the text behind it, or nil. A line that opens one inside of it must be closed as well.
local function in_fence(self, text, last)
  local fence, at = self.fence, 1
  while at <= #text do
    local stop = text:find("\n", at, true)
    local line = text:sub(at, stop or -1)
    if self.blank then
      if not stop and not last and #line < MOST_HELD and line:find "^%s*[`~]*[ \t]*$" then
        self.held = line
        return nil
      end
      local run, info = line:match "^%s*([`~][`~]+)[ \t]*([^\n]*)"
      if run and run:sub(1, 1) == fence.mark and #run >= fence.length then
        fence.depth = fence.depth + (info:find "%S" and 1 or -1)
      end
    end
    say(self, line)
    at = at + #line
    if fence.depth == 0 then
      self.fence = nil
      return text:sub(at)
    end
  end
end

-- A fence or the beginning or end of a code span; how far it goes, or "wait".
local function at_ticks(self, text, at, last)
  local mark = text:sub(at, at)
  local run = text:match("^" .. mark .. "+", at)
  if self.blank and not self.span and (#run >= 3 or at + #run > #text) then
    local rest = text:match("^[^\n]*\n?", at + #run)
    if rest:sub(-1) ~= "\n" and not last and #run + #rest < MOST_HELD then return "wait" end
    if #run >= 3 and not rest:find("`", 1, true) then self.fence = { mark = mark, length = #run, depth = 1 } end
    if self.fence then return at + #run + #rest end
  elseif at + #run > #text and not last and #run < MOST_HELD then
    return "wait"
  end
  if mark == "`" then
    if not self.span then self.span = #run elseif self.span == #run then self.span = nil end
  end
  return at + #run
end

-- Passes on what stands before the next candidate or fence; the text that is left, or nil.
local function scan(self, out, text, last)
  local at = 1
  while true do
    local found = text:find("[<`~%[]", at)
    say(self, text:sub(at, found and found - 1))
    if not found then return nil end
    local mark, to = text:sub(found, found), found + 1
    if mark == "`" or mark == "~" then
      to = at_ticks(self, text, found, last)
    elseif not self.span and not self.quotation and self.failed < MOST_FAILED then
      local form = form_at(text, found, last)
      if form == "wait" then to = form elseif form then return try(self, out, last, form[1], form[2], text:sub(found + #form[1])) end
    end
    if to == "wait" then
      self.held = text:sub(found)
      return nil
    end
    say(self, text:sub(found, to - 1))
    if self.fence then return text:sub(to) end
    at = to
  end
end

-- Whether text without the special bytes can be passed on unseen.
local function is_free(self)
  return self.begun and self.held == "" and not (self.open or self.blank or self.quiet)
end

---A finder of calls for one stream: call it with each piece of text and the list of deltas to append to; with nil at the end. It gives back true
---once all that comes is passed on as it is, or the bytes without which a piece is passed on as it is.
---@param names table<string, any>? the tools that were offered, by name; nil for any
---@return fun(text: string?, out: Delta[]): boolean|string|nil
return function(names)
  local self = setmetatable({ names = names, held = "", said = {}, blank = true, failed = 0, told = {} }, Scanner)
  return function(text, out)
    local last, rest = not text, self.held .. (text or "")
    self.held = ""
    if self.open then
      rest = go_on(self, out, text)
    elseif not self.begun and (last or #rest > MOST_HELD or rest:find "%S") then
      self.begun = true
      if may_be_whole(names, rest) then rest = try(self, out, last, "", require "qwen.provider.text_calls.whole", rest) end
    elseif not self.begun then
      self.held = rest
      return nil
    end
    while rest and rest ~= "" do
      if self.fence then rest = in_fence(self, rest, last) else rest = scan(self, out, rest, last) end
    end
    flush(self, out)
    return self.failed >= MOST_FAILED and self.held == "" and not (self.open or self.fence) or is_free(self) and SPECIAL or nil
  end
end
