-- Searches file contents with ripgrep; with git grep, then a walk with Lua patterns, where it is missing.

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
  local argv = { rg, "--line-number", "--no-heading", "--with-filename", "--color=never", "--max-columns=400", "--max-columns-preview", "--sort=path",
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

local function with_git(git, args, path)
  local argv = { git, "-c", "core.fsmonitor=false", "-C", path, "grep", "-n", "-I", "-E", "--no-color", "--untracked", "-e", args.pattern, "--",
    args.glob or "." }
  local result, e = qwen.proc.run { argv = argv, limit = 4 * 1024 * 1024, timeout = 60 }
  if result then result.out = result.out:gsub("[^\n]+", function(line) return path .. "/" .. line end) end
  return result, e
end

-- The last resort: plain text search, said so in the result.
local function with_walk(args, path)
  local out, wanted = {}, args.glob and args.glob:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".")
  for name in qwen.files.walk(path, 20000) do
    if not wanted or name:match("([^/]*)$"):match("^" .. wanted .. "$") then
      local text = qwen.fs.read(path .. "/" .. name, 1024 * 1024)
      if text and not text:find("\0", 1, true) then
        for i, line in ipairs(text:find(args.pattern, 1, true) and qwen.text.lines(text) or {}) do
          if line:find(args.pattern, 1, true) then out[#out + 1] = ("%s/%s:%d:%s"):format(path, name, i, line:sub(1, 400)) end
        end
      end
    end
  end
  return { out = table.concat(out, "\n") .. (#out > 0 and "\n" or ""), err = "", code = #out > 0 and 0 or 1, plain = true }
end

local function search(ctx, args, path)
  local rg, git = qwen.proc.which "rg", qwen.proc.which "git"
  if rg then return with_ripgrep(ctx, rg, args, path) end
  local stat = qwen.fs.stat(path)
  if git and stat and stat.type == "dir" then
    local result = with_git(git, args, path)
    if result and (result.code == 0 or result.code == 1) then return result end
  end
  return with_walk(args, path)
end

function T.run(ctx, args)
  local path, e = qwen.files.resolve(ctx, args.path or ctx.cwd)
  if not path then return nil, e end
  if not qwen.fs.stat(path) then return nil, qwen.err("missing", "There is no " .. path) end
  local result
  result, e = search(ctx, args, path)
  if not result then return nil, e end
  if result.code ~= 0 and result.code ~= 1 and result.out == "" then
    return nil, qwen.err("usage", "The search failed: " .. qwen.text.trim(result.err):sub(1, 500))
  end
  local lines = qwen.text.lines(result.out)
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
    local spilled = ctx.spill("grep_search", result.out)
    text = text .. ("\n[%d of %d lines shown%s]"):format(#kept, #lines, spilled and "; all are in " .. spilled or "")
  end
  return { text = text, display = ("%d matches"):format(#lines) }
end

return T
