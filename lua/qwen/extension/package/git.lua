-- A package from a git repository, by the system's git: one commit is fetched into a bare folder of ours, and its files are
-- read as objects. No working tree, so no filters, links, submodules or hooks; only https, ssh and local paths.
local err = require "qwen.util.err"
local files = require "qwen.extension.package.files"
local parse_url = require("sys.http").parse_url
local proc = require "qwen.util.process"
local texts = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local SECONDS = 300

local function usage(text) return nil, err("usage", text) end

-- Why an address is none that we hand to git; nil when it is.
local function problem_of(url)
  local shown = require("sys.text").visible(url)
  if url:find "[%c%s]" or url:find "^%-" or url:find "::" then return tr("'%s' is no address of a repository", shown) end
  local scheme, host = url:match "^(%w+)://([^/]*)"
  if not scheme then
    host = url:match "^([%w._-]+@[%w._-]+):[^:]" or url:match "^/" and ""
    if not host then return tr("'%s' is no address of a repository", shown) end
  elseif scheme == "http" then
    local parsed = parse_url(url)
    if not parsed or not parsed.loopback then return tr("%s must use https://", shown) end
  elseif scheme ~= "https" and scheme ~= "ssh" and scheme ~= "file" then
    return tr("'%s' is no address of a repository: https, ssh and file are", shown)
  end
  if host:find "^%-" or host:find "@%-" then return tr("'%s' is no address of a repository", shown) end
  if host:find "^[^:]*:[^@]*@" then
    return tr "the address has a password in it, which would be kept; let git's own credential helper have it"
  end
end

---The parts of a git address: URL[#REF], with `git+` before it or without.
---@param text string
---@return {url: string, ref: string?}? nil where it is none of git
---@return Err? why it may not be used
function M.parse(text)
  local url, ref = text:match "^([^#]*)#(.+)$"
  url = url or text
  local plain = url:gsub("^git%+", "")
  local like = plain ~= url or plain:find "^%w+://" or plain:find "::" or plain:find "%.git/?$" and not plain:find "^[./~]"
    or plain:find "^[%w._-]+@[%w._-]+:" or plain:find "^%-"
  local short = url:match "^github:([%w._-]+/[%w._-]+)$"
  if short then plain, like = "https://github.com/" .. short, true end
  if not like then return nil end
  local problem = problem_of(plain)
  if problem then return usage(problem) end
  if ref and (not ref:find "^[%w][%w._/@+-]*$" or ref:find("..", 1, true) or #ref > 200) then
    return usage(tr("'%s' is no name of a branch, a tag or a commit", require("sys.text").visible(ref)))
  end
  return { url = plain, ref = ref }
end

-- git in a bare folder of ours, without anything that a repository or its address could make it run.
local function runner(scheme, folder)
  local program = proc.which "git"
  if not program then return nil, err("missing", tr "a package from a repository needs git, which is not installed") end
  local env = proc.helper_env()
  env.GIT_TERMINAL_PROMPT, env.GIT_ALLOW_PROTOCOL, env.GIT_NO_LAZY_FETCH = "0", scheme, "1"
  env.LC_ALL, env.GIT_DIR = "C", folder
  local argv = { program }
  for _, value in ipairs { "core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.ext.allow=never",
    "fetch.recurseSubmodules=false", "submodule.recurse=false", "gc.auto=0", "maintenance.auto=false",
    "core.symlinks=false" } do
    argv[#argv + 1], argv[#argv + 2] = "-c", value
  end
  return function(words, options)
    options = options or {}
    return proc.run { argv = table.move(words, 1, #words, #argv + 1, { table.unpack(argv) }), env = env,
      input = options.input, timeout = SECONDS, limit = options.limit or 4 << 20 }
  end
end

local function said_by(result, e)
  if not result then return tostring(e) end
  if result.timed_out then return tr "it took too long" end
  local said = result.err:match "fatal: ([^\n]+)" or result.err:match "error: ([^\n]+)"
    or texts.last_line(texts.trim_end(result.err))
  return require("qwen.net.redact").text(said or "")
end

-- The plain files of a commit: {path, id, program}; links and submodules are refused as elsewhere.
local function tree_of(text)
  local out = {}
  for line in text:gmatch "[^%z]+" do
    local mode, kind, id, path = line:match "^(%d+) (%l+) (%x+)\t(.+)$"
    if kind ~= "blob" or mode == "120000" then
      return nil, err("denied", tr("the repository holds '%s', which is a link or no file; a package has files only",
        require("sys.text").visible(path)))
    end
    if #out >= files.most.files then
      return nil, err("denied", tr("the repository holds more than %d files", files.most.files))
    end
    out[#out + 1] = { path = path, id = id, program = mode == "100755" }
  end
  return out
end

-- What `cat-file --batch` prints, each object behind its own line.
local function fill(list, text)
  local at = 1
  for _, file in ipairs(list) do
    local id, size, last = text:match("^(%x+) blob (%d+)\n()", at)
    size = math.tointeger(tonumber(size))
    if id ~= file.id or not size or last + size > #text then
      return nil, err("broken", tr "git's answer cannot be understood")
    end
    file.text, at = text:sub(last, last + size - 1), last + size + 1
  end
  return list
end

local function name_in(url)
  url = url:gsub("%f[/]/+$", ""):gsub("%.git$", "")
  return url:match "^.*[/:]([^/:]*)$" or url
end

---Brings a package.
---@param source {url: string, ref: string?}
---@param stage string folder of our own for the repository
---@return {files: table[], resolved: string, name: string}?, Err?
function M.fetch(source, stage)
  local folder = stage .. "/repository"
  local scheme = source.url:match "^(%w+)://" or source.url:sub(1, 1) == "/" and "file" or "ssh"
  local call, e = runner(scheme, folder)
  if not call then return nil, e end
  local function failed(result, problem)
    return nil, err("network", tr("%s was not fetched: %s", source.url, said_by(result, problem)))
  end
  local result
  result, e = call { "init", "--quiet", "--bare", "--template=" }
  if not result or result.code ~= 0 then return failed(result, e) end
  result, e = call { "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
    "--end-of-options", source.url, (source.ref or "HEAD") .. ":refs/heads/package" }
  if not result or result.code ~= 0 then return failed(result, e) end
  result, e = call { "rev-parse", "--verify", "--quiet", "refs/heads/package^{commit}" }
  local commit = result and result.code == 0 and result.out:match "^%x+"
  if not commit then return failed(result, e) end
  result, e = call({ "ls-tree", "-r", "-z", "--full-tree", commit }, { limit = 16 << 20 })
  if not result or result.code ~= 0 or result.truncated then return failed(result, e) end
  local list
  list, e = tree_of(result.out)
  if not list then return nil, e end
  local ids = {}
  for i, file in ipairs(list) do ids[i] = file.id .. "\n" end
  result, e = call({ "cat-file", "--batch" }, { input = table.concat(ids),
    limit = files.most.total + (4 << 20) })
  if result and result.truncated then
    return nil, err("denied", tr("the repository holds more than %d MB", files.most.total >> 20))
  end
  if not result or result.code ~= 0 then return failed(result, e) end
  list, e = fill(list, result.out)
  if not list then return nil, e end
  return { files = list, resolved = commit, name = name_in(source.url) }
end

return M
