-- `qwen package` and `/package`: packages, folders of the shape of ~/.qwen from a repository, the npm registry or a folder. What one
-- brings and may do is shown and asked about before it counts, and again when a file of it changed.

local tr = qwen.tr

local C = { summary = "add packages of commands, tools and skills, update and remove them", shell = true }

-- The words without the flags, and the flags.
local function read(args, known)
  local words, flags, i = {}, {}, 1
  while args[i] do
    local word = args[i]
    local name, value = word:match "^(%-%-[%w-]+)=?(.*)$"
    if not name then
      words[#words + 1] = word
    elseif not known[name] then
      return nil, qwen.err("usage", tr("unknown option %s", name))
    elseif known[name] == "value" then
      if value == "" then
        i = i + 1
        value = args[i]
      end
      if not value then return nil, qwen.err("usage", tr("%s wants a value", name)) end
      flags[name] = value
    else
      flags[name] = true
    end
    i = i + 1
  end
  return words, flags
end

local function sorted(set)
  local out = {}
  for name in pairs(set) do out[#out + 1] = name end
  table.sort(out)
  return out
end

local function describe(ctx, package, hashes)
  for _, line in ipairs(qwen.x.package_description.lines(package, hashes)) do ctx.print(line) end
end

-- In a session it counts at once.
local function take(ctx, words)
  if ctx.interactive then
    for _, problem in ipairs((qwen.x.reload.all())) do ctx.notice(problem) end
    ctx.settings:reload() -- hooks and servers of packages are a layer of them
  end
  ctx.print(words)
  return 0
end

-- Shows a package where it lies and notes it as it is.
local function take_as_is(ctx, package, hashes, paths, yes, title)
  local ok, e = qwen.x.package_description.agreed(ctx, yes, title, package.dir, paths)
  if ok then ok, e = qwen.x.package_store.approve(package, hashes) end
  if not ok then return nil, e end
  return take(ctx, tr("approved %s %s", package.name, package.version))
end

local function link(ctx, source, yes)
  local package, e = qwen.x.package_store.link(source)
  if not package then return nil, e end
  local hashes
  hashes, e = qwen.x.package_files.hashes(package.dir)
  if not hashes then return nil, e end
  describe(ctx, package, hashes)
  return take_as_is(ctx, package, hashes, sorted(hashes), yes, tr("add the package %s?", package.name))
end

local function add(ctx, args)
  local words, flags = read(args, { ["--yes"] = true, ["--link"] = true })
  if not words then return nil, flags end
  if #words ~= 1 then return false end
  local source, e = qwen.x.package_store.parse(words[1], ctx.cwd)
  if not source then return nil, e end
  if flags["--link"] then return link(ctx, source, flags["--yes"]) end
  local staged <close>, problem = qwen.x.package_store.fetch(ctx, source)
  if not staged then return nil, problem end
  local paths = sorted(staged.hashes)
  describe(ctx, staged, staged.hashes)
  local ok
  ok, e = qwen.x.package_description.agreed(ctx, flags["--yes"], tr("add the package %s?", staged.manifest.name), staged.dir, paths)
  if not ok then return nil, e end
  ok, e = qwen.x.package_store.install(staged)
  if not ok then return nil, e end
  return take(ctx, tr("added %s %s", staged.manifest.name, staged.manifest.version))
end

local states = { ready = qwen.phrase "in use", new = qwen.phrase "not approved", changed = qwen.phrase "changed",
  broken = qwen.phrase "broken", off = qwen.phrase "off" }

local function list(ctx, args)
  local words, flags = read(args, { ["--json"] = true })
  if not words then return nil, flags end
  local packages, problems = qwen.x.packages.list(ctx)
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  local rows = qwen.json.array {}
  for i, package in ipairs(packages) do
    rows[i] = { name = package.name, version = package.version, state = package.state, source = package.source,
      dir = package.dir, problem = package.problem }
  end
  if flags["--json"] then
    ctx.print(qwen.json.encode(rows, { indent = 2 }))
    return 0
  end
  if #rows == 0 then ctx.print(tr "no packages; add one: qwen package add SOURCE") end
  for _, row in ipairs(rows) do
    ctx.print(("%s %s %s %s"):format(qwen.text.pad(row.name, 20), qwen.text.pad(row.version, 10),
      qwen.text.pad(tr(states[row.state]), 12), qwen.paths.short(row.source)))
    if row.problem then ctx.print("  " .. row.problem) end
  end
  return 0
end

local function info(ctx, args)
  if #args ~= 1 then return false end
  local package, e = qwen.x.packages.find(args[1], ctx)
  if not package then return nil, e end
  if not package.manifest then return nil, qwen.err("broken", package.problem) end
  local hashes
  hashes, e = qwen.x.package_files.hashes(package.dir)
  if not hashes then return nil, e end
  describe(ctx, package, hashes)
  ctx.print(tr("  in %s: %s", qwen.paths.short(package.dir), package.problem or tr(states[package.state])))
  for name, option in pairs(package.manifest.settings) do
    ctx.print(("  packages.%s.%s: %s"):format(package.name, name, tostring(option.text)))
  end
  return 0
end

-- The files that differ from what was approved, for the question.
local function changes(ctx, old, new)
  local paths = {}
  for _, change in ipairs(qwen.x.package_files.differences(old, new)) do
    ctx.print(("  %s %s"):format(qwen.text.pad(change.how == "new" and tr "new" or change.how == "gone" and tr "gone"
      or tr "changed", 8), change.path))
    if change.how ~= "gone" then paths[#paths + 1] = change.path end
  end
  return paths
end

local function update_one(ctx, package, yes)
  if not package.entry or package.linked then
    return nil, qwen.err("usage", tr("%s was not added by qwen; approve it as it is: qwen package approve %s", package.name, package.name))
  end
  local old = package.entry
  local source, e = qwen.x.package_store.parse(old.source, "/")
  if not source then return nil, e end
  local staged <close>, problem = qwen.x.package_store.fetch(ctx, source)
  if not staged then return nil, problem end
  if staged.manifest.name ~= package.name then
    return nil, qwen.err("denied", tr("%s is called %s now; remove it and add it anew", package.name, staged.manifest.name))
  end
  if old.integrity and staged.resolved == old.resolved and staged.integrity ~= old.integrity then
    return nil, qwen.err("denied", tr("%s %s is not the archive that it was: the registry changed a version that was published",
      package.name, old.resolved))
  end
  if #qwen.x.package_files.differences(old.files, staged.hashes) == 0 then
    ctx.print(tr("%s %s is the newest", package.name, package.version))
    return 0
  end
  describe(ctx, staged, staged.hashes)
  for _, right in ipairs(sorted(staged.manifest.may)) do
    if not old.may[right] then ctx.print(tr("  it did not have the right '%s' before", right)) end
  end
  local paths = changes(ctx, old.files, staged.hashes)
  local ok
  ok, e = qwen.x.package_description.agreed(ctx, yes, tr("update the package %s?", package.name), staged.dir, paths)
  if not ok then return nil, e end
  ok, e = qwen.x.package_store.install(staged, package)
  if not ok then return nil, e end
  return take(ctx, tr("updated %s to %s", package.name, staged.manifest.version))
end

local function update(ctx, args)
  local words, flags = read(args, { ["--yes"] = true })
  if not words then return nil, flags end
  if #words > 1 then return false end
  if words[1] then
    local package, e = qwen.x.packages.find(words[1], ctx)
    if not package then return nil, e end
    return update_one(ctx, package, flags["--yes"])
  end
  local code = 0
  for _, package in ipairs((qwen.x.packages.list(ctx))) do
    local ok, e = true, nil
    if package.entry and not package.linked then ok, e = update_one(ctx, package, flags["--yes"]) end
    if not ok then
      ctx.notice(("%s: %s"):format(package.name, tostring(e)))
      code = 1
    end
  end
  return code
end

local function approve(ctx, args)
  local words, flags = read(args, { ["--yes"] = true })
  if not words then return nil, flags end
  if #words ~= 1 then return false end
  local package, e = qwen.x.packages.find(words[1], ctx)
  if not package then return nil, e end
  if not package.manifest then return nil, qwen.err("broken", package.problem) end
  local now
  now, e = qwen.x.package_files.hashes(package.dir)
  if not now then return nil, e end
  describe(ctx, package, now)
  local old = package.entry and package.entry.files or {}
  local paths = changes(ctx, old, now)
  if package.entry and #qwen.x.package_files.differences(old, now) == 0 then
    ctx.print(tr "it is approved as it is")
    return 0
  end
  return take_as_is(ctx, package, now, paths, flags["--yes"], tr("use the package %s as it is now?", package.name))
end

local function remove(ctx, args)
  if #args ~= 1 then return false end
  local package, e = qwen.x.packages.find(args[1], ctx)
  if not package then return nil, e end
  local ok
  ok, e = qwen.x.package_store.remove(package)
  if not ok then return nil, e end
  return take(ctx, tr("removed %s", package.name))
end

local function switch(on)
  return function(ctx, args)
    local words, flags = read(args, { ["--project"] = true, ["--scope"] = "value" })
    if not words then return nil, flags end
    if #words ~= 1 then return false end
    local scope = flags["--scope"] or flags["--project"] and "workspace" or "user"
    if scope ~= "user" and scope ~= "workspace" then
      return nil, qwen.err("usage", tr "the scope is user or workspace")
    end
    local package, e = qwen.x.packages.find(words[1], ctx)
    if not package then return nil, e end
    if not package.entry then return nil, qwen.err("usage", tr("%s is not approved: qwen package approve %s", package.name, package.name)) end
    local here = scope == "workspace"
    local done, problem = qwen.x.package_store.switch(package, on, here and ctx.cwd or nil)
    if not done then return nil, problem end
    if here then return take(ctx, tr(on and "%s is on in this project" or "%s is off in this project", package.name)) end
    return take(ctx, tr(on and "%s is on" or "%s is off", package.name))
  end
end

-- The names, and behind one of them the flags.
local function names(...)
  local flags = { ... }
  return function(ctx, _, before)
    if before[1] then return flags end
    local out = {}
    for i, package in ipairs((qwen.x.packages.list(ctx))) do out[i] = package.name end
    return out
  end
end

local function sources(ctx, word, before)
  if before[1] then return { "--yes", "--link" } end
  return qwen.paths.folders_like(word, ctx.cwd)
end

C.run = function(ctx) return list(ctx, {}) end
C.subcommands = {
  add = { summary = "fetch one, show what it brings, and ask", args = "SOURCE [--yes] [--link]", complete = sources, run = add },
  list = { summary = "packages, their state and where they come from", args = "[--json]", run = list },
  info = { summary = "what one brings and what it may do", args = "NAME", complete = names(), run = info },
  update = { summary = "fetch newer versions, and ask", args = "[NAME] [--yes]", complete = names "--yes", run = update },
  approve = { summary = "look at changed or new files, and use them", args = "NAME [--yes]", complete = names "--yes", run = approve },
  remove = { summary = "delete one", args = "NAME", complete = names(), run = remove },
  enable = { summary = "use one, here or everywhere", args = "NAME [--project]", complete = names "--project", run = switch(true) },
  disable = { summary = "do not use one, here or everywhere", args = "NAME [--project]", complete = names "--project", run = switch(false) },
}

return C
