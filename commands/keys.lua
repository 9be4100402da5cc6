-- `/keys`: which key does what at the prompt and in lists, users' own bindings among them.

local tr = qwen.tr

local C = { summary = "list the keys of the prompt and of lists", aliases = { "keybindings", "shortcuts", "terminal-setup" } }

local WIDE = 22 -- columns of the keys

-- The keys of an action as lines of that width.
local function lines_of(keys)
  local lines = { "" }
  for i, key in ipairs(keys) do
    local word = i < #keys and key .. "," or key
    if #lines[#lines] + #word + 1 > WIDE and lines[#lines] ~= "" then lines[#lines + 1] = "" end
    lines[#lines] = lines[#lines] .. (lines[#lines] ~= "" and " " or "") .. word
  end
  return lines
end

local headings = { list = qwen.phrase "in lists and questions:", view = qwen.phrase "in a view that renews itself:",
  form = qwen.phrase "in several questions of the model:" }

function C.run(ctx)
  local context = "prompt"
  for _, row in ipairs(qwen.keys.list()) do
    if row.context ~= context then ctx.print(tr(headings[row.context])) end
    context = row.context
    for i, keys in ipairs(lines_of(row.keys)) do
      ctx.print(i == 1 and ("  %-22s  %-15s  %s"):format(keys, row.action, tr(row.what)) or "  " .. keys)
    end
  end
  ctx.print ""
  ctx.print(tr '  change them in settings.json: "ui": {"keys": {"ctrl-o": "newline"}}')
  ctx.print(tr '  or in ~/.qwen/init.lua: qwen.keys.bind("ctrl-o", "newline")')
  return 0
end

return C
