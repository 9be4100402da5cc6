-- The settings we know: type, default, what each is for, and whether a project may set it. Keys not listed here are kept and readable.
-- type: string, boolean, number, list, object, any. choices: the only values. project: a trusted folder's own settings may set it.
-- merge: "append" joins the lists of all sources, "replace" takes an object whole; without it objects are merged and all else is replaced.

return {
  ["model.name"] = { type = "string", text = "model to use", project = true },
  ["model.generationConfig"] = { type = "object", text = "request settings for models that have no entry of their own" },
  ["model.maxSessionTurns"] = { type = "number", default = -1, text = "end a run after this many model turns; -1 is no limit", project = true },
  ["model.fallback"] = { type = "list", text = "models to ask when the chosen one is overloaded" },
  ["modelProviders"] = { type = "object", merge = "replace", text = "models by protocol" },
  ["security.auth.selectedType"] = { type = "string", text = "protocol to use: openai, anthropic, gemini ..." },
  ["security.auth.apiKey"] = { type = "string", text = "deprecated: key for the openai protocol" },
  ["security.auth.baseUrl"] = { type = "string", text = "deprecated: address for the openai protocol" },
  ["local.servers"] = { type = "list", text = "addresses where local model servers are looked for, instead of the usual ports" },
  ["codingPlan.region"] = { type = "string", text = "region of the Coding Plan: china or global" },
  ["env"] = { type = "object", text = "variables that are set when the environment and .env do not" },
  ["proxy"] = { type = "string", text = "proxy for all requests" },
  ["tools.approvalMode"] = { type = "string", default = "default", choices = { "plan", "default", "auto-edit", "yolo" },
    text = "what is asked about: plan, default, auto-edit or yolo" },
  ["tools.allowed"] = { type = "list", merge = "append", text = "rules for tools that need no question" },
  ["tools.exclude"] = { type = "list", merge = "append", project = true, text = "rules for tools that are refused" },
  ["tools.listDirectory.enabled"] = { type = "boolean", default = true, project = true, text = "offer list_directory to the model" },
  ["permissions.allow"] = { type = "list", merge = "append", text = "rules that allow" },
  ["permissions.ask"] = { type = "list", merge = "append", project = true, text = "rules that ask" },
  ["permissions.deny"] = { type = "list", merge = "append", project = true, text = "rules that refuse" },
  ["context.fileName"] = { type = "any", default = { "QWEN.md", "AGENTS.md" }, project = true, text = "names of the files with instructions" },
  ["context.autoCompactThreshold"] = { type = "number", default = 0.85, text = "part of the model's window at which the conversation is shortened; 0: never" },
  ["compactionModel"] = { type = "string", text = "model that sums up long conversations; default: the one that is asked" },
  ["advanced.excludedEnvVars"] = { type = "list", default = { "DEBUG", "DEBUG_MODE" }, text = "names not taken from a project's .env" },
  ["privacy.usageStatisticsEnabled"] = { type = "boolean", default = false, text = "collect anonymous usage statistics" },
  ["general.vimMode"] = { type = "boolean", default = false, text = "vi keys at the prompt" },
  ["ui.keys"] = { type = "object", text = "keys of the prompt and what they do: {\"ctrl-o\": \"newline\"}; the names: /keys" },
  ["ui.theme"] = { type = "string", default = "auto", project = true, text = "colours" },
}
