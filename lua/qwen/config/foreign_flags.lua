-- Flags of Qwen Code, Claude Code and Codex that qwen does not have, each with what is nearest here; and values behind flags that
-- mean something else there and would become a prompt here.
local M = {}

local rows = {
  -- Several.
  { "--permission-mode --ask-for-approval -a", "--approval-mode plan, default, auto-edit, auto or yolo" },
  { "--dangerously-skip-permissions --allow-dangerously-skip-permissions --dangerously-bypass-approvals-and-sandbox",
    "--yolo, better with --sandbox" },
  { "--full-auto --approve-for-me", "--approval-mode auto-edit --sandbox" },
  { "--no-session-persistence --ephemeral --chat-recording", "--no-session; without it sessions are kept" },
  { "--bare --safe-mode --ignore-user-config --ignore-rules --disable-slash-commands", "--safe, which leaves out all Lua of yours" },
  { "--permission-prompt-tool --restore-ask-user-question --remote --remote-control",
    "--input-format stream-json (docs/programs.md)" },
  { "--extensions -e --list-extensions -l --plugin-dir --plugin-url", "qwen package (docs/packages.md)" },
  { "--settings --setting-sources --profile --config --strict-config", "~/.qwen/settings.json (qwen config), or QWEN_HOME for another folder" },
  { "--telemetry --telemetry-target --telemetry-otlp-endpoint --telemetry-otlp-protocol --telemetry-log-prompts --telemetry-outfile",
    "the settings telemetry.*" },
  { "--search --tavily-api-key --google-api-key --google-search-engine-id --web-search-default", "web_search with a service of yours (docs/web.md)" },
  -- Qwen Code.
  { "--max-subagent-depth", "the setting model.maxSubagentDepth" },
  { "--sandbox-image", "--sandbox, which needs no image" },
  { "--checkpointing", "/undo and /rewind, which need no flag" },
  { "--experimental-skills --lsp", "nothing: it needs no flag" },
  { "--all-files", "@PATH in the prompt" },
  -- Claude Code.
  { "--print", "-p PROMPT" },
  { "--allowedTools", "--allowed-tools" },
  { "--disallowedTools --disallowed-tools", "--exclude-tools" },
  { "--tools", "--core-tools" },
  { "--max-turns", "--max-session-turns" },
  { "--max-budget-usd", "--max-cost" },
  { "--system-prompt-file", '--system-prompt "$(cat FILE)"' },
  { "--append-system-prompt-file", '--append-system-prompt "$(cat FILE)"' },
  { "--agents --agent", "files in ~/.qwen/agents, and @NAME or /agents" },
  { "--name -n", "/rename TITLE" },
  { "-d", "--debug" },
  { "--debug-file", "--record FILE" },
  { "--ax-screen-reader", "--screen-reader" },
  { "--prompt-suggestions", "the setting ui.enableFollowupSuggestions" },
  { "--bg --background", "a prompt that asks for an agent in the background" },
  { "--from-pr", "gh pr checkout NUMBER, then qwen --resume" },
  -- Codex.
  { "--json --experimental-json", "--output-format stream-json" },
  { "--output-schema", "--json-schema" },
  { "--output-last-message", "qwen -p PROMPT >FILE" },
  { "--image", "@PATH in the prompt" },
  { "--cd -C", "start qwen in that folder" },
  { "--oss --local-provider", "qwen auth local" },
  { "--skip-git-repo-check --no-alt-screen --no-daemon", "nothing: it needs no flag" },
  { "--trust", "--trust-folder" },
  { "--color", "NO_COLOR=1" },
}

---@type table<string, string>
M.nearest = {}
for _, row in ipairs(rows) do
  for name in row[1]:gmatch "%S+" do M.nearest[name] = M.nearest[name] or row[2] end
end

local SANDBOXES = { ["read-only"] = true, ["workspace-write"] = true, ["danger-full-access"] = true }

---Why the word behind a switch is no prompt; nil where it may be one.
---@param flag string as it was written
---@param word string
---@return string? words
function M.misread(flag, word)
  if (flag == "-s" or flag == "--sandbox") and SANDBOXES[word] then
    return ("%s takes no value: a sandbox lets commands write in the project only; for what is read only: --approval-mode plan")
      :format(flag)
  elseif flag == "-c" and word:find "^[%a][%w_.-]*=%S+$" then
    return ("-c goes on with the newest session; for a setting: qwen config set, or --model and --effort")
  end
end

return M
