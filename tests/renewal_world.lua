-- What processes that renew a sign-in share, for tests/lua/renew_states.lua: files, locks, a store
-- and a token service, each operation a step of tests/explore.lua, and what may never happen to it.
local err = require "qwen.util.err"
local json = require "sys.json"
local secret = require "sys.secret"
local sys = require "sys.os"

local NAME, ORIGIN, NOW, INDEX = "one", "https://token.example", 1000, "/h/credentials.json"

-- Tokens by their number: the access and the refresh token of one answer of the service have the
-- same.
local numbers, made = {}, {}
local function token(kind, n)
  local text = ("%s-%d-0123456789abcdef"):format(kind, n)
  made[text] = made[text] or assert(secret.new(NAME, text, { ORIGIN }))
  numbers[made[text]:hmac("sha256", "x")] = n
  return made[text]
end

local function number_of(value) return numbers[value:hmac("sha256", "x")] end

local function pair(n, expires)
  return { secret = token("at", n), refresh = token("rt", n), expires = expires,
    origins = { ORIGIN }, fields = {} }
end

local function wrong(...) error(string.format(...), 0) end

local function no_room() return nil, err("limit", "no room", { code = "ENOSPC" }) end

-- What the processes share, and what may never happen to it.
local function shared(step, running)
  local w = { files = {}, locks = {}, serial = 1, live = { [1] = true }, family = { [1] = 1 },
    sender = {}, excused = {}, pending = {}, dead = {}, acts_for_user = {}, got = {}, failed = {} }
  local entry = { backend = "vault", origins = { ORIGIN }, changed = 0, expires = 0,
    version = "v0" }
  w.files[INDEX] = json.encode { version = 1, credentials = { [NAME] = entry } }
  w.stored = { n = 1, expires = 0 }

  function w.lock(path, seconds)
    local taken = step("lock " .. path, function()
      if w.locks[path] then return "held" end
      w.locks[path] = running()
      return "", true
    end, { ready = function() return seconds == 0 or not w.locks[path] end })
    return taken and setmetatable({}, { __close = function() w.locks[path] = nil end })
  end

  function w.put(record)
    local n, me = number_of(record.refresh), running()
    return step("store pair " .. n, function(way)
      if way then
        w.failed[me] = true
        if w.pending[me] then w.excused[w.pending[me]] = true end
        return way, no_room()
      end
      local before = w.stored
      if not w.acts_for_user[me] then
        if w.signed_out then wrong("pair %d was stored after the sign-out", n) end
        local newer = before and (w.family[before.n] ~= w.family[n] or before.n > n)
        if newer and not (w.dead[before.by] or w.failed[before.by]) then
          wrong("pair %d was overwritten by %d", before.n, n)
        end
      end
      w.stored = { n = n, expires = record.expires, by = w.acts_for_user[me] and me }
      w.pending[me] = nil
      return "", true
    end, { ways = { "full" } })
  end

  function w.get()
    return step("read the store", function()
      if not w.stored then return "none", nil, err("missing", "not there") end
      return w.stored.n, pair(w.stored.n, w.stored.expires)
    end)
  end

  function w.remove()
    return step("remove from the store", function()
      local n, me = w.stored and w.stored.n, running()
      w.leaving = w.leaving or w.acts_for_user[me]
      if not w.acts_for_user[me] and n and w.live[n] then
        wrong("the good pair %d was removed", n)
      end
      w.stored = nil
      return "", true
    end)
  end

  -- The service: a refresh token is good once. Its answer may be lost on the way.
  function w.ask(_, _, pieces)
    local n
    for _, piece in ipairs(pieces) do
      if type(piece) == "userdata" then n = number_of(piece) end
    end
    local answer = step("send token " .. n, function()
      local me = running()
      if w.sender[n] and not w.excused[n] then wrong("token %d was sent twice", n) end
      if not w.live[n] then return "refused", { error = "invalid_grant" } end
      local serial = w.serial + 1
      w.live[n], w.sender[n], w.pending[me] = nil, me, n
      w.serial, w.live[serial], w.family[serial] = serial, true, w.family[n]
      return serial, { expires_in = 3600,
        access_token = token("at", serial), refresh_token = token("rt", serial) }
    end)
    return step("take the answer", function(way)
      local me = running()
      if not way then return "", answer, nil, answer.error and 400 or 200 end
      w.failed[me] = true
      if w.pending[me] then w.excused[w.pending[me]] = true end
      return way, nil, err("network", "connection reset")
    end, { ways = { "lost" } })
  end

  function w.sign_in()
    return step("sign in", function()
      w.serial = w.serial + 1
      w.live[w.serial], w.family[w.serial] = true, w.serial
      return w.serial, pair(w.serial, NOW + 3600)
    end)
  end

  function w.died(i)
    w.dead[i] = true
    if w.pending[i] then w.excused[w.pending[i]] = true end
    for path, holder in pairs(w.locks) do
      if holder == i then w.locks[path] = nil end
    end
  end

  -- Order does not matter, and neither does which of two processes that saw the same it was.
  function w.state(names)
    local parts = { "serial " .. w.serial, "store " .. (w.stored and w.stored.n or 0),
      "out " .. tostring(w.signed_out) .. tostring(w.leaving) }
    if w.stored and w.stored.by then parts[#parts + 1] = "by " .. names[w.stored.by] end
    for path, text in pairs(w.files) do parts[#parts + 1] = path .. text end
    for path, holder in pairs(w.locks) do parts[#parts + 1] = path .. names[holder] end
    for n in pairs(w.live) do parts[#parts + 1] = "live " .. n end
    for n in pairs(w.excused) do parts[#parts + 1] = "excused " .. n end
    for n, family in pairs(w.family) do parts[#parts + 1] = ("family %d %d"):format(n, family) end
    for i, n in pairs(w.pending) do parts[#parts + 1] = ("pending %d %s"):format(n, names[i]) end
    for i in pairs(w.failed) do parts[#parts + 1] = "failed " .. names[i] end
    table.sort(parts)
    return table.concat(parts, "\0")
  end
  return w
end

-- What a process finds under the names of modules: the world for what it shares with others.
local function doubles(w, step, running)
  local versions = 0
  local files = { lock = w.lock, mkdir = function() return true end }
  function files.read(path)
    return step("read " .. path, function() return w.files[path], w.files[path] end)
  end
  function files.write(path, text)
    return step("write " .. path, function(way)
      if way then
        w.failed[running()] = true
        return way, no_room()
      end
      w.files[path] = text
      return "", true
    end, { ways = { "full" } })
  end
  local function join(fn, ...)
    local args = table.pack(...)
    return { join = function() return true, fn(table.unpack(args, 1, args.n)) end }
  end
  local function uuid() -- no two the same, and the same for processes that saw the same
    versions = versions + 1
    return sys.sha256(w.digest(running()) .. versions):sub(1, 16)
  end
  local function same(value) return value end
  local function now() return NOW end
  return {
    ["sys.fs"] = files,
    ["sys.task"] = { time = now, now = now, spawn = join },
    ["sys.os"] = { uuid = uuid },
    ["qwen.util.paths"] = { qwen_home = function() return "/h" end, short = same },
    ["qwen.credential.stores"] = { names = { "vault" }, check_name = same,
      choose = function() return "vault" end,
      origins_of = function(value) return value.origins end,
      get = function() return w.get() end,
      put = function(_, _, record) return w.put(record) end,
      remove = function() return w.remove() end },
    ["qwen.credential.qwen_token_file"] = { NAME = "qwen-oauth", stat = function() end,
      lock = function() end },
    ["qwen.credential.passphrase"] = { opening = same, offer = function() return true end },
  }
end

return { shared = shared, doubles = doubles, number_of = number_of, wrong = wrong,
  NAME = NAME, ORIGIN = ORIGIN }
