-- The command line as a table: parsing and the help text. What a flag does is decided by those who read the table.
local err = require "qwen.util.err"
local flags = require "qwen.config.flags"
local foreign_flags = require "qwen.config.foreign_flags"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local function index()
  local by_name, names = {}, {}
  for _, group in ipairs(flags) do
    for _, flag in ipairs(group) do
      for _, name in ipairs { flag.long, flag.also } do
        by_name["--" .. name] = flag
        names[#names + 1] = "--" .. name
      end
      if flag.short then by_name["-" .. flag.short] = flag end
    end
  end
  return by_name, names
end

local function usage(message)
  return nil, err("usage", message .. " (see: qwen --help)")
end

-- The items of a list; a comma inside parentheses belongs to the rule.
local function split(value, list)
  local depth, start = 0, 1
  for i = 1, #value + 1 do
    local c = value:sub(i, i)
    if c == "(" then depth = depth + 1 elseif c == ")" then depth = depth - 1 end
    if i > #value or c == "," and depth <= 0 then
      local item = text.trim(value:sub(start, i - 1))
      if item ~= "" then list[#list + 1] = item end
      start = i + 1
    end
  end
end

local function take_value(opts, flag, name, value)
  if value == "" and not flag.blank then return usage(("%s wants a value, not an empty one"):format(name)) end
  if flag.kind then
    local n, problem = require("qwen.config.quantities").read(flag, value)
    if not n then return usage(name .. " " .. problem) end
    value = n
  elseif flag.choices then
    local known = false
    for _, choice in ipairs(flag.choices) do known = known or choice == value end
    if not known then
      local near = text.nearest(value, flag.choices)
      return usage(("%s must be one of %s, not '%s'%s"):format(name, table.concat(flag.choices, ", "), value, near and "; did you mean " .. near .. "?" or ""))
    end
  end
  if not flag.list then
    opts[flag.field] = value
  elseif flag.whole then
    table.insert(opts[flag.field], value)
  else
    split(value, opts[flag.field])
  end
  return true
end

local take_flag

-- A flag of the Claude Agent SDK, as ours; nil for what is none.
local function take_foreign(opts, argv, i, by_name, names)
  local name, value = argv[i]:match "^(%-%-[^=]+)=(.*)$"
  local foreign = opts.input == "stream-json" and require("qwen.config.sdk_flags")[name or argv[i]]
  if not foreign then return nil end
  if foreign.drop == true then return i end
  local last = value and i or i + 1
  value = value or argv[last]
  if foreign.drop and foreign.drop[value] then return last end
  if not foreign.to then
    return usage(("%s '%s' is not understood"):format(name or argv[i], value or ""))
  end
  local flag = by_name[foreign.to]
  if not flag.value then return take_flag(opts, { foreign.to }, 1, by_name, names) and i end
  value = foreign.values and foreign.values[value] or value
  local taken, e = take_flag(opts, { foreign.to .. "=" .. (value or "") }, 1, by_name, names)
  return taken and last, e
end

-- Reads the flag at argv[i]; gives the index of its last word.
function take_flag(opts, argv, i, by_name, names)
  local name, value = argv[i]:match "^(%-%-?[^=]+)=(.*)$"
  name = name or argv[i]
  local flag = by_name[name]
  if not flag then
    local last, e = take_foreign(opts, argv, i, by_name, names)
    if last or e then return last, e end
    local instead = foreign_flags.nearest[name]
    if instead then return usage(("unknown flag %s; here: %s"):format(name, instead)) end
    local near = text.nearest(name, names)
    return usage(("unknown flag %s%s"):format(name, near and "; did you mean " .. near .. "?" or ""))
  end
  if not flag.value then
    if value then return usage(name .. " takes no value") end
    local misread = argv[i + 1] and foreign_flags.misread(name, argv[i + 1])
    if misread then return usage(misread) end
    opts[flag.field] = true
    return i
  end
  local next_word = argv[i + 1]
  local is_flag = next_word and (by_name[next_word:match "^[^=]+" or ""] ~= nil or next_word == "--")
  if not value and next_word and not is_flag and not (flag.optional and next_word:sub(1, 1) == "-") then
    value, i = next_word, i + 1
  end
  if value then
    local ok, e = take_value(opts, flag, name, value)
    if not ok then return nil, e end
  elseif flag.optional then
    opts[flag.field] = true
  else
    local hint = is_flag and ("; if '%s' is meant as the value, write %s=%s"):format(next_word, name, next_word) or ""
    return usage(("%s wants a value: %s %s%s"):format(name, name, flag.value, hint))
  end
  return i
end

-- What cannot be meant together, in words.
local function contradiction(opts)
  if opts.yolo and opts.mode and opts.mode ~= "yolo" then return ("--yolo contradicts --approval-mode %s"):format(opts.mode) end
  if opts.prompt and opts.positional[1] then
    return ("there are two prompts: --prompt and '%s'; put all of it in one, in quotes"):format(table.concat(opts.positional, " "))
  end
  local other = opts.prompt or opts.command and opts.command.name or opts.positional[1]
  if opts.prompt_interactive and other then
    return ("there are two prompts: --prompt-interactive and '%s'; give one, in quotes"):format(other)
  end
  local earlier = opts.continue or opts.resume
  if opts.fork_session and not earlier then return "--fork-session needs --continue or --resume" end
  if opts.no_session and earlier then
    return "--no-session keeps no sessions and resumes none; leave out --continue or --resume"
  end
  if opts.continue and opts.resume then return "--continue and --resume contradict each other; give one" end
  if opts.session_id and earlier and not opts.fork_session then return "--session-id names a new session; it cannot be given with --continue or --resume" end
  if opts.json_schema and opts.command then return "--json-schema is for the answer to a prompt" end
  if opts.json_fd and opts.json_file then return "--json-fd and --json-file contradict each other; give one" end
  if opts.partial and opts.output ~= "stream-json" then return "--include-partial-messages needs --output-format stream-json" end
end

---Reads the arguments.
---@param argv string[]
---@param is_command fun(word: string, alone: boolean): boolean? whether the first word is a command; alone: nothing follows it
---@return table? opts fields as declared in flags.lua, and `positional`, `command = {name, args}`
---@return Err?
function M.parse(argv, is_command)
  local by_name, names = index()
  local opts = { positional = {} }
  for _, flag in pairs(by_name) do
    if flag.list then opts[flag.field] = {} end
  end
  local i, only_positional = 1, false
  while i <= #argv do
    local word = argv[i]
    if only_positional or word == "-" or word:sub(1, 1) ~= "-" then
      if #opts.positional == 0 and not only_positional and not opts.prompt and is_command and is_command(word, i == #argv) then
        opts.command = { name = word, args = table.move(argv, i + 1, #argv, 1, {}) }
        break
      end
      table.insert(opts.positional, word)
    elseif word == "--" then
      only_positional = true
    else
      local last, e = take_flag(opts, argv, i, by_name, names)
      if not last then return nil, e end
      i = last
    end
    i = i + 1
  end
  opts.output = opts.output or "text"
  local wrong = contradiction(opts)
  if wrong then return usage(wrong) end
  if opts.yolo then opts.mode = "yolo" end
  return opts
end

---The JSON that the arguments ask for, also where they are wrong otherwise.
---@param argv string[]
---@return "json"|"stream-json"|nil
function M.output(argv)
  local found
  for i, word in ipairs(argv) do
    if word == "--" then break end
    local name, value = word:match "^([^=]+)=?(.*)$"
    if name == "-o" or name == "--output-format" or name == "--output" then
      found = value ~= "" and value or argv[i + 1]
    end
  end
  return (found == "json" or found == "stream-json") and found or nil
end

local function label(flag)
  return "--" .. flag.long .. (flag.value and (flag.optional and " [" .. flag.value .. "]" or " " .. flag.value) or "")
end

-- Words as lines of at most 80 columns under an indentation.
local function fill(words, separator, first, indent)
  local lines, line = {}, first
  for n, word in ipairs(words) do
    local piece = word .. (n < #words and separator or "")
    if #line + #piece > 80 then
      lines[#lines + 1] = line
      line = indent
    end
    line = line .. piece .. " "
  end
  lines[#lines + 1] = line
  return (table.concat(lines, "\n"):gsub("%f[ ] +\n", "\n"):gsub("%f[ ] +$", ""))
end

---The help text: 80 columns, at most 40 lines; flags that few need are named only.
---@param commands {name: string, summary: string}[]
---@return string
function M.help(commands)
  local names, rare = {}, {}
  for _, command in ipairs(commands) do names[#names + 1] = command.name end
  local out = {
    tr "qwen - a coding assistant in the terminal", "",
    "  qwen [FLAGS]              " .. tr "start a session",
    "  qwen [FLAGS] PROMPT       " .. tr "answer one prompt with tools, then end",
    fill(names, ",", "  qwen COMMAND [ARGS]       ", (" "):rep(28)),
  }
  for _, group in ipairs(flags) do
    out[#out + 1] = tr(group.group)
    for _, flag in ipairs(group) do
      if flag.rare then
        rare[#rare + 1] = "--" .. flag.long
      else
        out[#out + 1] = ("  %-30s %s"):format((flag.short and "-" .. flag.short .. ", " or "    ")
          .. label(flag), tr(flag.text))
      end
    end
  end
  out[#out + 1] = fill(rare, ",", tr "More in man qwen:" .. " ", "  ")
  return table.concat(out, "\n") .. "\n"
end

return M
