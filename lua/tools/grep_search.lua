-- Searches file contents with ripgrep; where it is missing with git grep, or by a walk for plain text.

local tr = qwen.tr

local MAX_CHARS, CUT_LINE = 20000, 400

local T = {
  summary = "Search file contents by regular expression. Gives path:line:text. Ignored files are left out.",
  effect = "read",
  schema = {
    type = "object",
    properties = {
      pattern = { type = "string", description = "regular expression" },
      path = { type = "string", description = "absolute folder or file; default the project" },
      glob = { type = "string", description = "file filter such as *.c" },
      limit = { type = "integer", minimum = 1, description = "most lines" },
    },
    required = { "pattern" },
  },
}

function T.paths(args) return { args.path } end

function T.label(args) return args.pattern .. (args.path and " in " .. args.path or "") end

local function with_ripgrep(ctx, rg, args, path)
  local argv = { rg, "--line-number", "--no-heading", "--with-filename", "--null", "--color=never",
    "--max-columns=" .. CUT_LINE, "--max-columns-preview", "--sort=path",
    table.unpack(qwen.x.files.ignore_flags(ctx)) }
  if args.glob and not args.glob:find "[/!:]" then -- as a type: fewer files are read; a glob of ripgrep's would let ignored ones in
    argv[#argv + 1] = "--type-add=wanted:" .. args.glob
    argv[#argv + 1] = "--type=wanted"
  end
  argv[#argv + 1] = "--regexp=" .. args.pattern
  argv[#argv + 1] = "--"
  argv[#argv + 1] = path
  return qwen.proc.run { argv = argv, limit = 4 * 1024 * 1024, timeout = 60, cwd = "/", env = qwen.proc.helper_env() }
end

local function with_git(git, args, path, is_folder)
  local folder, spec = path, "."
  if not is_folder then
    folder, spec = path:match "^(.*)/([^/]*)$"
    folder, spec = folder .. "/", ":(literal)" .. spec
  end
  local argv = { git, "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit", "-c", "grep.column=false", "-c", "grep.fullName=false",
    "-C", folder, "grep", "-n", "-I", "-E", "--null", "--no-color", "--untracked", "-e", args.pattern, "--", spec }
  local result, e = qwen.proc.run { argv = argv, limit = 4 * 1024 * 1024, timeout = 60, env = qwen.proc.helper_env() }
  if not result then return nil, e end
  local out, prefix = {}, folder:gsub("/$", "") .. "/"
  for name, number, line in result.out:gmatch "%f[^%z\n]([^%z\n]+)%z(%d+)[%z:]([^\n]*)" do
    out[#out + 1] = ("%s%s\0%s:%s"):format(prefix, name, number, line:sub(1, CUT_LINE))
  end
  result.out = table.concat(out, "\n")
  return result
end

-- The last resort: plain text search, said so in the result.
local function with_walk(ctx, args, path, is_folder, wanted)
  local out = {}
  local function look(file)
    local text = qwen.x.files.read(ctx, file, 1024 * 1024, true)
    if not text or text:find("\0", 1, true) or not text:find(args.pattern, 1, true) then return end
    for i, line in ipairs(qwen.text.lines(text)) do
      if line:find(args.pattern, 1, true) then out[#out + 1] = ("%s\0%d:%s"):format(file, i, line:sub(1, CUT_LINE)) end
    end
  end
  if is_folder then
    for name in qwen.x.files.walk(path, 20000) do
      local file = path:gsub("/$", "") .. "/" .. name
      if wanted(file) then look(file) end
    end
  else
    look(path)
  end
  return { out = table.concat(out, "\n"), err = "", code = 0, plain = true }
end

-- Whether a file fits the filter; one without "/" counts in any folder.
local function filter(glob, path, is_folder)
  if not glob or not is_folder then return function() return true end end
  local pattern = glob:gsub("^!", "")
  local fits = qwen.x.files.glob(pattern:find("/", 1, true) and pattern:gsub("^/", "") or "**/" .. pattern)
  local skip = #path:gsub("/$", "") + 2
  return function(file) return fits(file:sub(skip)) ~= (glob:sub(1, 1) == "!") end
end

local function search(ctx, args, path, is_folder, wanted)
  local rg, git = qwen.proc.which "rg", qwen.proc.which "git"
  if rg then return with_ripgrep(ctx, rg, args, path) end
  local result = git and with_git(git, args, path, is_folder)
  if result and (result.code == 0 or result.code == 1) then return result end
  return with_walk(ctx, args, path, is_folder, wanted)
end

-- Whether a line that a program found is in the file that was judged: a folder may have become a link while it searched.
-- Lines of one file come together.
local function verifier(ctx)
  local name, lines
  return function(file, rest)
    if file ~= name then
      local text = qwen.x.files.read(ctx, file, nil, true)
      name, lines = file, text and qwen.text.lines((text:gsub("^\xef\xbb\xbf", "")))
    end
    local number, found = rest:match "^(%d+)[:-](.*)$"
    local line = lines and lines[math.tointeger(number)]
    if not line then return false end
    found = found:gsub("^\xef\xbb\xbf", ""):gsub("\r$", "")
    if found == line:gsub("\r$", "") then return true end
    local cut = found:match "^(.*) %[%.%.%. [^%[%]]*%]$" or found -- of a long line the program gives the beginning
    return #cut >= CUT_LINE // 2 and line:sub(1, #cut) == cut
  end
end

-- The lines as path:line:text, of the files that are wanted and that no rule hides, and how many were left out. `real` is what was
-- searched, `path` its name.
local function shown_lines(ctx, out, wanted, real, path)
  local hidden, shown, lines, lost = qwen.x.policy.hidden(ctx), {}, {}, 0
  local verified = verifier(ctx)
  for line in out:gmatch "[^\n]+" do
    local name, rest = line:match "^([^%z]*)%z(.*)$"
    if name and shown[name] == nil then shown[name] = wanted(name) and not hidden(name, name) and not hidden(path .. name:sub(#real + 1), name) end
    if name and shown[name] and verified(name, rest) then
      lines[#lines + 1] = path .. name:sub(#real + 1) .. ":" .. rest
    elseif not name or shown[name] then
      lost = lost + 1
    end
  end
  return lines, lost
end

function T.run(ctx, args)
  local path, e = qwen.x.files.resolve(ctx, args.path or ctx.cwd)
  if not path then return nil, e end
  local stat
  stat, e = qwen.x.files.stat(ctx, path)
  if not stat then return nil, e.kind == "missing" and qwen.err("missing", "There is no " .. path) or e end
  if (args.pattern .. (args.glob or "")):find("\0", 1, true) then return nil, qwen.err("usage", "a pattern cannot hold a zero byte") end
  local real
  real, e = qwen.x.files.opened(ctx, path)
  if not real then return nil, e end
  local is_folder = stat.type == "dir"
  local wanted = filter(args.glob, real, is_folder)
  local result
  result, e = search(ctx, args, real, is_folder, wanted)
  if not result then return nil, e end
  if result.code ~= 0 and result.code ~= 1 and result.out == "" then
    return nil, qwen.err("usage", "The search failed: " .. qwen.text.trim(result.err):sub(1, 500))
  end
  local lines, lost = shown_lines(ctx, result.out, wanted, real, path)
  local note = result.plain and "(ripgrep is missing: the pattern was searched as plain text)\n" or ""
  if lost > 0 then
    note = note .. ("(%d lines are left out: their files changed meanwhile, or are no plain text)\n"):format(lost)
  end
  if #lines == 0 then return { text = note .. ("No matches for %s in %s."):format(args.pattern, path), display = tr "no matches" } end
  local kept, size = {}, 0
  for i, line in ipairs(lines) do
    size = size + #line + 1
    if i > (math.tointeger(args.limit) or math.huge) or size > MAX_CHARS then break end
    kept[i] = line
  end
  local text = note .. table.concat(kept, "\n")
  if #kept < #lines then
    local spilled = ctx.spill("grep_search", table.concat(lines, "\n") .. "\n")
    text = text .. ("\n[%d of %d lines shown%s]"):format(#kept, #lines, spilled and "; all are in " .. spilled or "")
  end
  return { text = text, display = tr(#lines == 1 and "%d match" or "%d matches", #lines) }
end

return T
