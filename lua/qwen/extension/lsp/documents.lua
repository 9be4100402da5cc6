-- The files that a language server has open, each with the text that it knows, and what it said of
-- them. What it says of other files is nobody's business here.
local diagnostics = require "qwen.extension.lsp.diagnostics"
local fs = require "sys.fs"
local json = require "sys.json"
local positions = require "qwen.extension.lsp.positions"
local task = require "sys.task"

local M = {}

local Documents = {}
Documents.__index = Documents

local MOST_OPEN = 50
local SETTLE = 0.4 -- seconds: a server that names no version may speak in several pieces

---@param client LspClient
function M.new(client)
  return setmetatable({ client = client, by_path = {}, order = {} }, Documents)
end

local function close(self, i)
  local path = table.remove(self.order, i)
  local doc = self.by_path[path]
  self.by_path[path] = nil
  self.client:notify("textDocument/didClose", { textDocument = { uri = doc.uri } })
end

-- What stands on the disk: by it a file is known to be another one now.
local function mark_of(path)
  local stat = fs.stat(path)
  return stat and ("%d %.6f %d"):format(stat.size, stat.mtime, stat.ino) or ""
end

---Closes what others changed on the disk, so that the server reads it there.
---@param but string? the file that is about to be given
function Documents:refresh(but)
  for i = #self.order, 1, -1 do
    local doc = self.by_path[self.order[i]]
    if doc.path ~= but and doc.mark ~= mark_of(doc.path) then close(self, i) end
  end
end

---Gives the server the text of a file, where it has another one.
---@param path string real
---@param language string
---@param text string
---@return table document
function Documents:sync(path, language, text)
  local doc, client = self.by_path[path], self.client
  if doc then doc.mark = mark_of(path) end
  if doc and doc.text == text then return doc end
  if not doc then
    if #self.order >= MOST_OPEN then close(self, 1) end
    doc = { path = path, uri = positions.uri(path), version = 1, text = text, judged = 0,
      mark = mark_of(path), heard = task.queue(), pushed = {}, pulled = {} }
    self.by_path[path] = doc
    self.order[#self.order + 1] = path
    client:notify("textDocument/didOpen", { textDocument = { uri = doc.uri, languageId = language,
      version = 1, text = text } })
    return doc
  end
  doc.version, doc.text, doc.lines = doc.version + 1, text, nil
  client:notify("textDocument/didChange", { textDocument = { uri = doc.uri, version = doc.version },
    contentChanges = json.array { { text = text } } })
  return doc
end

---Says that a file is on the disk as the server knows it: some look then for more.
---@param doc table
function Documents:saved(doc)
  self.client:notify("textDocument/didSave", { textDocument = { uri = doc.uri } })
end

---Takes what the server says of a file on its own.
---@param params table
function Documents:publish(params)
  local path = positions.path(params.uri)
  local doc = path and self.by_path[path]
  local version = math.tointeger(tonumber(params.version) or nil)
  if not doc or version and version < doc.version then return end
  doc.pushed, doc.news = diagnostics.read(params.diagnostics), true
  doc.judged, doc.versioned = doc.version, version ~= nil
  doc.settled = version and 0 or task.now() + SETTLE
  if doc.waits then doc.heard:put(true) end
end

---All that it said of a file.
---@param doc table
---@return LspDiagnostic[]
function M.of(doc)
  return table.move(doc.pulled, 1, #doc.pulled, #doc.pushed + 1,
    table.move(doc.pushed, 1, #doc.pushed, 1, {}))
end

-- Asks for it, where the server answers such a question.
local function pull(self, doc, ends)
  local version = doc.version
  local report = self.client:request("textDocument/diagnostic",
    { textDocument = { uri = doc.uri } }, ends - task.now())
  if not report then return false end
  if report.kind ~= "unchanged" then doc.pulled = diagnostics.read(report.items) end
  doc.judged, doc.settled, doc.news = version, 0, true
  return true
end

---Waits until the server has judged the text that it has.
---@param doc table
---@param ends number as of task.now
---@return boolean
function Documents:judge(doc, ends)
  if self.client.can.diagnosticProvider then return pull(self, doc, ends) end
  doc.waits = true
  local _ <close> = setmetatable({}, { __close = function() doc.waits = false end })
  while true do
    local now = task.now()
    local settled = doc.judged == doc.version and doc.settled
    local works = self.client.works and not doc.versioned -- what it says meanwhile may be a part
    if settled and settled <= now and not works then return true end
    if now >= ends or self.client.ended then return settled ~= false end
    doc.heard:get(math.min(not works and settled or math.huge, ends) - now)
  end
end

---Lets who waits look again: the server has ended, or has done what it was at.
function Documents:wake()
  for _, doc in pairs(self.by_path) do
    doc.settled = not doc.versioned and task.now() + SETTLE or doc.settled
    if doc.waits then doc.heard:put(true) end
  end
end

---The lines of the text that the server knows.
---@param doc table
---@return string[]
function M.lines(doc)
  doc.lines = doc.lines or positions.lines(doc.text)
  return doc.lines
end

---What is known of a file from now on: what is there already is no news.
---@param doc table
---@param gone LspDiagnostic[]? what was there before: compilers leave out warnings where they find
---errors, and those are no news when they come back
function M.know(doc, gone)
  local list, wrong = M.of(doc), false
  for _, one in ipairs(list) do wrong = wrong or one.severity == "error" end
  for _, one in ipairs(wrong and gone or {}) do
    if one.severity == "warning" then list[#list + 1] = one end
  end
  doc.known, doc.known_text, doc.news = list, doc.text, false
end

---The errors and warnings of a file that nobody was told of; they are known from now on. None as
---long as it is not known what was there before.
---@param doc table
---@return LspDiagnostic[]
function M.take_news(doc)
  if not doc.news or not doc.known or doc.judged ~= doc.version then return {} end
  local out, gone = diagnostics.fresh(doc.known, M.of(doc), doc.known_text, doc.text)
  M.know(doc, gone)
  return out
end

return M
