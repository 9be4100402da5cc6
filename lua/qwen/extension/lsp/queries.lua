-- Questions to a language server about a file: the server with the file as it is on the disk, and
-- answers as lines, `path:line:column: text`. What may not be read is named only.
local answers = require "qwen.extension.lsp.answers"
local diagnostics = require "qwen.extension.lsp.diagnostics"
local documents = require "qwen.extension.lsp.documents"
local err = require "qwen.util.err"
local files = require "qwen.permission.files"
local phrase = require("qwen.util.translate").phrase
local policy = require "qwen.permission.policy"
local positions = require "qwen.extension.lsp.positions"
local servers = require "qwen.extension.lsp.servers"
local task = require "sys.task"
local text = require "qwen.util.text"

local M = {}

local MOST_TEXT, LONGEST = 2 * 1024 * 1024, 200
-- Seconds for the first look at a file, which one that says nothing gets once, and where the server
-- says that it still reads the project.
local LOADS, WORKS = 30, 120
local YOUNG = 15 -- seconds in which a server may not have read the project yet

local READ = { effect = "read", paths = function(args) return { args.file_path } end }

-- The lines of a file that an answer names, where a read of it needs no question.
local function lines_of(ctx, path)
  local place = files.place(path)
  if not files.place_inside(ctx, place) then return nil end
  local verdict = policy.judge(ctx, "read_file", READ, { file_path = path }, { place })
  if verdict ~= "allow" then return nil end
  local words = files.read_text(files.scope(ctx, "read", { place }), path, MOST_TEXT)
  return words and positions.lines(words)
end

local Query = {}
Query.__index = Query

-- Asks about a file, or without one about the project.
local function query(ctx, entry, doc)
  return setmetatable({ ctx = ctx, entry = entry, client = entry.client, doc = doc, texts = {} },
    Query)
end

