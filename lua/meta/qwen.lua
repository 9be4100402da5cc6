---@meta
-- Types of the public layer: the global `qwen` and the `ctx` that every command, tool, hook, provider and auth file gets.
-- Shipped content uses nothing else; a user's file can do all that ours can.

-- Messages: the vocabulary inside. Foreign formats exist only in lua/providers. -------------------------------------

---@class TextPart
---@field type "text"
---@field text string
---@field data table? vendor's own fields to send back

---@class ThinkPart
---@field type "think"
---@field text string
---@field signature string? opaque, goes back unchanged
---@field data table? vendor's own fields to send back (reasoning_details, encrypted items), keyed by protocol

---@class CallPart
---@field type "call"
---@field id string
---@field name string
---@field args string JSON text as the model wrote it; "" means {}
---@field data table? vendor's own fields to send back

---@class ResultPart
---@field type "result"
---@field id string id of the call
---@field name string
---@field text string what the model sees
---@field error boolean? the tool failed
---@field display string? one line for people
---@field below string[]? lines for people that stand below it, set by a hook

---@class MediaPart
---@field type "image"|"file"
---@field mime string
---@field data string base64

---A part of a message, told apart by its `type`.
---@alias Part TextPart|ThinkPart|CallPart|ResultPart|MediaPart

---Why an answer of the model ended.
---@alias StopReason
---| "end" # it was complete
---| "calls" # the model wants tools to run
---| "length" # the limit of tokens cut it
---| "filter" # the service's filter cut it
---| "refusal" # the model refused
---| "cancelled" # the user stopped it
---| "error" # it failed; the message's `err` says why
---| "turns" # of a run: its limit of turns is reached
---| "loop" # of a run: the model went in a circle; `err` says in which

---@class Usage
---@field input integer? with what was cached
---@field output integer? with the reasoning, but for Gemini, which counts it beside
---@field cached integer? read from the service's cache
---@field cache_write integer? put there
---@field reasoning integer?

---@class Message immutable once it is in a session
---@field role "user"|"assistant"|"tool"
---@field parts Part[]
---@field id string uuid
---@field time number seconds since 1970
---@field model string? assistant only
---@field stop StopReason? assistant only
---@field word string? assistant only: the service's own word for stop, and its reason when its filter ended the answer
---@field err Err? assistant only, with stop "error"
---@field usage Usage? assistant only

-- Deltas: what a decoder makes of a stream. One is good until the next event is decoded: copy what you keep. -------------------------------------------------------------------------

---@class Delta
---@field type "text"|"think"|"call"|"usage"|"stop"|"error"|"note"|"restart" restart: what came so far is void, the answer begins again
---@field text string? text and think: the piece; note: words to the user
---@field signature string? think
---@field taken boolean? think: the text so far was thinking
---@field last boolean? text, for hooks: it ends here; one that has held some back gives it now: text = held .. delta.text
---@field data table? text, think, call: vendor's own fields to keep; thinking without text belongs to the thinking before it
---@field index integer? call: which of the parallel calls, from 1
---@field id string? call: first piece
---@field name string? call: first piece
---@field args string? call: a piece of JSON text
---@field usage Usage? usage: absent numbers are nil
---@field reason StopReason? stop
---@field word string? stop: the service's own word for it
---@field err Err? error

-- Models and providers ----------------------------------------------------------------------------------------------

---@class Model a model that can be asked: an entry of `modelProviders`, or one made from flags and environment
---@field id string
---@field name string
---@field provider string provider file name ("openai")
---@field base_url string without a final slash, the path of a question and a query
---@field query string? of the address as written; every request keeps it
---@field env_key string? variable that holds the key
---@field key Secret? bound to the origin of base_url; nil when none is set
---@field key_source (Phrase|string)? words: "environment OPENAI_API_KEY", "flag --openai-api-key"
---@field config table generationConfig of the entry, as written by the user
---@field effort string? how much to think, where a flag, /effort or model.reasoningEffort says it for this model
---@field effort_told string? the nearest level that its provider file knows; nil: it cannot be told
---@field effort_chosen boolean? by a flag or /effort: stronger than its entry
---@field own_config table? config without that
---@field vision boolean?
---@field context integer? tokens: of the entry, else as the service or the family of the name has it
---@field max_output integer? tokens of one answer, from the same places
---@field prices {input: number, output: number, cached: number?, cache_write: number?, currency: string?}? of a million tokens, from its entry
---@field from Phrase|string words: where it was configured
---@field group string? the name under modelProviders that its entry stands under
---@field family string? the protocol of that name, before wireApi
---@field project string? path of a project's .env that names its address: no key but that file's is for it
---@field borrowed boolean? a name that no entry has, at the service of another model

---@class View what a provider turns into a request; nothing of the session but this
---@field system string
---@field messages Message[]
---@field tools {name: string, description: string, schema: string}[] schema is JSON text
---@field max_tokens integer?
---@field session string? id
---@field prompt string? id
---@field in_words boolean? an answer without a word is not asked for again: whoever asked says more
---@field purpose string? what the request is for when it is not the conversation: "compaction", "side"

---@class Request what a provider returns
---@field method string
---@field url string
---@field headers table<string, HeaderValue>
---@field body (string|Secret)[] pieces, joined in C

---@class Provider file in providers/
---@field summary string
---@field protocol string? this file speaks a protocol of its own
---@field base string? name of the provider it builds on
---@field super Provider? what the base had, for overrides that go on with it; set when the file is loaded
---@field match {hosts: string[]?, models: string[]?}|(fun(model: Model): boolean)|nil claims models of `base`: hosts with all below them
---("z.ai", ":11434"), patterns of ids in lower case
---@field sampling_alone boolean? samplingParams go out as they are: no limit of ours is added to them
---@field sign (fun(model: Model, key: Secret, request: Request): table<string, HeaderValue>)? the headers that hold the key, or are signed with it
---@field media string? kinds of files that its models take where neither entry nor name tells: "image pdf audio video"
---@field auth string? auth file; default "api-key"
---@field limit any windows: "60/min, 100/day", or tables {n, per, reset = "utc"?, tokens = true?}; see qwen.x.rate_limit
---@field instead (fun(): string)? what else there is when a limit is used up
---@field prices table<string, table>? by model id, per million tokens: {input, output, cached?, cache_write?, currency?}
---@field models (fun(ctx: Ctx, model: Model): table[]?, Err?)? asks the service
---@field request fun(model: Model, view: View): Request pure: same in, same bytes
---@field decoder fun(model: Model, view: View): fun(data: string?, event: string?, out: Delta[]) a new decoder: appends the deltas of one event to out; data nil means the stream is at its end
---@field events (fun(stream: HttpStream): fun(): string?, (string|Err)?)? how the answer comes apart, where it is no event stream; as HttpStream:event
---@field failure (fun(status: integer, headers: table, body: string): Err)? reads an error answer
---@field url (fun(model: Model): string)? of all protocols that ship: where a request goes
---@field headers (fun(model: Model, view: View): table<string, HeaderValue>?)? of all: headers besides the usual ones
---@field body (fun(model: Model, view: View): table)? of all but gemini (generation): the fields besides messages and tools
---@field encode_message (fun(model: Model, message: Message): table[])? of all: what a message becomes
---@field encode_tool (fun(model: Model, tool: table): string)? of all: the JSON of a tool
---@field encode_media (fun(model: Model, part: MediaPart): table)? of all: what an image or a file becomes
---@field usage (fun(u: table): Usage)? of openai: what an answer cost
---@field reason (fun(fields: table, model: Model, reasoning: table|false))? of openai: writes into the body how much to think
---@field efforts (fun(model: Model): string)? of all: the levels of "none low medium high xhigh max" that a model can be told; "" where none
---@field marks (fun(model: Model): boolean)? of openai: whether the service wants marks for its cache
---@field think_tags boolean? of openai: thinking arrives in the text, as <think>
---@field text_tool_calls boolean? of openai: calls arrive in the text, in the form that the model learnt; an entry's textToolCalls says otherwise
---@field thinking_field string? of openai: the field in which a model's own thinking goes back
---@field alternate boolean? of openai: two messages of the person after each other are made one

---@class Auth file in auth/
---@field summary string
---@field login (fun(ctx: Ctx, options: table): boolean?, Err?)?
---@field status (fun(ctx: Ctx): table)?
---@field headers fun(ctx: Ctx, model: Model, request: Request): table<string, HeaderValue>?, Err? request: as the hooks left it, to be signed
---@field refused (fun(ctx: Ctx, model: Model): boolean)? the service refused the credential: true when a new one is there and it is worth another try
---@field logout (fun(ctx: Ctx, name: string?): boolean?, Err?)?
---@field credential (fun(ctx: Ctx, refused: boolean?): table?, Err?)? of a method of qwen.oauth: what it keeps, renewed
---@field order number? place in the menu; default 50
---@field state (fun(ctx: Ctx): string?, "ready"|"ended"?)? what is known only now, for the menu: "Ending 2026-04-15"; "ready": it works without a step more, "ended": it is offered last
---@field news (fun(ctx: Ctx): string?)? words for the start of a session: another list of models
---@field flags table<string, string|true>? names of the flags of `login`, with a word for the value, or true for none; without it any are taken
---@field terms {terms: string, privacy: string}?
---@field options table<string, Option>? what a person may set
---@field check (fun(ctx: Ctx, report: Check))? for /doctor

-- Tools, commands, hooks --------------------------------------------------------------------------------------------

---@class Tool file in tools/
---@field summary string what the model reads
---@field schema table JSON Schema of the arguments
---@field effect "read"|"edit"|"run"|"none" what permission is asked for; "none" never asks
---@field paths (fun(args: table): string[])? files it touches, for permission
---@field command (fun(args: table): string, string?)? shell command it runs and the folder for it, for permission
---@field domain (fun(args: table, ctx: Ctx): string?, boolean?)? the host that it reaches, for permission: each is asked about; true: the person chose it, not the model
---@field most integer? bytes of its result; without it 65536
---@field run fun(ctx: Ctx, args: table, id: string): string|ToolResult|nil, Err? waits as it likes; id: of the call; nil, err becomes a failed result
---@field preview (fun(ctx: Ctx, args: table): string?, Err?)? diff or command, shown in the question; nil, err when it would fail: nobody is asked
---@field verbs {ask: Phrase, done: Phrase, host: Phrase?}? what it does, in front of the label: Read, Run; when it has: Ran; and in front of the host that it reaches
---@field label (fun(args: table): string)? a few words for one line: "src/main.c"
---@field editable string? name of the text argument that a person may write anew before allowing the call
---@field serial (boolean|fun(args: table): boolean?)? true: never beside another call of the same turn; false: beside those before it, though its effect is run
---@field asks boolean? its run asks the person: it is run without another question, and hooks of permission_asked may refuse it
---@field shown (fun(args: table, result: string?): string?)? Markdown below the line of the call, for people
---@field deferred boolean|(fun(ctx: Ctx): boolean)|nil named in tool_search at first, and offered once it was found or called
---@field offered (fun(ctx: Ctx): boolean)? false: it makes no sense here, and is not offered
---@field options table<string, Option>? what a person may set
---@field check (fun(ctx: Ctx, report: Check))? for /doctor

---@class ToolResult
---@field text string for the model
---@field display string? one line for people
---@field error boolean?
---@field parts MediaPart[]? inline media for the model

---@class Command file in commands/
---@field summary string
---@field args string? usage, e.g. "[ID]"
---@field shell boolean? also `qwen NAME ...` from a shell
---@field repl boolean? default true: also `/NAME` at the prompt
---@field session boolean? it needs the conversation: without a screen, `qwen --continue -p "/NAME"` opens it first
---@field beside (fun(args: string[]): boolean)? whether it runs at once while the model works: what it prints stands above the input until the turn is over, then in the scrollback
---@field aliases (string|table<string, string>)? other names: `{ "compress", remember = "add" }`; one with words puts them before what is typed. A file of that name is stronger
---@field complete (fun(ctx: Ctx, word: string, before: string[]): (string|{text: string, args: string?, detail: string?})[])? before: the words that stand already
---@field run (fun(ctx: Ctx, args: string[], rest: string): integer|{prompt: string}|false|nil, Err?)? exit code for the shell; a prompt is sent to the model; false tells the usage; nil, err is shown. With sub-commands: what happens when none is named; without it one must be
---@field subcommands table<string, Subcommand>? by name: `/NAME SUB ...`
---@field options table<string, Option>? what a person may set
---@field check (fun(ctx: Ctx, report: Check))? for /doctor

---`/NAME SUB ...` of a command. Its functions get the words behind SUB.
---@class Subcommand
---@field summary string
---@field args string? usage, e.g. "KEY [VALUE]": words outside brackets must be given; without it none is taken
---@field complete (fun(ctx: Ctx, word: string, before: string[]): (string|{text: string, args: string?, detail: string?})[])?
---@field run fun(ctx: Ctx, args: string[], rest: string): integer|{prompt: string}|false|nil, Err? as of a command

---@class SearchService file in search/: a service that searches the web, for the tool web_search
---@field summary string its name for people
---@field key string? variable of its key; without it it needs none
---@field url string? its address; tools.webSearch.url is stronger
---@field model string? that searches; tools.webSearch.model is stronger
---@field order number? the lowest of those that are ready is used
---@field named boolean? used only where tools.webSearch.provider names it
---@field request fun(query: string, at: {url: string, key: Secret?, most: integer, model: string?}): HttpRequest
---@field results fun(answer: table): {title: string, url: string, snippet: string?}[], string? of its JSON; and what it says in words
---@field usage (fun(answer: table): Usage?)? tokens that it took, for the ledger

