-- `ui.statusLine` as Qwen Code has it: the JSON that a command gets, and the ready items.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local hook = dofile "lua/hooks/statusline.lua"

local place = program.place { [".git/HEAD"] = "ref: refs/heads/topic/one\n", ["a.txt"] = "one\ntwo\n", ["sub/x"] = "" }
local set = { type = "command", command = "cat" }
local ctx = { cwd = place.cwd .. "/sub", trusted = true, settings = { get = function(_, key) return key == "ui.statusLine" and set or nil end },
  session = { id = "s-1", messages = { { role = "assistant", model = "old", usage = { input = 10, output = 1 } } } },
  model = { id = "m", name = "M", context = 1000, config = { reasoning = { effort = "high" } } }, vim_mode = function() return "visual" end }

hook.session_started(ctx)
hook.prompt_submitted(ctx)
hook.request_ended(ctx, { model = "m", outcome = "ok", seconds = 1.5, usage = { input = 250, output = 40, cached = 100, reasoning = 7 } })
hook.request_ended(ctx, { model = "m", outcome = "overload", seconds = 0.5 })
table.insert(ctx.session.messages, { role = "assistant", model = "m", usage = { input = 250, output = 40 } })
local call = { id = "c", name = "edit" }
hook.tool_started(ctx, call, { file_path = place.cwd .. "/a.txt" })
fs.write(place.cwd .. "/a.txt", "one\nTWO\nthree\n")
hook.tool_ended(ctx, call, {}, 0)

local said = hook.status_built(ctx).text
local state = json.decode(said)
t.eq({ state.session_id, state.model.display_name, state.workspace.current_dir, state.git.branch, state.vim.mode },
  { "s-1", "M", ctx.cwd, "topic/one", "NORMAL" })
t.eq(state.worktree, nil, "no worktree")
ctx.tree = { name = "n", path = "/p/n", branch = "worktree-n", root = "/p", from = "main" }
t.eq(json.decode(hook.status_built(ctx).text).worktree, { name = "n", path = "/p/n", branch = "worktree-n", original_cwd = "/p", original_branch = "main" })
ctx.tree = nil
t.eq(state.context_window, { context_window_size = 1000, current_usage = 250, used_percentage = 25, remaining_percentage = 75,
  total_input_tokens = 260, total_output_tokens = 41 })
t.eq(state.metrics.models.m, { api = { total_requests = 2, total_errors = 1, total_latency_ms = 2000 },
  tokens = { prompt = 250, completion = 40, total = 290, cached = 100, thoughts = 7 } })
t.eq(state.metrics.files, { total_lines_added = 2, total_lines_removed = 1 })

set = { type = "preset", items = {} }
local function line(...)
  set.items = { ... }
  return hook.status_built(ctx).text
end
for item, want in pairs { model = "M", ["model-with-reasoning"] = "M high", ["git-branch"] = "topic/one", ["context-remaining"] = "Context 75% left",
  ["context-used"] = "Context 25% used", ["context-window-size"] = "1.0k window", ["used-tokens"] = "250 used",
  ["total-input-tokens"] = "260 total in", ["total-output-tokens"] = "41 total out", ["current-dir"] = ctx.cwd, ["project-name"] = "sub",
  ["branch-changes"] = "+2 -1", ["run-state"] = "Working", ["session-id"] = "s-1", ["no-such-item"] = "?no-such-item" } do
  t.eq(line(item), want, item)
end
t.eq(line("model", "git-branch", "project-name"), "M | topic/one | sub", "several")
hook.prompt_answered(ctx)
t.eq(line "run-state", "Ready")
fs.remove_tree(place.cwd .. "/.git")
t.eq(line("git-branch", "model"), "M", "what is not there is left out")
set = nil
t.eq(hook.status_built(ctx), nil, "nothing without the setting")

-- At the prompt, made anew at the interval.
set = { ui = { statusLine = { type = "command", command = "echo x >>n; echo times $(grep -c x n)", refreshInterval = 1 } } }
place = program.place { ["~/.qwen/settings.json"] = json.encode(set) }
local child <close> = assert(require("sys.proc").open { argv = { program.binary, "--openai-base-url", "http://127.0.0.1:9/v1", "-m", "our-model" },
  cwd = place.cwd, env = { PATH = os.getenv "PATH", HOME = place.home, TERM = "xterm", LANG = "C.UTF-8" }, pty = { rows = 24, cols = 80 } })
local seen = ""
for bytes in function() return child:read() end do
  seen = seen .. bytes
  if seen:find "times" and tonumber((fs.read(place.cwd .. "/n") or ""):len()) >= 6 then child:write "\4" end
end
t.ok(#(fs.read(place.cwd .. "/n") or "") >= 6, "again and again")
t.done()
