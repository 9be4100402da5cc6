-- Permission rules as people write them: `Tool` or `Tool(what)`. Matches parsed commands and real paths, never raw text.
local files = require "qwen.files"
local paths = require "qwen.paths"

local M = {}

local aliases = {
  Bash = "run_shell_command", Shell = "run_shell_command", ShellTool = "run_shell_command", ReadFile = "read_file", EditFile = "edit", Write = "write_file",
  WriteFile = "write_file", Grep = "grep_search", SearchFiles = "grep_search", Glob = "glob", FindFiles = "glob", ListFiles = "list_directory",
  TodoWrite = "todo_write", WebFetch = "web_fetch", Skill = "skill", Agent = "task",
}
-- Names that stand for several tools.
local groups = {
  Read = { read_file = true, grep_search = true, glob = true, list_directory = true },
  Edit = { edit = true, write_file = true, notebook_edit = true },
}

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

function M.names_tool(rule, tool)
  if rule.group then return rule.group[tool] or false end
  return rule.tool == tool or rule.tool == "*"
end

local function glob_pattern(glob, star)
  local out = glob:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
  out = out:gsub("%*%*/", "\1"):gsub("%*%*", "\2"):gsub("%*", star):gsub("%?", "[^/]")
  return out:gsub("\1", ".-"):gsub("\2", ".*")
end

---Whether a rule's text fits a command's words. "git *" is git with any arguments, not gitk; "npm test" is just that.
---@param spec string
---@param argv string[]
---@return boolean
function M.matches_command(spec, argv)
  spec = spec:gsub(":%*$", " *")
  local line = table.concat(argv, " ")
  local head = spec:match "^(.-)%s+%*$"
  if head then
    local pattern = "^" .. glob_pattern(head, ".*")
    return line:match(pattern .. "$") ~= nil or line:match(pattern .. " ") ~= nil
  end
  return line:match("^" .. glob_pattern(spec, ".*") .. "$") ~= nil
end

---Whether a rule's text fits a path: //abs, ~/home, /project root, ./here, else anywhere below the project.
---@param ctx Ctx
---@param spec string
---@param path string
---@return boolean
function M.matches_path(ctx, spec, path)
  local real = files.real(path)
  if spec:sub(1, 2) == "//" then
    spec = spec:sub(2)
  elseif spec:sub(1, 2) == "~/" then
    spec = (paths.home() or "") .. spec:sub(2)
  elseif spec:sub(1, 1) == "/" then
    spec = ctx.cwd .. spec
  else
    spec = spec:gsub("^%./", "")
    local deep = not spec:find "/." and "**/" or ""
    spec = ctx.cwd .. "/" .. deep .. spec
  end
  local pattern = "^" .. glob_pattern(spec:gsub("/$", "/**"), "[^/]*")
  return real:match(pattern .. "$") ~= nil or real:match(pattern .. "/") ~= nil
end

---The rules of a list in the settings.
---@param list string[]?
---@return table[]
function M.read(list)
  local out = {}
  for _, text in ipairs(list or {}) do
    local rule = type(text) == "string" and M.parse(text)
    if rule then out[#out + 1] = rule end
  end
  return out
end

return M
