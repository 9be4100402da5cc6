-- The line at the bottom of a session: the mode, what repeats, the model, how many commands run in the background,
-- how full its window is, the branch.
-- What the hooks of `status_built` say stands in its place.
local git = require "qwen.util.git"
local message = require "qwen.session.message"
local paths = require "qwen.util.paths"
local style = require "qwen.ui.render.style"
local term = require "sys.term"
local text = require "qwen.util.text"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local LEAST = 8 -- columns of a part that is cut

local looks = { yolo = "bad", plan = "good", ["auto-edit"] = "warn", auto = "warn",
  default = "dim" }

---How full a model's window is: a bar for eyes, and a number.
---@param model Model
---@param used Usage? of the last answer
---@return string? nil when it is not known
function M.context_use(model, used)
  local window = model.context
  if not window or window <= 0 or not used or not used.input then return nil end
  local part = math.min((used.input + (used.output or 0)) / window, 1)
  local full = math.ceil(part * 10)
  local bar = style.reader() and "" or ("▰"):rep(full) .. ("▱"):rep(10 - full) .. " "
  return ("%s%d%%"):format(bar, math.ceil(part * 100))
end

-- The parts from left to right, the least needed last: {text, style}.
local function parts_of(ctx)
  local model = ctx.model or { id = "" }
  local name = model.effort_told and model.id .. " " .. model.effort_told or model.id
  local out = { { ctx.mode, looks[ctx.mode] or "dim" }, { ctx.repeating or "", "warn" },
    { name, "dim" } }
  local fill = ctx.model and ctx.session and M.context_use(ctx.model, message.last_usage(ctx.session.messages))
  local branch = git.branch(ctx.cwd)
  local jobs = 0
  for _ in pairs(ctx.jobs or {}) do jobs = jobs + 1 end
  out[4], out[5] = { jobs > 0 and words.say("in_background", jobs) or "", "warn" }, { fill or "", "dim" }
  out[6] = { branch or "", "dim" }
  if ctx.session and ctx.session.here then out[7] = { paths.short(ctx.cwd), "dim" } end
  for i = #out, 1, -1 do
    out[i][1] = text.clean(out[i][1]):gsub("%s+", " ")
    if out[i][1] == "" then table.remove(out, i) end
  end
  return out
end

---The row: parts that do not fit are left out. It is never padded, for a terminal that folds long
---rows when it gets narrower would push what stands above out of sight.
---@param ctx Ctx
---@return fun(columns: integer): string[]
function M.rows(ctx)
  local parts = parts_of(ctx)
  parts[#parts + 1] = { words.say "hints_key", "dim" }
  return function(columns)
    local row, used = "", 2
    for i, part in ipairs(parts) do
      local between = i > 1 and 3 or 0
      local room = columns - 1 - used - between
      local shown, width = wrap.cut(part[1], i == 1 and room or math.min(room, columns // 2))
      if width < math.min(term.width(part[1]), LEAST) then break end
      row = row .. (i > 1 and style.paint("dim", " · ") or "  ") .. style.paint(part[2], shown)
      used = used + width + between
    end
    return { row }
  end
end

return M
