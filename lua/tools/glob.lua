-- Finds files by a name pattern, newest first. Ignored files are left out when ripgrep lists them.

local tr = qwen.tr
local MAX_FILES = 100

local T = {
  summary = "Find files by a pattern such as **/*.c or src/*.h. Newest first, at most 100.",
  effect = "read",
  schema = {
    type = "object",
    properties = {
      pattern = { type = "string" },
      path = { type = "string", description = "absolute folder; default the project" },
    },
    required = { "pattern" },
  },
}

function T.paths(args) return { args.path } end

function T.label(args) return args.pattern end

local function list(ctx, pattern, path)
  local matches, names = qwen.x.files.glob(pattern), {}
  local visible, e = qwen.x.files.visible(ctx, path)
  if e then return nil, e end
  if visible then
    for _, name in ipairs(visible) do
      if matches(name) then names[#names + 1] = name end
    end
    return names
  end
  for name in qwen.x.files.walk(path, 100000, ctx) do
    if matches(name) then names[#names + 1] = name end
  end
  return names
end

function T.run(ctx, args)
  local path, e = qwen.x.files.resolve(ctx, args.path or ctx.cwd)
  if not path then return nil, e end
  local stat
  stat, e = qwen.x.files.stat(ctx, path)
  if not stat and e.kind ~= "missing" then return nil, e end
  if not stat or stat.type ~= "dir" then return nil, qwen.err("missing", "There is no folder " .. path) end
  local real
  real, e = qwen.x.files.opened(ctx, path)
  if not real then return nil, e end
  local pattern = args.pattern
  if pattern:sub(1, #path + 1) == path .. "/" then pattern = pattern:sub(#path + 2) end
  if not pattern:find("/", 1, true) then pattern = "**/" .. pattern end
  local names
  names, e = list(ctx, (pattern:gsub("^/", "")), real)
  if not names then return nil, e end
  if #names == 0 then
    return { text = ("No files found matching \"%s\" in %s."):format(args.pattern, path),
      display = tr "no files" }
  end
  local found = {}
  for _, name in ipairs(names) do
    local full = (path == "/" and "" or path) .. "/" .. name
    local s = qwen.x.files.stat(ctx, real .. "/" .. name, true) -- a folder may have become a link while names were listed
    if s then found[#found + 1] = { path = full, mtime = s.mtime } end
  end
  table.sort(found, function(a, b)
    if a.mtime ~= b.mtime then return a.mtime > b.mtime end
    return a.path < b.path
  end)
  local shown = {}
  for i = 1, math.min(#found, MAX_FILES) do shown[i] = found[i].path end
  local text = ("Found %d file(s) matching \"%s\" in %s, sorted by modification time (newest first):\n---\n%s"):format(#found, args.pattern, path,
    table.concat(shown, "\n"))
  if #found > MAX_FILES then text = text .. ("\n[%d more; use a narrower pattern]"):format(#found - MAX_FILES) end
  return { text = text, display = tr(#found == 1 and "%d file" or "%d files", #found) }
end

return T
