-- Lists one folder: folders first, then files, as many as fit.

local tr = qwen.tr
local MOST = 8000 -- bytes of names

local T = {
  summary = "List a folder: folders first. Ignored files are left out.",
  effect = "read", deferred = true, -- glob and ls in a command do for most
  schema = {
    type = "object",
    properties = {
      path = { type = "string", description = "folder; default the project" },
      ignore = { type = "array", items = { type = "string" }, description = "names or patterns such as *.o to leave out" },
      file_filtering_options = {
        type = "object",
        properties = { respect_git_ignore = { type = "boolean" } },
        description = "false also shows what git ignores",
      },
    },
  },
}

function T.paths(args) return { args.path } end

T.verbs = { ask = qwen.phrase "List", done = qwen.phrase "Listed" }

function T.label(args) return args.path or "." end

local function ignored(name, patterns)
  for _, fits in ipairs(patterns) do
    if fits(name) then return true end
  end
  return false
end

-- The entries that hold a file that is not ignored; nil when nothing is to be left out, or nobody can tell.
local function visible_entries(ctx, path, options)
  if options and options.respect_git_ignore == false then return nil end
  if not qwen.x.files.inside(ctx, path) then return nil end
  local names, _, partial = qwen.x.files.visible(ctx, path, 5)
  if not names or partial then return nil end
  local out = {}
  for _, name in ipairs(names) do out[name:match "^[^/]+"] = true end
  return out
end

local function is_empty(ctx, path)
  local entries = qwen.x.files.list(ctx, path, true)
  return entries and #entries == 0
end

function T.run(ctx, args)
  local path, e = qwen.x.files.resolve(ctx, args.path or ctx.cwd)
  if not path then return nil, e end
  local real
  real, e = qwen.x.files.opened(ctx, path)
  if not real then return nil, e end
  local entries
  entries, e = qwen.x.files.list(ctx, real, true)
  if not entries then return nil, e.kind == "missing" and not qwen.x.files.stat(ctx, path) and qwen.x.files.missing(ctx, path) or e end
  local rows, visible, patterns = {}, visible_entries(ctx, path, args.file_filtering_options), {}
  local kept_back = qwen.x.files.ignored(ctx) -- the user's own: the model cannot lift it
  for i, pattern in ipairs(args.ignore or {}) do patterns[i] = qwen.x.files.glob(pattern) end
  for _, entry in ipairs(entries) do
    local full = path .. "/" .. entry.name
    local followed = entry.type == "link" and qwen.fs.stat(full) or entry
    local shown = not visible or visible[entry.name] or entry.type == "link" or entry.type == "dir" and is_empty(ctx, real .. "/" .. entry.name)
    if shown and not ignored(entry.name, patterns) and not kept_back(real .. "/" .. entry.name) then
      rows[#rows + 1] = { dir = followed.type == "dir", name = entry.name, link = entry.type == "link" }
    end
  end
  table.sort(rows, function(a, b)
    if a.dir ~= b.dir then return a.dir end
    return a.name < b.name
  end)
  if #rows == 0 and #entries > 0 then
    return { text = ("Directory %s holds %d item(s), all of them ignored."):format(path, #entries),
      display = tr "only ignored items" }
  end
  if #rows == 0 then return { text = ("Directory %s is empty."):format(path), display = tr "empty" } end
  local lines = { ("Listed %d item(s) in %s:"):format(#rows, path), "---" }
  local size, shown = 0, 0
  for _, row in ipairs(rows) do
    local line = (row.dir and "[DIR] " or "") .. row.name .. (row.link and " (link)" or "")
    size = size + #line + 1
    if size > MOST then break end
    lines[#lines + 1], shown = line, shown + 1
  end
  if shown < #rows then lines[#lines + 1] = ("[%d more; use glob]"):format(#rows - shown) end
  return { text = table.concat(lines, "\n"), display = tr(#rows == 1 and "%d item" or "%d items", #rows) }
end

return T
