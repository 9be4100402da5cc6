-- The model's list of steps: it stands above the input while something of it is open, and a key
-- hides it. Who listens instead of looking gets it written once.
local live = require "qwen.ui.screen.live"
local style = require "qwen.ui.render.style"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local LEAST = 4 -- rows, however small the screen is
local signs = { pending = { "☐", "" }, in_progress = { "▶", "accent" }, completed = { "☑", "dim" } }

local hidden = false

local function row(item, columns)
  local sign, look = table.unpack(signs[item.status])
  if style.reader() then sign = words.say(item.status) .. ":" end
  local said = sign .. " " .. text.clean(item.content):gsub("%s+", " ")
  return "  " .. style.paint(look, (wrap.cut(said, math.max(columns - 3, 1))))
end

---The whole list.
---@param todos {content: string, status: string}[]
---@param columns integer
---@return string[]
function M.all(todos, columns)
  local rows = {}
  for i, item in ipairs(todos) do rows[i] = row(item, columns) end
  return rows
end

-- Where the part begins that is shown: a step that was done, the one that goes on, what comes.
local function first_of(todos, most)
  local at = 1
  while todos[at] and todos[at].status == "completed" do at = at + 1 end
  return math.max(1, math.min(at - 1, #todos - most + 1))
end

-- The list as it stands above the input.
local function rows_of(todos, columns, height)
  local done = 0
  for _, item in ipairs(todos) do done = done + (item.status == "completed" and 1 or 0) end
  if done == #todos then return {} end
  local most = math.max(height // 3, LEAST)
  local rows = M.all(todos, columns)
  if #rows > most then
    local first = first_of(todos, most - 1)
    rows = table.move(rows, first, first + most - 2, 1, {})
    rows[most] = "  " .. style.paint("dim", words.say("todos_done", done, #todos))
  end
  table.insert(rows, 1, "")
  return rows
end

---Shows the list of a session as it is now.
---@param ctx Ctx
function M.show(ctx)
  local todos = not hidden and not style.reader() and ctx.todos
  live.set("todos", todos and function(columns, height) return rows_of(todos, columns, height) end or nil)
end

---Hides the list, or shows it again.
function M.toggle() hidden = not hidden end

return M
