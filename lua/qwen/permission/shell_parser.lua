-- Reads a shell command as a shell would split it, for judging only. Whatever it does not fully understand makes it say so:
-- `certain` is false and the reader must ask. POSIX Shell Command Language, sections 2.2 to 2.10.

local phrase = require("qwen.util.translate").phrase

local M = {}

local MAX_LENGTH, MAX_PARTS, LONGEST_NAME = 32 * 1024, 50, 256

M.MOST_PARTS = MAX_PARTS

local function new_part()
  return { argv = {}, marks = {}, redirects = {}, assigns = {} }
end

-- One state of reading; errors of understanding are collected as the first reason.
local Reader = {}
Reader.__index = Reader

-- `soft`: the parts are read all the same, so that rules which refuse see every command.
function Reader:doubt(why, soft)
  self.why = self.why or why
  if not soft then self.hard = self.hard or why end
end

function Reader:peek(n)
  return self.text:sub(self.at, self.at + (n or 1) - 1)
end

-- After `$` or a backquote: the value is known only when the shell runs.
function Reader:expansion()
  local rest = self:peek(LONGEST_NAME)
  if rest:match "^%$%(%(" or rest:match "^%$%[" then
    self:doubt(phrase "arithmetic is not read here")
  elseif rest:match "^%$%(" or rest:match "^`" then
    self:doubt(phrase "a command inside the command")
  elseif rest:match "^%${" and not rest:match "^%${[%a_][%w_]*}" then
    self:doubt(phrase "a variable expansion that can do more than read")
  elseif rest:match "^%$['\"]" then
    self:doubt(phrase "quotes of a special kind")
  end
  local name = rest:match "^%${[%a_][%w_]*}" or rest:match "^%$[%a_][%w_]*" or rest:match "^%$[%d@*#?$!-]"
  self.at = self.at + #(name or "$")
  if name then
    if name:find "^%${?_}?$" then self:doubt(phrase "the last argument of another command") end
    self.variable = self.variable or {}
    self.variable[#self.variable + 1] = name:match "[^${}]+" or name
    return name
  end
  return "$"
end

function Reader:double_quoted()
  local out = {}
  self.at = self.at + 1
  while true do
    local c = self:peek()
    if c == "" then
      self:doubt(phrase "a quote that is never closed")
      break
    elseif c == '"' then
      self.at = self.at + 1
      break
    elseif c == "\\" then
      local escaped = self.text:sub(self.at + 1, self.at + 1)
      if escaped == "\n" then self:doubt(phrase "a line that goes on inside a word") end
      out[#out + 1] = escaped:find '[$`"\\]' and escaped or "\\" .. escaped
      self.at = self.at + 2
    elseif c == "$" or c == "`" then
      out[#out + 1] = self:expansion()
      if c == "`" and self:peek() == "`" then self.at = self.at + 1 end
    else
      if c == "\n" and self.documents[1] then self:doubt(phrase "a quote over the beginning of a here-document") end
      out[#out + 1] = c
      self.at = self.at + 1
    end
  end
  return table.concat(out)
end

function Reader:single_quoted()
  local close = self.text:find("'", self.at + 1, true)
  if not close then
    self:doubt(phrase "a quote that is never closed")
    close = #self.text + 1
  end
  local body = self.text:sub(self.at + 1, close - 1)
  if self.documents[1] and body:find "\n" then self:doubt(phrase "a quote over the beginning of a here-document") end
  self.at = close + 1
  return body
end

-- One word; nil when an operator or the end is next. `plain` says that nothing was quoted; the marks say what the shell would still
-- change: `variable` (the names), and `glob`, which is "start" when a file's whole name could take the place of the word.
function Reader:word()
  local out, plain, any, glob = {}, true, false, nil
  self.variable = nil
  while true do
    local c = self:peek()
    if c == "" or c:find "[%s;&|<>()]" then break end
    any = true
    if c == "'" then
      out[#out + 1], plain = self:single_quoted(), false
    elseif c == '"' then
      out[#out + 1], plain = self:double_quoted(), false
    elseif c == "\\" then
      if self.at == #self.text then self:doubt(phrase "a backslash at the end") end
      if self:peek(2) == "\\\n" then self:doubt(phrase "a line that goes on inside a word") end
      out[#out + 1], plain = self.text:sub(self.at + 1, self.at + 1), false
      self.at = self.at + 2
    elseif c == "$" or c == "`" then
      local before = self.at
      out[#out + 1] = self:expansion()
      if self.at == before then self.at = self.at + 1 end
    elseif self:peek(2) == "{}" then -- itself, as find and xargs take it
      out[#out + 1] = "{}"
      self.at = self.at + 2
    else
      if c:find "[{}]" then self:doubt(phrase "braces") end
      if c:find "[%c\x7f]" then self:doubt(phrase "a control character") end
      if c == "~" and (out[#out] or ""):find "[=:]$" then self:doubt(phrase "a home folder inside a word") end
      if c:find "[*?%[]" then glob = glob or table.concat(out) == "" and "start" or "inside" end
      out[#out + 1] = c
      self.at = self.at + 1
    end
  end
  if not any then return nil end
  local marks = (self.variable or glob) and { variable = self.variable, glob = glob } or nil
  return table.concat(out), plain, marks
end

local reserved = {}
for name in ("if then else elif fi for while until do done case esac select function time coproc [[ { } !"):gmatch "%S+" do reserved[name] = true end

-- Of these every command behind them is read as a part.
local soft = {}
for name in ("if then else elif fi for while until do done ! time"):gmatch "%S+" do soft[name] = true end

function Reader:finish_part(piped)
  local part = self.part
  if #part.argv > 0 or #part.assigns > 0 or #part.redirects > 0 then self.parts[#self.parts + 1] = part end
  self.part = new_part()
  self.part.piped = piped
end

-- The texts of here-documents begin behind the line. What a shell would expand in them is not understood.
function Reader:skip_documents()
  for _, document in ipairs(self.documents) do
    local ended = false
    while not ended and self.at <= #self.text do
      local stop = self.text:find("\n", self.at, true) or #self.text + 1
      local line = self.text:sub(self.at, stop - 1)
      self.at = stop + 1
      ended = (document.tabs and line:gsub("^\t+", "") or line) == document.word
      if not ended and not document.quoted and line:find "[$`\\]" then self:doubt(phrase "something to expand in a here-document") end
    end
    if not ended then self:doubt(phrase "a here-document without an end") end
  end
  self.documents = {}
end

local operators = { "<<<", "<<-", "&>>", "<<", ">>", ">|", "<>", ">&", "<&", "&>", ">", "<" }

function Reader:redirect()
  local here = self:peek(3)
  for _, op in ipairs(operators) do
    if here:sub(1, #op) == op then
      self.at = self.at + #op
      if op:sub(1, 2) == "<<" then self:doubt(phrase "a here-document", true) end
      if self:peek() == "(" then self:doubt(phrase "a command inside the command") end
      while self:peek():find "[ \t]" do self.at = self.at + 1 end
      local start = self.at
      local target, plain, marks = self:word()
      if target and (op == "<<" or op == "<<-") then
        if marks and marks.variable or self.text:sub(start, self.at):find "\n." then
          self:doubt(phrase "a here-document without a known end")
        end
        self.documents[#self.documents + 1] = { word = target, quoted = not plain, tabs = op == "<<-" }
      end
      if not target then
        self:doubt(phrase "a redirection without a target")
      else
        self.part.redirects[#self.part.redirects + 1] = { op = op, target = target, marks = marks,
          copy = op:find "&$" ~= nil and (target == "-" or target:find "^%d+%-?$" ~= nil) }
        if op:sub(1, 1) == "&" and self.text:find("^[ \t]*[^%s;&|]", self.at) then
          self:doubt(phrase "words behind &>, which not every shell reads alike")
        end
      end
      return true
    end
  end
  return false
end

function Reader:read_word()
  local start = self.at
  local word, plain, marks = self:word()
  if not word then return false end
  local part, source = self.part, self.text:sub(start, self.at - 1)
  if #part.argv == 0 and source:match "^[%a_][%w_]*%+?=" then
    part.assigns[#part.assigns + 1] = word
  elseif plain and word:match "^%d+$" and self:peek():find "[<>]" then
    return true -- the number of a descriptor
  else
    if #part.argv == 0 and (reserved[word] or word:sub(1, 1) == "~") then
      self:doubt(phrase("the shell word '%s'", word), soft[word])
    end
    if #part.argv == 0 and marks and word ~= "[" then self:doubt(phrase "a command whose name is a variable or a pattern") end
    if marks and marks.variable and source:sub(1, 1) ~= '"' then part.split = true end
    if not part.from then
      part.from, part.before = start, #part.redirects
    elseif #part.redirects > part.before then
      part.mixed = true
    end
    part.to = self.at - 1
    part.argv[#part.argv + 1] = word
    part.marks[#part.argv] = marks
  end
  return true
end

---Reads a command.
---@param command string
---@return {parts: table[], certain: boolean, why: Phrase?, hard: Phrase?} each part: argv, marks of each word, redirects {op, target,
---marks, copy: of a descriptor}, assigns, piped, from and to: the bytes of its words, mixed: redirects stand between those; an unquoted
---variable sets `split`; hard: a doubt that can hide commands from the list of parts
function M.parse(command)
  local self = setmetatable({ text = command, at = 1, parts = {}, part = new_part(), documents = {} }, Reader)
  if #command > MAX_LENGTH then
    local why = phrase "a text that is too long to be read safely"
    return { parts = {}, certain = false, why = why, hard = why }
  end
  if command:find "[%z\r\f\v\b\27]" then self:doubt(phrase "a control character") end
  while self.at <= #self.text do
    local c = self:peek()
    local two = self:peek(2)
    if c:find "[ \t]" then
      self.at = self.at + 1
    elseif two == "\\\n" then
      self.at = self.at + 2
    elseif c == "#" then
      self.at = self.text:find("\n", self.at, true) or #self.text + 1
    elseif two == "&&" or two == "||" or two == ";;" or two == "|&" then
      if two == ";;" then self:doubt(phrase "a case") end
      self:finish_part(two == "|&")
      self.at = self.at + 2
    elseif two ~= "&>" and c:find "[;\n|&]" then
      if c == "&" then self:doubt(phrase "a command in the background", true) end
      self:finish_part(c == "|")
      self.at = self.at + 1
      if c == "\n" then self:skip_documents() end
    elseif c == "(" or c == ")" then
      self:doubt(phrase "a sub-shell or function", c == ")" or two ~= "((" and #self.part.argv == 0 and #self.part.assigns == 0)
      if c == ")" or #self.part.argv == 0 then self:finish_part() end
      self.at = self.at + 1
    elseif not self:redirect() and not self:read_word() then
      self:doubt(phrase "something that is not understood")
      self.at = self.at + 1
    end
  end
  self:finish_part()
  if self.documents[1] then self:doubt(phrase "a here-document without an end") end
  if #self.parts > MAX_PARTS then self:doubt(phrase("more than %d commands in one", MAX_PARTS)) end
  return { parts = self.parts, certain = self.why == nil, why = self.why, hard = self.hard }
end

return M
