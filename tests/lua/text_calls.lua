-- Calls that models write into their text (tests/cases/text_calls/*.in, what comes of it in *.want), and answers that only look like them
-- (prose-*.in, which stay as they are): whole, cut in two at every byte, and byte by byte.
require "qwen.api"
local t = dofile "tests/check.lua"
local fs = require "sys.fs"
local splitter = require "qwen.provider.text_tool_calls"

local OFFERED = { read_file = true, get_weather = true, add = true, list_directory = true, run_shell_command = true, todo_write = true, ["mcp__a__b"] = true }

-- What comes of pieces of a text: its text and, on lines of their own, the calls.
local function taken(pieces, names)
  local split, out, words = splitter(names or OFFERED), {}, {}
  for _, piece in ipairs(pieces) do split(piece, out) end
  split(nil, out)
  for _, delta in ipairs(out) do
    if delta.type == "call" then
      if #words > 0 and not words[#words]:find "\n$" then words[#words + 1] = "\n" end
      words[#words + 1] = ("%%call %s %s\n"):format(delta.name, delta.args)
    elseif delta.type == "text" then
      words[#words + 1] = delta.text
    end
  end
  return table.concat(words)
end

local folder, forms, prose = "tests/cases/text_calls", 0, 0
for _, entry in ipairs(assert(fs.list(folder))) do
  local name = entry.name:match "^(.*)%.in$"
  if name then
    local text = assert(fs.read(folder .. "/" .. entry.name))
    local want = name:find "^prose" and text or assert(fs.read(folder .. "/" .. name .. ".want"))
    if name:find "^prose" then prose = prose + 1 else forms = forms + 1 end
    if t.eq(taken { text }, want, name) then
      for cut = 1, #text - 1 do
        if not t.eq(taken { text:sub(1, cut), text:sub(cut + 1) }, want, ("%s, cut at %d"):format(name, cut)) then break end
      end
      local single = {}
      for c in text:gmatch "." do single[#single + 1] = c end
      t.eq(taken(single), want, name .. ", byte by byte")
      t.eq(taken({ text }, {}), text, name .. ": nothing is offered, nothing is called")
    end
  end
end
t.ok(forms >= 51 and prose >= forms, ("%d forms, %d others"):format(forms, prose))
io.write(("%d forms are read, %d ordinary answers stay\n"):format(forms, prose))

-- Hostile text costs what it is long: a megabyte of each, in one piece and in pieces of 100 bytes, within the budget of a test.
for _, unit in ipairs { "<tool_call>", "<tool_call>{", '<tool_call>["', "<function=read_file>", "<function=read_file><parameter=a>", "`", "<", "[", "```\n", "~~~~",
  "<|", "[TOOL_CALLS]", "[TOOL_CALLS]read_file{", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>", "{", '{"name":', "[[", '{"name":"read_file","arguments":{"a":"', "\n> <",
  "<function=read_file><parameter=a></parameter>", "[read_file(", "read_file\n", "a</parameter> " } do
  local text = unit:rep(256 * 1024 // #unit)
  t.eq(taken { text }, text, "much of " .. unit)
  local pieces = {}
  for at = 1, #text, 100 do pieces[#pieces + 1] = text:sub(at, at + 99) end
  t.eq(taken(pieces), text, "much of " .. unit .. " in pieces")
end
do -- one long argument in small pieces
  local long = ("x } ] ` < / "):rep(20000)
  local pieces = { '<tool_call>{"name":"read_file","arguments":{"a":"' }
  for at = 1, #long, 7 do pieces[#pieces + 1] = long:sub(at, at + 6) end
  pieces[#pieces + 1] = '"}}</tool_call>'
  t.eq(#taken(pieces), #long + #'%call read_file {"a":""}\n', "a long argument")
end
t.done()
