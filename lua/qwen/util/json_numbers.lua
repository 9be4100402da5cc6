-- Makes a text JSON whose numbers JSON has not: Python writes NaN and Infinity, and some are out of
-- range. Each becomes 0, for those who do not look at it; strings stay. Pure.

local function plain(number)
  local value = tonumber(number)
  return value and value - value == 0 and number or "0" -- of an infinite one it is no number
end

---@param text string
---@return string
return function(text)
  local out, at = {}, 1
  while at do
    local first = text:find('"', at, true)
    out[#out + 1] = text:sub(at, first and first - 1):gsub("Infinity", "0"):gsub("NaN", "0")
      :gsub("%d[%w.+-]*", plain)
    local last = first
    repeat
      last = last and text:find('[\\"]', last + 1)
      local escaped = last and text:byte(last) == 92
      if escaped then last = last + 1 end
    until not escaped
    out[#out + 1] = first and text:sub(first, last) or nil
    at = last and last + 1
  end
  return table.concat(out)
end
