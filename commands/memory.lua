-- `/memory`: the files with instructions that the model is given, in the user's editor; a line added to one of them.

local tr = qwen.tr

local C = {
  summary = "look at and change the files with instructions (QWEN.md), or add a line to one", aliases = { remember = "add" }, session = true,
}

local function list(ctx)
  local found = false
  for _, file in ipairs(qwen.x.memory.files(ctx)) do
    if file.bytes then
      found = true
      ctx.print(("%-60s %9s%s"):format(qwen.paths.short(file.path), qwen.text.human_bytes(file.bytes),
        file.kind == "notes" and "  " .. tr "notes of Qwen Code" or ""))
    end
  end
  if not found then ctx.print(tr "no instruction file: write QWEN.md here, ~/.qwen/QWEN.md, or /memory add TEXT") end
  if not ctx.trusted then ctx.print(tr "this folder is not trusted: its own files are not read") end
  return 0
end

local function edit(ctx)
  local files, rows = qwen.x.memory.files(ctx), {}
  for i, file in ipairs(files) do
    rows[i] = { label = qwen.paths.short(file.path), columns = { file.bytes and qwen.text.human_bytes(file.bytes) or "",
      file.kind == "new" and tr "not there yet" or file.kind == "notes" and tr "notes of Qwen Code" or "" } }
  end
  local at = rows[1] and ctx.pick(tr "Which file?", rows)
  if not at then return 0 end
  local changed, e = qwen.x.memory.edit(ctx, files[at].path)
  if changed == nil then return nil, e end
  ctx.print(changed and tr("saved %s; it counts from the next prompt on", qwen.paths.short(files[at].path)) or tr "nothing was changed")
  return 0
end

function C.run(ctx)
  if ctx.edit and ctx.pick then return edit(ctx) end
  return list(ctx)
end

local function show(ctx)
  local files = qwen.x.instructions.files(ctx)
  for _, file in ipairs(files) do
    ctx.print(("--- %s (%s)"):format(qwen.paths.short(file.path), qwen.text.human_bytes(#file.text)))
    ctx.print(qwen.text.trim_end(file.text))
  end
  if not files[1] then return list(ctx) end
  return 0
end

local function refresh(ctx)
  qwen.x.memory.refresh(ctx)
  ctx.print(tr "the files are read again before the next prompt")
  return list(ctx)
end

local function add(ctx, words, line)
  local where = ({ ["--user"] = "user", ["--project"] = "project" })[words[1]]
  if where then line = line:gsub("^%s*%-%-%a+%s*", "") end
  if not line:find "%S" then return false end
  if not where then where = ctx.pick and qwen.x.memory.ask(ctx, tr("Keep it for whom? %s", line)) or not ctx.pick and "user" end
  if not where then return 0 end
  local path, e = qwen.x.memory.add(ctx, where, line)
  if not path then return nil, e end
  ctx.print(tr("added to %s; it counts from the next prompt on", qwen.paths.short(path)))
  return 0
end

C.subcommands = {
  add = { summary = "a line: for you in all projects, or for this one", args = "[--user | --project] TEXT", run = add,
    complete = function() return { "--project", "--user" } end },
  show = { summary = "what the files say, as the model is told", run = show },
  refresh = { summary = "read the files again before the next prompt", run = refresh },
}

return C
