-- The one .env file that counts: found by the documented search, read, and stripped of names it may not set. A project's addresses
-- of services are kept apart: they count for the keys of the same file alone (config/addresses.lua).
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local protocols = require "qwen.config.protocols"
local sys = require "sys.os"
local phrase = require("qwen.util.translate").phrase

local M = {}

-- Names a project may never set: they decide which program runs, where we live, where traffic goes, or who is trusted.
local forbidden = {
  HOME = true, PATH = true, SHELL = true, IFS = true, ENV = true, BASH_ENV = true, TMPDIR = true, QWEN_HOME = true, QWEN_RUNTIME_DIR = true,
  HTTP_PROXY = true, HTTPS_PROXY = true, ALL_PROXY = true, NO_PROXY = true, CURL_CA_BUNDLE = true, REQUESTS_CA_BUNDLE = true,
  NODE_EXTRA_CA_CERTS = true, NODE_TLS_REJECT_UNAUTHORIZED = true,
  EDITOR = true, VISUAL = true, PAGER = true, BROWSER = true, NODE_OPTIONS = true, PYTHONPATH = true, LUA_PATH = true, LUA_CPATH = true,
}
local forbidden_patterns = { "^LD_", "^DYLD_", "^GIT_", "^SSL_", "^LUA_C?PATH_", "^QWEN_CODE_SYSTEM", "^QWEN_CODE_CLIENT_",
  "^QWEN_.*TRUST", "^QWEN_OAUTH", "_BASE_URL$" }

---Whether a variable is one of those: a project does not set it, and it is no name for a key.
---@param name string
---@return boolean
function M.reserved(name)
  local upper = name:upper()
  for _, pattern in ipairs(forbidden_patterns) do
    if upper:find(pattern) then return true end
  end
  return forbidden[upper] or false
end

-- What a double-quoted value knows of escapes.
local function unescaped(value)
  return (value:gsub("\\n", "\n"):gsub("\\r", "\r"))
end

-- The value in quotes that begins at a place, on the same line or below it, and where its line goes on; nil when it is not closed
-- or more follows than a comment.
local function quoted(text, at)
  at = text:match("^%s*()", at)
  local quote = text:match("^[\"'`]", at)
  if not quote then return nil end
  local close = at + 1
  while true do
    close = text:find("[\\" .. quote .. "]", close)
    if not close then return nil end
    if text:sub(close, close) == quote then break end
    close = close + 2 -- what follows a backslash does not close
  end
  local rest = text:match("^[ \t]*()[#\n]", close + 1)
  if not rest then return nil end
  local value = text:sub(at + 1, close - 1)
  return quote == '"' and unescaped(value) or value, rest
end

-- Blanks as JavaScript trims them: a no-break space and its kin, too.
local blanks = {}
for _, blank in ipairs { " ", "\t", "\v", "\f", "\r", "\u{a0}", "\u{feff}", "\u{3000}", "\u{2028}", "\u{2029}", "\u{202f}" } do
  blanks[blank] = true
end

local function trimmed(value)
  local from, to = 1, #value
  local function blank_at(first, last) return first >= from and last <= to and blanks[value:sub(first, last)] end
  local n
  repeat
    n = blank_at(from, from) and 1 or blank_at(from, from + 1) and 2 or blank_at(from, from + 2) and 3
    from = from + (n or 0)
  until not n
  repeat
    n = blank_at(to, to) and 1 or blank_at(to - 1, to) and 2 or blank_at(to - 2, to) and 3
    to = to - (n or 0)
  until not n
  return value:sub(from, to)
end

-- The value without quotes around it, or with some that are odd.
local function bare(line)
  local value = trimmed(line:match "^[^#]*")
  local quote = value:match "^[\"'`]"
  if quote and #value > 1 and value:sub(-1) == quote then value = value:sub(2, -2) end
  return quote == '"' and unescaped(value) or value
end

local forms = { "^[ \t]*export[ \t]+([%w_.-]+)[ \t]*=[ \t]*()", "^[ \t]*([%w_.-]+)[ \t]*=[ \t]*()",
  "^[ \t]*export[ \t]+([%w_.-]+):[ \t]+()", "^[ \t]*([%w_.-]+):[ \t]+()" }

