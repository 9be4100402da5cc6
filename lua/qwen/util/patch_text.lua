-- Reads patches as models write them: between `*** Begin Patch` and `*** End Patch`, as unified diffs, and as blocks of SEARCH and
-- REPLACE. Pure; it knows no files.
local texts = require "qwen.util.text"
local lines_of = texts.lines

local M = {}

-- The hunk that lines go to.
local function open_hunk(state)
  state.hunk = state.hunk or { heads = {}, marks = {}, lines = {} }
  return state.hunk
end

-- Ends the hunk that is open, if it has lines.
local function close(state)
  local hunk = state.hunk
  state.hunk = nil
  if hunk and hunk.lines[1] then table.insert(state.file.hunks, hunk) end
end

-- One line of a hunk by its first character.
local function hunk_line(state, line)
  local hunk, mark = open_hunk(state), line == "" and " " or line:sub(1, 1)
  if not mark:find "[ +-]" then
    return nil, ("the line '%s' begins with neither a blank, + nor -"):format(line:sub(1, 60))
  end
  table.insert(hunk.marks, mark)
  table.insert(hunk.lines, line:sub(2))
  return true
end

local function pair_of(old, new, tail)
  return { old = table.concat(old, "\n") .. tail, new = #new == 0 and "" or table.concat(new, "\n") .. tail }
end

local EMPTY_HUNK = "a part has no lines that are there already; give some around the place"

---What a hunk replaces by what. A whole line ends with its line end, so that it is not found in the
---middle of another.
---@param hunk PatchHunk
---@return {old: string, new: string}? nil: it has no lines that are there already
---@return string? why
function M.edit_of(hunk)
  local old, new, tail = {}, {}, hunk.at_end and "" or "\n"
  for i, line in ipairs(hunk.lines) do
    if hunk.marks[i] ~= "+" then old[#old + 1] = line end
    if hunk.marks[i] ~= "-" then new[#new + 1] = line end
  end
  if #old == 0 then return nil, EMPTY_HUNK end
  return pair_of(old, new, tail)
end

local KINDS = { Add = "add", Update = "update", Delete = "delete" }

local function begin_file(state, kind, path)
  close(state)
  state.file = { kind = kind, path = path, hunks = {}, lines = {} }
  table.insert(state.files, state.file)
end

-- One line of a patch that begins with `*** Begin Patch`. Between the parts of files, blanks before a
-- mark are the model's own.
local function codex_line(state, line)
  local between = not state.file or state.file.kind == "delete"
  if between then line = line:gsub("^%s+(%*%*%* )", "%1") end
  if not state.file and line:find "^%*%*%* Environment ID:" then return true end
  local kind, path = line:match "^%*%*%* (%a+) File: (.*)$"
  if KINDS[kind] then
    begin_file(state, KINDS[kind], texts.trim(path))
    return true
  end
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
    if state.hunk and state.hunk.lines[1] then close(state) end
    local head = line:match "^@@ ?(.-) ?@?@?$"
    if head:find "%S" and not head:find "^%-[%d,]+ %+%d" then table.insert(open_hunk(state).heads, head) end
  elseif file.kind == "update" then
    return hunk_line(state, line)
  end
  return true
end

-- Where the lines of a patch end: before its mark, which as the last line may have blanks before it.
local function last_of(lines)
  for i, line in ipairs(lines) do
    if line:find "^%*%*%* End Patch" then return i - 1 end
  end
  local last = #lines
  while last > 0 and not lines[last]:find "%S" do last = last - 1 end
  return lines[last] and lines[last]:find "^%s+%*%*%* End Patch%s*$" and last - 1 or #lines
end

local function codex(text)
  local state, inside, lines = { files = {} }, false, lines_of(text)
  for i = 1, last_of(lines) do
    if inside then
      local ok, why = codex_line(state, lines[i])
      if not ok then return nil, why end
    end
    inside = inside or lines[i]:find "^%s*%*%*%* Begin Patch" ~= nil
  end
  close(state)
  return state.files
end

local function plain_name(name) return (name:gsub("\t.*$", ""):gsub("^[ab]/", "")) end

-- The two names of a file as a kind of change.
local function begin_diff(state, before, after)
  local kind = before == "/dev/null" and "add" or after == "/dev/null" and "delete" or "update"
  begin_file(state, kind, plain_name(kind == "delete" and before or after))
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
      begin_diff(state, before, new)
      before = nil
    elseif line:find "^@@" or line:find "^diff " or line:find "^index " then
      close(state)
    elseif line:find "^\\" then -- no line end at the end of the file
      if state.hunk then state.hunk.at_end = true end
    elseif state.file and state.file.kind == "add" then
      table.insert(state.file.lines, line:sub(2))
    elseif state.file and state.file.kind == "update" then
      ok, why = hunk_line(state, line)
    end
    if not ok then return nil, why end
  end
  close(state)
  return state.files
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
      out[#out + 1] = pair_of(block.old, block.new, "\n")
      block = nil
    elseif block and not (side[1] == nil and (line:find "^:start_line:" or line:find "^:end_line:" or line:find "^%-%-%-%-%-%-%-$")) then
      side[#side + 1] = line
    end
  end
  if block then return nil, "the last block of SEARCH and REPLACE has no end" end
  return out[1] and out or nil
end

return M
