-- Prompt commands in Markdown, with fields in front matter, or in TOML with `prompt` and `description`:
-- a file becomes a command whose prompt is made of what was typed behind its name. Where such files
-- are is said in markdown_folders.lua, what their texts mean in prompt_template.lua.
local err = require "qwen.util.err"
local front_matter = require "qwen.util.front_matter"
local lent = require "qwen.permission.lent"
local prompt_template = require "qwen.extension.prompt_template"
local tr = require("qwen.util.translate").tr

local M = {}

local BOTH, BRACES, DOLLARS = { braces = true, dollars = true }, { braces = true }, { dollars = true }

-- The grammar of a file's text: TOML is Gemini's; what lies in folders of others is Claude Code's.
local function grammar_of(entry)
  if entry.form == "toml" then return BRACES end
  local brings = entry.package and entry.package.manifest.raw.brings
  return (entry.foreign or brings and brings.grammar == "dollars") and DOLLARS or BOTH
end

-- The names of a command's arguments in their order, as `arguments:` gives them.
local function names_of(fields)
  local out = {}
  for name in (fields.arguments or ""):gmatch "[%a_][%w_-]*" do out[#out + 1] = name end
  return out
end

---The prompt that a text makes of what was typed behind its name.
---@param ctx Ctx
---@param about {name: string, fields: table<string, string>, body: string, own: boolean?, grammar: table?,
---variables: table<string, string>?, package: table?, behind: string?} own: the user's own file, which may let tools run unasked;
---behind: what stands before arguments that the text has no place for
---@param args string
---@return string?, Err?
function M.fill(ctx, about, args)
  local allowed = about.own and about.fields["allowed-tools"] or nil
  if allowed then lent.lend(ctx, allowed) end
  local variables = about.package and require "qwen.extension.package.variables"(about.package, ctx.cwd) or {}
  for name, value in pairs(about.variables or {}) do variables[name] = value end
  local prompt, e = prompt_template.fill(ctx, about.body, about.grammar or DOLLARS,
    { args = args, names = names_of(about.fields), variables = variables, behind = about.behind })
  if not prompt then lent.forget(ctx) end
  return prompt, e
end

---The prompt as hooks leave it.
---@param ctx Ctx
---@param name string of the command
---@param args string
---@param prompt string
---@return string?, Err?
function M.expanded(ctx, name, args, prompt)
  local expanded, reason = ctx.emit("prompt_expanded", { command = name, args = args, text = prompt })
  if not expanded then
    lent.forget(ctx)
    return nil, err("denied", tr("the prompt was blocked: %s", tostring(reason)))
  end
  lent.expect(ctx, expanded.text)
  return expanded.text
end

---A command that sends the prompt.
---@param about table as of fill
---@return Command
function M.make(about)
  local fields = about.fields
  local C = { args = fields["argument-hint"], session = true }
  local said = fields.description and fields.description ~= "" and fields.description
  C.summary = said or (about.body:match "%S[^\n]*"):sub(1, 60)
  function C.run(ctx, _, rest)
    local prompt, e = M.fill(ctx, about, rest or "")
    if prompt then prompt, e = M.expanded(ctx, about.name, rest or "", prompt) end
    if not prompt then return nil, e end
    return { prompt = prompt }
  end
  return C
end

---A command made of such a file.
---@param entry {name: string, path: string, form: "md"|"toml", tier: string, foreign: boolean?, package: table?}
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
  return M.make { name = entry.name, fields = fields, body = body, own = entry.tier == "user",
    grammar = grammar_of(entry), package = entry.package }
end

return M
