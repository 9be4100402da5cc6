-- The global `qwen`: what shipped content and user files may use. Its modules load when first touched; unknown names raise.
local embed = require "sys.embed"

-- Kept: a name here stays what it is while `api` stays the same number.
local stable = {
  credentials = "qwen.credential.credentials",
  err = "qwen.util.err",
  fs = "sys.fs",
  http = "sys.http",
  json = "sys.json",
  keys = "qwen.ui.editor.keymap",
  message = "qwen.session.message",
  models = "qwen.model.registry",
  oauth = "qwen.auth.oauth",
  one_shot = "qwen.agent.one_shot",
  api_key_login = "qwen.auth.api_key_login",
  os = "sys.os",
  paths = "qwen.util.paths",
  proc = "qwen.util.process",
  secret = "sys.secret",
  sessions = "qwen.session.session",
  task = "sys.task",
  text = "qwen.util.text",
  wire = "qwen.provider.request",
}

-- `qwen.x`: what our own content needs; usable by anybody, and free to change.
local experimental = {
  agents = "qwen.agent.agents",
  api_reference = "qwen.extension.api_reference",
  aliases = "qwen.extension.aliases",
  allowance = "qwen.usage.allowance",
  args = "qwen.config.args",
  body = "qwen.net.body",
  changes = "qwen.permission.changes",
  checkpoints = "qwen.session.checkpoints",
  client = "qwen.provider.client",
  clipboard = "qwen.util.clipboard",
  command_groups = "qwen.extension.command_groups",
  compaction = "qwen.agent.compaction",
  deferred_tools = "qwen.agent.deferred_tools",
  demo = "demo.project",
  export = "qwen.session.export",
  failure = "qwen.provider.failure",
  effort = "qwen.model.effort",
  encoding = "qwen.util.encoding",
  files = "qwen.permission.files",
  folders = "qwen.permission.folders",
  fuzzy_match = "qwen.util.fuzzy_match",
  git = "qwen.util.git",
  hook_runner = "qwen.agent.hook_runner",
  html_markdown = "qwen.util.html_markdown",
  home_check = "qwen.util.home_check",
  image = "qwen.util.image",
  instructions = "qwen.agent.instructions",
  jobs = "qwen.session.jobs",
  json_schema = "qwen.util.json_schema",
  jsonc = "qwen.util.jsonc",
  kept = "qwen.agent.kept",
  key_command = "qwen.credential.key_command",
  ledger = "qwen.usage.ledger",
  line_flags = "qwen.util.line_flags",
  limits = "qwen.usage.limits",
  local_servers = "qwen.model.local_servers",
  login = "qwen.auth.login",
  markdown_resource = "qwen.extension.markdown_resource",
  lsp = "qwen.extension.lsp.servers",
  lsp_answers = "qwen.extension.lsp.answers",
  lsp_changes = "qwen.extension.lsp.changes",
  lsp_queries = "qwen.extension.lsp.queries",
  mcp = "qwen.extension.mcp.client",
  mcp_server = "qwen.extension.mcp.server",
  mcp_oauth = "qwen.auth.mcp_oauth",
  mcp_sign_in = "qwen.auth.mcp_command",
  mcp_content = "qwen.extension.mcp.content",
  mcp_elicitation = "qwen.extension.mcp.elicitation",
  mcp_import = "qwen.extension.mcp.import",
  mcp_project = "qwen.extension.mcp.project",
  mcp_prompt = "qwen.extension.mcp.prompt",
  mcp_roots = "qwen.extension.mcp.roots",
  mcp_schema = "qwen.extension.mcp.tool_schema",
  mcp_starting = "qwen.extension.mcp.starting",
  mcp_words = "qwen.extension.mcp.words",
  memory = "qwen.agent.memory",
  moved_names = "qwen.extension.moved_names",
  notebook = "qwen.util.notebook",
  packages = "qwen.extension.packages",
  package_description = "qwen.extension.package.description",
  package_files = "qwen.extension.package.files",
  package_rights = "qwen.extension.package.rights",
  package_store = "qwen.extension.package.store",
  patch_apply = "qwen.util.patch_apply",
  patch_text = "qwen.util.patch_text",
  patches = "qwen.model.patches",
  plan_file = "qwen.agent.plan_file",
  plan_mode = "qwen.agent.plan_mode",
  policy = "qwen.permission.policy",
  privacy = "qwen.usage.privacy",
  project_files = "qwen.config.project_files",
  prompt_command = "qwen.extension.prompt_command",
  project_lua = "qwen.extension.project_lua",
  rate_limit = "qwen.usage.rate_limit",
  redact = "qwen.net.redact",
  redis_limiter = "qwen.usage.redis_limiter",
  registry = "qwen.extension.registry",
  reload = "qwen.extension.reload",
  remote_models = "qwen.model.remote_list",
  replay = "qwen.net.replay",
  output = "qwen.util.output",
  output_style = "qwen.agent.output_style",
  runner = "qwen.permission.runner",
  search = "qwen.permission.search",
  similar = "qwen.util.similar",
  sampling = "qwen.agent.sampling",
  sandbox = "qwen.permission.sandbox",
  sandbox_check = "qwen.permission.sandbox_check",
  serve_tools = "qwen.ui.headless.mcp_server",
  settings_hooks = "qwen.extension.settings_hooks",
  settings_writer = "qwen.config.writer",
  subagent = "qwen.agent.subagent",
  system_prompt = "qwen.agent.system_prompt",
  telemetry = "qwen.usage.telemetry",
  test_home = "qwen.extension.test_home",
  testing = "qwen.testing",
  transcript = "qwen.agent.transcript",
  translate = "qwen.util.translate",
  trust = "qwen.config.trust",
  view = "qwen.agent.view",
  web_access = "qwen.permission.domain_policy",
  web_page = "qwen.net.web_page",
  words = "qwen.ui.render.words",
  worktrees = "qwen.permission.worktrees",
}

