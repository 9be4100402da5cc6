-- What is answered to calls of tools that other programs have and this one does not: the call or the words that do the same here.
-- A call that only carries last words, a plan or a question becomes these words.
local call_names = require "qwen.agent.call_names"
local json = require "sys.json"

local M = {}

local INSERT = "There is no insert and no undo: call edit, with the line before as old_string, and that line and yours as new_string"
local THINK = "Think without a tool, then go on"
local WEB = "Fetch pages with web_fetch where it is allowed; no browser is there"
local NO_SEARCH = "No web search is set up here: fetch a page that you know with web_fetch, or say that you cannot look"
local NO_ASKING = "Nobody can answer in this run: decide, and say in your last answer what you assumed"
local PLAN = "There is no mode to leave or enter by a call: answer with the plan in words and end there"

local hints = {}
for names, words in pairs {
  ["webfetch fetch fetchurl fetchwebpage urlfetch browse openurl readurl browseraction browser browsernavigate"] = WEB,
  ["websearch googlewebsearch searchweb bravewebsearch browsersearch internetsearch"] = NO_SEARCH,
  ["think thinking thought sequentialthinking reflect reason"] = THINK,
  ["exitplanmode enterplanmode planmoderespond presentplan createplan switchmode"] = PLAN,
  ["attemptcompletion finish done submit finalanswer taskdone completetask complete taskcomplete reporttaskcomplete"] =
    "Call nothing at the end: answer in words",
  ["askfollowupquestion askuserquestion askuser question requestuserinput askquestion clarify"] =
    "Ask in your answer, in words, and end there: the user replies with the next prompt",
  ["writestdin sendinput"] = "A command that goes on takes no input",
  ["listagents taskslist listtasks"] = "The names of what runs in the background are in the results that started it; task_output shows one",
  ["notebookedit editnotebook editnotebookfile newnotebook notebookeditcell"] =
    "Read the .ipynb file with read_file; then notebook_edit changes its cells",
  ["notebookread"] = "Read the .ipynb file with read_file",
  ["python ipython executepython codeinterpreter executeipythoncell runcode jupyter repl nodejs executecode"] =
    "Run it with run_shell_command: python3 - <<'EOF', the program, EOF",
  ["savememory memory addmemory updatememory creatememory"] =
    "Nothing is remembered by a call. Only if the user asked for it, add the fact to AGENTS.md or QWEN.md in the project with edit",
  ["todoread readtodos gettodolist"] = "The list is what your last todo_write gave",
  ["codebasesearch semanticsearch searchcodebase codesearch findsymbol listcodedefinitionnames getsymbols gotodefinition findreferences lsp"] =
    "Search for the name with grep_search",
  ["geterrors diagnostics getdiagnostics readlints getproblems"] = "Run the project's linter, build or tests with run_shell_command",
  ["codebaseinvestigator"] = "Search with grep_search and read_file, or give it to an agent with task",
  ["insert insertcontent insertlines insertintofile undoedit strreplaceeditor strreplacebasededittool fswrite"] = INSERT,
  ["editfilebydiff inserteditintofile"] = "Call edit with old_string and new_string",
  ["listmcpresources readmcpresource usemcptool accessmcpresource"] = "Tools of servers are called by their own names",
} do
  for name in names:gmatch "%S+" do hints[name] = words end
end

---What to do instead of calling a tool that is not there; nil where nothing is known.
---@param ctx Ctx
---@param name string
---@return string?
function M.of(ctx, name)
  local key = call_names.key(name)
  local asks = key:find "^ask" or key == "requestuserinput" or key == "question"
  local nobody = not ctx.interactive or ctx.agent -- the user does not answer to an agent
  return asks and nobody and NO_ASKING or hints[key]
end

local LAST_WORDS = { attemptcompletion = true, finish = true, submit = true, finalanswer = true, completetask = true, taskdone = true,
  exitplanmode = true, planmoderespond = true, presentplan = true }
local QUESTIONS = { askfollowupquestion = true, askuser = true, requestuserinput = true }
local FIELDS = { "result", "message", "plan", "response", "answer", "question", "summary", "text" }

---The words that a call only carries to the user; nil where it is none of these, or has none.
---@param ctx Ctx
---@param call CallPart
---@return string?
function M.words(ctx, call)
  local key = call_names.key(call.name)
  if not LAST_WORDS[key] and not (ctx.interactive and QUESTIONS[key]) then return nil end
  local args = json.decode(call.args, false, true)
  if type(args) ~= "table" or args == json.null then return nil end
  for _, field in ipairs(FIELDS) do
    if type(args[field]) == "string" and args[field]:find "%S" then return args[field] end
  end
end

return M
