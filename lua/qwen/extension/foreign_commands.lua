-- First words of the command line that Qwen Code, Claude Code and Codex take as commands and qwen does not have: they are refused with what is
-- nearest here, because as a prompt they would cost money and write a session.
return {
  ["app-server"] = "qwen --acp, or qwen --input-format stream-json (docs/programs.md)",
  ["mcp-server"] = "qwen mcp serve",
  ["setup-token"] = "qwen auth",
  acp = "qwen --acp",
  board = "qwen sessions",
  channel = "qwen -p PROMPT",
  completion = "the completions are installed with the program (cmake --install)",
  exec = "qwen -p PROMPT",
  hooks = "qwen config get hooks, or /hooks in a session",
  install = "install qwen as you did the first time (README.md)",
  login = "qwen auth",
  logout = "qwen auth logout NAME",
  plugin = "qwen package (docs/packages.md)",
  serve = "qwen -p PROMPT --output-format stream-json",
  update = "install the new version as you did the first time (README.md)",
  upgrade = "install the new version as you did the first time (README.md)",
}
