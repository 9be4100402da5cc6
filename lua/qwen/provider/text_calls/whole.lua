-- Answers that are calls and nothing else, without marks of their own: JSON, a list of calls as Python writes them, a fence around either or
-- around marked calls, a name with an object below it. Anything beside them makes them prose.
local forms = require "qwen.provider.text_calls.forms"
local plain = require "qwen.provider.text_calls.plain"
local values = require "qwen.provider.text_calls.values"
local texts = require "qwen.util.text"

local MOST_NAME, MOST_INFO = 128, 20

local infos = { json = true, xml = true, tool_call = true, tool_calls = true, tool_code = true, python = true, py = true }
local lists = plain.values({}, true)

-- JSON or a list as Python writes it, by what stands behind the bracket.
local function value(r, names, calls)
  if not r:sees "[" then return lists(r, names, calls) end
  repeat
    local c = r.text:match("^%[%s*([^%s])", r.at)
    if c then return (c:find "[%a_]" and plain.python_list or lists)(r, names, calls) end
  until not r:pause()
  return false
end

local function marked(r, names, calls)
  for _, form in ipairs(forms.tagged) do
    if r:take(form[1]) then return form[2](r, names, calls) end
  end
  return false
end

-- A fence of three; what it says that it holds decides how it is read.
local function fence(r, names, calls)
  local info = r:upto("\n", MOST_INFO)
  info = info and texts.trim(info)
  if not infos[info or false] and not (info == "" and names) then return false end -- without a word only what was offered
  r:skip "%s"
  local ok
  if r:is "<" then
    ok = marked(r, names, calls)
  elseif r:is "{%[" then
    ok = value(r, names, calls)
  elseif info == "tool_code" or info:find "^py" then
    local raw = r:word("%w_.-", MOST_NAME)
    local text = raw and values.offered(names, (raw:gsub("%.call$", ""))) and r:is "%(" and r:upto "```"
    return text and values.add_python(names, raw .. text, calls)
  end
  r:skip "%s"
  return ok and r:take "```"
end

-- Whether an offered name begins so.
local function begins_name(names, word)
  for name in pairs(names) do
    if name:sub(1, #word) == word then return true end
  end
  return false
end

-- NAME and an object on the next line.
local function named(r, names, calls)
  if not names or not begins_name(names, r.text:match("^[%w_.:-]*", r.at)) then return false end
  local raw = r:word("%w_.:-", MOST_NAME)
  if not raw or not values.offered(names, raw) then return false end
  r:skip " \t\r"
  if not r:take "\n" then return false end
  r:skip "%s"
  local args = r:is "{" and r:balanced '"'
  return args and values.add_named(names, raw, args, calls)
end

---Whether all of an answer is calls, which are added.
---@param r table a reader
---@param names table<string, any>? the offered ones; nil for any
---@param calls Delta[]
---@return boolean
return function(r, names, calls)
  while true do
    r:skip "%s,;"
    local before = #calls
    if r:at_end() then return before > 0 end
    local ok
    if r:is "{%[" then
      ok = not r:sees "[TOOL_CALLS]" and value(r, names, calls)
    elseif r:take "```" then
      ok = fence(r, names, calls)
    elseif r:take "functools" then
      ok = r:is "%[" and lists(r, names, calls)
    else
      r:take ">>>"
      ok = named(r, names, calls)
    end
    if not ok or #calls == before then return false end
  end
end