---@class Hook file in hooks/: handlers by event, in the order of a session. They run in the order of file names. Nothing given back leaves the value as it is; a table takes its place, and what it lacks stays as it was; `false` and a reason block. Which of the three an event understands stands behind it.
---@field summary string? what it is for, in /doctor
---@field needs string? a setting: the handlers run only while it has a value
---@field servers LspServer[]? of hooks/lsp: the language servers that are known
---@field rules table? what it goes by, for files that build on it
---@field options table<string, Option>? what a person may set
---@field check (fun(ctx: Ctx, report: Check))? for /doctor
---@field session_started (fun(ctx: Ctx, start: {source: "startup"|"resume"|"clear"|"reload", model: string?}))?
---@field instructions_loaded (fun(ctx: Ctx, file: {path: string}))? a file such as QWEN.md is in the system prompt
---@field system_built (fun(ctx: Ctx, prompt: {text: string}): table?)? the system prompt, once a session; table
---@field prompt_expanded (fun(ctx: Ctx, prompt: {command: string, args: string, text: string}): (table|false)?, string?)? what a prompt command made; table, false
---@field prompt_submitted (fun(ctx: Ctx, prompt: {text: string, typed: string?}): (table|false)?, string?)? what the person sends; `typed` where more is in the text (of a command, a long paste, standard input): what they typed; table, false
---@field turn_started (fun(ctx: Ctx, turn: integer))?
---@field request_built (fun(ctx: Ctx, request: HttpRequest, model: Model): (table|false)?, string?)? before the secret is joined; change it in place; table, false
---@field response_started (fun(ctx: Ctx, response: {status: integer, headers: table}))?
---@field delta (fun(ctx: Ctx, delta: Delta): table?)? a piece of the answer, before it is shown and kept; table
---@field request_failed (fun(ctx: Ctx, failure: Failure): table?)? each failed attempt; change it in place; table
---@field request_ended (fun(ctx: Ctx, request: {model: string, service: string, account: string, purpose: string, outcome: string, usage: Usage?, prices: table?, seconds: number, status: integer?}))? each attempt, as the ledger has it
---@field answer_ended (fun(ctx: Ctx, answer: Message))? one answer of the model is complete
---@field message_added (fun(ctx: Ctx, message: Message))? it is in the session
---@field turn_ended (fun(ctx: Ctx, answer: Message))?
---@field before_tool (fun(ctx: Ctx, call: {name: string, args: table, id: string, ask: string?}): (table|false)?, string?)? `ask`: a reason to ask the person in every mode; table, false
---@field before_edit (fun(ctx: Ctx, edit: {name: string, args: table, id: string, paths: string[]}): false?, string?)? a tool is about to change files; false
---@field permission_asked (fun(ctx: Ctx, question: {name: string, args: table, id: string, reason: string, rule: string?, kind: string?}): (table|false)?, string?)? `{verdict = "allow"}` or `{verdict = "deny", reason = ...}` answers in the place of the person; `kind` is what asks: "asks" (the tool itself asks: it is only refused), "ask" (a rule), "hook", "unsure" (nobody can tell what it does), "beyond" (the sandbox), "guarded" (it decides what runs later), "outside" (of the project), "mode"; table, false
---@field permission_denied (fun(ctx: Ctx, call: {name: string, args: table, id: string, reason: string}))?
---@field tool_started (fun(ctx: Ctx, call: CallPart, args: table))?
---@field edit_ended (fun(ctx: Ctx, edit: {path: string, tool: string, id: string}))? a file was changed; changes of your own are seen by the model's next edit
---@field tool_ended (fun(ctx: Ctx, call: CallPart, result: ResultPart, seconds: number): table?)? before the model sees the result; table takes the place of the result
---@field todos_changed (fun(ctx: Ctx, todos: table[]))?
---@field prompt_answered (fun(ctx: Ctx, answer: Message, turns: integer): false?, string?)? the model asks for nothing more; false and a reason: the reason is sent and it goes on, up to 8 times
---@field agent_started (fun(ctx: Ctx, agent: {id: string, name: string, prompt: string}): (table|false)?, string?)? an agent gets a task; table, false
---@field agent_ended (fun(ctx: Ctx, agent: {id: string, name: string, text: string, stop: string, turns: integer}): false?, string?)? its last answer; false and a reason: the reason is sent to it and it goes on, as in prompt_answered
---@field session_deleted (fun(ctx: Ctx, session: {id: string, path: string}))?
---@field before_compaction (fun(ctx: Ctx, plan: {messages: integer, tokens: integer, instruction: string?}): (table|false)?, string?)? a long session is about to be shortened; table, false
---@field conversation_compacted (fun(ctx: Ctx, result: {before: integer, after: integer, how: string}))?
---@field notice_shown (fun(ctx: Ctx, text: string))? a warning to the person
---@field command_ended (fun(ctx: Ctx, command: {name: string, ok: boolean, seconds: number}))?
---@field model_switched (fun(ctx: Ctx, model: Model))?
---@field status_built (fun(ctx: Ctx, status: {text: string}): table?)? the status line below the input, when a session starts and an answer is complete; table
---@field session_ended (fun(ctx: Ctx, session: {reason: "done"|"exit"|"clear"|"interrupted"}))?

---A failed attempt, as the hook request_failed sees it. What the hook sets decides.
---@class Failure
---@field err Err may be replaced
---@field class string "burst"|"quota"|"overload"|"auth"|"network"|"protocol"|"too_long", or another kind of error; may be changed: the rules go by it
---@field attempt integer from 1
---@field shown boolean text of the answer was shown: it is not asked for again
---@field model string id
---@field wait (number|false)? set it: try again after so many seconds; false: not again
---@field switch string? set it: id of the model to ask instead

---A declared option of a file: `options = { limit = { type = "number", default = 5, text = "euros a day" } }`. Its value is in the returned
---table's `option.limit`; the person sets it in settings.json: `"lua": {"hooks/cost-cap": {"limit": 10}}`.
---@class Option
---@field type "string"|"boolean"|"number"|"list"|"object"|"any"
---@field default any
---@field text string what it is for
---@field choices any[]? the only values

---What a file's own `check` tells /doctor; what it gives back is not read.
---@class Check
---@field ok fun(text: string)
---@field warn fun(text: string, advice: string?)
---@field bad fun(text: string, advice: string?)

---A named store: a small JSON file in ~/.qwen/store/, safe with several processes.
---@class Kept
---@field get fun(self: Kept, key: string): any
---@field set fun(self: Kept, key: string, value: any): boolean?, Err? nil takes it away
---@field update fun(self: Kept, key: string, fn: fun(old: any): any): any, Err? under a lock; the new value
---@field all fun(self: Kept): table

-- ctx ---------------------------------------------------------------------------------------------------------------

---@class QuestionChoice one answer of a question
---@field key string what ask returns; one letter also answers at the keyboard after a second of quiet
---@field label string
---@field words string? the title of a line that is asked for beside the key
---@field detail string? what is said of it, below the label
---@field marked boolean? where several can be taken: whether it is
---@field lasting boolean? it holds beyond this once: no letter answers it

---@class Question about an effect: shown whole, answered from a list by arrows, digits or letters
---@field title string
---@field detail string? the command or the change; everything in it is shown
---@field reason string? why it is asked
---@field choices QuestionChoice[]
---@field turn boolean? who leaves it stops the turn
---@field leave fun()? what happens when the person leaves it, in the place of that
---@field id string? of the call that it is about
---@field markdown boolean? what is asked is prose of the model, and no effect: shown as its answers are
---@field stands boolean? it goes away with its answer, as one about a call does
---@field at integer? the choice that Enter takes at first
---@field keys string? more keys, for the hint
---@field leaves string? the name of a text that says what Esc does

---A question of the model, with options.
---@class FormQuestion
---@field question string
---@field header string a word or two
---@field options {label: string, description: string?}[]
---@field multiple boolean? several can be taken

---A command, monitor or agent that goes on beside the conversation.
---@class Job
---@field id string
---@field kind "command"|"monitor"|"agent"
---@field pid integer? of a command or monitor
---@field words string what it is, cut: the command
---@field path string? of the file with what a command writes
---@field agent Agent?
---@field since number when it began, on the clock of qwen.task.now
---@field how string? how it ended, for people; nil while it goes on
---@field took number? seconds from its beginning to its end
---@field owner Agent? in whose conversation it was started
---@field session Session? of the person's own conversation then
---@field waiting string[]? events of a monitor that the model has not had
---@field events integer? lines of a monitor that were events
---@field last string? the newest of them
---@field take (fun(): string)? the events that the model has not had; they are gone then
---@field looked integer? bytes of the file that the model has read
---@field read boolean? the model has read its end
---@field quiet boolean? its end is not reported to the user
---@field stop fun(by?: "user"|"model") ends it, with all that it started

---An agent of the session, also one that has ended.
---@class Agent
---@field id string
---@field name string its type
---@field title string? what it is to do, in a few words
---@field call string? id of the call that started it
---@field depth integer 1: started by the person's own conversation
---@field parent Agent?
---@field state "waiting"|"running"|"ended"|"failed"|"stopped"
---@field over boolean? it has ended
---@field since number
---@field took number?
---@field turns integer
---@field now {call: {id: string, name: string}, args: table, asks: boolean?, tail: string?}? the call that it carries out, or asks about
---@field usage {requests: integer, input: integer, output: integer, cost: number?, currency: string?, unpriced: boolean?}
---@field session Session? its conversation
---@field job Job? it is in the background
---@field tree {path: string, branch: string, done: boolean?}? its git worktree; done: what became of it is decided
---@field text string? its last answer
---@field problem string? why it has failed
---@field stopped ("user"|"model"|"turn")? who has stopped it
---@field stop fun(by?: "user"|"model"|"turn")

---What a running file gets: the session and the person at the other end.
---@class ClientFiles
---@field read fun(path: string, bytes: string, stat: Stat): string, Stat what the editor has in the place of what is saved
---@field write (fun(path: string, text: string, before: Stat|false): boolean?, Stat|Err)?

---@class Ctx
---@field cwd string real path of the project folder
---@field folders string[]? real paths of folders beside it that belong to the session
---@field settings Settings
---@field session Session?
---@field agent Agent? the agent in whose conversation this happens
---@field agents Agent[] of this session, the oldest first
---@field model Model?
---@field fallbacks Model[] asked in this order when the model has no room
---@field mode "plan"|"default"|"auto-edit"|"auto"|"yolo"
---@field mode_before string? in plan mode: the mode before it
---@field effort_chosen string? the effort that was chosen in the session, or for it
---@field entered {path: string, from: string}? the worktree that the model took the session to, and where it was before
---@field interactive boolean a person can answer
---@field serves boolean? its tools are offered to another program: qwen mcp serve
---@field client_files ClientFiles? files as the editor has them that leads the session
---@field client_terminal (fun(options: ProcOptions, command: string): table?, Err?)? runs a command in a terminal of that editor
---@field trusted boolean the folder is trusted
---@field seen table<string, {size: integer, mtime: number}> files read in this session, by real path
---@field print fun(text: string, as_is?: boolean) lines for the person (cleaned); our own English in the person's language and broken between words, unless they are to stand as they are
---@field print_markdown fun(text: string) a text in Markdown for the person: on the screen as an answer is, elsewhere as it is
---@field print_diff fun(diff: string) a unified diff for the person: on the screen with numbers and colours, elsewhere as it is
---@field notice fun(text: string) a warning line, never part of an answer
---@field hint fun(text: string) one dim line that nobody needs to read; without a screen only where somebody looks or --verbose is given
---@field jobs table<string, Job> what runs in the background, by id
---@field transcript (fun(agent: Agent?): boolean?, Err?)? at the prompt: the conversation, or an agent's, in the person's pager
---@field ask fun(question: Question): string?, string? waits: the key of a choice and the words typed with it; nil when nobody can answer or it was refused
---@field pick (fun(title: string, choices: (string|Choice)[], options: {at: integer?, search: boolean?, hint: string?, preview: (fun(i: integer, said: string?): string?)?, texts: fun(query: string, hit: fun(choice: integer|Choice, said: string))?}?): integer?)? when somebody can be asked: one of several, by arrows or search; nil when they leave; preview: which one is marked now, and what was found in it, gives Markdown to be shown below; texts: searches what is not in the rows, and gives each choice that fits to hit, by its number or as one more
---@field questions (fun(list: FormQuestion[]): (string[]|false)[]?)? when somebody can be asked: several questions, one after the other; of each the labels that were taken and own words, false where there is no answer; nil when they decline
---@field decide (fun(call: CallPart, tool: Tool, args: table): boolean, string?, table?, boolean?, string?)? when a program leads the session: asks it about a call; whether it may run, the words for the model, changed arguments, and what was said
---@field client {ask: fun(request: table, seconds: number?): table?, Err?}? the program that leads the session
---@field given_agents table[]? agents of that program, as files in agents/ have them
---@field live (fun(make: fun(): string[]?, Err?): integer?, Err?)? when somebody looks: lines made anew every second until they leave; a code for the shell
---@field line (fun(title: string, hidden: boolean?): string?)? when somebody can be asked: a line of text
---@field edit (fun(before: string, suffix: string?): string?, Err?)? at the prompt: a text in the person's own editor
---@field vim_mode (fun(): string?)? at the prompt: the mode of vi keys, where they are on
---@field begin fun()? where no prompt has begun the session: begins it, for those who ask the model with its tools
---@field earlier fun()? shows the last turns of the session; nil where nobody looks
---@field prompt (fun(line: string, typed?: string): Message?, boolean)? in a command with a session: does what a line says as if it were sent; the last answer, and whether it was done at all. `typed`: what the person typed that led to it. Without a screen only prompts
---@field idle (fun(seconds: number, over?: fun(): boolean): boolean)? in a command with a session: waits, and does meanwhile what the person sends; `over` is asked then and ends it; false when the session ends
---@field suggest (fun(text: string))? at the prompt: shows what may be sent next, dim in the empty input; Tab or Right takes it
---@field repeating string? what goes on over several prompts, for the footer: "loop 2/20"
---@field prefill (fun(text: string))? at the prompt: puts a text into the input
---@field transport fun(request: HttpRequest): HttpStream?, Err? the way to the network: with the flags about the connection, recorded or replayed
---@field warm fun() opens a connection to the model's service ahead of its use; for loopback hosts nothing
---@field emit fun(event: string, ...): any runs the hooks of an event
---@field listens fun(event: string): boolean whether anybody hears an event
---@field waiting fun(e: Err?, left: number?, attempt: integer?) seconds until the next attempt, about once a second; without attempt it is not asked again, but goes on; nil when the wait is over
---@field shows table<string, boolean> types of deltas that the person has seen when they were given to show
---@field background fun(fn: fun()) runs a job beside everything else; a second of computing between two waits is its budget, what fails is told
---@field after fun(seconds: number, fn: fun()): fun() runs fn once, in the background; what it gives back stops the timer. A timer that was begun in a session ends with it
---@field every fun(seconds: number, fn: fun()): fun() the same again and again, the first time after that many seconds; an error ends it
---@field clock {now: fun(): number, sleep: fun(seconds: number)}? instead of the real one, for tests
---@field taken_told string? names of variables that were taken out of commands, as they were told last
---@field result_room integer? bytes that a result of this turn may have before it is cut
---@field spill fun(name: string, text: string, ending?: string): string? writes a too long output to a private file, gives its path; ending: without it "output"
---@field progress fun(text: string) a tool's live output tail
---@field status fun(text: string?) one line that stands while something is waited for; without a text it goes away
---@field theme (fun(name: string?))? in a session: takes the colours of the settings from now on, or tries those of a theme
---@field system string? the system prompt, once it is made
---@field tools_of Model? the model that the offered tools were chosen for; nil: they are chosen anew
---@field switch fun(model_id: string, provider: string?, base_url: string?): Model?, Err? takes another model from now on
---@field tell_next fun(words: string) the model is told this with the next prompt
---@field take_session fun(session: Session) another session in the place of this one
---@field move (fun(to: string): string?, Err?)? at the prompt: the session goes on in another folder; gives its real path
---@field tree Tree? the git worktree that the run is in
---@field quit fun(code?: integer) ends the session after this command

---@class Tree a git worktree of a run
---@field name string
---@field path string
---@field branch string
---@field root string the working tree below which it is
---@field base string? commit that it begins with, where this run has made it
---@field from string? branch that it was made from

---@class Choice of ctx.pick
---@field label string
---@field detail string?
---@field columns string[]? in the place of detail: texts that stand below each other in all rows
---@field group string? heading above
---@field disabled string? why it cannot be taken

