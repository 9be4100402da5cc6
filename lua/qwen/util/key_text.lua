-- What a key looks like as text: what comes along by mistake when one is copied, and what is a key where a name should stand.
local text = require "qwen.util.text"
local translate = require "qwen.util.translate"

local tr, phrase = translate.tr, translate.phrase

local M = {}

-- Characters that come along unseen, or instead of others.
local NBSP, NO_WIDTH, CURLY, DASH = phrase "a no-break space", phrase "a character without width", phrase "a curly quote", phrase "a long dash"
local odd = {
  [0xFEFF] = phrase "a byte order mark", [0x00A0] = NBSP, [0x202F] = NBSP, [0x3000] = phrase "a wide space",
  [0x200B] = NO_WIDTH, [0x200C] = NO_WIDTH, [0x200D] = NO_WIDTH, [0x2060] = NO_WIDTH, [0x00AD] = NO_WIDTH,
  [0x2018] = CURLY, [0x2019] = CURLY, [0x201C] = CURLY, [0x201D] = CURLY, [0x2013] = DASH, [0x2014] = DASH,
  [0x2026] = phrase "an ellipsis",
}
local CONTROL = phrase "a control character"

---The first character of a text that no header of a key has, in words.
---@param value string
---@return string?
function M.odd(value)
  if not utf8.len(value) then return tr "bytes that are not UTF-8" end
  for position, code in utf8.codes(value) do
    local name = odd[code] or (code < 0x20 or code == 0x7F) and CONTROL
    if name then return tr("%s (U+%04X) at byte %d", name, code, position) end
    if code > 0x7F then return tr("a character (U+%04X) that no key has, at byte %d", code, position) end
  end
end

---A key without blanks and line ends around it, or what is wrong with it.
---@param value string
---@return string? key
---@return string? problem the end of a sentence
function M.clean(value)
  local key = value:match "^%s*(.*)$"
  while key:find "%s$" do key = key:sub(1, -2) end
  local character = M.odd(key)
  if character then return nil, tr("it has %s", character) end
  local first, last = key:sub(1, 1), key:sub(-1)
  if first:find "[\"'`]" or last:find "[\"'`]" then return nil, tr "it has quotation marks around it: write it without them" end
  if key:lower():find "^bearer%s" or key:lower():find "^bearer:" then return nil, tr "it begins with 'Bearer': write the key alone" end
  if key:find "^%$[%a_{]" then return nil, tr("it is the name of a variable that is not set: %s", text.visible(key)) end
  if key:find "%s" then return nil, tr "it has a blank in it" end
  return key
end

-- Keys by how they begin. None of these begins the name of a variable that somebody would choose.
local beginnings = { "^sk%-", "^sk_", "^rk%-", "^pk%-", "^AIza", "^gsk_", "^hf_", "^xai%-", "^r8_", "^nvapi%-", "^ghp_", "^gho_",
  "^github_pat_", "^glpat%-", "^fw_", "^pplx%-", "^csk%-", "^tgp_", "^eyJ", "^ms%-", "^[Bb]earer " }
local LONG = 20

---Whether a word has the form of a key: it begins as those of a service do, or is one long run of letters and digits.
---@param word string
---@return boolean
function M.has_form(word)
  for _, pattern in ipairs(beginnings) do
    if #word >= 8 and word:find(pattern) then return true end
  end
  return #word > LONG and word:find "^%w+$" ~= nil and word:find "%d" ~= nil and word:find "%a" ~= nil
end

---Whether a text that should be the name of a variable is a key itself.
---@param name string
---@return boolean
function M.is_key(name)
  return M.has_form(name) or #name >= LONG and not name:find "^[%w_]+$"
end

return M
