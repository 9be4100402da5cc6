-- Other names of tools, in Qwen Code and Claude Code, as rules, matchers of hooks and lists of tools write them.

return {
  -- The first is the one of Claude Code.
  others = {
    run_shell_command = { "Bash", "Shell", "ShellTool" }, read_file = { "Read", "ReadFile", "ReadFileTool" },
    write_file = { "Write", "WriteFile", "WriteFileTool" }, edit = { "Edit", "EditFile", "EditTool", "MultiEdit", "replace" },
    grep_search = { "Grep", "SearchFiles", "GrepTool", "search_file_content" },
    glob = { "Glob", "FindFiles", "GlobTool" }, list_directory = { "LS", "ListFiles", "ListFilesTool", "ReadFolder" },
    todo_write = { "TodoWrite", "TodoWriteTool" }, task = { "Task", "Agent", "TaskTool", "agent" },
    skill = { "Skill", "SkillTool" }, web_fetch = { "WebFetch", "WebFetchTool" },
  },
  -- Names that stand for several tools in a rule.
  groups = {
    Read = { read_file = true, grep_search = true, glob = true, list_directory = true },
    Edit = { edit = true, write_file = true, notebook_edit = true },
  },
  -- What tools.core speaks of: tools of the user, of tool servers, skills and agents are none of its business.
  core = {
    read_file = true, write_file = true, edit = true, notebook_edit = true, glob = true, grep_search = true,
    run_shell_command = true, list_directory = true, web_fetch = true, web_search = true, todo_write = true,
  },
}
