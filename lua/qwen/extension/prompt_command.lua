-- Prompt commands as Qwen Code has them: Markdown with a description in its front matter, or TOML with `prompt` and `description`.
-- `@{path}` is a file's text, `!{command}` what a command prints, `{{args}}` what stands behind the command. The file is cut into its pieces
-- once, before anything is put in: what a file or a command says is never read as a command.
local err = require "qwen.util.err"
local files = require "qwen.permission.files"
local front_matter = require "qwen.util.front_matter"
local policy = require "qwen.permission.policy"
local runner = require "qwen.permission.runner"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_FILE, MOST_OUTPUT, SECONDS = 256 * 1024, 64 * 1024, 120

-- The pieces of a template: texts, {file=path}, {shell=command}, with braces inside them in balance.
local function pieces_of(template)
  local out, at, ends = {}, 1, text.closed(template)
  for start, mark in template:gmatch "()([@!]){" do
    local stop = start >= at and ends[start + 1]
    if stop then
      if start > at then out[#out + 1] = template:sub(at, start - 1) end
      local inner = text.trim(template:sub(start + 2, stop - 1))
      out[#out + 1] = mark == "@" and { file = inner } or { shell = inner }
      at = stop + 1
    end
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
  local place = files.place(full)
  if not files.place_inside(ctx, place) or policy.hidden(ctx)(place.name, place.real) then
    return nil, err("denied", tr("@{%s} is outside the project, or its reading is refused", path))
  end
  local scoped = files.scope(ctx, "read", { place })
  local stat, e = files.stat(scoped, full)
  if not stat then return nil, e end
  if stat.type == "dir" then
    local names = {}
    for _, entry in ipairs(files.list(scoped, full) or {}) do names[#names + 1] = entry.name .. (entry.type == "dir" and "/" or "") end
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
    if answer ~= "y" then return nil, err("denied", tr("'%s' was not allowed to run (%s)", command, reason)) end
  elseif verdict == "deny" then
    return nil, err("denied", tr("'%s' is refused: %s", command, reason))
  end
  local result, e = runner.run(ctx, { command = command, stderr = "stdout", timeout = SECONDS, limit = MOST_OUTPUT * 4 })
  if not result then return nil, e end
  local out = text.head_tail(text.utf8(result.out), MOST_OUTPUT)
  if result.code == 0 then return out end
  return ("%s\n[`%s` ended with %s]"):format(out, command, result.code
    and ("exit code %s"):format(result.code) or "a signal")
end

-- The prompt that a template makes of what was typed behind the command.
local function expand(ctx, template, args)
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
    fields, problem = require("qwen.util.toml").texts(source)
    if not fields then return nil, problem end
    body = fields.prompt
    if not body then return nil, "there is no prompt = \"...\" in it" end
  else
    fields, body = front_matter.read(source)
  end
  if not body:find "%S" then return nil, "it holds no prompt" end
  local C = { summary = fields.description or (body:match "%S[^\n]*"):sub(1, 60), args = fields["argument-hint"], session = true }
  function C.run(ctx, _, rest)
    local prompt, e = expand(ctx, body, rest or "")
    if not prompt then return nil, e end
    local expanded, reason = ctx.emit("prompt_expanded", { command = entry.name, args = rest or "", text = prompt })
    if not expanded then return nil, err("denied", tr("the prompt was blocked: %s", tostring(reason))) end
    return { prompt = expanded.text }
  end
  return C
end

return M
