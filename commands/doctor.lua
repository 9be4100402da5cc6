-- `qwen doctor` and `/doctor`: what is in order and what is not: every file of a person's, what it takes the place of, copies of shipped
-- files whose original has changed, options that are not understood, programs that are missing, and the files' own checks.

local tr, phrase = qwen.tr, qwen.phrase

local C = { summary = "check the installation and your own files", shell = true, args = "[--diff] [--json]" }

local MOST_MODULES = 200

local programs = {
  { "rg", phrase "files are searched slower and @files are not completed without it; install ripgrep" },
  { "git", phrase "undo and the branch in the status line need it" },
  { "bwrap", phrase "commands of the model cannot run in a sandbox; install bubblewrap" },
}

local function new_report(ctx, quiet)
  local report = { items = {}, bad_count = 0 }
  local section = ""
  local function add(state, text, advice)
    report.items[#report.items + 1] = { section = section, state = state, text = tostring(text), advice = advice }
    if quiet then return end
    local mark = ({ ok = tr "ok", warn = tr "note", bad = tr "WRONG" })[state]
    ctx.print("  " .. qwen.text.pad(mark, 5) .. " " .. tostring(text) .. (advice and "\n          " .. advice or ""))
  end
  function report.title(text)
    section = tostring(text)
    if not quiet then ctx.print(tr(text)) end
  end
  function report.ok(text) add("ok", text) end
  function report.warn(text, advice) add("warn", text, advice) end
  function report.bad(text, advice)
    report.bad_count = report.bad_count + 1
    add("bad", text, advice)
  end
  return report
end

-- An ejected copy keeps the hash of what it was copied from in its first line.
local function check_copy(ctx, report, full, entry, diff)
  local source = qwen.fs.read(entry.path)
  local version, hash = (source or ""):match "^%-%- ejected from qwen (%S+), sha256 (%x+)\n"
  local shipped = hash and qwen.x.registry.source(full)
  if not shipped or qwen.os.sha256(shipped) == hash then return end
  report.warn(tr("%s is a copy of %s as qwen %s had it; the shipped file has changed since",
    qwen.paths.short(entry.path), full, version),
    not diff and tr "see what differs: qwen doctor --diff; then merge by hand, or remove the copy" or nil)
  if diff then ctx.print(qwen.text.diff(source:gsub("^[^\n]*\n", ""), shipped, full .. ".lua")) end
end

local function check_options(ctx, report, full, value)
  local set = ctx.settings:get("lua." .. full)
  for name in pairs(type(set) == "table" and set or {}) do
    local option = value.options and value.options[name]
    if not option then
      report.warn(tr("settings.json sets the option '%s' of %s, which has none of that name", name, full))
    elseif value.option[name] ~= set[name] and type(set[name]) ~= "table" then
      report.bad(tr("settings.json sets the option '%s' of %s to what it does not take", name,
        full), tr("it is a %s: %s", option.type, option.text))
    end
  end
end

local function own_check(ctx, report, full, value)
  if type(rawget(value, "check")) ~= "function" then return end
  local ok, found, reason = pcall(value.check, ctx, { ok = report.ok, warn = report.warn, bad = report.bad })
  local given = found or reason
  if not ok then
    report.bad(tr("the check of %s failed: %s", full, tostring(found)))
  elseif given and given ~= true then
    report.bad(tr("the check of %s gave back a %s, which nobody reads", full, type(given)),
      tr "let it call report.ok, report.warn and report.bad")
  end
end

-- A Lua file of the user that uses a name of the API that is called otherwise now.
local function check_names(report, full, path)
  local source = path and path:find "%.lua$" and qwen.fs.read(path)
  for _, moved in ipairs(source and qwen.x.moved_names.find(source) or {}) do
    report.warn(tr("%s uses %s", full, moved.old), tr("it is called %s now", moved.now))
  end
end

local function check_files(ctx, report, diff)
  report.title(phrase "Your files")
  local count = 0
  for _, kind in ipairs(qwen.x.registry.kinds) do
    for _, entry in ipairs(qwen.x.registry.list(kind)) do
      local full = kind .. "/" .. entry.name
      if entry.problem then
        report.bad(tr("%s is out of order: %s", full, entry.problem), tr "mend it; then /reload")
      elseif entry.tier ~= "shipped" then
        local hides = #entry.shadows > 0 and tr(", in the place of %s", table.concat(entry.shadows, tr " and ")) or ""
        report.ok(("%-28s %s%s"):format(full, qwen.paths.short(entry.path), hides))
        check_copy(ctx, report, full, entry, diff)
        check_names(report, full, entry.path)
      end
      if entry.tier ~= "shipped" then count = count + 1 end
      if entry.value and type(entry.value) == "table" then
        check_options(ctx, report, full, entry.value)
        own_check(ctx, report, full, entry.value)
      end
    end
  end
  if count == 0 then report.ok(tr "none; write one with: qwen new command NAME") end
end

-- The modules of ~/.qwen/lua: each must load, and may have a check of its own.
local function check_modules(ctx, report)
  local folder, names = (qwen.paths.qwen_home() or "") .. "/lua", {}
  if ctx.opts.safe or not qwen.fs.stat(folder) then return end
  for path in qwen.x.files.walk(folder, MOST_MODULES) do
    local name = path:match "^([%w_/-]+)%.lua$"
    names[#names + 1] = name and name:gsub("/", ".") or nil
  end
  table.sort(names)
  local own = qwen.x.environment()
  for _, name in ipairs(names) do
    local ok, value = pcall(own.require, name)
    if ok then
      report.ok(tr("module %s", name))
    else
      report.bad(tr("module %s is out of order: %s", name, tostring(value)),
        tr "mend it; then /reload")
    end
    check_names(report, tr("the module %s", name), folder .. "/" .. name:gsub("%.", "/") .. ".lua")
    if ok and type(value) == "table" then own_check(ctx, report, tr("the module %s", name), value) end
  end
end

-- Settings of a package that it does not have, or not of that type.
local function check_package_settings(ctx, report, package)
  local all, declared = ctx.settings:get "packages", package.manifest.settings
  local own = type(all) == "table" and all[package.name]
  for name, value in pairs(type(own) == "table" and own or {}) do
    local problem = declared[name] and qwen.x.packages.setting_problem(declared[name], value)
    if not declared[name] then
      report.warn(tr("settings.json sets packages.%s.%s, which the package has not", package.name, name))
    elseif problem then
      report.bad(tr("packages.%s.%s %s", package.name, name, problem))
    end
  end
end

-- Packages: those that count, and those that wait for the user.
local function check_packages(ctx, report)
  local packages, problems = qwen.x.packages.list(ctx)
  if ctx.opts.safe or #packages + #problems == 0 then return end
  report.title(phrase "Packages")
  for _, problem in ipairs(problems) do report.bad(problem) end
  for _, package in ipairs(packages) do
    local words = ("%-28s %s"):format(package.name .. " " .. package.version, qwen.paths.short(package.source))
    if package.problem then
      report.bad(tr("the package %s is not used: %s", package.name, package.problem),
        tr("look at it: qwen package approve %s", package.name))
    else
      report.ok(package.state == "off" and tr("%s (off)", words) or words)
      check_package_settings(ctx, report, package)
    end
  end
end

local function check_system(ctx, report)
  report.title(phrase "System")
  local home = qwen.paths.qwen_home()
  if home then
    local problem, short = qwen.x.home_check.problem(home), qwen.paths.short(home)
    if not problem then report.ok(tr("%s can be written", short)) end
    if problem then
      report.bad(tr("%s cannot hold what is kept: %s", short, problem.message), problem.code == "ENOLCK"
        and tr "this file system has no locks; set QWEN_HOME to a folder on another one"
        or tr "sessions, usage and settings are not written; make room or leave to write, or set QWEN_HOME to another folder")
    end
  else
    report.bad(tr "there is no home folder", tr "set HOME")
  end
  for _, program in ipairs(programs) do
    if qwen.proc.which(program[1]) then
      report.ok(tr("%s is there", program[1]))
    else
      report.warn(tr("%s is missing", program[1]), tr(program[2]))
    end
  end
  for _, problem in ipairs(ctx.settings.problems) do report.warn(tr("%s", problem)) end
  report.title(phrase "Model")
  if not qwen.x.login.reachable(ctx.settings, ctx.opts) then
    return report.warn(tr "none is configured", tr "choose one: qwen auth")
  end
  local model, problem = qwen.models.choose(ctx.settings, ctx.opts, function(name) return qwen.x.registry.has("providers", name) end)
  if not model then return report.bad(tostring(problem), "qwen auth") end
  local what = tr("%s of %s at %s", model.id, model.provider, (qwen.x.login.asked_at(ctx, model)))
  local provider = qwen.models.provider(model)
  local auth = provider and qwen.x.registry.get("auth", provider.auth or "api-key")
  local signed = auth and auth.status and auth.status(ctx, model).key
  if signed == nil then signed = qwen.models.has_key(ctx.settings, model) or qwen.models.keyless(model.base_url) end
  if signed then
    report.ok(what)
  else
    report.bad(tr("%s: its key is missing", what),
      tr "qwen auth status says which, qwen auth sets it up")
  end
end

-- Each setting that has no effect here, with its reason; one that would restrict is wrong.
local function check_settings(ctx, report)
  report.title(phrase "Settings")
  for _, row in ipairs(ctx.settings.without) do
    local named = ("%s: %s"):format(row.place, row.key)
    if not row.text then
      report.warn(tr("%s is unknown", named), row.near and tr("did you mean %s?", row.near) or tr "see docs/settings.md")
    elseif row.restricts then
      report.bad(tr("%s is not honoured", named), tr(row.text))
    else
      report.warn(tr("%s has no effect here", named), tr(row.text))
    end
  end
  if #ctx.settings.without == 0 then report.ok(tr "every setting has its effect") end
end

local function last_line(ctx, report)
  if report.bad_count > 0 then return tr("%d wrong", report.bad_count) end
  local n = #ctx.settings.without
  return n == 0 and tr "everything is in order" or tr("nothing else is wrong; settings without effect: %d", n)
end

function C.run(ctx, args)
  local flags = {}
  for _, word in ipairs(args) do flags[word] = true end
  local report = new_report(ctx, flags["--json"])
  check_system(ctx, report)
  check_settings(ctx, report)
  check_packages(ctx, report)
  check_files(ctx, report, flags["--diff"])
  check_modules(ctx, report)
  if flags["--json"] then
    ctx.print(qwen.json.encode({ problems = report.bad_count, items = qwen.json.array(report.items) }, { indent = 2 }))
  else
    ctx.print(last_line(ctx, report))
  end
  return math.min(report.bad_count, 100)
end

return C
