-- Headers of a request from several sources, put together.
local M = {}

---Headers with others on top, in whatever case; a name that lists what is to be tried (anthropic-beta) keeps what both name.
---@param headers table<string, HeaderValue>
---@param more table<string, HeaderValue>?
---@return table<string, HeaderValue> headers
function M.merge(headers, more)
  local names = {}
  for name in pairs(headers) do names[name:lower()] = name end
  for name, value in pairs(more or {}) do
    local known = names[name:lower()]
    local old = known and headers[known]
    if known then headers[known] = nil end
    if name:lower():find "%-beta$" and type(old) == "string" and type(value) == "string" then
      for word in old:gmatch "[^,%s]+" do
        if not (","..value:gsub("%s", "")..","):find("," .. word .. ",", 1, true) then value = value .. "," .. word end
      end
    end
    headers[name] = value
  end
  return headers
end

---Headers but that one, in whatever case.
---@param headers table<string, HeaderValue>
---@param name string
---@return table<string, HeaderValue>
function M.without(headers, name)
  local out = {}
  for key, value in pairs(headers) do out[key] = key:lower() ~= name:lower() and value or nil end
  return out
end

return M
