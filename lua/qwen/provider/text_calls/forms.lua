-- The forms in which models write calls into their text, by what they begin with. A form is fun(r, names, calls): it reads on behind its
-- beginning, adds the calls and gives true, or gives false for what is none, or not whole.
local plain = require "qwen.provider.text_calls.plain"
local values = require "qwen.provider.text_calls.values"
local xml = require "qwen.provider.text_calls.xml"

local M = {}

local NAME, MOST_NAME, MOST_HEAD = "%w_.:/-", 128, 200

local json_values, python_list, invoke, group = plain.values, plain.python_list, xml.invoke, xml.group

local functions = group({ { "<function=", xml.one_function }, { '<function name="', xml.named_function } }, { "</tool_call>", "</seed:tool_call>" })
local hermes = json_values({ "</tool_call>" })

local function tool_call(r, names, calls)
  local words = r:is " "
  r:skip "%s"
  if r:is "{%[" then return hermes(r, names, calls) end
  if r:is "<" then return functions(r, names, calls) end
  return not words and xml.glm(r, names, calls)
end

local invokes = group({ { '<invoke name="', invoke "" } }, { "</function_calls>", "</minimax:tool_call>", "</tool_calls>" })

-- Calls on lines of their own, as Python writes them, up to an end.
local function python_up_to(close)
  return function(r, names, calls)
    local text = r:upto(close)
    return text ~= nil and values.add_python(names, text, calls)
  end
end

local function function_calls(r, names, calls)
  r:skip "%s"
  if r:is "<" then return invokes(r, names, calls) end
  return python_up_to "</function_calls>"(r, names, calls)
end

-- Llama: JSON, or a call as Python writes it, with or without brackets around; more of them behind a semicolon.
local function python_tag(r, names, calls)
  r:skip "%s"
  local ok
  if r:is "{" then ok = json_values({ "<|eom_id|>", "<|eot_id|>" })(r, names, calls) end
  if ok == nil and r:is "%[" then ok = python_list(r, names, calls) end
  if ok == nil then
    local raw = r:word("%w_.", MOST_NAME)
    local args = raw and r:is "%(" and r:balanced "\"'"
    ok = args and values.add_python(names, raw .. args, calls)
  end
  r:take_one { "<|python_end|>", "<|eom_id|>", "<|eot_id|>" }
  return ok
end

-- Mistral: a list, or NAME, with an id or not, and an object; then more of them.
local function mistral(r, names, calls)
  local count = 0
  repeat
    r:skip "%s,"
    if r:is "%[{" and not r:sees "[TOOL_CALLS]" then
      local text = plain.value(r, names)
      if not text or not values.add_json(names, text, calls) then return false end
    else
      local raw = r:word(NAME, MOST_NAME)
      if not raw or not values.offered(names, raw) then return false end
      if r:take "[CALL_ID]" and not r:word("%w", MOST_NAME) then return false end
      r:take "[ARGS]"
      r:skip "%s"
      local args = r:is "{" and r:balanced '"'
      if not args or not values.add_named(names, raw, args, calls) then return false end
    end
    count = count + 1
    r:skip "%s"
  until not r:take "[TOOL_CALLS]"
  return count > 0
end

-- DeepSeek. Distilled models write the marks in other ways: their letters count.
local function mark(r)
  local text = r:take "<｜" and r:upto("｜>", 60)
  return text and text:lower():gsub("[^a-z]", "") or nil
end

local step = invoke "steptml:"

local function deepseek_call(r, names, calls)
  local head = r:upto("<｜", MOST_HEAD)
  local sep = head and r:upto("｜>", 60)
  if not sep or sep:lower():gsub("[^a-z]", "") ~= "toolsep" then return false end
  r:skip "%s"
  local ok
  if r:take '<steptml:invoke name="' then
    ok = step(r, names, calls)
  else
    local raw = head
    if not values.offered(names, head) then raw = r:upto("\n", MOST_NAME) end
    if not raw or not values.offered(names, raw) then return false end
    r:skip "%s"
    local fenced = r:take "```" and r:upto("\n", 20)
    r:skip "%s"
    local args = r:is "{" and r:balanced '"'
    ok = args and values.add_named(names, raw, args, calls)
    r:skip "%s"
    if fenced and not r:take "```" then return false end
  end
  r:skip "%s"
  return ok and (r:at_end() or mark(r) == "toolcallend")
