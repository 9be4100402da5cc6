-- The address of a service, who wrote it, and which keys belong to it. What stands in one place belongs
-- together: the key of a file is for the address of that file, and an address from a project is for no
-- other key. Which key a model gets is decided in credential/keys.lua.
local err = require "qwen.util.err"
local http = require "sys.http"
local paths = require "qwen.util.paths"
local protocols = require "qwen.config.protocols"
local translate = require "qwen.util.translate"

local tr, phrase = translate.tr, translate.phrase

local M = {}

---@param url string
---@return string? "scheme://host:port"
function M.origin(url)
  local parsed = http.parse_url(url)
  return parsed and parsed.origin
end

---Whether a service stands on this machine or in a private network, by its address alone: it may need no key.
---@param url string
---@return boolean
function M.is_private(url)
  local parsed = http.parse_url(url)
  return parsed ~= nil and parsed.private
end

---One form for addresses that are the same: host and scheme in lower case, without the usual port and
---without what `split` takes away.
---@param url string
---@return string
function M.normal(url)
  local base = M.split(url)
  local parsed = http.parse_url(base)
  return parsed and parsed.origin .. parsed.path:gsub("%f[/]/+$", "") or base
end

-- What a copied address has behind the base of the service: the path of one of its questions.
local endings = { "/chat/completions$", "/responses$", "/messages$", "/models/[^/]+:%a*[gG]enerateContent$" }

---The base address of a service, without a final slash and the path of one question, and its query, which every request keeps.
---@param url string as written
---@return string base
---@return string? query "api-version=1"
function M.split(url)
  local base, query = url:match "^([^?#]*)%??([^#]*)"
  base = base:gsub("%f[/]/+$", "")
  for _, ending in ipairs(endings) do
    local from = base:find(ending)
    if from then
      base = base:sub(1, from - 1)
      break
    end
  end
  return base, query ~= "" and query or nil
end

---An address with the query of the service, but for the parameters that it has already.
---@param url string
---@param query string?
---@return string
function M.with_query(url, query)
  for part in (query or ""):gmatch "[^&]+" do
    local name, has = part:match "^[^=]*", false
    for own in (url:match "%?(.*)$" or ""):gmatch "[^&]+" do has = has or own:match "^[^=]*" == name end
    if not has then url = url .. (url:find("?", 1, true) and "&" or "?") .. part end
  end
  return url
end

---Whether two addresses are one.
---@param a string
---@param b string
---@return boolean
function M.same(a, b)
  return a == b or M.normal(a) == M.normal(b)
end

-- A variable with words, wherever it is set first.
local function first(settings, name)
  for _, row in ipairs(name and settings:variables(name) or {}) do
    if row.value ~= "" then return row end
  end
end

-- What may be a part of an address; anything else could lead to another host.
local parts = {
  GOOGLE_CLOUD_LOCATION = { "^[a-z0-9-]+$", "lower-case letters, digits and -" },
  GOOGLE_CLOUD_PROJECT = { "^[%w][%w.:-]*$", "letters, digits and - . :" },
}

local function part(settings, name)
  local row = first(settings, name)
  if not row then return nil end
  local rule = parts[name]
  if row.value:find(rule[1]) then return row end
  return nil, err("usage", tr("%s: '%s' cannot be used: it becomes a part of the address and may have %s only", row.source, row.value, rule[2]))
end

-- The address of a project on Vertex AI. One part from a project's file makes it the project's.
local function located(settings)
  local project, e = part(settings, "GOOGLE_CLOUD_PROJECT")
  if not project then return nil, e end
  local place
  place, e = part(settings, "GOOGLE_CLOUD_LOCATION")
  if e then return nil, e end
  local where = place and place.value or "global"
  local host = where == "global" and "aiplatform.googleapis.com" or where .. "-aiplatform.googleapis.com"
  local owner = place and place.project and place or project
  return { url = ("https://%s/v1/projects/%s/locations/%s"):format(host, project.value, where),
    from = owner.source, place = owner.place, project = owner.project and owner.place or nil }
end

-- security.auth.baseUrl of the settings is for the protocol that they select.
local function of_settings(settings, protocol)
  if protocol ~= (settings:written "security.auth.selectedType" or "openai") then return nil end
  local url, row = settings:written "security.auth.baseUrl"
  if not url or url == "" then return nil end
  return { url = url, from = row.source .. " security.auth.baseUrl", place = "security.auth" }
