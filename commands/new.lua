-- `/new` is the same as /clear. `qwen new KIND NAME` writes a file of one's own that works at once and says in comments what can be changed.

local tr = qwen.tr

local C = qwen.shipped "commands/clear"
C.aliases = nil
C.summary = "a new session; or a file to start from: /new command NAME"
C.args = "[command|hook|tool|provider|auth|search|package NAME | types]"
C.shell = true

local clear = C.run

local templates = {}

templates.command = [[
-- `/@NAME@ [NAME]` at the prompt, `qwen @NAME@` in the shell: greets somebody.

local C = {
  summary = "greet somebody", -- shown in /help
  args = "[NAME]",
  shell = true, -- also from the shell
  -- A person sets it in settings.json: "lua": {"commands/@NAME@": {"greeting": "hi"}}
  options = { greeting = { type = "string", default = "hello", text = "the first word" } },
}

-- What Tab offers.
function C.complete(ctx, word)
  return { "you", "world" }
end

-- args are the words, rest is the line as typed. Return an exit code, or nil and an error.
function C.run(ctx, args, rest)
  ctx.print(C.option.greeting .. " " .. (args[1] or "you"))
end

return C
]]

templates.hook = [[
-- @NAME@: asks before anything is removed, and counts the edits of a session. All events: qwen help lua Hook

local H = { summary = "asks before rm" }

local edits = 0

-- Nothing given back leaves the call as it is, a table takes its place, `false` and a reason block it.
function H.before_tool(ctx, call)
  if call.name == "run_shell_command" and call.args.command:find "%f[%w]rm%f[%W]" then
    call.ask = "it removes something" -- asked in every mode
    return call
  end
end

function H.edit_ended(ctx, edit)
  edits = edits + 1
end

function H.session_ended(ctx, session)
  if edits > 0 then ctx.notice(("%d edits in this session"):format(edits)) end
end

return H
]]

