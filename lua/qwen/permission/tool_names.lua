-- Other names of tools, in Qwen Code and Claude Code, as rules, matchers of hooks and lists of tools write them.

return {
  -- The first is the one of Claude Code.
  others = {
    run_shell_command = { "Bash", "Shell", "ShellTool" }, read_file = { "Read", "ReadFile", "ReadFileTool" },
    write_file = { "Write", "WriteFile", "WriteFileTool" }, edit = { "Edit", "EditFile", "EditTool", "MultiEdit", "replace" },
    grep_search = { "Grep", "SearchFiles", "GrepTool", "search_file_content" },
    glob = { "Glob", "FindFiles", "GlobTool" }, list_directory = { "LS", "ListFiles", "ListFilesTool", "ReadFolder" },
    todo_write = { "TodoWrite", "TodoWriteTool" }, task = { "Task", "Agent", "TaskTool", "agent" },
    apply_patch = { "ApplyPatch" }, notebook_edit = { "NotebookEdit", "NotebookEditTool" },
    ask_user_question = { "AskUserQuestion" }, exit_plan_mode = { "ExitPlanMode" }, enter_plan_mode = { "EnterPlanMode" },
    skill = { "Skill", "SkillTool" }, lsp = { "Lsp", "LSP", "LspTool" }, web_fetch = { "WebFetch", "WebFetchTool" },
    monitor = { "Monitor", "MonitorTool" }, task_stop = { "TaskStop" }, task_output = { "TaskOutput" },
    web_search = { "WebSearch", "WebSearchTool" },
    enter_worktree = { "EnterWorktree" }, exit_worktree = { "ExitWorktree" },
  },
  -- Names that models call them by, beside those above; no rule and no hook is about these. Small letters, without `_`, `-`, `.`.
  called = {
    run_shell_command = { "shellcommand", "runshell", "runbash", "runcommand", "executecommand", "execcommand", "exec", "execbash",
      "terminal", "runterminal", "runterminalcmd", "runterminalcommand", "runinterminal", "localshell", "executeshell",
      "executeshellcommand", "executebash", "bashtool", "containerexec", "cmd", "sh", "console" },
    read_file = { "cat", "view", "viewfile", "viewimage", "readimage", "openfile", "open", "fileread", "readfilecontent",
      "readfilecontents", "getfilecontents", "getfilecontent", "readtextfile", "readmediafile", "notebookread" },
    notebook_edit = { "editnotebook", "editnotebookfile", "notebookeditcell" },
    write_file = { "createfile", "createnewfile", "newfile", "writetofile", "savefile", "create", "filewrite", "filecreate" },
    edit = { "strreplace", "strreplacefile", "stringreplace", "replacestring", "replacestringinfile", "searchreplace",
      "searchandreplace", "findandreplace", "singlefindandreplace", "replaceinfile", "modifyfile", "updatefile", "editexistingfile",
      "fileedit" },
    grep_search = { "rg", "ripgrep", "search", "searchcode", "grepfiles", "searchfilecontents", "searchtext", "textsearch",
      "findinfiles", "searchinfiles" },
    glob = { "find", "filesearch", "findfile", "findbyname", "findpath", "findfilesbyname", "fileglobsearch", "globfiles",
      "globsearch" },
    list_directory = { "list", "listdir", "listfolder", "readdir", "readdirectory", "viewdirectory", "listdirectorycontents" },
    todo_write = { "updateplan", "todo", "todos", "writetodos", "updatetodos", "settodolist", "updatetodolist", "managetodolist",
      "tasktracker", "todolist" },
    task = { "delegate", "delegatetoagent", "subagent", "runagent", "runsubagent", "launchagent", "spawnagent", "newtask" },
    web_fetch = { "fetch", "fetchurl", "fetchwebpage", "urlfetch", "openurl", "readurl" },
    web_search = { "googlewebsearch", "searchweb", "bravewebsearch", "browsersearch", "internetsearch" },
    task_output = { "bashoutput", "getterminaloutput", "getcommandoutput", "readterminal", "commandstatus", "agentoutput" },
    task_stop = { "killshell", "killbash", "stopcommand", "killprocess", "stoptask", "stopagent", "killtask" },
    exit_plan_mode = { "planmoderespond", "presentplan", "planexit" }, enter_plan_mode = { "planenter" },
  },
  -- Tools that do several things, which `command` tells.
  by_command = {
    strreplaceeditor = { view = "read_file", create = "write_file", str_replace = "edit" },
    strreplacebasededittool = { view = "read_file", create = "write_file", str_replace = "edit" },
    fswrite = { create = "write_file", str_replace = "edit" },
  },
  -- Tools that do what others do: what refuses, asks about or watches those does so with these.
  through = { apply_patch = { "edit", "write_file" }, notebook_edit = { "edit" } },
  -- Names that stand for several tools in a rule.
  groups = {
    Read = { read_file = true, grep_search = true, glob = true, list_directory = true, lsp = true },
    Edit = { edit = true, write_file = true, notebook_edit = true, apply_patch = true },
  },
  -- What tools.core speaks of: tools of the user and of tool servers are none of its business.
  core = {
    read_file = true, write_file = true, edit = true, notebook_edit = true, apply_patch = true, glob = true, grep_search = true,
    run_shell_command = true, list_directory = true, web_fetch = true, web_search = true, todo_write = true,
    task = true, skill = true, lsp = true, monitor = true, task_output = true, task_stop = true,
    ask_user_question = true, exit_plan_mode = true, enter_plan_mode = true,
    enter_worktree = true, exit_worktree = true,
  },
}
