-- Settings of Qwen Code's first version, flat at the top of the file: each name reaches today's key, what restricts restricts, and the
-- file stays as it is.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local effect = require "qwen.config.effect"
local flat_keys = require "qwen.config.flat_keys"
local fs = require "sys.fs"

-- All names: today's key is honoured, or named with a reason.
local names = [[accessibility allowedTools allowMCPServers approvalMode autoAccept autoConfigureMaxOldSpaceSize bugCommand chatCompression
  checkpointing contentGenerator contextFileName coreTools customThemes customWittyPhrases debugKeystrokeLogging disableAutoUpdate
  disableCacheControl disableFuzzySearch disableLoadingPhrases disableUpdateNag dnsResolutionOrder enableOpenAILogging enableWelcomeBack
  enforcedAuthType excludedProjectEnvVars excludeMCPServers excludeTools fileFiltering folderTrust folderTrustFeature
  hasSeenIdeIntegrationNudge hideTips hideWindowTitle ideMode includeDirectories loadMemoryFromIncludeDirectories maxSessionTurns
  mcpServerCommand memoryImportFormat model preferredEditor sandbox selectedAuthType sessionTokenLimit shellPager shellShowColor
  shouldUseNodePtyShell showCitations showLineNumbers showStatusInTitle skipLoopDetection skipNextSpeakerCheck skipStartupContext tavilyApiKey
  theme toolCallCommand toolDiscoveryCommand usageStatisticsEnabled useExternalAuth useRipgrep vimMode]]
local count = 0
for name in names:gmatch "%S+" do
  local key = flat_keys.key(name)
  t.ok(key, name .. " is known")
  local state = key and effect.state(key)
  t.ok(state and state ~= "unknown", ("%s is %s, which is %s"):format(name, tostring(key), tostring(state)))
  count = count + 1
end
t.eq(flat_keys.count(), count, "and no other is")

-- What they say, as settings and in a run.
local file = [[{
  // an old file
  "selectedAuthType": "openai", "model": "old",
  "excludeTools": ["run_shell_command"], "tools": {"exclude": ["write_file"]},
  "maxSessionTurns": 1, "approvalMode": "plan", "contextFileName": "NOTES.md",
  "usageStatisticsEnabled": false, "vimMode": true, "hideWindowTitle": true,
  "disableCacheControl": true, "contentGenerator": {"timeout": 5000},
  "vimMode2": 1
}]]
local place = program.place { ["~/.qwen/settings.json"] = file }
local function value(key) return (program.run(place, { "config", "get", key }).out:gsub("\n$", "")) end
for key, want in pairs { ["security.auth.selectedType"] = "openai", ["model.name"] = "old", ["model.maxSessionTurns"] = "1",
  ["tools.approvalMode"] = "plan", ["context.fileName"] = "NOTES.md", ["general.vimMode"] = "true", ["ui.hideWindowTitle"] = "true",
  ["privacy.usageStatisticsEnabled"] = "false", ["model.generationConfig.timeout"] = "5000",
  ["model.generationConfig.enableCacheControl"] = "false" } do
  t.eq(value(key), want, key)
end
t.match(value "tools.exclude", "run_shell_command.*write_file", "a list that restricts adds up with today's")
t.match(program.run(place, { "config", "explain", "model.name" }).out, "settings.json:3", "with the line of the old name")
t.match(program.run(place, { "config", "list" }).out, "vimMode2", "an unknown name is reported")
t.eq(fs.read(place.home .. "/.qwen/settings.json"), file, "nothing was rewritten")

-- Today's name wins.
local both = program.place { ["~/.qwen/settings.json"] = [[{"model": {"name": "new"}, "vimMode": true, "general": {"vimMode": false}}]] }
t.eq(program.run(both, { "config", "get", "general.vimMode" }).out, "false\n", "of both today's counts")

-- A model that is kept later has room.
t.eq(program.run(place, { "config", "set", "model.name", "newer" }).code, 0)
t.eq(value "model.name", "newer", "set over the old form")

-- What restricts restricts.
do
  local server <close> = fake.start { { calls = { { name = "run_shell_command", arguments = { command = "touch made" } } } }, { text = "ok" } }
  local old = program.place { ["~/.qwen/settings.json"] = [[{"excludeTools": ["run_shell_command"], "model": "m"}]] }
  program.run(old, { "-y", "hi" }, { env = { OPENAI_BASE_URL = server.url } })
  local body = server:requests()[1].body
  for _, tool in ipairs(body.tools) do t.ok(tool["function"].name ~= "run_shell_command", "an excluded tool is not offered") end
  t.ok(not fs.stat(old.cwd .. "/made"), "and not run")
  local project = program.place { [".qwen/settings.json"] = [[{"approvalMode": "yolo", "excludeTools": ["glob"], "selectedAuthType": "gemini"}]] }
  local r = program.run(project, { "--trust-folder", "config", "get", "tools.approvalMode" })
  t.eq(r.out, "default\n", "a project may not set more by an old name")
  t.match(r.err, "tools.approvalMode", "and it is told")
  t.match(program.run(project, { "--trust-folder", "config", "get", "tools.exclude" }).out, "glob", "what restricts counts")
end
t.done()
