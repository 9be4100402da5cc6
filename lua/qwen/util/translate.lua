-- Our texts in the user's language: the template is looked up, then filled in, so that what is filled in is never translated.
-- Knows no files and no settings: who starts the program sets the language.
local M = {}

local language = { words = {}, texts = {} }

local Phrase = { __json = true } -- in JSON it is its English
Phrase.__index = Phrase

---Takes a language from now on; without one the texts are English.
---@param value {words: table<string, string>?, texts: table<string, string>?}?
function M.use(value)
  language = { words = value and value.words or {}, texts = value and value.texts or {} }
end

-- A place of a template or translation from a "%" on: its number, or nil for the next one; its format; the byte behind it.
local function place_at(text, at)
  local number = text:match("^[1-9]", at + 1)
  if number then return math.tointeger(tonumber(number)), nil, at + 2 end
  local form, behind = text:match("^(%%[-+ #0-9.]*[%a%%])()", at)
  return nil, form, behind
end

-- The arguments as the template writes them, each by itself.
local function written(template, ...)
  local out, at = {}, template:find("%", 1, true)
  while at do
    local form, behind = template:match("^(%%[-+ #0-9.]*[%a%%])()", at)
    if form and form ~= "%%" then out[#out + 1] = form:format((select(#out + 1, ...))) end
    at = template:find("%", behind or at + 1, true)
  end
  return out
end

---A template filled in. In its translation `%1` is the first argument, and `%s` or any other place of string.format the next one; each
---is written as the template writes it. A translation that names what is not there counts as missing.
---@param template string
---@param translation string?
---@return string
function M.fill(template, translation, ...)
  if not translation or translation == template then return template:format(...) end
  local values, out, from, following = written(template, ...), {}, 1, 0
  while true do
    local at = translation:find("%", from, true)
    out[#out + 1] = translation:sub(from, (at or 0) - 1)
    if not at then return table.concat(out) end
    local number, form, behind = place_at(translation, at)
    if form == "%%" then
      out[#out + 1] = "%"
    else
      if not number then following = following + 1 end
      local value = values[number or following]
      if not behind or not value then return template:format(...) end
      out[#out + 1] = value
    end
    from = behind
  end
end

---A text of ours in the user's language, filled in as by string.format; English where there is no translation. Without arguments the
---text is taken as it stands. Phrases among the arguments are translated, everything else is data.
---@param template string|Phrase
---@return string
function M.tr(template, ...)
  if getmetatable(template) == Phrase then return M.tr(template.template, table.unpack(template, 1, template.n)) end
  local translation, n = language.texts[template], select("#", ...)
  if n == 0 then return translation or template end
  local args = { ... }
  for i = 1, n do
    if getmetatable(args[i]) == Phrase then args[i] = M.tr(args[i]) end
  end
  return M.fill(template, translation, table.unpack(args, 1, n))
end

---A text of ours that is translated later: where it is shown, or because a model or a log reads it in English. tostring(phrase)
---is the English, tr(phrase) the translation.
---@param template string
---@return Phrase
function M.phrase(template, ...)
  return setmetatable({ template = template, n = select("#", ...), ... }, Phrase)
end

-- A phrase with something beside it is one too.
function Phrase.__concat(left, right)
  return M.phrase("%s%s", left, right)
end

function Phrase:__tostring()
  return self.n > 0 and self.template:format(table.unpack(self, 1, self.n)) or self.template
end

---A phrase in the user's language; any other text is data, and stays as it is.
---@param value Phrase|string
---@return string
function M.for_user(value)
  return getmetatable(value) == Phrase and M.tr(value) or value
end

---True for a phrase.
function M.is_phrase(value)
  return getmetatable(value) == Phrase
end

---The translation of a text by its name; nil where the language has none.
---@param id string
---@return string?
function M.word(id)
  return language.words[id]
end

return M
