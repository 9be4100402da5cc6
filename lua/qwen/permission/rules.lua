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
local aliases = {} -- in small letters
for tool, names in pairs(tool_names.others) do
  aliases[tool] = tool
  for _, name in ipairs(names) do aliases[name:lower()] = tool end
end

---Takes a rule apart.
---@param rule string
---@return {name: string, tool: string?, group: table?, spec: string?, text: string}?
function M.parse(rule)
  local bare = texts.trim(rule)
  local name, spec = bare:match "^([%w_*.-]+)%s*%((.*)%)$"
  name = name or bare:match "^[%w_*.-]+$"
  if not name then return nil end
  if name:find "^mcp__" then name = name:gsub("%.", "_") end -- as the name of the tool is made
  spec = spec and texts.trim(spec)
  spec = spec and spec:match '^"(.*)"$' or spec
  if spec == "" or spec == "*" then spec = nil end
  local low = name:lower():gsub("(.)tool$", "%1")
  local group = groups[name] or name ~= "edit" and groups[low:gsub("^%l", string.upper)] or nil
  return { name = name, tool = aliases[name:lower()] or aliases[low] or name:lower(), group = group, spec = spec, text = rule }
end

---A rule as a reason.
---@param rule table
---@return Phrase
function M.words(rule) return phrase("the rule %s", rule.text) end

---Whether a rule is about reading or changing files.
---@param rule table
---@return boolean
function M.about_files(rule)
  return rule.group ~= nil or groups.Read[rule.tool] or groups.Edit[rule.tool] or false
end

local LONGEST = 64 -- of a tool's name, in lua/hooks/mcp.lua: the rest is cut

