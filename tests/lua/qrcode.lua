-- QR codes: known ones bit by bit, every version read back by a reader that nobody here wrote, what is too long.
local t = dofile "tests/check.lua"
local fs, os = require "sys.fs", require "sys.os"
local proc, qr = require "qwen.util.process", require "qwen.util.qrcode"

local function bits(text)
  local out = {}
  for y, row in ipairs(qr.encode(text)) do
    out[y] = {}
    for x, dark in ipairs(row) do out[y][x] = dark and "#" or "." end
    out[y] = table.concat(out[y])
  end
  return table.concat(out, "\n")
end

-- Made with qrencode 4.1.1 (-l L -8).
t.eq(bits "A", [[
#######..#.##.#######
#.....#..###..#.....#
#.###.#.##.##.#.###.#
#.###.#..#.#..#.###.#
#.###.#...#.#.#.###.#
#.....#.....#.#.....#
#######.#.#.#.#######
........##.##........
###.########.##...#..
#.##....#.....#...##.
.#.####..##.#...#...#
.#.##...##....#...#..
..##.##.#...#.#.#.#.#
........#..#.#.#.#.#.
#######.#.##.###.####
#.....#.######.###...
#.###.#.##.#.###.##.#
#.###.#..##...#...##.
#.###.#.##..#...#...#
#.....#.#.....#...##.
#######.###.#.#.#.###]])
t.eq(os.sha256(bits(("x"):rep(270))), "f6cd7f0f26d89dde932d5038c9df83f83cca86e19c438f3a42f677ff13d0f212", "version 10")
t.eq(qr.encode(("x"):rep(272)), nil, "too long")
t.eq(qr.lines(("x"):rep(100), 20), nil, "wider than the screen")
local lines = qr.lines("A", 80)
t.eq({ #lines, utf8.len(lines[1]), utf8.len(lines[13]) }, { 13, 25, 25 }, "a border on all sides")
t.eq(lines[1], ("█"):rep(25))

if t.need "zbarimg" then
  local path = os.env "TMPDIR" .. "/code.pbm"
  for n = 1, 271, 15 do
    local text = os.base64(os.random(300)):sub(1, n)
    local rows, out = qr.encode(text), {}
    for y = -3, #rows + 4 do
      local line = {}
      for x = -3, #rows + 4 do line[#line + 1] = (rows[y] and rows[y][x] and "1 " or "0 "):rep(5) end
      for _ = 1, 5 do out[#out + 1] = table.concat(line) end
    end
    fs.write(path, ("P1\n%d %d\n%s\n"):format((#rows + 8) * 5, (#rows + 8) * 5, table.concat(out, "\n")), { fsync = false })
    t.eq(proc.run({ argv = { "zbarimg", "-q", "--raw", path } }).out, text .. "\n", "read back: " .. n .. " bytes")
  end
end
t.done()
