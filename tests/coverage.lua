-- Prints which part of the lines and functions of src/ (by gcov) and lua/ (by tests/coverage.c) ran in the build "coverage", and the files
-- with the most lines that did not. tests/coverage runs it.
local embed, fs, json = require "sys.embed", require "sys.fs", require "sys.json"
local run = require("qwen.util.process").run

local BUILD, LINES, WORST = "build/coverage", 2048, 12

local function new() return { lines = 0, ran = 0, functions = 0, called = 0 } end
local totals, files = { C = new(), Lua = new() }, {}

local function add(language, path, lines, functions)
  local file = new()
  for _, count in pairs(lines) do
    file.lines, file.ran = file.lines + 1, file.ran + (count > 0 and 1 or 0)
  end
  for _, count in pairs(functions) do
    file.functions, file.called = file.functions + 1, file.called + (count > 0 and 1 or 0)
  end
  for name, n in pairs(file) do totals[language][name] = totals[language][name] + n end
  file.path = path
  files[#files + 1] = file
end

local function read_c()
  local found = assert(run { argv = { "find", BUILD, "-path", "*/src/*", "-name", "*.gcda" } })
  local lines, functions = {}, {}
  for path in found.out:gmatch "[^\n]+" do
    local r = assert(run { argv = { "gcov", "--json-format", "--stdout", path }, limit = 64 * 1024 * 1024 })
    for line in r.out:gmatch "[^\n]+" do
      for _, file in ipairs((json.decode(line) or {}).files or {}) do
        local name = file.file:match "src/.*$"
        if name and not file.file:find "^/usr" then
          lines[name], functions[name] = lines[name] or {}, functions[name] or {}
          for _, one in ipairs(file.lines) do lines[name][one.line_number] = math.max(lines[name][one.line_number] or 0, one.count) end
          for _, one in ipairs(file["functions"]) do functions[name][one.name] = math.max(functions[name][one.name] or 0, one.execution_count) end
        end
      end
    end
  end
  for name, counts in pairs(lines) do add("C", name, counts, functions[name]) end
end

-- Lines that have code, and those of each function, as the compiler lists them. Not of what is data, or runs in Redis.
local function read_lua()
  local ran = assert(fs.read(BUILD .. "/lua.lines"))
  for i, name in ipairs(embed.names()) do
    local listing = assert(run { argv = { "luac5.4", "-l", "-p", name }, limit = 64 * 1024 * 1024 }).out
    local lines, functions, inside = {}, {}, nil
    for text in listing:gmatch "[^\n]+" do
      inside = text:match "^function <[^:]*:(%S+)>" or not text:find "^main " and inside or nil
      local line = math.tointeger(tonumber(text:match "^\t%d+\t%[(%d+)%]"))
      if line and line < LINES then
        local at = (i - 1) * LINES + line + 1
        lines[line] = ran:byte(at)
        if inside then functions[inside] = math.max(functions[inside] or 0, lines[line]) end
      end
    end
    if not (name:find "^lua/meta/" or name:find "^lua/languages/" or name:find "redis_limiter_script") then add("Lua", name, lines, functions) end
  end
end

local function part(of, all) return ("%.1f %% of %d"):format(100 * of / math.max(all, 1), all) end

read_c()
read_lua()
table.sort(files, function(a, b) return a.lines - a.ran > b.lines - b.ran end)
for i = 1, math.min(WORST, #files) do print(("%5d lines not run  %s"):format(files[i].lines - files[i].ran, files[i].path)) end
for _, language in ipairs { "C", "Lua" } do
  local n = totals[language]
  print(("%s: lines %s, functions %s"):format(language, part(n.ran, n.lines), part(n.called, n.functions)))
end
