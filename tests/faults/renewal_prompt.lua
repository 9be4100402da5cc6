-- At the prompt: a key or a signal while a token that is good once is being renewed. The new one is stored in any case.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local os, proc, task = require "sys.os", require "sys.proc", require "sys.task"

local function pair(n, seconds)
  return { access_token = ("access-token-of-a-test-%d"):format(n), refresh_token = ("refresh-token-of-a-test-%d"):format(n), expires_in = seconds }
end

-- Signs in with a token that must be renewed, asks at the prompt, and acts in the middle of the renewal.
local function during(name, act)
  local chat <close> = fake.start { { text = "hello", times = 0 } }
  local function answer(n, seconds, delay)
    local json = pair(n, seconds)
    json.resource_url = "http://127.0.0.1:" .. chat.port
    return { path = "/token", json = json, delay = delay }
  end
  local identity <close> = fake.start { { path = "/device/code", json = { device_code = "d", user_code = "AB", expires_in = 3600, interval = 1,
    verification_uri_complete = "https://chat.example/?user_code=AB" } }, answer(1, 20), answer(2, 3600, 1.5),
    { path = "/token", times = 0, status = 400, json = { error = "invalid_grant" } } }
  local place = program.place {}
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", TERM = "xterm", LANG = "C.UTF-8", QWEN_OAUTH_HOST = "http://127.0.0.1:" .. identity.port }
  t.eq(program.run(place, { "auth", "qwen-oauth" }, { env = env }).code, 0, name .. ": signed in")
  local child <close> = assert(proc.open { argv = { program.binary }, cwd = place.cwd, env = env, pty = { rows = 30, cols = 100 } })
  local seen, ended = "", false
  task.spawn(function()
    for bytes in function() return (child:read()) end do seen = seen .. bytes end
    ended = true
  end)
  local function asked() return #identity:requests() end
  wait.until_true(function() return ended or seen:find "\27%[%?2004h" end)
  child:write "hi\r"
  wait.until_true(function() return ended or asked() == 3 end)
  t.eq({ ended, asked() }, { false, 3 }, name .. ": it renews")
  act(child, function() return ended end)
  wait.until_true(function() return ended end)
  local r = program.run(place, { "-p", "hi" }, { env = env })
  t.eq({ r.code, r.out }, { 0, "hello\n" }, name .. ": " .. r.err)
  local sent = chat:requests()
  t.eq(sent[#sent].headers.authorization, "Bearer access-token-of-a-test-2", name .. ": the new token was stored")
  t.eq(asked(), 3, name .. ": the spent one is not sent again")
end

local function keys(bytes)
  return function(child, ended)
    child:write(bytes)
    repeat -- until it takes the end
      child:write "\4"
      task.sleep(0.1)
    until ended()
  end
end
during("Ctrl-C", keys "\3")
during("Esc", keys "\27")
during("Ctrl-D", keys "\4")
during("Ctrl-C twice", keys "\3\3")
during("SIGTERM", function(child) child:kill(15) end)
during("SIGHUP", function(child) child:kill(1) end)
during("SIGQUIT", function(child) child:kill(3) end)
t.done()
