-- `/export`: the conversation as a file.

local tr = qwen.tr

local C = { summary = "write the conversation to a file", args = "md|json|html [FILE]", session = true }

local forms = { "html", "json", "md" }

function C.complete(_, _, before) return before[1] and {} or forms end

function C.run(ctx, args)
  local form, path = args[1], args[2]
  if form and not path then path = ("qwen-%s.%s"):format(ctx.session.id:sub(1, 8), form) end
  local make = (form == "md" or form == "json" or form == "html") and qwen.x.export[form]
  if not make or args[3] then return nil, qwen.err("usage", tr("usage: %s", "/export md|json|html [FILE]")) end
  if #ctx.session.messages == 0 then return nil, qwen.err("usage", tr "nothing was said yet") end
  if path:sub(1, 1) ~= "/" then path = ctx.cwd .. "/" .. path end
  if qwen.fs.stat(path, false) then
    return nil, qwen.err("usage", tr("%s is there already; give another name", path))
  end
  local ok, e = qwen.fs.write(path, make(ctx.session))
  if not ok then return nil, e end
  ctx.print(tr("written: %s", qwen.paths.short(path)))
  return 0
end

return C
