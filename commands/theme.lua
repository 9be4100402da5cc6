-- `/theme`: chooses the colours, from a list or by name, and keeps the choice in the user's settings.

local tr = qwen.tr

local C = { summary = "choose the colours", args = "[auto|NAME]" }

local function names_of_themes()
  local names = qwen.x.registry.names "themes"
  table.insert(names, 1, "auto")
  return names
end

function C.complete(_, _, before)
  return before[1] and {} or names_of_themes()
end

local SAMPLE = [[
**Strong**, *emphasis*, `code` and a [link](https://example.com)
```diff
-removed
+added
```
```lua
local n = 42 -- a comment
return { "text", n }
```]]

-- Each theme is tried on while it is marked.
local function choose(ctx, names)
  local labels, now = {}, ctx.settings:get "ui.theme"
  for i, name in ipairs(names) do
    local theme = qwen.x.registry.get("themes", name)
    labels[i] = { label = name == now and name .. " *" or name, detail = theme and tr(theme.summary) or nil }
  end
  local at = ctx.pick(tr "Theme", labels, { preview = function(i)
    if ctx.theme then ctx.theme(names[i]) end
    return SAMPLE
  end })
  if not at and ctx.theme then ctx.theme() end
  return at and names[at]
end

function C.run(ctx, args)
  local names = names_of_themes()
  local name = args[1]
  if not name and not ctx.pick then
    ctx.print(table.concat(names, "  "))
    return 0
  end
  name = name or choose(ctx, names)
  if not name then return 0 end
  if name ~= "auto" and not qwen.x.registry.has("themes", name) then
    return nil, qwen.err("usage", tr("there is no theme '%s'; the themes are: %s", name, table.concat(names, ", ")))
  end
  local ok, e = qwen.x.settings_writer.set { { path = { "ui", "theme" }, value = name } }
  if not ok then return nil, e end
  ok, e = ctx.settings:reload()
  if not ok then return nil, e end
  if ctx.theme then ctx.theme() end
  ctx.print(tr("theme: %s", name))
  return 0
end

return C
