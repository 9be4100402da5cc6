-- The text of a prompt command or a skill: cut into its pieces once, before anything is put in, so
-- that nothing a file, a command or an argument says is read as a piece. Two grammars:
-- `braces` of Qwen Code and Gemini: `{{args}}`, `@{path}`, `!{command}`;
-- `dollars` of Claude Code: `$ARGUMENTS`, `$1`, `${NAME}`, `` !`command` ``, a block ```` ```! ````.
local err = require "qwen.util.err"
local files = require "qwen.permission.files"
local policy = require "qwen.permission.policy"
local runner = require "qwen.permission.runner"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_FILE, MOST_OUTPUT, SECONDS = 256 * 1024, 64 * 1024, 120

-- What stands in braces that are in balance: {start, stop, file= or shell=}, in their order.
local function in_braces(template)
  local out, ends = {}, text.closed(template)
  for start, mark in template:gmatch "()([@!]){" do
    local stop = ends[start + 1]
    if stop then
      local inner = text.trim(template:sub(start + 2, stop - 1))
      out[#out + 1] = { start = start, stop = stop, [mark == "@" and "file" or "shell"] = inner }
    end
  end
  return out
end

-- Commands between backticks in a line, behind a sign that does not belong to a word.
local function in_line(line, at, out)
  for start, command, stop in line:gmatch "()!`([^`]+)`()" do
    local before = line:sub(start - 1, start - 1)
    if start == 1 or not before:find "[%w_`!]" then
      out[#out + 1] = { start = at + start - 1, stop = at + stop - 2, shell = text.trim(command) }
    end
  end
end

-- Commands as Claude Code writes them. A block that only shows code is left as it is.
local function in_ticks(template)
  local out, fence, block = {}, nil, nil
  for at, line in (template .. "\n"):gmatch "()(.-)\n" do
    local ticks, rest = line:match "^%s*(```+)(.*)$"
    if fence and ticks and #ticks >= #fence and not rest:find "%S" then
      if block then
        block.shell, block.stop = table.concat(block.lines, "\n"), at + #line - 1
        out[#out + 1] = block
      end
      fence, block = nil, nil
    elseif block then
      block.lines[#block.lines + 1] = line
    elseif ticks and not fence then
      fence = ticks
      if text.trim(rest) == "!" then block = { start = at, lines = {} } end
    elseif not fence then
      in_line(line, at, out)
    end
  end
  return out
end

-- The template as texts, {file=path} and {shell=command, words=boolean}.
local function pieces_of(template, grammar)
  local found = grammar.braces and in_braces(template) or {}
  for _, piece in ipairs(grammar.dollars and in_ticks(template) or {}) do found[#found + 1] = piece end
  table.sort(found, function(a, b) return a.start < b.start end)
  local out, at = {}, 1
  for _, piece in ipairs(found) do
    if piece.start >= at then -- not within another one
      if piece.start > at then out[#out + 1] = template:sub(at, piece.start - 1) end
      out[#out + 1] = piece
      at = piece.stop + 1
    end
  end
  if at <= #template then out[#out + 1] = template:sub(at) end
  return out
end

-- A file's text, or the names in a folder; only what a tool could read unasked.
local function file_text(ctx, path)
  local full = path:sub(1, 1) == "/" and files.normal(path) or files.normal(ctx.cwd .. "/" .. path)
  local place = files.place(full)
  if not files.place_inside(ctx, place) or policy.hidden(ctx)(place.name, place.real) then
    return nil, err("denied", tr("@{%s} is outside the project, or its reading is refused", path))
  end
  local scoped = files.scope(ctx, "read", { place })
  local stat, e = files.stat(scoped, full)
  if not stat then return nil, e end
  if stat.type == "dir" then
    local names = {}
    for _, entry in ipairs(files.list(scoped, full) or {}) do
      names[#names + 1] = entry.name .. (entry.type == "dir" and "/" or "")
    end
    return table.concat(names, "\n")
  end
  local content
  content, e = files.read(scoped, full, MOST_FILE)
  if not content then return nil, e end
  return content
end

-- What a command prints, if it may run: judged, run and confined as a command of the model.
local function shell_text(ctx, command)
  local verdict, reason = runner.judge(ctx, command)
  if verdict == "ask" then
    local answer = ctx.ask { title = tr "run a part of this command", detail = command, reason = tr(reason),
      choices = { { key = "y", label = tr "yes, once" }, { key = "n", label = tr "no" } } }
    if answer ~= "y" then
      return nil, err("denied", tr("'%s' was not allowed to run (%s)", command, reason))
    end
  elseif verdict == "deny" then
    return nil, err("denied", tr("'%s' is refused: %s", command, reason))
  end
  local result, e = runner.run(ctx, { command = command, stderr = "stdout", timeout = SECONDS,
    limit = MOST_OUTPUT * 4 })
  if not result then return nil, e end
  local out = text.head_tail(text.utf8(result.out), MOST_OUTPUT)
  if result.code == 0 then return out end
  return ("%s\n[`%s` ended with %s]"):format(out, command, result.code
    and ("exit code %s"):format(result.code) or "a signal")
end

local function single(value) return "'" .. value:gsub("'", "'\\''") .. "'" end

-- A value within a command line, by the quote that it stands in. What was typed as several words
-- stays several words.
local function quoted(value, quote)
  if quote == '"' then return (value.text:gsub('["\\$`]', "\\%0")) end
  if quote == "'" then return (value.text:gsub("'", "'\\''")) end
  if not value.words then return value.plain and value.text or single(value.text) end
  local out = {}
  for i, word in ipairs(text.shell_words(value.text)) do out[i] = single(word) end
  return table.concat(out, " ")
end

-- The command line with the values in the place of their marks.
local function command_line(marked, values)
  local out, quote, at = {}, nil, 1
  while at <= #marked do
    local index, stop = marked:match("^%z(%d+)%z()", at)
    local char = marked:sub(at, at)
    if index then
      out[#out + 1], at = quoted(values[tonumber(index)], quote), stop
    elseif char == "\\" and quote ~= "'" then
      out[#out + 1], at = marked:sub(at, at + 1), at + 2
    else
      if char == quote then
        quote = nil
      elseif not quote and (char == "'" or char == '"') then
        quote = char
      end
      out[#out + 1], at = char, at + 1
    end
  end
  return table.concat(out)
end

-- What stands behind a `$`: an argument, all of them, or a variable; nil for what is none.
local function dollar_value(given, name, index)
  local number = math.tointeger(tonumber(name))
  if name == "ARGUMENTS" then
    local place = index ~= "" and tonumber(index:sub(2, -2))
    if place then return { text = given.list[place + 1] or "" } end
    return { text = given.args, words = true }
  elseif number then
    local word = given.list[number + (given.from_zero and 1 or 0)]
    return word and { text = word }
  end
  local place = given.names[name]
  return place and { text = given.list[place] or "" }
end

-- The text with a mark in the place of each value, and the values.
local function marked(piece, grammar, given)
  local values = {}
  local function keep(value)
    if not value then return nil end
    values[#values + 1] = value
    if value.used ~= false then given.used = true end
    return ("\0%d\0"):format(#values)
  end
  piece = piece:gsub("%z", "")
  if grammar.braces then
    piece = piece:gsub("{{%s*args%s*}}", function() return keep { text = given.args } end)
  end
  if grammar.dollars then
    piece = piece:gsub("%${([%a_/][%w_]*)}", function(name)
      local value = given.variables[name]
      return value and keep { text = value, plain = true, used = false }
    end)
    piece = piece:gsub("(\\?)%$([%w_]+)(%[?%d*%]?)", function(escape, name, index)
      if escape ~= "" then return nil end
      if not index:find "^%[%d+%]$" or name ~= "ARGUMENTS" then
        local mark = keep(dollar_value(given, name, ""))
        return mark and mark .. index
      end
      return keep(dollar_value(given, name, index))
    end)
  elseif grammar.braces then -- Qwen Code knows this one, too
    piece = piece:gsub("%$ARGUMENTS%f[^%w_]", function() return keep { text = given.args, words = true } end)
  end
  return piece, values
end

local function with_values(piece, values)
  return (piece:gsub("%z(%d+)%z", function(index) return values[tonumber(index)].text end))
end

---The prompt that a template makes of what was typed behind its name.
---@param ctx Ctx
---@param template string
---@param grammar {braces: boolean?, dollars: boolean?}
---@param given {args: string, names: string[]?, variables: table<string, string>?,
---behind: string?} names: of the arguments in their order; variables: what `${NAME}` stands for;
---behind: what stands before arguments that the text has no place for
---@return string?, Err?
function M.fill(ctx, template, grammar, given)
  local names = {}
  for i, name in ipairs(given.names or {}) do names[name] = i end
  local state = { args = given.args, list = text.shell_words(given.args), names = names,
    variables = given.variables or {}, from_zero = template:find "%$0%f[^%w_]" ~= nil }
  local out = {}
  for i, piece in ipairs(pieces_of(template, grammar)) do
    local value, e
    if type(piece) == "string" then
      value = with_values(marked(piece, grammar, state))
    elseif piece.file then
      value, e = file_text(ctx, piece.file)
    else
      value, e = shell_text(ctx, command_line(marked(piece.shell, grammar, state)))
    end
    if not value then return nil, e end
    out[i] = value
  end
  local prompt = table.concat(out)
  if state.args ~= "" and not state.used then prompt = prompt .. "\n\n" .. (given.behind or "") .. state.args end
  return prompt
end

return M
