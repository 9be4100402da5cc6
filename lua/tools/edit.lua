-- Replaces one text in a file by another, or several, all or none. The file's own bytes are kept everywhere else: line ends, BOM,
-- trailing blanks.

local tr = qwen.tr
local LINE, ABOVE = 1000, 8192 -- bytes of a line that is shown; before a change that are looked at
local AROUND, WHOLE = 3, 10 -- lines shown around a change; of a change that is shown whole

local T = {
  summary = "Replace old_string by new_string in a file you have read. old_string must be there once, unless replace_all; "
    .. "give enough lines around it. Empty, it creates a file.",
  effect = "edit", editable = "new_string",
  schema = {
    type = "object",
    properties = {
      file_path = { type = "string", description = "absolute path" },
      old_string = { type = "string", description = "text as it is in the file" },
      new_string = { type = "string" },
      replace_all = { type = "boolean" },
      edits = { type = "array", items = { type = "object" }, description = "more changes like these" },
    },
    required = { "file_path", "old_string", "new_string" },
  },
}

function T.deferred(ctx) return qwen.x.patches.used(ctx) end

function T.paths(args) return { args.file_path } end

T.verbs = { ask = qwen.phrase "Edit", done = qwen.phrase "Edited" }

function T.label(args) return args.file_path end

local function create(ctx, path, args)
  local stat, e = qwen.x.files.stat(ctx, path)
  if not stat and e.kind ~= "missing" then return nil, e end
  if stat then
    return nil, qwen.err("usage", ("%s exists already, so an empty old_string is refused. Nothing was written. "
      .. "Give the text to replace, or use write_file."):format(path))
  end
  return { path = path, before = "", after = args.new_string, fresh = true, stat = false }
end

local MOST_PLACES = 10 -- whose lines are named

