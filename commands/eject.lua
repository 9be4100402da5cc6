-- `qwen eject KIND/NAME`: writes a shipped file to ~/.qwen/, where it takes the place of the shipped one and may be changed.

local tr = qwen.tr

local C = { summary = "copy a shipped file to ~/.qwen/ to change it", args = "KIND/NAME", shell = true }

function C.complete(_, _, before)
  return before[1] and {} or qwen.x.registry.names()
end

function C.run(ctx, args)
  local name = args[1]
  if not name or args[2] then
    return nil, qwen.err("usage", tr("usage: %s", "qwen eject KIND/NAME, such as providers/openai"))
  end
  local source = qwen.x.registry.source(name)
  if not source then
    local near = qwen.text.nearest(name, qwen.x.registry.names())
    return nil, qwen.err("missing", tr("there is no shipped file '%s'%s", name,
      near and tr("; did you mean %s?", near) or ""))
  end
  local home = qwen.paths.qwen_home()
  if not home then return nil, qwen.err("missing", tr "there is no home folder; set HOME") end
  local path = ("%s/%s.lua"):format(home, name)
  if qwen.fs.stat(path) then return nil, qwen.err("usage", tr("%s is there already; move it away first", path)) end
  local ok, e = qwen.fs.mkdir(path:match "^(.*)/", 448)
  if not ok then return nil, e end
  local head = ("-- ejected from qwen %s, sha256 %s\n"):format(qwen.version, qwen.os.sha256(source))
  ok, e = qwen.fs.write(path, head .. source, { mode = 384 })
  if not ok then return nil, e end
  ctx.print(tr("wrote %s; it now takes the place of the shipped %s", path, name))
  return 0
end

return C
