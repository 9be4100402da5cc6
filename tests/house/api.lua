-- House rule: every field of the real modules has an entry in lua/meta, and the other way round. The real modules are opened.
local t = dofile "tests/check.lua"
local tree = dofile "tests/tree.lua"

-- Classes of the type files: name -> set of fields; `methods` when every field is a method.
local classes, parents = {}, {}
local function read_types(text)
  local class
  for line in text:gmatch "[^\n]+" do
    local name, parent = line:match "^%-%-%-@class ([%w_.]+):? ?([%w_.]*)"
    if name then
      class = { fields = {}, optional = {}, methods = true }
      classes[name], parents[name] = class, parent ~= "" and parent or nil
    elseif line:find "^%-%-%-@field" then
      local field, kind = line:match "^%-%-%-@field ([%w_]+)%??%s+(.*)"
      class.fields[field] = true
      class.optional[field] = kind:find "^%w+%?" ~= nil or nil
      if not kind:find "^fun%(self: " then class.methods = false end
    end
  end
end
read_types(tree.read "lua/meta/sys.lua")
read_types(tree.read "lua/meta/qwen.lua")
for name, parent in pairs(parents) do
  for field in pairs((classes[parent] or { fields = {} }).fields) do classes[name].fields[field] = true end
end

---What one set of names has and the other lacks, as words.
local function difference(real, declared, optional)
  local out = {}
  for name in pairs(real) do
    if not declared[name] and not name:find "^__" then out[#out + 1] = name .. " is not declared" end
  end
  for name in pairs(declared) do
    if real[name] == nil and not (optional or {})[name] then out[#out + 1] = name .. " is not there" end
  end
  table.sort(out)
  return table.concat(out, ", ")
end
t.eq(difference({ a = 1, b = 1 }, { a = true, c = true }), "b is not declared, c is not there", "a difference is caught")

-- Modules: of C by their own name, of the API by the name that a file uses.
local function check_module(name, class, get)
  local ok, module = pcall(get)
  if t.ok(ok, name .. " opens: " .. tostring(module)) then t.eq(difference(module, class.fields, class.optional), "", name) end
end
for name, class in pairs(classes) do
  local short = name:match "^qwen%.([%a_]+)$"
  local x = name:match "^qwen%.x%.([%a_]+)$"
  if name:find "^sys%." then check_module(name, class, function() return require(name) end) end
  if short and short ~= "x" then check_module(name, class, function() return qwen[short] end) end
  if x then check_module(name, class, function() return qwen.x[x] end) end
  t.ok(short or x or not name:find "^qwen%.", name .. " is named after the API")
end
local opened = {}
for name in tree.read("src/bind/open.c"):gmatch '{"(sys%.[%w_]+)", open_' do opened[name] = true end
t.ok(next(opened), "native modules are listed in open.c")
for name in pairs(opened) do t.ok(classes[name], name .. " has a class in lua/meta/sys.lua") end

-- Handles: C registers a metatable for each class; its methods are those of one class in the type files.
for name, metatable in pairs(debug.getregistry()) do
  local methods = type(name) == "string" and type(metatable) == "table" and rawget(metatable, "__index")
  if name ~= "_G" and type(methods) == "table" and next(methods) and name:find "^sys%." then
    local fits
    for _, class in pairs(classes) do
      fits = fits or class.methods and difference(methods, class.fields) == ""
    end
    t.ok(fits, "the methods of " .. name .. " are declared as one class")
  end
end

-- The global `qwen` and its experimental half: the module tables are private, so their source is read for the names.
local source = tree.read "lua/qwen/api.lua"
local function api_names(list, prefix, names)
  for name in source:gmatch("\nfunction " .. prefix .. "([%w_]+)%(") do names[name] = true end
  for name in assert(source:match("local " .. list .. " = (%b{})")):gmatch "([%w_]+) = \"" do names[name] = true end
  return names
end
local tiers = {
  ["qwen"] = { api_names("stable", "api%.", { version = true, api = true, x = true }), qwen },
  ["qwen.x"] = { api_names("experimental", "api%.x%.", {}), qwen.x },
}
for tier, pair in pairs(tiers) do
  local names, real = pair[1], pair[2]
  t.eq(difference(names, classes[tier].fields), "", "the names of " .. tier)
  for name in pairs(classes[tier].fields) do
    t.ok(pcall(function() return real[name] end), tier .. "." .. name .. " loads")
  end
end

-- Former names lead to what is there, and nothing of ours uses one.
local moved = require "qwen.extension.moved_names"
t.eq(moved.find "qwen.files.walk() -- qwen.send\nqwen.x.files.walk() qwen.fs.read()",
  { { old = "qwen.files", now = "qwen.x.files" } }, "a former name is found")
t.eq(moved.find "local split = qwen.text.call_splitter()",
  { { old = "qwen.text.call_splitter", now = "qwen.wire.tool_call_splitter" } }, "so is one of a function")
for name, now in tree.read("lua/qwen/extension/moved_names.lua"):gmatch "\n  %[?\"?([%a_.]+)\"?%]? = \"([%a_.]+)\"" do
  local tier = now:find "^x%." and "qwen.x" or "qwen"
  t.ok(tiers[tier][1][now:gsub("^x%.", ""):match "^[^.]*"], name .. " is called something that is there")
  t.ok(not tiers.qwen[1][name], name .. " is no name of today")
end
for _, path in ipairs(tree.files("^commands/.*%.lua$", "^lua/.*%.lua$", "^docs/.*%.md$")) do
  for _, one in ipairs((path:find "^lua/qwen/" or path:find "^docs/decisions/") and {} or moved.find(tree.read(path))) do
    t.ok(false, ("%s: %s is %s now"):format(path, one.old, one.now))
  end
end

-- Files: what each kind may return, and the events with the fields of their values.
local kinds = { commands = "Command", tools = "Tool", auth = "Auth", hooks = "Hook", search = "SearchService" }
local types = tree.read "lua/meta/qwen.lua"
local validate = require "qwen.extension.validate"
for kind, class in pairs(kinds) do t.eq(difference(validate.fields[kind], classes[class].fields), "", class) end

-- A run does not check what ships, so it is checked here.
local registry = require "qwen.extension.registry"
for _, kind in ipairs(registry.kinds) do
  for _, name in ipairs(registry.names(kind)) do
    local entry = { kind = kind, name = name, tier = "shipped", path = name }
    local value = {}
    for field, found in pairs(assert(registry.get(kind, name))) do value[field] = found end
    if value.options then value.option = nil end -- their values, which the loader adds
    t.eq(validate.problem(entry, value), nil, kind .. "/" .. name)
  end
end
t.eq(difference(require("qwen.extension.subcommands").fields, classes.Subcommand.fields), "", "Subcommand")
local tables = { request_built = "HttpRequest", delta = "Delta", tool_ended = "ResultPart", request_failed = "Failure" }
for event, spec in pairs(require "qwen.extension.events") do
  local inline = types:match("%-%-%-@field " .. event .. " %(fun%(ctx: Ctx, %w+: ({[^}]+})")
  local declared = tables[event] and classes[tables[event]].fields or {}
  for field in (inline or ""):gmatch "([%w_]+)%??: " do declared[field] = true end
  local given = spec.value or {}
  if event == "permission_asked" then declared.verdict = true end -- only in the answer
  if event == "request_built" then declared.follow = nil end -- never with a secret
  t.eq(difference(given, declared), "", "fields of " .. event)
  local back = types:match("\n%-%-%-@field " .. event .. " %(fun%([^()]*%)(.-)%)%?")
  t.eq({ spec.replace or false, spec.block or false }, { back:find "table" ~= nil, back:find "false" ~= nil }, "what may be given back for " .. event)
end

-- What shipped content takes from ctx, a person can look up. The rest is between our own files.
local ours = { granted = true, opts = true, prompt_id = true, servers = true, starting = true, todos = true, tools = true, user_agent = true }
local used = {}
for _, path in ipairs(tree.files("^commands/.*%.lua$", "^lua/auth/.*%.lua$", "^lua/hooks/.*%.lua$", "^lua/providers/.*%.lua$", "^lua/tools/.*%.lua$", "^lua/search/.*%.lua$")) do
  for field in tree.read(path):gmatch "%f[%w_]ctx[.:]([%w_]+)" do
    if not classes.Ctx.fields[field] and not ours[field] then used[#used + 1] = path .. ": ctx." .. field end
  end
end
t.eq(table.concat(used, ", "), "", "what is taken from ctx is declared")
local count = 0
for name in types:gmatch "\n%-%-%-@class ([%w_.]+)" do
  count = count + 1
  used[name] = (used[name] or 0) + 1
  t.ok(used[name] == 1, name .. " is declared once")
end
t.ok(count > 50, "classes were found")

-- Each event is emitted somewhere, and nothing else is.
local emitted = {}
for _, path in ipairs(tree.files("^lua/.*%.lua$", "^commands/.*%.lua$")) do
  for event in tree.read(path):gmatch "ctx%.emit%s*%(?%s*\"([%w_]+)\"" do emitted[event] = true end
end
t.eq(difference(emitted, require "qwen.extension.events"), "", "events")

t.done()