---@class Settings
---@field get fun(self: Settings, key: string): any dotted: "model.name"; nil when nowhere set and without default
---@field explain fun(self: Settings, key: string): {value: any, source: string, line: integer?, scope: string, used: boolean, note: string?}[] winner first, then every loser
---@field keys fun(): string[] the keys we know, sorted
---@field option fun(key: string): {type: string, default: any, choices: string[]?, text: string, project: boolean?}? what we know of a key
---@field read_value fun(key: string, text: string): any, Err? a typed value in the form its key wants
---@field project_may fun(key: string): boolean whether a trusted folder's own settings may set it
---@field reload fun(self: Settings): boolean?, Err? reads all sources anew
---@field effect fun(key: string): "honoured"|"named"|"above"|"unknown", {text: string, restricts: boolean, same: string?}? what becomes of a key: honoured, named with the reason why it has no effect, a part above such keys, or unknown
---@field nearest fun(key: string): string? the known key that is most like another one
---@field without {key: string, place: string, text: string?, restricts: boolean?, near: string?}[] what the files set without effect; without text the key is unknown
---@field problems string[] sentences to show once
---@field env fun(self: Settings, name: string): string?, (Phrase|string)?, ("environment"|"dotenv"|"settings")? value, words for its source, and its kind: the real environment, then .env, then settings env

---@class Session
---@field id string
---@field path string
---@field messages Message[]
---@field add fun(self: Session, message: Message): boolean?, Err? appends one line
---@field left {mode: string?, effort: string?}? what the user had chosen for it when it was left
---@field resumed boolean? it goes on
---@field sync fun(self: Session)
---@field history fun(self: Session): fun(): Message? all messages, also those that a shortening left in the file
---@field left_out fun(self: Session): string[] sentences about what the file has and messages have not
---@field rewind fun(self: Session, at: integer): boolean?, Err? goes back to before a message; the file keeps what is left
---@field compact fun(self: Session, messages: Message[], tokens: {before: integer, after: integer}): boolean?, Err? puts a shorter history in the place of this one

-- qwen --------------------------------------------------------------------------------------------------------------

---@class qwen
---@field version string
---@field api integer 1
---@field x qwen.x what may change between versions; everything else here is kept
---@field shipped fun(name: string): table the shipped file "providers/openai" as a table of your own
---@field store fun(name: string): Kept values that stay, over /reload and over the end of the program
---@field inspect fun(value: any): string any value as text for people
---@field cleanup fun(fn: function): table runs fn when the scope is left: `local _ <close> = qwen.cleanup(fn)`
---@field tr fun(template: string|Phrase, ...): string a text in the user's language, filled in as by string.format; what is filled in stays as it is
---@field phrase fun(template: string, ...): Phrase a text that is translated where it is shown: tr(phrase)
---@field try fun(fn: function, ...): boolean, any like pcall; an error comes back as text with a traceback
---@field err fun(kind: ErrKind, message: string, fields?: table): Err
---@field json sys.json
---@field fs sys.fs
---@field os sys.os
---@field text qwen.text
---@field proc qwen.proc
---@field http sys.http
---@field secret sys.secret
---@field task sys.task
---@field message qwen.message
---@field one_shot qwen.one_shot
---@field paths qwen.paths
---@field models qwen.models
---@field sessions qwen.sessions
---@field keys qwen.keys
---@field wire qwen.wire
---@field credentials qwen.credentials
---@field api_key_login qwen.api_key_login
---@field oauth qwen.oauth
qwen = {}

---What our own files use and any file may use, but what may change with the next version.
---@class qwen.x
---@field aliases qwen.x.aliases
---@field allowance qwen.x.allowance
---@field agents qwen.x.agents
---@field api_reference qwen.x.api_reference
---@field args qwen.x.args
---@field body qwen.x.body
---@field changes qwen.x.changes
---@field checkpoints qwen.x.checkpoints
---@field client qwen.x.client
---@field clipboard qwen.x.clipboard
---@field command_groups qwen.x.command_groups
---@field compaction qwen.x.compaction
---@field deferred_tools qwen.x.deferred_tools
---@field demo qwen.x.demo
---@field environment fun(): table globals as a user file has them
---@field export qwen.x.export
---@field failure fun(status: integer, headers: table<string, string>, body: string): Err reads an error answer of a model service
---@field effort qwen.x.effort
---@field encoding qwen.x.encoding
---@field files qwen.x.files
---@field folders qwen.x.folders
---@field fuzzy_match qwen.x.fuzzy_match
---@field notebook qwen.x.notebook
---@field packages qwen.x.packages
---@field package_description qwen.x.package_description
---@field package_files qwen.x.package_files
---@field package_rights qwen.x.package_rights
---@field package_store qwen.x.package_store
---@field patch_apply qwen.x.patch_apply
---@field patch_text qwen.x.patch_text
---@field patches qwen.x.patches
---@field git qwen.x.git
---@field hook_runner qwen.x.hook_runner
---@field html_markdown qwen.x.html_markdown
---@field home_check qwen.x.home_check
---@field image qwen.x.image
---@field instructions qwen.x.instructions
---@field jobs qwen.x.jobs
---@field json_schema qwen.x.json_schema
---@field memory qwen.x.memory
---@field jsonc qwen.x.jsonc
---@field kept qwen.x.kept
---@field key_command qwen.x.key_command
---@field ledger qwen.x.ledger
---@field line_flags qwen.x.line_flags
---@field limits qwen.x.limits
---@field local_servers qwen.x.local_servers
---@field login qwen.x.login
---@field markdown_resource qwen.x.markdown_resource
---@field lsp qwen.x.lsp
---@field lsp_answers qwen.x.lsp_answers
---@field lsp_changes qwen.x.lsp_changes
---@field lsp_queries qwen.x.lsp_queries
---@field mcp qwen.x.mcp
---@field mcp_server qwen.x.mcp_server
---@field mcp_oauth qwen.x.mcp_oauth
---@field mcp_sign_in qwen.x.mcp_sign_in
---@field mcp_content qwen.x.mcp_content
---@field mcp_elicitation qwen.x.mcp_elicitation
---@field mcp_import qwen.x.mcp_import
---@field mcp_project qwen.x.mcp_project
---@field mcp_prompt qwen.x.mcp_prompt
---@field mcp_roots qwen.x.mcp_roots
---@field mcp_schema qwen.x.mcp_schema
---@field mcp_starting qwen.x.mcp_starting
---@field mcp_words qwen.x.mcp_words
---@field moved_names qwen.x.moved_names
---@field plan_file qwen.x.plan_file
---@field plan_mode qwen.x.plan_mode
---@field policy qwen.x.policy
---@field privacy qwen.x.privacy
---@field project_files qwen.x.project_files
---@field project_lua qwen.x.project_lua
---@field prompt_command qwen.x.prompt_command
---@field rate_limit qwen.x.rate_limit
---@field redact qwen.x.redact
---@field redis_limiter qwen.x.redis_limiter
---@field registry qwen.x.registry
---@field reload qwen.x.reload
---@field remote_models qwen.x.remote_models
---@field replay qwen.x.replay
---@field output qwen.x.output
---@field output_style qwen.x.output_style
---@field runner qwen.x.runner
---@field search qwen.x.search
---@field similar qwen.x.similar
---@field sampling qwen.x.sampling
---@field sandbox qwen.x.sandbox
---@field sandbox_check qwen.x.sandbox_check
---@field serve_tools qwen.x.serve_tools
---@field settings_hooks qwen.x.settings_hooks
---@field settings_writer qwen.x.settings_writer
---@field subagent qwen.x.subagent
---@field system_prompt qwen.x.system_prompt
---@field telemetry qwen.x.telemetry
---@field test_home qwen.x.test_home
---@field testing qwen.x.testing
---@field transcript qwen.x.transcript
---@field translate qwen.x.translate
---@field trust qwen.x.trust
---@field view qwen.x.view
---@field web_access qwen.x.web_access
---@field web_page qwen.x.web_page
---@field words qwen.x.words
---@field worktrees qwen.x.worktrees

---@class qwen.x.project_lua Lua of a project, in a process of its own, once the person has allowed it
---@field files fun(cwd: string): {path: string, source: string}[] what would run, by name
---@field hash fun(files: {path: string, source: string}[]): string what stands for these contents
---@field allow fun(cwd: string, hash: string): boolean?, Err?
---@field forget fun(cwd: string): boolean?, Err?
---@field is_allowed fun(cwd: string, files: {path: string, source: string}[]): boolean
---@field start fun(files: {path: string, source: string}[]): table?, Err?, string[]? a worker with ask(question), events and close(); problems

---@class qwen.x.aliases other names of commands, and those that the settings take away
---@field is_disabled fun(ctx: Ctx, name: string, rest?: string): boolean by slashCommands.disabled, under any name
---@field listed fun(ctx: Ctx, wanted: (fun(name: string): boolean)?): table[] the commands that can be called; those that are not wanted are not loaded
---@field names fun(ctx: Ctx, wanted: (fun(name: string): boolean)?): string[] their names, without loading anything
---@field others fun(ctx: Ctx, wanted: fun(name: string): boolean): {name: string, command: string, words: string, args: string?}[] the other names that can be called
---@field of fun(value: Command?): {name: string, words: string}[] of a command's table, with the words that each puts in front
---@field resolve fun(name: string, rest?: string): string, string the command that a name stands for, and the text behind it

---@class qwen.x.api_reference what the type files say
---@field classes fun(): table[] {name, parent, text, fields = {name, type, text}}
---@field find fun(name: string): table? the class of a name: "Hook", "qwen.fs"
---@field nearest fun(name: string): string? the name most like one that is not there
---@field names fun(): string[]
---@field split fun(text: string): string, string a type, and the words behind it
---@field source fun(name: "qwen"|"sys"): string the type file
---@field markdown fun(): string the whole reference as one page

---@class qwen.x.moved_names what was called otherwise in former versions
---@field now fun(name: string): string? "x.files" for "files"; nil when there was no such name
---@field find fun(source: string): {old: string, now: string}[] the former names that a Lua text uses

---@class qwen.x.test_home the home that the tests of a person's files run in
---@field inside fun(): boolean whether this is such a run
---@field run fun(args: string[], ctx: Ctx): integer?, Err? runs `qwen test` there: an exit code

---@class TestHttp the network of a test: what is not written down is refused
---@field answer fun(self: TestHttp, url: string, answer: {status: integer?, headers: table?, body: string?}|fun(request: HttpRequest): table) a whole address, or a beginning that ends with *
---@field asked HttpRequest[]

---@class TestPrograms the programs of a test: what is not written down is refused
---@field answer fun(self: TestPrograms, words: string, answer: {code: integer?, out: string?, err: string?}|fun(options: ProcOptions): table) a command line, or a beginning that ends with *
---@field allow fun(self: TestPrograms, name: string) lets it run as it is
---@field asked ProcOptions[]

---@class qwen.x.testing running the tests of a person's files
---@field run fun(path: string, ctx: Ctx, told: fun(name: string, ok: boolean, e: string?)): Err? one file

---What a test of `qwen test` gets. A test file DIR/NAME_test.lua returns a table of functions by name.
---@class Trial
---@field dir string a folder of its own, gone after the test
---@field ctx Ctx
---@field clock {now: fun(): number, advance: fun(seconds: number)} the time of qwen.task, which moves when told; timers that are due run while it moves
---@field set table<string, any> settings by dotted key
---@field http TestHttp what qwen.http.open finds
---@field programs TestPrograms what qwen.proc.run finds
---@field notices string[] what was told to the person
---@field out string[] what was printed
---@field asked table[] requests that were sent: {method, url, headers, body, text}
---@field model Model
---@field eq fun(self: Trial, got: any, want: any, name?: string)
---@field ok fun(self: Trial, value: any, name?: string)
---@field match fun(self: Trial, text: string, pattern: string, name?: string)
---@field fails fun(self: Trial, fn: function, pattern: string, name?: string)
---@field write fun(self: Trial, name: string, text: string): string a file in its folder; the path
---@field read fun(self: Trial, name: string): string?
---@field secret fun(self: Trial, name: string, origins?: string[]): Secret one that is none
---@field command fun(self: Trial, name: string, ...: string): {code: integer?, err: Err?, out: string}
---@field tool fun(self: Trial, name: string, args: table): ToolResult?, Err?
---@field emit fun(self: Trial, event: string, ...): any, string? runs the handlers
---@field request fun(self: Trial, provider: string, prompt: string, model?: table): table the request a provider makes; its body as a table
---@field ask fun(self: Trial, prompt: string, answers: table[]|string, mode?: string): {text: string, stop: string, err: Err?, turns: integer, messages: Message[], requests: table[], notices: string[], blocked: string?} the model answers {text=} or {calls={{name=, arguments=}}} or {status=, body=}, one a request; or a recording of `--record` beside the test, by its name

---@class qwen.text: sys.text
---@field lines fun(text: string): string[] without line ends
---@field head fun(text: string, limit: integer): string its beginning, at most so many bytes, ending with a whole character
---@field tail fun(text: string, limit: integer): string its end, at most so many bytes, beginning with a whole character
---@field head_tail fun(text: string, limit: integer): string, boolean beginning (1/5) and end of a long text with a mark between; true when cut
---@field nearest fun(word: string, words: string[]): string? most alike, for "did you mean"
---@field diff fun(old: string, new: string, path: string): string unified diff
---@field human_bytes fun(n: integer): string "3.4 KB"
---@field count fun(n: integer, one: string, many: string?): string "1 file", "2 files"
---@field width fun(text: string): integer columns of a terminal that one line of clean text takes
---@field pad fun(text: string, width: integer): string with blanks to so many columns of a terminal, behind it; before it for a negative width
---@field trim fun(text: string): string without white space at both ends, in one pass: `%s+$` would take a look for each blank of each run
---@field trim_end fun(text: string): string without white space at its end
---@field closed fun(text: string): table<integer, integer> where the braces of a text that are closed end, by the place of the opening one
---@field shell_word fun(word: string): string as a shell takes it, in quotes where it needs them
---@field shell_words fun(line: string): string[] words as a shell would split them, with both quotes
---@field without_mark fun(word: string): string? a name in a sentence without the mark of punctuation behind it
---@field last_line fun(text: string): string what stands behind the last line end

---@class qwen.proc
---@field open fun(options: ProcOptions): Process?, Err? a name without "/" is one in PATH outside the project
---@field which fun(name: string): string?, string? the program of that name that is neither the project's nor another user's; what is wrong with those that were found
---@field helper_env fun(): table<string, string> the few variables that a program of ours needs to look at files
---@field own_env fun(trusted?: boolean): table<string, string> all variables; PATH without relative entries and, unless the folder is trusted, without the project's
---@field desktop_env fun(): table<string, string> all variables but credentials, PATH without the project's folders
---@field run fun(options: ProcOptions|{input: string?, limit: integer?, ends: boolean?, on_output: fun(chunk: string, from: string)?}): {code: integer?, signal: integer?, timed_out: boolean, out: string, err: string, truncated: boolean}?, Err? waits for the whole run

---@class Place a path of a call as it is judged
---@field name string in normal form
---@field real string what it reached then
---@field unsure boolean a link in it leads nowhere
---@field absent boolean? it is outside, nothing is there, and it may only be looked for

