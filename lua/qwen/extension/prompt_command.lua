-- Prompt commands as Qwen Code has them: Markdown with a description in its front matter, or TOML with `prompt` and `description`.
-- `@{path}` is a file's text, `!{command}` what a command prints, `{{args}}` what stands behind the command. The file is cut into its pieces
-- once, before anything is put in: what a file or a command says is never read as a command.
local err = require "qwen.util.err"
local files = require "qwen.workspace.files"
local fs = require "sys.fs"
local guard = require "qwen.permission.policy"
local text = require "qwen.util.text"

local M = {}

local MOST_FILE, MOST_OUTPUT, SECONDS = 256 * 1024, 64 * 1024, 120

-- A TOML string at `at`: its value and where it ends.
local function toml_string(source, at)
  for _, quote in ipairs { '"""', "'''" } do
    if source:sub(at, at + 2) == quote then
      local stop = source:find(quote, at + 3, true)
      if not stop then return nil end
      local value = source:sub(at + 3, stop - 1):gsub("^\r?\n", "")
      return value, stop + 3, quote == '"""'
    end
  end
  local quote = source:sub(at, at)
  if quote == "'" then
    local value, stop = source:match("^'([^'\n]*)'()", at)
    return value, stop, false
  end
  local i = at + 1
  while i <= #source and source:sub(i, i) ~= '"' do
    if source:sub(i, i) == "\n" then return nil end
    i = i + (source:sub(i, i) == "\\" and 2 or 1)
  end
  return source:sub(at + 1, i - 1), i + 1, true
end

local escapes = { n = "\n", t = "\t", r = "\r", ['"'] = '"', ["\\"] = "\\", b = "\b", f = "\f" }

local function unescape(value)
  value = value:gsub("\\\r?\n%s*", "")
  return (value:gsub("\\(.)(%x*)", function(char, hex)
    local digits = ({ u = 4, U = 8 })[char]
    if digits and #hex >= digits then return utf8.char(tonumber(hex:sub(1, digits), 16) & 0x7fffffff) .. hex:sub(digits + 1) end
    return (escapes[char] or "\\" .. char) .. hex
  end))
end

---The texts of a TOML file by key; nil and words when it is none.
---@param source string
---@return table<string, string>?, string?
function M.toml(source)
  local out, at, line = {}, 1, 1
  while true do
    local blank = source:match("^[%s]*", at)
    line = line + select(2, blank:gsub("\n", ""))
    at = at + #blank
    if at > #source then return out end
    if source:sub(at, at) == "#" or source:sub(at, at) == "[" then
      at = source:find("\n", at, true) or #source + 1
    else
      local key, stop = source:match("^([%w_-]+)%s*=%s*()", at)
      if not key then return nil, ("line %d: KEY = \"text\" is expected"):format(line) end
      if source:sub(stop, stop):find "[\"']" then
        local value, after, escaped = toml_string(source, stop)
        if not value then return nil, ("line %d: the text of '%s' has no end"):format(line, key) end
        out[key] = escaped and unescape(value) or value
        line = line + select(2, source:sub(stop, after - 1):gsub("\n", ""))
        at = after
      else
        at = source:find("\n", stop, true) or #source + 1
      end
    end
  end
end

---The fields between two lines of `---`, and the rest. A list becomes its items with commas, lines that go on a field become one.
---@param source string
---@return table<string, string> fields
---@return string body
function M.front_matter(source)
  local head, body = source:gsub("^\xef\xbb\xbf", ""):match "^%-%-%-[ \t]*\r?\n(.-)\r?\n%-%-%-[ \t]*\r?\n?(.*)$"
  local fields = {}
  if not head then return fields, source end
  local last
  for line in head:gmatch "[^\r\n]+" do
    local key, value = line:match "^([%w_-]+):[ \t]*(.*)$"
    local item = not key and last and line:match "^[ \t]*%-[ \t]+(.*)$"
    local more = not key and last and line:match "^[ \t]+(.*)$"
    if key then
      value = text.trim(value)
      last, fields[key] = key, value:match '^"(.*)"$' or value:match "^'(.*)'$" or value:gsub("^[|>][-+]?$", "")
    elseif item then
      fields[last] = fields[last] .. (fields[last] ~= "" and ", " or "") .. text.trim(item)
    elseif more then
      fields[last] = fields[last] .. (fields[last] ~= "" and " " or "") .. text.trim(more)
    end
  end
  return fields, body
end

