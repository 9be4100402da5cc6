-- Splits text that begins with <think> into thinking and answer, however the tags are cut. Other tags in the text stay as they are.

local OPEN, CLOSE = "<think>", "</think>"

-- How many bytes at the end of text may be the beginning of tag.
local function overlap(text, tag)
  for n = math.min(#tag - 1, #text), 1, -1 do
    if text:sub(-n) == tag:sub(1, n) then return n end
  end
  return 0
end

---A splitter for one stream: call it with each piece and the list of deltas to append to; with nil at the end.
---@return fun(text: string?, out: Delta[])
return function()
  local state, held = "start", ""
  local piece = { type = "text" } -- one delta for all pieces of the answer: it is good until the next event
  local function emit(out, kind, text)
    if text ~= "" then out[#out + 1] = { type = kind, text = text } end
  end
  return function(text, out)
    if state == "answer" then
      if text then
        piece.text = text
        out[#out + 1] = piece
      end
      return
    end
    held = held .. (text or "")
    if state == "start" then
      local space = #held:match("^%s*")
      local seen = held:sub(space + 1)
      if seen:sub(1, #OPEN) == OPEN then
        state, held = "think", seen:sub(#OPEN + 1)
      elseif text and #seen < #OPEN and OPEN:sub(1, #seen) == seen then
        return
      else
        state = "answer"
        emit(out, "text", held)
        return
      end
    end
    local first, last = held:find(CLOSE, 1, true)
    if first then
      emit(out, "think", held:sub(1, first - 1))
      held = held:sub(last + 1)
      state = "answer"
      emit(out, "text", (held:gsub("^%s+", "")))
    else
      local keep = text and overlap(held, CLOSE) or 0
      emit(out, "think", held:sub(1, #held - keep))
      held = held:sub(#held - keep + 1)
    end
  end
end
