-- Every block of code in the pages for people is run: Lua is saved under the name above it and must load, shell lines must succeed, JSON must be JSON.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"
local proc = require "qwen.util.process"

local function blocks(page, from)
  local out, path, kind, code = {}, nil, nil, nil
  local text = assert(fs.read(page))
  for line in text:sub(from and assert(text:find(from, 1, true)) or 1):gmatch "([^\n]*)\n" do
    if code and line == "```" then
      out[#out + 1] = { kind = kind, path = path, code = table.concat(code, "\n") .. "\n" }
      path, code = nil, nil
    elseif code then
      code[#code + 1] = line
    elseif line:find "^```" then
      kind, code = line:match "^```(%w*)", {}
    else
      path = not line:find "^#" and (line:match "`(~/%.qwen/[^`]+%.lua)`" or path) or nil
    end
  end
  return out
end

-- docs/cookbook.md and docs/providers.md have tests of their own. Before its "Extend", README.md builds the program and asks a model.
local pages = { { "docs/tutorial.md", tests = true }, { "docs/extending.md", tests = true }, { "docs/mcp.md" }, { "docs/language-servers.md" },
  { "docs/limits.md" }, { "docs/security.md" }, { "docs/web.md" },
  { "docs/headless.md" }, { "docs/packages.md" },
  { "docs/signing-in.md" }, { "README.md", from = "\n## Extend\n" } }
local known = { ["docs/cookbook.md"] = true, ["docs/providers.md"] = true }
for _, row in ipairs(pages) do
  local page = row[1]
  known[page] = true
  local place = program.place()
  assert(fs.mkdir(place.root .. "/bin"))
  assert(proc.run { argv = { "ln", "-s", program.binary, place.root .. "/bin/qwen" } })
  assert(fs.write(place.root .. "/bin/pass", "#!/bin/sh\necho sk-sp-0123456789\n", { mode = 493 })) -- a password manager
  local env = { PATH = place.root .. "/bin:" .. os.getenv "PATH", HOME = place.home, TMPDIR = os.getenv "TMPDIR", LANG = "C.UTF-8", TERM = "dumb" }
  local count = 0
  for _, block in ipairs(blocks(page, row.from)) do
    count = count + 1
    if block.kind == "lua" then
      if t.ok(block.path, page .. ": Lua has a name above it:\n" .. block.code) then
        local full = place.home .. block.path:sub(2)
        assert(fs.mkdir(full:match "^(.*)/"))
        assert(fs.write(full, block.code))
        local r = program.run(place, { "doctor" })
        t.eq(r.out:match "WRONG[^\n]*", nil, page .. ": " .. block.path)
      end
    elseif block.kind == "sh" then
      local r = assert(proc.run { argv = { "/bin/sh", "-e", "-c", block.code }, env = env, cwd = place.cwd, stderr = "stdout" })
      t.eq(r.code, 0, page .. ":\n" .. block.code .. r.out)
    elseif block.kind == "json" then
      t.ok(qwen.json.decode(block.code), page .. ": JSON: " .. block.code)
    elseif block.kind == "markdown" then
      t.ok(require("qwen.util.front_matter").read(block.code).description, page .. ": front matter: " .. block.code)
    else
      t.ok(false, page .. ": a block of " .. block.kind .. " is not run")
    end
  end
  t.ok(count >= 1, page)
  if row.tests then t.eq(program.run(place, { "test" }).code, 0, page .. ": the tests on it pass") end
end

for _, entry in ipairs(fs.list "docs") do
  local page = "docs/" .. entry.name
  if page:find "%.md$" and not known[page] then t.eq(#blocks(page), 0, page .. " has blocks that are not run") end
end

-- What the pages for those who come from elsewhere say that there is here, there is.
local flags = {}
for _, group in ipairs(require "qwen.config.flags") do
  for _, flag in ipairs(group) do
    flags["--" .. flag.long] = true
    if flag.also then flags["--" .. flag.also] = true end
  end
end
local function is_command(name)
  local real = qwen.x.aliases.resolve(name)
  return qwen.x.registry.has("commands", real)
end
for _, from in ipairs { "qwen-code", "claude-code", "codex" } do
  local rows = 0
  for line in assert(fs.read("docs/coming-from-" .. from .. ".md")):gmatch "[^\n]+" do
    local there, here = line:match "^| (.*) | (.*) |$"
    if here then rows = rows + 1 end
    local said = here == "the same" and there or here or ""
    for code in said:gmatch "`([^`]+)`" do
      local name, flag = code:match "^/([%w-]+)", code:match "^%-%-[%w-]+"
      if name then t.ok(is_command(name), from .. ": there is no /" .. name) end
      if flag then t.ok(flags[flag], from .. ": there is no " .. flag) end
      local shell = code:match "^qwen (%a+)"
      if shell then t.ok(is_command(shell), from .. ": there is no qwen " .. shell) end
    end
  end
  t.ok(rows > 15, from .. " has tables")
end

-- docs/walk.md names files that are there.
for path in fs.read("docs/walk.md"):gmatch "`([%w_/%.-]+%.%a+)" do
  local found = path:find "^src/" or path:find "^lua/"
  if found and not path:find "%*" then t.ok(fs.stat(path), "docs/walk.md names " .. path) end
end

t.done()
