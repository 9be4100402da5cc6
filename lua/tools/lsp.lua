-- Asks a language server: where a symbol is defined and used, what it is, which symbols there are,
-- what is wrong with a file, what a rename would change. It changes nothing.

local tr = qwen.tr

local MOST, LONGEST = 50, 8000 -- lines of a result; bytes of a hover
local WAIT = 10 -- seconds for diagnostics

local T = {
  summary = "Ask a language server about code: definition, references, hover, symbols, calls, "
    .. "diagnostics, code actions, a preview of a rename. Give filePath and line with symbol "
    .. "(its name) or character; workspaceSymbol takes query.",
  effect = "read", deferred = true,
  schema = {
    type = "object",
    properties = {
      operation = { type = "string", enum = qwen.json.array { "goToDefinition", "findReferences",
        "hover", "documentSymbol", "workspaceSymbol", "goToImplementation", "prepareCallHierarchy",
        "incomingCalls", "outgoingCalls", "diagnostics", "workspaceDiagnostics", "codeActions",
        "rename" } },
      filePath = { type = "string" },
      line = { type = "integer", minimum = 1 },
      character = { type = "integer", minimum = 1 },
      symbol = { type = "string", description = "name in that line, instead of character" },
      includeDeclaration = { type = "boolean" },
      query = { type = "string" },
      newName = { type = "string" },
      endLine = { type = "integer", minimum = 1 },
      endCharacter = { type = "integer", minimum = 1 },
      callHierarchyItem = { type = "object", description = "from prepareCallHierarchy" },
      limit = { type = "integer", minimum = 1 },
    },
    required = { "operation" },
  },
}

-- The file and place of an item of prepareCallHierarchy, as others give it back.
local function from_item(args)
  local item = args.callHierarchyItem
  local at = type(item) == "table" and qwen.x.lsp_answers.symbols({ item }, item.uri)[1]
  return at and at.path and { filePath = at.path, line = at.line + 1, symbol = at.name } or nil
end

local function file_of(args) return args.filePath or (from_item(args) or {}).filePath end

function T.paths(args) return { file_of(args) } end

T.verbs = { ask = qwen.phrase "Ask the language server",
  done = qwen.phrase "Asked the language server" }