end

---The address of a protocol for a model without an entry. `place` says where it was written: "flag",
---"environment", a file, "security.auth", or "default" when nobody wrote one.
---@param settings Settings
---@param opts table flags
---@param protocol string
---@param own boolean? leave out what a project says
---@return {url: string, from: string, place: string, project: string?}?
---@return Err?
function M.of(settings, opts, protocol, own)
  local known = protocols.get(protocol) or {}
  if opts.base_url then
    return { url = opts.base_url, from = opts.base_url_from or phrase("flag %s", "--openai-base-url"), place = "flag" }
  end
  for _, row in ipairs(known.url and settings:variables(known.url) or {}) do
    if row.value ~= "" and not (own and row.project) then
      return { url = row.value, from = row.source, place = row.place, project = row.project and row.place or nil }
    end
  end
  local found, e = of_settings(settings, protocol), nil
  if not found and known.located then found, e = located(settings) end
  if e then return nil, e end
  if found and not (own and found.project) then return found end
  return { url = known.default_url or "", from = "default", place = "default" }
end

-- Names that people give an address by mistake, or that other programs read.
local suffixes = { "BASE_URL", "API_BASE", "API_BASE_URL", "BASEURL", "API_URL", "URL", "ENDPOINT", "API_ENDPOINT", "HOST",
  "API_HOST", "BASE" }

-- An address that stands beside a key under a name that nothing reads.
local function misnamed(known, row)
  local prefix = known.url:match "^(.*)_BASE_URL$"
  local prefixes = { prefix, (known.key:match "^(.*)_API_KEY$") }
  for _, start in ipairs(prefixes) do
    for _, suffix in ipairs(suffixes) do
      local name = start .. "_" .. suffix
      local value = name ~= known.url and (row.all and row.all[name] or row.beside(name))
      if value and tostring(value):find "%S" then return name, value end
    end
  end
  for name, value in pairs(row.all or {}) do -- a slip of the pen: any address under a name of this family
    local family = name:find("^" .. prefixes[1] .. "_") or name:find("^" .. prefixes[2] .. "_")
    local other = name == known.url or protocols.is_address(name) or name:find "REDIRECT" or name:find "CALLBACK"
    if family and not other and tostring(value):find "^https?://" then return name, value end
  end
end

---What stands in the way of a key going to an address: nil when they belong together.
---@param known table of protocols
---@param row table the key, as a row of settings:variables
---@param address table of M.of
---@return "other"|"project"|"refused"|"misnamed"|nil why
---@return string? name the variable that says so
function M.apart(known, row, address)
  if address.project and row.place ~= address.project then return "project" end
  if row.refused(known.url) then return "refused", known.url end
  local beside = row.beside(known.url)
  if beside and beside ~= "" and row.place ~= address.place and not M.same_origin(beside, address.url) then
    return "other", known.url
  end
  if address.place == "default" and row.place ~= "security.auth" then
    local name = misnamed(known, row)
    if name then return "misnamed", name end
  end
end

---@param a string
---@param b string
---@return boolean
function M.same_origin(a, b)
  local origin = M.origin(a)
  return origin ~= nil and origin == M.origin(b)
end

---The model that the variables name for a protocol. A name that stands beside a project's address counts
---with that address only.
---@param settings Settings
---@param known table of protocols
---@param address table of M.of
---@return string? id
---@return string? source in words
function M.model(settings, known, address)
  for _, name in ipairs(known.models) do
    for _, row in ipairs(settings:variables(name)) do
      local beside = row.project and known.url and row.beside(known.url)
      local elsewhere = beside and beside ~= "" and row.place ~= address.place
      if row.value ~= "" and not elsewhere then return row.value, row.source end
      if row.value == "" then break end
    end
  end
end

---The addresses that a project's .env has and that are not the one in use.
---@param settings Settings
---@param url string in use
---@return string[] names of variables
---@return string? path
function M.unused(settings, url)
  local out, dotenv = {}, settings.dotenv
  for name, value in pairs(dotenv.addresses) do
    if name:find "_BASE_URL$" and value ~= "" and not M.same_origin(value, url) then out[#out + 1] = name end
  end
  table.sort(out)
  return out, dotenv.path and paths.short(dotenv.path)
end

return M
