-- Token renewal in every interleaving of processes that share a sign-in, with kills, lost answers
-- and full disks: the real modules in the world of tests/renewal_world.lua. With a line of the
-- source changed, the same must find what is wrong.
local t = dofile "tests/check.lua"
local explore = dofile("tests/explore.lua").explore
local world = dofile "tests/renewal_world.lua"
local fs = require "sys.fs"
local sys = require "sys.os"

local REAL = { "credential.index", "credential.renewal", "credential.credentials",
  "auth.oauth_token", "auth.oauth" }
local wrong = world.wrong

-- The source of a module, with the change of a case in it.
local function source(module, change)
  local text = assert(fs.read("lua/qwen/" .. module:gsub("%.", "/") .. ".lua"))
  if not change or change.module ~= module then return text end
  local from, to = text:find(change.text, 1, true)
  assert(from, "the source is another now: " .. change.text)
  return text:sub(1, from - 1) .. change.by .. text:sub(to + 1)
end

-- The modules of one process: read once, and run anew for each way through.
local function loader(change)
  local here, chunks = {}, {}
  local function find(name) return here[name] or require(name) end
  local env = setmetatable({ require = find }, { __index = _G })
  for _, module in ipairs(REAL) do
    chunks[module] = assert(load(source(module, change), "=" .. module, "t", env))
  end
  return function(found, ask)
    here = found
    for _, module in ipairs(REAL) do here["qwen." .. module] = chunks[module]() end
    here["qwen.auth.oauth_token"].ask = ask
    return here["qwen.auth.oauth"], here["qwen.credential.credentials"]
  end
end

-- What a process does, once or several times. Each uses what it got, and is refused by the service
-- where the test says so.
local acts = {}

function acts.renew(w, i, oauth, _, refused)
  local method = { name = world.NAME, title = "One", token_url = world.ORIGIN, client_id = "c",
    ctx = {} }
  local record, e = oauth.credential(method, refused)
  w.got[i] = record and world.number_of(record.secret) or e
end

function acts.renew_twice(w, i, oauth)
  acts.renew(w, i, oauth)
  acts.renew(w, i, oauth, nil, true)
end

function acts.sign_in(w, i, _, credentials)
  w.acts_for_user[i] = true
  local ok, e = credentials.put(world.NAME, w.sign_in())
  if ok then w.signed_out = nil end
  if not ok and not w.failed[i] then wrong("the sign-in was not stored: %s", e) end
end

function acts.sign_out(w, i, _, credentials)
  w.acts_for_user[i] = true
  local ok, e = credentials.remove(world.NAME)
  local out = ok or e.kind == "missing"
  if out then w.signed_out = true end
  if not out and not w.failed[i] then wrong("not signed out: %s", e) end
end

-- After all: what is there must be readable and good, and where it was lost for a reason, signing
-- in again must do.
local function last(w, i, oauth, credentials)
  local excused = next(w.excused) or next(w.failed)
  acts.renew(w, i, oauth, nil, true)
  if type(w.got[i]) == "number" then
    local good = w.stored.n == w.got[i] and w.live[w.got[i]]
    if not good then wrong("pair %d is of no use", w.got[i]) end
    return
  end
  if not (excused or w.leaving) then wrong("the sign-in was lost: %s", w.got[i]) end
  local kind = w.got[i].kind
  if kind ~= "auth" and kind ~= "missing" then wrong("the store is unusable: %s", w.got[i]) end
  acts.sign_in(w, i, nil, credentials)
  acts.renew(w, i, oauth)
  if type(w.got[i]) ~= "number" then wrong("signing in again does not do: %s", w.got[i]) end
end

