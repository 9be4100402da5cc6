-- Which lines of files fit a regular expression, by the program that is there: ripgrep, git grep, or our own walk. What it found is
-- compared with the files that were judged; how much of the whole it is, is said.
local encoding = require "qwen.util.encoding"
local files = require "qwen.permission.files"
local policy = require "qwen.permission.policy"
local proc = require "qwen.util.process"
local regex = require "qwen.util.regex"
local task = require "sys.task"
local text = require "qwen.util.text"
local err = require "qwen.util.err"
local search_encodings = require "qwen.permission.search_encodings"

local M = {}

local CUT_LINE = search_encodings.LINE
local MOST_OUTPUT, SECONDS, WALKED = 8 * 1024 * 1024, 60, 20000

-- What a program could not read: the first one by name, where it is what was judged, and how many more.
local function unread(ctx, words)
  local first, why, count = nil, nil, 0
  for line in words:gmatch "[^\n]+" do
    local name, problem = line:gsub("^rg: ", ""):match "^(/.*): ([^:]*) %(os error %d+%)$"
    if name and files.stat(ctx, name, true) then
      first, why, count = first or name, why or problem, count + 1
    end
  end
  return first and ("%s: %s%s"):format(first, why, count > 1 and (", and %d more"):format(count - 1) or "") or "they changed meanwhile"
end

