-- The texts that people read, found in a Lua source: the templates of tr() and phrase(), and texts that should be in one and are not.
-- Knows nothing of languages.
local M = {}

-- Names, strings and signs of a Lua text, without comments.
local function tokens(text)
  local out, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then return out end
    local _, last = text:find("^%-%-%[%[.-%]%]", at)
    if not last then _, last = text:find("^%-%-[^\n]*", at) end
    if last then
      at = last + 1
    else
      local kind, value = "sign", nil
      local quote = text:match("^[\"']", at)
      if quote then
        last = at
        repeat
          last = last + (text:sub(last, last) == "\\" and last > at and 2 or 1)
        until text:sub(last, last) == quote
        kind, value = "string", assert(load("return " .. text:sub(at, last)))()
      elseif text:find("^%[=*%[", at) then
        local close = "]" .. text:match("^%[(=*)%[", at) .. "]"
        _, last = text:find(close, at, true)
        kind, value = "string", text:sub(at + #close, last - #close)
      else
        _, last = text:find("^[%a_][%w_]*", at)
        if last then kind = "name" end
        if not last then _, last = text:find("^%.%.+", at) end
        last = last or at
      end
      out[#out + 1] = { kind = kind, value = value or text:sub(at, last) }
      at = last + 1
    end
  end
end

local function is(token, kind, value)
  return token ~= nil and token.kind == kind and token.value == value
end

local opens, closes = { ["("] = 1, ["{"] = 1, ["["] = 1 }, { [")"] = 1, ["}"] = 1, ["]"] = 1 }

-- The first token behind an argument that begins at a token.
local function behind(list, at)
  local depth = 0
  while list[at] do
    local sign = list[at].kind == "sign" and list[at].value
    if depth == 0 and (sign == "," or closes[sign]) then return at end
    depth = depth + (opens[sign] or 0) - (closes[sign] or 0)
    at = at + 1
  end
  return at
end

-- The literals that an argument can be: `"a" .. "b"` is one, `x and "a" or "b"` are two; not what a call in it is given.
local function literals(list, at)
  local out, depth, last = {}, 0, behind(list, at)
  for i = at, last - 1 do
    local token, before = list[i], list[i - 1]
    local sign = token.kind == "sign" and token.value
    depth = depth + (opens[sign] or 0) - (closes[sign] or 0)
    if depth == 0 and token.kind == "string" then
      if i > at and is(before, "sign", "..") then
        out[#out] = (out[#out] or "") .. token.value
      elseif i == at or is(before, "name", "and") or is(before, "name", "or") then
        out[#out + 1] = token.value
      end
    end
  end
  return out
end

local blocks = { ["function"] = 1, ["if"] = 1, ["do"] = 1, ["repeat"] = 1, ["end"] = -1, ["until"] = -1 }

---The templates of a source.
---@param text string
---@return string[] templates
---@return string[] early those that would be translated while the file is loaded, before the language is known
function M.templates(text)
  local list, out, early, inside = tokens(text), {}, {}, {}
  for i, token in ipairs(list) do
    local before, following = list[i - 1], list[i + 1]
    local word = token.kind == "name" and token.value
    if word and blocks[word] == 1 then inside[#inside + 1] = word elseif word
      and blocks[word] then inside[#inside] = nil end
    local call = (word == "tr" or word == "phrase") and not (is(before, "name", "local")
      or is(before, "name", "function"))
    local found = {}
    if call and following and following.kind == "string" then found = { following.value }
    elseif call and is(following, "sign", "(") then found = literals(list, i + 2) end
    for _, template in ipairs(found) do
      out[#out + 1] = template
      if word == "tr" and not table.concat(inside, " "):find "function" then early[#early + 1] = template end
    end
  end
  return out, early
end

-- Functions that show a text, with the number of the argument that is one.
local shows = { ["ctx.print"] = 1, ["ctx.notice"] = 1, ["ctx.pick"] = 1, ["ctx.line"] = 1,
  ["ctx.status"] = 1, ["qwen.err"] = 2, err = 2,
  ["report.title"] = 1, ["report.ok"] = 1, ["report.warn"] = 1, ["report.bad"] = 1 }
local fields = { title = true, detail = true, hint = true, group = true, disabled = true,
  because = true, display = true }

-- The text with which an expression begins: `"text"`, `("text"):format(..)`, `"text" .. x`.
local function begins_with(list, at)
  if is(list[at], "sign", "(") then at = at + 1 end
  return list[at] and list[at].kind == "string" and list[at].value or nil
end

---Texts that are shown as they stand in the source, without a translation.
---@param text string
---@return string[]
function M.untranslated(text)
  local list, out = tokens(text), {}
  for i, token in ipairs(list) do
    local following = list[i + 1]
    local name = token.kind == "name" and token.value
    local full = name and is(list[i - 1], "sign", ".") and list[i - 2].value .. "." .. name or name
    local argument = name and shows[full]
    if argument and following and following.kind == "string" then
      out[#out + 1] = argument == 1 and following.value or nil
    elseif argument and is(following, "sign", "(") and not is(list[i - 1], "name", "function") then
      local at = i + 2
      for _ = 2, argument do at = behind(list, at) + 1 end
      out[#out + 1] = begins_with(list, at)
    elseif name and fields[name] and is(following, "sign", "=") and not is(list[i + 2], "sign", "=") then
      out[#out + 1] = begins_with(list, i + 2)
    end
  end
  return out
end

---The values of declared fields that are literals.
---@param text string
---@param wanted table<string, boolean>
---@return string[]
function M.declared(text, wanted)
  local list, out = tokens(text), {}
  for i, token in ipairs(list) do
    if token.kind == "name" and wanted[token.value] and is(list[i + 1], "sign", "=") then
      local at, value = i + 2, ""
      while list[at] and list[at].kind == "string" do
        value = value .. list[at].value
        at = is(list[at + 1], "sign", "..") and at + 2 or #list + 1
      end
      out[#out + 1] = value ~= "" and value or nil
    end
  end
  return out
end

return M
