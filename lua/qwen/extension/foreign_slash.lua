-- Slash commands of Qwen Code, Claude Code and Codex that are called otherwise here, with what does the same or most of it.
local M = {}

local rows = {
  { "summary", "/recap, or /export" }, { "history details", "Ctrl-O" }, { "todos", "Ctrl-T" }, { "redo", "/rewind" },
  { "tag title", "/rename" }, { "ps bashes stop", "/tasks" }, { "approvals", "/mode" }, { "themes", "/theme" },
  { "learn curator dream forget save-memory", "/memory, or /remember TEXT" }, { "skill", "/skills" },
  { "plugin marketplace apps", "qwen package" }, { "import-config", "/config" },
  { "simplify security-review", "/review" }, { "batch arena workflows fleet", "/agents" }, { "peers collab", "/sessions" },
  { "ide vscode desktop", "qwen --acp, for editors" }, { "mention file", "@ in the prompt" },
  { "setup-github install-github-app pr-comments", "!gh" }, { "release-notes changelog", "/about" },
  { "upgrade update", "install the new version as you did the first time" }, { "share", "/export" }, { "fast", "/effort" },
  { "debug-config insight", "/doctor" }, { "personality", "/output-style" }, { "privacy-settings", "/privacy" },
  { "experimental", "/settings" },
}

---@type table<string, string>
M.nearest = {}
for _, row in ipairs(rows) do
  for name in row[1]:gmatch "%S+" do M.nearest[name] = row[2] end
end

return M