function T.label(args)
  local what = args.symbol or args.query or args.line and tostring(args.line)
  local words = { args.operation }
  words[#words + 1] = args.filePath
  words[#words + 1] = what
  return table.concat(words, " ")
end

function T.offered(ctx) return qwen.x.lsp.fits(ctx) end

-- A result of lines, as many as were asked for.
local function result(title, rows, args, note)
  local most = math.min(args.limit or MOST, MOST)
  local text = table.concat(rows, "\n", 1, math.min(#rows, most))
  if #rows > most then text = text .. ("\n[%d more]"):format(#rows - most) end
  return { text = (note or "") .. title .. "\n" .. text,
    display = tr(#rows == 1 and "%d result" or "%d results", #rows) }
end

local YOUNG = " The server has only just started and may not have read the whole project yet."

local function nothing(query, what)
  local young = query:young() and YOUNG or ""
  return { text = ("No %s found.%s"):format(what, young), display = tr "nothing" }
end

local function places(query, found, what, args)
  if not found[1] then return nothing(query, what) end
  local rows = {}
  for i = 1, #found do rows[i] = i <= MOST and query:row(found[i]) or "" end
  return result(("Found %d %s:"):format(#found, what), rows, args)
end

local function name_of(at)
  return at.name .. (at.kind and (" (%s)"):format(at.kind) or "")
    .. (at.inside and at.inside ~= "" and " in " .. at.inside or "")
end

local function symbols(query, found, what, args)
  if not found[1] then return nothing(query, what) end
  local rows = {}
  for i, at in ipairs(found) do rows[i] = query:place(at) .. ": " .. name_of(at) end
  return result(("Found %d %s:"):format(#found, what), rows, args)
end

local MOST_CALLS = 5 -- lines that are named of one function

-- Who calls the symbol at a place, or what it calls.
local function calls(query, position, side, args)
  local items, e = query:ask("textDocument/prepareCallHierarchy", { position = position })
  if items == nil then return nil, e end
  local what, rows = side == "from" and "callers" or "called functions", {}
  for _, item in ipairs(items or {}) do
    local method = side == "from" and "incomingCalls" or "outgoingCalls"
    local found
    found, e = query.client:request("callHierarchy/" .. method, { item = item })
    if found == nil then return nil, e end
    for _, at in ipairs(qwen.x.lsp_answers.calls(found, side)) do
      local at_lines = {}
      for i, line in ipairs(at.calls) do at_lines[i] = tostring(line + 1) end
      local where = table.concat(at_lines, ", ", 1, math.min(#at_lines, MOST_CALLS))
      where = where ~= "" and (" (calls in line %s)"):format(where) or ""
      rows[#rows + 1] = query:place(at) .. ": " .. name_of(at) .. where
    end
  end
  if not rows[1] then return nothing(query, what) end
  return result(("Found %d %s:"):format(#rows, what), rows, args)
end

local function rename(query, position, args)
  local name = args.newName
  if not name or name == "" then return nil, qwen.err("usage", "rename needs newName") end
  local answer, e = query:ask("textDocument/rename", { position = position, newName = name })
  if answer == nil then return nil, e end
  local edits, others = qwen.x.lsp_answers.edits(answer)
  if not edits[1] then return nothing(query, "places to rename") end
  local rows, same = {}, {}
  for i, edit in ipairs(edits) do -- those of one line together
    local next_one = edits[i + 1]
    same[#same + 1] = edit
    if not next_one or next_one.uri ~= edit.uri or next_one.line ~= edit.line then
      local line = query:edited(same)
      rows[#rows + 1] = query:place(same[1]) .. (line and ": " .. line or "")
      same = {}
    end
  end
  local note = "This is a preview; nothing was changed. Make the changes with edit."
    .. (others and " The server would also move files." or "") .. "\n"
  return result(("A rename to %s changes %d line(s):"):format(name, #rows), rows, args, note)
end

local function diagnostics(query, args)
  local found = query:diagnostics(WAIT)
  if not found then return nil, qwen.err("timeout", ("no diagnostics within %d s"):format(WAIT)) end
  local rows = {}
  for i, one in ipairs(found) do rows[i] = query:diagnostic(one) end
  if not rows[1] then
    return { text = "No diagnostics: the file is in order.", display = tr "nothing" }
  end
  return result(("Found %d diagnostic(s):"):format(#rows), rows, args)
end

local function actions(query, position, args)
  local stop = position
  if args.endLine then
    local e
    stop, e = query:position(args.endLine, args.endCharacter)
    if not stop then return nil, e end
  end
  local answer, e = query:ask("textDocument/codeAction", {
    range = { start = position, ["end"] = stop },
    context = { diagnostics = qwen.json.array {} },
  })
  if answer == nil then return nil, e end
  local titles = qwen.x.lsp_answers.actions(answer)
  if not titles[1] then return nothing(query, "code actions") end
  return result("The server offers (nothing was changed):", titles, args)
end

-- Operations about a place: the method and what the answer becomes.
local at_place = {
  goToDefinition = function(query, position, args)
    local answer, e = query:ask("textDocument/definition", { position = position })
    if answer == nil then return nil, e end
    return places(query, qwen.x.lsp_answers.places(answer), "definitions", args)
  end,
  goToImplementation = function(query, position, args)
    local answer, e = query:ask("textDocument/implementation", { position = position })
    if answer == nil then return nil, e end
    return places(query, qwen.x.lsp_answers.places(answer), "implementations", args)
  end,
  findReferences = function(query, position, args)
    local answer, e = query:ask("textDocument/references", { position = position,
      context = { includeDeclaration = args.includeDeclaration or false } })
    if answer == nil then return nil, e end
    return places(query, qwen.x.lsp_answers.places(answer), "references", args)
  end,
  hover = function(query, position)
    local answer, e = query:ask("textDocument/hover", { position = position })
    if answer == nil then return nil, e end
    local text = qwen.text.head(qwen.text.trim(qwen.x.lsp_answers.hover(answer)), LONGEST)
    if text == "" then return nothing(query, "hover text") end
    return { text = text, display = qwen.text.clean(text:match "[^\n]*") }
  end,
  prepareCallHierarchy = function(query, position, args)
    local answer, e = query:ask("textDocument/prepareCallHierarchy", { position = position })
    if answer == nil then return nil, e end
    return symbols(query, qwen.x.lsp_answers.symbols(answer), "items", args)
  end,
  incomingCalls = function(query, position, args) return calls(query, position, "from", args) end,
  outgoingCalls = function(query, position, args) return calls(query, position, "to", args) end,
  codeActions = actions, rename = rename,
}

-- Operations about the whole project, of each server that runs.
local function of_project(ctx, args, ask)
  local queries, problem = qwen.x.lsp_queries.project(ctx)
  if not queries[1] then
    return nil, problem or qwen.err("missing", "no language server fits this project")
  end
  local rows = {}
  for _, query in ipairs(queries) do
    local e = ask(query, rows, args)
    problem = problem or e
  end
  if not rows[1] and problem then return nil, problem end
  if not rows[1] then return nothing(queries[1], args.query and "symbols" or "diagnostics") end
  return result(("Found %d:"):format(#rows), rows, args)
end

local projects = {
  workspaceSymbol = function(query, rows, args)
    local answer, e = query:ask("workspace/symbol", { query = args.query })
    if answer == nil then return e end
    for _, at in ipairs(qwen.x.lsp_answers.symbols(answer)) do
      rows[#rows + 1] = query:place(at) .. ": " .. name_of(at)
    end
  end,
  workspaceDiagnostics = function(query, rows)
    for _, row in ipairs(query:all_diagnostics()) do rows[#rows + 1] = row end
  end,
}

function T.run(ctx, args)
  args = setmetatable(from_item(args) or {}, { __index = args })
  local operation = args.operation
  if operation == "workspaceSymbol" and (args.query or "") == "" then
    return nil, qwen.err("usage", "workspaceSymbol needs query")
  end
  local file = file_of(args)
  if projects[operation] and not file then
    return of_project(ctx, args, projects[operation])
  end
  if not file then return nil, qwen.err("usage", ("%s needs filePath"):format(operation)) end
  local path, e = qwen.x.files.resolve(ctx, file)
  if not path then return nil, e end
  local query
  query, e = qwen.x.lsp_queries.open(ctx, path)
  if not query then return nil, e end
  if operation == "diagnostics" then return diagnostics(query, args) end
  if operation == "documentSymbol" then
    local answer
    answer, e = query:ask "textDocument/documentSymbol"
    if answer == nil then return nil, e end
    local found = qwen.x.lsp_answers.symbols(answer, query.doc.uri)
    table.sort(found, function(a, b)
      if a.line ~= b.line then return a.line < b.line end
      return a.unit < b.unit
    end)
    return symbols(query, found, "symbols", args)
  end
  if projects[operation] then
    return of_project(ctx, args, projects[operation])
  end
  local position
  position, e = query:position(args.line, args.character, args.symbol)
  if not position then return nil, e end
  return at_place[operation](query, position, args)
end

return T
