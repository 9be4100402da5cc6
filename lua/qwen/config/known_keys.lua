-- Settings of Qwen Code that have no effect here, each with its reason. Loaded only when a settings file has a key that schema.lua has not.
-- A name with .* stands for itself and all below it. NAME=VALUE: that value has the same effect here as in Qwen Code, and is not
-- reported; NAME=* is a note that Qwen Code writes for itself.
-- restricts: the key would forbid or limit something, so a run says that it does not.

local rows = {
  -- What stands for something that qwen does not have.
  { text = "qwen has no voice input",
    keys = [[general.voice.* experimental.liveVoice.* voiceModel security.allowedInsecureVoiceBaseUrls]] },
  { text = "qwen has no server, web shell or chat channels",
    keys = [[channels.* serve.* ui.brand.* policy.* general.preventSystemSleep=false]] },
  { text = "qwen links no folders into a worktree", keys = "worktree.*" },
  { text = "the footer shows the branch of a worktree, and has no row of its own for it",
    keys = "ui.hideBuiltinWorktreeIndicator" },
  { text = "/review looks once and posts nothing; --fail-on sets a level", keys = "review.*" },
  { text = "qwen has no artifacts", keys = "artifact.* experimental.artifact=false" },
  { text = "qwen does not process media", keys = "omni.*" },
  { text = "a /goal ends after rounds, minutes and tokens", keys = "model.goalCheckpointTimeoutSeconds" },
  { text = "only you set a goal", keys = [[goals.modelProposed="disabled"]] },
  { text = "qwen has no workflows", keys = [[ui.disableWorkflowKeywordTrigger=true model.skipWorkflowUsageWarning=*
    tools.workflowsEnabled=false tools.workflowSizeGuideline tools.workflowNameOnly=true experimental.sessionWorkflow=false]] },
  { text = "qwen has no agent teams and no messages between sessions",
    keys = [[agents.crossSessionMessaging=false agents.crossSessionInbound="refuse" agents.crossSessionHeldExpiry agents.displayMode
    agents.arena.* agents.team agents.swarm experimental.agentTeam=false]] },
  { text = "qwen has no scheduled prompts but /loop", keys = "experimental.cron=false experimental.cronRecurringMaxAgeDays" },
  { text = "qwen keeps no memory by itself", keys = [[memory.enableManagedAutoDream=false
    memory.enableAutoSkill=false memory.autoSkillConfirm=true memory.agentTimeoutMinutes memory.agentMaxTurns
    memory.enableTeamMemorySync=false]] },
  { text = "qwen has no editor integration", keys = "ide.enabled=false ide.hasSeenNudge=*" },
  { text = "pages that web_search finds are read by web_fetch", keys = "tools.webSearch.webExtractor" },
  { text = "qwen makes no images", keys = "imageModel" },
  { text = "qwen does not describe images by another model", keys = "visionModel visionBridgeTimeoutMs" },
  { text = "tools are always called directly", restricts = true, keys = "tools.codeModeOnly=false" },
  { text = "a tool of your own is a file in ~/.qwen/tools: qwen new tool NAME", keys = "tools.discoveryCommand tools.callCommand" },
  { text = "list the servers in mcpServers", keys = "mcp.serverCommand" },
  { text = "the editor is $VISUAL or $EDITOR", keys = "general.preferredEditor" },

  -- What qwen never does, or always.
  { text = "qwen does not update itself", keys = "general.enableAutoUpdate=false" },
  { text = "qwen adds nothing to commits and pull requests",
    keys = "general.gitCoAuthor.commit=false general.gitCoAuthor.pr=false general.gitCoAuthor=false" },
  { text = "qwen sums up a session when /recap is called, and never by itself",
    keys = "general.showSessionRecap=false general.sessionRecapAwayThresholdMinutes ui.enableWelcomeBack=false" },
  { text = "new files are UTF-8 without a byte order mark", keys = [[general.defaultFileEncoding="utf-8"]] },
  { text = "sessions and backups are kept until you delete them: qwen sessions delete ID",
    keys = "general.cleanupPeriodDays" },
  { text = "use the flags --record and --verbose", keys = "general.debugKeystrokeLogging=false" },
  { text = "the bell is the only notification (general.terminalBell)", keys = [[general.notificationMode="all"]] },
  { text = "the output format is set by the flag --output-format", keys = [[output.format="text" output.showTimestamps=false]] },
  { text = "the transcript is in the scrollback of the terminal",
    keys = [[ui.useTerminalBuffer=false ui.showScrollbar=false ui.mouseTracking=false ui.history.collapseOnResume=false
    ui.history.collapsePreviewCount]] },
  { text = "tool calls are shown in one form",
    keys = [[ui.compactMode ui.compactInline ui.showToolCallDetails=true ui.showToolCallArgs=false ui.shellOutputMaxLines]] },
  { text = "Markdown is always rendered", keys = [[ui.renderMode="render" ui.showLineNumbers=false ui.showCitations=false]] },
  { text = "qwen shows no tips, loading phrases or feedback questions",
    keys = [[ui.hideTips=true ui.customWittyPhrases ui.accessibility.enableLoadingPhrases=false ui.enableUserFeedback=false
    ui.feedbackLastShownTimestamp=* ui.showResponseTokensPerSecond=false]] },
  { text = "a suggestion is a request of its own, and nothing runs before you send it",
    keys = "ui.enableCacheSharing ui.enableSpeculation=false" },
  { text = "the window title always shows the state", keys = "ui.showStatusInTitle=true" },
  { text = "the greeting cannot be changed", keys = "ui.hideBanner ui.customBannerTitle ui.customBannerSubtitle ui.customAsciiArt" },
  { text = "Qwen Code writes this for itself", keys = "ui.autoModeAcknowledged=*" },
  { text = "telemetry is sent to your own collector only (telemetry.*)", keys = "outboundCorrelation.*" },
  { text = "Qwen Code does not use it any more either", keys = [[model.skipNextSpeakerCheck=true
    model.chatCompression.contextPercentageThreshold context.importFormat tools.autoAccept]] },
  { text = "a compaction keeps a summary and no files or images",
    keys = [[model.chatCompression.maxRecentFilesToRetain model.chatCompression.maxRecentImagesToRetain
    model.chatCompression.enableScreenshotTrigger=false model.chatCompression.screenshotTriggerThreshold]] },
  { text = "tool results stay until the conversation is compacted (context.autoCompactThreshold)",
    keys = "context.clearContextOnIdle.*" },
  { text = "the startup context is part of the system prompt", keys = "model.skipStartupContext" },
  { text = "log files are kept until you delete them", keys = "model.openAILogRetentionDays" },
  { text = "the cache is used as the protocol says (enableCacheControl)",
    keys = [[model.generationConfig.forceGlobalCacheScope=false model.generationConfig.cacheRetention
    model.generationConfig.cacheRetentionByBlock]] },
  { text = "the protocol decides the form of tool results",
    keys = [[model.generationConfig.splitToolMedia=true model.generationConfig.toolResultContentFormat="parts"]] },
  { text = "the shell tool has no terminal, pager or colours",
    keys = [[tools.shell.enableInteractiveShell=false tools.shell.pager tools.shell.showColor=false
    tools.shell.heartbeatIntervalMs]] },
  { text = "qwen uses the installed ripgrep, or git grep",
    keys = "tools.useRipgrep=true tools.useBuiltinRipgrep=false" },
  { text = "todo_write is always offered; to remove it: permissions.deny [\"todo_write\"]", keys = "tools.todoWrite.enabled=true" },
  { text = "the sandbox is bubblewrap, without images", restricts = true, keys = "tools.sandboxImage" },
  { text = "the system decides the order of addresses", keys = "advanced.dnsResolutionOrder" },
  { text = "qwen has no memory limit to configure", keys = "advanced.autoConfigureMemory" },
  { text = "use /bug", keys = "advanced.bugCommand" },
  { text = "set QWEN_HOME to move the files of qwen", keys = "advanced.runtimeOutputDir" },
  { text = "a sign-in of your own is a file in ~/.qwen/auth: qwen new auth NAME", keys = "security.auth.useExternal=false" },
  { text = "each session has one writer", keys = "experimental.sessionWriterLease" },
  { text = "qwen writes no summaries of tool calls", keys = "experimental.emitToolUseSummaries=false" },
  { text = "completion always searches the whole folder",
    keys = "context.fileFiltering.enableRecursiveFileSearch=true context.fileFiltering.enableFuzzySearch=true" },

  -- What restricts and is not here: said at each start.
  { text = "mode auto has one step, with 20 s and the model of the option of hooks/auto",
    keys = "permissions.autoMode.classifier.*" },
  { text = "agents.maxParallelAgents counts for all models", keys = "agents.maxParallelAgentsByModel.*=*" },
  { text = "the model of an agent is set in its file", restricts = true, keys = "agents.allowedGrades" },
  { text = "the model of an agent is set in its file", keys = "agents.modelGrades" },
  { text = "open todos do not keep a turn from ending", keys = "experimental.todoStopGuard=false" },


  -- Names of older versions that nothing reads any more.
  { text = "an older version of Qwen Code used it",
    keys = [[general.checkpointing.* general.enablePromptCompletion general.disableUpdateNag=true general.disableAutoUpdate=true
    ui.hideFooter ui.footer.* ui.showMemoryUsage ui.accessibility.disableLoadingPhrases=true model.summarizeToolOutput
    experimental.visionModelPreview experimental.vlmSwitchMode experimental.skills context.discoveryMaxDirs webSearch.*
    advanced.tavilyApiKey telemetry.useCollector telemetry.useCliAuth context.fileFiltering.disableFuzzySearch=false
    security.folderTrust.featureEnabled=true ui.isInScreenReaderMode]] },
}

