-- What services put where an error stands, in one form: its words, its codes, the status it names. JSON of many shapes, a page, anything.
local json = require "sys.json"

local M = {}

local MOST_PAGE = 16 * 1024 -- bytes of an error page that are read for its words

---@class ErrorBody
---@field text string? its words
---@field codes string[] its codes and types, the most exact one first
---@field status integer? the status that it names
---@field object table the error object; empty when there is none

-- Fields that hold words, and codes, in the order in which they are believed.
local words = {
  "message", "msg", "error_msg", "error_message", "errorMessage", "status_msg", "Message", "error_description", "error", "detail",
}
local codes = { "code", "error_code", "err_code", "errorCode", "Code", "type", "status" }
local statuses = { "http_code", "status_code", "statusCode", "code", "status" }

local function text_of(value)
  return type(value) == "string" and value:find "%S" and value or nil
end

local function code_of(value)
  if math.type(value) then return value == value and math.abs(value) < 1e9 and ("%.0f"):format(value) or nil end
  return text_of(value)
end

-- The error object in what a service sent.
local function inner(value)
  if type(value[1]) == "table" then value = value[1] end -- Gemini may wrap it in a list
  local list, meta = value.errors, value.ResponseMetadata
  if type(value.error) == "table" then return value.error end
  if type(list) == "table" and type(list[1]) == "table" then return list[1] end
  if type(meta) == "table" and type(meta.Error) == "table" then return meta.Error end -- Volcano Engine
  local base = value.base_resp
  if type(base) == "table" and base.status_code ~= 0 then -- MiniMax; its numbers mean other things elsewhere
    return { message = base.status_msg, code = "base_resp." .. tostring(code_of(base.status_code)) }
  end
  return value
end

-- What a gateway passes on of the service behind it.
local function raw_of(e)
  local metadata = type(e.metadata) == "table" and e.metadata or {}
  return text_of(metadata.raw) or text_of(e.inner) or text_of(e.innererror)
end

---Reads an error that is a value of JSON already.
---@param value any
---@return ErrorBody
function M.of(value)
  if type(value) ~= "table" then return { text = code_of(value), codes = {}, object = {} } end
  local e = inner(value)
  local out = { codes = {}, object = e }
  for _, name in ipairs(words) do out.text = out.text or text_of(e[name]) end
  if not out.text and type(e.detail) == "table" and type(e.detail[1]) == "table" then out.text = text_of(e.detail[1].msg) end -- FastAPI
  for _, name in ipairs(codes) do out.codes[#out.codes + 1] = code_of(e[name]) end
  for _, name in ipairs(statuses) do
    local status = math.tointeger(tonumber(e[name]) or tonumber(value[name]))
    if status and status >= 400 and status < 600 then out.status = out.status or status end
  end
  local raw = raw_of(e)
  if raw then out.text = (out.text and out.text .. ": " or "") .. raw end
  return out
end

-- The words of a page: HTML loses its tags.
local function page(body)
  local plain = body:sub(1, MOST_PAGE):gsub("<[sS][tT][yY][lL][eE].-</[sS][tT][yY][lL][eE]>", "")
  plain = plain:gsub("<[sS][cC][rR][iI][pP][tT].-</[sS][cC][rR][iI][pP][tT]>", "")
  plain = plain:gsub("<[^<>]*>", " "):gsub("%s+", " "):match("^ ?(.*)$"):sub(1, 200):gsub(" $", "")
  return plain ~= "" and plain or nil
end

---Reads the body of an error answer.
---@param body string
---@return ErrorBody
function M.read(body)
  local value = json.decode(body, false, true)
  if type(value) == "string" then return { text = value, codes = {}, object = {} } end
  if type(value) ~= "table" then return { text = page(body), codes = {}, object = {} } end
  local out = M.of(value)
  out.text = out.text or body:sub(1, 200)
  return out
end

return M
