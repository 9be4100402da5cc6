-- The world of a test: what its files ask of the network and of other programs is answered as the test
-- has written it down, and refused in words where it has not.
local err = require "qwen.util.err"
local phrase = require("qwen.util.translate").phrase

local Http, Programs = {}, {}
Http.__index, Programs.__index = Http, Programs

local M = {}

---What an address answers.
---@param url string whole, or a beginning that ends with *
---@param answer {status: integer?, headers: table?, body: string?}|fun(request: table): table
function Http:answer(url, answer) table.insert(self.answers, 1, { url = url, answer = answer }) end

local function fits(pattern, text)
  if pattern:sub(-1) == "*" then return text:sub(1, #pattern - 1) == pattern:sub(1, -2) end
  return pattern == text
end

-- In the place of qwen.http.open.
local function open(self, stream_of)
  return function(request)
    self.asked[#self.asked + 1] = request
    for _, one in ipairs(self.answers) do
      if fits(one.url, request.url) then
        local answer = type(one.answer) == "function" and one.answer(request) or one.answer
        return stream_of({ status = answer.status, headers = answer.headers or {}, body = answer.body or "" }, request.url)
      end
    end
    return nil, err("denied", phrase("the test has no answer for %s: t.http:answer(URL, { body = TEXT })", request.url))
  end
end

---What a program prints and how it ends.
---@param words string its command line, or a beginning that ends with *
---@param answer {code: integer?, out: string?, err: string?}|fun(options: table): table
function Programs:answer(words, answer) table.insert(self.answers, 1, { words = words, answer = answer }) end

---Lets a program run as it is.
---@param name string the first word of its command line
function Programs:allow(name) self.allowed[name] = true end

-- In the place of qwen.proc.run.
local function run(self, real)
  return function(options)
    local words = type(options) == "table" and type(options.argv) == "table" and table.concat(options.argv, " ")
    if not words then return real.run(options) end -- which says what is wrong
    self.asked[#self.asked + 1] = options
    for _, one in ipairs(self.answers) do
      if fits(one.words, words) then
        local answer = type(one.answer) == "function" and one.answer(options) or one.answer
        return { code = answer.code or 0, out = answer.out or "", err = answer.err or "", timed_out = false, truncated = false }
      end
    end
    if self.allowed[options.argv[1]] then return real.run(options) end
    return nil, err("denied", phrase("the test has no answer for the program '%s': t.programs:answer(WORDS, { out = TEXT }), or "
      .. "t.programs:allow(NAME)", words))
  end
end

---@return {http: table, programs: table} for a test
function M.new()
  return { http = setmetatable({ answers = {}, asked = {} }, Http),
    programs = setmetatable({ answers = {}, asked = {}, allowed = {} }, Programs) }
end

---Modules of the API in the place of the real ones.
---@param world fun(): {http: table, programs: table} of the test that runs
---@param stream_of fun(answer: table, url: string): table
---@return {http: table, proc: table}
function M.modules(world, stream_of)
  local http, proc = qwen.http, qwen.proc
  local refused = { open = function(options)
    return nil, err("denied", phrase("a test starts no program that goes on: %s", table.concat(options.argv or {}, " ")))
  end }
  function refused.run(options) return run(world().programs, proc)(options) end
  return { http = setmetatable({ open = function(request) return open(world().http, stream_of)(request) end }, { __index = http }),
    proc = setmetatable(refused, { __index = proc }) }
end

return M