---@class Encoding what a file's text is in
---@field name string
---@field bom string the mark before it; ""

---@class FilePart lines of a file that were replaced
---@field first integer
---@field last integer
---@field count integer by so many
---@field known boolean the model gave all of them

---@class qwen.x.html_markdown
---@field convert fun(source: string, options: {url: string, most: integer, pause: function?}): {text: string, title: string, scripts: integer, cut: boolean, refresh: string?}?, Err? what a reader sees of a page; refresh: the address that it sends a browser on to

---@class qwen.x.web_page pages of the web, as somebody without a name would get them
---@field most integer bytes that are read
---@field place fun(url: string): table?, Err? the parts of an address that may be fetched, as qwen.http.parse_url has them
---@field fetch fun(transport: fun(request: HttpRequest): HttpStream?, Err?, url: string, options: {accept: string, agent: string, inside: boolean?}): {url: string, status: integer, type: string?, charset: string?, bytes: string?, redirect: string?}?, Err? redirect: it leads to another host
---@field is_html fun(page: table): boolean
---@field marked fun(words: string, from: string): string text of a stranger between two lines that it cannot know, and called data
---@field text fun(page: table): string?, string? in UTF-8; nil and the ending of a file where it is no text

---@class qwen.x.web_access which hosts may be reached
---@field matches fun(spec: string, host: string, exact?: boolean): boolean whether the text of a rule means a host
---@field inside fun(ctx: Ctx, host: string): boolean whether it may be one of a private network
---@field judge fun(ctx: Ctx, set: table, name: string, tool: Tool, args: table): "allow"|"ask"|"deny", Phrase, string?, boolean? of a call with a domain

---@class qwen.x.effort
---@field levels string[] none, low, medium, high, xhigh, max
---@field known fun(model: Model): string[] the levels that a model can be told, in rising order
---@field nearest fun(known: string[], level: string): string? the highest below a level, else the lowest above it
---@field apply fun(model: Model, level: string?, chosen?: boolean) gives a model a level; chosen: it is stronger than the model's entry
---@field with fun(model: Model, level: string): Model a model like another one, with a level of its own
---@field set fun(ctx: Ctx, level: string) for the rest of the run: the model in use and each that is chosen later
---@field words fun(model: Model): string what counts for a model, in words for the user
---@field next fun(ctx: Ctx): string? the next level at which the model in use thinks, "default" after the last; nil: it cannot be told any
---@field sent fun(model: Model, level: string): string the fields of a request that a level changes

---@class qwen.x.encoding
---@field decode fun(bytes: string): string?, Encoding? text in UTF-8 and what it was in (nil: UTF-8); nil when it is no text
---@field encode fun(text: string, encoding?: Encoding): string?, string? bytes; nil and the first character that it does not have

---@class qwen.x.files
---@field opened fun(ctx: Ctx, path: string, change?: boolean): string?, Err? the real path that this call may open for a path
---@field read fun(ctx: Ctx, path: string, limit?: integer, below?: boolean): string?, Stat|Err by the path that was judged, without a link; below: a name below what `opened` gave
---@field read_text fun(ctx: Ctx, path: string, limit?: integer): string?, Stat|Err, Encoding? the same as text in UTF-8; the error has the code "binary" when it is none
---@field form fun(text: string, encoding?: Encoding): string? what a text is in where that is not UTF-8 with plain line ends
---@field stat fun(ctx: Ctx, path: string, below?: boolean): Stat?, Err?
---@field list fun(ctx: Ctx, path: string, below?: boolean): {name: string, type: string}[]?, Err?
---@field write fun(ctx: Ctx, path: string, text: string, before: Stat|false, how?: {encoding: Encoding?, part: FilePart?, mode: integer?}): boolean?, Err? before: the file that was read; false: nothing is there. It counts as seen; part: lines that were replaced; mode: of a new file
---@field remove fun(ctx: Ctx, path: string, before: Stat): boolean?, Err? where it is still what was looked at
---@field place fun(path: string): Place
---@field places fun(ctx: Ctx, paths: string[]): Place[] from the project folder, by their text
---@field place_inside fun(ctx: Ctx, place: Place): boolean in the project
---@field place_readable fun(ctx: Ctx, place: Place): boolean inside, or an output that was spilled for this project
---@field holds_home fun(ctx: Ctx): boolean the project holds the person's home folder
---@field place_of_keys fun(ctx: Ctx, place: Place): boolean keys are kept there, in a project that holds the home folder
---@field place_protected fun(ctx: Ctx, place: Place): boolean decides what runs later
---@field scope fun(ctx: Ctx, effect: string, places: Place[]): Ctx for one call: `read`, `list`, `stat` and `write` open these places and no others
---@field ignore_flags fun(ctx: Ctx): string[] for ripgrep: leave out what git ignores
---@field ignored fun(ctx: Ctx): fun(path: string): string? whether .qwenignore or a file like it names a path, and which
---@field visible fun(ctx: Ctx, folder: string, seconds?: number): string[]?, Err?, ("stopped"|"unread")? relative paths of the files that are not ignored, and why that is a part; nil without ripgrep and git
---@field links fun(folder: string, found: string[]): table<string, Stat> links to files in the folders that hold some files
---@field missing fun(ctx: Ctx, path: string): Err that nothing is at a path, with what is nearest to it
---@field resolve fun(ctx: Ctx, path: string): string?, Err? absolute path, normalised; a relative one counts from the project folder
---@field normal fun(path: string): string without ".", ".." and doubled slashes, by its text alone
---@field glob fun(pattern: string, below?: boolean, literal?: boolean): fun(path: string): boolean whether a path fits: * ? [a-z] {a,b} and ** for any folders; `below`: or is below what fits; `literal`: a name that is written in the pattern fits, `[id]`, too
---@field inside fun(ctx: Ctx, path: string): boolean true when the real path is in the project folder
---@field readable fun(ctx: Ctx, path: string): boolean inside, or an output that was spilled for this project
---@field protected fun(ctx: Ctx, path: string): boolean .git, .qwen, shell start files: ask in every mode
---@field real fun(path: string): string, boolean? the path the system would reach, also of what does not exist yet; true when that is not sure
---@field relative fun(ctx: Ctx, path: string): string for people: relative to the project when it is inside
---@field show_folder fun(ctx: Ctx, folder: string) lets a folder outside the project be read unasked, as that of a skill
---@field mark_seen fun(ctx: Ctx, path: string, stat?: Stat, shown?: {first: integer, last: integer, total: integer}) lines of a file were shown: it may be edited while it stays the same; without shown no more than before, or all
---@field wrote fun(ctx: Ctx, path: string): boolean whether the tool that runs wrote the file by write
---@field check_seen fun(ctx: Ctx, path: string, stat?: Stat, whole?: boolean): boolean?, Err? whether a file may be changed; whole: all of it is replaced
---@field walk fun(root: string, limit?: integer, ctx?: Ctx): fun(): string? relative file paths; with ctx without those of its .qwenignore

---@class qwen.x.json_schema
---@field check fun(schema: table, value: any): boolean?, string? what is wrong and where, in words for the model
---@field typed fun(schema: table, value: any): any the value with texts read as what the schema wants, where it wants no text and the text says one

---@class qwen.x.registry
---@field list fun(kind: string, left_out: (fun(name: string, form: string?): boolean)?): {name: string, tier: string, path: string?, summary: string?, shadows: string[]?, problem: string?}[]
---@field get fun(kind: string, name: string): table?, Err?
---@field has fun(kind: string, name: string): boolean
---@field names fun(kind: string?): string[] without loading anything; without a kind all, as KIND/NAME
---@field shipped fun(name: string): table the shipped "providers/openai" as a fresh table
---@field source fun(name: string): string? the shipped text of "providers/openai"
---@field problems fun(): string[] what is wrong with the files loaded so far
---@field scan fun(options: {safe: boolean?, project: string?, use: string[]?, trial: string?}, keep_modules: boolean?): string[] project: its .qwen, when it is trusted; finds all files again, forgets what was loaded
---@field use_settings fun(settings: Settings) where declared options get their values from
---@field clash fun(kind: string, name: string): string? once, that two files of one tier have a name
---@field tiers fun(kind: string, name: string): {tier: string, path: string, problem: string?, package: string?}[] what is behind a name, strongest first
---@field blamed fun(words: string, kind: string?, name: string?): string words about a failure, and behind them what the file that they name takes the place of, else the one of this name
---@field generation fun(): integer grows with each scan
---@field hook_of fun(source: string): table? the hook file in force that a chunk came from; another one once it was replaced
---@field withdraw fun(kind: string, name: string, from: string) takes back what was offered
---@field provide fun(kind: string, name: string, value: table, from: string) offers something that comes from no file, under all files of that name
---@field run_init fun(ctx: Ctx) runs ~/.qwen/init.lua
---@field ready fun(entry: table): table? the table of a file, laid over what it builds on
---@field kinds string[]

---@class Package a folder of the shape of ~/.qwen in ~/.qwen/packages or ~/.qwen/extensions
---@field name string
---@field version string
---@field dir string
---@field enabled boolean its files count here
---@field state "ready"|"new"|"changed"|"broken"|"off" new and changed ones wait for approval
---@field source string where it came from
---@field manifest PackageManifest?
---@field problem string?
---@field entry table? what the lock file says of it
---@field linked boolean? it stays in a folder of the user's

---@class PackageManifest
---@field name string
---@field version string
---@field description string
---@field api integer
---@field may table<string, true> rights: net, exec, files, all
---@field settings table<string, table> declared as options of a file are
---@field folders table<string, string|string[]> where a kind lies that is not in the folder of its name
---@field form string the file it is from
---@field raw table what that file says

---@class qwen.x.packages the packages that are there
---@field places string[] folders of ~/.qwen that hold them
---@field manifest fun(dir: string): PackageManifest?, Err?
---@field list fun(where: {cwd: string?}?): Package[], string[] and what is wrong with the lock file
---@field find fun(name: string, where: {cwd: string?}?): Package?, Err?
---@field folders fun(package: Package, kind: string): string[] folders with its files of a kind
---@field setting_problem fun(option: table, value: any): string? why a declared setting cannot have a value
---@field trial fun(dir: string): Package?, Err? a folder of the user's as a package that counts as it is
---@field brings fun(package: {dir: string, manifest: PackageManifest}): {kind: string, names: string[]}[]
---@field read fun(package: Package, path: string): string?, Err? one of its files, if it is what was approved

---@class qwen.x.package_description
---@field agreed fun(ctx: Ctx, yes: boolean?, title: string, dir: string, paths: string[]): boolean?, Err? asks; the files can be looked at
---@field lines fun(package: table, hashes: table<string, string>): string[] what it is, brings and may do

---@class qwen.x.package_files the files of a package, within bounds and without links
---@field most {files: integer, size: integer, total: integer, depth: integer, path: integer}
---@field path_problem fun(path: string): string? why a relative path cannot be one of a package's
---@field list fun(dir: string): string[]?, Err?
---@field read fun(dir: string, path: string): string?, Err?
---@field hashes fun(dir: string): table<string, string>?, Err? SHA-256 by path
---@field differences fun(old: table<string, string>, new: table<string, string>): {path: string, how: "new"|"changed"|"gone"}[]
---@field load fun(dir: string): {path: string, text: string, program: boolean}[]?, Err?
---@field write fun(dir: string, files: {path: string, text: string, program: boolean?}[]): boolean?, Err?

---@class qwen.x.package_rights what a package may do
---@field names string[]
---@field api table<string, string|false> the right that a part of `qwen` needs
---@field x table<string, string|false> the same for `qwen.x`
---@field ctx table<string, string|false> the same for `ctx`
---@field kinds table<string, string> kinds whose files need a right
---@field events table<string, string> handlers that need one
---@field words fun(): table<string, string> what each right means
---@field has fun(package: Package, right: string|false): boolean
---@field refusal fun(package: Package, what: string, right: string): string

---@class StagedPackage what was fetched and is not in force; close it
---@field dir string
---@field manifest PackageManifest
---@field hashes table<string, string>
---@field source string
---@field resolved string? version or commit
---@field integrity string?
---@field close fun(self: StagedPackage)

---@class qwen.x.package_store adding, updating and removing packages
---@field parse fun(text: string, cwd: string): table?, Err? npm:NAME[@RANGE], an address of git, or a folder
---@field fetch fun(ctx: Ctx, source: table): StagedPackage?, Err?
---@field install fun(staged: StagedPackage, replaces: Package?): string?, Err?
---@field link fun(source: table): Package?, Err? a folder that stays where it is; `approve` notes it
---@field approve fun(package: Package, hashes: table<string, string>): boolean?, Err? the files as they were shown
---@field remove fun(package: Package): boolean?, Err?
---@field switch fun(package: Package, on: boolean, project: string?): boolean?, Err?

---@class qwen.x.reload taking what was saved since the files were read; what was in order and is broken now leaves the old one in force
---@field all fun(): string[], boolean finds and loads all files again; what is broken, and whether the new ones count
---@field take_saved fun(ctx: Ctx): boolean? the same when a file was saved since; what is wrong is told
---@field kind fun(kind: string): string[] the user's own files of one kind; problems

---@class HookWords what a hook of the settings said
---@field block string?
---@field ask string?
---@field allow boolean?
---@field input table? other arguments of the tool
---@field context string? for the conversation
---@field message string? for the user
---@field warning string? why it said nothing

---@class qwen.x.hook_runner
---@field run fun(ctx: Ctx, event: string, hook: table, input: string): HookWords runs one hook of the settings; input is the event as JSON

---@class qwen.x.settings_hooks `hooks` of settings.json as they are written
---@field events table<string, "tool"|"name"|false> what the matcher of each event is held to
---@field tool_names table<string, string[]> other names of tools, that of Claude Code first
---@field matches fun(matcher: any, name?: string, others?: string[]): boolean whether a matcher fits a name; one that is not understood fits all
---@field chosen fun(hooks: any, event: string, name?: string): {hook: table, sequential: boolean?}[] those that run
---@field seconds fun(hook: table, default: number): number how long one may take
---@field problems fun(hooks: any): {key: string, text: string}[] what is wrong, by key

---@class qwen.x.settings_writer
---@field read fun(project?: string): table?, Err? the values in that settings.json alone
---@field set fun(changes: {path: string[], value: any}[], project?: string): string?, Err? several values at once, the rest of the file kept; nil takes one away; project is a folder's own .qwen

---@class qwen.message
---@field user fun(text: string, more?: Part[]): Message
---@field assistant fun(parts: Part[], fields?: table): Message
---@field results fun(parts: ResultPart[]): Message
---@field text_of fun(message: Message): string without thinking, calls and results
---@field calls_of fun(message: Message): CallPart[]
---@field last_usage fun(messages: Message[]): Usage? of the newest answer that the service counted
---@field mend fun(messages: Message[], why: string): Message[], Message? every call answered, every result asked for; results for the last calls, not yet in the list
---@field filter_word fun(answer: Message): string the service's own words for why its filter ended an answer, to stand behind ours
---@field note fun(words: string): TextPart a part of a user's message that is the program's
---@field is_note fun(message: Message, part: TextPart): boolean whether a text of a user's message is the program's
---@field told fun(words: string): Message a message of the program to the model, in the user's place
---@field prompt_of fun(message: Message): string what the user typed, without files; "" where the message is the program's
---@field is_empty fun(answer: Message): boolean it came to its end without a word for the person
---@field close_dangling fun(messages: Message[], why: string): Message? the results to add for calls at the end that have none

