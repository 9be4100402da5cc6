-- A package from an npm registry: its address and key as npm's own settings say, the version that fits, and the archive, whose
-- SHA-512 must be what the registry said. Nothing is run, and no dependencies are brought.
local err = require "qwen.util.err"
local files = require "qwen.extension.package.files"
local fs = require "sys.fs"
local json = require "sys.json"
local parse_url = require("sys.http").parse_url
local paths = require "qwen.util.paths"
local proc = require "qwen.util.process"
local semver = require "qwen.util.semver"
local sys = require "sys.os"
local texts = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_LIST, MOST_ARCHIVE, SECONDS = 32 << 20, 32 << 20, 120

---The parts of NAME[@RANGE].
---@param spec string
---@return {name: string, range: string}?, Err?
function M.parse(spec)
  local name, range = spec:match "^(@?[^@]+)@(.+)$"
  name, range = name or spec, range or "latest"
  local fits = name:find "^[%w][%w._-]*$" or name:find "^@[%w][%w._-]*/[%w][%w._-]*$"
  if not fits or #name > 214 or name:find("..", 1, true) or range:find "[^%w%.%s<>=~^|*+-]" then
    return nil, err("usage", tr("'%s' is no package of npm: write npm:NAME or npm:NAME@RANGE",
      require("sys.text").visible(spec)))
  end
  return { name = name, range = range }
end

-- The lines of an .npmrc; `${NAME}` stands for a variable.
local function read_npmrc(path)
  local out, text = {}, fs.read(path, 256 * 1024)
  for line in (text or ""):gmatch "[^\r\n]+" do
    local key, value = line:match "^([^=]*)=(.*)$"
    if key and not key:find "^%s*[#;]" then
      key, value = texts.trim(key), texts.trim(value):gsub('^"(.*)"$', "%1"):gsub("%${([%w_]+)}", function(name) return sys.env(name) or "" end)
      out[key] = value
    end
  end
  return out
end

-- The registry that npm itself would ask; none where npm is not there.
local function of_npm()
  local result = proc.run { argv = { "npm", "config", "get", "registry" }, cwd = "/", timeout = 20,
    env = proc.helper_env() }
  return result and result.code == 0 and result.out:match "^(https?://%S+)"
end

-- The registry of a name, and the key for it, bound to its origin.
local function registry_of(name)
  local home = paths.home()
  local rc = read_npmrc(sys.env "npm_config_userconfig" or sys.env "NPM_CONFIG_USERCONFIG" or (home or "") .. "/.npmrc")
  local scope = name:match "^(@[^/]+)/"
  local url = scope and rc[scope .. ":registry"] or sys.env "npm_config_registry"
    or sys.env "NPM_CONFIG_REGISTRY" or rc.registry or of_npm()
  if not url then
    return nil, err("missing", tr("no npm registry is known: install npm, or set npm_config_registry to its address"))
  end
  if url:sub(-1) ~= "/" then url = url .. "/" end
  local parsed = parse_url(url)
  if not parsed or parsed.scheme ~= "https" and not parsed.loopback then
    return nil, err("denied", tr("the npm registry %s must use https://", (require("qwen.net.redact").text(url))))
  end
  local token = rc[url:gsub("^%w+:", "") .. ":_authToken"]
  local secret
  if token and token ~= "" then secret = require("sys.secret").new("npm", token, { parsed.origin }) end
  return { url = url, origin = parsed.origin, secret = secret, loopback = parsed.loopback }
end

local function get(ctx, url, registry, most, accept)
  local parsed = parse_url(url)
  local own = parsed and parsed.origin == registry.origin
  if not parsed or not own and parsed.scheme ~= "https" then
    return nil, err("denied", tr("the registry names an archive at %s, which is not https://",
      (require("qwen.net.redact").text(url))))
  end
  local headers = { ["User-Agent"] = ctx.user_agent, Accept = accept }
  if own and registry.secret then headers.Authorization = { "Bearer ", registry.secret } end
  local stream <close>, e = ctx.transport { method = "GET", url = url, headers = headers, max_body = most,
    total_timeout = SECONDS, outside = not own or nil }
  if not stream then return nil, e end
  local text
  text, e = stream:all(most)
  if not text then return nil, e end
  if stream.status == 200 then return text end
  local kinds = { [401] = "auth", [403] = "auth", [404] = "missing" }
  return nil, err(kinds[stream.status] or "protocol", tr("%s answered with status %d",
    (url:match "^[^?]*"), stream.status), { status = stream.status })
