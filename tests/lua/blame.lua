-- Mistakes in a person's own Lua: each is theirs, with their file and line, what was expected and what
-- was given, and never an error of ours.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"

-- A slip in the second line of a command, and what is said about it.
local slips = {
  { 'ctx:print("x")', "write ctx.print%(%.%.%.%), not ctx:print%(%.%.%.%)" },
  { 'ctx:notice("x")', "write ctx.notice" },
  { 'ctx.notice {}', "ctx.notice: text must be string, not a table" },
  { 'qwen.proc.run("ls")', "qwen.proc.run: options must be a table %(ProcOptions%), not a string" },
  { 'qwen.proc.run { argv = "ls" }', "qwen.proc.run: argv must be string%[%], not a string" },
  { 'local proc = qwen.proc; proc.run("ls")', "qwen.proc.run: options must be" },
  { 'qwen.text.pad(7, "x")', "qwen.text.pad: width must be integer, not a string" },
  { 'qwen.text.trim()', "qwen.text.trim: text must be string, not nothing" },
  { 'qwen.store("a").set("k", 1)', "write a colon before set, not a dot" },
  { 'ctx.settings.get("a")', "write a colon before get, not a dot" },
  { 'qwen.json.encode(print)', "cannot write a function" },
  { 'qwen.fs.read(nil)', "string expected, got nil" },
  { 'qwen.nothing.x()', "qwen has no field 'nothing'" },
  { 'qwen.fs.raed("x")', "has no 'raed'; did you mean 'read'" },
  { 'ctx.pritn("x")', "did you mean ctx.print%?" },
  { 'ctx.pick("x", {})', "ctx.pick is there only in some runs" },
  { 'ctx.emit("session_strated", {})', "did you mean 'session_started'" },
  { 'require "socket"', "module 'socket'" },
  { 'require "x.y"', "module 'x.y'" },
  { 'local x = nil; return x.y', "attempt to index a nil value %(local 'x'%)" },
  { 'return 1 + {}', "attempt to perform arithmetic on a table" },
  { 'undefined_name()', "undefined variable 'undefined_name'" },
  { 'error "my own"', "my own" },
  { 'error { 1 }', "it raised a table" },
  { 'error(qwen.err("usage", "wrong words"))', "^qwen: wrong words\n" },
  { 'coroutine.wrap(function() ctx:print("x") end)()', "bad argument" },
}
local function command(body) return ("return { summary = 's', shell = true, run = function(ctx)\n  %s\nend }\n"):format(body) end
for _, row in ipairs(slips) do
  local place = program.place { ["~/.qwen/commands/slip.lua"] = command(row[1]) }
  local r = program.run(place, { "slip" })
  t.eq(r.code, row[2]:find "^%^" and 2 or 1, row[1] .. "\n" .. r.err)
  t.match(r.err, row[2], row[1])
  t.ok(not r.err:find("internal error", 1, true) and not r.err:find("stack traceback", 1, true), row[1] .. "\n" .. r.err)
  if not row[2]:find "^%^" then t.match(r.err, "slip.lua:2: ", row[1]) end
end

-- Through a module of their own: where it was called from, too.
do
  local place = program.place { ["~/.qwen/lua/helper.lua"] = "return {\n  go = function(ctx) ctx:print(1) end }\n",
    ["~/.qwen/commands/slip.lua"] = command "require('helper').go(ctx)" }
  local r = program.run(place, { "slip" })
  t.match(r.err, "helper.lua:2: ctx.print.*\n.*from ~/.qwen/commands/slip.lua:2", "the way to it")
end

-- What a command may give back: nothing is success, for hooks, too.
do
  local hook = [[return { command_ended = function(ctx, c) ctx.notice(c.name .. " " .. tostring(c.ok)) end }]]
  for _, row in ipairs { { "return", 0, "true" }, { "return true", 0, "true" }, { "return 0", 0, "true" },
    { "return 3", 3, "false" }, { "return nil, qwen.err('usage', 'no')", 2, "false" },
    { "return 'done'", 1, "false", "returned a string" } } do
    local place = program.place { ["~/.qwen/commands/slip.lua"] = command(row[1]), ["~/.qwen/hooks/told.lua"] = hook }
    local r = program.run(place, { "slip" })
    t.eq(r.code, row[2], row[1])
    t.match(r.err, "slip " .. row[3], row[1])
    t.match(r.err, row[4] or "", row[1])
  end
end

-- Events of their own go through all files; what is stored stays what it was.
do
  local place = program.place { ["~/.qwen/hooks/a.lua"] = [[return { ["my:count"] = function(_, v) return { n = v.n + 1 } end }]],
    ["~/.qwen/hooks/b.lua"] = [[return { ["my:count"] = function(_, v) if v.n > 5 then return false, "enough" end return { n = v.n * 2 } end }]],
    ["~/.qwen/commands/slip.lua"] = command [[ctx.print(tostring(ctx.emit("my:count", { n = 1 }).n))
      local ok, why = ctx.emit("my:count", { n = 9 }); ctx.print(tostring(ok) .. " " .. tostring(why))
      local kept = qwen.store "numbers"; kept:set("five", 5); kept:set("half", 0.5); kept:set("list", { 1, { n = 2 } })
      ctx.print(table.concat({ kept:get "five", kept:get "half", kept:get("list")[1], kept:get("list")[2].n }, " "))]] }
  local r = program.run(place, { "slip" })
  t.eq({ r.code, r.out }, { 0, "4\nfalse enough\n5 0.5 1 2\n" }, r.err)
end

t.done()
