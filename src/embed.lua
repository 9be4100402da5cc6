-- Build step: writes embed.S, which holds every script twice (bytecode, source) and a sorted index of them. It leaves finding the files
-- to CMake. The index has distances to embed_bytes and no addresses: those would have to be set at each start.
-- Run as: lua5.4 src/embed.lua OUTDIR TOPDIR FILE... from the top folder.
local out, top, names = arg[1], arg[2], { table.unpack(arg, 3) }
table.sort(names)

local function slurp(path)
  local f = assert(io.open(path, "rb"))
  local text = f:read("a")
  f:close()
  return text
end

-- Bytecode of Lua 5.4 without the names of upvalues, and of local variables but parameters: those take
-- a fifth of the time of a start, and say little more in an error than its line does. All else stays.
local function without_names(code)
  local HEADER, at, from, kept = 32, 33, 1, {} -- the header ends with the number of upvalues
  local function size()
    local n = 0
    while true do
      local byte = code:byte(at)
      n, at = n << 7 | byte & 0x7f, at + 1
      if byte & 0x80 ~= 0 then return n end
    end
  end
  local function skip(width)
    local n = size()
    at = at + n * width
  end
  local function text()
    local n = size() -- 0: none; else one more than its length
    at = at + math.max(n - 1, 0)
  end
  local function variables(n)
    for _ = 1, n do
      text()
      size() -- from here to there
      size()
    end
  end
  local constants = { [0x03] = 8, [0x13] = 8, [0x04] = text, [0x14] = text } -- numbers; texts
  local function proto()
    text()
    size() -- its first and last line
    size()
    local parameters = code:byte(at)
    at = at + 3
    skip(4) -- instructions
    for _ = 1, size() do
      local constant = constants[code:byte(at)] or 0
      at = at + 1
      if constant == text then text() else at = at + constant end
    end
    skip(3) -- upvalues
    for _ = 1, size() do proto() end
    skip(1) -- lines
    for _ = 1, size() do
      size()
      size()
    end
    kept[#kept + 1] = code:sub(from, at - 1) .. string.char(0x80 | parameters)
    local n = size()
    assert(parameters <= n and parameters < 0x80)
    from = at
    variables(parameters)
    kept[#kept + 1] = code:sub(from, at - 1) .. "\x80" -- no names of upvalues
    variables(n - parameters)
    for _ = 1, size() do text() end
    from = at
  end
  assert(code:sub(1, 6) == "\27Lua\x54\0" and #code > HEADER, "bytecode of another version of Lua")
  proto()
  assert(at == #code + 1)
  return table.concat(kept) .. code:sub(from)
end

-- Names, bytecode and sources stand apart: a run reads only bytecode, and the kernel maps what lies beside what is read.
local index, labels, code, sources = {}, {}, {}, {}
for i, name in ipairs(names) do
  local bytecode = without_names(string.dump(assert(load(slurp(name), "@" .. name, "t"))))
  local path = ("%s/embed.%d.luac"):format(out, i)
  local f = assert(io.open(path, "wb"))
  f:write(bytecode)
  f:close()
  labels[i] = ('n%d: .asciz "%s"\n'):format(i, name)
  code[i] = ('b%d: .incbin "%s"\nbe%d:\n'):format(i, path, i)
  sources[i] = ('s%d: .incbin "%s/%s"\nse%d:\n'):format(i, top, name, i)
  index[i] = ("  .long n%d - embed_bytes, b%d - embed_bytes, be%d - b%d, s%d - embed_bytes, se%d - s%d\n")
    :format(i, i, i, i, i, i, i)
end

local f = assert(io.open(out .. "/embed.S", "w"))
f:write(".section .rodata\n.balign 4\n.global embed_files\nembed_files:\n", table.concat(index))
f:write((".global embed_count\nembed_count: .long %d\n"):format(#names))
f:write(".global embed_bytes\nembed_bytes:\n", table.concat(labels), table.concat(code), table.concat(sources))
f:write('.section .note.GNU-stack,"",%progbits\n')
f:close()
