-- Finds files by a name pattern, newest first. What git and .qwenignore leave out is left out.

local tr = qwen.tr
local MOST, MOST_FILES, WALKED = 8000, 1000, 100000 -- bytes, files of a result; files that are looked at

local T = {
  summary = "Find files by a pattern such as **/*.c or src/*.h. Newest first.",
  effect = "read",
  schema = {
    type = "object",
    properties = {
      pattern = { type = "string" },
      path = { type = "string", description = "folder; default the project" },
    },
    required = { "pattern" },
  },
}

-- The folder and the pattern below it: what stands before the first special character of an absolute pattern is a folder.
local function split(args)
  local pattern = args.pattern:gsub("^%./", "")
  if not pattern:find "^[/~]" then return args.path, pattern end
  local folder, rest = pattern:match "^([^*?%[{]*)/(.*)$"
  if not folder then return args.path, pattern end -- `~*`
  return folder == "" and "/" or folder, rest
end

function T.paths(args) return { (split(args)) } end

T.verbs = { ask = qwen.phrase "Find", done = qwen.phrase "Found" }

function T.label(args) return args.pattern end

-- The names of files below a folder, and why they are only a part.
local function all_names(ctx, real)
  local names, e, partial = qwen.x.files.visible(ctx, real)
  if e then return nil, e end
  local why = partial and (partial == "unread" and "some folders could not be read" or "listing the files took too long, or they are too many")
  if not names then
    names = {}
    for name in qwen.x.files.walk(real, WALKED, ctx) do names[#names + 1] = name end
    why = #names == WALKED and ("only the first %d files were looked at"):format(WALKED) or nil
  end
  return names, nil, why
end

-- Those that fit, newest first, by the names that are shown.
local function fitting(ctx, names, real, pattern, shown)
  local matches, found = qwen.x.files.glob(qwen.text.normal(pattern, "NFC"), false, true), {}
  local function add(name, stat)
    if stat and stat.type ~= "dir" then found[#found + 1] = { path = shown(name), mtime = stat.mtime } end
  end
  local function fits(name) return matches(qwen.text.normal(name, "NFC")) end
  for _, name in ipairs(names) do -- a folder may have become a link while names were listed
    if fits(name) then add(name, qwen.x.files.stat(ctx, (real == "/" and "" or real) .. "/" .. name, true)) end
  end
  for name, stat in pairs(qwen.x.files.links(real, names)) do
    if fits(name) then add(name, stat) end
  end
  table.sort(found, function(a, b)
    if a.mtime ~= b.mtime then return a.mtime > b.mtime end
    return a.path < b.path
  end)
  return found
end

-- As many as a result may have.
local function rows_of(found)
  local rows, size = {}, 0
  for i, file in ipairs(found) do
    size = size + #file.path + 1
    if i > MOST_FILES or size > MOST then break end
    rows[i] = file.path
  end
  return rows
end

-- The folder as it is named and as it is, or why it cannot be listed.
local function folder_of(ctx, given)
  local path, e = qwen.x.files.resolve(ctx, given or ctx.cwd)
  if not path then return nil, e end
  local stat
  stat, e = qwen.x.files.stat(ctx, path)
  if not stat then return nil, e.kind == "missing" and qwen.x.files.missing(ctx, path) or e end
  if stat.type ~= "dir" then return nil, qwen.err("usage", path .. " is a file, not a folder") end
  if path:find "^/proc%f[/\0]" or path:find "^/sys%f[/\0]" then
    return nil, qwen.err("usage", path .. " is not searched: the system makes what is in it when it is read")
  end
  local real
  real, e = qwen.x.files.opened(ctx, path)
  if not real then return nil, e end
  local entries
  entries, e = qwen.x.files.list(ctx, real, true)
  return entries and path, entries and real or e
end

function T.run(ctx, args)
  local given, pattern = split(args)
  local path, real = folder_of(ctx, given)
  if not path then return nil, real end
  if pattern:find "^%.%./" then return nil, qwen.err("usage", "a pattern does not lead out of its folder: give the folder as path") end
  if not pattern:find("/", 1, true) and not args.pattern:find "^[/~]" then pattern = "**/" .. pattern end
  local names, e, why = all_names(ctx, real)
  if not names then return nil, e end
  local found = fitting(ctx, names, real, pattern, function(name)
    local full = (path == "/" and "" or path) .. "/" .. name
    return full:sub(1, #ctx.cwd + 1) == ctx.cwd .. "/" and full:sub(#ctx.cwd + 2) or full
  end)
  local note = why and ("(this is only a part: %s)\n"):format(why) or ""
  if #found == 0 then
    return { text = note .. ("No files found matching \"%s\" in %s."):format(args.pattern, path), display = tr "no files" }
  end
  local rows = rows_of(found)
  local text = ("%sFound %d file(s) matching \"%s\" in %s, sorted by modification time (newest first):\n---\n%s"):format(note, #found, args.pattern, path,
    table.concat(rows, "\n"))
  if #found > #rows then text = text .. ("\n[%d more; use a narrower pattern]"):format(#found - #rows) end
  return { text = text, display = tr(#found == 1 and "%d file" or "%d files", #found) }
end

return T
