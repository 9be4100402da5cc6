-- Finds tool calls that a model without a tool parser writes into its text: <tool_call>{json}</tool_call>, <function=..> with
-- <parameter=..>, a fenced JSON block, or JSON that is the whole text. What cannot be read as a call stays text, and so does what stands in
-- other fences or behind a backtick. Text that cannot be of a call is passed on at once.
local json = require "sys.json"

local TAG, TAG_END, FUNCTION, FUNCTION_END = "<tool_call>", "</tool_call>", "<function=", "</function>"
local MOST_HEAD = 200 -- bytes in which it must show whether something is a call

local function begins(text, with)
  return text:sub(1, #with) == with
end

local function call_of(value, strict)
  local fn = type(value) == "table" and (type(value["function"]) == "table" and value["function"] or value) or {}
  local args = fn.arguments or fn.parameters or {}
  if type(fn.name) ~= "string" or fn.name == "" or strict and not (fn.arguments or fn.parameters) then return nil end
  if type(args) == "string" then return { type = "call", name = fn.name, args = args } end
  local ok, text = pcall(json.encode, type(args) == "table" and args or {})
  return ok and { type = "call", name = fn.name, args = text } or nil
end

-- Adds the calls that a JSON text is, one or a list of them; nil when it is something else. `strict`: a name alone makes no call.
local function read_json(text, calls, strict)
  local value = json.decode(text)
  if type(value) ~= "table" then return nil end
  for _, item in ipairs(#value > 0 and value or { value }) do
    local call = call_of(item, strict)
    if not call then return nil end
    calls[#calls + 1] = call
  end
  return true
end

-- Adds the call in <function=name> form, whose values are texts, to be read by the tool's schema; nil when it ends within a value.
local function read_function(text, calls)
  local name, rest = text:match "<function=([^>\n]+)>(.*)$"
  local args = {}
  rest = rest:gsub("<parameter=([^>\n]+)>\n?(.-)\n?</parameter>", function(key, value)
    args[key] = value
    return ""
  end)
  if rest:find("<parameter=", 1, true) then return nil end
  calls[#calls + 1] = { type = "call", name = name, args = json.encode(args) }
  return true
end

-- The fields one of which a call begins with.
local first_keys = { name = true, ["function"] = true, arguments = true, parameters = true, type = true, id = true }

-- Below, `c` is a call that may be there: how it began (opener), how it ends (closer), its calls so far, `at` as far as held was read, and
-- `from`, where the value begins that is not at its end yet. Each gives where the call ends, "wait", or nil when it is none.

-- Reads on to the end of a JSON value: 1 when it is there, "wait" or nil.
local function end_of_value(c, held)
  local key = not c.keyed and held:match('^[%[%s]*{%s*"([^"]*)"', c.from)
  if key and not first_keys[key] or not key and not c.keyed and #held - c.from > MOST_HEAD then return nil end
  c.keyed = c.keyed or key
  while true do
    local at, _, mark = held:find(c.quoted and '(["\\])' or '([{}%[%]"])', c.at)
    if not at or mark == "\\" and at == #held then
      c.at = at or #held + 1
      return "wait"
    end
    c.at = at + (mark == "\\" and 2 or 1)
    if mark == '"' then
      c.quoted = not c.quoted
    elseif mark ~= "\\" then
      c.depth = c.depth + ((mark == "{" or mark == "[") and 1 or -1)
      if c.depth == 0 then return read_json(held:sub(c.from, at), c.calls, not c.opener:find "^<") end
    end
  end
end

local function json_end(c, held, last)
  while true do
    if c.from then
      local done = end_of_value(c, held)
      if done ~= true then return not last and done or nil end
      c.from = nil
    end
    local at = held:match("^[%s,]*()", c.at)
    local rest = held:sub(at)
    if rest == "" then return last and at or "wait" end
    if c.closer and begins(rest, c.closer) then return at + #c.closer end
    if c.closer and not last and begins(c.closer, rest) then return "wait" end
    if not rest:find "^[{%[]" then return c.opener:find "^<" and c.at or nil end
    c.from, c.at, c.depth, c.keyed = at, at, 0, false
  end
end

local function function_end(c, held, last)
  while c.from do
    local _, at = held:find(FUNCTION_END, c.at, true)
    if not at and not last then
      c.at = math.max(c.at, #held - #FUNCTION_END)
      return "wait"
    end
    c.at = (at or #held) + 1
    if read_function(held:sub(c.from, c.at - 1), c.calls) then c.from = nil elseif not at then return nil end
  end
  local at = held:match("^%s*()", c.at)
  local rest = held:sub(at)
  if begins(rest, TAG_END) then return at + #TAG_END end
  return not last and begins(TAG_END, rest) and "wait" or c.at
end

local function candidate(find_end, opener, closer)
  return { find_end = find_end, opener = opener, closer = closer, calls = {}, from = #opener + 1, at = #opener + 1, depth = 0 }
end

-- What begins at a place with a backtick or an angle: a candidate, a fence (its first line), or "wait" while that is open.
local function opener_of(rest, line_begins, quoted, last)
  if begins(rest, "`") then
    if not line_begins then return nil end
    local fence, info = rest:match "^(```+[ \t]*([^\n`]*)\n)"
    if fence and (info:find "^json%s*$" or info:find "^tool_calls?%s*$") then return candidate(json_end, fence, "```") end
    return fence or not last and #rest < MOST_HEAD and rest:find "^`+[^\n`]*$" and "wait" or nil
  end
  if quoted then return nil end
  local tag, after = rest:match "^(<tool_call>%s*)(.*)$"
  tag, after = tag or "", after or rest
  if tag ~= "" and after:find "^[{%[]" then return candidate(json_end, tag, TAG_END) end
  if after:find "^<function=[%w_.:%-]+>" then return candidate(function_end, tag) end
  if last or #rest > MOST_HEAD then return nil end
  return (begins(TAG, rest) or begins(FUNCTION, after) or after:find "^<function=[%w_.:%-]*$") and "wait" or nil
end

local function is_blank(text)
  return not text:find "%S"
end

---A splitter for one stream: call it with each piece of text and the list of deltas to append to; with nil at the end.
---@return fun(text: string?, out: Delta[])
return function()
  local held, more, open = "", {}, nil -- text that is not decided yet; what came behind it; the candidate that it begins with
  local begun, fenced, quiet, told = false, false, false, {} -- anything said; within a fence; behind a call; notes
  local blank, ticked = true, false -- nothing but white space in this line so far; a backtick was last

  local function say(text, out)
    if quiet then text = text:match "^%s*(.*)$" end -- white space after a call is nobody's
    if text == "" then return end
    quiet, ticked = false, text:sub(-1) == "`"
    blank = (blank or text:find "\n" ~= nil) and is_blank(text:match "^.*\n(.*)$" or text)
    out[#out + 1] = { type = "text", text = text }
  end

  local function note(key, words, out)
    if not told[key] then out[#out + 1] = { type = "note", text = words } end
    told[key] = true
  end

  -- Whether the candidate is decided.
  local function decide(last, out)
    local ends = open:find_end(held, last)
    if ends == "wait" then return false end
    if ends then
      note("taken", ("the model wrote its call of %s as text; it is taken as a call (textToolCalls)"):format(open.calls[1].name), out)
      table.move(open.calls, 1, #open.calls, #out + 1, out)
      held, quiet = held:sub(ends), true
    else
      if open.opener:find "^<" or open.find_end == function_end then note("left", "the model wrote a call as text that cannot be read; it stays text", out) end
      local shown = math.max(#open.opener, open.find_end == function_end and #FUNCTION or 0)
      say(held:sub(1, shown), out)
      held, fenced = held:sub(shown + 1), begins(open.opener, "`")
    end
    open = nil
    return true
  end

  -- Says the lines of a fence; true when it is at its end.
  local function leave_fence(last, out)
    while true do
      local line = held:match "^[^\n]*\n" or held
      local whole, ends = line:sub(-1) == "\n" or last, blank and line:find "^%s*```+%s*$"
      if not whole and blank and line:find "^%s*`*%s*$" then return false end
      say(line, out)
      held = held:sub(#line + 1)
      if ends then fenced = false end
      if ends or held == "" then return ends end
    end
  end

  -- Says the text before the next candidate; true when there is one, or a fence.
  local function find_opener(last, out)
    local from = 1
    while true do
      local at = held:find("[<`]", from)
      local before = held:sub(1, at and at - 1)
      local found = at and opener_of(held:sub(at), (blank or before:find "\n") and is_blank(before:match "^.*\n(.*)$" or before),
        at > 1 and before:sub(-1) == "`" or at == 1 and ticked, last)
      if not at or found then
        say(before, out)
        held = at and held:sub(at) or ""
        if type(found) == "table" then open = found end
        if type(found) == "string" and found ~= "wait" then
          say(found, out)
          held, fenced = held:sub(#found + 1), true
        end
        return found and found ~= "wait"
      end
      from = select(2, held:find("^`*", at)) + 1
      if from == at then from = at + 1 end
    end
  end

  return function(text, out)
    more[#more + 1] = text
    if open and open.from and text and not text:find "[%]}>`]" then return end -- not its end
    held, more = held .. table.concat(more), {}
    if not begun then
      if text and is_blank(held) then return end
      begun = true
      local at = held:match "^%s*()[{%[]"
      if at then open = candidate(json_end, held:sub(1, at - 1)) end
    end
    local on = true
    while on and held ~= "" do
      if open then on = decide(not text, out) elseif fenced then on = leave_fence(not text, out) else on = find_opener(not text, out) end
    end
  end
end