-- The pieces of a template: texts, {file=path}, {shell=command}, with braces inside them in balance.
local function pieces_of(template)
  local out, at = {}, 1
  while true do
    local start, _, mark = template:find("([@!])%b{}", at)
    local stop = start and select(2, template:find("^%b{}", start + 1))
    if not start then break end
    if start > at then out[#out + 1] = template:sub(at, start - 1) end
    local inner = text.trim(template:sub(start + 2, stop - 1))
    out[#out + 1] = mark == "@" and { file = inner } or { shell = inner }
    at = stop + 1
  end
  if at <= #template then out[#out + 1] = template:sub(at) end
  return out
end

local function plain(value)
  return (value:gsub("%%", "%%%%"))
end

local function quoted(value)
  return "'" .. value:gsub("'", "'\\''") .. "'"
end

-- A file's text, or the names in a folder; only what a tool could read unasked.
local function file_text(ctx, path)
  local full = path:sub(1, 1) == "/" and files.normal(path) or files.normal(ctx.cwd .. "/" .. path)
  if not files.inside(ctx, full) or guard.hidden(ctx)(full) then
    return nil, err("denied", ("@{%s} is outside the project, or its reading is refused"):format(path))
  end
  local stat, e = fs.stat(full)
  if not stat then return nil, e end
  if stat.type == "dir" then
    local names = {}
    for _, entry in ipairs(fs.list(full) or {}) do names[#names + 1] = entry.name .. (entry.type == "dir" and "/" or "") end
    return table.concat(names, "\n")
  end
  local content
  content, e = fs.read(full, MOST_FILE)
  return content, e
end

-- What a command prints, if it may run.
local function shell_text(ctx, command)
  local resource = require "qwen.extension.registry"
  local tool, e = resource.get("tools", "run_shell_command")
  if not tool then return nil, e end
  local verdict, reason = guard.judge(ctx, "run_shell_command", tool, { command = command })
  if verdict == "ask" then
    local answer = ctx.ask { title = "run a part of this command", detail = command, reason = reason,
      choices = { { key = "y", label = "yes, once" }, { key = "n", label = "no" } } }
    if answer ~= "y" then return nil, err("denied", ("'%s' was not allowed to run (%s)"):format(command, reason)) end
  elseif verdict == "deny" then
    return nil, err("denied", ("'%s' is refused: %s"):format(command, reason))
  end
  local result
  result, e = require("qwen.util.process").run {
    argv = { "/bin/sh", "-c", command }, cwd = ctx.cwd, stderr = "stdout",
    timeout = SECONDS, limit = MOST_OUTPUT * 4,
  }
  if not result then return nil, e end
  local out = text.head_tail(text.utf8(result.out), MOST_OUTPUT)
  if result.code == 0 then return out end
  return ("%s\n[`%s` ended with %s]"):format(out, command, result.code and "exit code " .. result.code or "a signal")
end

---The prompt that a template makes of what was typed behind the command.
---@param ctx Ctx
---@param template string
---@param args string
---@return string?, Err?
function M.expand(ctx, template, args)
  local out = {}
  for i, piece in ipairs(pieces_of(template)) do
    local value, e
    if type(piece) == "string" then
      value = piece:gsub("{{%s*args%s*}}", plain(args))
    elseif piece.file then
      value, e = file_text(ctx, piece.file)
    else
      value, e = shell_text(ctx, (piece.shell:gsub("{{%s*args%s*}}", plain(quoted(args)))))
    end
    if not value then return nil, e end
    out[i] = value
  end
  local prompt = table.concat(out)
  if args ~= "" and not template:find "{{%s*args%s*}}" then prompt = prompt .. "\n\n" .. args end
  return prompt
end

---A command made of such a file.
---@param entry {name: string, path: string, form: "md"|"toml"}
---@param source string
---@return Command?, string?
function M.command(entry, source)
  local fields, body
  if entry.form == "toml" then
    local problem
    fields, problem = M.toml(source)
    if not fields then return nil, problem end
    body = fields.prompt
    if not body then return nil, "there is no prompt = \"...\" in it" end
  else
    fields, body = M.front_matter(source)
  end
  if not body:find "%S" then return nil, "it holds no prompt" end
  local C = { summary = fields.description or (body:match "%S[^\n]*"):sub(1, 60), args = fields["argument-hint"], session = true }
  function C.run(ctx, _, rest)
    local prompt, e = M.expand(ctx, body, rest or "")
    if not prompt then return nil, e end
    local expanded, reason = ctx.emit("prompt_expanded", { command = entry.name, args = rest or "", text = prompt })
    if not expanded then return nil, err("denied", "the prompt was blocked: " .. tostring(reason)) end
    return { prompt = expanded.text }
  end
  return C
end

return M
