-- Prints the man page from the table of flags and the commands. Run by the build: qwen lua docs/gen/man.lua
local flags = require "qwen.config.flags"

-- Text for roff: no line may begin as a request, a dash is a dash that can be copied.
local function roff(text)
  return (text:gsub("\\", "\\e"):gsub("-", "\\-"):gsub("^([.'])", "\\&%1"))
end

local out = {}
local function put(...)
  for _, line in ipairs { ... } do out[#out + 1] = line end
end

put('.\\" Made by docs/gen/man.lua from lua/qwen/config/flags.lua and commands/.',
  ('.TH QWEN 1 "" "qwen %s" "User Commands"'):format(qwen.version),
  ".SH NAME", "qwen \\- a coding assistant in the terminal",
  ".SH SYNOPSIS", ".B qwen", "[\\fIFLAGS\\fR] [\\fIPROMPT\\fR]", ".br", ".B qwen", "\\fICOMMAND\\fR [\\fIARGS\\fR]",
  ".SH DESCRIPTION",
  "Without a prompt, a session starts at the terminal. With one, as an argument, after \\fB\\-p\\fR or on standard input, it is answered",
  "with the help of tools that read, search and change the files of the current folder and run commands in it; then the program ends.",
  "Without a person to ask, what would need permission is refused, with the name of the flag that allows it.")

put ".SH COMMANDS"
for _, entry in ipairs(qwen.x.registry.list "commands") do
  local command = qwen.x.registry.get("commands", entry.name)
  if command and command.shell then
    put(".TP", ("\\fB%s\\fR %s"):format(entry.name, roff(command.args or "")), roff(command.summary))
  end
end

put ".SH FLAGS"
for _, group in ipairs(flags) do
  put(('.SS "%s"'):format((group.group:gsub(":$", ""))))
  for _, flag in ipairs(group) do
    local names = (flag.short and ("\\fB\\-%s\\fR, "):format(flag.short) or "") .. "\\fB" .. roff("--" .. flag.long) .. "\\fR"
    local value = flag.value and (flag.optional and " [\\fI%s\\fR]" or " \\fI%s\\fR"):format(flag.value) or ""
    put(".TP", names .. value, roff(flag.text))
  end
end

put ".SH FILES"
for _, file in ipairs {
  { "~/.qwen/settings.json", "settings of the person; a trusted folder's own are in .qwen/settings.json" },
  { "~/.qwen/{commands,providers,auth,tools,hooks}/", "Lua files that replace shipped ones of the same name, or add to them" },
  { "~/.qwen/init.lua", "runs at each start" },
  { "~/.qwen/projects/", "sessions, one folder per project" },
} do
  put(".TP", ".I " .. roff(file[1]), roff(file[2]))
end

put ".SH EXIT STATUS"
for _, row in ipairs {
  { "0", "success" }, { "1", "a failure, or an answer that does not fit --json-schema" },
  { "2", "wrong usage, or a limit that cannot be kept" }, { "44", "the sandbox cannot be used" }, { "52", "the settings cannot be read" },
  { "53", "the limit of turns is reached" }, { "55", "another limit of the run is reached" }, { "56", "the model went in a circle" },
  { "70", "a bug of this program" }, { "129, 130, 131, 143", "ended by SIGHUP, Ctrl-C, SIGQUIT, SIGTERM" },
} do
  put(".TP", ".B " .. row[1], roff(row[2]))
end
print(table.concat(out, "\n"))
