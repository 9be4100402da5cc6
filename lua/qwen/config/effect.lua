-- What a settings file sets that has no effect here, and what nobody knows: so that nothing is left out in silence.
-- It looks at files alone; what is wrong with a value of a key that has an effect is said in sources.lua.
local config_value = require "qwen.config.value"
local json = require "sys.json"
local schema = require "qwen.config.schema"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local containers -- every part above a key of the schema

local function is_container(key)
  if not containers then
    containers = {}
    for name in pairs(schema) do
      local part = name:match "^(.*)%.[^.]+$"
      while part and not containers[part] do
        containers[part] = true
        part = part:match "^(.*)%.[^.]+$"
      end
    end
  end
  return containers[key] or false
end

-- The schema's key that a key is, or is a part of.
local function declared(key)
  while key do
    if schema[key] then return key end
    key = key:match "^(.*)%.[^.]+$"
  end
end

local function known() return require "qwen.config.known_keys" end

---What becomes of a key: "honoured" by the schema, "named" with the entry of known_keys.lua, "above" such keys, or "unknown".
---@param key string dotted
---@return "honoured"|"named"|"above"|"unknown" state
---@return {text: string, restricts: boolean, same: string?}? entry
function M.state(key)
  if schema[key] then return "honoured" end
  local entry = known().find(key)
  if entry then return "named", entry end
  if declared(key) then return "honoured" end
  if is_container(key) or known().contains(key) then return "above" end
  return "unknown"
end

---The key that may have been meant: one that ends alike, else the most alike.
---@param key string
---@return string?
function M.nearest(key)
  local last, same, names = "." .. key:gsub("^.*%.", ""), nil, known().names()
  for name in pairs(schema) do names[#names + 1] = name end
  for _, name in ipairs(names) do
    if name:sub(-#last) == last then same = same and "" or name end
  end
  if same and same ~= "" then return same end
  local near = text.nearest(key, names)
  return near ~= key and near or nil
end

-- Comments and version marks are no settings.
local function is_mark(name)
  return type(name) ~= "string" or name == "" or name:find "^[$#_/]" ~= nil
end

-- Whether a value has here the effect that it has in Qwen Code.
local function is_same(entry, value)
  return entry.same == "*" or entry.same ~= nil and entry.same == json.encode(value)
end

-- Goes down as far as keys are told apart; what the schema takes whole ends there.
local function walk(values, prefix, found)
  for name, value in pairs(values) do
    local key = prefix .. tostring(name)
    local option = schema[key]
    local inner = is_container(key) or option and option.partly
    if value == json.null or is_mark(name) or option and not inner then
      inner = false
    elseif not inner then
      local state, entry = M.state(key)
      inner = state == "above"
      if state == "unknown" or entry and not is_same(entry, value) then found[#found + 1] = { key = key, entry = entry } end
    end
    if inner and config_value.is_object(value) then walk(value, key .. ".", found) end
  end
end

---What a settings file sets without effect, in the order of the names.
---@param layer table of sources.file
---@return {key: string, place: string, text: string?, restricts: boolean?, near: string?}[] without text: nobody knows the key
function M.without(layer)
  local found, out = {}, {}
  walk(layer.values, "", found)
  for _, one in ipairs(found) do
    local entry, line = one.entry, layer.lines[one.key]
    out[#out + 1] = { key = one.key, place = layer.source .. (line and ":" .. line or ""), text = entry and entry.text,
      restricts = entry and entry.restricts, near = not entry and M.nearest(one.key) or nil }
  end
  table.sort(out, function(a, b) return a.key < b.key end)
  return out
end

local function names_of(rows)
  local out, seen = {}, {}
  for _, row in ipairs(rows) do
    if not seen[row.key] then out[#out + 1], seen[row.key] = row.key, true end
  end
  return table.concat(out, ", ")
end

---The sentences about them at the start of a run: one for those that restrict, one for the others, one for each unknown key.
---@param rows table[] of M.without
---@return string[]
function M.sentences(rows)
  local out, limiting, others = {}, {}, {}
  for _, row in ipairs(rows) do
    if not row.text then
      out[#out + 1] = tr("%s: unknown setting '%s'%s", row.place, row.key, row.near and tr("; did you mean %s?", row.near) or "")
    else
      table.insert(row.restricts and limiting or others, row)
    end
  end
  if #limiting > 0 then
    out[#out + 1] = tr("these settings restrict and are NOT honoured here: %s (why: qwen doctor)", names_of(limiting))
  end
  if #others > 0 then out[#out + 1] = tr("settings without effect here: %s (why: qwen doctor)", names_of(others)) end
  return out
end

return M