end

local function deepseek(r, names, calls)
  local count = 0
  while true do
    r:skip "%s"
    if not r:sees "<｜" then return count > 0 end
    local name = mark(r)
    if name == "toolcallsend" then return count > 0 end
    if name ~= "toolcallbegin" or not deepseek_call(r, names, calls) then return false end
    count = count + 1
  end
end

local function kimi_call(r, names, calls)
  r:skip "%s"
  local raw = r:word(NAME, MOST_NAME)
  r:skip "%s"
  if not raw or not r:take "<|tool_call_argument_begin|>" then return false end
  r:skip "%s"
  local args = r:is "{" and r:balanced '"'
  r:skip "%s"
  if args then r:take "<|tool_call_end|>" end
  return args and values.add_named(names, raw, args, calls)
end

-- gpt-oss: "to=functions.NAME" in the head of a message, and its arguments.
local function harmony(r, names, calls)
  local head = r:upto("<|message|>", MOST_HEAD)
  local raw = head and head:match "to=([%w_.:-]+)"
  if not raw or not values.offered(names, raw) then return false end
  r:skip "%s"
  local args = r:is "{" and r:balanced '"'
  r:skip "%s"
  if args then r:take_one { "<|call|>", "<|end|>" } end
  return args and values.add_named(names, raw, args, calls)
end

local function gemma(close)
  return function(r, names, calls)
    local text = r:upto(close)
    return text ~= nil and values.add_gemma(names, text, calls)
  end
end

local function lfm(r, names, calls)
  local ok = python_list(r, names, calls)
  return ok and r:take "<|tool_call_end|>"
end

local function dsml(end_name)
  return group({ { '<｜DSML｜invoke name="', invoke "｜DSML｜" } }, { "</｜DSML｜" .. end_name .. ">" })
end

local deepseek_first = function(r, names, calls)
  return deepseek_call(r, names, calls) and (r:skip "%s" or not r:sees "<｜" or deepseek(r, names, calls))
end

---What a call begins with, and how it goes on. Longer beginnings stand before those that they begin with.
---@type {[1]: string, [2]: fun(r: table, names: table?, calls: Delta[]): boolean?}[]
M.tagged = {
  { "<tool_call>", tool_call }, { "<seed:tool_call>", functions }, { "<minimax:tool_call>", invokes },
  { "<tool_calls>", json_values { "</tool_calls>" } }, { "<function_calls>", function_calls }, { "<function_call>", json_values { "</function_call>" } },
  { "<function=", xml.lone_function }, { '<function name="', xml.named_function }, { '<invoke name="', invoke "" },
  { "<longcat_tool_call>", json_values { "</longcat_tool_call>" } }, { "<TOOLCALL>", json_values { "</TOOLCALL>" } },
  { "<tools>", json_values({ "</tools>" }, true) }, { "<json>", json_values({ "</json>" }, true) }, { "<JSON>", json_values({ "</JSON>" }, true) },
  { "<|tool_call|>", json_values { "<|/tool_call|>" } }, { "<|tool_call>", gemma "<tool_call|>" },
  { "<start_function_call>", gemma "<end_function_call>" }, { "<|tools_prefix|>", json_values { "<|tools_suffix|>" } },
  { "<|START_ACTION|>", json_values { "<|END_ACTION|>" } }, { "<|action_start|><|plugin|>", json_values { "<|action_end|>" } },
  { "<|tool_calls_section_begin|>", group({ { "<|tool_call_begin|>", kimi_call } }, { "<|tool_calls_section_end|>" }) },
  { "<|tool_call_begin|>", kimi_call }, { "<|tool_call_start|>", lfm }, { "<|python_tag|>", python_tag }, { "<|python_start|>", python_tag },
  { "<|channel|>", harmony }, { "<|start|>assistant", harmony }, { "[TOOL_CALLS]", mistral },
  { "<｜DSML｜function_calls>", dsml "function_calls" }, { "<｜DSML｜tool_calls>", dsml "tool_calls" },
  { "<｜tool▁calls▁begin｜>", deepseek }, { "<｜tool_calls_begin｜>", deepseek }, { "<｜tool calls begin｜>", deepseek },
  { "<｜tool\\_calls\\_begin｜>", deepseek }, { "<｜tool▁call▁begin｜>", deepseek_first }, { "<｜tool_call_begin｜>", deepseek_first },
}

return M
