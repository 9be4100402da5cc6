-- House rule: every text that people read goes through tr() before it is filled in, has a translation in each language with the same
-- places, and the languages have nothing that nobody says.
local t = dofile "tests/check.lua"
local texts = dofile "tests/texts.lua"
local tree = dofile "tests/tree.lua"
local keymap = require "qwen.ui.editor.keymap"
local registry = require "qwen.extension.registry"
local translate = require "qwen.util.translate"

-- Files whose texts are for a model, another program, or who writes Lua: those stay English.
local others = { "^lua/qwen/agent/tool_calls%.lua$", "^lua/qwen/agent/subagent%.lua$",
  "^lua/qwen/agent/isolation%.lua$", "^lua/qwen/agent/agents%.lua$",
  "^lua/qwen/permission/files%.lua$", "^lua/qwen/permission/names%.lua$", "^lua/qwen/permission/seen_files%.lua$", "^lua/qwen/permission/search%.lua$",
  "^lua/qwen/permission/sandbox_check%.lua$", "^lua/qwen/extension/events%.lua$", "^lua/qwen/session/export%.lua$",
  "^lua/qwen/extension/project_worker%.lua$", "^lua/qwen/extension/validate%.lua$",
    "^lua/qwen/extension/api_reference%.lua$",
  "^lua/qwen/testing%.lua$", "^lua/qwen/extension/tool_program%.lua$",
    "^lua/qwen/config/args%.lua$", "^lua/qwen/net/replay%.lua$",
  "^lua/qwen/agent/system_prompt%.lua$", "^lua/qwen/ui/headless/",
    "^lua/qwen/session/message%.lua$", "^lua/tools/", "^lua/hooks/programs%.lua$" }

-- Words of closed lists that are shown by tr(value).
local closed = { "allow", "ask", "deny", "shipped", "user", "project", "ended", "stopped", "prompts", "answers",
  "thinking", "calls", "tool results", "images and files",
  "day", "hour", "month", "model", "service", "purpose", "outcome", "session", "ready", "failed",
    "off", "starting", "sign-in", "Local model", "API key",
  "a function of yours", "system prompt", "tools", "form (JSON, parameters)" }

-- Names of makers and services, and what is typed: every language has them as they are.
local names = {}
for _, name in ipairs { "MiniMax", "DeepSeek", "Fireworks AI", "Z.AI", "OpenRouter", "Qwen OAuth", '$ qwen --yolo "' } do names[name] = true end

local function is_for_others(path)
  for _, pattern in ipairs(others) do
    if path:find(pattern) then return true end
  end
end

-- Whether there are words in a template: not only what is typed, names of variables, and what is filled in.
local function has_words(template)
  local rest = template:gsub("%%[-0-9.]*%a", " "):gsub("<[^>]*>", " "):gsub("qwen %l[%l%-]*",
    " "):gsub("[%w_]+[./=:_-][%w_./=:-]*", " ")
    :gsub("/%l+", " "):gsub("%-%-?%l[%l-]*", " ")
  return rest:find "%l%l%l" ~= nil
end

-- The search finds what it must, and nothing else.
local found, early = texts.templates [[
local a = tr "early"
local function f(x) return tr(x and "one %d" or "many %d", x), phrase("a" .. "b", x), tr(x),
  g.tr "c", tr(env "no" and "d" or y) end
]]
t.eq(found, { "early", "one %d", "many %d", "ab", "c", "d" }, "templates are found")
t.eq(early, { "early" }, "one that comes too early is found")
t.eq(texts.untranslated [[ctx.print "a" ctx.notice(("b"):format(x)) err("usage", "c" .. x) x = { title = "d" } ctx.print(tr "e") ctx.line(f("g"))]],
  { "a", "b", "c", "d" }, "texts without a translation are found")