local M = {}

local exact, below = {}, {} -- by key; `below` are those with .*

for _, row in ipairs(rows) do
  for word in row.keys:gmatch "%S+" do
    local key, value = word:match "^([^=]+)=(.+)$"
    key = key or word
    local entry = { text = row.text, restricts = row.restricts or false, same = value }
    local stem = key:match "^(.*)%.%*$"
    if stem then below[stem] = entry else exact[key] = entry end
  end
end

---What is known of a key that has no effect: the entry of the key, or of the nearest part above it that stands for all below.
---@param key string dotted
---@return {text: string, restricts: boolean, same: string?}?
function M.find(key)
  if exact[key] then return exact[key] end
  while key do
    if below[key] then return below[key] end
    key = key:match "^(.*)%.[^.]+$"
  end
end

---Whether a key is a part above known ones.
---@param key string
---@return boolean
function M.contains(key)
  local prefix = key .. "."
  for _, names in ipairs { exact, below } do
    for name in pairs(names) do
      if name:sub(1, #prefix) == prefix then return true end
    end
  end
  return false
end

---All of them, sorted.
---@return string[]
function M.names()
  local out = {}
  for _, names in ipairs { exact, below } do
    for name in pairs(names) do out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

---The table, for the page about settings.
M.rows = rows

return M