templates.tool = [[
-- The tool @NAME@, which the model can call: counts the lines of a file.

local T = {
  summary = "Count the lines of a text file.", -- what the model reads
  effect = "read", -- read, edit, run or none: what permission is asked for
  schema = {
    type = "object",
    properties = { file_path = { type = "string", description = "absolute path" } },
    required = { "file_path" },
  },
}

-- The files it touches, for permission.
function T.paths(args) return { args.file_path } end

-- A few words for the line on the screen.
function T.label(args) return args.file_path end

-- A text for the model, or nil and an error. Calls that wait are plain calls.
function T.run(ctx, args)
  local path, e = qwen.x.files.resolve(ctx, args.file_path)
  if not path then return nil, e end
  local text
  text, e = qwen.fs.read(path)
  if not text then return nil, e end
  return ("%d lines"):format(#qwen.text.lines(text))
end

return T
]]

templates.provider = [[
-- The provider @NAME@: a gateway that speaks the OpenAI protocol under another path. Use it by its name in settings.json:
--   {"modelProviders": {"@NAME@": [{"id": "our-model", "envKey": "OUR_KEY", "baseUrl": "https://llm.example.com"}]},
--    "security": {"auth": {"selectedType": "@NAME@"}}, "model": {"name": "our-model"}}

local P = { base = "openai", summary = "the gateway @NAME@" }

-- Pure: the same model and view give the same request. The key is added later and never passes through here.
function P.request(model, view)
  local request = P.super.request(model, view)
  request.url = model.base_url .. "/team/chat/completions"
  request.headers["X-Team"] = "a"
  return request
end

return P
]]

templates.auth = [[
-- The way to sign in @NAME@: asks for a key once and keeps it in the credential store. A provider uses it with auth = "@NAME@".

local A = {
  summary = "a key for @NAME@",
  terms = { terms = "https://example.com/terms", privacy = "https://example.com/privacy" },
}

local origins = { "https://llm.example.com" } -- where the key may be sent

-- `qwen auth @NAME@`
function A.login(ctx, options)
  local key = options.key or ctx.line and ctx.line("Key:", true)
  if not key or key == "" then return nil, qwen.err("cancelled", "no key was given") end
  local store, e = qwen.credentials.put("@NAME@", { secret = key, origins = origins })
  if not store then return nil, e end
  ctx.print("the key is kept; store: " .. store)
  return true
end

-- The headers of a request; the secret is joined in C, last.
function A.headers(ctx, model)
  local credential, e = qwen.credentials.get "@NAME@"
  if not credential then return nil, e.kind == "missing" and qwen.err("auth", "nobody has signed in; run: qwen auth @NAME@") or e end
  return { Authorization = { "Bearer ", credential.secret } }
end

function A.logout(ctx)
  return qwen.credentials.remove "@NAME@"
end

return A
]]

templates.search = [[
-- Web search by @NAME@: what the tool web_search asks. Set its address below and its key in the environment; with several
-- services "tools": {"webSearch": {"provider": "@NAME@"}} in settings.json chooses this one.

local S = { summary = "@NAME@", key = "SEARCH_KEY", url = "https://search.example.com" }

-- The request for a query. The key is a secret that is joined later, for this address alone.
function S.request(query, at)
  return { url = at.url .. "/search",
    headers = { Authorization = { "Bearer ", at.key }, ["Content-Type"] = "application/json" },
    body = qwen.json.encode { query = query, count = at.most } }
end

-- The pages in its answer, which is decoded already.
function S.results(answer)
  local out = {}
  for i, each in ipairs(answer.results or {}) do
    out[i] = { title = each.title, url = each.url, snippet = each.text }
  end
  return out
end

return S
]]

local folders = { search = "search", command = "commands", hook = "hooks", tool = "tools", provider = "providers", auth = "auth" }
local next_steps = { search = "web_search is offered once its key is there",
  command = "try it: qwen %s", hook = "it counts from the next turn on; see /doctor", tool = "the model is offered it from the next turn on",
  provider = "name it in settings.json, as the file says", auth = "try it: qwen auth %s" }

-- Types for an editor's language server, beside the files.
local function write_types(ctx, home)
  local folder = home .. "/types"
  local ok, e = qwen.fs.mkdir(folder, 448)
  for _, name in ipairs { "qwen", "sys" } do
    if ok then ok, e = qwen.fs.write(("%s/%s.lua"):format(folder, name), qwen.x.api_reference.source(name), { mode = 384 }) end
  end
  local settings = home .. "/.luarc.json"
  if ok and not qwen.fs.stat(settings) then
    ok, e = qwen.fs.write(settings, '{"runtime.version": "Lua 5.4", "workspace.library": ["types"], "diagnostics.globals": ["qwen"]}\n', { mode = 384 })
  end
  if not ok then return nil, e end
  ctx.print(tr("wrote %s; an editor with a Lua language server knows the API now", qwen.paths.short(folder)))
  return 0
end

local manifest = [[
-- What the package @NAME@ is, and what it may do beyond its own folder. Data only: it is read before anything of it may run.
return {
  name = "@NAME@",
  version = "0.1.0",
  description = "what it is for",
  api = 1,
  -- Rights: "net", "exec", "files"; "all" is everything. What is not named is refused.
  may = {},
  -- Read as qwen.package.settings.NAME; set as "packages": {"@NAME@": {"NAME": ...}} in settings.json.
  settings = {},
}
]]

local test = [[
return {
  ["it greets"] = function(t) t:eq(t:command("@NAME@", "ann").out, "hello ann") end,
}
]]

-- A package to begin with, in a folder of the current one.
local function write_package(ctx, name)
  local folder = ctx.cwd .. "/" .. name
  if qwen.fs.exists(folder) then return nil, qwen.err("usage", tr("%s is there already", qwen.paths.short(folder))) end
  local files = {}
  for path, text in pairs { ["package.lua"] = manifest, ["commands/@NAME@.lua"] = templates.command,
    ["tests/@NAME@_test.lua"] = test } do
    files[#files + 1] = { path = path:gsub("@NAME@", name), text = (text:gsub("@NAME@", name)) }
  end
  local ok, e = qwen.x.package_files.write(folder, files)
  if not ok then return nil, e end
  ctx.print(tr("wrote %s; try it: qwen test ./%s, then: qwen package add ./%s", qwen.paths.short(folder), name, name))
  return 0
end

function C.complete(_, _, before)
  return before[1] and {} or { "command", "hook", "tool", "provider", "auth", "search", "package", "types" }
end

function C.run(ctx, args, rest)
  local kind, name = args[1], args[2]
  if not kind and ctx.session then return clear(ctx, args, rest) end
  local home = qwen.paths.qwen_home()
  if not home then return nil, qwen.err("missing", tr "there is no home folder; set HOME") end
  if kind == "types" and not name then return write_types(ctx, home) end
  if not folders[kind] and kind ~= "package" or not (name or ""):find "^[%a_][%w_-]*$" or args[3] then
    return nil, qwen.err("usage", tr("usage: %s", "qwen new command|hook|tool|provider|auth|search|package NAME, "
      .. "with letters, digits, - and _ in the name"))
  end
  if kind == "package" then return write_package(ctx, name) end
  local folder = folders[kind]
  local path = ("%s/%s/%s.lua"):format(home, folder, name)
  if qwen.fs.stat(path) then return nil, qwen.err("usage", tr("%s is there already", qwen.paths.short(path))) end
  local ok, e = qwen.fs.mkdir(home .. "/" .. folder, 448)
  if ok then ok, e = qwen.fs.write(path, (templates[kind]:gsub("@NAME@", name)), { mode = 384 }) end
  if not ok then return nil, e end
  ctx.print(tr("wrote %s; %s", qwen.paths.short(path), next_steps[kind]:format(name)))
  if qwen.x.registry.source(folder .. "/" .. name) then
    ctx.notice(tr("it takes the place of the shipped %s/%s", folder, name))
  end
  return 0
end

return C
