-- What a turn cost, in one line: the tokens and the price of all its requests, and the time.
local status = require "qwen.ui.transcript.status"
local usage_ledger = require "qwen.usage.ledger"
local words = require "qwen.ui.render.words"

local M = {}

local say = words.say

local spent -- input, output, cached, cost, currency; unpriced: the price of a request is not known

---A turn begins.
function M.begin()
  spent = {}
end

---A request has ended.
---@param row table as in the event request_ended
function M.add(row)
  local used = row.usage
  if not spent or not used then return end
  for _, name in ipairs { "input", "output", "cached" } do spent[name] = used[name] and (spent[name] or 0) + used[name] or spent[name] end
  local cost, currency = usage_ledger.cost(used, row.prices), row.prices and row.prices.currency or "USD"
  if not cost or spent.currency and spent.currency ~= currency then
    spent.unpriced = true
  else
    spent.cost, spent.currency = (spent.cost or 0) + cost, currency
  end
end

---The line of the turn that ends.
---@param model Model
---@param last Usage? of its last answer
---@return string
function M.line(model, last)
  last = last or {}
  local sum, parts = spent and spent.input and spent or last, {}
  spent = nil
  if sum.input then parts[1] = say("tokens", words.count(sum.input), words.count(sum.output or 0)) end
  if sum.cached and sum.cached > 0 and sum.input > 0 then parts[#parts + 1] = say("cached", sum.cached * 100 // sum.input) end
  if sum.cost and not sum.unpriced then parts[#parts + 1] = words.money(sum.cost, sum.currency) end
  parts[#parts + 1] = words.span(status.elapsed())
  return table.concat(parts, ", ")
end

return M
