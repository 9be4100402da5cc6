-- Which certificates a connection is checked with: of --ca, else the system's or SSL_CERT_FILE and SSL_CERT_DIR in their place, and
-- NODE_EXTRA_CA_CERTS beside them. Files are read once and handed on as text; what cannot be used is told.
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST = 16 * 1024 * 1024
local HASHED = "/etc/ssl/certs" -- where src/core/http_tls.c finds the system's by hash
local BUNDLES = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" }

local function is_hashed(folder)
  for _, item in ipairs(fs.list(folder) or {}) do
    if item.name:find "^%x%x%x%x%x%x%x%x%.%d+$" then return true end
  end
  return false
end

-- The certificates of a file as text, or what is wrong with it.
local function text_of(path)
  local text, e = fs.read(path, MOST)
  if not text then return nil, tr("%s cannot be read: %s", path, e.message) end
  text = text:gsub("^\xef\xbb\xbf", "")
  if text:find("CERTIFICATE-----", 1, true) then return text end
  return nil, tr("%s holds no certificate in PEM form", path)
end

-- The certificates of a folder without names by hash.
local function texts_in(folder)
  local out = {}
  for _, item in ipairs(fs.list(folder) or {}) do
    local text = item.name:find "%.[pc][er][mrt]" and text_of(folder .. "/" .. item.name)
    if text then out[#out + 1] = text end
  end
  return out
end

-- The value of a variable as a path; an empty one says nothing.
local function path_in(settings, name)
  local value, source = settings:env(name)
  if value and value ~= "" then return paths.expand(value), source end
end

-- The folders of SSL_CERT_DIR: those with names by hash as they are, the files of others as text.
local function folders(list, source, out, problems)
  local hashed = {}
  for folder in list:gmatch "[^:]+" do
    if is_hashed(folder) then
      hashed[#hashed + 1] = folder
    else
      local found = texts_in(folder)
      table.move(found, 1, #found, #out + 1, out)
      if #found == 0 then problems[#problems + 1] = tr("%s: the folder %s has no certificates; it is left out", source, folder) end
    end
  end
  return hashed[1] and table.concat(hashed, ":")
end

---What flags and variables say.
---@param settings Settings
---@param opts table flags
---@return {ca: string?, ca_pem: string?} as in HttpRequest
---@return string[] problems
function M.read(settings, opts)
  local problems, texts, ca = {}, {}, nil
  local function add(path, source)
    local text, problem = text_of(path)
    texts[#texts + 1] = text
    if problem then problems[#problems + 1] = tr("%s: %s; it is left out", source, problem) end
    return text ~= nil
  end
  if opts.ca then
    if paths.is_folder(opts.ca) then return { ca = opts.ca }, problems end
    local text, problem = text_of(opts.ca)
    return text and { ca = "", ca_pem = text } or { ca = opts.ca }, { problem and tr("%s: %s", "--ca", problem) }
  end
  local file, file_source = path_in(settings, "SSL_CERT_FILE")
  local list, list_source = path_in(settings, "SSL_CERT_DIR")
  local extra, extra_source = path_in(settings, "NODE_EXTRA_CA_CERTS")
  if list == HASHED then list = nil end
  if not list then -- those of the system are there by themselves, and read faster
    file, extra = file ~= BUNDLES[1] and file or nil, extra ~= BUNDLES[1] and extra or nil
  end
  if not (file or list or extra) then return {}, problems end
  local by_hash, replaced = is_hashed(HASHED), file and add(file, file_source)
  if list then ca = folders(list, list_source, texts, problems) or texts[1] and "" or nil end
  if extra and extra ~= file then add(extra, extra_source) end
  for _, bundle in ipairs(not (by_hash or ca or replaced) and texts[1] and BUNDLES or {}) do
    local text = text_of(bundle)
    if text then
      texts[#texts + 1] = text
      break
    end
  end
  return { ca = ca, ca_pem = texts[1] and table.concat(texts, "\n") or nil }, problems
end

return M
