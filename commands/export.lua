-- `/export`: the conversation as a file.

local tr = qwen.tr

local C = { summary = "write the conversation to a file", args = "md|json|html [FILE]", session = true }

function C.complete(_, _, before) return before[1] and {} or qwen.x.export.forms end

local kinds = { md = qwen.phrase "Markdown, to read and to send",
  json = qwen.phrase "JSON, for programs", html = qwen.phrase "one file for a browser" }

-- The form that a person chooses.
local function choose(ctx)
  local forms, rows = qwen.x.export.forms, {}
  for i, form in ipairs(forms) do rows[i] = { label = form, columns = { tr(kinds[form] or "") } } end
  local at = ctx.pick(tr "Write the conversation as", rows)
  return at and forms[at]
end

function C.run(ctx, args)
  local form, path = args[1], args[2]
  if not form and ctx.pick and #ctx.session.messages > 0 then
    form = choose(ctx)
    if not form then return 0 end
  end
  if form and not path then path = ("qwen-%s.%s"):format(ctx.session.id:sub(1, 8), form) end
  local known = false
  for _, each in ipairs(qwen.x.export.forms) do known = known or each == form end
  if not known or args[3] then return nil, qwen.err("usage", tr("usage: %s", "/export md|json|html [FILE]")) end
  if #ctx.session.messages == 0 then return nil, qwen.err("usage", tr "nothing was said yet") end
  if path:sub(1, 1) ~= "/" then path = ctx.cwd .. "/" .. path end
  if qwen.fs.stat(path, false) then
    return nil, qwen.err("usage", tr("%s is there already; give another name", path))
  end
  local ok, e = qwen.x.export.write(ctx.session, form, path)
  if not ok then return nil, e end
  ctx.print(tr("written: %s", qwen.paths.short(path)))
  return 0
end

return C
