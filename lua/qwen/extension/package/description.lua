-- What a package is, brings and may do, in words, and the question before it counts.
local err = require "qwen.util.err"
local files = require "qwen.extension.package.files"
local foreign = require "qwen.extension.foreign"
local packages = require "qwen.extension.packages"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local rights = require "qwen.extension.package.rights"
local text = require "qwen.util.text"
local visible = require("sys.text").visible
local tr = require("qwen.util.translate").tr

-- What is brought, kind by kind, and what of it takes the place of a shipped file.
local function add_contents(out, package)
  for _, part in ipairs(packages.brings(package)) do
    out[#out + 1] = ("  %s %s"):format(text.pad(part.kind, 14), table.concat(part.names, ", "))
    for _, name in ipairs(part.names) do
      local ours = package.manifest.form == "package.lua"
      if ours and part.kind ~= "hooks" and registry.source(part.kind .. "/" .. name) then
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

local MOST_SHOWN = 64 * 1024

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

-- Shows texts whole, up to a bound; what is no text by its size.
local function show(ctx, dir, shown)
  local left = MOST_SHOWN
  for _, path in ipairs(shown) do
    local content = files.read(dir, path) or ""
    ctx.print(("--- %s  %s"):format(path, tr("(%d bytes)", #content)))
    if not content:find "%z" and left > 0 then
      ctx.print(visible((text.head_tail(content, left))))
      left = left - #content
    end
  end
end

---Whether the user says yes, after a look at the files if they like.
---@param ctx Ctx
---@param yes boolean? it was said already
---@param title string
---@param dir string
---@param shown string[] the files that can be shown
---@return boolean?, Err?
function M.agreed(ctx, yes, title, dir, shown)
  if yes then return true end
  if not ctx.pick then
    return nil, err("denied", tr "nobody can be asked here; look at the files, then give --yes")
  end
  while true do
    local answer = ctx.pick(title, { tr "no", tr("show the files (%d)", #shown), tr "yes" })
    if answer == 3 then return true end
    if answer ~= 2 then return nil, err("cancelled", tr "nothing was changed") end
    show(ctx, dir, shown)
  end
end

return M