end

-- The newest version that a range or a tag means.
local function choose(answer, range)
  local tags = type(answer["dist-tags"]) == "table" and answer["dist-tags"] or {}
  if type(tags[range]) == "string" then return tags[range] end
  local best
  for version in pairs(answer.versions) do
    if semver.valid(version) and semver.fits(version, range) and (not best or semver.compare(version, best) > 0) then
      best = version
    end
  end
  local latest = tags.latest -- npm takes the tag "latest" where it fits, even when something is newer
  if type(latest) == "string" and semver.valid(latest) and semver.fits(latest, range) then return latest end
  return best
end

local function sha512_of(dist)
  for one in (type(dist.integrity) == "string" and dist.integrity or ""):gmatch "%S+" do
    local said = one:match "^sha512%-([%w+/]+=*)"
    if said and sys.unbase64(said) then return said end
  end
end

-- The bytes of a compressed archive, up to a bound.
local function unpack(path)
  local child <close>, e = proc.open { argv = { "gzip", "-dc", path }, stderr = "null", env = proc.helper_env(), timeout = SECONDS }
  if not child then return nil, e end
  local pieces, size = {}, 0
  for chunk in function() return (child:read()) end do
    pieces[#pieces + 1], size = chunk, size + #chunk
    if size > files.most.total + (16 << 20) then
      return nil, err("denied", tr("the archive unpacks to more than %d MB", files.most.total >> 20))
    end
  end
  local status = child:wait()
  if status.code ~= 0 then return nil, err("protocol", tr "the archive is no gzip, or is damaged") end
  return table.concat(pieces)
end

-- The files without the folder that the archive holds them in.
local function inside(list)
  for _, file in ipairs(list) do
    local rest = file.path:gsub("^%./", ""):match "^[^/]+/(.+)$"
    if not rest or file.path:find("^/") then
      return nil, err("denied", tr("the archive holds '%s', which leads out of it",
        require("sys.text").visible(file.path)))
    end
    file.path = rest
  end
  return list
end

---Brings a package: its files, checked, and what the lock file keeps of them.
---@param ctx Ctx
---@param spec {name: string, range: string}
---@param stage string folder of our own for the archive
---@return {files: table[], resolved: string, integrity: string, name: string}?, Err?
function M.fetch(ctx, spec, stage)
  local registry, e = registry_of(spec.name)
  if not registry then return nil, e end
  local text
  text, e = get(ctx, registry.url .. spec.name:gsub("/", "%%2f"), registry, MOST_LIST,
    "application/vnd.npm.install-v1+json")
  if not text then
    if e.kind == "missing" then e = err("missing", tr("the registry has no package '%s'", spec.name)) end
    return nil, e
  end
  local answer = json.decode(text)
  if type(answer) ~= "table" or type(answer.versions) ~= "table" then
    return nil, err("protocol", tr("%s answered with something else than a package", registry.origin))
  end
  local version = choose(answer, spec.range)
  local chosen = version and answer.versions[version]
  local dist = type(chosen) == "table" and chosen.dist
  if type(dist) ~= "table" or type(dist.tarball) ~= "string" then
    return nil, err("missing", tr("%s has no version that fits '%s'", spec.name, spec.range))
  end
  local said = sha512_of(dist)
  if not said then
    return nil, err("denied", tr("the registry gives no SHA-512 of %s %s, so it cannot be checked", spec.name, version))
  end
  local archive
  archive, e = get(ctx, dist.tarball, registry, MOST_ARCHIVE, "*/*")
  if not archive then return nil, e end
  local bytes_of = sys.sha512(archive):gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
  if sys.base64(bytes_of) ~= said then
    return nil, err("denied", tr("the archive of %s %s is not what the registry said (SHA-512); nothing was added",
      spec.name, version))
  end
  local path = stage .. "/archive.tgz"
  local ok
  ok, e = fs.write(path, archive, { mode = 384, fsync = false })
  local bytes = nil
  if ok then bytes, e = unpack(path) end
  fs.remove(path)
  if not bytes then return nil, e end
  local list
  list, e = require("qwen.util.tar").read(bytes, files.most)
  if list then list, e = inside(list) end
  if not list then return nil, e end
  return { files = list, resolved = version, integrity = "sha512-" .. said, name = spec.name:match "^.*/([^/]*)$" or spec.name }
end

return M
