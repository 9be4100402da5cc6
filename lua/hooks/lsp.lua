-- Language servers: what they say of an edit goes to the model with its result. `servers` are those
-- that are known; a copy of this file in ~/.qwen/hooks/ changes them (qwen eject hooks/lsp), as does
-- the setting lsp.servers. A program is taken from PATH outside the project only.

local tr = qwen.tr

local H = { summary = "errors and warnings of language servers after an edit" }

-- Of a project that has several for a kind of file the first one that is installed is taken.
H.servers = {
  { name = "clangd", command = "clangd", args = { "--log=error", "-j=2" }, package = "apt install clangd",
    projectFiles = { "compile_commands.json", "build/compile_commands.json", "compile_flags.txt", ".clangd" },
    extensionToLanguage = { [".c"] = "c", [".h"] = "c", [".cc"] = "cpp", [".cpp"] = "cpp",
      [".cxx"] = "cpp", [".hh"] = "cpp", [".hpp"] = "cpp", [".m"] = "objective-c" } },
  { name = "typescript", command = "typescript-language-server", args = { "--stdio" },
    package = "npm install -g typescript-language-server typescript@5",
    projectFiles = { "tsconfig.json", "jsconfig.json", "package.json" },
    extensionToLanguage = { [".ts"] = "typescript", [".mts"] = "typescript", [".cts"] = "typescript",
      [".tsx"] = "typescriptreact", [".js"] = "javascript", [".mjs"] = "javascript",
      [".cjs"] = "javascript", [".jsx"] = "javascriptreact" } },
  { name = "gopls", command = "gopls", package = "go install golang.org/x/tools/gopls@latest",
    projectFiles = { "go.mod", "go.work" }, extensionToLanguage = { [".go"] = "go" } },
  { name = "rust-analyzer", command = "rust-analyzer", package = "rustup component add rust-analyzer",
    projectFiles = { "Cargo.toml", "rust-project.json" }, extensionToLanguage = { [".rs"] = "rust" } },
  { name = "lua", command = "lua-language-server", package = "lua-language-server",
    projectFiles = { ".luarc.json", ".luarc.jsonc" }, extensionToLanguage = { [".lua"] = "lua" } },
}

local PYTHON = { "pyproject.toml", "pyrightconfig.json", "setup.py", "setup.cfg", "requirements.txt",
  "Pipfile" }
for _, python in ipairs {
  { "pyright", { "--stdio" }, "npm install -g pyright", "pyright-langserver" },
  { "basedpyright", { "--stdio" }, "pip install basedpyright", "basedpyright-langserver" },
  { "pylsp", {}, "apt install python3-pylsp", "pylsp" },
} do
  table.insert(H.servers, { name = python[1], args = python[2], package = python[3],
    command = python[4], projectFiles = PYTHON,
    extensionToLanguage = { [".py"] = "python", [".pyi"] = "python" } })
end

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

function H.session_ended()
  qwen.x.lsp.restart()
end

return H
