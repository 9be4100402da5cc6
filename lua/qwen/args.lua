-- The command line as a table: parsing and the help text. What a flag does is decided by those who read the table.
local err = require "qwen.err"
local groups = require "qwen.flags"
local text = require "qwen.text"

local M = {}

local function index()
  local by_name, names = {}, {}
  for _, group in ipairs(groups) do
    for _, flag in ipairs(group) do
      by_name["--" .. flag.long] = flag
      names[#names + 1] = "--" .. flag.long
      if flag.short then by_name["-" .. flag.short] = flag end
    end
  end
  return by_name, names
end

local function usage(message)
  return nil, err("usage", message .. " (see: qwen --help)")
end

local function take_value(opts, flag, value)
  if flag.number then
    local n = math.tointeger(tonumber(value))
    if not n or n < 0 then return usage(("--%s wants a whole number, not '%s'"):format(flag.long, value)) end
    value = n
  elseif flag.choices then
    local known = false
    for _, choice in ipairs(flag.choices) do known = known or choice == value end
    if not known then return usage(("--%s must be one of %s, not '%s'"):format(flag.long, table.concat(flag.choices, ", "), value)) end
  end
  if not flag.list then
    opts[flag.field] = value
    return true
  end
  local list = opts[flag.field]
  if flag.whole then
    list[#list + 1] = value
  else -- a comma inside parentheses belongs to the rule
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
  return true
end

---Reads the arguments.
---@param argv string[]
---@param commands string[] names that are commands of their own when they come first
---@return table? opts fields as declared in qwen.flags, and `positional`, `command = {name, args}`
---@return Err?
function M.parse(argv, commands)
  local by_name, names = index()
  local is_command = {}
  for _, name in ipairs(commands or {}) do is_command[name] = true end
  local opts = { positional = {}, allowed_tools = {}, exclude_tools = {}, use = {} }
  local i, only_positional = 1, false
  while i <= #argv do
    local word = argv[i]
    local name, value = word:match("^(%-%-[^=]+)=(.*)$")
    name = name or word
    if only_positional or word == "-" or word:sub(1, 1) ~= "-" then
      if #opts.positional == 0 and not only_positional and is_command[word] then
        opts.command = { name = word, args = table.move(argv, i + 1, #argv, 1, {}) }
        return opts
      end
      opts.positional[#opts.positional + 1] = word
    elseif word == "--" then
      only_positional = true
    else
      local flag = by_name[name]
      if not flag then
        local near = text.nearest(name, names)
        return usage(("unknown flag %s%s"):format(name, near and "; did you mean " .. near .. "?" or ""))
      end
      if not flag.value then
        if value then return usage(name .. " takes no value") end
        opts[flag.field] = true
      else
        local next_word = argv[i + 1]
        if not value and next_word and not (flag.optional and next_word:sub(1, 1) == "-") then
          value, i = next_word, i + 1
        end
        if value then
          local ok, e = take_value(opts, flag, value)
          if not ok then return nil, e end
        elseif flag.optional then
          opts[flag.field] = true
        else
          return usage(("%s wants a value: %s %s"):format(name, name, flag.value))
        end
      end
    end
    i = i + 1
  end
  if opts.yolo then opts.mode = "yolo" end
  opts.output = opts.output or "text"
  if opts.partial and opts.output ~= "stream-json" then return usage "--include-partial-messages needs --output-format stream-json" end
  return opts
end

---The help text; fits a screen.
---@param commands {name: string, summary: string}[]
---@return string
function M.help(commands)
  local out = {
    "qwen - a coding assistant in the terminal",
    "",
    "  qwen [FLAGS]              start a session",
    "  qwen [FLAGS] PROMPT       answer one prompt with tools, then end",
    "  qwen COMMAND [ARGS]       " .. "one of the commands below",
  }
  local names = {}
  for _, command in ipairs(commands) do names[#names + 1] = command.name end
  out[#out + 1] = ""
  out[#out + 1] = "Commands: " .. table.concat(names, ", ")
  for _, group in ipairs(groups) do
    out[#out + 1] = group.group .. ":"
    for _, flag in ipairs(group) do
      local left = (flag.short and "-" .. flag.short .. ", " or "    ") .. "--" .. flag.long
      if flag.value then left = left .. (flag.optional and " [" .. flag.value .. "]" or " " .. flag.value) end
      out[#out + 1] = ("  %-30s %s"):format(left, flag.text)
    end
  end
  return table.concat(out, "\n") .. "\n"
end

return M
