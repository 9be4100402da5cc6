-- The one .env file that counts: found by the documented search, read, and stripped of names it may not set.
local fs = require "sys.fs"
local paths = require "qwen.paths"

local M = {}

-- Names a project may never set: they decide which program runs, where we live, or where traffic goes.
local forbidden = {
  HOME = true, PATH = true, SHELL = true, IFS = true, ENV = true, BASH_ENV = true, QWEN_HOME = true, QWEN_RUNTIME_DIR = true,
  HTTP_PROXY = true, HTTPS_PROXY = true, ALL_PROXY = true, NO_PROXY = true, SSL_CERT_FILE = true, SSL_CERT_DIR = true,
  CURL_CA_BUNDLE = true, GIT_SSH_COMMAND = true, EDITOR = true, VISUAL = true, PAGER = true, BROWSER = true,
}

local function may_not(name)
  local upper = name:upper()
  return forbidden[upper] or upper:match("^LD_") or upper:match("^DYLD_") or upper:match("^GIT_") or upper:match("^QWEN_CODE_SYSTEM")
    or upper:match("^QWEN_TRUST") or upper:match("_BASE_URL$")
end

local escapes = { n = "\n", r = "\r", t = "\t", ["\\"] = "\\", ['"'] = '"', ["$"] = "$" }

---Reads the text of a .env file.
---@param text string
---@return table<string, string>
function M.parse(text)
  local values, at = {}, 1
  text = text:gsub("^\xef\xbb\xbf", ""):gsub("\r\n", "\n") .. "\n"
  while at <= #text do
    local name, after = text:match("^[ \t]*([%a_][%w_.]*)[ \t]*=[ \t]*()", at)
    if not name then
      name, after = text:match("^[ \t]*export[ \t]+([%a_][%w_.]*)[ \t]*=[ \t]*()", at)
    end
    local line_end = text:find("\n", at, true)
    if name then
      local quote = text:sub(after, after)
      local close = (quote == '"' or quote == "'" or quote == "`") and after
      while close do -- the next quote that is not escaped
        close = text:find(quote, close + 1, true)
        if not close or quote ~= '"' or text:sub(1, close - 1):match("(\\*)$"):len() % 2 == 0 then break end
      end
      if close then
        local value = text:sub(after + 1, close - 1)
        values[name] = quote == '"' and value:gsub("\\(.)", function(c) return escapes[c] or "\\" .. c end) or value
        line_end = text:find("\n", close, true)
      else
        local value = text:sub(after, text:find("\n", after, true) - 1)
        values[name] = value:gsub("[ \t]#.*$", ""):gsub("^#.*$", ""):match("^(.-)[ \t]*$")
      end
    end
    at = line_end + 1
  end
  return values
end

local function candidates(cwd, trusted)
  local list, home = {}, paths.home()
  local ours = paths.qwen_home()
  if trusted then
    local folder = cwd
    while folder do
      local prefix = folder == "/" and "" or folder
      list[#list + 1] = { path = prefix .. "/.qwen/.env", project = true, own = true }
      list[#list + 1] = { path = prefix .. "/.env", project = true }
      folder = folder ~= "/" and (folder:match("^(.+)/[^/]+$") or "/") or nil
    end
  end
  if ours then list[#list + 1] = { path = ours .. "/.env", own = true } end
  if home then list[#list + 1] = { path = home .. "/.env" } end
  for _, candidate in ipairs(list) do
    if ours and candidate.path == ours .. "/.env" or home and candidate.path == home .. "/.env" then candidate.project = false end
  end
  return list
end

---The first .env file that is there. A project's file counts in a trusted folder only.
---@param cwd string
---@param trusted boolean
---@param excluded string[] names not taken from a project's plain .env
---@return {values: table<string, string>, path: string?, notices: string[]}
function M.load(cwd, trusted, excluded)
  local skip = {}
  for _, name in ipairs(excluded) do skip[name] = true end
  for _, candidate in ipairs(candidates(cwd, trusted)) do
    local text = fs.read(candidate.path, 1024 * 1024)
    if text then
      local values, notices = {}, {}
      for name, value in pairs(M.parse(text)) do
        if candidate.project and may_not(name) then
          notices[#notices + 1] = ("%s: %s is ignored; a project may not set it"):format(paths.short(candidate.path), name)
        elseif not (candidate.project and not candidate.own and skip[name]) then
          values[name] = value
        end
      end
      table.sort(notices)
      return { values = values, path = candidate.path, notices = notices }
    end
  end
  return { values = {}, notices = {} }
end

---Whether a project has settings or variables that are left unread while it is not trusted.
---@param cwd string
---@return string[] names relative to the folder
function M.project_files(cwd)
  local found = {}
  if cwd .. "/.qwen" == paths.qwen_home() then return found end
  for _, name in ipairs { ".qwen/settings.json", ".qwen/.env", ".env" } do
    if fs.stat(cwd .. "/" .. name) then found[#found + 1] = name end
  end
  return found
end

return M
