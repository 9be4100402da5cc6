-- Splits text that begins with <think> into thinking and answer, however the tags are cut; where the template of the model has the opening tag,
-- a closing one says that all before it was thinking. Other tags in the text stay as they are. Once a model is known to answer so, what
-- comes before the closing tag is thinking from the start.

local OPEN, CLOSE = "<think>", "</think>"

-- How many bytes at the end of text may be the beginning of tag.
local function overlap(text, tag)
  for n = math.min(#tag - 1, #text), 1, -1 do
    if text:sub(-n) == tag:sub(1, n) then return n end
  end
  return 0
end

---A splitter for one stream: call it with each piece and the list of deltas to append to; with nil at the end. It gives back true once all that
---comes is passed on as it is, or the bytes without which it is.
---@param model {opened: boolean?}? what is known of the model's template, kept between answers: it has the opening tag
---@return fun(text: string?, out: Delta[]): boolean|string|nil
return function(model)
  local held, guess = "", nil -- guess: the thinking that nothing but `model.opened` says is thinking
  model = model or {}
  local piece = { type = "text" } -- one delta for all pieces of the answer: it is good until the next event
  local step

  local function answer(text, out)
    if not text then return end
    piece.text = text
    out[#out + 1] = piece
  end

  -- The same where more may follow in one event.
  local function say(text, out)
    if text ~= "" then out[#out + 1] = { type = "text", text = text } end
  end

  -- White space between the thinking and the answer belongs to neither.
  local function gap(text, out)
    local rest = text and text:match "^%s*(.+)$"
    if not rest or rest:find "^%s" then return end
    step = answer
    answer(rest, out)
  end

  -- An answer without an opening tag. A closing one counts where a line ends behind it, and not in a code span.
  local before = ""
  local function untagged(text, out)
    held = held .. (text or "")
    while true do
      local first, last = held:find(CLOSE, 1, true)
      local after = first and held:sub(last + 1, last + 1)
      if first and after == "" and text then break end
      if not first then break end
      local ticked = (first > 1 and held:sub(first - 1, first - 1) or before) == "`"
      local counts = (after == "\n" or after == "\r" or after == "") and not ticked
      say(held:sub(1, counts and first - 1 or last), out)
      before, held = ">", held:sub(last + 1)
      if counts then
        out[#out + 1] = { type = "think", taken = true }
        model.opened = true
        step = gap
        return gap(held, out)
      end
    end
    local keep = text and (held:find(CLOSE, 1, true) and #CLOSE or overlap(held, CLOSE)) or 0
    if #held > keep then
      say(held:sub(1, #held - keep), out)
      before, held = held:sub(-keep - 1, -keep - 1), keep > 0 and held:sub(-keep) or ""
    end
  end

  local function thinking(text, out)
    held = held .. (text or "")
    local first, last = held:find(CLOSE, 1, true)
    local keep = text and not first and overlap(held, CLOSE) or 0
    local thought = held:sub(1, first and first - 1 or #held - keep)
    if thought ~= "" then out[#out + 1] = { type = "think", text = thought } end
    if guess then guess[#guess + 1] = thought end
    held = held:sub((last or #thought) + 1)
    if guess and not first and not text then -- no thinking this time: it was the answer
      model.opened = false
      say(table.concat(guess), out)
    end
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
    elseif model.opened and (not text or #seen >= #OPEN or OPEN:sub(1, #seen) ~= seen) then
      step, guess = thinking, {}
      thinking(text and "", out)
    elseif not text or #seen >= #OPEN or OPEN:sub(1, #seen) ~= seen then
      step = untagged
      local all = held
      held = ""
      untagged(all, out)
      if not text then untagged(nil, out) end
    end
  end

  step = start
  return function(text, out)
    step(text, out)
    return step == answer or step == untagged and held == "" and "<" or nil
  end
end
