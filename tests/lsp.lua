-- Plays calls of a model in a trusted project with a real language server, for tests/lua/lsp_*.lua.
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local M = {}

---A trusted project with these files.
---@param files table<string, string>
---@param servers table? lsp.servers
---@return table place
function M.place(files, servers)
  local place = program.place(files)
  assert(fs.mkdir(place.home .. "/.qwen"))
  assert(fs.write(place.home .. "/.qwen/settings.json", json.encode { lsp = { servers = servers } }))
  assert(fs.write(place.home .. "/.qwen/trustedFolders.json", json.encode { [place.cwd] = "TRUST_FOLDER" }))
  return place
end

---Plays calls, one a turn.
---@param place table `path`: the PATH of the run, where it is another
---@param calls {name: string, arguments: table}[]
---@return string[] results what the model got
---@return table run
---@return table[] requests
function M.play(place, calls, ...)
  local answers, out, first = {}, {}, {}
  for _, one in ipairs(calls) do -- files that are edited are read before, in one turn
    local path = one.name == "edit" and one.arguments.file_path
    if path and not first[path] then
      first[path], first[#first + 1] = true, { name = "read_file", arguments = { file_path = path } }
    end
  end
  local read = #first
  if read > 0 then answers[1] = { calls = table.move(first, 1, read, 1, {}) } end
  for _, one in ipairs(calls) do answers[#answers + 1] = { calls = { one } } end
  answers[#answers + 1] = { text = "done" }
  local server <close> = fake.start(answers)
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "-p", "go",
    table.unpack(... and { ... } or { "-y" }) },
    { env = { OPENAI_API_KEY = "sk-of-ours-0123456789", PATH = place.path } })
  local asked = server:requests()
  for _, m in ipairs(asked[1] and asked[#asked].body.messages or {}) do
    if m.role == "tool" then out[#out + 1] = type(m.content) == "string" and m.content or json.encode(m.content) end
  end
  return table.move(out, read + 1, #out, 1, {}), r, asked
end

function M.call(name, args) return { name = name, arguments = args } end

---@param place table
---@param file string
---@param from string
---@param to string
function M.edit(place, file, from, to)
  return M.call("edit", { file_path = place.cwd .. "/" .. file, old_string = from, new_string = to })
end

---@param operation string
---@param more table?
function M.ask(operation, more)
  local args = { operation = operation }
  for name, value in pairs(more or {}) do args[name] = value end
  return M.call("lsp", args)
end

return M
