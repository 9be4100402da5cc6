-- Searches file contents: lines, the files that have them, or their number; the total first, and what the result is not.

local tr = qwen.tr

local MOST, CONTEXT = 12000, 10 -- bytes; lines before and behind
local HEADER = 400 -- bytes for what is said above the lines

local T = {
  summary = "Search file contents by regular expression. Gives path:line:text, of one file line:text. Ignored files are left out.",
  effect = "read",
  schema = {
    type = "object",
    properties = {
      pattern = { type = "string", description = "regular expression" },
      path = { type = "string", description = "folder or file; default the project" },
      glob = { type = "string", description = "file filter such as *.c" },
      mode = { type = "string", enum = { "lines", "files", "count" } },
      context = { type = "integer", minimum = 0, description = "lines around each" },
      limit = { type = "integer", minimum = 1, description = "most lines" },
    },
    required = { "pattern" },
  },
}

function T.paths(args) return { args.path } end

T.verbs = { ask = qwen.phrase "Search for", done = qwen.phrase "Searched for" }

function T.label(args) return args.pattern .. (args.path and " in " .. args.path or "") end

-- Whether a file fits the filter; one without "/" counts in any folder.
local function filter(glob, path, is_folder)
  if not glob or not is_folder then return function() return true end end
  local pattern = glob:gsub("^!", ""):gsub("^%./", "")
  local fits = qwen.x.files.glob(pattern:find("/", 1, true) and pattern:gsub("^/", "") or "**/" .. pattern)
  local skip = #path:gsub("/$", "") + 2
  return function(file) return fits(file:sub(skip)) ~= (glob:sub(1, 1) == "!") end
end

-- What is searched, or why it cannot be.
local function plan_of(ctx, args, path)
  local stat, e = qwen.x.files.stat(ctx, path)
  if not stat then return nil, e.kind == "missing" and qwen.x.files.missing(ctx, path) or e end
  if stat.type ~= "dir" and stat.type ~= "file" then return nil, qwen.err("usage", path .. " is neither a file nor a folder") end
  if path:find "^/proc%f[/\0]" or path:find "^/sys%f[/\0]" then
    return nil, qwen.err("usage", path .. " is not searched: the system makes what is in it when it is read")
  end
  if (args.pattern .. (args.glob or "")):find("\0", 1, true) then return nil, qwen.err("usage", "a pattern cannot hold a zero byte") end
  local real
  real, e = qwen.x.files.opened(ctx, path)
  if not real then return nil, e end
  return { pattern = args.pattern, glob = args.glob, real = real, is_folder = stat.type == "dir",
    wanted = filter(args.glob, real, stat.type == "dir") }
end

-- The files of hits in their order, with how many each has.
local function by_file(hits)
  local list, count = {}, {}
  for _, hit in ipairs(hits) do
    if not count[hit.file] then list[#list + 1] = hit.file end
    count[hit.file] = (count[hit.file] or 0) + 1
  end
  return list, count
end

-- Each hit with the lines around it: `path-3-text` beside `path:4:text`, `--` between places. Of one file its name is left out.
local function with_context(hits, around, one)
  local rows, file, last, hit_at = {}, nil, 0, {}
  for _, hit in ipairs(hits) do hit_at[hit.file .. "\0" .. hit.number] = true end
  for _, hit in ipairs(hits) do
    if hit.file ~= file then file, last = hit.file, nil end
    local from = math.max(1, hit.number - around, (last or 0) + 1)
    if #rows > 0 and (not last or from > last + 1) then rows[#rows + 1] = "--" end
    for number = from, math.min(#hit.lines, hit.number + around) do
      if number > hit.number and hit_at[file .. "\0" .. number] then break end
      local mark = number == hit.number and ":" or "-"
      rows[#rows + 1] = (one and "" or file .. mark) .. number .. mark .. (number == hit.number and hit.line or qwen.text.head(hit.lines[number], 400))
      last = number
    end
  end
  return rows
end

local function rows_of(hits, list, count, args, one)
  local rows, around = {}, math.min(math.tointeger(args.context) or 0, CONTEXT)
  if args.mode == "files" or args.mode == "count" then
    for i, file in ipairs(list) do rows[i] = args.mode == "files" and file or file .. ":" .. count[file] end
  elseif around > 0 then
    return with_context(hits, around, one)
  else
    for i, hit in ipairs(hits) do rows[i] = ("%s%d:%s"):format(one and "" or hit.file .. ":", hit.number, hit.line) end
  end
  return rows
end

-- As many rows as fit, here and in the window, and where all are when they do not.
local function fitting(ctx, rows, limit)
  local kept, size, most = {}, 0, math.max(200, math.min(MOST, (ctx.result_room or math.huge) - HEADER))
  for i, row in ipairs(rows) do
    size = size + #row + 1
    if i > limit or size > most then break end
    kept[i] = row
  end
  if #kept == #rows then return table.concat(kept, "\n"), "" end
  if #kept == limit then return table.concat(kept, "\n"), ("; the first %d follow"):format(limit) end -- as it was asked
  local spilled = ctx.spill("grep_search", table.concat(rows, "\n") .. "\n")
  return table.concat(kept, "\n"), ("; the first %d follow%s"):format(#kept, spilled and ", all are in " .. spilled or "")
end

function T.run(ctx, args)
  local path, e = qwen.x.files.resolve(ctx, args.path or ctx.cwd)
  if not path then return nil, e end
  local plan
  plan, e = plan_of(ctx, args, path)
  if not plan then return nil, e end
  local function named(file)
    local full = path .. file:sub(#plan.real + 1)
    return full:sub(1, #ctx.cwd + 1) == ctx.cwd .. "/" and full:sub(#ctx.cwd + 2) or full
  end
  local hits, notes
  hits, e, notes = qwen.x.search.find(ctx, plan, named)
  if not hits then return nil, e end
  local note = #notes > 0 and "(" .. table.concat(notes, "; ") .. ")\n" or ""
  if #hits == 0 then
    return { text = note .. ("No matches for %s in %s."):format(args.pattern, path), display = tr "no matches" }
  end
  local list, count = by_file(hits)
  local body, more = fitting(ctx, rows_of(hits, list, count, args, not plan.is_folder), math.tointeger(args.limit) or math.huge)
  local total = ("%s in %s"):format(qwen.text.count(#hits, "line"), plan.is_folder and qwen.text.count(#list, "file") or list[1])
  return { text = ("%s%s%s\n%s"):format(note, total, more, body), display = tr(#hits == 1 and "%d match" or "%d matches", #hits) }
end

return T
