-- A conversation as a document: Markdown, JSON, or one HTML file that needs nothing else, written
-- message by message. Keys that are in use are taken out.
local fs = require "sys.fs"
local json = require "sys.json"
local secret = require "sys.secret"
local task = require "sys.task"
local text = require "qwen.util.text"

local M = {}

local names = { user = "Prompt", assistant = "Answer", tool = "Results" }

local function when(message)
  return os.date("%Y-%m-%d %H:%M", math.floor(message.time))
end

-- A fence that is longer than any in the text.
local function fenced(words, language)
  local fence = "```"
  for run in words:gmatch "`+" do
    if #run >= #fence then fence = run .. "`" end
  end
  return ("%s%s\n%s\n%s"):format(fence, language or "", text.visible((words:gsub("\n$", ""))), fence)
end

local markdown = {
  text = function(part) return text.clean(part.text) end,
  think = function(part) return "<details><summary>Thinking</summary>\n\n" .. fenced(part.text) .. "\n\n</details>" end,
  call = function(part) return ("**%s**\n\n%s"):format(part.name, fenced(part.args, "json")) end,
  result = function(part)
    return ("<details><summary>%s%s</summary>\n\n%s\n\n</details>"):format(part.name, part.error and " failed" or "", fenced(part.text))
  end,
}

-- Each form: what stands before the messages, between two, and behind them; and one message.
local forms = {}

forms.md = { between = "\n\n", after = function() return "\n" end }

function forms.md.before(session) return "# Session " .. session.id .. "\n\n" end

function forms.md.message(m)
  local out = { ("## %s\n\n%s%s"):format(names[m.role], when(m), m.model and ", " .. m.model or "") }
  for _, part in ipairs(m.parts) do
    local write = markdown[part.type]
    out[#out + 1] = write and write(part) or ("[%s, %s]"):format(part.type, part.mime or "")
  end
  return table.concat(out, "\n\n")
end

forms.json = { between = ",\n    " }

function forms.json.before() return '{\n  "messages": [\n    ' end

function forms.json.after(session)
  return ('\n  ],\n  "session": %s\n}\n'):format(json.encode(session.id))
end

function forms.json.message(m)
  return (json.encode({ role = m.role, id = m.id, time = when(m), model = m.model, stop = m.stop,
    usage = m.usage, parts = json.array(m.parts) }, { indent = 2 }):gsub("\n", "\n    "))
end

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escaped(words)
  return (text.clean(words):gsub('[&<>"]', escapes))
end

-- Text with its fenced blocks as code.
local function with_code(words)
  local out, code = {}, nil
  for _, line in ipairs(text.lines(words)) do
    if line:find "^%s*```" then
      out[#out + 1] = code and "</code></pre>" or "<pre><code>"
      code = not code
    else
      out[#out + 1] = escaped(line) .. "\n"
    end
  end
  if code then out[#out + 1] = "</code></pre>" end
  return '<div class="text">' .. table.concat(out) .. "</div>"
end

local function folded(title, words)
  return ("<details><summary>%s</summary><pre>%s</pre></details>"):format(escaped(title), escaped(words))
end

local html = {
  text = function(part) return with_code(part.text) end,
  think = function(part) return folded("Thinking", part.text) end,
  call = function(part) return folded(part.name .. " " .. part.args:sub(1, 100), part.args) end,
  result = function(part) return folded(part.name .. (part.error and " failed" or " gave ") .. " " .. #part.text .. " bytes", part.text) end,
  image = function(part) return ('<img alt="image" src="data:%s;base64,%s">'):format(escaped(part.mime), escaped(part.data)) end,
}

local STYLE = [[
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;background:#fff;color:#1a1a1a}
section{border-left:3px solid #ccc;padding-left:1rem;margin:1.5rem 0}section.user{border-color:#36c}section.assistant{border-color:#393}
h2{font-size:.85rem;color:#666;margin:0}.text{white-space:pre-wrap;overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere;
background:#f4f4f4;padding:.6rem;border-radius:4px}img{max-width:100%}summary{cursor:pointer;color:#555}
@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}pre{background:#242424}h2,summary{color:#999}}]]

forms.html = { between = "\n", after = function() return "\n</body></html>\n" end }

function forms.html.before(session)
  return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    .. "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
    .. "<title>Session %s</title><style>%s</style></head><body><h1>Session %s</h1>\n"):format(session.id, STYLE, session.id)
end

function forms.html.message(m)
  local out = { ('<section class="%s"><h2>%s, %s%s</h2>')
    :format(m.role, names[m.role], when(m), m.model and ", " .. escaped(m.model) or "") }
  for _, part in ipairs(m.parts) do
    out[#out + 1] = html[part.type] and html[part.type](part)
      or "<p>[a file, " .. escaped(part.mime or "") .. "]</p>"
  end
  out[#out + 1] = "</section>"
  return table.concat(out, "\n")
end

local FLUSH = 1024 * 1024 -- bytes that are written at once

local function write_all(session, form, file)
  local pieces, size, between = { form.before(session) }, 0, ""
  local function flush()
    local ok, e = file:write(secret.redact(table.concat(pieces)))
    pieces, size = {}, 0
    return ok, e
  end
  for m in session:history() do
    local words = form.message(m)
    pieces[#pieces + 1], pieces[#pieces + 2] = between, words
    between, size = form.between, size + #words
    if size > FLUSH then
      local ok, e = flush()
      if not ok then return nil, e end
      task.sleep(0) -- the screen stays alive
    end
  end
  pieces[#pieces + 1] = form.after(session)
  return flush()
end

M.forms = { "html", "json", "md" }

---Writes all of a conversation, also what was shortened since. Nothing is left of a file that could
---not be written whole.
---@param session Session
---@param form "html"|"json"|"md"
---@param path string where nothing is yet
---@return boolean?, Err?
function M.write(session, form, path)
  local ok, e = fs.create(path, "")
  if not ok then return nil, e end
  local file
  file, e = fs.append(path)
  if file then
    ok, e = write_all(session, forms[form], file)
    if ok then ok, e = file:sync() end
    file:close()
  end
  if not (file and ok) then fs.remove(path) end
  return file and ok, e
end

return M