local said, known = {}, {} -- by the template: a file; whether it is one
for _, path in ipairs(tree.files("^commands/", "^lua/.*%.lua$")) do
  if not path:find "^lua/languages/" and not path:find "^lua/meta/" then
    local source = tree.read(path)
    local list, soon = texts.templates(source)
    for _, template in ipairs(list) do
      known[template] = true
      if template:gsub("%%[-+ #0-9.]*%a", ""):find "%a" then said[template] = path end
    end
    for _, template in ipairs(soon) do
      t.ok(false, ("%s: %q is translated before the language is known; use phrase()"):format(path,
        template))
    end
    if not is_for_others(path) and not path:find "^lua/providers/" then
      for _, text in ipairs(texts.untranslated(source)) do
        if has_words(text) and not names[text] then t.ok(false, ("%s: %q is shown without tr()"):format(path, text)) end
      end
    end
  end
end

-- Declared texts.
local function declare(text, path)
  if text and has_words(text) and not names[text] then said[text] = path end
end
for _, path in ipairs(tree.files("^commands/", "^lua/auth/", "^lua/hooks/", "^lua/themes/")) do
  for _, text in ipairs(texts.declared(tree.read(path),
    { summary = true, label = path:find "^lua/auth/" ~= nil })) do
    declare(text, path)
  end
end
registry.scan { safe = true }
for _, kind in ipairs { "commands", "tools" } do
  for _, entry in ipairs(registry.list(kind)) do
    declare(kind == "tools" and entry.summary:match "^[^.]*" or entry.summary, entry.path)
    for _, sub in pairs(entry.value.subcommands or {}) do declare(sub.summary, entry.path) end
  end
end
for _, group in ipairs(require "qwen.config.flags") do
  said[group.group] = "lua/qwen/config/flags.lua"
  for _, flag in ipairs(group) do declare(not flag.rare and flag.text or nil, "lua/qwen/config/flags.lua") end
end
for _, option in pairs(require "qwen.config.schema") do declare(option.text, "lua/qwen/config/schema.lua") end
for _, text in ipairs(texts.declared(tree.read "lua/qwen/config/known_keys.lua", { text = true })) do
  declare(text, "lua/qwen/config/known_keys.lua")
end
for _, row in ipairs(keymap.list()) do declare(row.what, "lua/qwen/ui/editor/keymap.lua") end
for _, word in ipairs(closed) do said[word] = said[word] or "a closed list" end

-- Arguments for every place of a template.
local function samples(template)
  local out = {}
  for kind in template:gmatch "%%[-+ #0-9.]*([%a%%])" do
    if kind ~= "%" then out[#out + 1] = kind == "s" and "X" or kind == "q" and "X" or 7 end
  end
  return out
end

for _, name in ipairs(registry.names "languages") do
  local language = registry.get("languages", name)
  for template, path in pairs(language.texts and said or {}) do
    t.ok(language.texts[template], ("%s: %s has no translation of %q"):format(path, name, template))
  end
  for template, translation in pairs(language.texts or {}) do
    local file = ("lua/languages/%s.lua"):format(name)
    t.ok(said[template] or known[template], ("%s: nobody says %q"):format(file, template))
    local arguments = samples(template)
    if #arguments > 0 then
      local filled = translate.fill(template, translation, table.unpack(arguments))
      local same = filled == template:format(table.unpack(arguments)) and translation ~= template
      t.ok(not same and not filled:find "%%[%a%d]",
        ("%s: %q has other places than its translation %q"):format(file, template, translation))
    end
  end
end

-- Every word by its name is said somewhere.
local sources = {}
for _, path in ipairs(tree.files("^commands/", "^lua/.*%.lua$")) do
  if not path:find "^lua/languages/" then sources[#sources + 1] = tree.read(path) end
end
local all = table.concat(sources, "\n")
for id in pairs(registry.get("languages", "en").words) do
  t.ok(all:find('["\']' .. id:gsub("_one$", "") .. '["\']'), "lua/languages/en.lua: nobody says " .. id)
end
t.ok(next(said), "there are texts")
t.done()
