-- What a package is, brings and may do, in words for the question before it counts.
local foreign = require "qwen.extension.foreign"
local packages = require "qwen.extension.packages"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local rights = require "qwen.extension.package.rights"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

-- What is brought, kind by kind, and what of it takes the place of a shipped file.
local function add_contents(out, package)
  for _, part in ipairs(packages.brings(package)) do
    out[#out + 1] = ("  %s %s"):format(text.pad(part.kind, 14), table.concat(part.names, ", "))
    for _, name in ipairs(part.names) do
      if part.kind ~= "hooks" and registry.source(part.kind .. "/" .. name) then
        out[#out + 1] = tr("    %s/%s takes the place of the shipped one", part.kind, name)
      end
    end
  end
end

-- Servers, programs and the like, each on a line of its own.
local function add_more(out, package)
  for _, part in ipairs(foreign.shown(package)) do
    for i, name in ipairs(part.names) do
      out[#out + 1] = ("  %s %s"):format(text.pad(i == 1 and part.kind or "", 14), name)
    end
  end
end

local M = {}

---@param package table of packages.list, or what was fetched
---@param hashes table<string, string> its files
---@return string[] lines
function M.lines(package, hashes)
  local manifest, words, count = package.manifest, rights.words(), 0
  local resolved = package.resolved or package.entry and package.entry.resolved
  local out = { ("%s %s%s"):format(manifest.name, manifest.version, manifest.description ~= ""
      and ": " .. manifest.description or ""),
    tr("  from %s%s", paths.short(package.source), resolved and " (" .. resolved .. ")" or "") }
  add_contents(out, package)
  add_more(out, package)
  if not next(manifest.may) then out[#out + 1] = tr "  it may do nothing beyond its own folder" end
  for _, right in ipairs(rights.names) do
    if manifest.may[right] then out[#out + 1] = tr("  it may (%s): %s", right, words[right]) end
  end
  for _ in pairs(hashes) do count = count + 1 end
  out[#out + 1] = tr("  files: %d", count)
  return out
end

return M
