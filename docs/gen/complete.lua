-- Prints the completions for a shell from the table of flags and the commands. Run by the build: qwen lua docs/gen/complete.lua bash
local flags = require "qwen.config.flags"

local subcommands = require "qwen.extension.subcommands"

local all, commands = {}, {}
for _, group in ipairs(flags) do
  for _, flag in ipairs(group) do
    all[#all + 1] = flag
    if flag.also then
      all[#all + 1] = setmetatable({ long = flag.also, short = false }, { __index = flag })
    end
  end
end
for _, entry in ipairs(qwen.x.registry.list "commands") do
  local command = qwen.x.registry.get("commands", entry.name)
  if command and command.shell then
    local row = { name = entry.name, summary = command.summary, subs = subcommands.list(command) }
    commands[#commands + 1] = row
    if entry.name == "auth" then -- its first word may be a way to sign in, too
      for _, method in ipairs(qwen.x.login.methods()) do
        table.insert(row.subs, { name = method.name, summary = method.auth.summary })
      end
    end
  end
end

---What may follow a flag, as the shell at hand says it.
---@param flag table
---@param ways {words: string, file: string, folder: string, any: string} words is a format for the choices
local function value_of(flag, ways)
  if flag.choices then return ways.words:format(table.concat(flag.choices, " ")) end
  return flag.value == "FILE" and ways.file or flag.value == "DIR" and ways.folder or ways.any
end

local shells = {}

function shells.bash()
  local ways = {
    words = 'COMPREPLY=($(compgen -W "%s" -- "$cur"))', file = 'COMPREPLY=($(compgen -f -- "$cur"))',
    folder = 'COMPREPLY=($(compgen -d -- "$cur"))', any = ":",
  }
  local cases, flag_names, command_names = {}, {}, {}
  for i, flag in ipairs(all) do
    flag_names[i] = "--" .. flag.long
    if flag.value and not flag.optional then
      cases[#cases + 1] = ("    --%s%s) %s; return ;;"):format(flag.long, flag.short and "|-" .. flag.short or "", value_of(flag, ways))
    end
  end
  local subs = {}
  for i, command in ipairs(commands) do
    command_names[i] = command.name
    local names = {}
    for n, sub in ipairs(command.subs) do names[n] = sub.name end
    if names[1] then subs[#subs + 1] = ("    %s) words='%s' ;;"):format(command.name, table.concat(names, " ")) end
  end
  return ([=[
# bash completion for qwen; made by docs/gen/complete.lua
_qwen() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=
  COMPREPLY=()
  case $prev in
%s
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "%s" -- "$cur"))
  elif ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "%s" -- "$cur"))
  else
    ((COMP_CWORD == 2)) && case $prev in
%s
    esac
    if [[ $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$cur")); else COMPREPLY=($(compgen -f -- "$cur")); fi
  fi
}
complete -o filenames -F _qwen qwen
]=]):format(table.concat(cases, "\n"), table.concat(flag_names, " "), table.concat(command_names, " "), table.concat(subs, "\n"))
end

-- Text inside single quotes of a shell; zsh also reads brackets, colons and backslashes in a description.
local function quoted(text)
  return (text:gsub("'", "'\\''"))
end
local function zsh_words(text)
  return (quoted(text:gsub("[%[%]:\\]", "\\%0")))
end


local function zsh_list(named)
  local words = {}
  for i, each in ipairs(named) do words[i] = ('%s\\:"%s"'):format(each.name, (zsh_words(each.summary):gsub('["`$]', "\\%0"))) end
  return table.concat(words, " ")
end

function shells.zsh()
  local ways = { words = "(%s)", file = "_files", folder = "_files -/", any = "" }
  local out = { "#compdef qwen", "# zsh completion for qwen; made by docs/gen/complete.lua", "local state ret=1", "_arguments -s \\" }
  for _, flag in ipairs(all) do
    local tail = ("[%s]"):format(zsh_words(flag.text))
    if flag.value then tail = tail .. (flag.optional and "::" or ":") .. flag.value .. ":" .. value_of(flag, ways) end
    local star = flag.list and "*" or ""
    out[#out + 1] = ("  '%s--%s%s%s' \\"):format(star, flag.long, flag.value and "=" or "", tail)
    if flag.short then out[#out + 1] = ("  '%s-%s%s%s' \\"):format(star, flag.short, flag.value and "+" or "", tail) end
  end
  out[#out + 1] = ("  '1:command:((%s))' \\"):format(zsh_list(commands))
  out[#out + 1] = "  '2: :->second' '*:file:_files' && ret=0"
  out[#out + 1] = "if [[ $state = second ]]; then\n  case $words[CURRENT-1] in"
  for _, command in ipairs(commands) do
    if command.subs[1] then out[#out + 1] = ("    %s) _alternative 'sub:sub-command:((%s))' && ret=0 ;;"):format(command.name, zsh_list(command.subs)) end
  end
  out[#out + 1] = "    *) _files && ret=0 ;;\n  esac\nfi\nreturn ret"
  return table.concat(out, "\n") .. "\n"
end

function shells.fish()
  local ways = { words = " -x -a '%s'", file = " -r -F", folder = " -x -a '(__fish_complete_directories)'", any = " -x" }
  local out = { "# fish completion for qwen; made by docs/gen/complete.lua" }
  for _, flag in ipairs(all) do
    local value = flag.value and not flag.optional and value_of(flag, ways) or ""
    out[#out + 1] = ("complete -c qwen -l %s%s%s -d '%s'"):format(flag.long, flag.short and " -s " .. flag.short or "", value, quoted(flag.text))
  end
  for _, command in ipairs(commands) do
    out[#out + 1] = ("complete -c qwen -n __fish_use_subcommand -a %s -d '%s'"):format(command.name, quoted(command.summary))
    for _, sub in ipairs(command.subs) do
      out[#out + 1] = ("complete -c qwen -n 'test (count (commandline -opc)) = 2; and __fish_seen_subcommand_from %s' -f -a %s -d '%s'")
        :format(command.name, sub.name, quoted(sub.summary))
    end
  end
  return table.concat(out, "\n") .. "\n"
end

local _, shell = ...
local make = shells[shell]
if not make then error("usage: complete.lua bash|zsh|fish", 0) end
io.write(make())
