-- Reads patches as models write them: between `*** Begin Patch` and `*** End Patch`, as unified diffs, and as blocks of SEARCH and
-- REPLACE. Pure; it knows no files.
local texts = require "qwen.util.text"
local lines_of = texts.lines

local M = {}

---@class PatchFile
---@field kind "add"|"update"|"delete"
---@field path string
---@field to string? its new name
---@field lines string[] of an added file
---@field edits {old: string, new: string}[] of an updated file

-- What a hunk replaces by what. A whole line ends with its line end, so that it is not found in the middle of another.
local function edit_of(hunk)
  local tail = hunk.at_end and "" or "\n"
  local old, new = table.concat(hunk.old, "\n"), table.concat(hunk.new, "\n")
  return { old = old .. tail, new = #hunk.new == 0 and "" or new .. tail }
end

local EMPTY_HUNK = "a part has no lines that are there already; give some around the place"

-- Ends the hunk that is open, if any.
local function close(state)
  local hunk = state.hunk
  state.hunk = nil
  if not hunk or #hunk.old == 0 and #hunk.new == 0 then return true end
  if #hunk.old == 0 then return nil, EMPTY_HUNK end
  table.insert(state.file.edits, edit_of(hunk))
  return true
end

-- One line of a hunk by its first character.
local function hunk_line(state, line)
  state.hunk = state.hunk or { old = {}, new = {} }
  local mark, rest = line:sub(1, 1), line:sub(2)
  if mark == " " or line == "" or mark == "-" then table.insert(state.hunk.old, rest) end
  if mark == " " or line == "" or mark == "+" then table.insert(state.hunk.new, rest) end
  if line == "" or mark:find "[ +-]" then return true end
  return nil, ("the line '%s' begins with neither a blank, + nor -"):format(line:sub(1, 60))
end

local KINDS = { Add = "add", Update = "update", Delete = "delete" }

local function begin_file(state, kind, path)
  local ok, why = close(state)
  state.file = { kind = kind, path = path, edits = {}, lines = {} }
  table.insert(state.files, state.file)
  return ok, why
end

-- One line of a patch that begins with `*** Begin Patch`.
local function codex_line(state, line)
  local kind, path = line:match "^%*%*%* (%a+) File: (.*)$"
  if KINDS[kind] then return begin_file(state, KINDS[kind], texts.trim(path)) end
  local file = state.file
  if not file then return nil, "it names no file" end
  local to = line:match "^%*%*%* Move to: (.*)$"
  if to then
    file.to = texts.trim(to)
  elseif line:find "^%*%*%* End of File" then
    if state.hunk then state.hunk.at_end = true end
  elseif file.kind == "add" then
    if line ~= "" and line:sub(1, 1) ~= "+" then return nil, "the lines of a new file begin with +" end
    table.insert(file.lines, line:sub(2))
  elseif line:find "^@@" then
    return close(state)
  elseif file.kind == "update" then
    return hunk_line(state, line)
  end
  return true
end

local function codex(text)
  local state, inside = { files = {} }, false
  for _, line in ipairs(lines_of(text)) do
    if line:find "^%*%*%* End Patch" then break end
    if inside then
      local ok, why = codex_line(state, line)
      if not ok then return nil, why end
    end
    inside = inside or line:find "^%*%*%* Begin Patch" ~= nil
  end
  local ok, why = close(state)
  return ok and state.files or nil, why
end

local function plain_name(name) return (name:gsub("\t.*$", ""):gsub("^[ab]/", "")) end

-- The two names of a file as a kind of change.
local function begin_diff(state, before, after)
  local kind = before == "/dev/null" and "add" or after == "/dev/null" and "delete" or "update"
  return begin_file(state, kind, plain_name(kind == "delete" and before or after))
end

local function unified(text)
  local state, before = { files = {} }, nil
  local lines = lines_of(text)
  for i, line in ipairs(lines) do
    local ok, why = true, nil
    local old, new = line:match "^%-%-%- (.+)$", line:match "^%+%+%+ (.+)$"
    if old and (lines[i + 1] or ""):find "^%+%+%+ " then
      before = old
    elseif before and new then
      ok, why = begin_diff(state, before, new)
      before = nil
    elseif line:find "^@@" or line:find "^diff " or line:find "^index " then
      ok, why = close(state)
    elseif line:find "^\\" then -- no line end at the end of the file
      if state.hunk then state.hunk.at_end = true end
    elseif state.file and state.file.kind == "add" then
      table.insert(state.file.lines, line:sub(2))
    elseif state.file and state.file.kind == "update" then
      ok, why = hunk_line(state, line)
    end
    if not ok then return nil, why end
  end
  local ok, why = close(state)
  return ok and state.files or nil, why
end

---The files of a patch and what is done to each.
---@param text string
---@return PatchFile[]? nil: it is no patch
---@return string? why it is one that cannot be read
function M.files(text)
  local read = text:find("*** Begin Patch", 1, true) and codex
    or (text:find "^%-%-%- " or text:find "\n%-%-%- ") and text:find "\n%+%+%+ " and unified
  if not read then return nil end
  local files, why = read(text)
  if files and not files[1] then files, why = nil, "it names no file" end
  return files, why
end

local STARTS, MIDDLE = { "^<<<<<<<+ ?SEARCH", "^%-%-%-%-%-%-%-+ ?SEARCH" }, "^=======+ *$"
local ENDS = { "^>>>>>>>+ ?REPLACE", "^%+%+%+%+%+%+%++ ?REPLACE" }

local function one_of(patterns, line) return line:find(patterns[1]) or line:find(patterns[2]) end

---The edits of blocks of SEARCH and REPLACE.
---@param text string
---@return {old: string, new: string}[]? nil: there are none
---@return string? why they cannot be read
function M.blocks(text)
  local out, block, side = {}, nil, nil
  for _, line in ipairs(lines_of(text)) do
    if not block and one_of(STARTS, line) then
      block = { old = {}, new = {} }
      side = block.old
    elseif block and side == block.old and line:find(MIDDLE) then
      side = block.new
    elseif block and side == block.new and one_of(ENDS, line) then
      if #block.old == 0 then return nil, EMPTY_HUNK end
      out[#out + 1] = edit_of(block)
      block = nil
    elseif block and not (side[1] == nil and (line:find "^:start_line:" or line:find "^:end_line:" or line:find "^%-%-%-%-%-%-%-$")) then
      side[#side + 1] = line
    end
  end
  if block then return nil, "the last block of SEARCH and REPLACE has no end" end
  return out[1] and out or nil
end

return M
