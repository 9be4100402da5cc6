-- Settings: pairs of files in cases/settings, every declared key from every source, and `qwen config`.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local options, shape = require "qwen.config.schema", require "qwen.config.value"

-- NAME.in: "$ ARGUMENTS" is a run (split at spaces), "$ NAME=value ... ARGUMENTS" one with variables, "$ cat PATH" shows a file;
-- "=== PATH" begins a file. NAME.want: what came out, errors with "! " before them, the exit code when it is not 0.
local function run_case(text)
  local files, runs, path = {}, {}, nil
  for line in text:gmatch "([^\n]*\n)" do
    local head = line:match "^=== (.*)\n"
    if head then
      path = head
      files[path] = ""
    elseif path then
      files[path] = files[path] .. line
    else
      runs[#runs + 1] = line:match "^%$ (.*)\n"
    end
  end
  local place, out = program.place(files), {}
  for _, run in ipairs(runs) do
    out[#out + 1] = "$ " .. run .. "\n"
    local shown = run:match "^cat (.*)$"
    if shown then
      out[#out + 1] = fs.read(shown:sub(1, 2) == "~/" and place.home .. shown:sub(2) or place.cwd .. "/" .. shown) or "(none)\n"
    else
      local env, argv = { QWEN_CODE_SYSTEM_SETTINGS_PATH = place.cwd .. "/system.json", QWEN_CODE_SYSTEM_DEFAULTS_PATH = place.cwd .. "/defaults.json" }, {}
      for word in run:gmatch "%S+" do
        local name, value = word:match "^([%u_]+)=(.*)$"
        if name and #argv == 0 then env[name] = value else argv[#argv + 1] = word end
      end
      local r = program.run(place, argv, { env = env })
      out[#out + 1] = r.out .. r.err:gsub("([^\n]*\n)", "! %1") .. (r.code ~= 0 and ("exit %s\n"):format(r.code) or "")
    end
  end
  return (table.concat(out):gsub(place.cwd:gsub("%p", "%%%0"), "PROJECT"))
end

local folder, cases = "tests/cases/settings", 0
for _, entry in ipairs(assert(fs.list(folder))) do
  local name = entry.name:match "^(.*)%.in$"
  if name then
    t.eq(run_case(assert(fs.read(folder .. "/" .. entry.name))), (fs.read(folder .. "/" .. name .. ".want")), name)
    cases = cases + 1
  end
end
t.ok(cases > 10, "cases were found")

-- Every key from every file: the stronger file wins, a project only where it may, lists of rules add up, a wrong type never counts.
local scopes = { "system-defaults", "user", "project", "system" }
local paths = { ["system-defaults"] = "defaults.json", user = "~/.qwen/settings.json", project = ".qwen/settings.json", system = "system.json" }
local function sample(option, scope, i)
  if option.choices then return option.choices[i % #option.choices + 1] end
  if option.type == "boolean" then return i % 2 == 0 end
  if option.type == "number" then return 100 + i end
  if option.type == "list" then return { scope } end
  if option.type == "object" then return { [scope] = "x", all = scope } end
  return scope
end
local function nested(key, value)
  for name in key:reverse():gmatch "[^.]+" do value = { [name:reverse()] = value } end
  return value
end
local script = 'local ctx, keys = ... local out = {} for key in keys:gmatch "%S+" do out[key] = ctx.settings:get(key) end print(qwen.json.encode(out))'
local names = {}
for key in pairs(options) do names[#names + 1] = key end
table.sort(names)
local function read(files, key)
  local all = { ["read.lua"] = script }
  for scope, value in pairs(files) do all[paths[scope]] = json.encode(nested(key, value)) end
  local place = program.place(all)
  local env = { QWEN_CODE_SYSTEM_SETTINGS_PATH = place.cwd .. "/system.json", QWEN_CODE_SYSTEM_DEFAULTS_PATH = place.cwd .. "/defaults.json" }
  local r = program.run(place, { "--trust-folder", "lua", "read.lua", key }, { env = env })
  return json.decode(r.out)[key], r.err
end
for _, key in ipairs(names) do
  local option = options[key]
  t.ok(option.default == nil or shape.problem(option, option.default) == nil, key .. ": the default fits")
  t.ok(type(option.text) == "string" and #option.text > 3, key .. " is explained")
  local values, added, merged = {}, {}, {}
  for i, scope in ipairs(scopes) do
    values[scope] = sample(option, scope, i)
    if scope ~= "project" or option.project then
      added[#added + 1] = scope
      merged[scope], merged.all = "x", scope
    end
  end
  local want = values.system
  if option.merge == "append" then want = added end
  if option.type == "object" and not option.merge then want = merged end
  t.eq((read(values, key)), want, key .. " from all files")
  local alone, complaint = read({ project = values.project }, key)
  local wanted = option.default
  if option.merge == "append" then wanted = {} end
  if option.project then wanted = values.project end
  t.eq(alone, wanted, key .. " from a project")
  t.eq(complaint:find(key .. " is ignored; a project may not set it", 1, true) ~= nil, not option.project, key .. " told")
  if option.type ~= "any" then
    local wrong = option.type == "string" and { 1 } or "wrong"
    local value, told = read({ user = wrong, ["system-defaults"] = values["system-defaults"] }, key)
    t.eq(value, values["system-defaults"], key .. ": a wrong type does not count")
    t.match(told, "~/.qwen/settings%.json:1: " .. key:gsub("%p", "%%%0") .. " must be ", key .. ": a wrong type is told")
  end
end
t.done()