local function wrong_count(path, text, ranges, args)
  if #ranges == 0 then
    local cause, meant = qwen.x.similar.cause(text, args.old_string, args.new_string)
    local near = qwen.x.similar.nearest(text, meant or args.old_string)
    near = near and "The most similar place is in " .. near or "Read the file again and copy the text exactly."
    cause = cause and "The cause: " .. cause .. ". " or ""
    return qwen.err("usage", ("old_string was not found in %s. Nothing was written. %s%s"):format(path, cause, near))
  end
  local lines = {}
  for i = 1, math.min(#ranges, MOST_PLACES) do lines[i] = qwen.text.line_ends(text, 1, ranges[i][1] - 1) + 1 end
  return qwen.err("usage", ("Found %d occurrences of old_string in %s (lines %s%s) but replace_all was not enabled. Nothing was written. "
    .. "Add lines around it to make it unique."):format(#ranges, path, table.concat(lines, ", "), #ranges > #lines and ", ..." or ""))
end

-- Which lines are replaced, and by how many. Of several places those between them were not given by the model.
local function part(before, after, ranges)
  local line_ends, from, to = qwen.text.line_ends, ranges[1][1], ranges[#ranges][2]
  local first = line_ends(before, 1, from - 1) + 1
  local last = first + line_ends(before, from, to - 1)
  local grown = line_ends(after) - line_ends(before)
  return { first = first, last = last, count = last - first + 1 + grown, known = #ranges == 1 }
end

-- The places, a function that makes the new text, and what is to be said about it.
local function places(before, args)
  local form = qwen.x.fuzzy_match.find_form(before, args.old_string, args.new_string)
  if form then return form, function() return qwen.x.fuzzy_match.replace_form(before, form, args.new_string) end end
  local ranges, dropped = qwen.x.fuzzy_match.find(before, args.old_string)
  local new, note = args.new_string, nil
  if #ranges == 0 then
    local old, moved = qwen.x.similar.reindented(before, args.old_string, new)
    if old then
      ranges, dropped = qwen.x.fuzzy_match.find(before, old)
      new, note = moved, "old_string had another indentation than the file; both texts were moved to that of the file"
    end
  end
  return ranges, function() return qwen.x.fuzzy_match.replace(before, ranges, new, dropped) end, note
end

local NOTES = {
  changed = "the file had changed since you read it, elsewhere than in old_string",
  unread = "you have not read this file; old_string is in it once",
}
local BY_CHANCE, LINE_BY_CHANCE = 10, 5 -- bytes without blanks, of a text and of a whole line; a shorter one may be in a file that
-- the model takes for another

-- Whether the file may be changed. One that was not read, or that others changed since, as a formatter does, may where old_string
-- is there once as it was given: the model knows that part, from a search or a command. What else is in it the model has not seen.
local function may_change(ctx, path, stat, before, args)
  if not stat then return true end -- this call makes it
  local ok, e = qwen.x.files.check_seen(ctx, path, stat)
  if ok then return true end
  local note, first, last = NOTES[e.code], before:find(args.old_string, 1, true)
  local least = args.old_string:find("\n", 1, true) and LINE_BY_CHANCE or BY_CHANCE
  local guessed = e.code == "unread" and #args.old_string:gsub("%s", "") < least
  if not note or guessed or not first or before:find(args.old_string, first + 1, true) then return nil, e end
  return last ~= nil, note
end

-- One change of a text; nothing is written.
local function step(ctx, path, stat, before, one)
  if one.old_string == one.new_string then
    return nil, qwen.err("usage", "old_string and new_string are the same. Nothing was written.")
  end
  local ok, changed = may_change(ctx, path, stat, before, one)
  if not ok then return nil, changed end
  local ranges, replaced, moved = places(before, one)
  if #ranges == 0 or #ranges > 1 and not one.replace_all then
    return nil, wrong_count(path, before, ranges, one)
  end
  local after = replaced()
  if after == before then
    return nil, qwen.err("usage", ("%s holds new_string there already. Nothing was written."):format(path))
  end
  return { after = after, ranges = ranges, unseen = changed, note = changed or moved }
end

-- The changes behind the first one, or what is wrong with them.
local function more_edits(args)
  local list = type(args.edits) == "table" and args.edits or {}
  for i, one in ipairs(list) do
    if type(one) ~= "table" or type(one.old_string) ~= "string" or type(one.new_string) ~= "string" or one.old_string == "" then
      return nil, qwen.err("usage", ("edits[%d] needs old_string, which is not empty, and new_string. Nothing was written."):format(i))
    end
  end
  return list
end

-- What all changes would make of the file, one after the other; nothing is written.
local function plan(ctx, args)
  local list, e = more_edits(args)
  if not list then return nil, e end
  local path, change
  path, e = qwen.x.files.resolve(ctx, args.file_path)
  if not path then return nil, e end
  if args.old_string == "" then
    change, e = create(ctx, path, args)
    if not change then return nil, e end
    change.count = 1
  else
    local before, stat, encoding = qwen.x.files.read_text(ctx, path)
    if not before then return nil, stat.kind == "missing" and qwen.x.files.missing(ctx, path) or stat end
    local one
    one, e = step(ctx, path, stat, before, args)
    if not one then return nil, e end
    change = { path = path, before = before, after = one.after, stat = stat, encoding = encoding,
      part = part(before, one.after, one.ranges), count = #one.ranges, at = one.ranges[1][1],
      lines = qwen.text.line_ends((args.new_string:gsub("\n$", ""))) + 1,
      unseen = one.unseen and qwen.text.line_ends(before) + 1 or nil, note = one.note }
  end
  for i, more in ipairs(list) do
    local one
    one, e = step(ctx, path, change.stat, change.after, more)
    if not one then return nil, qwen.err(e.kind, ("edits[%d]: %s"):format(i, e.message)) end
    change.after, change.count, change.note = one.after, change.count + #one.ranges, change.note or one.note
  end
  change.several = list[1] ~= nil
  if change.several and not change.fresh then
    if change.after == change.before then
      return nil, qwen.err("usage", ("the changes of %s cancel each other. Nothing was written."):format(path))
    end
    change.part = qwen.x.patch_apply.part(change.before, change.after)
  end
  return change
end

function T.preview(ctx, args)
  local change, e = plan(ctx, args)
  if not change then return nil, e end
  return qwen.text.diff(change.before, change.after, qwen.x.files.relative(ctx, change.path))
end

-- Where the line begins that is so many above the one with a byte.
local function line_above(text, at, count)
  local lines = text:sub(math.max(1, at - ABOVE), at - 1)
  local stop = #lines + 1
  for _ = 0, count do
    stop = lines:sub(1, stop - 1):match "^.*()\n"
    if not stop then return at > ABOVE and at or 1 end
  end
  return at - #lines + stop
end

local MOST_DIFF = 8192 -- bytes

-- Several changes as a diff.
local function all_changes(ctx, change)
  local diff = qwen.text.diff(change.before, change.after, qwen.x.files.relative(ctx, change.path))
  local note = change.note and "Note: " .. change.note .. ". " or ""
  return ("The file: %s has been updated, %d places. %sThe changes:\n\n---\n\n%s")
    :format(change.path, change.count, note, (qwen.text.head_tail(diff, MOST_DIFF)))
end

-- The change with the lines around it, so that the model need not read again; of a long one where it begins and ends, because
-- the model gave what is between.
local function snippet(change)
  local line_ends, after = qwen.text.line_ends, change.after
  local total = line_ends(after) + (after:sub(-1) == "\n" and 0 or 1)
  local place = math.min(change.at, #after + 1)
  local at = line_above(after, place, AROUND)
  local first, given = line_ends(after, 1, at - 1) + 1, change.lines
  local from = line_ends(after, at, place - 1) + 1 -- of the change, in what is shown
  local lines, number = {}, 0
  while at <= #after and number < from - 1 + given + AROUND do
    number = number + 1
    local stop = after:find("\n", at, true) or #after + 1
    if given <= WHOLE or number < from + AROUND or number > from - 1 + given - AROUND then
      lines[#lines + 1] = qwen.text.head(after:sub(at, stop - 1):gsub("\r$", ""), LINE)
    elseif number == from + AROUND then
      lines[#lines + 1] = ("[... %d lines as you gave them ...]"):format(given - 2 * AROUND)
    end
    at = stop + 1
  end
  local form = qwen.x.files.form(change.after, change.encoding)
  local note = change.note and "Note: " .. change.note .. ". " or ""
  if after == "" then return ("The file: %s has been updated. %sIt is empty now."):format(change.path, note) end
  return ("The file: %s has been updated%s. %sShowing lines %d-%d of %d from the edited file:\n\n---\n\n%s")
    :format(change.path, form and " (" .. form .. ")" or "", note, first, first + number - 1, total, table.concat(lines, "\n"))
end

function T.run(ctx, args)
  local change, e = plan(ctx, args)
  if not change then return nil, e end
  local ok
  ok, e = qwen.x.files.write(ctx, change.path, change.after, change.stat, change)
  if not ok then return nil, e end
  if change.fresh then return { text = ("Created new file: %s."):format(change.path), display = tr "created" } end
  return { text = change.several and all_changes(ctx, change) or snippet(change),
    display = change.count > 1 and tr("%d places changed", change.count) or tr "changed" }
end

return T
