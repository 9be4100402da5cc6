-- The person's and the project's instruction files: which there are, with what they import. The project's count only in a trusted folder.
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local prompt_profile = require "qwen.agent.prompt_profile"
local project_files = require "qwen.config.project_files"
local sys = require "sys.os"
local texts = require "qwen.util.text"
local trust = require "qwen.config.trust"
local tr = require("qwen.util.translate").tr

local M = {}

local MAX_FILE, MAX_TOTAL, MAX_DEPTH = 64 * 1024, 256 * 1024, 5
local MOST_READ = 16 * 1024 * 1024

-- The folders from the root down to cwd.
local function descent(root, cwd)
  local out = { root }
  for step in cwd:sub(#root + 1):gmatch "[^/]+" do out[#out + 1] = (out[#out] == "/" and "" or out[#out]) .. "/" .. step end
  return out
end

-- A file that lies, links followed, below its base folder: a project's file must not draw in what is elsewhere. What is too long is cut.
local function read_below(ctx, base, path)
  local real = fs.realpath(path)
  if not real or not paths.below(real, base) then return nil end
  local text, e = fs.read_exact(real, MOST_READ)
  if not text then
    local stat = fs.stat(real)
    if stat and stat.type ~= "dir" then ctx.notice(tr("%s is left out: %s", paths.short(path), e.message)) end
    return nil
  end
  local most = math.min(MAX_FILE, prompt_profile.room(ctx) or MAX_FILE)
  if #text > most then
    ctx.notice(tr("%s is longer than %d KB: the rest is left out", paths.short(path), most // 1024))
    text = texts.utf8((text:sub(1, most):gsub("[\192-\255][\128-\191]*$", "")))
  end
  return text, real
end

-- fn of every piece of a line that is no code; the spans of code stay.
local function outside_code(line, fn)
  local out, at = {}, 1
  while true do
    local from, to = line:find("%f[`]`+[^`]*`+", at)
    out[#out + 1] = fn(line:sub(at, (from or 0) - 1))
    if not from then return table.concat(out) end
    out[#out + 1] = line:sub(from, to)
    at = to + 1
  end
end

-- `@path` outside of code, at the beginning of a word, becomes the text of that file.
local function with_imports(ctx, text, folder, base, depth, seen)
  if depth > MAX_DEPTH then return text end
  local function import(space, word)
    local path = word
    while path and path ~= "" do -- marks of the sentence behind it are no part of it
      local full = path:gsub("^~/", (paths.home() or "~") .. "/")
      if full:sub(1, 1) ~= "/" then full = folder .. "/" .. full end
      local stat = fs.stat(full)
      local imported, real = nil, nil
      if stat and stat.type ~= "dir" then imported, real = read_below(ctx, base, full) end
      if imported and not seen[real] then
        seen[real] = true
        return space .. with_imports(ctx, imported, real:match "^(.*)/", base, depth + 1, seen) .. word:sub(#path + 1)
      end
      path = texts.without_mark(path)
    end
  end
  local out, fence = {}, nil
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local mark, rest = line:match "^%s*([`~][`~][`~]+)(.*)$"
    if mark and not (mark:find "`" and mark:find "~") then
      if not fence then
        fence = mark
      elseif mark:sub(1, 1) == fence:sub(1, 1) and #mark >= #fence and not rest:find "%S" then
        fence = nil
      end
    end
    if not fence and line:find("@", 1, true) then
      line = outside_code(" " .. line, function(piece) return (piece:gsub("(%s)@([^%s@]+)", import)) end):sub(2)
    end
    out[#out + 1] = line
  end
  return (table.concat(out, "\n"):gsub("%f[\n]\n+$", "\n"))
end

-- Rules in .qwen/rules/*.md; one with `paths:` at its top says itself what it applies to.
local function rules(root)
  local out, folder = {}, root .. "/.qwen/rules"
  for _, entry in ipairs(fs.list(folder) or {}) do
    if entry.name:find "%.md$" then out[#out + 1] = folder .. "/" .. entry.name end
  end
  return out
end

-- Whether a folder belongs to us or to root; instructions of others are not ours to follow.
local function is_ours(folder)
  local stat = fs.stat(folder)
  return stat ~= nil and (stat.uid == sys.uid() or stat.uid == 0)
end

-- Those of a folder beside the project, where the user wants them and has not refused the folder.
local function beside(ctx, folder)
  local out, own = {}, ctx.settings:own "context.fileName"
  local wanted = ctx.settings:get "context.loadFromIncludeDirectories" and is_ours(folder)
  if not wanted or trust.decided(folder) and trust.state(folder) ~= "trusted" then return out end
  for _, name in ipairs(project_files.instructions(folder, own)) do
    out[#out + 1] = { path = folder .. "/" .. name, base = folder }
  end
  return out
end

-- The files in their order, each with the folder that what it imports must be in: a user's own may be a
-- link, and import anything; those of packages are taken as they were approved.
local function candidates(ctx)
  local home = paths.qwen_home()
  local out, problems = require("qwen.extension.foreign").instructions(ctx)
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  local own = ctx.settings:own "context.fileName" -- a project could name the files with keys
  for _, name in ipairs(home and project_files.instructions(home, own) or {}) do
    out[#out + 1] = { path = home .. "/" .. name, base = "/" }
  end
  for _, folder in ipairs(ctx.folders or {}) do
    for _, item in ipairs(beside(ctx, folder)) do out[#out + 1] = item end
  end
  if not ctx.trusted then return out end
  local names = ctx.settings:get "context.fileName"
  local root, border = paths.project_root(ctx.cwd), project_files.border(ctx.cwd)
  for _, folder in ipairs(descent(root, ctx.cwd)) do
    local found = project_files.instructions(folder == "/" and "" or folder, names)
    if #found > 0 and not is_ours(folder) then
      ctx.notice(tr("%s belongs to another user: %s left out", folder, table.concat(found, ", ")))
      found = {}
    end
    for _, name in ipairs(found) do out[#out + 1] = { path = (folder == "/" and "" or folder) .. "/" .. name, base = border } end
  end
  for _, path in ipairs(rules(root)) do out[#out + 1] = { path = path, base = border } end
  out[#out + 1] = { path = root .. "/.qwen/QWEN.local.md", base = border }
  return out
end

---The instruction files in force, each with its whole text.
---@param ctx Ctx
---@return {path: string, text: string}[]
function M.files(ctx)
  local out, total, seen = {}, 0, {}
  local most = prompt_profile.room(ctx) or MAX_TOTAL
  for _, item in ipairs(candidates(ctx)) do
    local text, real = item.text, item.path
    if not text then text, real = read_below(ctx, item.base, item.path) end
    if text and not seen[real] and text:find "%S" then
      seen[real] = true
      if not item.text then
        text = with_imports(ctx, text, real:match "^(.*)/", item.base, 1, { [real] = true })
      end
      if total + #text <= most then
        total = total + #text
        out[#out + 1] = { path = item.path, text = text }
      else
        ctx.notice(tr("%s is left out: the instruction files together are larger than %d KB",
          item.path, most // 1024))
      end
    end
  end
  return out
end

return M
