---@meta
-- Types of the raw layer: what C gives to Lua. One class per module `sys.NAME`, reached by `require "sys.NAME"`.
-- Shipped content and user files do not use `sys.*`; they use `qwen.*` (see qwen.lua beside this file).
--
-- Conventions for every function here:
--   * the world failed: returns `nil, err`; the caller is wrong: raises.
--   * "waits" means: suspends the calling task until there is something; where waiting is impossible it raises in words.
--   * sizes are bytes, times are seconds (number), unless the name says otherwise.

---What kind of failure an error is. The list is closed: code branches on it.
---@alias ErrKind
---| "usage" # what was asked for cannot be: a flag, a setting, an argument
---| "missing" # what is needed is not there: a file, a program, a name
---| "denied" # a rule, the user or the system refuses it
---| "auth" # a credential is missing, wrong or has ended
---| "limit" # a rate or a quota is used up; `retry_after` says for how long
---| "overloaded" # the service is busy; another try may help
---| "network" # the other side cannot be reached, or the connection broke
---| "timeout" # no answer in time
---| "protocol" # an answer that cannot be understood
---| "too_long" # more than the model or a limit takes
---| "cancelled" # the user stopped it
---| "broken" # a file of the user or of ours is wrong

---An error value: a small table that prints as its message. Code branches on `kind`, never on text.
---@class Err
---@field kind ErrKind
---@field message string what failed, on what, what to do next
---@field status integer? HTTP status
---@field retry_after number? seconds
---@field retries integer? how often another try may help; else the usual number
---@field path string? file concerned
---@field quota boolean? the limit is one of an account: waiting a little does not help
---@field window string? which window of the service is used up: "requests", "tokens day"
---@field context integer? tokens that the model has room for, where an answer "too long" says so
---@field unsaid boolean? an answer without a word: it is asked for again whatever was shown of it
---@field switch string? a hook's choice: id of the model to ask instead
---@field sent boolean? the request may have reached the service, which may have carried it out
---@field code string? the system's or the vendor's own code ("ENOENT", "insufficient_quota")

---@class sys.err
---@field new fun(kind: ErrKind, message: string, fields?: table): Err
---@field is fun(value: any): boolean true for an error value of this program

-- sys.task ---------------------------------------------------------------------------------------------------------

---@class Task a coroutine that C resumes; ends with its parent
---@field join fun(self: Task, timeout?: number): boolean, ... waits for the end: `true, results...` or `false, err`; `false, err(kind timeout)` when the time ran out
---@field cancel fun(self: Task) closes the coroutine at its next wait; no pcall swallows it; `<close>` variables run
---@field done fun(self: Task): boolean

---@class Queue
---@field put fun(self: Queue, value: any): boolean waits while full; false when closed
---@field get fun(self: Queue, timeout?: number): any waits; nil when closed and empty, or when the time ran out
---@field close fun(self: Queue)

---@class sys.task
---@field spawn fun(fn: function, ...): Task starts a task as a child of the calling one
---@field current fun(): Task
---@field sleep fun(seconds: number) waits
---@field queue fun(capacity?: integer): Queue
---@field signals fun(...: "int"|"term"|"hup"|"quit"|"winch"|"cont"|"tstp"): Queue a queue that receives the names of these signals from now on
---@field now fun(): number monotonic seconds
---@field time fun(): number seconds since 1970
---@field limited fun(seconds: number, fn: function, ...): boolean, ... like pcall, with budgets: `seconds` of computing between two waits and 256 MiB of memory; what exceeds them is ended with an error that names file and line
---@field on_raise fun(fn: fun(err: any): any) gives the words for what is raised in `limited`, while the stack of its place is there
---@field on_error fun(fn: fun(err: any, traceback: string)) called when a task that nobody joins ends with an error

-- sys.http ---------------------------------------------------------------------------------------------------------

---A header value: a string, a secret, or a list of both that C joins as the last step.
---@alias HeaderValue string|Secret|(string|Secret)[]

