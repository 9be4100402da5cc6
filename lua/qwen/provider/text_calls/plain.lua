-- Calls without marks around their parts: values of JSON one after the other, lists of calls as Python writes them.
local values = require "qwen.provider.text_calls.values"

local M = {}

local MOST_NAME, MOST_HEAD = 128, 200

---A value of JSON. The first field of an object shows early whether it can be a call: ordinary JSON is not held back.
---@param r table a reader
---@param names table<string, any>?
---@return string? nil where none comes, or one that cannot be a call
function M.value(r, names)
  if not r:is "{%[" then return nil end
  local from = r.at
  while true do
    local open = r.text:match("^[%[%s]*{%s*()", from)
    local key = open and r.text:match('^"([^"]*)"', open)
    if key and not values.is_first(names, key) or open and r.text:find('^[^"]', open) then return nil end
    if key or #r.text - from > MOST_HEAD or not open and r.text:find("^[%[%s]*[^%[%s{]", from) then break end
    if r:pause() == false then break end
    from = r.at
  end
  return r:balanced '"'
end

---JSON values, one after the other, and one of the ends, which may be missing behind the last.
---@param ends string[]
---@param strict boolean? a name without arguments makes no call
---@return fun(r: table, names: table?, calls: Delta[]): boolean
function M.values(ends, strict)
  return function(r, names, calls)
    local count = 0
    while true do
      r:skip "%s,;"
      if r:take_one(ends) or r:at_end() or not r:is "{%[" then return count > 0 end
      local text = M.value(r, names)
      if not text or not values.add_json(names, text, calls, strict) then return false end
      count = count + 1
    end
  end
end

---[f(a=1), g()]: the name of the first shows whether it can be one.
---@param r table a reader
---@param names table<string, any>?
---@param calls Delta[]
---@return boolean
function M.python_list(r, names, calls)
  local count = 0
  if not r:take "[" then return false end
  repeat
    r:skip "%s"
    local raw = r:word("%w_.-", MOST_NAME)
    local args = raw and values.offered(names, raw) and r:is "%(" and r:balanced "\"'"
    if not args or not values.add_python(names, raw .. args, calls) then return false end
    count = count + 1
    r:skip "%s"
  until not r:take ","
  return r:take "]" and count > 0
end

return M