-- `mcp__server` is each of its tools; `*` at the end is any end.
local function of_server(name, tool)
  if name:sub(1, 5) ~= "mcp__" then return false end
  tool = tool:lower()
  local head = name:match "^(.*[^*])%*+$"
  return name == tool or #tool == LONGEST and name:sub(1, LONGEST) == tool or tool:sub(1, #name + 2) == name .. "__"
    or head ~= nil and tool:sub(1, #head) == head
end

---@param rule table
---@param tool string
---@return boolean
function M.names_tool(rule, tool)
  if rule.group then return rule.group[tool] or false end
  return rule.name == tool or rule.tool == tool:lower() or rule.tool == "*" or of_server(rule.tool, tool)
end

---Whether a rule that refuses or asks is about a tool, or about one whose work it does.
---@param rule table
---@param tool string
---@return boolean
function M.concerns(rule, tool)
  local found = M.names_tool(rule, tool)
  for _, other in ipairs(tool_names.through[tool] or {}) do found = found or M.names_tool(rule, other) end
  return found
end

---The first rule of a list that is for a tool and fits.
---@param list table[]
---@param tool string
---@param fits fun(spec: string): boolean for rules with a condition
---@return table?
function M.first(list, tool, fits)
  for _, rule in ipairs(list) do
    if M.concerns(rule, tool) and (not rule.spec or fits(rule.spec)) then return rule end
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

-- A text without the `x/..` that name nothing.
local function without_ups(spec)
  if not spec:find("/../", 1, true) then return spec end
  local out = {}
  for part in spec:gmatch "[^/]+" do
    local last = out[#out]
    if part == ".." and last and last ~= ".." and not last:find "[*?%[{]" then
      out[#out] = nil
    else
      out[#out + 1] = part
    end
  end
  return spec:match "^/*" .. table.concat(out, "/")
end

---Whether a rule's text fits a path, by its name or by what it really reaches: //abs, ~/home, /project root, ./here, a name anywhere
---below the project. What is below a folder that fits also fits. A rule that refuses means with /x also //x.
---@param ctx Ctx
---@param spec string
---@param path string absolute
---@param both boolean? for rules that allow: the name and what it reaches must fit
---@param real string? what it reaches, where that is known
---@return boolean
function M.matches_path(ctx, spec, path, both, real)
  local files = require "qwen.permission.files" -- here: to offer tools no file is looked at
  local base, rooted = ctx.cwd == "/" and "" or ctx.cwd, spec:find "^/[^/]"
  if not both and rooted and base ~= "" and M.matches_path(ctx, "/" .. spec, path, false, real) then return true end
  if spec:sub(1, 2) == "//" then
    base = ""
  elseif spec:sub(1, 2) == "~/" then
    base, spec = paths.home() or "", spec:sub(2)
  elseif not spec:find "/." then
    spec = "**/" .. spec
  end
  spec = without_ups(spec)
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

---Whether an argument of a tool without paths holds what a rule that refuses names: `Skill(x)`,
---`WebFetch(domain:x)`.
---@param spec string
---@param args table
---@return boolean
function M.matches_arguments(spec, args)
  local pattern = line_pattern(spec:match "^%l+:(.*)$" or spec)
  local function holds(value)
    if type(value) ~= "table" then return tostring(value):find(pattern) ~= nil end
    for _, item in pairs(value) do
      if holds(item) then return true end
    end
    return false
  end
  return holds(args)
end

-- The texts between the commas that stand in no brackets.
local function between_commas(text)
  local out, depth, from = {}, 0, 1
  for at, sign in text:gmatch "()([(),])" do
    depth = depth + (sign == "(" and 1 or sign == ")" and -1 or 0)
    if sign == "," and depth == 0 then out[#out + 1], from = text:sub(from, at - 1), at + 1 end
  end
  out[#out + 1] = text:sub(from)
  return out
end

-- The rules of a list, and those that are none. Several may stand in one text: "Bash(a *), Edit".
local function read(list)
  local out, wrong = {}, {}
  for _, item in ipairs(list or {}) do
    local understood, found = type(item) == "string", {}
    for _, text in ipairs(understood and between_commas(item) or {}) do
      local rule = M.parse(text)
      understood = understood and rule ~= nil
      found[#found + 1] = rule
    end
    if understood then table.move(found, 1, #found, #out + 1, out) else wrong[#wrong + 1] = item end
  end
  return out, wrong
end

local known = { todo_write = true, skill = true, ["*"] = true }
for _, name in pairs(aliases) do known[name] = true end

---What in the settings is written as a rule that refuses or asks and is none: nothing is refused by
---it.
---@param settings Settings
---@param is_tool fun(name: string): boolean
---@return Phrase[]
function M.problems(settings, is_tool)
  local out = {}
  for _, key in ipairs { "permissions.deny", "permissions.ask", "tools.exclude", "tools.disabled", "tools.core" } do
    local understood, wrong = read(settings:get(key))
    for _, item in ipairs(wrong) do
      out[#out + 1] = phrase("%s: %s is not a valid rule and has no effect. Write it like Bash(rm *) or Read(.env)", key,
        type(item) == "string" and "'" .. item .. "'" or "an item that is not a string")
    end
    for _, rule in ipairs(understood) do
      local signs = M.names_tool(rule, "run_shell_command") and rule.spec and rule.spec:find "[?%[%]|{}^$\\]"
      if signs then
        out[#out + 1] = phrase("%s: in %s only * is a wildcard; all other characters are literal", key, rule.text)
      end
      local may_be = rule.group or known[rule.tool] or rule.tool:find "^mcp__" or is_tool(rule.name)
      if not may_be then
        out[#out + 1] = phrase("%s: no tool is called '%s', so the rule has no effect", key, rule.name)
      end
    end
  end
  return out
end

-- Hints of Qwen Code's mode auto are sentences; those that are written as a rule for a tool hold as one.
local function hinted(s, name, list)
  for _, rule in ipairs(read(s:get("permissions.autoMode.hints." .. name))) do
    if rule.spec and (rule.group or tool_names.others[rule.tool] or rule.tool:find "^mcp__") then list[#list + 1] = rule end
  end
end

---The rules in the settings. `core`: the only tools of ours that may run, where tools.core lists some.
---@param ctx Ctx
---@return {allow: table[], ask: table[], deny: table[], core: table[]?}
function M.of(ctx)
  local s = ctx.settings
  local allow, deny = read(s:get "permissions.allow"), read(s:get "permissions.deny")
  for _, list in ipairs { s:get "tools.allowed" or {}, ctx.lent and ctx.lent.rules or {} } do
    for _, rule in ipairs(read(list)) do allow[#allow + 1] = rule end
  end
  for _, key in ipairs { "tools.exclude", "tools.disabled" } do
    for _, rule in ipairs(read(s:get(key))) do deny[#deny + 1] = rule end
  end
  local ask, core = (read(s:get "permissions.ask")), s:get "tools.core"
  hinted(s, "hardDeny", deny)
  for _, name in ipairs { "softDeny", "deny" } do hinted(s, name, ask) end
  return { allow = allow, ask = ask, deny = deny, core = core and #core > 0 and (read(core)) or nil }
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
---@param set table? what `of` gave, where many tools are asked about
function M.refused(ctx, name, set)
  set = set or M.of(ctx)
  return M.left_out(set, name) or M.first(set.deny, name, function() return false end) ~= nil
end

return M
