-- Prints docs/settings.md from the tables of settings; tests/lua/docs.lua holds the page to it. qwen lua docs/gen/settings.lua
local known = require "qwen.config.known_keys"
local schema = require "qwen.config.schema"

local function cell(text) return (tostring(text):gsub("|", "\\|"):gsub("\n", " ")) end

print [[
# Settings

Settings are read from these files, the weakest first: `/etc/qwen-code/system-defaults.json`, `~/.qwen/settings.json`, `.qwen/settings.json` of a
trusted project, `/etc/qwen-code/settings.json`. Environment variables and flags are stronger than all files.

- `qwen config list` shows the values and where each comes from; `qwen config explain KEY` also shows who lost.
- `qwen config set KEY VALUE` changes one in place.
- `qwen doctor` names each setting that has no effect, with its reason. A session names them in one line at its start.

The flat names of Qwen Code's first version (`selectedAuthType`, `excludeTools`, `approvalMode`, ...) are read as today's keys. The file is not rewritten;
where both names are set, today's counts, and lists that add up are joined.

Texts may contain `$NAME` or `${NAME}` for a variable; in a project's settings not for one that looks like a credential. Comments and trailing commas are allowed.

## Settings with an effect

"Project" says whether the settings of a trusted project may set the key; "tighter": only to less than the user's own settings allow. Lists marked "add up" are joined over all files.

| Key | Type | Default | Project | Meaning |
| --- | --- | --- | --- | --- |]]

local names = {}
for name in pairs(schema) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do
  local option = schema[name]
  local kind = option.choices and "one of " .. table.concat(option.choices, ", ") or option.type
  if option.merge == "append" then kind = kind .. ", add up" end
  local default = option.default == nil and "" or "`" .. qwen.json.encode(option.default) .. "`"
  local project = option.project == true and "yes" or option.project or ""
  print(("| `%s` | %s | %s | %s | %s |"):format(name, cell(kind), cell(default), project, cell(option.text)))
end

print [[

## Settings of Qwen Code without an effect

Qwen Code 0.24 has more settings than qwen. These are known and have no effect; `.*` stands for all keys below. A key with a value, such as
`ide.enabled=false`, has the same effect here as in Qwen Code when it has that value. Keys in bold would restrict something: `qwen doctor` counts
them as wrong, because qwen does not honour them.

| Keys | Reason |
| --- | --- |]]

for _, row in ipairs(known.rows) do
  local keys = {}
  for key in row.keys:gmatch "%S+" do
    key = "`" .. cell(key:gsub("=%*$", "")) .. "`"
    keys[#keys + 1] = row.restricts and "**" .. key .. "**" or key
  end
  print(("| %s | %s |"):format(table.concat(keys, ", "), cell(row.text)))
end
