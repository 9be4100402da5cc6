-- Colours for code, one line at a time, by the tables of code_languages.lua. No grammar: a word is
-- a word.
local style = require "qwen.ui.render.style"

local M = {}

local function set_of(words)
  local set = {}
  for word in words:gmatch "%S+" do set[word] = true end
  return set
end

-- The data of a language in the form the loop wants; made once.
local ready = {}
local function prepared(name)
  local code = require "qwen.ui.render.code_languages" -- here: loaded with the first code
  name = (name or ""):lower():match "^[%w+#_-]*"
  name = code.aliases[name] or name
  local data = code.languages[name]
  if not data then return nil end
  if ready[name] then return ready[name] end
  local rules, class = {}, ""
  for _, r in ipairs(data[2]) do
    local first = r.open:sub(1, 1)
    if not rules[first] then class = class .. "%" .. first end
    rules[first] = rules[first] or {}
    table.insert(rules[first], r)
  end
  ready[name] = { words = set_of(data[1]), rules = rules, start = "[%a_%d" .. class .. "]", fold = data.fold, key = data.key, diff = data.diff }
  return ready[name]
end

---Whether there are colours for a language.
---@param name string? as a fence or a file's ending names it
---@return boolean
function M.knows(name)
  return prepared(name) ~= nil
end

-- Where a rule's text ends, from behind its opening; nil when not on this line. A backslash hides the character after it.
local function closing(line, from, r)
  if #r.close > 1 then
    local _, last = line:find(r.close, from, true)
    return last
  end
  local stop = "[\\" .. r.close .. "]"
  while true do
    local at = line:find(stop, from)
    if not at then return nil end
    if line:byte(at) ~= 92 then return at end
    from = at + 2
  end
end

-- What begins at a position: its last byte, its kind, and the rule when it goes on in the next line.
local function token(lang, line, at)
  local first = line:sub(at, at)
  for _, r in ipairs(lang.rules[first] or {}) do
    if r.pattern then
      local _, last = line:find(r.pattern, at)
      if last then return last, r.kind end
    elseif line:sub(at, at + #r.open - 1) == r.open then
      if not r.kind then return at + #r.open - 1 end
      local last = r.close and closing(line, at + #r.open, r)
      return last or #line, r.kind, r.close and not last and r.long and r or nil
    end
  end
  local _, last = line:find("^[%a_][%w_]*", at)
  if last then
    local word = line:sub(at, last)
    return last, lang.words[lang.fold and word:lower() or word] and "keyword" or nil
  end
  _, last = line:find("^%d[%w_]*%.?[%w_]*", at)
  return last or at, last and "number" or nil
end

local function diff_style(line)
  local first = line:sub(1, 1)
  return first == "+" and "added" or first == "-" and "removed" or first == "@" and "dim" or nil
end

---A reader of the lines of one piece of code, in their order: the spans that have a colour. With
---`peek` true the line does not count: it may still grow.
---@param name string? language
---@return fun(line: string, peek: boolean?): {from: integer, to: integer, names: string}[]
function M.spans(name)
  local lang = style.enabled() and prepared(name)
  if not lang then return function() return {} end end
  if lang.diff then
    return function(line)
      local names = diff_style(line)
      return names and #line > 0 and { { from = 1, to = #line, names = names } } or {}
    end
  end
  local open -- the rule that the line before left open
  return function(line, peek)
    local spans, at, inside = {}, 1, open
    local function put(from, last, kind)
      spans[#spans + 1] = { from = from, to = last, names = kind }
    end
    if inside then
      local last = closing(line, 1, inside)
      if #line > 0 then put(1, last or #line, inside.kind) end
      at = last and last + 1 or #line + 1
      if last then inside = nil end
    elseif lang.key then
      local from, last = line:match "^[%s-]*%f[^%s-]()[%w_.%-\"]+()%s*[:=]"
      if from then
        put(from, last - 1, "keyword")
        at = last
      end
    end
    while true do
      at = line:find(lang.start, at)
      if not at then break end
      local last, kind, goes_on = token(lang, line, at)
      if kind then put(at, last, kind) end
      if goes_on then inside = goes_on end
      at = last + 1
    end
    if not peek then open = inside end
    return spans
  end
end

---A painter of the lines of one piece of code, in their order; `peek` as in spans.
---@param name string? language
---@return fun(line: string, peek: boolean?): string the line must be clean
function M.new(name)
  local read = M.spans(name)
  return function(line, peek)
    local out, done = {}, 1
    for _, span in ipairs(read(line, peek)) do
      out[#out + 1] = line:sub(done, span.from - 1)
      out[#out + 1] = style.paint(span.names, line:sub(span.from, span.to))
      done = span.to + 1
    end
    if done == 1 then return line end
    out[#out + 1] = line:sub(done)
    return table.concat(out)
  end
end

return M