---Reads the text of a .env file as npm's dotenv does: lines of NAME=value or NAME: value with an optional `export`; an unquoted value
---ends at #, one in quotes may have several lines, and double quotes know \n and \r. Other lines are passed over; the last of a
---name counts.
---@param text string
---@return table<string, string>
function M.parse(text)
  local values, at = {}, 1
  text = text:gsub("^\xef\xbb\xbf", ""):gsub("\r\n?", "\n") .. "\n"
  while at <= #text do
    local name, after
    for _, form in ipairs(forms) do
      name, after = text:match(form, at)
      if name then break end
    end
    local line_end = text:find("\n", at, true)
    if name then
      local value, rest = quoted(text, after)
      values[name] = value or bare(text:sub(after, line_end - 1))
      line_end = text:find("\n", rest or after, true)
    end
    at = line_end + 1
  end
  return values
end

-- The files in the order of the search. Those of the home folder are the person's own wherever they are met; `plain` files are
-- shared with other programs. The walk upward ends at the home folder.
local function candidates(cwd, trusted)
  local list, home, ours = {}, paths.home(), paths.qwen_home()
  local folder = trusted and cwd or nil
  while folder and not (home and paths.same(folder, home)) do
    local prefix = folder == "/" and "" or folder
    list[#list + 1] = { path = prefix .. "/.qwen/.env", project = true }
    list[#list + 1] = { path = prefix .. "/.env", project = true, plain = true }
    folder = folder ~= "/" and (folder:match "^(.+)/[^/]+$" or "/") or nil
  end
  if ours then list[#list + 1] = { path = ours .. "/.env" } end
  if home and ours ~= home .. "/.qwen" then list[#list + 1] = { path = home .. "/.qwen/.env" } end
  if home then list[#list + 1] = { path = home .. "/.env" } end
  return list
end

-- A file that somebody else put beside or above the project is not ours to read.
local function foreign(path)
  local stat = fs.stat(path)
  return stat ~= nil and stat.uid ~= sys.uid() and stat.uid ~= 0
end

-- What a file that was read says, sorted: variables, addresses of a project, and what is refused of it.
local function sorted(candidate, text, skip)
  local all = M.parse(text)
  local file = { values = {}, addresses = {}, refused = {}, all = all, path = candidate.path, project = candidate.project }
  local ignored = {}
  for name, value in pairs(all) do
    local address = candidate.project and protocols.is_address(name)
    local skipped = candidate.plain and skip[name]
    if address and skipped then
      file.refused[name] = "advanced.excludedEnvVars"
    elseif address then
      file.addresses[name] = value
    elseif candidate.project and M.reserved(name) then
      ignored[#ignored + 1] = name
    elseif not skipped then
      file.values[name] = value
    end
  end
  table.sort(ignored)
  return file, ignored
end

---The first .env file that is there. A project's file counts in a trusted folder only.
---@param cwd string
---@param trusted boolean
---@param excluded string[] names not taken from a project's plain .env
---@return {values: table<string, string>, addresses: table<string, string>, refused: table<string, string>, all: table?,
---path: string?, project: boolean?, notices: string[]}
function M.load(cwd, trusted, excluded)
  local skip, notices = {}, {}
  for _, name in ipairs(excluded) do skip[name] = true end
  for _, candidate in ipairs(candidates(cwd, trusted)) do
    local text, e = fs.read(candidate.path, 1024 * 1024)
    local path = paths.short(candidate.path)
    if text and (text:find "^\xff\xfe" or text:find "^\xfe\xff" or text:find("\0", 1, true)) then
      notices[#notices + 1] = phrase("%s is not read: it is in UTF-16 or another form than UTF-8; save it as UTF-8", path)
      return { values = {}, addresses = {}, refused = {}, notices = notices }
    end
    if text and candidate.project and foreign(candidate.path) then
      notices[#notices + 1] = phrase("%s is not read: it belongs to somebody else", path)
    elseif text then
      local file, ignored = sorted(candidate, text, skip)
      if #ignored > 0 then
        notices[#notices + 1] = phrase("%s: %s %s ignored; a project may not set %s", path, table.concat(ignored, ", "),
          #ignored == 1 and "is" or "are", #ignored == 1 and "it" or "them")
      end
      file.notices = notices
      return file
    elseif e.kind ~= "missing" and e.code ~= "ENOTDIR" and e.code ~= "EISDIR" then
      notices[#notices + 1] = phrase("%s is not read: %s", path, e.message)
    end
  end
  return { values = {}, addresses = {}, refused = {}, notices = notices }
end

return M