-- Why a run of a program is only a part; nil when it is the whole.
local function part_of(ctx, result)
  if result.timed_out then return ("it was stopped after %d s"):format(SECONDS) end
  if result.truncated then return ("more than %d MB of lines fit"):format(MOST_OUTPUT // 1024 // 1024) end
  return result.code == 2 and "some files could not be read: " .. unread(ctx, result.err) or nil
end

local function run(argv, folder, env, input)
  return proc.run { argv = argv, cwd = folder or "/", limit = MOST_OUTPUT, timeout = SECONDS, env = env or proc.helper_env(), input = input }
end

-- What ripgrep looks at: a folder as the plan has it, or a text.
local function ripgrep_in(ctx, argv, plan)
  if plan.text then
    argv[#argv + 1] = "-"
    return run(argv, nil, nil, plan.text)
  end
  for _, flag in ipairs(files.ignore_flags(ctx)) do argv[#argv + 1] = flag end
  if plan.glob and not plan.glob:find "[/!:]" then -- as a type: fewer files are read; a glob of ripgrep's would let ignored ones in
    argv[#argv + 1] = "--type-add=wanted:" .. plan.glob
    argv[#argv + 1] = "--type=wanted"
  end
  for _, word in ipairs { "--", plan.real } do argv[#argv + 1] = word end
  return run(argv)
end

local function ripgrep(ctx, rg, plan, how)
  return ripgrep_in(ctx, { rg, "--line-number", "--no-heading", "--with-filename", "--null", "--color=never", "--crlf", "--sort=path",
    "--max-columns=" .. CUT_LINE, "--max-columns-preview", "--regexp=" .. plan.pattern, how }, plan)
end

-- By ripgrep; with PCRE for what its own expressions lack; literally when it is no regular expression.
local function with_ripgrep(ctx, rg, plan)
  local result, e = ripgrep(ctx, rg, plan)
  if not result or result.code ~= 2 or result.out ~= "" or not result.err:find "regex parse error" then return result, e end
  local why = result.err:match "error: ([^\n]*)" or "it cannot be read"
  if why:find "look%-around" or why:find "backreferences" then
    local other = ripgrep(ctx, rg, plan, "--pcre2")
    if not other or other.code < 2 or other.out ~= "" then return other end
  end
  result, e = ripgrep(ctx, rg, plan, "--fixed-strings")
  return result, e, ("the pattern is no regular expression (%s): it was searched as plain text"):format(why)
end

-- git grep with some options, and the folder that it ran in.
local function git_run(git, plan, env, ...)
  local folder, spec = plan.real, "."
  if not plan.is_folder then
    folder, spec = plan.real:match "^(.*)/([^/]*)$"
    folder, spec = folder .. "/", ":(literal)" .. spec
  end
  local argv = { git, "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit", "-c", "grep.column=false", "-c", "grep.fullName=false",
    "-C", folder, "grep", "-I", "--null", "--no-color", "--untracked", ... }
  argv[#argv + 1], argv[#argv + 2] = "--", spec
  local result, e = run(argv, folder, env)
  return result, e, folder
end

local function git_grep(git, plan, ...)
  local result, e, folder = git_run(git, plan, nil, "-n", ...)
  if not result then return nil, e end
  local out, prefix = {}, folder:gsub("/$", "") .. "/"
  for row in result.out:gmatch "[^\n]+" do
    local name, number, line = row:match "^([^%z]+)%z(%d+)[%z:](.*)$"
    out[#out + 1] = name and ("%s%s\0%s:%s"):format(prefix, name, number, text.head(line, CUT_LINE)) or nil
  end
  result.out = table.concat(out, "\n")
  return result
end

-- By git, with the same expressions; nil where git does not know the folder.
local function with_git(git, plan)
  local result, e = git_grep(git, plan, "-P", "-e", "(*ANYCRLF)" .. plan.pattern)
  if not result then return nil, e end
  if result.code == 0 or result.code == 1 or result.timed_out then return result end
  if result.err:find "USE_LIBPCRE" then
    return nil, err("missing", "ripgrep is not installed, and this git has no Perl expressions: search with grep -rnE in run_shell_command.")
  end
  local line = result.err:match "^fatal: [^\n]*"
  local why = line and line:find("option, '", 1, true) and line:match "^.*': (.*)$"
  if not why then return nil end
  result, e = git_grep(git, plan, "-F", "-e", plan.pattern)
  return result, e, ("the pattern is no regular expression (%s): it was searched as plain text"):format(why)
end

-- How a line is looked at where no program is there.
local function looker(pattern)
  local found = pattern:find "[][\\(){}.*+?^$|]" and regex.compile(pattern)
  if found then return found end
  return function(line) return line:find(pattern, 1, true) ~= nil end,
    pattern:find "[][\\(){}.*+?^$|]" and "the pattern is none that can be searched without ripgrep: it was searched as plain text" or nil
end

local function with_walk(ctx, plan)
  local fits, note = looker(plan.pattern)
  local out, began, seen, part = {}, task.now(), 0, nil
  local function look(file)
    local bytes = files.read(ctx, file, 1024 * 1024, true)
    local words = bytes and encoding.decode(bytes)
    for i, line in ipairs(words and text.lines(words) or {}) do
      local found = fits(line)
      if found == nil then part = "a line took too long" end
      if found then out[#out + 1] = ("%s\0%d:%s"):format(file, i, text.head(line, CUT_LINE)) end
    end
  end
  if plan.is_folder then
    for name in files.walk(plan.real, nil, ctx) do
      local file = plan.real:gsub("/$", "") .. "/" .. name
      if plan.wanted(file) then look(file) end
      seen = seen + 1
      if seen >= WALKED then part = ("it was stopped after %d files"):format(WALKED) end
      if task.now() - began > SECONDS then part = ("it was stopped after %d s"):format(SECONDS) end
      if part and part:find "^it was" then break end
    end
  else
    look(plan.real)
  end
  return { out = table.concat(out, "\n"), err = "", code = 0, part = part, walked = true },
    "ripgrep and git are missing" .. (note and ": " .. note or "")
end

-- The files that may not be in UTF-8, and why these may be too few.
local function suspects(ctx, plan, rg, git)
  if not plan.is_folder then return { plan.real } end
  local out, result, e, folder = {}
  if rg then
    result, e = ripgrep_in(ctx, { rg, "--files-with-matches", "--null", "--color=never", "--regexp=(?-u)" .. search_encodings.BYTES }, plan)
  else
    local env = proc.helper_env()
    env.LC_ALL = "C"
    result, e, folder = git_run(git, plan, env, "-l", "-P", "-e", search_encodings.BYTES)
  end
  for name in (e and "" or result.out):gmatch "[^%z]+" do
    name = folder and folder:gsub("/$", "") .. "/" .. name or name
    if plan.wanted(name) then out[#out + 1] = name end
  end
  return out, (e or result.timed_out) and "files that are not in UTF-8 were searched by their bytes alone" or nil
end

-- The numbers of the lines that fit, or why nobody can tell.
local function fitting_lines(ctx, plan, rg, lines)
  local out = {}
  if rg then
    local result = with_ripgrep(ctx, rg, { pattern = plan.pattern, text = table.concat(lines, "\n") .. "\n" })
    for number in (result and result.out or ""):gmatch "%z(%d+):[^\n]*" do out[#out + 1] = math.tointeger(tonumber(number)) end
    return result and result.code < 2 and out or nil
  end
  local fits, note = looker(plan.pattern)
  for i, line in ipairs(note and {} or lines) do
    local found = fits(line)
    if found == nil then return out, "a line took too long" end
    out[#out + 1] = found and i or nil
  end
  return not note and out or nil
end

-- Adds what is in files that are not in UTF-8, in the place of what their bytes gave.
local function add_others(ctx, plan, result, rg, git)
  if result.timed_out or result.truncated then return nil end -- it is a part already
  local list, why = suspects(ctx, plan, rg, git)
  local rows, searched, part = search_encodings.rows(ctx, list, function(lines) return fitting_lines(ctx, plan, rg, lines) end)
  if next(searched) then
    local out = {}
    for row in result.out:gmatch "[^\n]+" do
      if not searched[row:match "^[^%z]*"] then out[#out + 1] = row end
    end
    result.out = table.concat(table.move(rows, 1, #rows, #out + 1, out), "\n")
  end
  return part or why
end

-- Whether a line that a program found is in the file that was judged: a folder may have become a link while it searched. Gives its text.
-- Lines of one file come together.
local function verifier(ctx)
  local name, raw, lines
  return function(file, number, found)
    if file ~= name then
      local bytes = files.read(ctx, file, nil, true)
      local words, set = nil, nil
      if bytes then words, set = encoding.decode(bytes) end
      name, raw = file, bytes and text.lines((bytes:gsub("^\xef\xbb\xbf", "")))
      lines = set and text.lines(words) or raw
    end
    local line = lines and lines[number]
    if not line then return nil end
    found = found:gsub("^\xef\xbb\xbf", ""):gsub("\r$", "")
    local cut = found:sub(-1) == "]" and found:match "^(.*) %[%.%.%. " or found -- of a long line the program gives the beginning
    for _, own in ipairs { line, raw[number] } do
      if found == own or #cut >= CUT_LINE // 2 and own:sub(1, #cut) == cut then
        return #line > CUT_LINE and text.head(line, CUT_LINE) .. " [...]" or line, lines
      end
    end
    return nil
  end
end

-- The hits in files that are wanted and that no rule hides, and how many were left out.
local function hits_of(ctx, plan, out, named)
  local hidden, shown, hits, lost = policy.hidden(ctx), {}, {}, 0
  local verified = verifier(ctx)
  for row in out:gmatch "[^\n]+" do
    local file, number, found = row:match "^([^%z]*)%z(%d+):(.*)$"
    if file and shown[file] == nil then
      shown[file] = plan.wanted(file) and not hidden(file, file) and not hidden(named(file), file)
    end
    local line, lines = nil, nil
    if file and shown[file] then line, lines = verified(file, math.tointeger(number), found) end
    if line then
      hits[#hits + 1] = { file = named(file), number = math.tointeger(number), line = line, lines = lines }
    elseif not file or shown[file] then
      lost = lost + 1
    end
  end
  return hits, lost
end

---The lines that fit.
---@param ctx Ctx
---@param plan SearchPlan
---@param named fun(file: string): string the name that is shown for a real path
---@return Hit[]?, Err?
---@return string[]? notes what the result is not, in words for the model
function M.find(ctx, plan, named)
  local rg, git = proc.which "rg", proc.which "git"
  local result, e, note
  if rg then result, e, note = with_ripgrep(ctx, rg, plan) elseif git then result, e, note = with_git(git, plan) end
  if not result and e then return nil, e end
  if not result then result, note = with_walk(ctx, plan) end
  if result.code and result.code > 1 and result.out == "" and not result.err:find("(os error", 1, true) then
    return nil, err("usage", "The search failed: " .. text.head(text.trim(result.err), 500))
  end
  local others = (rg or git) and not result.walked and search_encodings.concerns(plan.pattern) and add_others(ctx, plan, result, rg, git)
  local hits, lost = hits_of(ctx, plan, result.out, named)
  local notes, part = { note }, result.part or part_of(ctx, result) or others or nil
  if part then notes[#notes + 1] = "this is only a part: " .. part end
  if lost > 0 then
    notes[#notes + 1] = ("%s left out: the files changed meanwhile, are too large, or are no plain text"):format(text.count(lost, "line is", "lines are"))
  end
  return hits, nil, notes
end

return M
