-- Finds tools that are not offered from the start, by name or by words, and offers them.

local tr = qwen.tr
local view = qwen.x.view

local MOST = 5

local T = {
  summary = "Get tools by \"select:NAME,NAME\" or by words; call them next. There are: ",
  effect = "none",
  schema = {
    type = "object",
    properties = { query = { type = "string", minLength = 1 },
      max_results = { type = "integer", minimum = 1, maximum = 20 } },
    required = { "query" },
  },
  serial = true,
}

T.verbs = { ask = qwen.phrase "Find tools", done = qwen.phrase "Found tools" }

function T.label(args) return args.query end

function T.run(ctx, args)
  local found, more, named = qwen.x.deferred_tools.find(view.waiting(ctx), args.query,
    args.max_results or MOST)
  local lines, names = {}, {}
  for i, each in ipairs(found) do
    view.offer(ctx, each.name)
    names[i] = each.name
    lines[i] = "<function>" .. qwen.json.encode { name = each.name, description = each.summary,
      parameters = each.schema } .. "</function>"
  end
  local text = lines[1] and "<functions>\n" .. table.concat(lines, "\n") .. "\n</functions>" or ""
  if lines[1] then text = text .. "\nThey are offered now: call them by these names." end
  if named and more[1] then text = text .. "\nNot found: " .. table.concat(more, ", ") end
  if not named and more[1] then
    text = text .. "\nMore that fit: " .. table.concat(more, ", ")
  elseif not named and not lines[1] then
    text = "No tool fits. Say it in other words, or take one of the names in select:NAME."
  end
  return { text = qwen.text.trim(text), display = lines[1] and table.concat(names, ", ") or tr "none" }
end

return T