---@class qwen.paths names places; makes nothing
---@field home fun(): string?
---@field qwen_home fun(): string? QWEN_HOME, else ~/.qwen
---@field project_key fun(cwd: string): string
---@field project fun(cwd: string): string? folder of a project's data
---@field chats fun(cwd: string): string?
---@field tmp fun(cwd: string): string? folder for spilled outputs
---@field same fun(a: string, b: string): boolean both lead to the same place
---@field project_config fun(cwd: string): string? a project's own .qwen; nil where it is the person's
---@field settings_files fun(cwd: string): {scope: string, path: string}[] weakest first
---@field short fun(path: string, folder?: string): string ~ instead of the home folder, and without the folder that it is in
---@field expand fun(path: string): string the home folder instead of ~
---@field folders_like fun(begun: string, folder: string): string[] the folders that a begun path may become, as it was begun and with a slash at the end
---@field cwd fun(): string?, Err? real path
---@field is_folder fun(path: string): boolean whether it leads to a folder
---@field below fun(path: string, folder: string): boolean the folder itself, or in it, by the text of both
---@field normal fun(path: string): string without "." and "..", by its text alone
---@field real fun(path: string): string, boolean? what the system would reach; unsure where a link leads nowhere
---@field project_root fun(cwd: string): string the folder that a project begins in

---@class qwen.models
---@field list fun(settings: Settings, has_provider: fun(name: string): boolean): Model[], string[]
---@field choose fun(settings: Settings, opts: table, has_provider: fun(name: string): boolean): Model?, Err?, string[]? problems of modelProviders
---@field fallbacks fun(settings: Settings, opts: table, has_provider: fun(name: string): boolean, model?: Model): Model[]?, Err? asked when the chosen one is overloaded
---@field take fun(settings: Settings, opts: table, id: string, provider: string?, has_provider: fun(name: string): boolean, url?: string, current?: Model): Model?, Err? a choice made in the session
---@field beside fun(settings: Settings, opts: table, has_provider: fun(name: string): boolean, current: Model, name: string?): Model?, Err?, string? one that an agent, a side request or a hook names: its entry, "inherit", "fast", or that name at the service of `current`; a note when another one is taken
---@field key_variable fun(settings: Settings, protocol: string, url: string): string? the protocol's own variable, for its own service
---@field has_key fun(settings: Settings, model: Model): boolean there is a key for a listed model
---@field signs fun(model: Model): boolean its entry's own headers carry the credential
---@field keyless fun(url: string): boolean this machine or a private network: no key is needed there
---@field named fun(models: Model[], name: string): Model[] those that ID or ID@HOST means
---@field place fun(model: Model): string its host, as after the @; with the port where it is not the usual one
---@field protocols fun(): string[]
---@field provider fun(model: Model): Provider?, Err? the file that serves a model: its protocol's, or the vendor's that claims it

---@class qwen.sessions
---@field create fun(cwd: string, id?: string): Session?, Err?
---@field aside fun(of: Session): Session one in memory alone, for a conversation beside it
---@field open fun(cwd: string, id: string): Session?, Err? its id, or the only one that begins so
---@field latest fun(cwd: string): Session?, Err?
---@field fork fun(cwd: string, id: string?, as: {id: string?, title: string?, leaf: string?}?): Session?, Err? goes on with a copy, which may be of a session that is open; without id of the newest
---@field branch_off fun(self: Session, title?: string): Session?, Err? goes on with a copy of this one
---@field move fun(self: Session, where: string) the session goes on in another folder; its file stays where it is
---@field delete fun(cwd: string, id: string): {id: string, path: string}?, Err? one that nobody has open
---@field list fun(cwd: string): {id: string, path: string, time: number, size: integer}[] newest first
---@field summary fun(path: string): {title: string?, prompt: string?, branch: string?, messages: integer?} of a session file: its title, given or made of the first prompt, that prompt, the branch of git it began on, and how many messages it has, below 64 KB; a longer one is not read whole
---@field exchange fun(path: string): {user: string?, assistant: string?} the newest prompt of a session file, and the last words that answered it
---@field search fun(cwd: string, words: string[], progress?: fun(read: integer, all: integer)): fun(): ({id: string, path: string, time: number, size: integer}?, {role: "user"|"assistant"|"title", text: string}?) the sessions, newest first, in which one message or the title holds all of the words, and the line around the first of them
---@field rename fun(self: Session, title: string): boolean?, Err? gives it a title, on one line
---@field add fun(self: Session, message: Message): boolean?, Err?
---@field compact fun(self: Session, messages: Message[], tokens: {before: integer, after: integer}): boolean?, Err?
---@field history fun(self: Session): fun(): Message? all messages, also those that a shortening left in the file
---@field left_out fun(self: Session): string[] sentences about what the file has and messages have not, though nobody shortened the conversation
---@field sync fun(self: Session): boolean?, Err?
---@field rewind fun(self: Session, at: integer): boolean?, Err? goes back to before a message
---@field close fun(self: Session)

---@class qwen.x.project_files what a folder brings along for qwen
---@field border fun(cwd: string): string the folder that all files of a project lie in
---@field folders fun(cwd: string, kind: "commands"|"skills"|"agents"): {path: string, foreign: boolean?}[] those of a project for files of a kind, the weakest first
---@field read fun(border: string, path: string, limit: integer): string?, Err|Stat a file of a project; none that leads out of it
---@field list fun(cwd: string, names: any): string[] what counts only when the folder is trusted; names: of the files with instructions
---@field never fun(cwd: string): {name: string, instead: string}[] what never counts, and what takes its place
---@field left_out fun(cwd: string, trusted: boolean, names: any): string[] sentences about what is not read
---@field main_instructions fun(folder: string, value: any): string the name of the one that is written: the first that is there, else the first that may be
---@field instructions fun(folder: string, value: any): string[] names of the files with instructions in a folder; value: context.fileName

---@class qwen.x.trust
---@field decided fun(cwd: string): boolean whether a rule speaks of a folder
---@field state fun(cwd: string, flag?: boolean, enabled?: boolean): "trusted"|"untrusted", string enabled: security.folderTrust.enabled
---@field set fun(cwd: string, word: "TRUST_FOLDER"|"TRUST_PARENT"|"DO_NOT_TRUST"): boolean?, Err?

---A text of ours that is not translated yet: tostring(phrase) is the English, as in JSON, qwen.tr(phrase) the translation.
---@class Phrase
---@field code string? what others may act on; never the words

---@class qwen.x.translate
---@field tr fun(template: string|Phrase, ...): string
---@field phrase fun(template: string, ...): Phrase
---@field for_user fun(value: Phrase|string): string a phrase translated; any other text is data, and stays as it is
---@field is_phrase fun(value: any): boolean
---@field fill fun(template: string, translation: string?, ...): string
---@field use fun(value: {words: table<string, string>?, texts: table<string, string>?}?) takes a language from now on
---@field word fun(id: string): string?

---@class qwen.x.plan_file
---@field save fun(ctx: Ctx, plan: string): string?, Err? writes an approved plan into the folder of the setting plansDirectory; nil where none is set

---@class qwen.x.plan_mode
---@field MODES {name: string, about: Phrase}[] the approval modes, the strictest first, with what each does
---@field is_mode fun(name: any): boolean
---@field tell fun(ctx: Ctx, prompt: Message) puts what has changed before a prompt
---@field part fun(ctx: Ctx): TextPart? what a shortened conversation says again
---@field words fun(ctx: Ctx): string what the model is told where it is on
---@field take fun(ctx: Ctx, mode: string) takes a mode; what it was before plan mode is known until that is left
---@field leave fun(ctx: Ctx) leaves plan mode for what was before it
---@field plan fun(ctx: Ctx): string?, boolean? the newest plan of the conversation, and whether it was approved
---@field approved fun(words: string, changed?: string): string what a call is told whose plan was approved, and changed by the user
---@field off fun(mode: string): string what a call is told that would leave a mode which is not on

---@class qwen.x.kept what the model wrote down for itself, found in the conversation
---@field HEAD string
---@field TODOS string
---@field PLAN string
---@field APPROVED string
---@field YES string
---@field OFF string
---@field CHANGED string
---@field changed fun(said: string?): string? the plan as the user changed it, by the result of its call
---@field is_head fun(message: Message): boolean whether it stands for the shortened part of a conversation
---@field lines fun(list: table[]): string a list of steps as lines
---@field todos fun(messages: Message[]): {content: string, status: string}[]? the list of steps as it is now
---@field plan fun(messages: Message[]): string?, boolean? the newest plan, and whether it was approved

---@class qwen.x.policy
---@field safe_look fun(ctx: Ctx, tool: Tool, args: table): string? the command that is run unasked in the place of one with git's that look
---@field judge fun(ctx: Ctx, name: string, tool: Tool, args: table): "allow"|"ask"|"deny", Phrase, string?, boolean?, string? verdict, reason (its code is "reads" when the call only reads), rule that would allow, no mode takes the question away, what asks (`kind` of permission_asked)
---@field refused fun(ctx: Ctx, name: string): boolean a rule refuses the tool whatever its arguments
---@field concerns fun(rule: string, tool: string): boolean whether what is said against a name holds for a tool: it is that, or does its work
---@field names fun(rule: string, tool: string): boolean whether a name as in rules ("Read", "Bash", "mcp__server") stands for a tool
---@field hidden fun(ctx: Ctx): fun(path: string, real?: string): boolean whether a deny rule or .qwenignore keeps a file from being read

---@class qwen.x.changes what is different in a repository, for somebody who is to look at it
---@field of fun(ctx: Ctx, base?: string, room?: integer, path?: string): {base: string, since: Phrase, files: {path: string, diff: string, cut: boolean?}[], left_out: {path: string, why: Phrase}[]}?, Err? below the project folder, since a commit or since the default branch was left, with what is not committed; room: bytes of all; path: only what is there
---@field of_diff fun(ctx: Ctx, diff: string, room?: integer): {path: string, diff: string, cut: boolean?}[]?, {path: string, why: Phrase}[]|Err the parts of a diff within the bounds, and what is left out

---@class qwen.x.output_style
---@field list fun(ctx: Ctx): table<string, {name: string, text: string, description: string, keep: boolean, waits: boolean?}>, string[] the styles by name in small letters; problems
---@field of fun(ctx: Ctx): {name: string, text: string, keep: boolean}? the one of the session

---@class qwen.x.system_prompt
---@field of_agent fun(ctx: Ctx, own: string): string the prompt of an agent: its own words, the rules that hold for all, the facts
---@field system fun(ctx: Ctx, opts: table): string that of a session
---@field renew fun(ctx: Ctx) makes that of the session anew, after a setting about it was changed
---@field follow fun(ctx: Ctx) the same when the window of the model became a small one, or is none any more

---@class qwen.x.transcript
---@field text fun(messages: Message[], most: integer): string the newest messages as one text, oldest first, for a question beside them

---@class qwen.x.subagent
---@field record fun(ctx: Ctx, options: {title: string, description: string?, call: string?}): Agent what is known of one from its beginning on
---@field run fun(ctx: Ctx, options: {title: string, system: string, prompt: string, model: string?, max_turns: integer?, effort: string?, plan: boolean?, offers: (fun(name: string): boolean)?}): string?, Err?, integer? a conversation beside the person's own, with its own messages and tools; its last answer, and its turns

---@class qwen.x.agents
---@field words fun(agent: Agent): string what it is called for people: its type, and what it is to do
---@field depth fun(ctx: Ctx): integer of an agent that this conversation would start
---@field start fun(ctx: Ctx, options: AgentOptions): Agent starts one beside its caller
---@field wait fun(ctx: Ctx, agent: Agent): ToolResult?, Err? waits for its end, or until the person moves it to the background; it ends when this is left
---@field to_background fun(ctx: Ctx, agent: Agent) nobody waits for it from now on: its end is reported

---@class AgentOptions
---@field title string its type
---@field description string? what it is to do, in a few words
---@field call string? id of the call that starts it
---@field places Queue room for those that may work at the same time
---@field isolated boolean? in a git worktree of its own
---@field system string
---@field prompt string
---@field model string?
---@field max_turns integer?
---@field effort string? how much it thinks
---@field plan boolean? it only looks
---@field offers (fun(name: string): boolean)? which tools it has

---@class qwen.x.jobs what goes on beside the conversation
---@field list fun(ctx: Ctx): Job[] the oldest first
---@field find fun(ctx: Ctx, id: string): Job? also one that has ended
---@field names fun(ctx: Ctx): string[] of those that go on, then of those that have ended
---@field await fun(ctx: Ctx, job: Job, seconds: number) waits for its end
---@field take fun(ctx: Ctx): string? what is to be told to the model of this conversation, once
---@field id fun(prefix: string): string a new name
---@field add fun(ctx: Ctx, job: table): Job takes one in: {id, kind, words, stop}
---@field tell fun(ctx: Ctx, job: Job, words: string|fun(): string) puts words before the next answer of the conversation that started it
---@field ended fun(ctx: Ctx, job: Job, how: {user: string, model: string, result: string?}) it has ended: how, for the user and for the model, and what it brought

---@class qwen.one_shot
---@field ask fun(ctx: Ctx, options: SideRequest): string?, Err?, Message? one question to a model, beside the conversation

---@class SideRequest
---@field prompt string?
---@field messages Message[]? before the prompt
---@field system string?
---@field tools table[]? as of a View: they are shown, and no call is carried out
---@field model string? id of another model than the one at hand
---@field max_tokens integer? of the answer
---@field cost number? what it may cost, in the currency of the model's prices; an error (kind missing) where these are not known, and nothing is asked; (kind limit) where the question alone costs more
---@field seconds number? after which it is given up, with all waiting; an error of kind timeout
---@field purpose string? its name in the ledger: `qwen usage --by purpose`; "side" without it
---@field on_text fun(text: string)? hears the answer piece by piece

---@class Edit
---@field path string
---@field before string|false hash of the content before; false: there was no file
---@field after string|false
---@field mode integer?
---@field tool string
---@field prompt string id of the message it belongs to
---@field time integer

---@class McpClient
---@field tools fun(self: McpClient): {name: string, description: string?, inputSchema: table}[]?, Err?
---@field prompts fun(self: McpClient): {name: string, description: string?, arguments: table?}[]?, Err?
---@field read fun(self: McpClient, uri: string): table?, Err? {contents} of a resource
---@field resources fun(self: McpClient): {uri: string, name: string?}[]?, Err? the texts that it lists
---@field templates fun(self: McpClient): {uriTemplate: string, name: string?}[]?, Err?
---@field subscribe fun(self: McpClient, uri: string) hears from now on when the text changes
---@field complete fun(self: McpClient, ref: table, name: string, value: string): string[] values that an argument may have
---@field listen fun(self: McpClient) hears of changes of lists and texts
---@field call fun(self: McpClient, tool: string|table, args: table, progress?: fun(params: table)): table?, Err? {content, structuredContent, isError}
---@field request fun(self: McpClient, method: string, params?: table, limit?: number, options?: table): table?, Err?
---@field notify fun(self: McpClient, method: string, params?: table)
---@field close fun(self: McpClient)

