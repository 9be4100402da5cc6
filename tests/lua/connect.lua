-- Connections as the service sees them: one is opened while the person types, and it serves all turns.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local os, proc, task = require "sys.os", require "sys.proc", require "sys.task"

-- The server plays the proxy of a service elsewhere: a connection to this machine itself is not worth opening ahead.
do
  local place = program.place()
  local server <close> = fake.start { { calls = { { name = "glob", arguments = { pattern = "*" } } } }, { text = "first answer" }, { text = "second answer" } }
  local argv = { program.binary, "--proxy", server.url:gsub("/v1$", ""), "--openai-base-url", "http://model.lan/v1", "-m", "m" }
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = "xterm-256color" }
  local p <close> = assert(proc.open { argv = argv, cwd = place.cwd, env = env, pty = { rows = 24, cols = 80 } })
  local screen = ""
  task.spawn(function()
    for text in function() return (p:read()) end do screen = screen .. text end
  end)
  local function until_true(fn) t.ok(wait.until_true(fn)) end
  until_true(function() return screen:find ">" end)
  t.eq(#server:requests(), 0, "nothing is opened before a key is pressed")
  p:write "h"
  until_true(function() return #server:requests() == 1 end)
  p:write "ello\r"
  until_true(function() return screen:find "first answer" end)
  p:write "again\r"
  until_true(function() return screen:find "second answer" end)
  local methods, connections, count = {}, {}, 0
  for i, request in ipairs(server:requests()) do
    methods[i] = request.method
    if not connections[request.connection] then count = count + 1 end
    connections[request.connection] = true
  end
  t.eq(methods, { "HEAD", "POST", "POST", "POST" }, "opened by the first key, once")
  t.eq(count, 1, "one connection for everything")
end

-- Without a person, too.
do
  local place = program.place()
  -- Of a known length: the end of an answer comes with its last byte, and not some time after it.
  local script = {}
  for i = 1, 5 do
    script[i] = { calls = { { name = "glob", arguments = { pattern = "*" } } }, framing = "length" }
  end
  script[6] = { text = "done", framing = "length" }
  local server <close> = fake.start(script)
  t.eq(program.run(place, { "--openai-base-url", server.url, "-m", "m", "hi" }).out, "done\n", "six requests")
  local first
  for _, request in ipairs(server:requests()) do
    first = first or request.connection
    t.eq(request.connection, first, "on one connection")
  end
end

t.done()
