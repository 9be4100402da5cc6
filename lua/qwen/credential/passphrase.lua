-- The passphrase of the vault: asked of whoever sits at the terminal, tried at once, and not kept; the key made of it stays in C and in the
-- kernel for some hours. Without a terminal QWEN_VAULT_PASSPHRASE is the way.
local err = require "qwen.util.err"
local stores = require "qwen.credential.stores"
local secret = require "sys.secret"
local secret_input = require "qwen.util.secret_input"
local task = require "sys.task"
local translate = require "qwen.util.translate"

local tr = translate.tr

local M = {}

local TRIES, LONGEST = 3, 1000
local WEAK, FAIR = 45, 70 -- bits

-- How hard a text is to guess, roughly: what each character adds, and little where it goes on as the ones before it did.
local function bits(text)
  local pool, count, before, step = 0, 0, nil, nil
  for _, class in ipairs { { "%l", 26 }, { "%u", 26 }, { "%d", 10 }, { "[^%w]", 33 } } do
    if text:find(class[1]) then pool = pool + class[2] end
  end
  for i = 1, #text do
    local code = text:byte(i)
    local now = before and code - before
    local dull = now == 0 or now ~= nil and math.abs(now) == 1 and now == step
    count, before, step = count + (dull and 0.2 or 1), code, now
  end
  local typed = count * math.log(math.max(pool, 2), 2)
  if not text:find "^%a[%l ]*%d*%p?$" then return typed end
  local words = select(2, text:gsub("%S+", "")) -- letters are words, and of words there are some ten thousand
  return math.min(typed / 2, words > 1 and 14 * words or math.huge)
end

---How good a passphrase is, for the person who chooses it.
---@param text string
---@return "weak"|"fair"|"strong"
function M.strength(text)
  local n = bits(text)
  return n < WEAK and "weak" or n < FAIR and "fair" or "strong"
end

local advice = { weak = translate.phrase "weak: who has the file may guess it; five words that do not belong together are better",
  fair = translate.phrase "fair; one or two more words make it strong", strong = translate.phrase "strong" }

local function cancelled()
  return nil, err("cancelled", tr "no passphrase was entered and nothing is written")
end

---Asks for a new one, twice; "" when the person wants none.
---@return string?, Err?
function M.choose(title)
  local line = secret_input.line
  if not line then
    return nil, err("usage", tr "there is no terminal to ask for a passphrase at; set QWEN_VAULT_PASSPHRASE")
  end
  for try = 1, TRIES do
    local first = line(title, true)
    if not first then return cancelled() end
    if first == "" then return "" end
    if #first > LONGEST or first:find "%c" then
      return nil, err("usage", tr("a passphrase is one line of at most %d bytes", LONGEST))
    end
    local again = line(tr("%s. Once more:", advice[M.strength(first)]), true)
    if not again then return cancelled() end
    if again == first then return first end
    title = try < TRIES and tr "The two are not the same. New passphrase:" or title
  end
  return nil, err("usage", tr "the two were not the same three times; nothing is written")
end

-- Asks until it is right.
local function ask(e)
  local line = secret_input.line
  if not line then return nil, e end
  local title = stores.has_passphrase() and tr "QWEN_VAULT_PASSPHRASE is not the passphrase of the vault. Passphrase:"
    or tr "The vault with your credentials is locked. Passphrase:"
  for left = TRIES - 1, 0, -1 do
    local typed = line(title, true)
    if not typed then return nil, err("cancelled", tr "the vault stays locked") end
    local phrase = typed ~= "" and secret.new("vault passphrase", typed, {})
    local opened, problem
    if phrase then opened, problem = stores.unlock(phrase) end
    if opened then return true end
    if problem and problem.code ~= "locked" then return nil, problem end
    title = tr("That is not the passphrase; %s left. Passphrase:", left == 1 and tr "one try is"
      or tr("%s tries are", left))
  end
  return nil, err("auth", tr("that was not the passphrase of the vault, three times; it stays "
    .. "locked. Where it is forgotten: remove ~/.qwen/credentials.vault and sign in again"))
end

local others -- who waits for the answer to the question that is on the screen

-- Opens the vault for this process.
local function open(e)
  if others then
    local answer = task.queue()
    others[#others + 1] = answer
    return table.unpack(answer:get(), 1, 2)
  end
  others = {}
  local result = { nil, err("cancelled", tr "the vault stays locked") }
  local _ <close> = setmetatable({}, { __close = function()
    local waiting = others
    others = nil
    for _, answer in ipairs(waiting) do answer:put(result) end
  end })
  result = table.pack(ask(e))
  return result[1], result[2]
end

---A function that may find the vault locked: then the person opens it, while nothing is held that others wait for, and it is called again.
---@generic F
---@param fn F gives a value, or nil and an error
---@return F
function M.opening(fn)
  return function(...)
    local value, e = fn(...)
    if value then return value end
    if e.code ~= "locked" then return nil, e end
    local ok, problem = open(e)
    if ok then return fn(...) end
    return nil, problem
  end
end

local rekey = M.opening(stores.rekey)

---Gives the vault the passphrase that the person enters, or takes it away.
---@param remove boolean?
---@return boolean?, Err?
function M.change(remove)
  if remove then return rekey "" end
  local phrase, e = M.choose(tr "New passphrase for the vault:")
  if phrase == "" then return cancelled() end
  if not phrase then return nil, e end
  return rekey(phrase)
end

---Before the first credential goes to a vault that somebody chose: whether it is to have a passphrase.
---@return boolean?, Err?
function M.offer()
  if stores.vault_exists() or stores.has_passphrase() or not secret_input.line then return true end
  local phrase, e = M.choose(tr "Passphrase for the vault (Enter for none: then a file on this machine opens it):")
  if not phrase then return nil, e end
  if phrase == "" then return true end
  return stores.rekey(phrase)
end

return M