---@class McpAttached
---@field ctx Ctx for `qwen.x.mcp.connect`: its requests show the token of the server
---@field challenge table<string, string>? what the server asked for when it refused: scope, resource_metadata, error

---@class qwen.x.mcp_oauth the sign-in of tool servers at an address
---@field credential_name fun(name: string, url: string): string what the sign-in of a server is stored under
---@field attach fun(ctx: Ctx, name: string, config: table, fresh: boolean?): McpAttached?, Err? how a server of mcpServers is connected to; fresh: without what is stored
---@field login fun(ctx: Ctx, name: string, config: table, options: {scope: string?, store: string?, paste: boolean?, challenge: table?}): {place: string?, tools: integer}?, Err? signs in; no place: the server wants no sign-in
---@field state fun(ctx: Ctx, name: string, config: any): string? whether one is signed in, in words
---@field logout fun(name: string): boolean?, Err? whether there was a sign-in to forget

---@class qwen.x.mcp_sign_in the commands about it
---@field login fun(ctx: Ctx, words: string[]): integer|false|nil, Err?
---@field logout fun(ctx: Ctx, words: string[]): integer|false|nil, Err?
---@field names fun(ctx: Ctx): string[]

---@class qwen.x.mcp
---@field connect fun(ctx: Ctx, name: string, config: table, handlers?: table): McpClient?, Err? starts a tool server (an entry of mcpServers); handlers: by method, answers to what it asks

---@class qwen.x.mcp_content what a tool server answers with, as results of our tools
---@field beginning fun(text: string, most: integer): string
---@field result fun(answer: table, schema?: table): {text: string, parts: Part[], error: boolean?}

---@class qwen.x.mcp_elicitation what a tool server asks the user
---@field ask fun(ctx: Ctx, server: string, params: table): {action: string, content: table?}

---@class qwen.x.mcp_import tool servers from the files of other programs
---@field names fun(): string[]
---@field read fun(name: string): {name: string, config: table?, problem: Phrase?}[], string?

---@class qwen.x.mcp_project tool servers that a project names in .mcp.json
---@field list fun(ctx: Ctx): {name: string, config: table, hash: string}[], Phrase?
---@field answer fun(ctx: Ctx, one: table): "yes"|"no"|nil
---@field decide fun(ctx: Ctx, one: table, answer: string?): boolean?, Err?
---@field shown fun(one: table): string

---@class qwen.x.mcp_prompt prompts of tool servers as commands
---@field command fun(client: McpClient, server: string, prompt: table): Command

---@class qwen.x.mcp_roots the folders of the session, for tool servers
---@field list fun(ctx: Ctx): {roots: {uri: string, name: string}[]}
---@field changed fun(ctx: Ctx) tells the servers

---@class qwen.x.mcp_schema schemas of tools of servers in our form
---@field of fun(given: any): table
---@field output fun(given: any): table?

---@class qwen.x.mcp_words the words behind `qwen mcp add`
---@field read fun(words: string[]): table?, string[]|Err
---@field entry fun(said: table, words: string[]): table|false|nil, Err?

---@class qwen.x.mcp_starting waiting for tool servers that are being started
---@field add fun(ctx: Ctx, name: string, patience?: number): fun()
---@field wait fun(ctx: Ctx): string[]
---@field wait_for fun(ctx: Ctx, name: string)

---@class McpOffer what a server offers
---@field name string
---@field title string?
---@field version string? ours where there is none
---@field instructions string? for the model of the client
---@field tools? fun(): table[] name, description, inputSchema, and what else the protocol has
---@field call? fun(name: string, args: table, request: McpRequest): table?, Err? content, isError
---@field prompts? fun(): table[] name, description, arguments
---@field prompt? fun(name: string, args: table, request: McpRequest): table?, Err? messages
---@field resources? fun(): table[] uri, name, mimeType
---@field templates? fun(): table[] uriTemplate, name, mimeType
---@field read? fun(uri: string, request: McpRequest): table[]? uri, and text or blob
---@field complete? fun(ref: table, argument: table): string[]? what an argument may be
---@field logs? boolean its calls write to the log of the client
---@field changes? boolean its lists change: server:changed tells so

---@class McpRequest a request that is being carried out
---@field id string|integer
---@field server McpServer
---@field progress fun(self: McpRequest, done: number, total?: number, message?: string) nothing where the client did not ask for it
---@field log fun(self: McpRequest, level: string, data: any, logger?: string) level: debug, info, notice, warning, error, critical, alert, emergency
---@field can fun(self: McpRequest, what: "elicitation"|"sampling"|"roots"): boolean whether the client can be asked for that
---@field ask_all fun(self: McpRequest, questions: table<string, {method: string, params: table}>): table<string, table>?, table? the same for several at once, by names of their own
---@field ask fun(self: McpRequest, method: string, params?: table): table?, table? asks the client; nil and {code, message}, which a call may give back

---@class McpServer
---@field changed fun(self: McpServer, what: string) tells that a list ("tools", "prompts", "resources") or the resource at an address is another

---@class qwen.x.mcp_server
---@field new fun(offer: McpOffer, write: fun(text: string), failed: fun(method: string, words: string)): McpServer for another way than standard input and output; `receive(text)` takes a message
---@field serve fun(ctx: Ctx, offer: McpOffer, began?: fun(server: McpServer)) serves one client on standard input and output until it closes its end

---@class qwen.x.serve_tools
---@field run fun(ctx: Ctx): integer?, Err? offers the tools of qwen on standard input and output: an exit code

---@class LspServer a language server, as in hooks/lsp and lsp.servers
---@field name string
---@field command string a name in PATH, outside the project, or an absolute path
---@field args string[]?
---@field env table<string, string>?
---@field extensionToLanguage table<string, string> `.ts` and what the protocol calls the language
---@field projectFiles string[]? one of them makes a folder a project of it; without the list every folder is one
---@field initializationOptions (table|fun(root: string, program: string): table)?
---@field settings (table|fun(root: string, program: string): table)? what it gets where it asks for its configuration
---@field startupTimeout number? milliseconds; 30000 without it
---@field disabled boolean?
---@field package string? how to install it, in words

---@class LspDiagnostic
---@field line integer from 0
---@field unit integer from 0, as the server counts
---@field severity "error"|"warning"|"information"|"hint"
---@field message string in one line
---@field code string?
---@field source string?

---@class LspPlace a place in a file, as a server counts: from 0
---@field path string? nil where it is no file
---@field uri string
---@field line integer
---@field unit integer
---@field last_line integer
---@field last_unit integer
---@field name string? of a symbol
---@field kind string?
---@field inside string?
---@field calls integer[]?
---@field text string? of an edit

---@class LspListener who hears of a server
---@field on_diagnostics fun(params: table)
---@field on_rest fun() it has done what it reported to be at
---@field on_end fun(e: Err) it ended by itself
---@field log string what it wrote on standard error

---@class LspEntry a server in a folder
---@field name string
---@field server LspServer
---@field root string
---@field state "found"|"starting"|"ready"|"ended"|"off"|"stopped"
---@field problem string?
---@field said {log: string}? what it wrote on standard error

---@class LspQuery a server that has a file as it is on the disk
---@field lines fun(self: LspQuery): string[]
---@field position fun(self: LspQuery, line?: integer, character?: integer, name?: string): table?, Err? as the server counts
---@field ask fun(self: LspQuery, method: string, params?: table): table|false|nil, Err? false: it has no answer
---@field diagnostics fun(self: LspQuery, seconds: number): LspDiagnostic[]? nil where it says nothing in time
---@field diagnostic fun(self: LspQuery, one: LspDiagnostic): string as a line
---@field all_diagnostics fun(self: LspQuery): string[] of all files that it has
---@field young fun(self: LspQuery): boolean it has only just started
---@field place fun(self: LspQuery, at: LspPlace): string, string? `path:line:column`, and the line where it may be read
---@field row fun(self: LspQuery, at: LspPlace): string
---@field edited fun(self: LspQuery, edits: LspPlace[]): string? a line as its edits make it

---@class qwen.x.lsp the language servers of the session
---@field known fun(ctx: Ctx): LspServer[], Phrase[] what is known, in its order, and what is wrong with lsp.servers
---@field for_file fun(ctx: Ctx, path: string): LspServer?, (string|Phrase), string? the server for a real path, its folder and the language, or why there is none
---@field is_project fun(server: LspServer, folder: string): boolean it, or a folder above it in the same repository, has a project file of the server
---@field fits fun(ctx: Ctx): boolean a server fits the project
---@field fitting fun(ctx: Ctx): LspEntry[]
---@field entry fun(server: LspServer, root: string): LspEntry?, Err?
---@field hold fun(entry: LspEntry): table the turn of a server, until it is closed
---@field ready fun(ctx: Ctx, entry: LspEntry): boolean?, Err? starts it; only while it is held
---@field started fun(): LspEntry[]
---@field stop fun(name?: string): integer
---@field restart fun(name?: string): integer stops it; it starts when it is needed next

---@class qwen.x.lsp_changes what language servers say of changes
---@field expect fun(ctx: Ctx, id: string, path: string) a call is about to change a file
---@field ended fun(ctx: Ctx, id: string) it has ended; waits a moment for what is said of it
---@field news fun(ctx: Ctx): string[], integer errors and warnings that were not told yet, and how many are left out

---@class qwen.x.lsp_queries questions to a language server
---@field open fun(ctx: Ctx, path: string): LspQuery?, Err?
---@field project fun(ctx: Ctx): LspQuery[], Err? those that run, or else those that fit the project

---@class qwen.x.lsp_answers answers of language servers in one plain form
---@field places fun(result: any): LspPlace[]
---@field hover fun(result: any): string
---@field symbols fun(result: any, uri?: string): LspPlace[]
---@field calls fun(result: any, side: "from"|"to"): LspPlace[]
---@field edits fun(result: any): LspPlace[], boolean
---@field actions fun(result: any): string[]

---@class SandboxState
---@field backend "none"|"bubblewrap"
---@field filesystem "workspace-write"|"read-only"
---@field network "closed"|"open"
---@field read string[] paths shown besides
---@field write string[] paths that may be written besides

---@class Card a file in Markdown with front matter
---@field name string
---@field description string
---@field fields table<string, string> the front matter; lists as texts, see words
---@field body string what stands below it
---@field path string
---@field folder string
---@field off boolean? the settings leave it out
---@field level "user"|"project"|"extension" whose it is
---@field package {name: string, dir: string}? where a package brings it
---@field bare string its own name, where a package's name stands before it in `name`

---@class qwen.x.prompt_command prompts made of Markdown and of what was typed behind its name
---@field fill fun(ctx: Ctx, about: {name: string, fields: table<string, string>, body: string, own: boolean?, variables: table<string, string>?, behind: string?}, args: string): string?, Err? the prompt; own: the user's own, whose `allowed-tools` run unasked until it is answered
---@field expanded fun(ctx: Ctx, name: string, args: string, prompt: string): string?, Err? the prompt as hooks of `prompt_expanded` leave it
---@field make fun(about: table): Command a command that sends it
---@field command fun(entry: table, source: string): Command?, string? a command made of a file

---@class qwen.x.markdown_resource skills and agents that a user, a package or a trusted project has
---@field menu fun(cards: {name: string, description: string}[]): string, string[], table<string, table> what a tool says of them, a line each; their names for its schema; each by its name
---@field parse fun(source: string): table<string, string>?, string? the fields and the body of a file; nil where it has no description
---@field list fun(ctx: Ctx, kind: "skills"|"agents"): Card[], string[] sorted by name; what is wrong with others
---@field show fun(ctx: Ctx, kind: "skills"|"agents", none: string): integer prints them for the command about them
---@field words fun(value: string?): string[]? the items of a field that is a list

---@class qwen.x.sampling what a tool server asks the model
---@field answer fun(ctx: Ctx, server: string, params: table): table?, string?

---@class qwen.x.sandbox the kernel sandbox around commands of the model
---@field state fun(ctx: Ctx): SandboxState?, Err? what was asked for
---@field words fun(ctx: Ctx): string the same for people
---@field wrap fun(ctx: Ctx, options: ProcOptions, more?: {state: SandboxState?, read: string[]?}): ProcOptions?, any the run inside it, where one was asked for, and what is closed when the run has ended (`local _ <close> = hold`); nil and an error: nothing may be run
---@field instead_of fun(ctx: Ctx): string? the sandbox of Qwen Code, such as docker, that bubblewrap stands in for
---@field seen fun(ctx: Ctx): (fun(real: string): "read"|"write"|nil)?, Err? what commands see of a path; nil where no sandbox was asked for
---@field begin fun(ctx: Ctx): boolean?, Err? starts the configured one, before anything is asked of a model
---@field start fun(ctx: Ctx, state?: SandboxState): boolean?, Err? starts it once; an error where one was asked for and cannot be had
---@field suspect fun(output: string): boolean a command that failed may have failed because of it

---@class qwen.x.runner the one runner of commands that the model, a project or a prompt file causes
---@field judge fun(ctx: Ctx, command: string, folder?: string): "allow"|"ask"|"deny", string, string? verdict, reason, the rule that would allow it
---@field run fun(ctx: Ctx, request: {command: string, cwd: string?, timeout: number?, limit: integer?, ends: boolean?, stderr: string?, on_output: function?}): table?, Err? to its end: as `qwen.proc.run`, and `taken` (variables that were taken out), `confined`, `kept` (what goes on: {left, job, limit}), `made` (in the sandbox: names that decide what runs later and are new); asks nobody
---@field start fun(ctx: Ctx, request: {command: string, cwd: string?, monitor: {words: string, most: integer, idle: number}?}): Job?, Err? starts what goes on by itself until the session ends; monitor: its lines are events
---@field start_lasting fun(ctx: Ctx, request: {command: string, cwd: string?}): {pid: integer, path: string}?, Err? starts what goes on after this program has ended: by the user's word alone
---@field folder fun(ctx: Ctx, named: string?): string?, Err? the folder that a call names for its command, which must be in the project

---@class qwen.x.sandbox_check
---@field verify fun(ctx: Ctx): {name: string, ok: boolean?, detail: string?}[]?, Err? tries to get out; ok nil: could not be tried
---@field attempt fun(plan: string): string what is tried inside, for verify alone

---@class qwen.x.output what a command wrote, as a model reads it
---@field binary fun(bytes: string): boolean whether bytes are no text
---@field cut fun(words: string, limit: integer, failed: boolean): string, string?, integer? beginning (a quarter), end and the number of bytes between, of what is longer than limit; of a failure the last 60 lines always

