-- House rule: every text that people read is in the one table of each language, and the table has nothing that nobody says.
local t = dofile "tests/check.lua"
local texts = dofile "tests/texts.lua"
local tree = dofile "tests/tree.lua"
local registry = require "qwen.extension.registry"
local keymap = require "qwen.ui.editor.keymap"
local translate = require "qwen.ui.render.translate"

-- Files whose texts are for a model, another program, or who writes Lua: those stay English.
local others = { "^lua/qwen/agent/tool_calls%.lua$", "^lua/qwen/agent/subagent%.lua$", "^lua/qwen/permission/files%.lua$", "^lua/qwen/util/diff%.lua$", "^lua/qwen/permission/sandbox_check%.lua$",
  "^lua/qwen/extension/events%.lua$", "^lua/qwen/session/export%.lua$", "^lua/qwen/extension/project_worker%.lua$", "^lua/qwen/util/inspect%.lua$", "^lua/qwen/extension/validate%.lua$",
  "^lua/qwen/extension/api_reference%.lua$", "^lua/qwen/testing%.lua$", "^lua/qwen/extension/tool_program%.lua$", "^lua/qwen/config/flags%.lua$", "^lua/qwen/config/args%.lua$",
  "^lua/qwen/net/replay%.lua$", "^lua/qwen/agent/system_prompt%.lua$", "^lua/qwen/agent/view%.lua$", "^lua/qwen/ui/headless/print%.lua$", "^lua/qwen/ui/headless/json%.lua$",
  "^lua/qwen/session/message%.lua$", "^lua/providers/" }

-- Texts that the search finds but nobody reads as words: names of makers, kinds, words for a model.
local names = {}
for _, name in ipairs { "OpenRouter", "Qwen OAuth", "MiniMax", "Fireworks AI", "DeepSeek", "qwen", "are", "end", "error", "string", "qwen ", "[image %d: %s%s]", " are", "them", "exit", "clear", "currency", "[nothing]",
  "[an image]", "[a file]", "[item %d of the answer is of no known kind]", "[a file was shown here]", "I go on from these notes.", "The conversation before this point was shortened.", "What I asked for, word for word:",
  "Your notes:", "Skill %s, from %s:",
  "Files in %s:", "It is asked for with: %s", '$ qwen --yolo "%s"' } do names[name] = true end

local function is_for_others(path)
  for _, pattern in ipairs(others) do
    if path:find(pattern) then return true end
  end
end

-- Whether there are words in a template: not only what is typed, names of variables, and what is filled in.
local function has_words(template)
  local rest = template:gsub("%%[-0-9.]*%a", " "):gsub("<[^>]*>", " "):gsub("qwen %l[%l%-]*", " "):gsub("[%w_]+[./=:_-][%w_./=:-]*", " "):gsub("/%l+", " ")
    :gsub("%-%-?%l[%l-]*", " ")
  return rest:find "%l%l%l" ~= nil
end

-- A template with something in its places, as people would see it.
local function filled(template)
  return (template:gsub("%%([-0-9.]*)(%a)", function(width, kind)
    local text = kind == "d" and "7" or kind == "f" and "7.5" or "X"
    return width:sub(1, 1) == "-" and text .. (" "):rep(20) or text
  end):gsub("%%%%", "%%"))
end

local said, whole = {}, {} -- by the line: the file, and the text it is in
for _, path in ipairs(tree.files("^commands/", "^lua/auth/", "^lua/hooks/", "^lua/themes/", "^lua/qwen/.*%.lua$")) do
  if not is_for_others(path) then
    for _, text in ipairs(texts.of(tree.read(path), path:find "^commands/" or path:find "^lua/auth/")) do
      for line in text:gmatch "[^\n]+" do
        if has_words(line) and not names[line] and not line:find "^count%(" then said[line], whole[line] = path, text end
      end
    end
  end
end
for _, group in ipairs(require "qwen.config.flags") do
  said[group.group .. ":"] = "lua/qwen/config/flags.lua"
  for _, flag in ipairs(group) do said[not flag.rare and flag.text or group.group .. ":"] = "lua/qwen/config/flags.lua" end
end
for line in require("qwen.config.args").help({}):gmatch "[^\n]+" do
  local what = line:match "^  qwen .-  +(%l.*)$"
  if what then said[what] = "lua/qwen/config/args.lua" end
end
for _, row in ipairs(keymap.list()) do said[row.what] = "lua/qwen/ui/editor/keymap.lua" end

registry.scan { safe = true }
local sources = {}
for _, path in ipairs(tree.files("^commands/", "^lua/.*%.lua$", "^src/.*%.[ch]$")) do
  if not path:find "^lua/languages/" then sources[#sources + 1] = tree.read(path) end
end
local all = table.concat(sources, "\n")

for _, name in ipairs(registry.names "languages") do
  local language = registry.get("languages", name)
  local translator = language.texts and translate.new(language.texts)
  for text, path in pairs(translator and said or {}) do
    local line = filled(text)
    if translator:line(line) == line and not translator:whole(line) and not language.texts[whole[text]] then
      t.ok(false, ("%s: %s has no translation of %q"):format(path, name, text))
    end
  end
  for key in pairs(language.texts or {}) do
    local longest = ""
    for piece in (key:gsub("%%[-0-9.]*%a", "\0"):gsub("%%%%", "\0") .. "\0"):gmatch "[^%z\n]+" do
      piece = piece:match "^%s*(.-)%s*$"
      if #piece > #longest then longest = piece end
    end
    local written = ("%q"):format(longest):sub(2, -2)
    if not said[key] and not all:find(longest, 1, true) and not all:find(written, 1, true) and not all:find(longest:gsub("e?s$", ""), 1, true) then
      t.ok(false, ("lua/languages/%s.lua: nobody says %q"):format(name, key))
    end
  end
end

-- Every word by its name is said somewhere.
for id in pairs(registry.get("languages", "en").words) do
  t.ok(all:find('["\']' .. id:gsub("_one$", "") .. '["\']'), "lua/languages/en.lua: nobody says " .. id)
end
t.ok(next(said), "there are texts")
t.done()
