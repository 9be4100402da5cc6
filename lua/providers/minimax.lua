-- MiniMax: thinking is written into the text, and is wanted back there.
local P = {
  summary = "MiniMax",
  base = "openai",
  match = { hosts = { "minimax.io", "minimaxi.com" } },
  think_tags = true,
}

function P.efforts() return "" end -- they always think

function P.encode_assistant(model, message)
  local out, thought = P.super.encode_assistant(model, message), qwen.wire.thinking(model, message)
  if out and thought ~= "" then
    out.content = ("<think>\n%s\n</think>\n\n%s"):format(thought, type(out.content) == "string" and out.content or "")
  end
  return out
end

return P
