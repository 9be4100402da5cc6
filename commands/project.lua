-- `qwen project`: shows the Lua that a project brings along and its hash, and allows exactly that, or forgets it.

local tr = qwen.tr

local C = { summary = "look at the Lua guards of this project, and allow them", shell = true }

local SHORT = 12

local function list(ctx, files, whole)
  for _, file in ipairs(files) do
    ctx.print(("%s  %s  %s"):format(qwen.os.sha256(file.source):sub(1, SHORT), file.path,
      tr("(%d lines)", #qwen.text.lines(file.source))))
    if whole then ctx.print(qwen.text.visible(file.source)) end
  end
end

-- The files and their hash; nothing when there are none, or they may not be shown.
local function of(ctx)
  local files = qwen.x.project_lua.files(ctx.cwd)
  if #files == 0 then
    ctx.print(tr "this project brings no Lua (.qwen/hooks/*.lua)")
    return nil
  end
  if not ctx.trusted then
    return nil, qwen.err("denied", tr("this folder is not trusted; its Lua is neither shown nor "
      .. "run (trust it: --trust-folder)"))
  end
  return files, qwen.x.project_lua.hash(files)
end

local function show(ctx, whole)
  local files, hash = of(ctx)
  if not files then return not hash and 0 or nil, hash end
  list(ctx, files, whole)
  if qwen.x.project_lua.is_allowed(ctx.cwd, files) then
    ctx.print(tr "they are allowed, as they are now")
  else
    ctx.print(tr("not allowed. They would run in a process of their own, may block and ask, and "
      .. "see no files. Allow exactly these: qwen project allow %s", hash:sub(1, SHORT)))
  end
  return 0
end

function C.run(ctx) return show(ctx) end

C.subcommands = {}

C.subcommands.show = { summary = "the files whole", run = function(ctx) return show(ctx, true) end }

C.subcommands.allow = { summary = "run exactly the files with this hash", args = "HASH", run = function(ctx, args)
  local files, hash = of(ctx)
  if not files then return not hash and 0 or nil, hash end
  local short = hash:sub(1, SHORT)
  if args[1] ~= hash and args[1] ~= short then
    return nil, qwen.err("usage", tr("the files are now %s; look at them (qwen project show), "
      .. "then: qwen project allow %s", short, short))
  end
  local ok, e = qwen.x.project_lua.allow(ctx.cwd, hash)
  if not ok then return nil, e end
  ctx.print(tr "allowed; a changed file is asked about again")
  return 0
end }

C.subcommands.forget = { summary = "run none of them any more", run = function(ctx)
  local ok, e = qwen.x.project_lua.forget(ctx.cwd)
  if not ok then return nil, e end
  ctx.print(tr "nothing of this project's Lua is allowed")
  return 0
end }

return C