local function model(roles, change)
  local loaders = {}
  for i = 1, #roles + 1 do loaders[i] = loader(change) end
  return function(step, running, digest)
    local w = world.shared(step, running)
    w.digest = digest
    local function process(i, act)
      return function()
        local oauth, credentials = loaders[i](world.doubles(w, step, running), w.ask)
        act(w, i, oauth, credentials)
      end
    end
    local out = { roles = roles, state = w.state, last = process(#roles + 1, last) }
    for i, role in ipairs(roles) do out[i] = process(i, acts[role]) end
    out.died = w.died
    function out.finish()
      local asked = w.serial - 2 -- without that of the last one
      if roles.asked and asked > roles.asked then wrong("%d renewals", asked) end
      for i, role in ipairs(roles) do
        local whole = not (next(w.excused) or w.failed[i] or w.dead[i] or w.leaving)
        if whole and role:find "^renew" and type(w.got[i]) ~= "number" then
          wrong("process %d has no token: %s", i, w.got[i])
        end
      end
    end
    return out
  end
end

local LONG = sys.env "QWEN_LONG" ~= nil
local total = 0

local function words(case)
  local out = {}
  for _, fault in ipairs { "kill", "lost", "full" } do
    if case[fault] then out[#out + 1] = ("%d %s"):format(case[fault], fault) end
  end
  return table.concat(case, ", ") .. (#out > 0 and "; " .. table.concat(out, ", ") or "")
end

local function run(case, change)
  local budget = { kill = case.kill or 0, lost = case.lost or 0, full = case.full or 0 }
  local found = explore(model(case, change), budget)
  total = total + found.states
  return found
end

local cases = {
  { "renew", "renew", "renew", asked = 1 },
  { "renew", "renew", "renew", kill = 1 },
  { "renew", "renew", "renew", lost = 1 },
  { "renew", "renew", full = 1 },
  { "renew_twice", "renew_twice" },
  { "renew_twice", "renew", kill = 1 },
  { "renew_twice", "renew", full = 1 },
  { "renew", "sign_in", kill = 1 },
  { "renew", "renew", "sign_in" },
  { "renew", "sign_out", kill = 1 },
  { "renew", "renew", "sign_out" },
  { "renew", "sign_in", "sign_out" },
  { "renew", "renew", "sign_in", lost = 1 },
}
if LONG then -- every three, with each fault
  local ROLES = { "renew", "sign_in", "sign_out", "renew_twice" }
  for a = 1, 3 do
    for b = a, 3 do
      for c = b, 4 do
        for _, fault in ipairs { "kill", "lost", "full" } do
          cases[#cases + 1] = { ROLES[a], ROLES[b], ROLES[c], [fault] = 1 }
        end
      end
    end
  end
  cases[#cases + 1] = { "renew", "renew", "renew", kill = 2, lost = 1 }
end

for _, case in ipairs(cases) do
  local found = run(case)
  io.write(("%s: %d states, %d ends\n"):format(words(case), found.states, found.ends))
  io.stdout:flush()
  t.eq(found.wrong and found.wrong:match "^[^\n]*", nil, words(case))
  if found.wrong then io.write(found.wrong, "\n") end
end
io.write(("%d states of renewal\n"):format(total))

-- The checker can fail: each of these changes of the source is found.
local take_lock = "local lock <close>, problem = fs.lock(lock_path(path, name), RENEW + ANSWER)"
local compare = "if own.version(name, entries) == version then return entries end"
local any = "if entries then return entries end"
for _, case in ipairs {
  { "renew", "renew", wrong = "sent twice", text = take_lock, by = "local lock, problem = true" },
  { "renew", "renew", asked = 1, wrong = "2 renewals", by = "",
    text = "if known and seen[name] ~= known then return record end" },
  { "renew", "sign_in", wrong = "was overwritten", text = compare, by = any },
  { "renew", "sign_out", wrong = "after the sign%-out", text = compare, by = any },
  { "renew", "renew", "sign_in", lost = 1, wrong = "was removed",
    text = "own.remove(name, known)", by = "own.remove(name)" },
  { "renew", wrong = "sent twice", text = "ok, e = own.put_locked(name, whole)",
    by = "ok, e = true, nil" },
} do
  local found = run(case, { module = "credential.renewal", text = case.text, by = case.by })
  t.match(found.wrong, case.wrong, case.text)
end
t.done()
