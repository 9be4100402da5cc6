-- `/memory`: the instruction files that the model is given, and adding a line to the person's own.

local tr = qwen.tr

local C = { summary = "list the instruction files, or add a line to your own", aliases = { remember = "add" }, session = true }

local TITLE = "## Memories"

function C.run(ctx)
  local files = qwen.x.instructions.files(ctx)
  if #files == 0 then ctx.print(tr "no instruction file: write QWEN.md here, ~/.qwen/QWEN.md, or /memory add TEXT") end
  for _, file in ipairs(files) do ctx.print(("%-60s %9s"):format(qwen.paths.short(file.path), qwen.text.human_bytes(#file.text))) end
  if not ctx.trusted then ctx.print(tr "this folder is not trusted: its own files are not read") end
  return 0
end

local function add(ctx, _, line)
  local home = qwen.paths.qwen_home()
  if not home then
    return nil, qwen.err("missing",
      tr "there is no home folder to keep it in; set HOME or QWEN_HOME")
  end
  local path = home .. "/QWEN.md"
  local old = ""
  if qwen.fs.stat(path) then
    local e
    old, e = qwen.fs.read(path)
    if not old then return nil, e end
  end
  if not old:find(TITLE, 1, true) then old = old .. (old ~= "" and "\n" or "") .. TITLE .. "\n" end
  local ok, e = qwen.fs.mkdir(home)
  if not ok then return nil, e end
  ok, e = qwen.fs.write(path, (old:match "^.*[^\n]" or "") .. "\n- " .. line:gsub("%s+", " ") .. "\n")
  if not ok then return nil, e end
  ctx.print(tr("added to %s; it counts from the next session on, and /clear begins one", qwen.paths.short(path)))
  return 0
end

C.subcommands = { add = { summary = "a line for every session, in your own file", args = "TEXT", run = add } }

return C
