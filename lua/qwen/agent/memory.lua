-- What the user asks to be kept: lines added to their own file with instructions, or to the project's, and whole files after an editor
-- had them. What another program wrote meanwhile, links, the character set and the line ends stay.
local encoding = require "qwen.util.encoding"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local instruction_changes = require "qwen.agent.instruction_changes"
local instruction_files = require "qwen.agent.instructions"
local memory_folder = require "qwen.agent.memory_folder"
local paths = require "qwen.util.paths"
local project_files = require "qwen.config.project_files"
local sys = require "sys.os"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr
local when_free = require "qwen.util.when_free"

local M = {}

local TITLE, TRIES, MOST = "## Memories", 20, 16 * 1024 * 1024

---The file that a line goes to.
---@param ctx Ctx
---@param where "user"|"project"
---@return string? path
---@return Err?
function M.path(ctx, where)
  if where == "user" then
    local home = paths.qwen_home()
    if not home then return nil, err("missing", tr "there is no home folder to keep it in; set HOME or QWEN_HOME") end
    return home .. "/" .. project_files.main_instructions(home, ctx.settings:own "context.fileName")
  end
  if not ctx.trusted then return nil, err("denied", tr "this folder is not trusted: its own files are not read") end
  local root = paths.project_root(ctx.cwd)
  root = root == "/" and "" or root
  local path = root .. "/" .. project_files.main_instructions(root, ctx.settings:get "context.fileName")
  local real = fs.realpath(path)
  if real and not paths.below(real, project_files.border(ctx.cwd)) then
    return nil, err("denied", tr("%s leads out of the project and is not read", paths.short(path)))
  end
  return path
end

M.refresh = instruction_changes.expect

-- A file as it is: where it really is, its text, and what it must still be when it is written.
local function open(path)
  local real = fs.realpath(path)
  if not real and fs.exists(path, false) then return nil, err("usage", tr("%s is a link to nothing", paths.short(path))) end
  local file = { path = path, real = real or path, text = "", expect = false }
  if not real then return file end
  local bytes, e = fs.read(real, MOST)
  if not bytes then return nil, e end
  local words, found = encoding.decode(bytes)
  if not words then return nil, err("usage", tr("%s is no text", paths.short(path))) end
  file.text, file.encoding, file.expect = words, found, { hash = sys.sha256(bytes) }
  return file
end

local CHANGED = { ESTALE = true, EEXIST = true, ENOENT = true }

-- Writes a text in the place of what was opened; the second is true where another program has written it meanwhile.
local function write(file, words)
  local bytes, foreign = encoding.encode(words, file.encoding)
  if not bytes then
    return nil, err("usage", tr("%s is in %s, which does not have the character %s", paths.short(file.path), file.encoding.name, foreign))
  end
  local ok, e = fs.mkdir(file.real:match "^(.*)/", 448)
  if ok then ok, e = when_free(fs.write, file.real, bytes, { mode = 420, expect = file.expect }) end
  return ok, e
end

-- A text with one more line at the end of its memories.
local function with_line(words, line)
  local stop = words:find("\r\n", 1, true) and "\r\n" or "\n"
  local title = ("\n" .. words .. "\n"):find("\n" .. TITLE .. "[ \t\r]*\n")
  if not title then
    local lead = words == "" and "" or text.trim_end(words) .. stop .. stop
    return lead .. TITLE .. stop .. "- " .. line .. stop
  end
  local behind = words:find("\n#", title, true)
  local upto = text.trim_end(words:sub(1, behind or #words))
  local rest = behind and stop .. words:sub(behind + 1) or ""
  return upto .. stop .. "- " .. line .. stop .. rest
end

---Adds a line to a file with instructions, which is made when it is missing. It counts from the next prompt on.
---@param ctx Ctx
---@param where "user"|"project"
---@param line string
---@return string? path
---@return Err?
function M.add(ctx, where, line)
  local path, e = M.path(ctx, where)
  if not path then return nil, e end
  line = text.trim((line:gsub("%s+", " ")))
  for _ = 1, TRIES do
    local file, ok
    file, e = open(path)
    if not file then return nil, e end
    ok, e = write(file, with_line(file.text, line))
    if ok then
      instruction_changes.expect(ctx)
      return path
    end
    if not CHANGED[e.code] then break end
  end
  return nil, e
end

---Where a line is to go, by the user's word; nil when they leave, "send" when it is for the model.
---@param ctx Ctx with a picker
---@param title string
---@param may_send boolean? it could be a prompt as well
---@return "user"|"project"|"send"|nil
function M.ask(ctx, title, may_send)
  local choices = {}
  for i, where in ipairs { "project", "user" } do
    local path, e = M.path(ctx, where)
    choices[i] = { label = where == "project" and tr "this project" or tr "me, in all projects", detail = path and paths.short(path),
      disabled = e and e.message }
  end
  if may_send then choices[3] = { label = tr "do not keep it: send it to the model", detail = "" } end
  return ({ "project", "user", "send" })[ctx.pick(title, choices, { at = choices[1].disabled and 2 or 1 }) or 0]
end

---The files of the user's to look at and change: those that count, those that would, and Qwen Code's notes.
---@param ctx Ctx
---@return {path: string, bytes: integer?, kind: "instructions"|"notes"|"new"}[]
function M.files(ctx)
  local out, seen = {}, {}
  for _, file in ipairs(instruction_files.files(ctx)) do
    out[#out + 1], seen[file.path] = { path = file.path, bytes = #file.text, kind = "instructions" }, true
  end
  for _, where in ipairs { "user", "project" } do
    local path = M.path(ctx, where)
    if path and not seen[path] then out[#out + 1] = { path = path, kind = "new" } end
  end
  for _, file in ipairs(memory_folder.files(ctx)) do out[#out + 1] = { path = file.path, bytes = #file.text, kind = "notes" } end
  return out
end

---A file in the user's editor. What they wrote is kept aside where it cannot be saved.
---@param ctx Ctx with an editor
---@param path string
---@return boolean? changed
---@return Err?
function M.edit(ctx, path)
  local file, e = open(path)
  if not file then return nil, e end
  local crlf = file.text:find("\r\n", 1, true)
  local before = file.text:gsub("\r\n", "\n"):gsub("\n$", "")
  local after
  after, e = ctx.edit(before)
  if not after then return nil, e end
  if after == before then return false end
  local words = after == "" and "" or after .. "\n"
  local ok
  ok, e = write(file, crlf and words:gsub("\n", "\r\n") or words)
  if ok then
    instruction_changes.expect(ctx)
    return true
  end
  local aside = ctx.spill("memory", words)
  local why = CHANGED[e.code] and tr("%s was changed by another program meanwhile", paths.short(path)) or e.message
  return nil, err("usage", aside and tr("%s; what you wrote is in %s", why, aside) or why)
end

return M
