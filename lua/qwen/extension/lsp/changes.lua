-- What language servers say of the changes of a session: the errors and warnings that an edit made,
-- in its result where they come in time, else with the next words to the model.
local diagnostics = require "qwen.extension.lsp.diagnostics"
local documents = require "qwen.extension.lsp.documents"
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local servers = require "qwen.extension.lsp.servers"
local task = require "sys.task"

local M = {}

local IN_TIME, BEFORE, LATE = 2, 20, 60 -- seconds
local MOST_LINES, MOST_TEXT = 10, 2 * 1024 * 1024

local expected = {} -- by the id of the call: the files that it is about to change

-- A file as the server is to know it; nil for none, or one that is too large.
local function text_of(ctx, path)
  local stat = fs.stat(path)
  if not stat or stat.type ~= "file" or stat.size > MOST_TEXT then return nil end
  return (files.read_text(ctx, path))
end

-- Sees to it that it is known what was wrong before a change.
local function look_before(ctx, change)
  local entry = change.entry
  if not servers.ready(ctx, entry) then return nil end
  local docs = entry.documents
  docs:refresh(change.path)
  local doc = docs.by_path[change.path]
  if not change.before or doc and doc.known and doc.text == change.before then return doc end
  doc = docs:sync(change.path, change.language, change.before)
  doc.known = nil
  if docs:judge(doc, task.now() + BEFORE) then documents.know(doc) end
  return doc
end

local function look_after(ctx, change, after)
  local entry = change.entry
  local _ <close> = servers.hold(entry)
  look_before(ctx, change)
  if not entry.client then return end
  local doc = entry.documents:sync(change.path, change.language, after)
  if not change.before then doc.known, doc.known_text = {}, "" end
  entry.documents:saved(doc)
  local judged = entry.documents:judge(doc, task.now() + LATE)
  if judged and not doc.known then documents.know(doc) end
end

---A call is about to change a file: its server starts, where one is for it, and looks at the file
---as it is.
---@param ctx Ctx
---@param id string of the call
---@param path string
function M.expect(ctx, id, path)
  local real = files.real(path)
  local server, root, language = servers.for_file(ctx, real)
  local entry = server and servers.entry(server, root)
  if not entry then return end
  local change = { path = real, language = language, entry = entry, before = text_of(ctx, real) }
  expected[id] = expected[id] or {}
  table.insert(expected[id], change)
  if change.before then
    ctx.background(function()
      local _ <close> = servers.hold(entry)
      look_before(ctx, change)
    end)
  end
end

---A call has ended: waits a moment for what the servers say of what it changed.
---@param ctx Ctx
---@param id string
function M.ended(ctx, id)
  local list, done = expected[id] or {}, task.queue()
  expected[id] = nil
  local ends, waiting = task.now() + IN_TIME, 0
  for _, change in ipairs(list) do
    local after = text_of(ctx, change.path)
    if after and after ~= change.before then
      local entry = change.entry
      if entry.behind == 0 then waiting = waiting + 1 end -- a slow one is not waited for again
      entry.behind = entry.behind + 1
      ctx.background(function()
        local _ <close> = setmetatable({}, { __close = function()
          entry.behind = entry.behind - 1
          done:put(true)
        end })
        look_after(ctx, change, after)
      end)
    end
  end
  while waiting > 0 and done:get(math.max(ends - task.now(), 0)) do waiting = waiting - 1 end
end

---What the model was not told yet: a line for each new error or warning.
---@param ctx Ctx
---@return string[] lines
---@return integer more that are left out
function M.news(ctx)
  local out, count = {}, 0
  for _, entry in ipairs(servers.started()) do
    for _, path in ipairs(entry.client and entry.documents.order or {}) do
      local doc = entry.documents.by_path[path]
      for _, one in ipairs(documents.take_news(doc)) do
        count = count + 1
        if count <= MOST_LINES then
          out[count] = diagnostics.words(files.relative(ctx, path), one, documents.lines(doc),
            entry.client.encoding)
        end
      end
    end
  end
  return out, count - #out
end

return M
