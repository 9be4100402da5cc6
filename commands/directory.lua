-- `/directory`: folders beside the project that belong to the session.

local tr = qwen.tr

local C = { summary = "add folders to the session, or list them", session = true,
  aliases = { "dir", ["add-dir"] = "add" } }

-- The paths of the words: one for each comma, unless there is a folder of that very name.
local function paths_of(ctx, words)
  local out = {}
  for _, word in ipairs(words) do
    local whole = qwen.paths.expand(word)
    if whole:sub(1, 1) ~= "/" then whole = ctx.cwd .. "/" .. whole end
    if qwen.fs.exists(whole) then
      out[#out + 1] = word
    else
      for piece in word:gmatch "[^,]+" do out[#out + 1] = piece end
    end
  end
  return out
end

local ADDED = "The user added the folder %s: it is yours to read and change like the project."

local function add(ctx, words)
  local failed
  for _, path in ipairs(paths_of(ctx, words)) do
    local folder, e = qwen.x.folders.add(ctx, path)
    if folder then
      ctx.tell_next(ADDED:format(folder))
      qwen.x.memory.refresh(ctx) -- its instructions, where those are wanted
      qwen.x.mcp_roots.changed(ctx)
      local around = qwen.paths.below(ctx.cwd, folder)
      ctx.print(tr(around and "added %s, which the project is in, for this session: read like the project, changed like it"
        or "added %s for this session: read like the project, changed like it", qwen.paths.short(folder)))
    else
      failed = failed or e.code ~= "there"
      ctx.notice(e.message)
    end
  end
  return failed and 1 or 0
end

local function show(ctx)
  ctx.print(tr("%s (the project)", qwen.paths.short(ctx.cwd)))
  for _, folder in ipairs(ctx.folders) do ctx.print(qwen.paths.short(folder)) end
  if not ctx.folders[1] then ctx.print(tr "no folder beside it; add one: /directory add PATH") end
  return 0
end

-- The folders that the text behind the last comma may become; first those that stand beside the
-- project.
local function complete(ctx, word)
  local before, begun = word:match "^(.*,)([^,]*)$"
  local out = {}
  begun = begun or word
  for _, name in ipairs(qwen.paths.folders_like(begun == "" and "../" or begun, ctx.cwd)) do
    out[#out + 1] = { text = (before or "") .. name, opens = true }
  end
  return out
end

C.subcommands = {
  add = { summary = "read and change them like the project, for this session", args = "PATH[,PATH]",
    complete = complete, run = add },
  show = { summary = "list the folders of the session", run = show },
}

return C
