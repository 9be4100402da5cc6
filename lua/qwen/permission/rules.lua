-- Permission rules as people write them: `Tool` or `Tool(what)`. Matches parsed commands and real paths, never raw text.
local paths = require "qwen.util.paths"
local phrase = require("qwen.util.translate").phrase
local tool_names = require "qwen.permission.tool_names"
local texts = require "qwen.util.text"

---The one reason that others act on, by its code.
local READS = phrase "it only reads"
READS.code = "reads"

local M = { READS = READS }

local groups = tool_names.groups
local aliases = {}
for tool, names in pairs(tool_names.others) do
  for _, name in ipairs(names) do aliases[name] = tool end
end

---Takes a rule apart.
---@param rule string
---@return {tool: string?, group: table?, spec: string?, text: string}?
function M.parse(rule)
  local name, spec = rule:match "^%s*([%w_*-]+)%s*%((.*)%)%s*$"
  name = name or rule:match "^%s*([%w_*-]+)%s*$"
  if not name then return nil end
  if spec == "" or spec == "*" then spec = nil end
  return { tool = aliases[name] or name, group = groups[name], spec = spec, text = rule }
end

---Whether a rule is about reading or changing files.
---@param rule table
---@return boolean
function M.about_files(rule)
  return rule.group ~= nil or groups.Read[rule.tool] or groups.Edit[rule.tool] or false
end

---@param rule table
---@param tool string
---@return boolean
function M.names_tool(rule, tool)
  if rule.group then return rule.group[tool] or false end
  return rule.tool == tool or rule.tool == "*" or rule.tool:sub(1, 5) == "mcp__" and tool:sub(1, #rule.tool + 2) == rule.tool .. "__"
end

---The first rule of a list that is for a tool and fits.
---@param list table[]
---@param tool string
---@param fits fun(spec: string): boolean for rules with a condition
---@return table?
function M.first(list, tool, fits)
  for _, rule in ipairs(list) do
    if M.names_tool(rule, tool) and (not rule.spec or fits(rule.spec)) then return rule end
  end
end

-- Of a command line only `*` is a pattern, and it stands for anything.
local function line_pattern(spec)
  return (spec:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*+", ".*"))
end

---Whether a rule's text fits a command's words. "git *" is git with any arguments, not gitk; "npm test" is just that.
---@param spec string
---@param argv string[]
---@return boolean
function M.matches_command(spec, argv)
  spec = spec:gsub(":%*$", " *")
  local line = table.concat(argv, " ")
  local head = spec:match "^(.*)%s%*$"
  if head then
    local pattern = "^" .. line_pattern(texts.trim_end(head))
    return line:match(pattern .. "$") ~= nil or line:match(pattern .. " ") ~= nil
  end
  return line:match("^" .. line_pattern(spec) .. "$") ~= nil
end

---Whether a rule's text fits a path, by its name or by what it really reaches: //abs, ~/home, /project root, ./here, a name anywhere
---below the project. What is below a folder that fits also fits.
---@param ctx Ctx
---@param spec string
---@param path string absolute
---@param both boolean? for rules that allow: the name and what it reaches must fit
---@param real string? what it reaches, where that is known
---@return boolean
function M.matches_path(ctx, spec, path, both, real)
  local files, base = require "qwen.permission.files", ctx.cwd -- here: to offer tools no file is looked at
  if spec:sub(1, 2) == "//" then
    base = ""
  elseif spec:sub(1, 2) == "~/" then
    base, spec = paths.home() or "", spec:sub(2)
  elseif not spec:find "/." then
    spec = "**/" .. spec
  end
  local fits = files.glob(spec:gsub("^%./", ""), true)
  for _, name in ipairs { files.normal(path), real or (files.real(path)) } do
    local fit = name:sub(1, #base + 1) == base .. "/" and fits(name:sub(#base + 1))
    if fit ~= (both or false) then return fit end
  end
  return both or false
end

---The folder that everything a path rule fits is in, as far as its text says; nil for a name that counts in any folder.
---@param ctx Ctx
---@param spec string
---@return string?
function M.folder_of(ctx, spec)
  local base = ctx.cwd
  if spec:sub(1, 2) == "//" then base, spec = "", spec:sub(2) elseif spec:sub(1, 2) == "~/" then base, spec = paths.home() or "", spec:sub(2) end
  if spec:find "^%*%*" or not spec:find "/." then return nil end
  local folder = spec:match "^[^*?%[{]*"
  if folder ~= spec then folder = folder:match "^.*/" or "" end
  return paths.normal(base .. "/" .. folder)
end

local function read(list)
  local out = {}
  for _, text in ipairs(list or {}) do
    local rule = type(text) == "string" and M.parse(text)
    if rule then out[#out + 1] = rule end
  end
  return out
end

---The rules in the settings. `core`: the only tools of ours that may run, where tools.core lists some.
---@param ctx Ctx
---@return {allow: table[], ask: table[], deny: table[], core: table[]?}
function M.of(ctx)
  local s = ctx.settings
  local allow, deny = read(s:get "permissions.allow"), read(s:get "permissions.deny")
  for _, rule in ipairs(read(s:get "tools.allowed")) do allow[#allow + 1] = rule end
  for _, key in ipairs { "tools.exclude", "tools.disabled" } do
    for _, rule in ipairs(read(s:get(key))) do deny[#deny + 1] = rule end
  end
  local core = s:get "tools.core"
  return { allow = allow, ask = read(s:get "permissions.ask"), deny = deny, core = core and #core > 0 and read(core) or nil }
end

---Whether tools.core leaves a tool out: it lists others, and speaks of such tools.
---@param set {core: table[]?}
---@param name string
---@return boolean
function M.left_out(set, name)
  if not set.core or not tool_names.core[name] then return false end
  for _, rule in ipairs(set.core) do
    if M.names_tool(rule, name) then return false end
  end
  return true
end

---The commands that tools.core allows without a question of its own; nil where it allows all.
---@param set {core: table[]?}
---@return table[]?
function M.core_commands(set)
  if not set.core then return nil end
  local out = {}
  for _, rule in ipairs(set.core) do
    if M.names_tool(rule, "run_shell_command") then
      if not rule.spec then return nil end
      out[#out + 1] = rule
    end
  end
  return out
end

---True when a rule without a condition refuses a tool, or tools.core has others, so that it need not be offered.
---@param ctx Ctx
---@param name string
function M.refused(ctx, name)
  local set = M.of(ctx)
  if M.left_out(set, name) then return true end
  for _, rule in ipairs(set.deny) do
    if not rule.spec and M.names_tool(rule, name) then return true end
  end
  return false
end

return M
