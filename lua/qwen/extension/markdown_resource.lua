-- Files in Markdown with front matter that a user, a package or a trusted project has: skills
-- (`NAME/SKILL.md`) and agents (`NAME.md`). It reads them, and knows the agents that ship; where they
-- lie is said in markdown_folders.lua, what is done with them in lua/hooks/{skills,agents}.lua.
local documents = require "qwen.extension.package.documents"
local fs = require "sys.fs"
local json = require "sys.json"
local markdown_folders = require "qwen.extension.markdown_folders"
local paths = require "qwen.util.paths"
local project_files = require "qwen.config.project_files"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_FILE, MOST_CARDS, MOST_DESCRIPTION = 256 * 1024, 200, 1000

---The fields and the body of a file; nil where nothing is said of what it is for.
---@param source string
---@return table<string, string>? fields
---@return string? body
function M.parse(source)
  local fields, body = require("qwen.util.front_matter").read(text.utf8(source))
  fields.description = fields.description and text.trim(fields.description) or ""
  if fields.description ~= "" then return fields, body end
end

-- Models that agents of Claude Code name by their size: here they are no ids.
local SIZES = { inherit = true, sonnet = true, opus = true, haiku = true }

-- The fields as we read them: those of Claude Code that mean the same have our names.
local function ours(fields, foreign)
  if foreign and SIZES[fields.model] or fields.model == "inherit" then fields.model = nil end
  return fields
end

local function source_of(folder, path)
  if folder.border then return project_files.read(folder.border, path, MOST_FILE) end
  if folder.package then return require("qwen.extension.packages").read(folder.package, path) end
  return fs.read(path, MOST_FILE)
end

local function read(kind, folder, file, out, problems)
  local source, e = source_of(folder, file.path)
  if not source then
    problems[#problems + 1] = tostring(e)
    return
  end
  local fields, body = M.parse(source)
  if not fields then
    problems[#problems + 1] = tr("%s is left out: its front matter has no description", paths.short(file.path))
    return
  end
  if fields.hooks then
    problems[#problems + 1] = tr("%s: its hooks are not run; write them in the settings", paths.short(file.path))
  end
  local name = fields.name and fields.name ~= "" and fields.name or file.name
  out[name] = { name = name, bare = name, description = text.head_tail(fields.description, MOST_DESCRIPTION),
    fields = ours(fields, folder.foreign), body = text.trim(body), path = file.path,
    folder = file.path:match "^(.*)/", level = folder.level, package = folder.package }
end

local LEVELS = { user = true, project = true, extension = true, bundled = true }

-- The levels that skills.disabledLevels leaves out; a word that is no level is a problem.
local function left_out(ctx, kind, problems)
  local out = {}
  for _, level in ipairs(kind == "skills" and ctx.settings:get "skills.disabledLevels" or {}) do
    out[level] = true
    if not LEVELS[level] then
      problems[#problems + 1] = tr("skills.disabledLevels has '%s'; the levels are user, project and extension",
        tostring(level))
    end
  end
  return out
end

-- Whether the settings leave a skill out: hard, or until it is asked for.
local function disabled(ctx, kind)
  if kind ~= "skills" then return function() return false end end
  local function set(key)
    local out = {}
    for _, name in ipairs(ctx.settings:get(key)) do out[tostring(name):lower()] = true end
    return out
  end
  local off, maybe, on = set "skills.disabled", set "skills.defaultDisabled", set "skills.enabled"
  -- What restricts counts for a package's skill by its own name, too; what allows does not.
  return function(card)
    local name, bare = card.name:lower(), (card.bare or card.name):lower()
    return off[name] or off[bare] or (maybe[name] or maybe[bare]) and not on[name] or false
  end
end

-- Those of the packages that count.
local function add_packages(ctx, kind, found, problems)
  local cards = {}
  for _, folder in ipairs(markdown_folders.of_packages(ctx, kind)) do
    for _, file in ipairs(markdown_folders.files(folder, kind)) do
      local own = {}
      if #cards < MOST_CARDS then read(kind, folder, file, own, problems) end
      for _, card in pairs(own) do cards[#cards + 1] = { package = folder.package, card = card } end
    end
  end
  local function shipped(card) return getmetatable(card) ~= nil end
  documents.merge(found, cards, shipped, function(name) return name end)
end

---What there is, by name. A trusted project's take the place of the user's own of the same name, and
---agents of the program that leads the session that of all others.
---@param ctx Ctx
---@param kind "skills"|"agents"
---@return Card[] sorted
---@return string[] problems
function M.list(ctx, kind)
  local found, problems, out, count = {}, {}, {}, 0
  local off = left_out(ctx, kind, problems)
  for _, card in ipairs(kind == "agents" and require "qwen.extension.shipped_agents" or {}) do
    found[card.name] = setmetatable({ path = tr "shipped" }, { __index = card })
  end
  for _, folder in ipairs(markdown_folders.of(ctx, kind, off)) do
    for _, file in ipairs(markdown_folders.files(folder, kind)) do
      count = count + 1
      if count <= MOST_CARDS then read(kind, folder, file, found, problems) end
    end
  end
  if count > MOST_CARDS then
    problems[#problems + 1] = tr("more than %d files of %s: the rest is left out", MOST_CARDS, kind)
  end
  if not off.extension then add_packages(ctx, kind, found, problems) end
  for _, card in ipairs(kind == "agents" and ctx.given_agents or {}) do found[card.name] = card end
  local is_off = disabled(ctx, kind)
  for _, card in pairs(found) do
    card.off = is_off(card)
    out[#out + 1] = card
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out, problems
end

---Prints what is laid down and where it is from, for the command about it.
---@param ctx Ctx
---@param kind "skills"|"agents"
---@param none string what is said when there is nothing
---@return integer
function M.show(ctx, kind, none)
  local cards, problems = M.list(ctx, kind)
  for _, card in ipairs(cards) do
    local where = paths.short(card.path)
    ctx.print(("%-24s %s  (%s)"):format(card.name, card.description:gsub("%s+", " "), card.off and tr("off: %s", where) or where))
  end
  if #cards == 0 then ctx.print(none) end
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  return 0
end

---What a tool says of its cards, and how it finds the one that the model means.
---@param cards {name: string, description: string}[]
---@return string lines one a card
---@return string[] names for the schema
---@return table<string, table> by_name
function M.menu(cards)
  local lines, names, by_name = {}, json.array {}, {}
  for i, card in ipairs(cards) do
    lines[i], names[i], by_name[card.name] = ("- %s: %s"):format(card.name, card.description), card.name, card
  end
  return table.concat(lines, "\n"), names, by_name
end

---The words of a field that is a list: `[a, b]`, `a, b`, or one a line.
---@param value string?
---@return string[]?
function M.words(value)
  if not value then return nil end
  local out = {}
  for word in value:gsub("^%[(.*)%]$", "%1"):gmatch "[^,]+" do
    word = text.trim(word):gsub("^[\"'](.*)[\"']$", "%1")
    if word ~= "" then out[#out + 1] = word end
  end
  return out
end

return M
