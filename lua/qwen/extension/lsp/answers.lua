-- Answers of language servers in one plain form each, whatever form a server chose. What is not in
-- the form of the protocol is left out. Pure.
local positions = require "qwen.extension.lsp.positions"

local M = {}

local MOST = 5000

local KINDS = {}
for kind in ([[file module namespace package class method property field constructor enum interface
  function variable constant string number boolean array object key null enum-member struct event
  operator type-parameter]]):gmatch "%S+" do KINDS[#KINDS + 1] = kind end

local function object(value) return type(value) == "table" and value or {} end

local function text_of(value) return type(value) == "string" and value or nil end

local function number(value)
  value = tonumber(value)
  return value and value >= 0 and value < 2 ^ 31 and value // 1 | 0 or 0
end

-- A place of a file.
local function place(uri, range)
  local first, last = object(object(range).start), object(object(range)["end"])
  uri = text_of(uri)
  if not uri then return nil end
  return { path = positions.path(uri), uri = uri, line = number(first.line),
    unit = number(first.character), last_line = number(last.line),
    last_unit = number(last.character) }
end

---Places: of one Location, a list of them, or of links.
---@param result any
---@return LspPlace[]
function M.places(result)
  local out = {}
  for _, one in ipairs(object(result).uri and { result } or object(result)) do
    one = object(one)
    if #out < MOST then
      out[#out + 1] = place(one.targetUri or one.uri, one.targetSelectionRange or one.range)
    end
  end
  return out
end

---What a server says of a symbol.
---@param result any
---@return string
function M.hover(result)
  local out, contents = {}, object(result).contents
  for _, one in ipairs(type(contents) == "table" and contents[1] and contents or { contents }) do
    out[#out + 1] = text_of(one) or text_of(object(one).value)
  end
  return table.concat(out, "\n\n")
end

---Symbols, those of others behind them with the name of what they are in.
---@param result any
---@param uri string of the file, where the answer names none
---@return LspPlace[] with name, kind and inside
function M.symbols(result, uri)
  local out = {}
  local function add(list, inside, depth)
    for _, one in ipairs(object(list)) do
      one = object(one)
      local where, name = object(one.location), text_of(one.name)
      local at = name and place(where.uri or one.uri or uri, one.selectionRange or where.range)
      if at and #out < MOST then
        at.name, at.kind, at.inside = name, KINDS[one.kind], text_of(one.containerName) or inside
        out[#out + 1] = at
        if depth < 20 then add(one.children, name, depth + 1) end
      end
    end
  end
  add(result, nil, 1)
  return out
end

---Who calls, or is called; `place` of each is the function, `calls` are the places of the calls.
---@param result any
---@param side "from"|"to"
---@return LspPlace[] with name, kind and calls (lines from 0)
function M.calls(result, side)
  local out = {}
  for _, one in ipairs(object(result)) do
    local item = object(object(one)[side])
    local at = place(item.uri, item.selectionRange or item.range)
    if at and #out < MOST then
      at.name, at.kind, at.calls = text_of(item.name) or "?", KINDS[item.kind], {}
      for _, range in ipairs(object(one.fromRanges)) do
        at.calls[#at.calls + 1] = number(object(object(range).start).line)
      end
      out[#out + 1] = at
    end
  end
  return out
end

---The edits of a WorkspaceEdit, each with its new text.
---@param result any
---@return LspPlace[] with text
---@return boolean others it also makes, moves or deletes files
function M.edits(result)
  local out, others = {}, false
  local function add(uri, list)
    for _, one in ipairs(object(list)) do
      local at = place(uri, object(one).range)
      if at and text_of(one.newText) and #out < MOST then
        at.text = one.newText
        out[#out + 1] = at
      end
    end
  end
  for _, change in ipairs(object(object(result).documentChanges)) do
    change = object(change)
    if change.kind then others = true else add(object(change.textDocument).uri, change.edits) end
  end
  for uri, list in pairs(object(object(result).changes)) do add(uri, list) end
  table.sort(out, function(a, b)
    if a.uri ~= b.uri then return a.uri < b.uri end
    if a.line ~= b.line then return a.line < b.line end
    return a.unit < b.unit
  end)
  return out, others
end

---The titles of code actions.
---@param result any
---@return string[]
function M.actions(result)
  local out = {}
  for _, one in ipairs(object(result)) do
    local title, kind = text_of(object(one).title), text_of(object(one).kind)
    out[#out + 1] = title and title .. (kind and (" [%s]"):format(kind) or "") or nil
  end
  return out
end

return M
