-- The person's and the project's instruction files: which there are, with what they import. The project's count only in a trusted folder.
local fs = require "sys.fs"
local paths = require "qwen.util.paths"

local M = {}

local MAX_FILE, MAX_TOTAL, MAX_DEPTH = 64 * 1024, 256 * 1024, 5

local function names(ctx)
  local value = ctx.settings:get "context.fileName"
  if type(value) == "string" then value = { value } end
  local out = {}
  for _, name in ipairs(value or {}) do
    if type(name) == "string" and name ~= "" and not name:find "[/\0]" then out[#out + 1] = name end
  end
  return out
end

-- The folders from the root down to cwd.
local function descent(root, cwd)
  local out = { root }
  for step in cwd:sub(#root + 1):gmatch "[^/]+" do out[#out + 1] = (out[#out] == "/" and "" or out[#out]) .. "/" .. step end
  return out
end

-- A file that lies, links followed, below its base folder; an instruction file must not draw in what is elsewhere.
local function read_below(base, path)
  local real = fs.realpath(path)
  local prefix = base == "/" and "/" or base .. "/"
  if not real or real:sub(1, #prefix) ~= prefix then return nil end
  return fs.read_exact(real, MAX_FILE), real
end

-- fn of every piece of a line that is no code; the spans of code stay.
local function outside_code(line, fn)
  local out, at = {}, 1
  while true do
    local from, to = line:find("`+[^`]*`+", at)
    out[#out + 1] = fn(line:sub(at, (from or 0) - 1))
    if not from then return table.concat(out) end
    out[#out + 1] = line:sub(from, to)
    at = to + 1
  end
end

-- `@path` outside of code, at the beginning of a word, becomes the text of that file.
local function with_imports(text, folder, base, depth, seen)
  if depth > MAX_DEPTH then return text end
  local function import(space, path)
    local full = path:sub(1, 1) == "/" and path or folder .. "/" .. path
    local imported, real = read_below(base, full)
    if not imported or seen[real] then return nil end
    seen[real] = true
    return space .. with_imports(imported, real:match "^(.*)/", base, depth + 1, seen)
  end
  local out, fence = {}, false
  for line in (text .. "\n"):gmatch "(.-)\n" do
    if line:find "^%s*```" then fence = not fence end
    if not fence and line:find("@", 1, true) then
      line = outside_code(" " .. line, function(piece) return (piece:gsub("(%s)@([%w_./~-]*[%w_~-])", import)) end):sub(2)
    end
    out[#out + 1] = line
  end
  return (table.concat(out, "\n"):gsub("\n+$", "\n"))
end

-- Rules in .qwen/rules/*.md; one with `paths:` at its top says itself what it applies to.
local function rules(root)
  local out, folder = {}, root .. "/.qwen/rules"
  for _, entry in ipairs(fs.list(folder) or {}) do
    if entry.name:find "%.md$" then out[#out + 1] = folder .. "/" .. entry.name end
  end
  return out
end

local function candidates(ctx)
  local out, home = {}, paths.qwen_home()
  home = home and fs.realpath(home)
  for _, name in ipairs(home and names(ctx) or {}) do out[#out + 1] = { path = home .. "/" .. name, base = home } end
  if not ctx.trusted then return out end
  local root = paths.project_root(ctx.cwd)
  for _, folder in ipairs(descent(root, ctx.cwd)) do
    for _, name in ipairs(names(ctx)) do out[#out + 1] = { path = folder .. "/" .. name, base = root } end
  end
  for _, path in ipairs(rules(root)) do out[#out + 1] = { path = path, base = root } end
  out[#out + 1] = { path = root .. "/.qwen/QWEN.local.md", base = root }
  return out
end

---The instruction files in force, each with its whole text.
---@param ctx Ctx
---@return {path: string, text: string}[]
function M.files(ctx)
  local out, total, seen = {}, 0, {}
  for _, item in ipairs(candidates(ctx)) do
    local text, real = read_below(item.base, item.path)
    if text and not seen[real] and text:find "%S" then
      seen[real] = true
      text = with_imports(text, real:match "^(.*)/", item.base, 1, { [real] = true })
      if total + #text <= MAX_TOTAL then
        total = total + #text
        out[#out + 1] = { path = item.path, text = text }
      else
        ctx.notice(("%s is left out: the instruction files together are larger than %d KB"):format(item.path, MAX_TOTAL // 1024))
      end
    end
  end
  return out
end

return M
