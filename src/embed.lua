-- Build step: writes embed.S, which holds every script twice (bytecode with debug info, source) and a sorted index of them. The index
-- has distances to embed_bytes and no addresses: those would have to be set at each start.
-- Run as: lua5.4 src/embed.lua OUTDIR TOPDIR FILE... from the top folder. It leaves finding the files to CMake.
local out, top, names = arg[1], arg[2], { table.unpack(arg, 3) }
table.sort(names)

local function slurp(path)
  local f = assert(io.open(path, "rb"))
  local text = f:read("a")
  f:close()
  return text
end

local code, index = {}, {}
for i, name in ipairs(names) do
  local bytecode = string.dump(assert(load(slurp(name), "@" .. name, "t")), false)
  local path = ("%s/embed.%d.luac"):format(out, i)
  local f = assert(io.open(path, "wb"))
  f:write(bytecode)
  f:close()
  code[#code + 1] = ('n%d: .asciz "%s"\nb%d: .incbin "%s"\nbe%d:\ns%d: .incbin "%s/%s"\nse%d:\n'):format(i, name, i, path, i, i, top, name, i)
  index[#index + 1] = ("  .long n%d - embed_bytes, b%d - embed_bytes, be%d - b%d, s%d - embed_bytes, se%d - s%d\n"):format(i, i, i, i, i, i, i)
end

local f = assert(io.open(out .. "/embed.S", "w"))
f:write(".section .rodata\n.global embed_bytes\nembed_bytes:\n", table.concat(code))
f:write(".balign 4\n.global embed_files\nembed_files:\n", table.concat(index))
f:write((".global embed_count\nembed_count: .long %d\n"):format(#names))
f:write('.section .note.GNU-stack,"",%progbits\n')
f:close()
