-- `/output-style`: how answers are written. Chooses a style from a list or by name, for now and
-- for later sessions; `new` makes one.

local tr = qwen.tr

local C = { summary = "choose how answers are written", args = "[NAME]" }

local OFF = "default"
local TEMPLATE = [[
---
name: %s
description: one line for the list
keep-coding-instructions: true
---

Say here how answers are to be written.
]]

-- The styles as a list, "default" first.
local function styles_of(ctx)
  local list, problems = qwen.x.output_style.list(ctx)
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  local out = {}
  for _, style in pairs(list) do out[#out + 1] = style end
  table.sort(out, function(a, b) return a.name:lower() < b.name:lower() end)
  table.insert(out, 1, { name = OFF, description = tr "no style",
    text = tr "The system prompt as it is." })
  return out
end

local function names_of(styles)
  local out = {}
  for i, style in ipairs(styles) do out[i] = style.name end
  return out
end

function C.complete(ctx, _, before)
  if before[1] then return {} end
  local out = names_of(styles_of(ctx))
  out[#out + 1] = "new"
  return out
end

-- The .qwen folder of the project where its settings decide; nil for the user's own.
local function place_of(ctx)
  local winner = ctx.settings:explain("general.outputStyle")[1]
  return winner and winner.scope == "project" and qwen.paths.project_config(ctx.cwd) or nil
end

local function take(ctx, styles, name)
  local style
  for _, one in ipairs(styles) do
    if one.name:lower() == name:lower() then style = one end
  end
  if not style then
    local names = names_of(styles)
    local near, all = qwen.text.nearest(name, names), table.concat(names, ", ")
    return nil, qwen.err("usage", tr("no output style is called '%s'; there are %s", name, all)
      .. (near and tr("; did you mean %s?", near) or ""))
  end
  local change = { path = { "general", "outputStyle" }, value = style.name }
  local path, e = qwen.x.settings_writer.set({ change }, place_of(ctx))
  if not path then return nil, e end
  if ctx.opts.output_style then ctx.opts.output_style = style.name end -- the flag was for the start
  local ok
  ok, e = ctx.settings:reload()
  if not ok then return nil, e end
  if ctx.session then qwen.x.system_prompt.renew(ctx) end
  ctx.print(tr("output style: %s (saved in %s)", style.name, qwen.paths.short(path)))
  return 0
end

function C.run(ctx, _, rest)
  local styles = styles_of(ctx)
  if rest and rest ~= "" then return take(ctx, styles, rest) end
  local now = (ctx.settings:get "general.outputStyle" or OFF):lower()
  local rows, at = {}, 1
  for i, style in ipairs(styles) do
    rows[i] = { label = style.name, detail = style.description }
    if style.name:lower() == now then at = i end
  end
  if not ctx.pick then
    for i, row in ipairs(rows) do
      ctx.print(("%s %-16s %s"):format(i == at and "*" or " ", row.label, row.detail))
    end
    return 0
  end
  local function preview(n) return styles[n].text end
  local i = ctx.pick(tr "Output style", rows, { at = at, preview = preview })
  return i and take(ctx, styles, styles[i].name) or 0
end

local function new(ctx, _, name)
  local home = qwen.paths.qwen_home()
  if not home or not name:find "^[%w_][%w _-]*$" or name:lower() == OFF then
    return nil, qwen.err("usage",
      tr "a name of letters, digits, blanks, - and _ is needed; default is taken")
  end
  local path = ("%s/output-styles/%s.md"):format(home, name:lower():gsub(" ", "-"))
  local text, e = TEMPLATE:format(name), nil
  if ctx.edit then text, e = ctx.edit(text, ".md") end
  if not text then return nil, e end
  local ok
  ok, e = qwen.fs.mkdir(home .. "/output-styles", 448)
  if ok then ok, e = qwen.fs.create(path, text) end
  if not ok then return nil, e end
  ctx.print(tr("written: %s; take it with /output-style %s", qwen.paths.short(path), name))
  return 0
end

C.subcommands = { new = { summary = "write a style of your own", args = "NAME", run = new } }

return C
