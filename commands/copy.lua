-- `/copy`: an answer, or its last block of code, on the clipboard.

local tr = qwen.tr

local C = { summary = "copy the last answer, the Nth last, or its last block of code", args = "[N] [code]", session = true }

function C.complete() return { "code" } end

local function answers(ctx)
  local out = {}
  for _, m in ipairs(ctx.session.messages) do
    local words = m.role == "assistant" and qwen.message.text_of(m) or ""
    if words:find "%S" then out[#out + 1] = words end
  end
  return out
end

local function last_code(words)
  local found
  for block in ("\n" .. words):gmatch "\n```[^\n]*\n(.-)\n```" do found = block end
  return found
end

function C.run(ctx, args)
  local n, code = 1, false
  for _, word in ipairs(args) do
    if word == "code" then code = true else n = math.tointeger(tonumber(word)) end
    if not n or n < 1 then return nil, qwen.err("usage", tr("usage: %s", "/copy [N] [code]")) end
  end
  local list = answers(ctx)
  local words = list[#list - n + 1]
  if not words then return nil, qwen.err("missing", tr("there are %d answers to copy", #list)) end
  if code then words = last_code(words) end
  if not words then return nil, qwen.err("missing", tr "there is no block of code in that answer") end
  local how, e = qwen.x.clipboard.copy(words)
  if not how then return nil, e end
  ctx.print(tr("copied %s through %s", qwen.text.human_bytes(#words), how))
  return 0
end

return C