---@class qwen.x.folders the folders that belong to a session beside the project
---@field add fun(ctx: Ctx, name: string): string?, Err? takes one in by its path, from the project; gives its real path; an error of the code "there" where it belongs to the session already
---@field attach fun(ctx: Ctx) those of the settings and flags
---@field show fun(ctx: Ctx, folder: string) lets a folder outside the project be read, as that of a skill
---@field shown fun(ctx: Ctx, real: string): boolean a real path is in such a folder
---@field holds_home fun(ctx: Ctx): boolean the project holds the person's home folder
---@field of_keys fun(ctx: Ctx, real: string): boolean keys are kept there, in a project that holds the home folder
---@field around fun(ctx: Ctx, real: string): string? the folder of the session that a real path is in

---@class qwen.x.checkpoints what tools changed in files, and taking it back
---@field begin fun(ctx: Ctx, paths: string[]): table? keeps what is in files before a tool changes them
---@field ended fun(ctx: Ctx, watch: table, tool: string) notes what the tool changed
---@field list fun(ctx: Ctx): Edit[] of this session, oldest first
---@field content fun(ctx: Ctx, hash: string|false): string? kept content; "" for a file that was not there
---@field since fun(ctx: Ctx, at: integer): integer how many of the newest edits were made for the prompt at that place among the messages, or after it
---@field touched fun(ctx: Ctx, count: integer): {path: string, changed: boolean}[] the files of the newest edits; `changed`: by somebody else since
---@field undo fun(ctx: Ctx, count: integer): string[], Err[] takes back the newest edits: paths restored, files left alone and why

---@class qwen.x.view what the model is shown
---@field tools fun(ctx: Ctx): {name: string, description: string, schema: string}[], table[] offered to the model; those that wait to be found
---@field waiting fun(ctx: Ctx): {name: string, summary: string, schema: table}[] the tools that wait to be found, and those that were found
---@field offer fun(ctx: Ctx, name: string): Tool? offers a tool that waits from now on; nil where none of that name waits
---@field view fun(ctx: Ctx, model: Model, raised?: boolean): View, boolean what the next request is made of; whether its limit may be raised
---@field sizes fun(ctx: Ctx): {what: string, bytes: integer}[]?, Err?, integer? what the next request holds; sums to its body

---@class qwen.x.words times, prices and counts for people
---@field say fun(id: string, ...): string a text by its name in languages/en
---@field plural fun(id: string, n: integer): string so many of something
---@field span fun(seconds: number, whole?: boolean): string a time, to the second
---@field age fun(seconds: number): string a time in its largest unit: "3 h"
---@field ago fun(seconds: number): string how long ago: "3 h ago"
---@field money fun(amount: number, currency: string): string
---@field count fun(n: number): string tokens: "12k"

---@class qwen.x.instructions
---@field files fun(ctx: Ctx): {path: string, text: string}[] the instruction files in force, with what they import

---@class qwen.x.allowance what the prompts of one command may use together, beside the limits of each
---@field begin fun(ctx: Ctx, most: {seconds: number?, tokens: integer?}): table until what it gives is closed
---@field spent fun(ctx: Ctx): ("tokens"|"seconds"|"uncounted")? what is used up; uncounted: a service does not say
---@field left fun(ctx: Ctx, now: number): number? seconds
---@field count fun(ctx: Ctx, tokens: integer?) counts those of a request; nil where the service does not say
---@field extend fun(ctx: Ctx, seconds: number) a question has waited for the user so long

---@class qwen.x.line_flags flags in a line of free text
---@field read fun(line: string, known: table<string, "switch"|"word"|"text">): table<string, string|true>, string the flags, and the line without them
---@field limits fun(flags: table<string, string|true>, otherwise: {rounds: integer?, seconds: number?, tokens: integer?}): {rounds: integer?, seconds: number?, tokens: integer?}?, Err? of --rounds, --for and --tokens
---@field seconds fun(word: string): number? "90s", "5m", "2h", "1d"; a number alone is minutes
---@field count fun(word: string): integer? "20", "200k", "2m"

---@class qwen.x.memory files with instructions, written as the user asks
---@field path fun(ctx: Ctx, where: "user"|"project"): string?, Err? the file that a line goes to
---@field add fun(ctx: Ctx, where: "user"|"project", line: string): string?, Err? the file; it counts from the next prompt on
---@field ask fun(ctx: Ctx, title: string, may_send: boolean?): ("user"|"project"|"send")? by a picker; nil when the user leaves
---@field edit fun(ctx: Ctx, path: string): boolean?, Err? in the user's editor; whether it was changed
---@field files fun(ctx: Ctx): {path: string, bytes: integer?, kind: "instructions"|"notes"|"new"}[] those that count, those that may be made, and Qwen Code's notes
---@field refresh fun(ctx: Ctx) the files with instructions are read again before the next prompt

---@class qwen.x.export a conversation as a document
---@field forms string[] html is one file that needs nothing else
---@field write fun(session: Session, form: "html"|"json"|"md", path: string): boolean?, Err? all of it, also what was shortened since, into a new file

---@class qwen.x.clipboard
---@field copy fun(text: string): string?, Err? by which way it went
---@field image fun(): string?, Err? the bytes of the image on it

---@class qwen.x.home_check whether a folder can hold what qwen keeps
---@field problem fun(folder: string): Err? nil when files, their bytes and locks work there

---@class qwen.x.image
---@field most integer bytes that services take at least
---@field look fun(bytes: string): {mime: string, width: integer?, height: integer?}? by the first bytes; nil for what is no image

---@class qwen.x.command_groups what commands are about, as `/help` shows them
---@field list {title: Phrase, names: string}[]
---@field place fun(name: string): integer, integer its group, and its place in it; the others stand behind the last group
---@field title fun(at: integer): string the title of a group

---@class qwen.x.compaction
---@field run fun(ctx: Ctx, options?: {instruction: string?, enough: integer?}): {before: integer, after: integer, how: string}?, Err? makes the conversation shorter
---@field when_full fun(ctx: Ctx): boolean does so when the model's window is nearly full
---@field refused fun(ctx: Ctx, e: Err, try: integer): boolean does so after a service refused the conversation as too long
---@field fill fun(ctx: Ctx): integer, integer tokens used and the window
---@field estimate fun(messages: Message[], from?: integer): integer tokens

---@class qwen.x.worktrees git worktrees below a repository; git runs with nothing that its configuration names
---@field folder fun(top: string): string?, Err? the folder of the worktrees of a repository, which git does not see
---@field enter fun(cwd: string, name: string|true): Tree?, Err? makes one, or finds it; true: of any name
---@field start fun(cwd: string, opts: table): string?, Tree|Err the same as a run begins
---@field find fun(cwd: string, name: string): Tree?, Err? one that is there already
---@field state fun(tree: Tree): {changed: integer, commits: integer}? what has happened in one of this run
---@field loss fun(tree: Tree, discard?: boolean): Err? why its removal would lose something; `discard`: what is not committed may go
---@field drop fun(tree: Tree): boolean?, Err? removes it, and its branch where that was made for it
---@field remove fun(tree: Tree): boolean?, Err? removes one in which nothing was changed

---@class qwen.x.git
---@field common fun(folder: string): string? real path of the folder with the history that a working tree belongs to
---@field branch fun(folder: string): string? the branch of the repository around a folder, or the beginning of its commit; not clean

---@class qwen.x.fuzzy_match
---@field find fun(file: string, old: string): {[1]: integer, [2]: integer}[], boolean ranges; whether the pattern's last empty line was dropped
---@field replace fun(file: string, ranges: table[], new: string, dropped: boolean): string new lines end as those around them
---@field find_form fun(file: string, old: string, new: string): {[1]: integer, [2]: integer}[]? where two texts differ in nothing but line ends and a BOM: the places of the old one byte by byte
---@field replace_form fun(file: string, ranges: table[], new: string): string the new one in their place, byte by byte
---@field line_end fun(file: string): string what most lines end with
---@field plain_text fun(file: string): string, integer, table without BOM and with LF only; how long the BOM is; where CRs were
---@field split fun(text: string): string[], integer[] lines, where they begin
---@field trim fun(line: string): string without blanks at both ends
---@field fold fun(text: string): string, table with plain characters for those that look like them; where it grew shorter

---@class qwen.x.notebook
---@field parse fun(text: string): table? the JSON of a notebook; nil: it is none
---@field find fun(notebook: table, id: string): integer?, boolean? the place of a cell by its id or as "cell-N"; whether several are meant
---@field cell fun(notebook: table, place: integer): {name: string, kind: string, source: string}
---@field render fun(notebook: table): string its cells as text, with ids, sources and outputs
---@field edit fun(text: string, notebook: table, change: {mode: "replace"|"insert"|"delete", place: integer?, source: string?, kind: string?}): string, string the file with one cell changed, and the name of the cell

---@class PatchFile one file of a patch
---@field kind "add"|"update"|"delete"
---@field path string
---@field to string? its new name
---@field lines string[] of an added file
---@field hunks PatchHunk[] of an updated file

---@class PatchHunk a part of an updated file
---@field heads string[] lines that stand somewhere above it
---@field marks string[] of each line: " ", "-" or "+"
---@field lines string[]
---@field at_end boolean? it is the end of the file

---@class qwen.x.patch_text
---@field files fun(text: string): PatchFile[]?, string? the files of a patch; nil and why where it cannot be read
---@field edit_of fun(hunk: PatchHunk): {old: string, new: string}?, string? a part as a text and what takes its place
---@field blocks fun(text: string): {old: string, new: string}[]?, string? the edits of blocks of SEARCH and REPLACE

---@class qwen.x.patch_apply
---@field apply fun(text: string, hunks: PatchHunk[]): string?, string|{unsure: integer?, exact: boolean} the new text, and how sure its places are; nil and why
---@field part fun(before: string, after: string): FilePart the lines in which two texts differ

---@class qwen.x.patches
---@field used fun(ctx: Ctx): boolean whether the model in use edits by patches

---@class SearchPlan
---@field pattern string
---@field glob string?
---@field real string what is searched
---@field is_folder boolean
---@field wanted fun(file: string): boolean

---@class Hit
---@field file string
---@field number integer
---@field line string
---@field lines string[] of the whole file

---@class qwen.x.search
---@field find fun(ctx: Ctx, plan: SearchPlan, named: fun(file: string): string): Hit[]?, Err?, string[]? lines that fit, and in words for the model what the result is not

---@class qwen.x.similar
---@field nearest fun(file: string, old: string): string? the region most alike, as it is, below the numbers of its lines
---@field cause fun(file: string, old: string, new: string): string?, string? why a text was not found, where that can be told, and the text as the file has it
---@field reindented fun(file: string, old: string, new: string): string?, string? both texts in the indentation of the file, where they differ in nothing else

---@class qwen.x.jsonc
---@field parse fun(text: string): any, table<string, integer>|Err, string[]?, table? value, line of each dotted path, sentences, span

---@class qwen.keys which key does what at the prompt and in lists
---@field bind fun(keys: string, action: string|false|(fun(ctx: Ctx, text: string, cursor: integer): string?, integer?), from?: string): boolean?, Err? "ctrl-o", or one after the other: "ctrl-x ctrl-s"; an action of /keys, a function that gives the new text, or false
---@field action fun(keys: string, context?: "prompt"|"list"|"view"|"form"): string|function|nil, boolean what a row of keys does; whether a longer one begins so
---@field list fun(): {keys: string[], action: string, what: string, context: "prompt"|"list"|"view"|"form"}[]
---@field shipped fun(keys: string): string? the action of the prompt that we ship for a row of keys
---@field problems fun(): string[] bindings that were refused, or left a needed action without a key; each is told once
---@field reset fun() the keys we ship

---@class qwen.x.args
---@field parse fun(argv: string[], is_command?: fun(word: string, alone: boolean): boolean?): table?, Err?
---@field help fun(commands: {name: string, summary: string}[]): string
---@field output fun(argv: string[]): "json"|"stream-json"|nil the JSON that the arguments ask for, also where they are wrong otherwise

---@class qwen.x.replay
---@field open fun(path: string, options?: table): table?, Err? a player for a recording
---@field from fun(text: string, options?: table, name?: string): table?, Err? a player for a recording's text
---@field play fun(self: table, request: HttpRequest): HttpStream?, Err? the next exchange, when it is what the recording has here

---@class Answer what a decoder tells of a stream
---@field text fun(self: Answer, text: any, key?: string) a piece of the text, anything but text is passed over; key: its field, where other events that differ
---in this text and in numbers only need not be decoded
---@field think fun(self: Answer, text: any, key?: string) a piece of thinking
---@field call fun(self: Answer, name: any, args: any, id: any, data?: table): integer a call begins; arguments are a piece of JSON text, or a table
---@field more fun(self: Answer, index: integer, args: any, name?: string, id?: string) a call goes on
---@field usage fun(self: Answer, usage: table) numbers as in Usage, so far; others than whole numbers are passed over
---@field stop fun(self: Answer, reason: StopReason, word?: string) why it ends, told at the end of the stream; "end" with calls is "calls"
---@field over fun(self: Answer) all of it has come: what follows in the stream does not count and is not waited for
---@field fail fun(self: Answer, e: any) an error of ours, or what the service put where an error stands
---@field add fun(self: Answer, delta: Delta) any other delta
---@field calls integer how many calls have begun
---@field spoke boolean? whether it said a word so far; an answer that ends without words and calls is a failure
---@field failed boolean?
---@field reason StopReason?
---@field word string?

---@class qwen.wire what providers share
---@field decoder fun(provider: table, read: fun(answer: Answer, event: table, name?: string), steps?: {begin: (fun(answer: Answer, model: Model, view?: View))?, finish: (fun(answer: Answer))?}): fun(model: Model, view?: View): function
---a provider's `decoder` for events of JSON; an event's `error` is a failure, and a stream that ends without a stop was cut; the name of an
---event is "whole" where the answer is JSON and no stream
---@field encoders fun(provider: table): (fun(model: Model, messages: Message[]): string[]), (fun(model: Model, tools: table[]): string[]) JSON of each by
---the provider's encode_message, which gives tables, and encode_tool, made once
---@field post fun(model: Model, url: string, body: table, headers?: table<string, HeaderValue>): Request for a stream, with the user's own headers; a path is
---below the model's address; body: fields, or pieces
---@field on_top fun(headers: table<string, HeaderValue>, more?: table<string, HeaderValue>): table<string, HeaderValue> others on top, in whatever case; lists
---such as anthropic-beta keep both
---@field body fun(fields: table<string, any>, lists: table<string, string[]>, first: string[]): string[] pieces of a JSON object in one order
---@field marked fun(bytes: string): string JSON of an object with a mark for the service's cache
---@field thinking fun(model: Model, message: Message): string a model's own thinking as text; "" for another's
---@field alternate fun(messages: Message[]): Message[] those of the person that follow each other made one
---@field arguments fun(args: string): string JSON of an object, "{}" for anything else
---@field extra fun(fields: table, extra: table?) puts fields of `extra_body` on top; null takes one out
---@field think_splitter fun(model?: {opened: boolean?}): fun(text: string?, out: Delta[]): boolean splits text that begins with <think> however it is cut; true once all
---that comes is passed on as it is
---@field tool_call_splitter fun(names?: table<string, any>): fun(text: string?, out: Delta[]): boolean|string|nil finds tool calls that a model writes into
---its text, of the tools with these names (any without); they have no index yet; true once all that comes is passed on as it is, or the bytes without which it is
---@field has_tool_call fun(text: string, names?: table<string, any>): boolean whether a whole text has such a call
---@field unseen fun(model: Model, part: MediaPart, usual: string?): string? words to send instead of a file that the model would not take
---@field integer fun(value: any): integer?
---@field text fun(value: any): string? text that is not empty
---@field object fun(value: any): table the table, or an empty one
---@field failed fun(e: any, read?: function): Err an error inside a stream
---@field openapi_schema fun(schema: string): table? a schema reduced to what OpenAPI 3.0 has; nil when nothing is left of it
---@field spoilt fun(word: string, why: string?): Err an answer that the service itself calls bad
---@field lines fun(stream: HttpStream): (fun(): string?, Err?) the lines of an answer that are not empty, for `events`

