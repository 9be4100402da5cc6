-- What was chosen for a session counts again when it goes on, and never allows more than the run itself; a plan's file.
local t = dofile "tests/check.lua"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
require "qwen.api"
local choices = require "qwen.agent.choices"
local message = require "qwen.session.message"
local plan_file = require "qwen.agent.plan_file"
local Session = require "qwen.session.session"

local cwd = assert(fs.realpath(assert(fs.mkdtemp(os.getenv "TMPDIR" .. "/choices-"))))

local function world(options)
  local model = { id = "house-1", name = "house-1", provider = "openai", base_url = "https://llm.example.com/v1", config = {} }
  local ctx = { cwd = cwd, opts = {}, model = model, fallbacks = {}, interactive = true, mode = "default", said = {}, seen = {}, folders = {} }
  for name, value in pairs(options or {}) do ctx[name] = value end
  function ctx.notice(words) table.insert(ctx.said, words) end
  return ctx
end

-- A session that was left with an effort and a mode.
local function left(mode, effort, interactive)
  local session = assert(Session.create(cwd))
  local ctx = world { mode = mode, interactive = interactive ~= false }
  choices.attach(ctx, session)
  if effort then require("qwen.model.effort").set(ctx, effort) end
  assert(session:add(message.user "hi"))
  session:close()
  return session.id
end

for _, row in ipairs {
  -- left with; the run: its mode, flags, at a prompt; then: mode, effort, how many words about it
  { { "plan", "high" }, { "default", {}, true }, { "plan", "high", 2 } },
  { { "plan" }, { "yolo", {}, true }, { "plan", nil, 1 } },
  { { "default" }, { "auto-edit", {}, true }, { "default", nil, 1 } },
  { { "yolo", "low" }, { "default", {}, true }, { "default", "low", 1 } },
  { { "auto-edit" }, { "default", {}, true }, { "default", nil, 0 } },
  { { "auto" }, { "yolo", {}, true }, { "auto", nil, 1 } },
  { { "plan", "high" }, { "default", { mode = "default", effort = "low" }, true }, { "default", nil, 0 } },
  { { "plan", "high" }, { "yolo", {}, false }, { "yolo", "high", 1 } },
  { { "plan", "default" }, { "plan", {}, true }, { "plan", nil, 0 } },
  { { "plan", nil, false }, { "default", {}, true }, { "default", nil, 0 } }, -- the mode of a run's flags
} do
  local id = left(table.unpack(row[1], 1, 3))
  local ctx = world { mode = row[2][1], opts = row[2][2], interactive = row[2][3] }
  local session <close> = setmetatable({ at = assert(Session.open(cwd, id)) }, { __close = function(self) self.at:close() end })
  choices.attach(ctx, session.at)
  t.eq({ ctx.mode, ctx.effort_chosen, #ctx.said }, row[3], table.concat({ tostring(row[1][1]), tostring(row[1][2]), row[2][1] }, " "))
  assert(session.at:add(message.user "more"))
end

-- A run without a screen between two at the prompt loses nothing; a copy has it, too; a title is no record of it.
do
  local id = left("plan", "high")
  local session = assert(Session.open(cwd, id))
  choices.attach(world { interactive = false, mode = "yolo" }, session)
  assert(session:add(message.user "more"))
  assert(session:rename "a title")
  session:close()
  local copy = assert(Session.fork(cwd, id))
  copy:close()
  for _, one in ipairs { id, copy.id } do
    local again, ctx = assert(Session.open(cwd, one)), world()
    choices.attach(ctx, again)
    again:close()
    t.eq({ ctx.mode, ctx.effort_chosen }, { "plan", "high" }, "kept")
  end
end

-- Another session of the same run: its own effort, or none.
do
  local ctx, high, plain = world(), left("default", "high"), left "default"
  for i, id in ipairs { high, plain, high } do
    local session = assert(Session.open(cwd, id))
    choices.attach(ctx, session)
    session:close()
    t.eq(ctx.effort_chosen, ({ "high", "default", "high" })[i], "session " .. i)
  end
end

-- Words in the file that are none of ours do nothing.
do
  local id = left("plan", "high")
  local path = paths.chats(cwd) .. "/" .. id .. ".jsonl"
  for _, own in ipairs { '{"mode":"root","effort":"much"}', '{"mode":{},"effort":[1]}', "[]", "null", "7", '"plan"' } do
    assert(fs.write(path, (assert(fs.read(path)):gsub('"qwen":[^\n]-}?,"sessionId"', '"qwen":' .. own .. ',"sessionId"'))))
    local session, ctx = assert(Session.open(cwd, id)), world()
    choices.attach(ctx, session)
    session:close()
    t.eq({ ctx.mode, ctx.effort_chosen }, { "default", nil }, own)
  end
end

-- The file of a plan: below the project and in no folder that decides what runs, also behind links.
do
  fs.mkdir(cwd .. "/docs")
  local outside = assert(fs.realpath(assert(fs.mkdtemp(os.getenv "TMPDIR" .. "/outside-"))))
  assert(require("qwen.util.process").run { argv = { "ln", "-s", outside, cwd .. "/link" } }.code == 0)
  for folder, ok in pairs { ["docs/plans"] = true, ["./plans/"] = true, [".qwen/plans"] = true, [cwd .. "/abs"] = true, ["  docs "] = true,
    ["../out"] = false, ["link"] = false, [".git/hooks"] = false, [".qwen/commands"] = false, [".qwen/plans/../agents"] = false,
    ["/etc"] = false, ["~/plans"] = false, [""] = "none", ["  "] = "none" } do
    local ctx = world { session = { id = "11111111-2222-3333-4444-555555555555" },
      settings = { get = function(_, key) return key == "plansDirectory" and folder or nil end } }
    for _, plan in ipairs { "# One", "# Two\n" } do
      local path, e = plan_file.save(ctx, plan)
      t.eq({ path ~= nil, e ~= nil }, { ok == true, ok == false }, folder)
      if path then t.eq(fs.read(path), (plan:gsub("\n?$", "\n", 1)), folder .. ": as it was approved last") end
    end
  end
  t.eq(fs.list(outside), {}, "nothing outside")
end
t.done()
