-- `qwen extensions`, `/extensions`: what Qwen Code calls `qwen package`, with its words and flags.

local tr = qwen.tr
local package = qwen.shipped("commands/package").subcommands

local C = { summary = "packages, by the words of Qwen Code", shell = true }

-- Flags of Qwen Code that mean nothing here, and those that take a value.
local DROPPED = { ["--consent"] = "--yes", ["--auto-update"] = false, ["--pre-release"] = false, ["--all"] = false }
local VALUES = { ["--ref"] = true, ["--scope"] = true, ["--registry"] = true }

-- The words, and the values of flags, by name.
local function read(args)
  local words, flags, i = {}, {}, 1
  while args[i] do
    local name, value = args[i]:match "^(%-%-[%w-]+)=?(.*)$"
    if VALUES[name] then
      if value == "" then
        i = i + 1
        value = args[i]
      end
      if not value then return nil, qwen.err("usage", tr("%s wants a value", name)) end
      flags[name] = value
    elseif name and DROPPED[name] ~= nil then
      words[#words + 1] = DROPPED[name] or nil
    else
      words[#words + 1] = args[i]
    end
    i = i + 1
  end
  return words, flags
end

-- A source as Qwen Code takes it: OWNER/REPO is one of GitHub, @SCOPE/NAME one of npm.
local function source_of(ctx, text, flags)
  local name = text:match "^@[%w._-]+/[%w._@-]+$"
  if name then return "npm:" .. name end
  local repo, rest = text:match "^([%w_-]+/[%w._-]+)(.*)$"
  local there = text:find "^[%w_-]+/[%w._-]+" and qwen.fs.stat(ctx.cwd .. "/" .. (text:match "^[^:]*"))
  if repo and not there and (rest == "" or rest:find "^:[%w._-]+$") then
    text = "https://github.com/" .. repo .. (flags["--ref"] and "#" .. flags["--ref"] or "") .. rest
  elseif flags["--ref"] then
    text = text .. "#" .. flags["--ref"]
  end
  return text
end

local function install(ctx, args)
  local words, flags = read(args)
  if not words then return nil, flags end
  if flags["--registry"] then
    return nil, qwen.err("usage", tr "the registry is set in ~/.npmrc, or by npm_config_registry")
  end
  for i, word in ipairs(words) do
    if word:sub(1, 2) ~= "--" then words[i] = source_of(ctx, word, flags) end
  end
  local code, e = package.add.run(ctx, words)
  if code == 0 and flags["--scope"] and flags["--scope"] ~= "user" then
    ctx.notice(tr "it is on everywhere; off in other projects: qwen package disable NAME --project, there")
  end
  return code, e
end

-- The words of another sub-command, with flags that mean nothing taken out.
local function plain(name)
  return function(ctx, args)
    local words, flags = read(args)
    if not words then return nil, flags end
    if flags["--scope"] then
      words[#words + 1] = "--scope=" .. (flags["--scope"] == "project" and "workspace" or flags["--scope"])
    end
    return package[name].run(ctx, words)
  end
end

local function link(ctx, args)
  local words, e = read(args)
  if not words then return nil, e end
  words[#words + 1] = "--link"
  return package.add.run(ctx, words)
end

local function new(ctx, args)
  local name = args[1] and args[1]:match "^.*/([^/]*)$" or args[1]
  if not name then return false end
  return qwen.shipped("commands/new").run(ctx, { "package", name })
end

-- The values that a package wants, and whether each is there.
local function show_settings(ctx, args)
  if #args ~= 1 then return false end
  local found, e = qwen.x.packages.find(args[1], ctx)
  if not found then return nil, e end
  local brings = found.manifest and found.manifest.raw.brings
  for _, setting in ipairs(brings and brings.settings or {}) do
    local value, where = ctx.settings:env(setting.env)
    ctx.print(("%s  %s  (%s)"):format(setting.env, setting.text, value and tr("set: %s", where) or tr "not set"))
  end
  if not (brings and brings.settings[1]) then ctx.print(tr("%s wants no values", found.name)) end
  return 0
end

local function settings(ctx, args)
  if args[1] == "list" then return show_settings(ctx, { table.unpack(args, 2) }) end
  if args[1] ~= "set" then return false end
  return nil, qwen.err("usage", tr "write NAME=value into ~/.qwen/.env; the names: qwen extensions settings list NAME")
end

C.run = function(ctx) return package.list.run(ctx, {}) end
C.subcommands = {
  install = { summary = "fetch one, show what it brings, and ask", args = "SOURCE [--ref=REF] [--consent]",
    complete = package.add.complete, run = install },
  link = { summary = "add a folder of your own", args = "PATH [--consent]", complete = package.add.complete, run = link },
  list = { summary = "packages, their state and where they come from", run = plain "list" },
  update = { summary = "fetch newer versions, and ask", args = "[NAME]", complete = package.remove.complete, run = plain "update" },
  uninstall = { summary = "delete one", args = "NAME", complete = package.remove.complete, run = plain "remove" },
  enable = { summary = "use one, here or everywhere", args = "NAME [--scope=SCOPE]",
    complete = package.remove.complete, run = plain "enable" },
  disable = { summary = "do not use one, here or everywhere", args = "NAME [--scope=SCOPE]",
    complete = package.remove.complete, run = plain "disable" },
  new = { summary = "make a package that works", args = "NAME", run = new },
  settings = { summary = "the values that a package wants", args = "list NAME",
    complete = function() return { "list" } end, run = settings },
}

return C
