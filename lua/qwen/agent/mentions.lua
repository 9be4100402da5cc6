-- Files that a prompt names with @: what is in them goes to the model with it. `\ ` is a blank in a path; a lone @ is an @.
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local starting = require "qwen.extension.mcp.starting"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_FILES, MOST_BYTES, MOST_NAMES, MOST_BLOB = 20, 256 * 1024, 400, 8 * 1024 * 1024

-- Absolute path of a word that names something; punctuation of the sentence behind it is no part of it.
local function find(ctx, word)
  word = word:gsub("\\(.)", "%1")
  while word ~= "" do
    local path = word:gsub("^~/", (paths.home() or "~") .. "/")
    if path:sub(1, 1) ~= "/" then path = ctx.cwd .. "/" .. path end
    path = files.normal(path)
    if fs.stat(path) then return path end
    word = text.without_mark(word) or ""
  end
end

-- The names in a folder, for the model.
local function folder(ctx, named)
  local path, e = files.opened(ctx, named)
  if not path then return nil, e end
  local names = files.visible(ctx, path, 5)
  if not names then
    names = {}
    for each in files.walk(path, MOST_NAMES + 1, ctx) do names[#names + 1] = each end
  end
  table.sort(names)
  local cut = #names > MOST_NAMES and ("\n[... %d more]"):format(#names - MOST_NAMES) or ""
  local shown = {}
  for i = 1, math.min(#names, MOST_NAMES) do -- a folder may have become a link while names were listed
    if files.stat(ctx, path .. "/" .. names[i], true) then shown[#shown + 1] = names[i] end
  end
  return { text = table.concat(shown, "\n") .. cut, display = tr(#names == 1 and "%d file" or "%d files", #names) }
end

-- What is in a file or folder. A name in the project that leads out of it is not followed: the user names a place outside as such.
local function content(ctx, path, hidden, by_user)
  local place = files.place(path)
  local named = ctx.interactive and by_user and not paths.below(place.name, ctx.cwd)
  if hidden(place.name, place.real) or not (named or files.place_readable(ctx, place)) then
    return nil, { message = tr "not read: a rule or the folder's border keeps it from the model" }
  end
  local scoped = files.scope(ctx, "read", { place })
  local stat, e = files.stat(scoped, path)
  if not stat then return nil, e end
  if stat.type == "dir" then return folder(scoped, path) end
  return registry.get("tools", "read_file").run(scoped, { file_path = path })
end

-- `@SERVER:URI` is what a tool server has at that address. Gives the parts, or nil where no such server is configured.
local function from_server(ctx, word)
  local server, uri = word:match "^([^:]+):(%a[%w+.-]*:%S+)$"
  local entry = server and ctx.servers and ctx.servers[server]
  if not entry then return nil end
  starting.wait_for(ctx, server)
  if not entry.client then return {}, tr "not read: the server is not running (see /mcp)" end
  uri = uri:match "^.*[^%.,;:!%?%)%]}'\"`>]" or ""
  local result, e = entry.client:read(uri)
  if not result then return {}, e.message end
  entry.client:subscribe(uri)
  local parts, size = {}, 0
  for _, item in ipairs(type(result.contents) == "table" and result.contents or {}) do
    local words, blob, mime = item.text, item.blob, tostring(item.mimeType)
    if type(words) == "string" then
      words = text.head_tail(text.utf8(words), MOST_BYTES)
      size = size + #words
      parts[#parts + 1] = { type = "text", text = ("\n\n@%s:\n%s\n"):format(word, words) }
    elseif type(blob) == "string" and #blob <= MOST_BLOB then
      size = size + #blob
      parts[#parts + 1] = { type = mime:find "^image/" and "image" or "file", mime = mime, data = blob }
    end
  end
  return parts, tr("%d bytes of the tool server %s", size, server)
end

-- The words behind an @ that stands before a word: behind a blank, a bracket, a quote, or a letter of a script without blanks.
local function named(prompt)
  local words, at = (" " .. prompt):gsub("\\ ", "\\\1"), 1
  return function()
    local _, last, before, word = words:find("([%s%(%[{'\"`\128-\255])@([^%s@]+)", at)
    at = last or at -- the last byte of a word may stand before the next
    return before, word
  end
end

---The parts that a prompt's @words add to its message, and a line about each for the person.
---@param ctx Ctx
---@param prompt string
---@param typed string? what the user typed, where a command made the prompt of it
---@return Part[] parts
---@return string[] told
function M.parts(ctx, prompt, typed)
  local parts, told, seen, size = {}, {}, {}, 0
  if not prompt:find("@", 1, true) then return parts, told end
  local hidden = require("qwen.permission.policy").hidden(ctx)
  for before, word in named(prompt) do
    local path = find(ctx, (word:gsub("\1", " ")))
    local served, words
    if not path and not seen[word] then served, words = from_server(ctx, word) end
    if served then
      seen[word] = true
      table.move(served, 1, #served, #parts + 1, parts)
      told[#told + 1] = ("  @%s: %s"):format(word, words)
    end
    local inside = path and path ~= ctx.cwd and paths.below(path, ctx.cwd)
    local name = inside and files.relative(ctx, path) or path
    if path and before and not seen[path] and #seen < MOST_FILES then
      seen[path], seen[#seen + 1] = true, path
      local by_user = not typed or typed:find("@" .. word, 1, true) ~= nil
      local result, e = content(ctx, path, hidden, by_user)
      if result and size + #result.text > MOST_BYTES then result, e = nil, { message = tr "not read: the prompt has enough files" } end
      if result then
        size = size + #result.text
        parts[#parts + 1] = { type = "text", text = ("\n\n@%s:\n%s\n"):format(name, result.text) }
        for _, part in ipairs(result.parts or {}) do parts[#parts + 1] = part end
      end
      local image = result and result.parts and result.parts[1] and result.parts[1].type == "image" and result.parts[1]
      local blind = image and ctx.model and require("qwen.provider.media").image_unseen(ctx.model,
        image.mime) and tr ", which this model does not take" or ""
      told[#told + 1] = ("  @%s: %s"):format(paths.short(name), (result and result.display or e.message) .. blind)
    end
  end
  return parts, told
end

return M
