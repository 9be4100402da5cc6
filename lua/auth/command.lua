-- A key that a program prints: a password manager, a cloud's token command. The program is named in the settings; the key is only in memory.

local tr = qwen.tr

local A = {
  summary = "Key from a program - a password manager or a token command prints it",
  order = 70,
  flags = { ["env-key"] = "NAME", command = "WORDS", seconds = "N" },
}

-- Words of a line; quotes hold words together.
local function words_of(line)
  local words = {}
  for quoted, plain in line:gmatch [[%s*"([^"]*)"]] do words[#words + 1] = quoted or plain end
  if #words > 0 and not (line:match '^([^"]*)"' or ""):find "%S" then return words end
  words = {}
  for word in line:gmatch "%S+" do words[#words + 1] = word end
  return words
end

---@param ctx Ctx
---@param options {env_key: string?, command: string?, seconds: string?}
function A.login(ctx, options)
  local model = ctx.model or qwen.models.choose(ctx.settings, ctx.opts, function(name) return qwen.x.registry.has("providers", name) end)
  local name, e = options.env_key or model and model.env_key
  if not name then return nil, qwen.err("usage", tr "give the variable of the key: --env-key OPENAI_API_KEY") end
  name, e = qwen.x.login.variable(name)
  if not name then return nil, e end
  local line = options.command or ctx.line and ctx.line(tr("Program that prints the key for %s:", name))
  local argv = line and words_of(line) or {}
  if #argv == 0 then
    return nil, qwen.err("usage",
      tr("give the program: qwen auth command --env-key %s --command \"pass show llm/key\"", name))
  end
  local seconds = options.seconds and tonumber(options.seconds)
  if options.seconds and not (seconds and seconds >= 0) then
    return nil, qwen.err("usage", tr "--seconds wants a number, how long a key is good for")
  end
  local ok
  ok, e = qwen.x.key_command.try(argv, name)
  if not ok then return nil, e end
  local path
  path, e = qwen.x.settings_writer.set { { path = { "security", "auth", "keyCommands", name },
    value = seconds and { argv = qwen.json.array(argv), seconds = seconds } or qwen.json.array(argv) } }
  if not path then return nil, e end
  ctx.print(tr("the key for %s comes from %s now; it works, and is not kept", name, argv[1]))
  local now, source = ctx.settings:env(name)
  if now then ctx.notice(tr("%s is set (%s), which wins over the program", name, source)) end
  return true
end

return A