---@class Credential
---@field secret Secret
---@field refresh Secret?
---@field expires number? seconds since 1970
---@field origins string[] where both may be sent
---@field fields table whatever else belongs to it; no secrets
---@field backend string the store it is in

---@class qwen.credentials what is kept under a name: for a key that of its variable, for a sign-in that of its auth file
---@field stores string[] "secret-service", "vault", "kernel", "helper", "memory", "plain"
---@field get fun(name: string): Credential?, Err? kind missing when there is none
---@field has fun(name: string, origin?: string): boolean one is kept, and may be sent to that origin; asks no store
---@field put fun(name: string, record: {secret: string|Secret, refresh: string|Secret|nil, expires: number?, origins: string[]?, fields: table?}, options?: {backend: string?}): string?, Err? the store that has it now; without one named the setting, or the best that works
---@field remove fun(name: string): boolean?, Err?
---@field list fun(): {name: string, backend: string, origins: string[], hint: string, expires: number?, changed: number}[]?, Err? sorted; asks no store
---@field move fun(to: string, name?: string): string[]?, Err? one or all to another store; names of those that moved
---@field passphrase fun(remove?: boolean): boolean?, Err? gives the vault a passphrase, which is asked for, or takes it away
---@field renew fun(name: string, fn: fun(record: Credential): table?, Err?): Credential?, Err? one process at a time: takes over what another one wrote meanwhile, else keeps what fn makes of the old record; fn has 30 seconds, and an error of it with the code "over" removes the credential

---@class qwen.x.body bodies that may hold secrets
---@field form fun(fields: table<string, string|number|boolean|Secret>): (string|Secret)[] application/x-www-form-urlencoded, in the order of the names
---@field json fun(fields: table): (string|Secret)[] secrets may stand in the object and in objects below it
---@class qwen.x.login what ways to sign in share
---@field configured fun(settings: Settings, opts: table): boolean anything says which model to ask
---@field reachable fun(settings: Settings, opts: table): boolean, LocalServer? a model is configured, or a server on this machine answers and is named in opts
---@field nothing fun(): Err what to do when nothing is configured
---@field undecided fun(settings: Settings, opts: table): Err? what to say when there are models of several protocols and no choice
---@field clean_key fun(key: string?): string?, string? without blanks around it; nil and the end of a sentence when it cannot be a key
---@field variable fun(name: string): string?, Err? the name of a variable for a key; not one that has another meaning
---@field given_key fun(typed: string?): string?, Err? the key of a flag; "-" reads it from standard input
---@field asked_at fun(ctx: Ctx, model: Model): string, Phrase|string where a model is asked, and what says so
---@field address fun(text: string): string?, Err? an address as typed, with a scheme
---@field install fun(ctx: Ctx, plan: SigninPlan): string?, Err? writes models, key and choice into the user's settings, all or nothing; where
---@field remove fun(ctx: Ctx, plan: {protocol: string?, owns: (fun(entry: table): boolean), env_key: string?, mark: string?, label: string}): boolean?, Err? takes that out again
---@field models_for fun(ctx: Ctx, place: {protocol: string?, url: string, key: string?, label: string}, typed: string?): {id: string, context: integer?}[]?, Err? the models to write down: typed, chosen from the service's list, or asked for
---@field keep fun(ctx: Ctx, model: Model): boolean?, Err? keeps a choice of model for later sessions
---@field terms fun(model: Model): {terms: string, privacy: string} which apply to requests to a model
---@field method_of fun(ctx: Ctx, model: Model): string how one signs in for a model, for people
---@field name_of fun(model: Model): string? the auth file that signs in for a model
---@field methods fun(): SigninMethod[] the ways to sign in, in the order of the menu
---@field offers fun(ctx: Ctx): SigninMethod[], integer the same with what is known today, and the one to begin with
---@field advised fun(ctx: Ctx): SigninMethod[] the same as lines of advice, what has ended last

---@class SigninMethod
---@field name string of the auth file
---@field auth Auth
---@field tier string
---@field problem Phrase|string|nil why the file does not load
---@field label string? of the menu
---@field state "ready"|"ended"|nil

---@class SigninPlan
---@field protocol string? default "openai"
---@field entries table[] entries of modelProviders; they come before all others
---@field owns (fun(entry: table): boolean)? an older entry that these replace
---@field env_key string? the variable that holds the key
---@field key string|Secret|nil
---@field store string? where the key goes: "settings", or a store of qwen.credentials; without it the best there is
---@field url string? where the key belongs to
---@field model string the model to take
---@field more {path: string[], value: any}[]? other settings

---@class ServiceData a way to sign in that is only data
---@field name string of the auth file
---@field label string for people
---@field summary string
---@field order number?
---@field protocol string? default "openai"
---@field env_key string the variable that holds the key
---@field key_form string "sk-..."
---@field key_pattern string? Lua pattern of a right key
---@field console string? where keys are made
---@field mark string? settings key under which region and version of the list are kept, so that a newer list is offered
---@field regions {name: string, older: string?, label: string, url: string, console: string?}[]
---@field models {id: string, context: integer?, thinking: boolean?, media: boolean?}[]? without it the service is asked
---@field terms {terms: string, privacy: string}?

---@class qwen.x.key_command keys that programs of the person print
---@field of fun(settings: Settings, name: string): string[]?, number? the program for a variable, and how long its key is good for
---@field key fun(settings: Settings, model: Model, fresh: boolean?): Secret?, Err? nil without an error when no program is named
---@field try fun(argv: string[], name: string): boolean?, Err? runs it once to see whether it gives a key

---@class qwen.api_key_login
---@field new fun(o: ServiceData): Auth

---@class OAuth what a flow needs to know
---@field ctx Ctx
---@field title string for people
---@field name string of the auth file and of the secrets
---@field token_url string
---@field client_id string?
---@field scope string?
---@field origins string[]|(fun(answer: table): string[])|nil where the token may be sent to, besides the place it comes from
---@field summary string? method: for the menu
---@field order number? method
---@field terms {terms: string, privacy: string}? method
---@field at (fun(ctx: Ctx): table)? method: more of these fields, known only when a run has begun
---@field headers table<string, string>? more of them for each question
---@field params table<string, string>? more fields of the first question
---@field token string? field with the token; default "access_token"
---@field seal string[]? fields that become secrets; default access_token, refresh_token, id_token
---@field device_url string? device_code: where a code is given
---@field slower number? device_code: seconds more after `slow_down`; default 5
---@field authorize_url string? browser: the page to open
---@field ports integer[]? browser: the first free one is listened at; 0 is any
---@field path string? browser: where it comes back to; default "/callback"
---@field redirect string? browser: name of that field; default "redirect_uri"
---@field exchange table<string, string>? browser: more fields of the exchange
---@field form "json"|nil browser: how the exchange is sent
---@field timeout number? browser: seconds until it is given up; default 300
---@field redirect_uri string? browser: where it comes back to, when it is not the port by itself
---@field begin (fun(redirect: string): table?, Err?)? browser: called when that is known; gives more fields
---@field issuer string? browser: who must have given the answer, where it says so
---@field names_issuer boolean? browser: it must say so
---@field paste boolean? browser: the address that it ends at is pasted in any case
---@field again string? the command that signs in again; default "qwen auth NAME"
---@field renewed (fun(old: table): table?, Err?)? credential: renews in another way than `refresh`

---@class qwen.oauth signing in with a browser; what is given back is for qwen.credentials.put
---@field device_code fun(o: OAuth): table?, Err? a code that is confirmed in a browser on any device
---@field browser fun(o: OAuth): table?, Err? a browser that comes back to a port of this machine
---@field method fun(o: OAuth): Auth a whole way to sign in, to be returned by a file in auth/
---@field credential fun(o: OAuth, refused: boolean?): table?, Err? the credential, renewed when it is about to end, or was refused
---@field refresh fun(o: OAuth, old: table): table?, Err? renews; kind "auth": sign in again
---@field pkce fun(): string, string a new proof key: what is kept, what is shown
---@field base64url fun(bytes: string): string

---@class qwen.x.local_servers
---@field usual string[] addresses that are asked
---@field ask fun(address: string): LocalServer? what the server there offers; nil when none answers in time
---@field find fun(addresses: string[]?): LocalServer[] those that answer, asked all at once

---@class LocalServer
---@field name string "LM Studio"
---@field url string base address, ends in /v1
---@field models {id: string, context: integer?, loaded: boolean?, vision: boolean?}[]

---@class qwen.x.remote_models
---@field known fun(model: Model): {time: number, models: table[]}? what is known without asking
---@field get fun(ctx: Ctx, model: Model, refresh: boolean?): {time: number, models: {id: string, name: string?, context: integer?, max_output: integer?}[]}?, Err? what its service offers
---@field ask fun(ctx: Ctx, model: Model, provider: Provider, o: table): table[]?, Err? for `models` of a provider: {url, headers?, list(answer), item(entry), next(answer)?}, page after page

---@class qwen.x.client
---@field open fun(ctx: Ctx, model: Model, view: View): {next: fun(): Delta?} asks a model, to be closed by `<close>`: one delta after the other, a failure is one too

---@class qwen.x.deferred_tools tools that a model asks for before it sees their definition
---@field split fun(ctx: Ctx, entries: table[], size: fun(entry: table): integer): table[], table[] those that are offered, and those that wait
---@field describe fun(entry: {value: Tool}, hidden: table[]): string the words about a tool that finds others
---@field find fun(list: {name: string, summary: string, schema: table}[], query: string, most: integer): {name: string, summary: string, schema: table}[], string[], boolean those that fit `select:NAME,NAME` or words; names of the others; whether it was `select:`

---@class qwen.x.demo what `qwen demo` plays with
---@field files table<string, string> text of each file
---@field recording string the recorded model, one JSON object a line

---@class Reservation the place of one request in the limits, and its line in the ledger
---@field settle fun(self: Reservation, used: Usage?, e: Err?) the request has ended
---@field leave fun(self: Reservation, used: Usage?) it was left before its end
---@field cancel fun(self: Reservation, e: Err?) it failed without an answer: the place is given back where it never left
---@field ask_date fun(self: Reservation) asks the service for its date, without a key
---@field learn fun(self: Reservation, headers: table<string, string>, status: integer, sent: number?) what the answer says about limits

---@class LimitState
---@field key string host, account and perhaps model
---@field spec string
---@field current boolean of the model at hand
---@field shut number seconds until the service may be asked again
---@field lost number? seconds until a loss of the server that counts no longer matters
---@field waiting integer requests in the queue
---@field background integer of these, who lets others go first
---@field windows {words: string, n: number, used: number, next: number, all: number}[]

---@class qwen.x.limits rate limits that all processes keep together
---@field rule fun(ctx: Ctx, model: Model): {key: string, pause_key: string, windows: LimitWindow[], spec: string, from: string, provider: Provider?, host: string}
---@field acquire fun(ctx: Ctx, model: Model, estimate: {body: string[]?, max_tokens: integer?, purpose: string?}): Reservation?, Err? waits, visibly when it takes a while
---@field store fun(ctx: Ctx): Limiter?, Err?
---@field state fun(ctx: Ctx): LimitState[]?, Err?
---@field set fun(name: string, text: string?): string?, Err? a rule in the user's settings, by model, host, provider or "*"; nil takes it away

---@class qwen.x.redact what may be shown of requests and settings
---@field is_private fun(name: string): boolean whether a credential stands under this name of a header or parameter
---@field is_key fun(name: string): boolean whether what should be the name of a variable is a key itself
---@field headers fun(headers: table<string, HeaderValue>?): table<string, string>
---@field body fun(body: HeaderValue?): string?
---@field url fun(url: string): string
---@field text fun(text: string): string a text of the settings without keys in it
---@field words fun(words: any[]): string[] the words of a command without keys

---@class qwen.x.redis_limiter limits in a Redis server that several machines share
---@field new fun(address: string, trust: {ca: string?, ca_pem: string?, insecure: boolean?}?, options: {password: (string|Secret)?, replicas: integer?}?): Limiter?, Err? connects when it is used first
---@field open fun(address: string, trust: {ca: string?, ca_pem: string?, insecure: boolean?}?, options: {password: (string|Secret)?, replicas: integer?}?): Limiter?, Err? connected
---@field choose fun(ctx: Ctx, address: string, password: string?): string?, Err? counts there and keeps the password, if the server takes it; the store that has it
---@field leave fun(): string?, Err? counts on this machine again and forgets the password

---@class qwen.x.ledger the ledger of requests, on this machine
---@field add fun(ctx: Ctx, row: table)
---@field prices fun(model: Model, provider: Provider?): table? those of its entry, else of its provider
---@field cost fun(usage: Usage, prices: table?): number?
---@field sum fun(by: string[], where: {since: number?, before: number?, session: string?, project: string?, model: string?}?): table[]?, Err? by day, hour, month, model, project, service, purpose, outcome, session
---@field recent fun(account: string, seconds: number): {age: number, weight: number}[]
---@field forget fun(before: number): integer?, Err?
---@field count fun(rows: {kind: string, name: string, count: integer, failed: integer, seconds: number}[]): boolean?, Err? usage statistics
---@field counters fun(): table[]
---@field uncount fun() forgets all counters
---@field path fun(): string?

---@class qwen.x.rate_limit windows of limits in words and as tables
---@field read fun(value: any): LimitWindow[]?, Err? "60/min, 6000/5h, 100/day utc, 200k tokens/min", "off", tables, or a list of them
---@field words fun(window: LimitWindow): string
---@field spec fun(windows: LimitWindow[]): string

---@class qwen.x.privacy
---@field statistics fun(ctx: Ctx): boolean, string? whether usage statistics are on, and what says so
---@field set fun(ctx: Ctx, on: boolean): string?, Err? in the user's settings
---@field state fun(ctx: Ctx, model: Model?): table everything there is to say

---@class qwen.x.telemetry to the user's own collector or file
---@field config fun(ctx: Ctx): {enabled: boolean, endpoint: string?, outfile: string?, log_prompts: boolean}
---@field wanted fun(ctx: Ctx): boolean
---@field may_quote fun(): boolean prompts and arguments may be in it
---@field log fun(ctx: Ctx, name: string, fields: table<string, any>)
---@field add fun(ctx: Ctx, name: string, n: integer, fields: table<string, string>)
---@field flush fun(ctx: Ctx)
