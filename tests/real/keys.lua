-- Where a key and a prompt go: every line of keys.jsonl and connections.jsonl is a folder, a home and an environment as people have them,
-- run behind a proxy that stands for the rest of the world. Each says what its own servers and the world see; what it does not name
-- they do not see, and the world never sees a key. "bare": the variables of the proxy are the case's own.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local worlds = dofile "tests/fake/world.lua"
local fs, json = require "sys.fs", require "sys.json"

local world <close> = worlds.start()

-- The texts of a case with the addresses of its servers.
local function filled(value, servers)
  if type(value) == "string" then
    return (value:gsub("@(%u+)@", function(name)
      if name == "WORLD" then return world.url end
      if name == "PORT" then return servers.LOCAL.url:match ":(%d+)" end
      return (servers[name].url:gsub("/v1$", ""))
    end))
  end
  if type(value) ~= "table" then return value end
  local out = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do out[key] = filled(item, servers) end
  return out
end

local function place_of(case, servers)
  local files, trusted = {}, false
  for path, value in pairs(filled(case.files or {}, servers)) do
    files[path] = type(value) == "table" and json.encode(value) or value
    trusted = trusted or path:sub(1, 2) ~= "~/"
  end
  return program.place(files), trusted and case.trust ~= false
end

-- What a server was asked: the model, and the key as it came.
local function seen(server)
  local out, paths, bodies = {}, {}, {}
  for i, request in ipairs(server and server:requests() or {}) do
    local head = request.headers
    local body = type(request.body) == "table" and request.body or {}
    out[i] = { body.model or "-", head.authorization or head["x-api-key"] or head["x-goog-api-key"] or json.null }
    paths[i], bodies[i] = request.path, json.encode(request)
  end
  return json.array(out), table.concat(paths, "\n"), table.concat(bodies, "\n")
end

-- The servers that a case names.
local function servers_of(case, line)
  local out = {}
  if line:find("@LOCAL@", 1, true) or line:find("@PORT@", 1, true) then out.LOCAL = fake.start(case.script or { { text = "ok", times = 0 } }) end
  if line:find("@OTHER@", 1, true) then out.OTHER = fake.start(case.other or { { text = "from the other", times = 0 } }) end
  return setmetatable(out, { __close = function()
    for _, server in pairs(out) do server:close() end
  end })
end

local function run(case, line)
  local servers <close> = servers_of(case, line)
  local place, trusted = place_of(case, servers)
  local argv = trusted and { "--trust-folder" } or {}
  for word in filled(case.args or "hi", servers):gmatch "%S+" do argv[#argv + 1] = word end
  local env = filled(case.env or {}, servers)
  local r = case.bare and program.run(place, argv, { env = env }) or world:run(place, argv, { env = env })
  local want, name = case.want, case.name
  local asked, paths, all = seen(servers.LOCAL)
  t.eq(json.encode(asked), json.encode(json.array(want["local"] or {})), name .. ": its server")
  t.eq(json.encode((seen(servers.OTHER))), json.encode(json.array(want.other or {})), name .. ": the other server")
  t.eq(world:news(), filled(want.world or {}, servers), name .. ": the rest of the world")
  t.ok(not world:text():find "sk%-", name .. ": no key is seen by the world")
  if not t.eq(r.code, want.code, name .. ": the exit code") then io.write(r.out, r.err) end
  if want.err then t.match(r.err, want.err, name .. ": what is said") end
  if want.out then t.match(r.out, want.out, name .. ": what is printed") end
  if want.hidden then t.ok(not (r.out .. r.err):find(want.hidden), name .. ": hidden") end
  if want.unsaid then t.ok(not r.err:find(want.unsaid), name .. ": not said") end
  if want.path then t.match(paths, want.path, name .. ": the protocol") end
  if want.without then t.ok(not all:find(want.without, 1, true), name .. ": nothing of " .. want.without) end
end

for table_name, least in pairs { keys = 100, connections = 30 } do
  local count = 0
  for line in assert(fs.read("tests/real/" .. table_name .. ".jsonl")):gmatch "[^\n]+" do
    run(assert(json.decode(line)), line)
    count = count + 1
  end
  t.ok(count > least, "the cases of " .. table_name .. " are read")
end

-- The proxy itself sees what goes out: a control without which the silence above would prove nothing.
program.run(program.place(), { "-m", "m", "hi" }, { env = world:env { OPENAI_API_KEY = "k", OPENAI_BASE_URL = "https://x.example/v1" } })
t.eq(world:news(), { "x.example:443" }, "the world is seen when it is asked")
t.done()
