-- Output styles: how answers are written. Four are built in; more are Markdown files of the user and of a trusted project. A style adds
-- to the system prompt and changes nothing of what is allowed.
local documents = require "qwen.extension.package.documents"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local project_files = require "qwen.config.project_files"
local text = require "qwen.util.text"
local translate = require "qwen.util.translate"
local tr, phrase = translate.tr, translate.phrase

local M = {}

local MOST_FILE, MOST_DESCRIPTION = 25 * 1024, 100
local OFF = "default"

local builtin = {
  concise = { name = "Concise", keep = true, description = phrase "the result first, no preamble",
    text = "Begin with the result. No preamble, no account of what you are about to do, no summary "
    .. "at the end. Do the work as thoroughly as ever; errors and questions about safety keep all they need to say." },
  proactive = { name = "Proactive", keep = true, description = phrase "begins at once, says what it assumes",
    text = "Begin to work at once. Where a small decision is open, choose, say what you assumed "
    .. "and go on instead of asking. What needs approval still needs it." },
  explanatory = { name = "Explanatory", keep = true, description = phrase "short notes about the code and the choices",
    text = "While you work, add short notes headed 'Insight' about this codebase and why "
    .. "you chose what you did; two or three sentences each, only where there is something to learn." },
  learning = { name = "Learning", keep = true, waits = true, description = phrase "leaves small parts for you to write",
    text = "Let the user write some of the code: leave small, telling pieces "
    .. "marked YOUR PART, say what each must do and what to think of, then wait for the user's version and build on it." },
}

-- A text without the comments of HTML.
local function without_comments(body)
  local out, at = {}, 1
  while true do
    local first = body:find("<!--", at, true)
    local _, last = body:find("-->", (first or #body) + 4, true)
    out[#out + 1] = body:sub(at, last and first - 1 or -1)
    if not last then return table.concat(out) end
    at = last + 1
  end
end

-- A file as a style; nil and why it is none. A project's must lie below its border, links followed.
local function read(path, border, called, text_of)
  local stat = fs.stat(path, not border)
  if not stat or stat.type ~= "file" then return nil, tr "it is no file" end
  local source, e
  if text_of then source, e = text_of(path, MOST_FILE)
  elseif border then source, e = project_files.read(border, path, MOST_FILE)
  else source, e = fs.read(path, MOST_FILE) end
  if not source then return nil, e.message end
  if text.utf8(source) ~= source then return nil, tr "it is not UTF-8" end
  local fields, body = require("qwen.util.front_matter").read(source)
  body = text.trim(without_comments(body))
  if body == "" then return nil, tr "it is empty" end
  local name = fields.name and fields.name ~= "" and fields.name or called
  local replaced = builtin[name:lower()]
  local keep = fields["keep-coding-instructions"]
  local described = fields.description and text.trim(fields.description) or ""
  if described == "" then described = text.head(body:match "^[^\n]*", MOST_DESCRIPTION) end
  return { name = name, text = body, description = text.clean(described),
    keep = keep == "true" or keep == nil and replaced ~= nil }
end

-- Those of the packages that count.
local function add_packages(out, problems)
  local cards = {}
  documents.each("output-styles", function(package, folder, entry, text_of)
    if not entry.name:find "^[^.]" or entry.name:sub(-3) ~= ".md" then return end
    local path = folder .. "/" .. entry.name
    local style, e = read(path, nil, entry.name:sub(1, -4), text_of)
    if style then cards[#cards + 1] = { package = package, card = style } end
    if e then problems[#problems + 1] = tr("the output style %s is left out: %s", paths.short(path), e) end
  end)
  local function shipped(style) return getmetatable(style) ~= nil end
  documents.merge(out, cards, shipped, string.lower)
end

---The styles there are, by name in small letters: a project's before the user's before those that are built in.
---@param ctx Ctx
---@return table<string, {name: string, text: string, description: string, keep: boolean, waits: boolean?}>
---@return string[] problems
function M.list(ctx)
  local out, problems = {}, {}
  for name, style in pairs(builtin) do
    out[name] = setmetatable({ description = tr(style.description) }, { __index = style })
  end
  local project = ctx.trusted and paths.project_config(ctx.cwd)
  for _, home in ipairs { not ctx.opts.safe and paths.qwen_home() or false, not ctx.opts.safe and project or false } do
    local folder = home and home .. "/output-styles"
    for _, entry in ipairs(folder and fs.list(folder) or {}) do
      local path = folder .. "/" .. entry.name
      local style, e
      if entry.name:find "^[^.]" and entry.name:sub(-3) == ".md" then
        style, e = read(path, home == project and project_files.border(ctx.cwd) or nil, entry.name:sub(1, -4))
      end
      if style then out[style.name:lower()] = style end
      if e then problems[#problems + 1] = tr("the output style %s is left out: %s", paths.short(path), e) end
    end
  end
  add_packages(out, problems)
  out[OFF] = nil
  return out, problems
end

---The style of a session; nil for none. What is asked for and is not there is said.
---@param ctx Ctx
---@return {name: string, text: string, keep: boolean}?
function M.of(ctx)
  local wanted = ctx.settings:get "general.outputStyle"
  if not wanted or wanted == "" or wanted:lower() == OFF then return nil end
  local styles, problems = M.list(ctx)
  local style = styles[wanted:lower()]
  if style then return (not style.waits or ctx.interactive) and style or nil end
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  local names = {}
  for _, each in pairs(styles) do names[#names + 1] = each.name end
  table.sort(names)
  ctx.notice(tr("no output style is called '%s'; there are %s", wanted, table.concat(names, ", ")))
  return nil
end

return M
