-- Completion at the prompt: /commands, what they take, and @files. It says what the word could become; showing it is menu.lua's business.
local aliases = require "qwen.extension.aliases"
local command_groups = require "qwen.extension.command_groups"
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local DESCRIBED = 500 -- commands of a list whose files are read; of more there are only names
local MOST, FRESH = 50, 3 -- words; seconds until the list of files is made anew

-- Names of the project's files, and its folders with a slash at the end, each with a NUL behind it. Listed
-- in the background; the last list serves until the next is there.
local index = { list = "" }

local function list_files(ctx)
  local names = {}
  for _, folder in ipairs { ctx.cwd, table.unpack(ctx.folders or {}) } do
    local before = folder ~= ctx.cwd and paths.short(folder) .. "/" or ""
    local seen = files.visible(ctx, folder, 20)
    for _, name in ipairs(seen or {}) do names[#names + 1] = before .. name end
    if not seen then
      for name in files.walk(folder, 100000) do names[#names + 1] = before .. name end
    end
  end
  local seen, last = {}, ""
  for i = 1, #names do
    local folder = names[i]:match "^.*/"
    while folder and folder ~= last and not seen[folder] do
      seen[folder], names[#names + 1] = true, folder
      folder = folder:match "^(.*/)[^/]*/$"
    end
  end
  names[#names + 1] = ""
  return table.concat(names, "\0")
end

-- changed() is called when the list is another one.
local function refresh(ctx, changed)
  if index.busy or index.cwd == ctx.cwd and task.now() - index.made < FRESH then return end
  index.busy = true
  if index.cwd ~= ctx.cwd then index.list = "" end
  ctx.background(function()
    local _ <close> = setmetatable({}, { __close = function() index.busy = false end })
    local list = list_files(ctx)
    local same = list == index.list
    index.list, index.cwd, index.made = list, ctx.cwd, task.now()
    if not same then changed() end
  end)
end

local function starting_with(list, word)
  local out = {}
  for _, item in ipairs(list) do
    if type(item) == "string" then item = { text = item } end
    if item.text:sub(1, #word):lower() == word:lower() then out[#out + 1] = { text = item.text, args = item.args, detail = item.detail, opens = item.opens } end
  end
  return out
end

-- All commands, by what they are about.
local function by_group(items)
  for i, item in ipairs(items) do
    local group, place = command_groups.place(item.text:sub(2))
    item.group, item.rank = command_groups.title(group), group * 1e6 + place * 1e3 + math.min(i, 999)
  end
  table.sort(items, function(a, b) return a.rank < b.rank end)
  return items
end

-- Commands, and their other names where one was begun.
local function command_items(ctx, word)
  local out, described, more = {}, {}, {}
  local function fits(name) return name:sub(1, #word) == word:lower() end
  for i, name in ipairs(aliases.names(ctx, fits)) do
    if i <= DESCRIBED then described[name] = true else more[#more + 1] = { text = "/" .. name } end
  end
  for _, entry in ipairs(aliases.listed(ctx, function(name) return described[name] end)) do
    if entry.value and entry.value.repl ~= false then
      out[#out + 1] = { text = "/" .. entry.name, args = entry.value.args, detail = entry.declared
        and tr(entry.summary) or entry.summary, tier = entry.tier }
    end
  end
  for _, alias in ipairs(#word > 0 and aliases.others(ctx, fits) or {}) do
    local words = alias.words ~= "" and " " .. alias.words or ""
    out[#out + 1] = { text = "/" .. alias.name, args = words == "" and alias.args or nil,
      detail = "/" .. alias.command .. words }
  end
  if word == "" then return by_group(table.move(more, 1, #more, #out + 1, out)) end
  return table.move(more, 1, #more, #out + 1, out)
end

-- What stands directly in a folder of the project, folders first.
local function children(folder)
  local list, out, from, n = "\0" .. index.list, {}, 1, #folder
  while #out < MOST do
    local at = list:find("\0" .. folder, from, true)
    if not at then break end
    from = list:find("\0", at + 1, true)
    local name = list:sub(at + 1, from - 1)
    local slash = name:find("/", n + 1, true)
    if #name > n and (not slash or slash == #name) then out[#out + 1] = name end
  end
  table.sort(out, function(a, b)
    local is_folder = a:sub(-1) == "/"
    if is_folder ~= (b:sub(-1) == "/") then return is_folder end
    return a < b
  end)
  return out
end

-- What stands in a folder elsewhere: "/etc/", "~/notes", "../".
local function elsewhere(ctx, word)
  local folder, begun = word:match "^(.*/)([^/]*)$"
  local path, out = folder:gsub("^~/", (paths.home() or "~") .. "/"), {}
  for _, entry in ipairs(fs.list(path:sub(1, 1) == "/" and path or ctx.cwd .. "/" .. path) or {}) do
    local shown = begun:sub(1, 1) == "." or entry.name:sub(1, 1) ~= "."
    if shown and entry.name:sub(1, #begun) == begun and #out < MOST then out[#out + 1] = folder .. entry.name .. (entry.type == "dir" and "/" or "") end
  end
  return out
end

local function file_items(ctx, word, changed)
  refresh(ctx, changed)
  local out, names = {}
  word = word:gsub("\\(.)", "%1")
  if word:find "^~?/" or word:find "^%.%.?/" then
    names = elsewhere(ctx, word)
  else
    names = word:sub(-1) == "/" and children(word) or {}
    if #names == 0 then names = text.rank(index.list, word, MOST) end
  end
  for i, name in ipairs(names) do
    if text.clean(name) == name then out[#out + 1] = { text = "@" .. name:gsub("[ \\]", "\\%0"), order = i, opens = name:sub(-1) == "/" } end
  end
  return out
end

local function argument_items(ctx, name, before, word)
  local in_front
  name, in_front = aliases.resolve(name)
  if in_front ~= "" then before = in_front .. " " .. before end
  local command = registry.has("commands", name) and registry.get("commands", name)
  if not command or not command.complete then return {} end
  local ok, found = pcall(function() return starting_with(command.complete(ctx, word, text.shell_words(before)), word) end)
  return ok and found or {}
end

---What the text before the cursor can become.
---@param ctx Ctx
---@param before string
---@param changed fun() called when files were found later
---@return {kind: "command"|"argument"|"file", length: integer, items: {text: string, args: string?, detail: string?, opens: boolean?, group: string?}[]}? found
---length: bytes of the word that an item replaces; opens: a folder, whose own list comes next
function M.find(ctx, before, changed)
  local name, rest = before:match "^/([%w_:?\128-\255-]+)%s+(.*)$"
  local words = rest and rest:sub(1, #(rest:gsub("\\ ", "\\\1"):match "^.*%s" or "")) -- "\ " is in a word
  local word = rest and rest:sub(#words + 1)
  local at = before:gsub("\\ ", "\\\1"):match "@([^%s@]*)$"
  at = at and at:gsub("\1", " ")
  local kind, items
  if before:find "^/[%w_:?\128-\255-]*$" then
    kind, word = "command", before
    items = command_items(ctx, before:sub(2))
  elseif at and before:sub(1, -#at - 2):find "[%s%(%[{'\"`\128-\255]$" or before == "@" .. (at or "") then
    kind, word = "file", "@" .. at
    items = ctx.servers and next(ctx.servers)
      and require("qwen.ui.editor.complete_servers").items(ctx, at, changed) or {}
    for _, item in ipairs(file_items(ctx, at, changed)) do items[#items + 1] = item end
  elseif name then
    kind = "argument"
    items = argument_items(ctx, name, words, word)
  end
  if not items or #items == 0 then return nil end
  return { kind = kind, length = #word, items = items }
end

return M
