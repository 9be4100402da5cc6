-- Changes files by a patch, all or none: adds, updates, moves and deletes, in the form that models of
-- the GPT family learnt.

local tr = qwen.tr

local T = {
  summary = "Change files by a patch, all or none. *** Begin Patch, then for each file *** Add File: PATH with lines that "
    .. "begin with +, *** Update File: PATH (*** Move to: PATH) with parts of @@ and lines that begin with a blank, - or +, "
    .. "three lines around each change, or *** Delete File: PATH; at the end *** End Patch.",
  effect = "edit", editable = "input",
  schema = { type = "object", properties = { input = { type = "string" } }, required = { "input" } },
}

T.offered = function(ctx) return qwen.x.patches.used(ctx) end

-- The paths of a patch, each once.
function T.paths(args)
  local out, known = {}, {}
  for _, file in ipairs(qwen.x.patch_text.files(args.input) or {}) do
    for _, path in ipairs { file.path, file.to } do
      if not known[path] then out[#out + 1] = path end
      known[path] = true
    end
  end
  return out
end

T.verbs = { ask = qwen.phrase "Edit", done = qwen.phrase "Edited" }

function T.label(args) return table.concat(T.paths(args), ", ") end

local function refused(words, ...)
  return nil, qwen.err("usage", words:format(...) .. " Nothing was written.")
end

-- What stands at a path as the patch sees it: what its parts before this one have made of it.
local function open(ctx, state, name)
  local path, e = qwen.x.files.resolve(ctx, name)
  if not path then return nil, e end
  if state.by_path[path] then return state.by_path[path] end
  local change = { path = path, name = name }
  local text, stat, encoding = qwen.x.files.read_text(ctx, path)
  if not text and stat.code == "binary" then -- it can be moved and deleted
    text, stat = qwen.x.files.read(ctx, path)
    change.binary = true
  end
  if not text and stat.kind ~= "missing" then return nil, stat end
  if text then
    change.before, change.after, change.stat, change.encoding, change.mode = text, text, stat, encoding, stat.mode
  end
  state.by_path[path] = change
  state.list[#state.list + 1] = change
  return change
end

local function is_link(path)
  local stat = qwen.fs.stat(path, false)
  return stat and stat.type == "link"
end

local make = {}

function make.add(ctx, change, file)
  if change.after and change.before then
    local ok, e = qwen.x.files.check_seen(ctx, change.path, change.stat, true)
    if not ok then return nil, e end
  end
  change.to = nil
  change.after = file.lines[1] and table.concat(file.lines, "\n") .. "\n" or ""
  return true
end

function make.delete(ctx, change)
  if not change.after then return nil, qwen.x.files.missing(ctx, change.path) end
  if is_link(change.path) then
    return refused("%s is a link: delete it with a command.", change.name)
  end
  change.after = nil
  return true
end

-- A file that was not read, or that others changed since, may be changed where the patch shows that
-- the model knows the place.
local NOTES = {
  changed = "%s had changed since you read it, elsewhere than in the patch",
  unread = "you have not read %s; the lines of the patch are in it once",
}

local function may_change(ctx, state, change, about)
  if not change.before then return true end -- the patch makes it
  local ok, e = qwen.x.files.check_seen(ctx, change.path, change.stat)
  if ok then return true end
  if not NOTES[e.code] or not about.exact then return nil, e end
  change.unseen = true
  state.notes[#state.notes + 1] = NOTES[e.code]:format(change.name)
  return true
end

local function move(ctx, state, change, file)
  local to, e = open(ctx, state, file.to)
  if not to then return nil, e end
  if to == change then return true end -- where it is already
  if to.after then return refused("%s exists already.", file.to) end
  if is_link(change.path) then return refused("%s is a link: move it with a command.", change.name) end
  to.after, to.encoding, to.mode, to.binary = change.after, change.encoding, change.mode, change.binary
  to.from, change.to, change.after = change, to, nil
  return true
end

function make.update(ctx, change, file, state)
  if not change.after then return nil, qwen.x.files.missing(ctx, change.path) end
  if file.hunks[1] then
    if change.binary then return refused("%s is binary.", change.name) end
    local after, about = qwen.x.patch_apply.apply(change.after, file.hunks)
    if not after then return refused("The patch does not fit %s: %s. Read the file again.", change.name, about) end
    local ok, e = may_change(ctx, state, change, about)
    if not ok then return nil, e end
    change.after = after
    if about.unsure then
      state.notes[#state.notes + 1] = ("a part fits at several places of %s; line %d was taken"):format(change.name, about.unsure)
    end
  end
  if file.to then return move(ctx, state, change, file) end
  return true
end

-- What the patch would make of all files; nothing is written.
local function plan(ctx, args)
  local files, why = qwen.x.patch_text.files(args.input)
  if not files then
    return refused("The patch cannot be read%s. It begins with *** Begin Patch and ends with *** End Patch.",
      why and ": " .. why or "")
  end
  local state = { list = {}, by_path = {}, notes = {} }
  for _, file in ipairs(files) do
    local change, e = open(ctx, state, file.path)
    local ok = change ~= nil
    if ok then ok, e = make[file.kind](ctx, change, file, state) end
    if not ok then return nil, e end
  end
  local changed = {}
  for _, change in ipairs(state.list) do
    if change.after ~= change.before then changed[#changed + 1] = change end
  end
  if not changed[1] then return refused "The patch changes nothing." end
  return changed, state.notes
end

-- The two names of a change in a diff.
local function diff_of(ctx, change)
  local from = change.from or change
  local function named(side, one) return side .. "/" .. qwen.x.files.relative(ctx, one.path) end
  local old = from.before and named("a", from) or "/dev/null"
  local new = change.after and named("b", change) or "/dev/null"
  local text = change.binary and "" or qwen.text.diff(from.before or "", change.after or "", "")
  return ("--- %s\n+++ %s\n%s"):format(old, new, text:gsub("^[^\n]*\n[^\n]*\n", "", 1))
end

function T.preview(ctx, args)
  local changes, e = plan(ctx, args)
  if not changes then return nil, e end
  local out = {}
  for _, change in ipairs(changes) do
    if not change.to then out[#out + 1] = diff_of(ctx, change) end
  end
  return table.concat(out)
end

local function write(ctx, change)
  local unseen = change.unseen and qwen.text.line_ends(change.before) + 1 or nil
  local part = change.before and not change.binary and qwen.x.patch_apply.part(change.before, change.after) or nil
  return qwen.x.files.write(ctx, change.path, change.after, change.stat or false,
    { encoding = change.encoding, mode = change.mode, part = part, unseen = unseen })
end

-- Takes back what was written before something failed; the files where that fails, too.
local function take_back(ctx, done)
  local left = {}
  for i = #done, 1, -1 do
    local change, ok = done[i]
    local stat = qwen.x.files.stat(ctx, change.path)
    if change.before then
      ok = qwen.x.files.write(ctx, change.path, change.before, stat or false, { encoding = change.encoding, mode = change.mode })
    else
      ok = stat and qwen.x.files.remove(ctx, change.path, stat)
    end
    if not ok then left[#left + 1] = change.name end
  end
  return left
end

local function carry_out(ctx, changes)
  local done = {}
  for _, removing in ipairs { false, true } do -- nothing is removed before all is written
    for _, change in ipairs(changes) do
      if (change.after == nil) == removing then
        local ok, e
        if removing then ok, e = qwen.x.files.remove(ctx, change.path, change.stat) else ok, e = write(ctx, change) end
        if not ok then
          local left = take_back(ctx, done)
          local words = left[1] and "These files stay changed: " .. table.concat(left, ", ") or "No file was changed"
          return nil, qwen.err(e.kind, ("%s: %s %s."):format(change.name, e.message, words))
        end
        done[#done + 1] = change
      end
    end
  end
  return true
end

function T.run(ctx, args)
  local changes, notes = plan(ctx, args)
  if not changes then return nil, notes end
  local ok, e = carry_out(ctx, changes)
  if not ok then return nil, e end
  local lines, count = { "Success. Updated the following files:" }, 0
  for _, mark in ipairs { "A", "M", "D" } do
    for _, change in ipairs(changes) do
      local own = not change.after and "D" or (change.before or change.from) and "M" or "A"
      if own == mark and not change.to then
        lines[#lines + 1] = mark .. " " .. change.name
        count = count + 1
      end
    end
  end
  for _, note in ipairs(notes) do lines[#lines + 1] = "Note: " .. note .. "." end
  return { text = table.concat(lines, "\n"),
    display = count == 1 and tr "changed" or tr("%d files changed", count) }
end

return T
