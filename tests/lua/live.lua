-- The region below the scrollback, checked against a small terminal: after any frames the screen holds the finished lines and the region.
local t = dofile "tests/check.lua"
local ansi = require "qwen.ui.render.ansi"
local live = require "qwen.ui.screen.live"
local os, term = require "sys.os", require "sys.term"

-- A terminal of a fixed width that knows the sequences the region may use. One character is one column here.
local Screen = {}
Screen.__index = Screen

function Screen.new(rows, columns)
  return setmetatable({ height = rows, width = columns, lines = { "" }, top = 1, row = 1, column = 0, wrap = true }, Screen)
end

function Screen:line_feed()
  self.row = self.row + 1
  if not self.lines[self.row] then self.lines[self.row] = "" end
  if self.row - self.top >= self.height then self.top = self.top + 1 end
end

function Screen:put(text)
  local line = self.lines[self.row]
  line = line .. (" "):rep(self.column - #line)
  self.lines[self.row] = line:sub(1, self.column) .. text .. line:sub(self.column + #text + 1)
  self.column = self.column + #text
end

function Screen:text(run)
  while run ~= "" do
    local room = self.width - self.column
    if room == 0 and self.wrap then
      self.column, room = 0, self.width
      self:line_feed()
    end
    self:put(run:sub(1, room))
    if not self.wrap then return end
    run = run:sub(room + 1)
  end
end

local sequences = {}
function sequences.A(s, n) s.row = math.max(s.top, s.row - n) end
function sequences.B(s, n) s.row = math.min(s.top + s.height - 1, s.row + n, #s.lines) end
function sequences.C(s, n) s.column = math.min(s.column + n, s.width - 1) end
function sequences.G(s, n) s.column = n - 1 end
function sequences.K(s) s.lines[s.row] = s.lines[s.row]:sub(1, s.column) end
function sequences.J(s)
  sequences.K(s)
  for i = #s.lines, s.row + 1, -1 do s.lines[i] = nil end
end
function sequences.L(s, n)
  for _ = 1, n do
    table.insert(s.lines, s.row, "")
    if #s.lines - s.top >= s.height then s.lines[#s.lines] = nil end
  end
end

function Screen:feed(bytes)
  local at = 1
  while at <= #bytes do
    local run = bytes:match("^[^%c]+", at)
    if run then
      self:text(run)
      at = at + #run
    else
      local mode, way, next_at = bytes:match("^\27%[%?(%d+)([hl])()", at)
      local number, final, after = bytes:match("^\27%[(%d*)([A-Z])()", at)
      local _, colour = bytes:find("^\27%[[%d;]*m", at)
      if mode then
        if mode == "7" then self.wrap = way == "h" end
        at = next_at
      elseif number then
        local act = sequences[final] or error("the terminal does not know " .. final)
        act(self, tonumber(number) or 1)
        at = after
      elseif colour then
        at = colour + 1
      else
        local c = bytes:sub(at, at + 1)
        if c == "\0277" then self.saved = { self.row, self.column } elseif c == "\0278" then self.row, self.column = table.unpack(self.saved) end
        if c:sub(1, 1) == "\r" then self.column = 0 elseif c:sub(1, 1) == "\n" then self:line_feed() self.column = 0 end
        at = at + (c:sub(1, 1) == "\27" and 2 or 1)
      end
    end
  end
end

-- The region writes into it.
local height, width, screen = 12, 20, nil
local out, size = os.out, term.size
os.out = function(bytes) screen:feed(bytes) end
term.size = function() return height, width end

local function word() return ("abcdefghij"):sub(1, math.random(0, 10)):rep(math.random(0, 2)) end
local function rows(most)
  local list = {}
  for i = 1, math.random(0, most) do list[i] = math.random(4) == 1 and "\27[31m" .. word() .. "\27[m" or word() end
  return list
end

math.randomseed(11)
for run = 1, 150 do
  screen = Screen.new(height, width)
  live.open()
  local finished, tail, bad = {}, {}, nil
  for frame = 1, 40 do
    local act = math.random(6)
    if act == 1 then
      local line = math.random(5) == 1 and ("0123456789"):rep(4) or word()
      live.write(line .. "\n")
      finished[#finished + 1] = line
    elseif act == 2 then -- the tail is finished as it stands
      for _, row in ipairs(tail) do
        live.write(row .. "\n")
        finished[#finished + 1] = row
      end
      tail = {}
      live.set("tail", nil)
    elseif act == 3 then
      tail = rows(5)
      live.set("tail", tail)
    elseif act == 4 and #tail > 0 then -- it grows
      tail = table.move(tail, 1, #tail, 1, {})
      tail[#tail] = (ansi.plain(tail[#tail]) .. "xy"):sub(1, width)
      if math.random(2) == 1 then tail[#tail + 1] = "new" end
      if #tail > 6 then tail = { "short" } end
      live.set("tail", tail)
    elseif act == 5 then
      live.set("status", rows(2))
    else
      live.set("input", { "> " .. word() }, { row = 1, column = math.random(0, 2) })
    end
    if math.random(2) == 1 then
      live.paint()
      local want = {}
      for _, line in ipairs(finished) do
        for _, row in ipairs(ansi.wrap(ansi.plain(line), width)) do want[#want + 1] = row end
      end
      for i, row in ipairs(want) do
        if not bad and (screen.lines[i] or ""):gsub(" +$", "") ~= row:gsub(" +$", "") then bad = ("frame %d, line %d: %q is not %q"):format(frame, i, screen.lines[i] or "", row) end
      end
      for i, row in ipairs(tail) do
        local got = (screen.lines[#want + i] or ""):gsub(" +$", "")
        if not bad and got ~= ansi.plain(row):gsub(" +$", "") then bad = ("frame %d, tail %d: %q is not %q"):format(frame, i, got, ansi.plain(row)) end
      end
    end
  end
  for _, name in ipairs { "tail", "status", "input" } do live.set(name, nil) end
  live.close()
  if not t.eq(bad, nil, "run " .. run) then break end
end
os.out, term.size = out, size

t.done()
