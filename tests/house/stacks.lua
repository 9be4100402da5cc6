-- The Lua stack in C: a loop that leaves values on it, and a move of a counted number of values, are only in functions that reserve the
-- room first. Each loop and each lua_xmove of src/ is looked at; what a loop pushes it takes away again in its own body.
local t = dofile "tests/check.lua"
local fs = require "sys.fs"

-- Calls that leave one value more, and calls that take one away.
local push = { "lua_push%w+", "lua_raw[gl]%w+", "lua_getfield", "lua_getglobal", "lua_geti", "lua_getiuservalue", "lua_gettable", "lua_newtable", "lua_createtable", "lua_newuserdatauv",
  "luaL_tolstring", "bind_new", "push_%w+" }
local take = { "lua_pop", "lua_rawset%w*", "lua_setfield", "lua_settable", "lua_seti%w*", "lua_settop", "lua_replace", "luaL_addvalue", "lua_call", "lua_pcall", "lua_xmove",
  "set_field", "lua_next", "return", "luaL_error", "luaL_argerror" }

local function any(text, names)
  for _, name in ipairs(names) do
    if text:find("%f[%w_]" .. name .. "%f[^%w_]") then return true end
  end
  return false
end

-- The body of the loop whose head's parenthesis opens at `at`.
local function body(text, at)
  local head = text:match("^%b()", at)
  local from = at + #head
  return head .. (text:match("^%s*(%b{})", from) or text:match("^[^;]*;", from) or "")
end

-- Who reserves for whom.
local elsewhere = { ["src/bind/db.c: run"] = "l_db_run reserves: the lock is held here, and nothing may be raised" }

local loops, moves, reserves = 0, 0, 0
local function check(path, name, code)
  local reserved = elsewhere[path .. ": " .. name] or code:find "lua_checkstack" or code:find "luaL_checkstack"
  if reserved then reserves = reserves + 1 end
  for at in code:gmatch "%f[%w_][fw][oh][ri]l?e? ()%(" do
    local loop = body(code, at)
    loops = loops + 1
    t.ok(not any(loop, push) or any(loop, take) or reserved, ("%s: %s leaves values of a loop on the stack"):format(path, name))
  end
  for count in code:gmatch "lua_xmove%([^,()]+, [^,()]+, ([^()]+)%)" do
    moves = moves + 1
    t.ok(count == "1" or reserved, ("%s: %s moves '%s' values and reserves no room"):format(path, name, count))
  end
end

for _, folder in ipairs { "src/bind", "src" } do
  for _, entry in ipairs(assert(fs.list(folder))) do
    if entry.name:find "%.c$" then
      local path = folder .. "/" .. entry.name
      local text = assert(fs.read(path)):gsub("/%*.-%*/", "")
      for name, code in text:gmatch "\n[%w_ *]-([%w_]+)%([^\n;]*%) (%b{})" do check(path, name, code) end
    end
  end
end
t.ok(loops > 60 and moves > 5 and reserves > 4, ("what it reads is there: %d loops, %d moves, %d reserves"):format(loops, moves, reserves))
t.done()
