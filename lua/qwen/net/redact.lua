-- Requests and answers as they may be written down: without secrets, and without what stands as plain text where credentials stand.
local key_text = require "qwen.util.key_text"
local redact = require("sys.secret").redact

local M = { is_key = key_text.is_key }

local REMOVED = "<removed>"

---Whether a credential stands under this name of a header or a parameter.
M.is_private = require("sys.http").is_private
local is_private = M.is_private

---Header values. A secret prints as its name; where a credential stands as plain text, the header's name tells.
---@param headers table<string, HeaderValue>?
---@return table<string, string>
function M.headers(headers)
  local out = {}
  for name, value in pairs(headers or {}) do
    local texts, handle = {}, false
    for i, part in ipairs(type(value) == "table" and value or { value }) do
      handle = handle or type(part) == "userdata"
      texts[i] = redact(tostring(part))
    end
    out[name] = is_private(name) and not handle and REMOVED or table.concat(texts)
  end
  return out
end

---@param body HeaderValue?
---@return string?
function M.body(body)
  local texts = {}
  for i, part in ipairs(type(body) == "table" and body or { body }) do texts[i] = tostring(part) end
  return body and redact(table.concat(texts))
end

---@param url string
---@return string
function M.url(url)
  url = redact(url):gsub("//[^/@]*@", "//")
  return (url:gsub("([?&])([^?=&#]*)=([^&#]*)", function(mark, name)
    return is_private(name) and mark .. name .. "=" .. REMOVED or nil
  end))
end

-- A word without its parts that are keys by their form.
local function masked(word)
  return (word:gsub("[%w_.-]+", function(part) return key_text.has_form(part) and REMOVED or nil end))
end

-- A word of a text: an address loses its password and the parameters that are private, NAME=VALUE a private value.
local function shown(word)
  if word:find("://", 1, true) then
    word = word:gsub("(://[^/@:]*):[^/@]*@", "%1:***@"):gsub("([?&])([^?=&#]*)=([^&#]*)", function(mark, name)
      return is_private(name) and mark .. name .. "=" .. REMOVED or nil
    end)
    return masked(word)
  end
  local name, from = word:match "^([%w_.-]+)[=:]()"
  if name and from <= #word and is_private(name) then return word:sub(1, from - 1) .. REMOVED end
  return masked(word)
end

---A text of the settings as a list may show it: without keys, by their form, their name, or their place in an address.
---@param text string
---@return string
function M.text(text)
  return (redact(text):gsub("%S+", shown))
end

---The words of a command as a list may show them.
---@param words any[]
---@return string[]
function M.words(words)
  local out, private = {}, false
  for i, word in ipairs(words) do
    word = tostring(word)
    local header = word:lower():find "bearer%s" or is_private(word:match "^([%w-]+):%s" or "")
    out[i] = (private or header) and REMOVED or M.text(word)
    private = word:find "^%-" ~= nil and not word:find("=", 1, true) and is_private(word)
  end
  return out
end

return M
