-- The model's list of what is to do: replaced whole at each call, kept with the session, shown to the person.

local tr = qwen.tr

local T = {
  summary = "Keep a list of steps for a task of several steps. Give the whole list each time; one item in_progress at a time.",
  effect = "none",
  schema = {
    type = "object",
    properties = {
      todos = {
        type = "array",
        items = {
          type = "object",
          properties = {
            id = { type = "string" },
            content = { type = "string" },
            status = { type = "string", enum = { "pending", "in_progress", "completed" } },
          },
          required = { "content", "status" },
        },
      },
    },
    required = { "todos" },
  },
  serial = true,
}

local marks = { pending = "[ ]", in_progress = "[>]", completed = "[x]" }

T.verbs = { ask = qwen.phrase "Plan", done = qwen.phrase "Planned" }

function T.label(args)
  local done = 0
  for _, item in ipairs(args.todos) do
    if item.status == "completed" then done = done + 1 end
  end
  return tr("%d of %d done", done, #args.todos)
end

function T.run(ctx, args)
  local lines = {}
  for i, item in ipairs(args.todos) do lines[i] = marks[item.status] .. " " .. item.content end
  ctx.todos = args.todos
  ctx.emit("todos_changed", args.todos)
  return { text = "The list is now:\n" .. table.concat(lines, "\n"), display = T.label(args) }
end

return T