---@class HttpRequest
---@field url string
---@field method string? default GET, or POST when there is a body
---@field headers table<string, HeaderValue>? sent in sorted order of their names
---@field body HeaderValue? a list is joined in C; secrets in it as `:encoded` says, or made by `qwen.body`
---@field connect_timeout number? default 10; a limit of 0 is no limit, here and below; the error's `code` is the name of the field
---@field first_timeout number? until the first byte of the answer's body; default 300; none for loopback hosts unless given
---@field idle_timeout number? between two bytes; default 120
---@field total_timeout number? default none
---@field max_body integer? decoded bytes of the whole answer, however they are read; default 256 MiB
---@field proxy string? "" means none; nil: what `use` named, else the variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY (each serves the
---others' addresses too), in both cases; not for loopback hosts, nor for those of NO_PROXY
---@field ca string? file or folder of certificates, instead of the system's; "" for none of them
---@field ca_pem string? the text of certificates, beside the system's or those of `ca`
---@field client_cert string? file of our own certificate, for a server that asks for one; with `client_key` and `client_password`
---@field client_key string? file of its key; without it the same file
---@field client_password string? passphrase of the key
---@field insecure boolean? no certificate check
---@field outside boolean? only to addresses of the internet: what the host's name leads to is judged as it is connected to; denied, code "private_address"
---@field follow boolean? follow up to 5 redirects; an error in the presence of a secret

---What is true of connections, in the whole process.
---@class HttpRoute
---@field proxy string? "" means none; without it variables decide
---@field forced boolean? that proxy is for loopback hosts, too
---@field ca string?
---@field ca_pem string?
---@field insecure boolean?
---@field variables table<string, string>? beside the environment, which is stronger
---@field rules table<string, {plain: boolean?, client_cert: string?, client_key: string?, client_password: string?}>? by origin; plain:
---a credential may go there without TLS

---@class HttpStream
---@field status integer
---@field sent number task.now() when the request had left
---@field headers table<string, string> names in lower case; repeated ones joined with ", "
---@field url string final address
---@field read fun(self: HttpStream): string?, Err? waits for the next bytes; nil at the end; nil, err when it broke
---@field all fun(self: HttpStream, limit?: integer): string?, Err? waits for the whole rest (default limit 8 MiB); one that is larger is an error of kind too_long
---@field sealed fun(self: HttpStream, fields: string[], name: string, origins: string[]|fun(answer: table): string[], limit?: integer): table?, Err? waits for the whole rest as JSON (default limit 1 MiB); the texts of these fields, at any depth, become secrets and are never Lua strings
---@field event fun(self: HttpStream, template?: JsonTemplate): string?, (string|JsonTemplate|Err)?, string?, integer? next server-sent event: data, event name ("message" when
---unnamed, "error" for a field of that name, "whole" for an answer that is JSON and no stream: all of it), last id seen, milliseconds of the last `retry`; both also at the end;
---one that fits the template may come as its text and the template; nil at the end; nil, err when it broke
---@field close fun(self: HttpStream, over?: boolean) also done by `<close>` and by the collector; `over`: all of the answer has come, so
---the connection is kept when it ends within a moment

---@class sys.http
---@field open fun(request: HttpRequest): HttpStream?, Err? waits for the status line and headers
---@field sse fun(): fun(bytes: string?): table?, Err? a framer without a connection, for tests and replay: feed bytes (nil at the end), get a list of {data, event, id, retry}
---@field warm fun(request: HttpRequest) opens a connection to the request's host ahead of use (by a HEAD without headers); does not wait; nothing for loopback hosts
---@field parse_url fun(url: string): table?, Err? {scheme, host, port (integer), path, origin "scheme://host:port", loopback (boolean), private (boolean: this machine or a private network), public (boolean: as far as name or number say, of the internet), exposed (boolean: no credential goes there)} as curl sees it
---@field join fun(base: string, link: string): string? the address that a link means on the page of that address; nil where it is none
---@field is_private fun(name: string): boolean whether a credential stands under this name of a header or parameter
---@field use fun(route: HttpRoute) counts for every request from now on that does not say otherwise itself

-- sys.listen -------------------------------------------------------------------------------------------------------

---@class Listener on 127.0.0.1; takes a GET of its path with our own Host (and Origin, if any), refuses everything else by itself
---@field port fun(self: Listener): integer
---@field next fun(self: Listener, timeout: number): string? waits for the query of the oldest request without an answer; nil when the time ran out
---@field answer fun(self: Listener, status: integer, page: string) HTML for the request that `next` gave
---@field close fun(self: Listener) also done by `<close>` and by the collector

---@class sys.listen
---@field open fun(options: {ports: integer[], path: string}): Listener?, Err? at the first port that is free; 0 is any
---@field taken fun(port: integer): boolean whether a program listens on 127.0.0.1 at it, as far as can be told in a moment

-- sys.secret -------------------------------------------------------------------------------------------------------

---A value that cannot be shown: prints as `<secret NAME>`, refuses json, concatenation, length, comparison. Wiped when collected.
---@class Secret
---@field name fun(self: Secret): string
---@field hint fun(self: Secret): string "sk-...a1b2"; "" when shorter than 16 characters
---@field origins fun(self: Secret): string[] where it may be sent
---@field bind fun(self: Secret, origins: string[]): Secret?, Err? a handle on the same value, allowed at these origins only; each must be one of its own
---@field basic fun(self: Secret, user: string): Secret?, Err? base64 of "user:value", for {"Basic ", secret:basic(user)}
---@field encoded fun(self: Secret, form: "form"|"json"): Secret?, Err? as it stands in a form, or between the quotes of a JSON string
---@field hmac fun(self: Secret, algorithm: "sha256"|"sha1", text: string, form: "hex"|"base64"|nil): string the text signed with it; default hex
---@field jwt_claims fun(self: Secret, names: string[]): table<string, string|number|boolean>?, Err? these claims of a JSON web token

---@class sys.secret
---@field new fun(name: string, value: string, origins: string[]): Secret?, Err? origins as "scheme://host:port", the port may be left out; a value of several lines is refused
---@field env fun(name: string, variable: string, origins: string[]): Secret?, Err? from the process environment; nil when unset or empty
---@field seal fun(json: string, fields: string[], name: string, origins: string[]|fun(value: table): string[]): table?, Err? like HttpStream:sealed, for a text that is there already
---@field redact fun(text: string): string every live secret of 8 characters or more in it (also its URL, JSON and base64 forms) replaced by `<secret NAME>`

-- sys.secret_store --------------------------------------------------------------------------------------------------

---Back ends of the credential store.
---@alias SecretStoreName "vault"|"secret-service"|"kernel"|"helper"|"memory"|"plain"

---@class SecretStoreOptions
---@field folder string? vault, plain: where their file is
---@field key_file string? vault: the machine's key, made when it is needed and missing
---@field passphrase Secret? vault: makes the key instead
---@field new_passphrase Secret? rekey: what makes the key from now on
---@field argv string[]? helper: absolute path of the program, and its arguments
---@field timeout number? default 30

---The back ends of the credential store: JSON with secrets in it. Every call waits. Nothing under a key: err kind missing, code "no-entry".
---@class sys.secret_store
---@field get fun(backend: SecretStoreName, key: string, fields: string[], name: string, origins: string[]|fun(value: table): string[], options: SecretStoreOptions): table?, Err? the texts of these fields are secrets, as in secret.seal
---@field put fun(backend: SecretStoreName, key: string, pieces: (string|Secret)[], options: SecretStoreOptions): boolean?, Err? pieces of JSON; read back before it says yes
---@field remove fun(backend: SecretStoreName, key: string, options: SecretStoreOptions): boolean?, Err?
---@field probe fun(backend: SecretStoreName, options: SecretStoreOptions): boolean?, Err? stores, reads and removes a random value
---@field rekey fun(options: SecretStoreOptions): boolean?, Err? the vault under another key: of new_passphrase, else the machine's; made when there is none

-- sys.proc ---------------------------------------------------------------------------------------------------------

---@class ProcOptions
---@field argv string[] argv[1] is an absolute path, or a name looked up in PATH without relative entries
---@field cwd string?
---@field env table<string, string>? the whole environment; nil inherits
---@field stdin "null"|"pipe"|"inherit"|nil default "null"
---@field stdout "pipe"|"inherit"|"null"|nil default "pipe"
---@field stderr "pipe"|"stdout"|"inherit"|"null"|nil default "pipe"; "stdout" joins it there
---@field pty {rows: integer, cols: integer}? run on a pseudo terminal (all three descriptors)
---@field timeout number? then the whole process group is killed and `wait` says timed_out
---@field confined "all"|"no-unix-sockets"|nil before the program: no new privileges, an empty session keyring, limits, a filter of system calls (src/core/proc_confine.h)
---@field leave boolean? what still runs when the program has ended keeps the pipes
---@field group boolean? own process group and session, which ends with us, also when we are killed; default true

---@class Process own process group; killed whole by `<close>`
---@field pid fun(self: Process): integer
---@field close fun(self: Process) kills the whole tree
---@field read fun(self: Process): string?, ("out"|"err"|"silent")? waits for the next output; nil when all pipes are at their end; with `leave` nil, "silent" when the program has ended and nothing came for a moment
---@field status fun(self: Process): {code: integer?, signal: integer?, timed_out: boolean, others: boolean}? nil while it runs; others: processes of its group go on
---@field write fun(self: Process, bytes: string): boolean?, Err? waits until taken; nil, err when the reader went away before
---@field close_stdin fun(self: Process)
---@field wait fun(self: Process): {code: integer?, signal: integer?, timed_out: boolean} waits until pipes are at their end and it has exited; output not read before is dropped
---@field kill fun(self: Process, signal?: integer) to the whole group; default SIGTERM, then SIGKILL after 0.5 s
---@field resize fun(self: Process, rows: integer, cols: integer) pty only

---@class sys.proc
---@field open fun(options: ProcOptions): Process?, Err?
---@field which fun(name: string): string? absolute path, from absolute PATH entries only

-- sys.fs -----------------------------------------------------------------------------------------------------------

---@class Stat
---@field type "file"|"dir"|"link"|"pipe"|"device"|"other"
---@field size integer
---@field mtime number
---@field mode integer permission bits
---@field dev integer
---@field ino integer
---@field links integer names that it has
---@field uid integer

---@class Expected what must be in a place still: any of these
---@field dev integer? with ino
---@field ino integer?
---@field size integer?
---@field mtime number?
---@field hash string? SHA-256 of its content, in hex

---@class Lock released by :close(), `<close>`, or the end of the process
---@field close fun(self: Lock)

---@class Appender append-only file, whole records
---@field write fun(self: Appender, text: string): boolean?, Err? one write(2) call
---@field sync fun(self: Appender): boolean?, Err? fdatasync
---@field close fun(self: Appender)

---@class sys.fs
---@field read fun(path: string, limit?: integer): string?, Err? whole file; err kind too_long above limit (default 64 MiB)
---@field read_part fun(path: string, from: integer, count: integer): string?, Err? up to count bytes (at most 64 MiB) from the offset from on; fewer where the file ends
---@field write fun(path: string, text: string, options?: {mode?: integer, fsync?: boolean, expect?: Expected|false}): boolean?, Err? temp file beside it, fsync, rename; keeps the mode of an existing file; default mode 0600 & ~umask; expect: see write_exact
---@field touch fun(path: string): boolean?, Err? as if it had been written now
---@field create fun(path: string, text: string): boolean?, Err? a new file, mode 0600; err with code "EEXIST" when something is there
---@field append fun(path: string, mode?: integer): Appender?, Err? creates with mode 0600
---@field truncate fun(path: string, size: integer): boolean?, Err?
---@field stat fun(path: string, follow?: boolean): Stat?, Err? follow defaults to true
---@field exists fun(path: string, follow?: boolean): boolean as stat, without an error for what is not there
---@field stamp fun(path: string): string? what changes when a file is saved; nil where nothing is
---@field list fun(path: string): {name: string, type: string}[]?, Err? sorted by name, without . and ..
---@field mkdir fun(path: string, mode?: integer): boolean?, Err? with parents; default mode 0755; no error when there
---@field remove fun(path: string): boolean?, Err? file, link or empty folder
---@field remove_tree fun(path: string): boolean?, Err? never follows links
---@field rename fun(from: string, to: string): boolean?, Err?
---@field realpath fun(path: string): string?, Err?
---@field mkdtemp fun(prefix: string): string?, Err? private folder
---@field lock fun(path: string, timeout?: number): Lock?, Err? flock on a lock file; waits up to timeout (default 10)
---@field cwd fun(): string?, Err?
---@field read_exact fun(path: string, limit?: integer): string?, Stat|Err by a path without a link in any component: the text, and what the open file is
---@field write_exact fun(path: string, text: string, options?: {mode?: integer, expect?: Expected|false}): boolean?, Stat|Err|nil the same; makes missing folders; expect false: nothing may be there, a table: only that, looked at under a lock directly before the change; else err of code EEXIST, ENOENT or ESTALE; with expect also what it wrote
---@field stat_exact fun(path: string): Stat?, Err?
---@field list_exact fun(path: string): {name: string, type: string}[]?, Err?
---@field remove_exact fun(path: string, expect?: Expected): boolean?, Err?

-- sys.os -----------------------------------------------------------------------------------------------------------

---@class sys.os
---@field env fun(name: string): string?
---@field environ fun(): table<string, string>
---@field home fun(): string? HOME, else the password database
---@field pid fun(): integer
---@field uid fun(): integer
---@field platform fun(): {system: string, arch: string, release: string} lower case: "linux", "x64"
---@field uuid fun(): string version 4
---@field random fun(n: integer): string n random bytes
---@field sha256 fun(text: string): string hex
---@field sha512 fun(text: string): string hex
---@field base64 fun(bytes: string): string
---@field unbase64 fun(text: string): string? nil when malformed
---@field isatty fun(fd: 0|1|2): boolean
---@field memory fun(): {lua: integer, rss: integer} bytes
---@field cpu fun(): number CPU seconds used by this process
---@field stdin fun(limit?: integer): string?, Err? waits for all of standard input
---@field stdin_lines fun(limit?: integer): StdinLines standard input as it comes, line by line; limit: bytes of a line
---@field out fun(text: string) to standard output, buffered; written whenever the program is about to wait
---@field err fun(text: string) to standard error, cleaned, at once (standard output is flushed first)
---@field flush fun(): boolean?, Err? writes the buffer now; err when the reader is gone

---@class StdinLines
---@field line fun(self: StdinLines): string?, Err? waits for the next line, without its end; nil at the end of all

---@class SideOut its reader is never waited for; one that is 1 MB behind, or gone, gets no more
---@field write fun(self: SideOut, bytes: string): boolean false when nobody reads any more
---@field close fun(self: SideOut) waits a second for what is left

---@class sys.side_out
---@field open fun(target: integer|string): SideOut?, Err? a descriptor that our parent has opened, or a file, a named pipe, /dev/fd/N: what is there already stays before it

-- sys.term ---------------------------------------------------------------------------------------------------------

---@class KeyEvent
---@field type "key"|"paste"|"resize"|"focus"|"reply"
---@field key string? "a", "A", "space", "enter", "tab", "esc", "backspace", "delete", "insert", "up", "down", "left", "right", "home", "end", "pageup", "pagedown", "f1".. with modifiers before it in the order "super-ctrl-alt-shift-": "ctrl-c", "alt-f", "alt-shift-f", "shift-tab"; of focus "in" or "out"
---@field text string? what a printable key types; the text of a paste with \n as line end; a terminal's reply without its ESC and terminator: "]11;rgb:0/0/0"
---@field cut boolean? the paste was longer than 16 MiB and lost its end

---@class sys.term
---@field open fun(): boolean?, Err? raw mode, bracketed paste on; restored by close, on every exit and before suspend
---@field close fun()
---@field key fun(timeout?: number): KeyEvent? waits for the next event; nil when the time ran out or the terminal is gone
---@field behind fun(): boolean an open terminal has not yet taken all that was written
---@field catch_up fun() waits until it has
---@field keep_title fun(keep: boolean) true: the terminal remembers its title, until false or any end of the process
---@field suspend fun() gives the terminal back, stops the process, takes it again on continue
---@field size fun(): integer, integer rows, columns
---@field decode fun(): fun(bytes: string?): KeyEvent[] the key decoder without a terminal, for tests; nil flushes a lone Esc
---@field width fun(text: string): integer columns of one line of sanitised text
---@field graphemes fun(text: string): fun(): integer?, integer?, integer? iterator over start byte, end byte, columns
---@field cut fun(text: string, columns: integer): string, integer longest beginning that fits, its columns
---@field wrap fun(text: string, columns: integer): string[] lines of one paragraph, broken at spaces where possible

-- sys.text ---------------------------------------------------------------------------------------------------------

---@class sys.text
---@field utf8 fun(bytes: string): string invalid sequences replaced by U+FFFD
---@field clean fun(text: string): string for a terminal: no escape, C0 (but newline and tab), C1, bidi, invisible or tag character (emoji stay whole); valid UTF-8
---@field cleaner fun(): fun(chunk: string?): string `clean` for a stream: takes pieces cut anywhere, nil at the end; gives what is certain so far
---@field rank fun(list: string, word: string, limit: integer): string[] names of a list, each with a zero byte behind it, that hold the letters of the word in their order; best first, 100 at most
---@field convert fun(bytes: string, from: string, to: string): string?, integer? from one character set to another; nil and the place of the first byte that cannot be (0: the system does not know a set)
---@field normal fun(text: string, form: "NFC"|"NFD"): string the same letters, composed or in parts
---@field line_ends fun(text: string, from?: integer, to?: integer): integer how many stand in that part
---@field plain fun(bytes: string): string what would stand on a terminal: redrawn lines once, no escape sequence, no control but newline and tab
---@field visible fun(text: string): string as clean, but what was dropped is shown: `\x1b`, `\u202e`

-- sys.markdown ------------------------------------------------------------------------------------------------------

---@class sys.markdown
---@field parse fun(text: string): string[]?, Err? events, name and detail by turns: "h" "1", "text" "Title", "/h" ""; nothing is cleaned; err kind missing without the library

-- sys.html ---------------------------------------------------------------------------------------------------------

---A page as it is read, step by step, in its order.
---@class HtmlTree
---@field next fun(self: HtmlTree): "open"|"close"|"text"|nil, string? the next step: a tag's name in small letters, "" for one that HTML has not; or a text; nil at the end
---@field skip fun(self: HtmlTree) leaves out what is in the element that was opened last
---@field attribute fun(self: HtmlTree, name: string): string? of the innermost open element
---@field holds fun(self: HtmlTree, names: string): boolean whether one of these tags, separated by spaces, is in the innermost open element

---@class sys.html
---@field parse fun(text: string): HtmlTree?, Err? UTF-8; err kind missing without the library, too_long where reading it would take too much

-- sys.json ---------------------------------------------------------------------------------------------------------

---Reads the one text that changes in a run of JSON events that are otherwise the same, without decoding each of them.
---@class JsonTemplate
---@field read fun(self: JsonTemplate, data: string): string? the text of an event that fits the template; nil when it must be decoded
---@field learn fun(self: JsonTemplate, data: string, key: string, text: string, name?: string, without?: string) from an event of that
---name that was decoded and held nothing but this text; texts with one of the bytes in `without` do not fit
---@field taken fun(self: JsonTemplate): integer bytes of the texts that came from streams by it

---@class sys.json
---@field template fun(): JsonTemplate
---@field decode fun(text: string, halves?: boolean, foreign?: boolean): any, Err? depth up to 128; null is json.null; integers below 2^53 come as floats
---with integral value; half a surrogate pair is U+FFFD, or with `halves` at an end of a string its three bytes (WTF-8); a `foreign` text is refused where its values would take more than 24 MB
---@field encode fun(value: any, options?: {indent?: integer}): string keys sorted, integral numbers without fraction, empty table {} unless marked; raises on functions, secrets, cycles, NaN
---@field array fun(t?: table): table marks a table as an array
---@field raw fun(text: string): table a piece of JSON text to be written as it is, but for its line ends: a value stays on one line
---@field null lightuserdata

-- sys.limit --------------------------------------------------------------------------------------------------------

---A window of a limit: at most n in any `per` seconds (a sliding time), or in a UTC day.
---@class LimitWindow
---@field n number
---@field per number seconds
---@field margin number? seconds added to per, for what the way to the server may differ between two grants
---@field weighted boolean? counts the weight of a grant (tokens), not the grant
---@field day boolean? the UTC day instead of a sliding time

---@class LimitAnswer
---@field first boolean? nothing is known of this key: call seed, then take again
---@field grant integer? granted, with this number
---@field ticket integer? not yet: a place in the queue, to be given to the next take
---@field again number? seconds after which to ask again; who is more than 2 seconds late stands aside until it asks
---@field wait number? seconds until this place can be granted, as it looks now
---@field ahead integer? others before it
---@field why "window"|"pause"|"server"|"lost"|nil what it waits for; lost: a Redis server has forgotten what was counted
---@field window integer? which window is full
---@field leapt boolean? the clock of this machine has leapt by days, and no server has confirmed it: see date
---@field unsure boolean? no server has confirmed the clock of this machine since it was started or set

---Limits that all processes with this file keep together. Each call waits while another process holds the file.
---@class Limiter
---@field take fun(self: Limiter, key: string, windows: LimitWindow[], weight?: number, ticket?: integer, spec?: string, background?: boolean, pause?: string): LimitAnswer?, Err? in all windows or none; spec: words for those who list; background: others go first, three of four times; pause: another key whose pause holds here as well
---@field leave fun(self: Limiter, ticket: integer): boolean?, Err? gives a place in the queue up
---@field settle fun(self: Limiter, key: string, grant: integer, weight: number): boolean?, Err? the real weight
---@field sent fun(self: Limiter, key: string, grant: integer, seconds: number): boolean?, Err? the request left so long after its grant: the window ends as much later
---@field undo fun(self: Limiter, key: string, grant: integer): boolean?, Err? gives back a grant that was not used, when it is the newest
---@field shut fun(self: Limiter, key: string, seconds?: number): number?, Err? no grants for so long, at most an hour; without a number 1, 2, 4 .. 60 s; the seconds in force
---@field tighten fun(self: Limiter, key: string, grant: integer, window: LimitWindow, left: number, seconds: number): boolean?, Err? a server said: so many more until then
---@field date fun(self: Limiter, time: number): boolean?, Err? the date of a server: where this machine shows the same, its clock is confirmed and its leap counts; otherwise it changes nothing
---@field seed fun(self: Limiter, key: string, grants: {age: number, weight: number}[]): boolean?, Err? grants from before, oldest first, for a key of which nothing is known
---@field usage fun(self: Limiter, key: string, windows: LimitWindow[]): {used: number, next: number, all: number}[]?, Err? seconds until one, and until all are given back
---@field keys fun(self: Limiter): {name: string, spec: string, shut: number, waiting: integer, background: integer}[]?, Err?
---@field forget fun(self: Limiter, key: string): boolean?, Err?
---@field aside fun(self: Limiter): string? where a damaged file was moved; nil when none was
---@field close fun(self: Limiter)

---@class sys.limit
---@field open fun(path: string): Limiter?, Err? ":memory:" is for this process alone; the file is made by the first use

-- sys.db -----------------------------------------------------------------------------------------------------------

---A SQLite file that all processes share. A damaged file is moved aside and made anew.
---@class Database
---@field run fun(self: Database, statement: string, ...: string|number|boolean|nil): table<string, any>[]?, Err? one statement in a transaction of its own; rows by column names, NULL is absent; waits while another process holds the file
---@field aside fun(self: Database): string? where a damaged file was moved; nil when none was
---@field close fun(self: Database)

---@class sys.db
---@field open fun(path: string, schema: string, version: integer): Database?, Err? the file is made by the first run, with this schema; one of a lower version is moved aside, one of a higher version left alone
---@field on_network fun(folder: string): boolean a file system where locks and shared memory do not work

-- sys.redis --------------------------------------------------------------------------------------------------------

---A connection to a Redis server. A call waits for its answer, 2 seconds at most unless said otherwise; several tasks may call at once.
---@class Redis
---@field call fun(self: Redis, command: string, ...: string|number|Secret): (string|integer|boolean|table)?, Err? the answer: text, number, list; false for nothing; nil, err with the server's own code ("NOSCRIPT")
---@field post fun(self: Redis, command: string, ...: string|number|Secret): boolean?, Err? sends and does not wait; the answer is dropped
---@field close fun(self: Redis)

---@class sys.redis
---@field open fun(host: string, port: integer, options?: {timeout: number?, tls: boolean?, ca: string?, ca_pem: string?, insecure: boolean?}): Redis?, Err? certificates as in HttpRequest

-- sys.embed --------------------------------------------------------------------------------------------------------

---@class sys.embed
---@field names fun(folder?: string): string[] sorted: "lua/qwen/main.lua", "commands/help.lua", ...; folder: their beginning
---@field source fun(name: string): string? text as shipped
---@field load fun(name: string): function?, string? compiled chunk
---@field version string
---@field runtime string? the --runtime folder that replaces the embedded files

-- sys.probe --------------------------------------------------------------------------------------------------------

---What a sandbox must not let through, tried. Nobody else needs these calls.
---@class sys.probe
---@field try fun(what: "connect"|"key_add"|"key_find"|"key_drop"|"type"|"trace", argument?: string): boolean, string? done, or the system's word against it: to a unix socket (path, or @name); a key of that name in the session keyring; a letter typed into the terminal at descriptor 0; attaching to a process
