-- Language servers: what they say of an edit goes to the model with its result. `servers` are those
-- that are known; a copy of this file in ~/.qwen/hooks/ changes them (qwen eject hooks/lsp), as
-- does the setting lsp.servers. A program is taken from PATH outside the project only.

local tr = qwen.tr

local H = { summary = "errors and warnings of language servers after an edit" }

-- None of them runs code of the project or asks the network on its own, as far as it can be told
-- so: what an edit puts into the project would run without a question.

-- The compiler beside the server, not the one that the project has.
local function typescript(_, program)
  local modules = (qwen.fs.realpath(program) or ""):match "^(.*/node_modules)/"
  local path = modules and modules .. "/typescript/lib/tsserver.js"
  return { disableAutomaticTypingAcquisition = true,
    tsserver = path and qwen.fs.stat(path) and { path = path } or nil }
end

-- The packages of a virtual environment are found without running its interpreter.
local function python(root)
  local out = qwen.json.array {}
  for _, name in ipairs { ".venv", "venv" } do
    local lib = ("%s/%s/lib"):format(root, name)
    for _, entry in ipairs(qwen.fs.list(lib) or {}) do
      if entry.name:find "^python3" then
        out[#out + 1] = ("%s/%s/site-packages"):format(lib, entry.name)
      end
    end
  end
  return { python = { analysis = { extraPaths = out, diagnosticMode = "openFilesOnly" } } }
end

local RUST = { cargo = { buildScripts = { enable = false } }, procMacro = { enable = false },
  checkOnSave = false, diagnostics = { disabled = qwen.json.array { "unresolved-proc-macro" } } }

local PYTHON = { "pyproject.toml", "pyrightconfig.json", "setup.py", "setup.cfg",
  "requirements.txt", "Pipfile" }

-- Ends of names by language: "c: .c .h cpp: .cc".
local function endings(text)
  local out, language = {}, nil
  for word in text:gmatch "%S+" do
    if word:sub(1, 1) == "." then out[word] = language else language = word:sub(1, -2) end
  end
  return out
end

-- Of those for one kind of file the first that is installed is taken.
H.servers = {
  { name = "clangd", command = "clangd", args = { "--log=error", "-j=2" },
    package = "apt install clangd",
    projectFiles = { "compile_commands.json", "build/compile_commands.json", "compile_flags.txt",
      ".clangd" },
    extensionToLanguage = endings "c: .c .h cpp: .cc .cpp .cxx .hh .hpp objective-c: .m" },
  { name = "typescript", command = "typescript-language-server", args = { "--stdio" },
    package = "npm install -g typescript-language-server typescript@5",
    projectFiles = { "tsconfig.json", "jsconfig.json", "package.json" },
    initializationOptions = typescript,
    extensionToLanguage = endings("typescript: .ts .mts .cts typescriptreact: .tsx "
      .. "javascript: .js .mjs .cjs javascriptreact: .jsx") },
  { name = "gopls", command = "gopls", package = "go install golang.org/x/tools/gopls@latest",
    env = { GOPROXY = "off", GOTOOLCHAIN = "local" }, projectFiles = { "go.mod", "go.work" },
    extensionToLanguage = endings "go: .go" },
  { name = "rust-analyzer", command = "rust-analyzer",
    package = "rustup component add rust-analyzer", env = { CARGO_NET_OFFLINE = "true" },
    initializationOptions = RUST, settings = { ["rust-analyzer"] = RUST },
    projectFiles = { "Cargo.toml", "rust-project.json" },
    extensionToLanguage = endings "rust: .rs" },
  { name = "lua", command = "lua-language-server", package = "lua-language-server",
    projectFiles = { ".luarc.json", ".luarc.jsonc" }, extensionToLanguage = endings "lua: .lua" },
  { name = "pyright", command = "pyright-langserver", args = { "--stdio" },
    package = "npm install -g pyright", projectFiles = PYTHON, settings = python,
    extensionToLanguage = endings "python: .py .pyi" },
  { name = "basedpyright", command = "basedpyright-langserver", args = { "--stdio" },
    package = "pip install basedpyright", projectFiles = PYTHON, settings = python,
    extensionToLanguage = endings "python: .py .pyi" },
  { name = "pylsp", command = "pylsp", package = "apt install python3-pylsp", projectFiles = PYTHON,
    extensionToLanguage = endings "python: .py .pyi" },
}

local SAID = "The language server reports new problems:\n"

-- The news as words for the model, and how many there are.
local function news(ctx)
  local lines, more = qwen.x.lsp_changes.news(ctx)
  if not lines[1] then return nil end
  local rest = more > 0 and ("\n[%d more]"):format(more) or ""
  return SAID .. qwen.text.utf8(table.concat(lines, "\n")) .. rest, lines, #lines + more
end

local function is_on(ctx)
  return ctx.trusted and ctx.settings:get "lsp.diagnostics" ~= false
    and ctx.settings:get "lsp.enabled" ~= false
end

function H.before_edit(ctx, edit)
  if not is_on(ctx) or ctx.mode == "plan" then return end
  for _, path in ipairs(edit.paths) do
    local resolved = qwen.x.files.resolve(ctx, path)
    if resolved then qwen.x.lsp_changes.expect(ctx, edit.id, resolved) end
  end
end

function H.tool_ended(ctx, call, result)
  if not is_on(ctx) then return end
  qwen.x.lsp_changes.ended(ctx, call.id)
  local words, lines, count = news(ctx)
  if not words then return end
  local said = tr(count == 1 and "%d new problem" or "%d new problems", count)
  return { text = result.text .. "\n\n" .. words, below = lines,
    display = result.display and result.display .. ", " .. said or said }
end

function H.prompt_submitted(ctx, prompt)
  local words = is_on(ctx) and news(ctx)
  if words then return { text = prompt.text .. "\n\n[qwen] " .. words } end
end

-- What is wrong with the settings, and what the project could use, for /doctor.
function H.check(ctx, report)
  local known, problems = qwen.x.lsp.known(ctx)
  for _, problem in ipairs(problems) do
    report.bad(tr("%s", problem), tr "see docs/language-servers.md")
  end
  local found, lacking = {}, {}
  for _, server in ipairs(known) do
    local ending = next(server.extensionToLanguage)
    if not server.disabled and qwen.x.lsp.is_project(server, ctx.cwd) then
      local there = qwen.proc.which(server.command)
      if there then found[ending] = true else lacking[#lacking + 1] = server end
    end
  end
  for _, server in ipairs(lacking) do
    local ending = next(server.extensionToLanguage)
    if not found[ending] then
      report.warn(tr("the language server %s is missing", server.name), server.package)
    end
    found[ending] = true
  end
end

function H.session_ended()
  qwen.x.lsp.restart()
end

return H
