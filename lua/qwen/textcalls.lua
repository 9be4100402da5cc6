-- Finds tool calls that a model without a tool parser writes into its text: <tool_call>{json}</tool_call>, <function=..> with
-- <parameter=..>, a fenced JSON block, or JSON that is the whole text. What looks like a call and cannot be read as one stays text.
local json = require "sys.json"

local closers = { ["<tool_call>"] = "</tool_call>", ["<function="] = "</function>", ["```json"] = "\n```", ["```tool_call"] = "\n```" }

local BARE = "{" -- a text that begins so may be a call as a whole

-- How many bytes at the end of text may be the beginning of a call.
local function overlap(text)
  local most = 0
  for opener in pairs(closers) do
    for n = math.min(#opener - 1, #text), most + 1, -1 do
      if text:sub(-n) == opener:sub(1, n) then most = n break end
    end
  end
  return most
end

local function first_opener(text)
  local at, which
  for opener in pairs(closers) do
    local found = text:find(opener, 1, true)
    if found and (not at or found < at or found == at and #opener > #which) then at, which = found, opener end
  end
  return at, which
end

local function call_of(value)
  local fn = type(value) == "table" and (type(value["function"]) == "table" and value["function"] or value) or {}
  local args = fn.arguments or fn.parameters or {}
  if type(fn.name) ~= "string" or fn.name == "" then return nil end
  if type(args) == "string" then return { type = "call", name = fn.name, args = args } end
  local ok, text = pcall(json.encode, type(args) == "table" and args or {})
  return ok and { type = "call", name = fn.name, args = text } or nil
end

-- Calls in <function=name> form; their values are texts, to be read by the tool's schema.
local function tagged(inner)
  local calls = {}
  for name, body in (inner:find("</function>", 1, true) and inner or inner .. "</function>"):gmatch "<function=([^>\n]+)>(.-)</function>" do
    local args = {}
    for key, value in body:gmatch "<parameter=([^>\n]+)>\n?(.-)\n?</parameter>" do args[key] = value end
    calls[#calls + 1] = { type = "call", name = name, args = json.encode(args) }
  end
  return calls
end

local function read_calls(text, opener)
  local inner = (opener == "<function=" or opener == BARE) and text or text:sub(#opener + 1)
  if closers[opener] and opener ~= "<function=" and inner:sub(-#closers[opener]) == closers[opener] then inner = inner:sub(1, -#closers[opener] - 1) end
  local calls = tagged(inner)
  if #calls > 0 then return calls end
  local value = json.decode(inner)
  local list = type(value) == "table" and #value > 0 and value or { value }
  for i, item in ipairs(list) do
    calls[i] = call_of(item)
    if not calls[i] then return {} end
  end
  return calls
end

---A splitter for one stream: call it with each piece of text and the list of deltas to append to; with nil at the end.
---@return fun(text: string?, out: Delta[])
return function()
  local held, opener, after, begun = "", nil, false, false

  local function say(text, out)
    if after then text = text:match "^%s*(.*)$" end -- white space after a call is nobody's
    if text == "" then return end
    after = false
    out[#out + 1] = { type = "text", text = text }
  end

  local function finish_call(text, out)
    local calls = read_calls(text, opener)
    opener = nil
    if #calls == 0 then return say(text, out) end
    for _, call in ipairs(calls) do out[#out + 1] = call end
    after = true
  end

  return function(text, out)
    held = held .. (text or "")
    while true do
      if not begun and held:find "%S" then
        begun = true
        if held:find "^%s*{" then opener = BARE end
      elseif not begun and text then
        return
      end
      if not opener then
        local at
        at, opener = first_opener(held)
        local keep = not at and text and overlap(held) or 0
        say(held:sub(1, at and at - 1 or #held - keep), out)
        held = held:sub(at or #held - keep + 1)
        if not at then return end
      end
      local last = closers[opener] and select(2, held:find(closers[opener], #opener + 1, true))
      if last then
        local whole = held:sub(1, last)
        held = held:sub(last + 1)
        finish_call(whole, out)
      elseif text then
        return
      else
        local rest = held
        held = ""
        return finish_call(rest, out)
      end
    end
  end
end
