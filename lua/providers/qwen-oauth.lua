-- The models of a qwen.ai account: DashScope's protocol with a token from signing in, one model, limits of its own.

local P = {
  summary = "Qwen OAuth",
  base = "dashscope",
  auth = "qwen-oauth",
  limit = { "60/min", "100/day" },
}

---What else there is.
function P.instead()
  return qwen.x.registry.get("auth", "qwen-oauth").news()
end

---An error answer; the end of the free quota names what else there is.
function P.failure(status, headers, body)
  local e = qwen.x.failure(status, headers, body)
  if status == 429 and e.code == "insufficient_quota" and e.message:lower():find("free allocated quota exceeded", 1, true) then
    e.quota = true
    e.message = "the free quota of Qwen OAuth is used up; " .. P.instead()
  end
  return e
end

return P
