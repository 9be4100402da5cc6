-- Names of the Lua API that were called otherwise before there were two tiers. A file that uses one keeps working; `qwen doctor`
-- says what it is called now. Nothing that ships uses one.
local M = {}

local moved = {
  ["image.unseen"] = "wire.unseen",
  ["memory.root"] = "paths.project_root",
  ["resource.layers"] = "x.registry.tiers",
  ["resource.refresh"] = "x.reload.kind",
  ["resource.reload"] = "x.reload.all",
  ["resource.take_saved"] = "x.reload.take_saved",
  ["text.call_splitter"] = "wire.tool_call_splitter",
  ["text.think_splitter"] = "wire.think_splitter",
  args = "x.args",
  body = "x.body",
  cards = "x.markdown_resource",
  clipboard = "x.clipboard",
  compact = "x.compaction",
  context = "x.view",
  demo = "x.demo",
  discover = "x.local_servers",
  edits = "x.checkpoints",
  escape = "x.sandbox_check",
  export = "x.export",
  failure = "x.failure",
  files = "x.files",
  fleet = "x.redis_limiter",
  guest = "x.environment",
  image = "x.image",
  jsonc = "x.jsonc",
  keycommand = "x.key_command",
  limits = "x.limits",
  match = "x.fuzzy_match",
  mcp = "x.mcp",
  memory = "x.instructions",
  modellist = "x.remote_models",
  permit = "x.policy",
  privacy = "x.privacy",
  projectlua = "x.project_lua",
  reference = "x.api_reference",
  replay = "x.replay",
  resource = "x.registry",
  sandbox = "x.sandbox",
  schema = "x.json_schema",
  send = "x.client",
  service = "api_key_login",
  side = "one_shot",
  signin = "x.login",
  sub = "x.subagent",
  telemetry = "x.telemetry",
  trial = "x.testing",
  trust = "x.trust",
  usage = "x.ledger",
  usersettings = "x.settings_writer",
  windows = "x.rate_limit",
}

---What a former name of `qwen.` is called now.
---@param name string "files", "text.call_splitter"
---@return string? now "x.files"; nil when there was no such name
function M.now(name)
  return moved[name]
end

---The former names that a Lua text uses.
---@param source string
---@return {old: string, now: string}[] in the order in which they appear, each once
function M.find(source)
  local out, seen = {}, {}
  for module, field in source:gsub("%-%-[^\n]*", ""):gmatch "%f[%w_.]qwen%.([%a_]+)%.?([%a_]*)" do
    local full = module .. "." .. field
    local name = moved[full] and full or module
    if moved[name] and not seen[name] then
      seen[name] = true
      out[#out + 1] = { old = "qwen." .. name, now = "qwen." .. moved[name] }
    end
  end
  return out
end

return M
