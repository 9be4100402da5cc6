-- The main task: flags, settings, then one of: a command of the shell, one prompt, a session at the prompt. It decides the exit code.
require "qwen.api"
local args = require "qwen.config.args"
local embed = require "sys.embed"
local exit = require "qwen.util.exit"
local language = require "qwen.extension.language"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local Settings = require "qwen.config.settings"
local sys = require "sys.os"
local task = require "sys.task"
local translate = require "qwen.util.translate"
local tr, for_user = translate.tr, translate.for_user

local as_json -- "json" or "stream-json" where a program reads what a run says that cannot begin

local function fail(e, code)
  sys.err("qwen: " .. tostring(e) .. "\n")
  if as_json then require("qwen.ui.headless.json").failed(as_json, e, code) end
  return code or exit.failed
end

local function shell_commands()
  local out = {}
  for _, entry in ipairs(registry.list "commands") do
    if entry.value and entry.value.shell then out[#out + 1] = { name = entry.name, summary = entry.summary } end
  end
  return out
end

-- The prompt of a headless run: standard input first when something is piped in, then the words.
local function read_prompt(opts)
  local words = opts.prompt or (#opts.positional > 0 and table.concat(opts.positional, " ")) or nil
  if sys.isatty(0) then return words end
  local piped, e = sys.stdin()
  if not piped then return nil, e end
  if not piped:find "%S" then return words end
  return words and piped .. "\n\n" .. words or piped, nil, words
end

-- `--record` and `--replay` stand between us and the network.
local function set_transport(ctx, opts)
  if opts.replay then
    local player, e = require("qwen.net.replay").open(opts.replay, { speed = opts.replay_speed })
    if not player then return nil, e end
    ctx.transport = function(request) return player:play(request) end
  end
  if opts.record then
    local recorder, e = require("qwen.net.record").new(opts.record, ctx.notice)
    if not recorder then return nil, e end
    local open = ctx.transport
    ctx.transport = function(request)
      local stream, problem = open(request)
      if not stream then return nil, problem end
      return recorder:wrap(request, stream)
    end
  end
  if ctx.settings:get "model.enableOpenAILogging" then
    return require("qwen.net.request_log").attach(ctx, ctx.settings:get "model.openAILoggingDir")
  end
  return true
end

-- Session, model, tools and system prompt: what both a headless run and the prompt need.
local function prepare(ctx, opts)
  local ok, e = set_transport(ctx, opts)
  if ok and opts.json_schema then ok, e = require("qwen.agent.structured").attach(ctx, opts.json_schema) end
  if not ok then return nil, e, exit.usage end
  require("qwen.permission.folders").attach(ctx)
  ok, e = require("qwen.permission.sandbox").begin(ctx)
  if not ok then return nil, e, exit.sandbox end
  ctx.model, e = require("qwen.ctx").choose_model(ctx)
  if e and e.unnamed and not ctx.pick then
    ok, e = require("qwen.model.unnamed").settle(ctx, e)
    if ok then ctx.model, e = require("qwen.ctx").choose_model(ctx) end
  end
  if not ctx.model then return nil, e end
  ctx.session, e = require("qwen.session.start").open(ctx, opts)
  if not ctx.session then return nil, e end
  require("qwen.agent.choices").attach(ctx, ctx.session)
  require("qwen.agent.worktree").begin(ctx)
  ctx.tools = require("qwen.agent.view").tools(ctx)
  ctx.system = require("qwen.agent.system_prompt").system(ctx, opts)
  return true
end

-- Nothing is configured and somebody is there: the menu of ways to sign in. An exit code when none was taken.
local function first_start(ctx)
  local configuration = require "qwen.model.configured"
  local undecided = configuration.undecided(ctx.settings, ctx.opts)
  if not undecided and configuration.configured(ctx.settings, ctx.opts) then
    local problem = require("qwen.ctx").ask_first(ctx)
    return problem and fail(problem) or nil
  end
  ctx.print(undecided and undecided.message or tr "Nothing is configured yet: choose how qwen reaches a model.")
  local code = require("qwen.run").shell_command(ctx, { name = "auth", args = {} })
  ctx.pick, ctx.line = nil, nil
  return code ~= 0 and code or nil
end

-- Nothing is configured and nobody is there: a server on this machine, or words on what to do.
local function first_run(ctx)
  local configuration = require "qwen.model.configured"
  local undecided = configuration.undecided(ctx.settings, ctx.opts)
  if undecided then return nil, undecided end
  local reachable, server = configuration.reachable(ctx.settings, ctx.opts)
  if not reachable then return nil, configuration.nothing() end
  if server then
    ctx.notice(tr("nothing is configured; using %s of %s at %s (keep it: qwen auth local)", ctx.opts.model, server.name,
      server.url))
  end
  return true
end

-- The front end of a run without a screen, and a session. `led`: the front end of who leads it.
local function prepare_headless(ctx, opts, led)
  local front = led or require(opts.output == "text" and "qwen.ui.headless.print" or "qwen.ui.headless.json")
  front.attach(ctx, opts)
  require("qwen.extension.hooks").attach_notices(ctx)
  local beside = opts.json_fd or opts.json_file or opts.input_file
  if beside then ctx.notice(tr "--json-fd, --json-file and --input-file are for a session at the prompt; here: -o stream-json") end
  local found, nothing = first_run(ctx)
  if not found then return nil, fail(nothing), nothing end
  local ok, e, code = prepare(ctx, opts)
  if not ok then return nil, fail(e, code or (e.kind == "usage" and exit.usage) or exit.failed), e end
  return front
end

local function headless(ctx, opts, prompt, front, typed)
  local code
  if not front then front, code = prepare_headless(ctx, opts) end
  if not front then return code end
  require("qwen.run").begin(ctx)
  if front.start then front.start(ctx) end
  return require("qwen.run").headless(ctx, prompt, front, typed)
end

-- A slash command as the whole prompt; an unknown one never reaches the model. One that gives back a prompt is answered by it.
local function slash(ctx, opts, prompt)
  local commands = require "qwen.extension.commands"
  local name, rest = commands.split(prompt)
  if not name or name == "" then return nil end
  local run = require "qwen.run"
  local command, front = commands.find(name, ctx, rest), nil
  local comes = not command and commands.may_come(name, ctx)
  if comes or command and command.session then
    local problem
    front, problem = prepare_headless(ctx, opts)
    if not front then return problem end
  end
  if comes then run.begin(ctx) end
  local code = run.command(ctx, name, rest, front)
  if comes and type(code) ~= "table" then ctx.emit("session_ended", { reason = "done" }) end
  if type(code) == "table" then return headless(ctx, opts, code.prompt, front, prompt) end
  return code
end

-- Refuses a first word that Qwen Code would run: as a prompt it would cost money.
local function refuse_foreign(called)
  if registry.has("commands", called.name) then return nil end
  if #called.args == 0 and require("qwen.extension.aliases").resolve(called.name) ~= called.name then return nil end
  local near = require("qwen.extension.foreign_commands")[called.name]
  if not near then return nil end
  return fail(tr("qwen has no command '%s'; nearest: %s. As a prompt: qwen -p '%s'", called.name, near,
    table.concat({ called.name, table.unpack(called.args) }, " ")), exit.usage)
end

-- Whether the first word is a command of the shell. One of the session counts when it stands alone: then there is a word of help for it.
local function is_command(word, alone)
  local of_package = word:find "^[%w._-]+/[%w_:-]+$"
  if not of_package and not word:find "^[%w_:?\128-\255-]+$" then return false end -- no files are listed for prompts
  if not registry.has("commands", word) then
    local name = alone and require("qwen.extension.aliases").resolve(word) or word
    if name ~= word and (registry.get("commands", name) or {}).shell then return true end
    return require("qwen.extension.foreign_commands")[word] ~= nil
  end
  return alone or (registry.get("commands", word) or { shell = true }).shell
end

-- In the user's language, also when the settings cannot be read.
local function print_help(opts)
  local cwd = paths.cwd()
  local settings = cwd and Settings.load { cwd = cwd, trusted = false, opts = opts }
  language.use(settings and settings:get "general.language")
  sys.out(args.help(shell_commands()))
  return 0
end

-- Whether this run is a session at the prompt.
local function at_prompt(opts)
  local led = opts.acp or opts.input == "stream-json" or opts.prompt or opts.command
  return sys.isatty(0) and sys.isatty(1) and not led and #opts.positional == 0
end

-- The files that count once flags and trust are known; nil where those add and take nothing.
local function scan_again(opts, project, settings)
  local claude = settings:own "general.readClaudeHome"
  return (opts.safe or project or claude or opts.use and opts.use[1])
    and registry.scan { safe = opts.safe, project = project, use = opts.use, claude = claude } or nil
end

-- The session at the prompt, or the answer to one prompt; `called`: the line of a command.
local function run(ctx, opts, called)
  if at_prompt(opts) then
    local stopped = first_start(ctx)
    if stopped then return stopped end
    local code, problem, failed = require("qwen.ui.interactive.tty").run(ctx, function() return prepare(ctx, opts) end)
    return code or fail(problem, failed)
  end
  local lead = setmetatable({ prepare = prepare_headless, argv = opts.argv }, { __index = require "qwen.run" })
  if opts.acp_session then return require("qwen.ui.acp.session").run(ctx, opts, lead) end
  if opts.acp then return require("qwen.ui.acp.hub").run(ctx, lead) end
  if opts.input == "stream-json" then return require("qwen.ui.headless.stream").run(ctx, opts, lead) end
  local prompt, e, typed = called, nil, nil
  if not called then prompt, e, typed = read_prompt(opts) end
  if e then return fail(e) end
  if not prompt or not prompt:find "%S" then return fail(tr "there is no prompt: give one as an argument, with -p, or on standard input", exit.usage) end
  return prompt:find "^/" and slash(ctx, opts, prompt) or headless(ctx, opts, prompt, nil, typed)
end

-- The settings of a folder, after the question whether its own count, and with what flags say.
local function open_settings(cwd, opts)
  Settings.packages = function(where) return require("qwen.extension.foreign").layers(where) end
  local settings, e, trusted = Settings.open(cwd, opts)
  if settings and not trusted and at_prompt(opts) then
    trusted = require("qwen.ui.interactive.trust_question").ask(cwd, settings)
    if trusted then settings, e = Settings.load { cwd = cwd, trusted = true, opts = opts } end
  end
  local ok = settings
  if ok and (opts.mcp_config[1] or opts.strict_mcp or opts.allowed_mcp[1]) then
    ok, e = require("qwen.config.mcp_flags").add(settings, opts)
  end
  return ok and settings or nil, not ok and e or nil, trusted
end

local function route(argv)
  local problems = { table.unpack(registry.scan {}) } -- what a command adds when it is looked at here is told when it is run
  language.use() -- of the environment, until the settings are known
  as_json = args.output(argv)
  local opts, e = args.parse(argv, is_command)
  if not opts then return fail(e, exit.usage) end
  opts.argv, opts.acp_session = argv, argv.session
  if opts.command then as_json = nil end
  if opts.version then
    sys.out("qwen " .. embed.version .. "\n")
    return 0
  end
  if opts.print_lua then
    local source, problem = require "qwen.extension.shipped_source"(opts.print_lua)
    if not source then return fail(problem, exit.usage) end
    sys.out(source)
    return 0
  end
  if opts.help then return print_help(opts) end
  if opts.prompt_interactive and not at_prompt(opts) then
    return fail(tr "--prompt-interactive starts a session, which needs a terminal on standard input and output", exit.usage)
  end
  local cwd, tree = paths.cwd()
  if cwd and opts.worktree and not opts.acp then cwd, tree = require("qwen.permission.worktrees").start(cwd, opts) end
  if not cwd then return fail(tree, tree.kind == "usage" and exit.usage) end
  local settings, problem, trusted = open_settings(cwd, opts)
  if not settings then return fail(problem, exit.config) end
  local project = trusted and paths.project_config(cwd) or nil
  problems = scan_again(opts, project, settings) or problems
  problems[#problems + 1] = select(2, language.use(settings:get "general.language"))
  local ctx = require("qwen.ctx").new { cwd = cwd, trusted = trusted, settings = settings, opts = opts }
  if tree then require("qwen.ui.interactive.worktree").begin(ctx, tree) end
  require("qwen.extension.hooks").on_problem(function(words) ctx.notice(words) end)
  require("qwen.extension.user_modules").say = function(words) ctx.notice(words) end
  registry.use_settings(settings)
  task.on_error(function(_, words) ctx.notice(tr("a task failed: %s", (words:gsub("\nstack traceback:.*", "")))) end)
  for _, list in ipairs { settings.problems, problems } do
    for _, text in ipairs(list) do ctx.notice(for_user(text)) end
  end
  registry.run_init(ctx)
  if opts.insecure then ctx.notice(tr "certificates are not checked in this run (--insecure)") end
  require("qwen.model.consent").attach(settings, function()
    local ask = require "qwen.ui.widget.ask"
    return ctx.pick or ask.possible() and ask.pick or nil
  end, function(words) ctx.notice(words) end)
  local refused = opts.command and refuse_foreign(opts.command)
  if refused then return refused end
  local called = opts.command and require("qwen.run").session_line(opts.command)
  if opts.command and not called then return require("qwen.run").shell_command(ctx, opts.command) end
  require "qwen.extension.settings_words"(ctx)
  local code = run(ctx, opts, called)
  if tree then require("qwen.ui.interactive.worktree").leave(ctx, code) end
  return code
end

return function(argv)
  if argv[1] == "--project-worker" then return require("qwen.extension.project_worker")() end -- started by project_lua.lua alone
  if argv[1] == "--acp-session" then argv.session = table.remove(argv, 1) end -- started by acp/worker.lua alone
  local code = route(argv)
  local ok, e = sys.flush()
  as_json = nil
  if not ok then fail(e) end
  return (ok or code ~= 0) and code or exit.failed
end