local api = { version = embed.version, api = 1, x = {} }

---The shipped file of that name as a table of one's own, to amend and return.
---@param name string "providers/openai"
function api.shipped(name)
  return require("qwen.extension.registry").shipped(name)
end

---A named store: values that stay over /reload and over the end of the program.
---@param name string
---@return Kept
function api.store(name)
  return require("qwen.extension.kv_store").open(name)
end

---A text of ours in the user's language, filled in as by string.format.
---@param template string|Phrase
---@return string
function api.tr(template, ...)
  return require("qwen.util.translate").tr(template, ...)
end

---A text that is translated where it is shown: tr(phrase); tostring(phrase) is the English.
---@param template string
---@return Phrase
function api.phrase(template, ...)
  return require("qwen.util.translate").phrase(template, ...)
end

---Any value as text for people.
---@param value any
---@return string
function api.inspect(value)
  return require("qwen.util.inspect").text(value)
end

---Globals for one user file.
---@return table
function api.x.environment()
  return require("qwen.extension.environment").environment()
end

---Runs fn when the scope is left by any way: `local _ <close> = qwen.cleanup(fn)`.
---@param fn function
function api.cleanup(fn)
  return setmetatable({}, { __close = fn })
end

---Calls fn; an error comes back as text with a traceback.
---@param fn function
---@return boolean ok
---@return any result first result, or the text
function api.try(fn, ...)
  return xpcall(fn, function(e)
    return type(e) == "string" and debug.traceback(e, 2) or tostring(e)
  end, ...)
end

-- Locks a table of the API: its modules load when first touched, unknown names raise, nothing can be set.
-- find(name) gives the value of a name that `modules` does not have.
local function lock(own, title, modules, find)
  local meta = { __metatable = "locked" }
  function meta.__index(self, name)
    local module = modules[name]
    local value = module and require(module)
    if not module then value = find(name) end
    rawset(self, name, value)
    return value
  end
  function meta.__newindex(_, name)
    error(("%s.%s cannot be set: the API table is read-only"):format(title, tostring(name)), 2)
  end
  return setmetatable(own, meta)
end

-- Raises that there is no such name, at the first caller that is no file of ours.
local function unknown(title, name)
  local full = title .. "." .. tostring(name)
  local near = require("qwen.extension.api_reference").nearest(full)
  local level = 2
  while (debug.getinfo(level, "S") or { source = "" }).source:find "^@lua/qwen/" do level = level + 1 end
  error(("%s has no field '%s'%s; see: qwen help lua"):format(title, tostring(name),
    near and "; did you mean " .. near .. "?" or ""), level)
end

lock(api.x, "qwen.x", experimental, function(name) unknown("qwen.x", name) end)

lock(api, "qwen", stable, function(name)
  local now = require("qwen.extension.moved_names").now(name)
  if not now then unknown("qwen", name) end
  local x = now:match "^x%.(.*)"
  return x and api.x[x] or api[now]
end)

getmetatable("").__metatable = "locked"
rawset(_G, "qwen", api)

setmetatable(_G, {
  __index = function(_, name) error("undefined variable '" .. tostring(name) .. "'", 2) end,
  __newindex = function(_, name) error("assignment to undeclared variable '" .. tostring(name) .. "': make it local", 2) end,
})

return api
