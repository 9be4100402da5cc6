-- A client for the sign-ins of the official conformance suite, run as `qwen lua mcp_client.lua ADDRESS`: signs in, calls the first tool,
-- and signs in once more where that wants another sign-in, or more rights.
local ctx, url = ...
local about = qwen.json.decode(os.getenv "MCP_CONFORMANCE_CONTEXT" or "{}")
local entry = { httpUrl = url, oauth = {} }
-- A client that is known comes back to one port only: each scenario has another, because they run side by side.
local document, known = (os.getenv "CALLBACK_PORTS"):match "(%d+) (%d+)"
if os.getenv "MCP_CONFORMANCE_SCENARIO" == "auth/basic-cimd" then
  entry.oauth = { clientId = "https://conformance-test.local/client-metadata.json",
    redirectUri = ("http://localhost:%s/oauth/callback"):format(document) }
elseif about.client_id then
  entry.oauth = { clientId = about.client_id, clientSecret = about.client_secret,
    redirectUri = ("http://localhost:%s/oauth/callback"):format(known) }
end

local function call()
  local auth = assert(qwen.x.mcp_oauth.attach(ctx, "it", entry))
  local client, e = qwen.x.mcp.connect(auth.ctx, "it", entry)
  local tools, answer
  if client then tools, e = client:tools() end
  if tools then answer, e = client:call(tools[1].name, {}) end
  return answer, e, auth.challenge
end

local answer, e, challenge
for _ = 1, 2 do
  local signed
  signed, e = qwen.x.mcp_oauth.login(ctx, "it", entry, { challenge = challenge })
  if signed then answer, e, challenge = call() end
  if not e or e.code ~= "scope" and e.code ~= "sign_in" then break end
end
if not answer then error(e.message, 0) end
print(answer.content[1].text)