---The servers that run, or else those that fit the project, started.
---@param ctx Ctx
---@return LspQuery[]
---@return Err? why one could not
function M.project(ctx)
  local out, entries, problem = {}, servers.started(), nil
  if not entries[1] then entries = servers.fitting(ctx) end
  for _, entry in ipairs(entries) do
    local _ <close> = servers.hold(entry)
    local ok, e = servers.ready(ctx, entry)
    out[#out + 1], problem = ok and query(ctx, entry) or nil, problem or e
  end
  return out, problem
end

---A server that has a file as it is.
---@param ctx Ctx the one of the call
---@param path string
---@return LspQuery?, Err?
function M.open(ctx, path)
  local real, e = files.opened(ctx, path)
  if not real then return nil, e end
  local words
  words, e = files.read_text(ctx, path, MOST_TEXT)
  if not words then return nil, e.kind == "missing" and files.missing(ctx, path) or e end
  local server, root, language = servers.for_file(ctx, real)
  if not server then return nil, err("missing", root) end
  local entry
  entry, e = servers.entry(server, root)
  if not entry then return nil, e end
  local _ <close> = servers.hold(entry)
  local ok
  ok, e = servers.ready(ctx, entry)
  if not ok then return nil, e end
  entry.documents:refresh(real)
  local doc = entry.documents:sync(real, language, words)
  if doc.judged == 0 and not entry.mute then -- what has judged a file has read the project
    local docs = entry.documents
    local judged = docs:judge(doc, task.now() + LOADS)
    if not judged and entry.client and entry.client.works then
      judged = docs:judge(doc, task.now() + WORKS)
    end
    entry.mute = not judged
    if not entry.client then return nil, err("broken", entry.problem) end
  end
  return query(ctx, entry, doc)
end

---@return string[]
function Query:lines() return documents.lines(self.doc) end

-- The last word of a name: of `a.b`, `A::b` and `(*A).b` it is `b`.
local function last_word(name)
  local last
  for word in text.head(name, LONGEST):gmatch "[%w_$]+" do last = word end
  return last
end

-- The line in which a name is declared, as the server sees it: the first that has it may be a comment.
local function declared(self, name)
  if not self.client.can.documentSymbolProvider then return nil end
  local last, near = last_word(name), nil
  for _, at in ipairs(answers.symbols(self:ask "textDocument/documentSymbol" or nil, self.doc.uri)) do
    if at.name == name then return at.line + 1 end
    near = near or last_word(at.name) == last and at.line + 1 or nil
  end
  return near
end

---The place that a line, a character and a name mean, as the server counts.
---@param line integer? from 1
---@param character integer? from 1
---@param name string? a symbol in that line, or anywhere
---@return {line: integer, character: integer}?, Err?
function Query:position(line, character, name)
  local lines = self:lines()
  if name then
    local found, at = positions.find(lines, name, line or declared(self, name))
    if not found then return nil, err("usage", phrase("there is no %s in this file", name)) end
    line, character = found, at
  end
  if not line then return nil, err("usage", phrase "give line and character, or symbol") end
  if line > #lines then return nil, err("usage", phrase("the file has only %d lines", #lines)) end
  character = character or #lines[line]:match "^%s*" + 1
  local unit = positions.unit_of(lines[line], character, self.client.encoding)
  return { line = line - 1, character = unit }
end

---Asks about the file.
---@param method string
---@param params table? besides the file
---@return table|false|nil, Err?
function Query:ask(method, params)
  params = params or {}
  params.textDocument = self.doc and { uri = self.doc.uri } or nil
  return self.client:request(method, params)
end

---All that the server says of the file; nil where it says nothing in time.
---@param seconds number
---@return LspDiagnostic[]?
function Query:diagnostics(seconds)
  local _ <close> = servers.hold(self.entry)
  if not self.entry.documents:judge(self.doc, task.now() + seconds) then return nil end
  return documents.of(self.doc)
end

---One of them as a line.
---@param one LspDiagnostic
---@return string
function Query:diagnostic(one)
  local path = files.relative(self.ctx, self.doc.path)
  return diagnostics.words(path, one, self:lines(), self.client.encoding)
end

---What the server said of all files that it has, as lines.
---@return string[]
function Query:all_diagnostics()
  local out = {}
  for _, path in ipairs(self.entry.documents.order) do
    local doc = self.entry.documents.by_path[path]
    local of_doc = query(self.ctx, self.entry, doc)
    for _, one in ipairs(documents.of(doc)) do out[#out + 1] = of_doc:diagnostic(one) end
  end
  return out
end

---Whether it has only just started.
---@return boolean
function Query:young() return task.now() - self.entry.since < YOUNG end

-- The lines of a file, once.
local function lines(self, path)
  if self.texts[path] == nil then
    local own = self.doc and path == self.doc.path and self:lines()
    self.texts[path] = own or lines_of(self.ctx, path) or false
  end
  return self.texts[path]
end

---A place in words, and its line where it may be read.
---@param at LspPlace
---@return string
---@return string? line
function Query:place(at)
  if not at.path then return text.head(at.uri, LONGEST), nil end
  local all = lines(self, at.path)
  local line = all and all[at.line + 1]
  local column = line and positions.character_of(line, at.unit, self.client.encoding) or at.unit + 1
  local shown = files.inside(self.ctx, at.path) and files.relative(self.ctx, at.path) or at.path
  return ("%s:%d:%d"):format(shown, at.line + 1, column), line
end

---A place with its line.
---@param at LspPlace
---@return string
function Query:row(at)
  local where, line = self:place(at)
  return line and where .. ": " .. text.head(text.trim(line), LONGEST) or where
end

---A line as the edits of it make it; nil where it may not be read, or an edit takes several lines.
---@param edits LspPlace[] with text, in their order
---@return string?
function Query:edited(edits)
  local all = edits[1].path and lines(self, edits[1].path)
  local line, encoding = all and all[edits[1].line + 1], self.client.encoding
  for i = #edits, 1, -1 do
    local at = edits[i]
    if not line or at.last_line ~= at.line then return nil end
    local first = positions.byte_of(line, at.unit, encoding)
    local behind = positions.byte_of(line, at.last_unit, encoding)
    line = line:sub(1, first - 1) .. at.text .. line:sub(behind)
  end
  return line and text.head(text.trim(line), LONGEST)
end

return M
