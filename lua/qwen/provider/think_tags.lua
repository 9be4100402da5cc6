-- Splits text that begins with <think> into thinking and answer, however the tags are cut. Other tags in the text stay as they are.

local OPEN, CLOSE = "<think>", "</think>"

-- How many bytes at the end of text may be the beginning of tag.
local function overlap(text, tag)
  for n = math.min(#tag - 1, #text), 1, -1 do
    if text:sub(-n) == tag:sub(1, n) then return n end
  end
  return 0
end

---A splitter for one stream: call it with each piece and the list of deltas to append to; with nil at the end. It gives back true once all that
---comes is passed on as it is.
---@return fun(text: string?, out: Delta[]): boolean
return function()
  local held = ""
  local piece = { type = "text" } -- one delta for all pieces of the answer: it is good until the next event
  local step

  local function answer(text, out)
    if not text then return end
    piece.text = text
    out[#out + 1] = piece
  end

  -- White space between the thinking and the answer belongs to neither.
  local function gap(text, out)
    local rest = text and text:match "^%s*(.+)$"
    if not rest or rest:find "^%s" then return end
    step = answer
    answer(rest, out)
  end

  local function thinking(text, out)
    held = held .. (text or "")
    local first, last = held:find(CLOSE, 1, true)
    local keep = text and not first and overlap(held, CLOSE) or 0
    local thought = held:sub(1, first and first - 1 or #held - keep)
    if thought ~= "" then out[#out + 1] = { type = "think", text = thought } end
    held = held:sub((last or #thought) + 1)
    if first then
      step = gap
      gap(held, out)
    end
  end

  local function start(text, out)
    held = held .. (text or "")
    local seen = held:match "^%s*(.*)$"
    if seen:sub(1, #OPEN) == OPEN then
      held, step = seen:sub(#OPEN + 1), thinking
      if text then thinking("", out) end
    elseif not text or #seen >= #OPEN or OPEN:sub(1, #seen) ~= seen then
      step = answer
      if held ~= "" then answer(held, out) end
    end
  end

  step = start
  return function(text, out)
    step(text, out)
    return step == answer
  end
end
