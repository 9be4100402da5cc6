-- Searches file contents with ripgrep; where it is missing with git grep, or by a walk for plain text.

local MAX_CHARS = 20000

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
  local argv = { rg, "--line-number", "--no-heading", "--with-filename", "--null", "--color=never", "--max-columns=400", "--max-columns-preview", "--sort=path",
    table.unpack(qwen.files.ignore_flags(ctx)) }
  if args.glob and not args.glob:find "[/!]" then -- as a type, so that ignored files stay out; a glob of ripgrep's would let them in
    argv[#argv + 1] = "--type-add=wanted:" .. args.glob
    argv[#argv + 1] = "--type=wanted"
  elseif args.glob then
    argv[#argv + 1] = "--glob=" .. args.glob
  end
  argv[#argv + 1] = "--regexp=" .. args.pattern
  argv[#argv + 1] = "--"
  argv[#argv + 1] = path
  return qwen.proc.run { argv = argv, limit = 4 * 1024 * 1024, timeout = 60, cwd = "/" }
end

-- Whether a file name fits the filter; one without "/" counts in any folder.
local function filter(glob)
  if not glob then return function() return true end end
  return qwen.files.glob(glob:find("/", 1, true) and glob:gsub("^/", "") or "**/" .. glob)
end

local function with_git(git, args, path)
  local argv = { git, "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit", "-c", "grep.column=false", "-c", "grep.fullName=false",
    "-C", path, "grep", "-n", "-I", "-E", "--null", "--no-color", "--untracked", "-e", args.pattern, "--", "." }
  local result, e = qwen.proc.run { argv = argv, limit = 4 * 1024 * 1024, timeout = 60 }
  if not result then return nil, e end
  local out, wanted = {}, filter(args.glob)
  for name, number, line in result.out:gmatch "([^%z\n]+)%z(%d+)[%z:]([^\n]*)" do
    if wanted(name) then out[#out + 1] = ("%s/%s\0%s:%s"):format(path, name, number, line:sub(1, 400)) end
  end
  result.out = table.concat(out, "\n")
  return result
end

-- The last resort: plain text search, said so in the result.
local function with_walk(args, path)
  local out, wanted = {}, filter(args.glob)
  local function look(file)
    local text = qwen.fs.read(file, 1024 * 1024)
    if not text or text:find("\0", 1, true) or not text:find(args.pattern, 1, true) then return end
    for i, line in ipairs(qwen.text.lines(text)) do
      if line:find(args.pattern, 1, true) then out[#out + 1] = ("%s\0%d:%s"):format(file, i, line:sub(1, 400)) end
    end
  end
  if qwen.fs.stat(path).type == "dir" then
    for name in qwen.files.walk(path, 20000) do
      if wanted(name) then look(path .. "/" .. name) end
    end
  else
    look(path)
  end
  return { out = table.concat(out, "\n"), err = "", code = 0, plain = true }
end

local function search(ctx, args, path)
  local rg, git = qwen.proc.which "rg", qwen.proc.which "git"
  if rg then return with_ripgrep(ctx, rg, args, path) end
  if git and qwen.fs.stat(path).type == "dir" then
    local result = with_git(git, args, path)
    if result and (result.code == 0 or result.code == 1) then return result end
  end
  return with_walk(args, path)
end

-- The lines as path:line:text, without files that a rule hides.
local function shown_lines(ctx, out)
  local hides, hidden, lines = qwen.permit.hidden(ctx), {}, {}
  for line in out:gmatch "[^\n]+" do
    local name, rest = line:match "^([^%z]*)%z(.*)$"
    if not name then
      lines[#lines + 1] = line
    else
      if hidden[name] == nil then hidden[name] = hides(name) end
      if not hidden[name] then lines[#lines + 1] = name .. ":" .. rest end
    end
  end
  return lines
end

function T.run(ctx, args)
  local path, e = qwen.files.resolve(ctx, args.path or ctx.cwd)
  if not path then return nil, e end
  if not qwen.fs.stat(path) then return nil, qwen.err("missing", "There is no " .. path) end
  if (args.pattern .. (args.glob or "")):find("\0", 1, true) then return nil, qwen.err("usage", "a pattern cannot hold a zero byte") end
  local result
  result, e = search(ctx, args, path)
  if not result then return nil, e end
  if result.code ~= 0 and result.code ~= 1 and result.out == "" then
    return nil, qwen.err("usage", "The search failed: " .. qwen.text.trim(result.err):sub(1, 500))
  end
  local lines = shown_lines(ctx, result.out)
  local note = result.plain and "(ripgrep is missing: the pattern was searched as plain text)\n" or ""
  if #lines == 0 then return { text = note .. ("No matches for %s in %s."):format(args.pattern, path), display = "no matches" } end
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
  return { text = text, display = ("%d matches"):format(#lines) }
end

return T
