-- `qwen explain`: who decides. override: which file answers to a name and which ones it hides; config and permission: the same for a
-- setting and for a call.

local tr = qwen.tr

local C = { summary = "explain which file, setting or rule decides", shell = true, args = "[KIND/NAME]" }

local how = { use = "--use", user = qwen.phrase "yours", shipped = qwen.phrase "shipped",
  project = qwen.phrase "the project's" }

local function whose(layer)
  return layer.package and tr("package %s", layer.package) or tr("%s", how[layer.tier] or layer.tier)
end

-- The longer names of a name that packages bring.
local function name_of_packages(kind, name)
  local out = {}
  for _, other in ipairs(qwen.x.registry.names(kind)) do
    local tier = qwen.x.registry.tiers(kind, other)[1]
    if tier.package and other:gsub("^" .. tier.package:gsub("%p", "%%%0") .. "_?[_/]", "") == name and other ~= name then
      out[#out + 1] = other
    end
  end
  return out
end

local function override(ctx, full)
  local kind, name = (full or ""):match "^(%w+)/(.+)$"
  local tiers = kind and qwen.x.registry.tiers(kind, name) or {}
  local several = kind and name_of_packages(kind, name) or {}
  if #tiers == 0 and #several > 0 then
    ctx.print(tr("%s is of several packages, so none has the name alone: %s", full, table.concat(several, ", ")))
    return 0
  end
  if #tiers == 0 then
    local near = full and qwen.text.nearest(full, qwen.x.registry.names())
    return nil, qwen.err("usage", tr("there is no '%s'%s", full or "", near
      and tr("; did you mean %s?", near) or tr "; such as tools/edit"))
  end
  qwen.x.registry.get(kind, name)
  tiers = qwen.x.registry.tiers(kind, name)
  ctx.print(full)
  for i, layer in ipairs(tiers) do
    local state = i == 1 and tr "counts" or tr "hidden by the one above"
    if layer.problem then state = i == 1 and tr "counts, but is out of order" or state end
    ctx.print(("  %s %s  (%s)"):format(qwen.text.pad(whose(layer), 8),
      qwen.paths.short(layer.path), state))
    if layer.problem then ctx.print("           " .. layer.problem) end
  end
  if #several > 0 then
    ctx.print(tr("  of packages, by their longer name: %s", table.concat(several, ", ")))
  end
  local value = qwen.x.registry.get(kind, name)
  local base = value and value.base
  if base then ctx.print(tr("  it builds on providers/%s: qwen explain override providers/%s", base, base)) end
  return tiers[1].problem and 1 or 0
end

-- What would happen to a call such as Bash(rm x).
local function permission(ctx, text)
  local name, argument = (text or ""):match "^([%w_]+)%((.*)%)$"
  name = name or text
  local known = { Bash = "run_shell_command", Read = "read_file", Edit = "edit", Write = "write_file", Grep = "grep_search", Glob = "glob" }
  name = known[name] or name
  local tool = name and qwen.x.registry.get("tools", name)
  if not tool then
    return nil, qwen.err("usage",
      tr("there is no tool '%s'; such as: qwen explain permission 'Bash(rm x)'", name or ""))
  end
  local field = tool.schema.required and tool.schema.required[1] or next(tool.schema.properties or {})
  local args = field and { [field] = argument or "" } or {}
  if tool.schema.properties and tool.schema.properties.command then args = { command = argument or "" } end
  local verdict, reason, rule = qwen.x.policy.judge(ctx, name, tool, args)
  ctx.print(tr("%s: %s, because %s", text, tr(verdict), reason))
  if rule and verdict == "ask" then ctx.print(tr("  this rule would allow it: %s", rule)) end
  return 0
end

local function names() return qwen.x.registry.names() end

C.subcommands = {
  override = { summary = "which file answers to a name, and which it hides", args = "KIND/NAME", complete = names,
    run = function(ctx, args) return override(ctx, args[1]) end },
  config = { summary = "where the value of a setting comes from", args = "KEY", complete = function(ctx) return ctx.settings.keys() end,
    run = function(ctx, args) return qwen.x.registry.get("commands", "config").run(ctx, { "explain", args[1] }, "") end },
  permission = { summary = "what would happen to a call, and why", args = "'TOOL(ARGUMENT)'", run = function(ctx, args) return permission(ctx, args[1]) end },
}

C.complete = names

function C.run(ctx, args)
  if args[1] and args[1]:find "/" then return override(ctx, args[1]) end
  return false
end

return C
