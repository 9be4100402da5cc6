-- Asks the person about a call: once, for a rule from now on, changed first, or no with a word to the model.
local err = require "qwen.util.err"
local files = require "qwen.permission.files"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local translate = require "qwen.util.translate"

local tr = translate.tr

local M = {}

-- What the paths of a call lead to, as one text.
local function reached(ctx, tool, args)
  local out = {}
  for i, place in ipairs(tool.paths and files.places(ctx, tool.paths(args)) or {}) do out[i] = place.real end
  return table.concat(out, "\0")
end

-- What a rule allows, in words, and whether that is so in every folder.
local function allowed(tool, name, rule)
  local folder = tool.effect == "edit" and rule:match "^Edit%(/(.*)/%*%*%)$"
  if folder then
    return tr("edits below %s", paths.short(folder)), false
  end
  local domain = tool.domain and rule:match "^%w+%(domain:(.*)%)$"
  if domain then return tr("all pages of %s", domain), true end
  local command = tool.command and rule:match "^%w+%((.*)%)$"
  if not command then return tr("every call of %s", name), true end
  local beginning = command:match "^(.*) %*$"
  if beginning then return tr("commands that begin with `%s`", beginning), true end
  return tr("exactly `%s`", command), true
end

local function choices(ctx, tool, name, rule)
  local out = { { key = "y", label = tr "Yes" } }
  if rule then
    local what, anywhere = allowed(tool, name, rule)
    out[2] = { key = "a", lasting = true, label = tr("Yes, and for this session: %s", what) }
    if anywhere then what = tr("%s, in every folder", what) end
    out[3] = { key = "A", lasting = true, label = tr("Always, saved in your settings: %s", what) }
  end
  if tool.editable and ctx.edit then out[#out + 1] = { key = "e", label = tr "Change it first" } end
  out[#out + 1] = { key = "n", label = tr "No, and tell the model why",
    words = tr "What should the model know? (may stay empty)" }
  return out
end

-- What is asked: a command stands below the question, a path as one would type it.
local function title_of(ctx, tool, name, args)
  if tool.command then return tr "Run this command?" end
  local host = tool.domain and tool.domain(args, ctx)
  if host and tool.verbs and tool.verbs.host then return ("%s %s?"):format(tr(tool.verbs.host), host) end
  local label = tool.label and tool.label(args) or ""
  label = paths.short(label, ctx.cwd)
  if not tool.verbs then return ("%s %s?"):format(name, label) end
  return ("%s %s?"):format(tr(tool.verbs.ask), label)
end

-- Who asks, where it is an agent.
local function asker(ctx, title)
  local agent = ctx.agent
  if not agent then return title end
  local name = agent.title and agent.title:find "%S" and ("%s (%s)"):format(agent.name, agent.title) or agent.name
  return tr("Agent %s: %s", name, title)
end

-- The rule goes to permissions.allow of the user's settings, behind those that are there.
local function save_rule(ctx, rule)
  local settings_writer = require "qwen.config.writer"
  local values, e = settings_writer.read()
  local list = values and type(values.permissions) == "table" and type(values.permissions.allow) == "table" and values.permissions.allow or {}
  local path
  if values then
    local longer = table.move({ rule }, 1, 1, #list + 1, table.move(list, 1, #list, 1, {}))
    path, e = settings_writer.set { { path = { "permissions", "allow" }, value = json.array(longer) } }
  end
  if path then
    ctx.print(tr("  saved: permissions.allow has %s", rule))
  else
    ctx.notice(tr("the rule holds for this session only: %s", e.message))
  end
end

-- The call with the argument that the person has written anew.
local function changed(ctx, tool, args)
  local name = tool.editable
  local text, e = ctx.edit(tostring(args[name] or ""), name == "command" and ".sh" or nil)
  if not text then
    ctx.notice(e.message)
    return args
  end
  local new = {}
  for key, value in pairs(args) do new[key] = value end
  new[name] = text
  return new
end

---The flags that would allow a call where nobody can be asked; nil where none does.
---@param ctx Ctx
---@param tool Tool
---@param rule string?
---@param firm boolean? no approval mode takes the question away
---@return string?
function M.flags(ctx, tool, rule, firm)
  if firm then return nil end
  local flags = { rule and ("--allowed-tools '%s'"):format(rule) or nil }
  if rule and tool.effect == "edit" and ctx.mode == "default" then flags[#flags + 1] = "--approval-mode auto-edit" end
  if ctx.mode ~= "yolo" then flags[#flags + 1] = "--yolo" end
  return flags[1] and table.concat(flags, tr " or ")
end

---Asks the person, unless the tool knows already that it will fail.
---@param ctx Ctx
---@param call CallPart
---@param tool Tool
---@param args table
---@param reason Phrase|string
---@param rule string? what would allow calls of this kind
---@return boolean allowed
---@return string? words for the model when it may not run
---@return table? args the person has changed it: to be judged again
---@return boolean? wrong it cannot work: nobody was asked
---@return string? said what the person answered in the place of a yes
function M.ask(ctx, call, tool, args, reason, rule)
  local detail, e
  if tool.preview then detail, e = tool.preview(ctx, args) end
  if e then return false, err.english(e), nil, true end
  detail = detail or tool.command and tool.command(args) or json.encode(args, { indent = 2 })
  local before = reached(ctx, tool, args)
  local beside = ctx.agent and ctx.agent.job
  local answer, words = ctx.ask { title = asker(ctx, title_of(ctx, tool, call.name, args)), id = call.id, detail = detail, diff = tool.effect == "edit",
    turn = not beside, leave = beside and beside.stop,
    reason = reason.code ~= "edits" and translate.for_user(reason) or nil, choices = choices(ctx, tool, call.name, rule) }
  if answer and reached(ctx, tool, args) ~= before then
    return false, "The path leads to another place than when the user was asked. Nothing was done."
  end
  if answer == "e" then return false, nil, changed(ctx, tool, args) end
  if answer == "a" or answer == "A" then ctx.granted[rule] = true end
  if answer == "A" then save_rule(ctx, rule) end
  if answer == "y" or answer == "a" or answer == "A" then return true end
  if words == "" then words = nil end
  local next_step = words and " The user says: " .. words
    or " Ask what to do instead, or go on without it."
  return false, "The user refused this call." .. next_step, nil, nil, words
end

return M
